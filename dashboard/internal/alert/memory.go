package alert

import (
	"github.com/fivewire/fivewire/collector"
)

// A memory is what the rules need of the snapshots before.
type memory struct {
	clock    float64
	begun    bool    // there was an interval
	interval float64 // the least that there was, in seconds, but for the first
	late     float64 // how much of the last minutes was lost, a ratio
	mounts   map[string]*mount
	look     float64  // when mounts were looked at last
	kills    float64  // of the last snapshot
	kill     string   // the last one, in words
	units    []string // that have failed
}

// A mount is a filesystem over time.
type mount struct {
	writable           bool // it was, once
	seen               float64
	available          float64
	quarter, hour, day trend
}

const (
	// lookEvery is how often mounts are looked at, in seconds.
	lookEvery = 60
	// forgetAfter is for how long a mount that is gone is remembered.
	forgetAfter = 10 * 60
	// mostMounts bounds how many are remembered.
	mostMounts = 1024
	// lateShare is how much of the time may be lost before that is worth an alert, and lateOver over how many seconds it
	// is averaged.
	lateShare, lateOver = 0.2, 60
)

// note takes a snapshot.
func (m *memory) note(s *collector.Snapshot, clock float64) {
	interval, _ := s.Interval.Get()
	m.clock = clock
	if interval > 0 && m.begun { // the first is what is left of one: a collector's first snapshot comes early
		if m.interval == 0 || interval < m.interval {
			m.interval = interval
		}
		lost := max(interval-1.5*m.interval, 0) / interval
		m.late += (lost - m.late) * min(interval/lateOver, 1)
	}
	m.begun = m.begun || interval > 0
	m.kills = 0
	for _, mark := range s.Marks {
		if mark.Kind == collector.MarkOOM {
			m.kill = mark.Text
			m.kills++
		}
	}
	if !fresh(s, "filesystems") || len(s.Filesystems) == 0 {
		return
	}
	if m.mounts == nil {
		m.mounts = make(map[string]*mount)
	}
	due := m.look == 0 || clock-m.look >= lookEvery
	if due {
		m.look = clock
	}
	for i := range s.Filesystems {
		f := &s.Filesystems[i]
		known := m.mounts[f.Mount]
		if known == nil {
			if len(m.mounts) >= mostMounts || f.Stale {
				continue
			}
			known = new(mount)
			m.mounts[f.Mount] = known
		}
		known.seen = clock
		known.writable = known.writable || !f.ReadOnly
		if !due || f.InMemory || !fillable(f) {
			continue
		}
		known.available = float64(f.Available)
		known.quarter.add(clock, float64(f.Used), 15*minute)
		known.hour.add(clock, float64(f.Used), hour)
		known.day.add(clock, float64(f.Used), 24*hour)
	}
	for path, known := range m.mounts {
		if clock-known.seen > forgetAfter {
			delete(m.mounts, path)
		}
	}
}

// readOnly is a filesystem that was writable and is not any more.
func (m *memory) readOnly(s *collector.Snapshot) ([]reading, bool) {
	if s.Filesystems == nil || !fresh(s, "filesystems") {
		return nil, false
	}
	var list []reading
	for i := range s.Filesystems {
		f := &s.Filesystems[i]
		if known := m.mounts[f.Mount]; known != nil && known.writable && f.ReadOnly {
			list = append(list, reading{value: 1, subject: f.Mount})
		}
	}
	return list, true
}

// wasWritable remembers that of a mount.
func (m *memory) wasWritable(path string) {
	if m.mounts == nil {
		m.mounts = make(map[string]*mount)
	}
	m.mounts[path] = &mount{writable: true}
}

// killed is what the kernel killed for want of memory.
func (m *memory) killed(*collector.Snapshot) ([]reading, bool) {
	return []reading{{value: m.kills, text: m.kill}}, true
}

// filling is the time until each filesystem is full, but for those in memory: what is put there goes with the next start.
func (m *memory) filling(s *collector.Snapshot) (list []reading, known bool) {
	for i := range s.Filesystems {
		f := &s.Filesystems[i]
		mount := m.mounts[f.Mount]
		if mount == nil || f.InMemory || !fillable(f) && !f.Stale {
			continue
		}
		if left, ok := mount.left(); ok && f.Stale {
			list = append(list, reading{subject: f.Mount, unread: true})
		} else if ok {
			list = append(list, reading{value: left, subject: f.Mount})
		}
	}
	return list, len(list) > 0
}

// health is how much of ourselves does not work.
func (m *memory) health(s *collector.Snapshot) ([]reading, bool) {
	var wrong []string
	for _, state := range s.Sources {
		if !state.Missing && !state.Partial {
			wrong = append(wrong, state.Name)
		}
	}
	list := []reading{{value: 0}}
	for _, name := range wrong {
		list = append(list, reading{value: 1, subject: name})
	}
	if m.late >= lateShare {
		list = append(list, reading{value: 1, subject: "time"})
	}
	return list, true
}
