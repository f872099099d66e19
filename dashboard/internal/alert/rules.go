package alert

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A rule is one thing that somebody should do something about. To add one, add a row; README's table and the page's
// words name them too.
type rule struct {
	name      string
	unit      string
	below     bool                                                 // the condition is a value below the threshold
	threshold float64                                              // beyond it is the condition
	easier    float64                                              // and behind this one it is over
	hold      float64                                              // seconds before it fires
	linger    float64                                              // seconds before it is over
	moment    bool                                                 // it happens in a moment, and may do so at once
	read      func(*memory, *collector.Snapshot) ([]reading, bool) // false where nothing is known
	say       func(reading) string
	recall    func(*memory, string) // remember what a subject that fired before a restart was; nil where readings need none of it
}

// A reading is a rule's value, and what it is of.
type reading struct {
	value   float64
	subject string // "" where there is one only
	text    string // what else is known
	unread  bool   // it is there and does not answer: the value is none
}

// past tells whether a value is beyond a threshold.
func (r *rule) past(value, threshold float64) bool {
	if r.below {
		return value <= threshold
	}
	return value >= threshold
}

const (
	minute, hour = 60, 3600
	easierFull   = 0.93
)

func rules() []rule {
	return []rule{
		{name: "cpu-pressure", unit: "ratio", threshold: 0.60, easier: 0.40, hold: 5 * minute, linger: 5 * minute,
			read: stalled(func(p *collector.Pressure) *collector.Stall { return p.CPU }, func(s *collector.Stall) collector.Number { return s.Some60 }),
			say: func(r reading) string {
				return fmt.Sprintf("for %s of the last minute something waited for a processor", percent(r.value))
			}},
		{name: "memory-pressure", unit: "ratio", threshold: 0.20, easier: 0.10, hold: minute, linger: 5 * minute,
			read: stalled(func(p *collector.Pressure) *collector.Stall { return p.Memory }, func(s *collector.Stall) collector.Number { return s.Some60 }),
			say: func(r reading) string {
				return fmt.Sprintf("for %s of the last minute something waited for memory", percent(r.value))
			}},
		{name: "io-pressure", unit: "ratio", threshold: 0.40, easier: 0.20, hold: 5 * minute, linger: 5 * minute,
			read: stalled(func(p *collector.Pressure) *collector.Stall { return p.IO }, func(s *collector.Stall) collector.Number { return s.Full60 }),
			say: func(r reading) string {
				return fmt.Sprintf("for %s of the last minute everything waited for disks", percent(r.value))
			}},
		{name: "filesystem-full", unit: "ratio", threshold: 0.95, easier: easierFull, hold: minute, linger: minute,
			read: fullness,
			say:  func(r reading) string { return fmt.Sprintf("%s is full to %s", r.subject, percent(r.value)) }},
		{name: "filesystem-filling", unit: "seconds", below: true, threshold: 24 * hour, easier: 36 * hour, hold: 30 * minute, linger: 30 * minute,
			read: (*memory).filling,
			say: func(r reading) string {
				return fmt.Sprintf("%s will be full in %s, as it goes", r.subject, span(r.value))
			}},
		{name: "filesystem-readonly", unit: "count", threshold: 1, easier: 1, hold: 10, linger: 10,
			read:   (*memory).readOnly,
			say:    func(r reading) string { return fmt.Sprintf("%s can only be read any more", r.subject) },
			recall: (*memory).wasWritable},
		{name: "out-of-memory", unit: "count", threshold: 1, easier: 1, linger: 10 * minute, moment: true,
			read: (*memory).killed,
			say:  func(r reading) string { return r.text }},
		{name: "unit-failed", unit: "count", threshold: 1, easier: 1, hold: 10, linger: 10,
			read:   (*memory).failed,
			say:    func(r reading) string { return fmt.Sprintf("%s has failed", r.subject) },
			recall: func(m *memory, unit string) { m.units = append(m.units, unit) }},
		{name: "too-hot", unit: "ratio", threshold: 1, easier: 0.95, hold: minute, linger: 5 * minute,
			read: heat,
			say: func(r reading) string {
				return fmt.Sprintf("%s is at %s of its critical temperature", r.subject, percent(r.value))
			}},
		{name: "own-health", unit: "count", threshold: 1, easier: 1, hold: 5 * minute, linger: minute,
			read: (*memory).health,
			say: func(r reading) string {
				switch r.subject {
				case "time":
					return "much of the time is lost between snapshots: this host has none for fivewire"
				case "history":
					return "history is not on disk as it should be"
				}
				return fmt.Sprintf("the source %s does not answer", r.subject)
			}},
	}
}

// fresh tells whether a source's part is of this snapshot.
func fresh(s *collector.Snapshot, source string) bool {
	return !slices.ContainsFunc(s.Sources, func(st collector.SourceState) bool { return st.Name == source && !st.Partial })
}

// stalled reads one of the pressures.
func stalled(of func(*collector.Pressure) *collector.Stall, which func(*collector.Stall) collector.Number) func(*memory, *collector.Snapshot) ([]reading, bool) {
	return func(_ *memory, s *collector.Snapshot) ([]reading, bool) {
		if s.Pressure == nil || of(s.Pressure) == nil || !fresh(s, "pressure") {
			return nil, false
		}
		v, ok := which(of(s.Pressure)).Get()
		return []reading{{value: v}}, ok
	}
}

// failed is each unit that systemd has given up on.
func (m *memory) failed(s *collector.Snapshot) ([]reading, bool) {
	if s.FailedUnits == nil || !fresh(s, "failed_units") {
		return nil, false
	}
	names := slices.Clone(s.FailedUnits.Names)
	if n := len(names); n > 0 && s.FailedUnits.Total > n { // those behind the last name may have failed still
		for _, name := range m.units {
			if name > s.FailedUnits.Names[n-1] && len(names) < n+mostSubjects {
				names = append(names, name)
			}
		}
	}
	m.units = names
	list := make([]reading, 0, len(names))
	for _, name := range names {
		list = append(list, reading{value: 1, subject: name})
	}
	return list, true
}

// fillable tells whether a filesystem is one that is written to.
func fillable(f *collector.Filesystem) bool {
	return !f.ReadOnly && !f.Stale && f.Total > 0
}

// inodes is behind the name of a mount.
const inodes = " (inodes)"

// fullness is of each filesystem, by space or by inodes. One that is full by its ratio alone is none of them.
func fullness(_ *memory, s *collector.Snapshot) ([]reading, bool) {
	if s.Filesystems == nil || !fresh(s, "filesystems") {
		return nil, false
	}
	var list []reading
	for i := range s.Filesystems {
		f := &s.Filesystems[i]
		if f.Stale {
			list = append(list, reading{subject: f.Mount, unread: true}, reading{subject: f.Mount + inodes, unread: true})
		}
		if !fillable(f) {
			continue
		}
		if v, ok := f.UsedRatio.Get(); ok && (v < easierFull || v == f.Full()) {
			list = append(list, reading{value: v, subject: f.Mount})
		}
		if f.InodesTotal > 0 {
			list = append(list, reading{value: float64(f.InodesUsed) / float64(f.InodesTotal), subject: f.Mount + inodes})
		}
	}
	return list, true
}

// heat is how near each sensor is to its critical temperature. Sensors of one name, such as those of two disks, are told
// apart by their IDs.
func heat(_ *memory, s *collector.Snapshot) ([]reading, bool) {
	if !fresh(s, "sensors") {
		return nil, false
	}
	namesakes := make(map[[2]string]int)
	for i := range s.Sensors {
		if sensor := &s.Sensors[i]; sensor.Kind == "temperature" { // whatever it says now: a subject keeps its name
			namesakes[[2]string{sensor.Chip, sensor.Label}]++
		}
	}
	var list []reading
	for i := range s.Sensors {
		sensor := &s.Sensors[i]
		v, ok := sensor.Value.Get()
		critical, limited := sensor.Critical.Get()
		if sensor.Kind != "temperature" || !ok || !limited || critical <= 0 {
			continue
		}
		subject := strings.TrimSpace(sensor.Chip + " " + sensor.Label)
		if namesakes[[2]string{sensor.Chip, sensor.Label}] > 1 {
			subject += " (" + sensor.ID + ")"
		}
		list = append(list, reading{value: max(v, 0) / critical, subject: subject})
	}
	return list, len(list) > 0
}

func percent(v float64) string { return fmt.Sprintf("%.0f %%", math.Floor(v*100)) }

// span is a time in words.
func span(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
}
