package crowd

import (
	"encoding/json"
	"maps"
	"time"
)

// Progress is how a run goes, for a program that attends to it. Counts and ages are of the whole run so far.
type Progress struct {
	Phase      string           `json:"phase"` // connecting, measuring: all are in or were refused; done
	Seconds    float64          `json:"seconds"`
	Viewers    int              `json:"viewers"`
	Held       int              `json:"held"` // that are connected now, and were answered
	Refused    int64            `json:"refused"`
	Messages   int64            `json:"messages"`
	Missed     int64            `json:"missed"`
	Duplicates int64            `json:"duplicates"`
	Gaps       int64            `json:"gaps"`
	Reconnects int64            `json:"reconnects"`
	Age        *Quantiles       `json:"age_ms"` // null: no message yet that a viewer was waiting for
	Bytes      InOut            `json:"bytes"`
	Errors     map[string]int64 `json:"errors"`
	CPUMS      float64          `json:"cpu_ms"` // of this process, since it began; 0 where that is not known
	Memory     int64            `json:"memory"` // resident, in bytes; likewise
}

// object writes a Progress.
func (w *watcher) object(last bool) {
	c := w.c
	p := Progress{Phase: "connecting", Seconds: round(time.Since(c.start).Seconds()), Viewers: c.Viewers}
	if w.own != nil {
		p.CPUMS, p.Memory = round(float64(w.own.cpu().Nanoseconds())/1e6), w.own.memory()
	}
	switch {
	case last:
		p.Phase = "done"
	case !w.from.at.IsZero():
		p.Phase = "measuring"
	}
	c.mu.Lock()
	t := &c.tally
	p.Held, p.Refused, p.Messages, p.Missed, p.Duplicates = c.served(), t.refused, t.messages, t.missed, t.duplicates
	p.Gaps, p.Reconnects, p.Age, p.Bytes, p.Errors = t.gaps, t.reconnects, t.age.quantiles(), InOut{t.in, t.out}, maps.Clone(t.errors)
	c.mu.Unlock()
	_ = json.NewEncoder(c.Progress).Encode(p) // nobody reads it: the pipe's end says that elsewhere
}
