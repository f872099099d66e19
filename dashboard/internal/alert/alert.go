// Package alert tells, snapshot by snapshot, what somebody should be woken for.
//
// # What is promised
//
// There are ten rules, each about one thing that has a remedy; some of them are about several subjects, such as mounts,
// and each of these has alerts of its own. An alert begins when a value has been beyond the rule's threshold for its hold,
// and it ends when the value has been back behind a second, easier threshold for its linger, or its subject gone for that
// long: what goes up and down around a threshold makes one alert and not twenty. What happens in a moment fires at once
// and ends after its linger. In the first half minute nothing fires but that.
//
// Time is that of the snapshots' intervals: setting the clock begins and ends nothing. After the machine was suspended
// the holds begin anew. A value that is not known changes nothing for a minute; after that the rule is unknown, and what
// fired has ended and is Lost: nobody is told that it is over. One subject that does not answer, such as a mount of a
// server that is away, stays as it is.
//
// What is silenced fires as others do, and is not told of. When the silence is over and it fires still, it is told of
// then; so it is with what nobody listens to, and the next process's listener. Silences lists what is silenced, and Keep what fires and what fired, for whoever keeps it across restarts. After
// one, what fired fires still, and is over when there are readings that say so.
//
// Look is for one goroutine at a time, the rest for any. Nothing here waits, and nothing is sent: see package webhook.
package alert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	// grace is for how long after the start nothing fires, in seconds: a host that starts is not what it will be.
	grace = 30
	// blind is for how long a value may be unknown.
	blind = 60
	// mostFired bounds the list of what fired, mostSubjects the alerts of one rule, mostSilences what is silenced.
	mostFired, mostSubjects, mostSilences = 100, 32, 256
	// LongestSilence bounds a silence.
	LongestSilence = 7 * 24 * time.Hour
)

// Former was a rule: memory-pressure is what comes of it. Who does not want it has what they want.
const Former = "swapping"

// The states of a rule, and the last two those of an alert.
const (
	Off     = "off"     // nobody wants it
	Unknown = "unknown" // nothing is known of what it is about
	OK      = "ok"
	Pending = "pending" // beyond the threshold, and not for long enough yet
	Firing  = "firing"
)

// A State is a rule as it stands.
type State struct {
	Rule      string           `json:"rule"`
	State     string           `json:"state"` // that of the worst of its alerts
	Value     collector.Number `json:"value"` // the worst there is; null while none is known
	Subject   string           `json:"subject,omitempty"`
	Threshold float64          `json:"threshold"`
	Unit      string           `json:"unit"`                     // "ratio", "bytes/s", "seconds" or "count"
	Silenced  int64            `json:"silenced_until,omitempty"` // Unix milliseconds; the whole rule
	Alerts    []Alert          `json:"alerts,omitempty"`
}

// An Alert is firing, or about to.
type Alert struct {
	State    string  `json:"state"`
	Subject  string  `json:"subject,omitempty"` // which one: a mount, a sensor
	Text     string  `json:"text"`              // what is wrong, in words; and the value where it has come back
	Value    float64 `json:"value"`
	Beyond   float64 `json:"beyond"`                   // the last value that was beyond the threshold: where it has not come back it is the value
	Ending   bool    `json:"ending,omitempty"`         // what was wrong is over, and has not been for long enough
	Since    int64   `json:"since"`                    // Unix milliseconds: when the value went beyond the threshold
	Silenced int64   `json:"silenced_until,omitempty"` // likewise
}

// A Fired is an alert that was, or is.
type Fired struct {
	Rule    string  `json:"rule"`
	Subject string  `json:"subject,omitempty"`
	Text    string  `json:"text"`
	Value   float64 `json:"value"`
	Began   int64   `json:"began"`           // Unix milliseconds
	Ended   int64   `json:"ended,omitempty"` // 0 while it lasts
}

// An Event is an alert that begins or ends.
type Event struct {
	Fired
	Threshold float64
	Unit      string
	// Mark says that it happened now, Tell that somebody is to be told: of what a silence kept back that comes later.
	Mark, Tell bool
	// Lost says that it ended because nothing is known of it any more.
	Lost bool
}

// A Watch looks at snapshots. New makes one.
type Watch struct {
	rules  []rule
	memory memory

	mu       sync.Mutex
	deaf     bool    // nobody listens
	clock    float64 // seconds: the intervals together
	standing []standing
	fired    []Fired // the oldest first
	silences map[silenced]time.Time
}

type silenced struct{ rule, subject string } // no subject, all

// standing is where a rule is.
type standing struct {
	off   bool
	known bool
	read  bool    // it was known once
	seen  float64 // by clock: when it was known last
	worst reading
	of    map[string]*matter // by subject: those that are beyond the threshold, or fire
}

// A matter is one subject of a rule.
type matter struct {
	reading
	now     bool    // it is among the readings of this snapshot
	unread  bool    // and does not answer
	beyond  bool    // the threshold
	since   float64 // by clock: since when it is, or was
	calming bool    // behind the easier threshold
	calm    float64 // since when
	firing  bool
	began   int64 // Unix milliseconds
	told    bool
	text    string
	of      float64 // the value that the text tells, the last beyond the threshold
}

// New makes a watch without the rules that are off. A name that is no rule's is an error, and left out.
func New(off []string) (*Watch, error) {
	w := &Watch{rules: rules(), silences: make(map[silenced]time.Time)}
	w.standing = make([]standing, len(w.rules))
	for i := range w.standing {
		w.standing[i].of = make(map[string]*matter)
	}
	var wrong []string
	for _, name := range off {
		if name == Former {
			continue
		}
		i := slices.Index(Names(), name)
		if i < 0 {
			wrong = append(wrong, name)
			continue
		}
		w.standing[i].off = true
	}
	if len(wrong) > 0 {
		return w, fmt.Errorf("no rules: %q; want of %s", wrong, strings.Join(Names(), ", "))
	}
	return w, nil
}

// NobodyListens has nothing told of: what fires meanwhile is told of by the process after a restart that has a listener.
func (w *Watch) NobodyListens() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deaf = true
}

// Names are the rules', in their order.
func Names() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}

// Look takes the next snapshot, and returns what begins and ends with it.
func (w *Watch) Look(s *collector.Snapshot) []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	interval, _ := s.Interval.Get()
	w.clock += interval
	w.memory.note(s, w.clock)
	_, slept := s.Suspended.Get()
	var events []Event
	for i := range w.rules {
		if st := &w.standing[i]; !st.off {
			events = append(events, w.step(&w.rules[i], st, s, slept)...)
		} else {
			events = append(events, w.endAll(&w.rules[i], st, s.At.UnixMilli())...)
		}
	}
	return events
}

// endAll ends what fired before a restart, of a rule that nobody wants any more.
func (w *Watch) endAll(r *rule, st *standing, at int64) (events []Event) {
	for _, subject := range slices.Sorted(maps.Keys(st.of)) {
		events = append(events, w.end(r, st.of[subject], at))
		delete(st.of, subject)
	}
	return events
}

// step brings a rule up to a snapshot.
func (w *Watch) step(r *rule, st *standing, s *collector.Snapshot, slept bool) (events []Event) {
	readings, known := r.read(&w.memory, s)
	if known {
		st.known, st.read, st.seen = true, true, w.clock
		st.take(r, readings)
	} else if w.clock-st.seen <= blind || !st.read && w.clock <= lateReading {
		return nil
	} else {
		st.known = false
	}
	for _, subject := range slices.Sorted(maps.Keys(st.of)) {
		c := st.of[subject]
		if slept && !c.firing {
			c.beyond = false
		}
		switch {
		case !st.known:
			c.beyond = false
		case c.now && c.unread:
			c.beyond = c.beyond && c.firing
		case c.now && r.past(c.value, r.threshold):
			if !c.beyond {
				c.beyond, c.since = true, w.clock
			}
			c.calming, c.text, c.of = false, r.say(c.reading), c.value
		case c.now && c.firing && r.past(c.value, r.easier):
			c.calming = false
		default:
			if !c.calming {
				c.calming, c.calm = true, w.clock
			}
			c.beyond = c.beyond && c.firing
		}
		silent := w.deaf || s.At.Before(w.silence(r.name, subject))
		switch {
		case !c.firing && c.beyond && w.clock-c.since >= r.hold && (r.moment || w.clock >= grace):
			c.firing, c.told = true, !silent
			c.began = s.At.UnixMilli() - int64((w.clock-c.since)*1000)
			f := c.fired(r)
			if w.fired = append(w.fired, f); len(w.fired) > mostFired {
				w.fired = slices.Delete(w.fired, 0, 1)
			}
			events = append(events, Event{f, r.threshold, r.unit, true, c.told, false})
		case c.firing && (!st.known || c.calming && w.clock-c.calm >= r.linger):
			e := w.end(r, c, s.At.UnixMilli())
			if !st.known {
				e.Tell, e.Lost = false, true
			}
			events = append(events, e)
		case c.firing && !c.told && !silent:
			c.told = true
			events = append(events, Event{c.fired(r), r.threshold, r.unit, false, true, false})
		}
		if !c.firing && !c.beyond {
			delete(st.of, subject)
		}
	}
	return events
}

// take sorts readings to their matters, and opens one for each that is beyond the threshold.
func (st *standing) take(r *rule, readings []reading) {
	for _, c := range st.of {
		c.now, c.unread = false, false
	}
	worst := -1
	for i, now := range readings {
		if now.unread {
			if c := st.of[now.subject]; c != nil && !c.now {
				c.now, c.unread = true, true
			}
			continue
		}
		if worst < 0 || r.past(now.value, readings[worst].value) {
			worst = i
		}
		c := st.of[now.subject]
		if c == nil {
			if !r.past(now.value, r.threshold) || len(st.of) >= mostSubjects {
				continue
			}
			c = new(matter)
			st.of[now.subject] = c
		}
		if c.now && !c.unread && !r.past(now.value, c.value) { // of several readings of one subject the worst counts
			continue
		}
		c.reading, c.now, c.unread = now, true, false
	}
	if worst >= 0 {
		st.worst = readings[worst]
	} else if len(readings) == 0 {
		st.worst = reading{}
	}
}

func (c *matter) fired(r *rule) Fired {
	return Fired{Rule: r.name, Subject: c.subject, Text: c.whole(r), Value: c.value, Began: c.began}
}

// whole is the text with the value, where that is not the one it tells any more.
func (c *matter) whole(r *rule) string {
	if c.of == c.value {
		return c.text
	}
	switch r.unit {
	case "ratio":
		return c.text + "; now " + percent(c.value)
	case "seconds":
		if c.value >= never {
			return c.text + "; now never"
		}
		return c.text + "; now in " + span(c.value)
	}
	return c.text
}

// end ends an alert.
func (w *Watch) end(r *rule, c *matter, at int64) Event {
	f := c.fired(r)
	f.Ended = max(at, c.began)
	for i := len(w.fired) - 1; i >= 0; i-- {
		if w.fired[i].Rule == r.name && w.fired[i].Subject == c.subject {
			w.fired[i].Ended = f.Ended
			break
		}
	}
	c.firing, c.beyond = false, false
	return Event{f, r.threshold, r.unit, true, c.told, false}
}

// silence is until when something is silenced. mu is held.
func (w *Watch) silence(rule, subject string) time.Time {
	until := w.silences[silenced{rule, ""}]
	if own := w.silences[silenced{rule, subject}]; own.After(until) {
		return own
	}
	return until
}

// Silence keeps a rule, or one subject of it, from being told of until a time; one that has passed ends a silence. It is
// an error when there is no such rule, and when too much is silenced.
func (w *Watch) Silence(rule, subject string, now, until time.Time) error {
	if !slices.Contains(Names(), rule) {
		return fmt.Errorf("%q is no rule: want one of %s", rule, strings.Join(Names(), ", "))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.silences, func(_ silenced, until time.Time) bool { return !now.Before(until) })
	if !now.Before(until) {
		delete(w.silences, silenced{rule, subject})
		return nil
	}
	if len(w.silences) >= mostSilences {
		return fmt.Errorf("%d silences are there already", mostSilences)
	}
	w.silences[silenced{rule, subject}] = until
	return nil
}

// A Silence is what is not told of.
type Silence struct {
	Rule    string `json:"rule"`
	Subject string `json:"subject,omitempty"` // "" for the whole rule
	Until   int64  `json:"until"`             // Unix milliseconds
}

// Silences lists those that are not over, by rule and subject.
func (w *Watch) Silences(now time.Time) []Silence {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]Silence, 0, len(w.silences))
	for what, until := range w.silences {
		if now.Before(until) {
			list = append(list, Silence{what.rule, what.subject, until.UnixMilli()})
		}
	}
	slices.SortFunc(list, func(a, b Silence) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Subject, b.Subject))
	})
	return list
}

// States lists the rules as they stand, in their order.
func (w *Watch) States(now time.Time) []State {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := func(rule, subject string) int64 {
		if t := w.silence(rule, subject); now.Before(t) {
			return t.UnixMilli()
		}
		return 0
	}
	list := make([]State, len(w.rules))
	for i, r := range w.rules {
		st := &w.standing[i]
		state := State{Rule: r.name, State: OK, Threshold: r.threshold, Unit: r.unit, Silenced: until(r.name, "")}
		switch {
		case st.off:
			state.State = Off
		case !st.known:
			state.State = Unknown
		default:
			state.Value, state.Subject = collector.Known(st.worst.value), st.worst.subject
		}
		for _, subject := range slices.Sorted(maps.Keys(st.of)) {
			c := st.of[subject]
			if worst, known := state.Value.Get(); known && r.past(c.value, worst) { // of one that is gone, and fires still, the last there was
				state.Value, state.Subject = collector.Known(c.value), subject
			}
			a := Alert{Pending, subject, c.whole(&w.rules[i]), c.value, c.of, c.firing && c.calming, c.began, until(r.name, subject)}
			if c.firing {
				a.State = Firing
			} else {
				a.Since = now.UnixMilli() - int64((w.clock-c.since)*1000)
			}
			if state.State != Firing {
				state.State = a.State
			}
			state.Alerts = append(state.Alerts, a)
		}
		list[i] = state
	}
	return list
}

// Fired lists what fired, the newest first.
func (w *Watch) Fired() []Fired {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := append([]Fired{}, w.fired...)
	slices.Reverse(list)
	return list
}
