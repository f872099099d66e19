package alert

import (
	"maps"
	"slices"
)

// lateReading is for how long after a start a rule may have no reading before what fired before it has ended, in seconds:
// filesystem-filling has its first one after 48 minutes.
const lateReading = hour

// Kept is what of a watch outlives the process: what fires, and what fired.
type Kept struct {
	Firing []Lasting `json:"firing"`
	Fired  []Fired   `json:"fired"` // the oldest first
}

// A Lasting is an alert that has not ended.
type Lasting struct {
	Fired
	Told bool `json:"told"` // somebody was told that it began
}

// Keep is what to give the next process's Resume. It changes with nothing but what Look returns.
func (w *Watch) Keep() Kept {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := Kept{Firing: []Lasting{}, Fired: append([]Fired{}, w.fired...)}
	for i := range w.rules {
		st := &w.standing[i]
		for _, subject := range slices.Sorted(maps.Keys(st.of)) {
			if c := st.of[subject]; c.firing {
				f := c.fired(&w.rules[i])
				f.Text, f.Value = c.text, c.of // what it is now, readings say
				kept.Firing = append(kept.Firing, Lasting{f, c.told})
			}
		}
	}
	return kept
}

// Resume goes on where another watch ended, before the first Look: what fired then fires still, and ends when readings
// say that it is over. What a rule that is off or none any more had ends with the first Look, or here.
func (w *Watch) Resume(kept Kept, now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fired = append([]Fired{}, kept.Fired[max(len(kept.Fired)-mostFired, 0):]...)
	for _, l := range kept.Firing {
		i := slices.IndexFunc(w.rules, func(r rule) bool { return r.name == l.Rule })
		if i < 0 || len(w.standing[i].of) >= mostSubjects {
			continue
		}
		w.standing[i].of[l.Subject] = &matter{reading: reading{value: l.Value, subject: l.Subject}, beyond: true, firing: true,
			began: l.Began, told: l.Told, text: l.Text, of: l.Value}
		if recall := w.rules[i].recall; recall != nil {
			recall(&w.memory, l.Subject)
		}
	}
	for i := range w.fired {
		f := &w.fired[i]
		lasts := slices.ContainsFunc(kept.Firing, func(l Lasting) bool {
			return l.Rule == f.Rule && l.Subject == f.Subject && l.Began == f.Began && slices.Contains(Names(), l.Rule)
		})
		if f.Ended == 0 && !lasts {
			f.Ended = max(now, f.Began)
		}
	}
}
