package crowd

import (
	"encoding/json"
)

// Progress is what the viewers tell of themselves: `fivewire load --attended`. Counts and ages are of the whole run.
type Progress struct {
	Phase      string           `json:"phase"`
	Held       int              `json:"held"`
	Refused    int64            `json:"refused"`
	Messages   int64            `json:"messages"`
	Missed     int64            `json:"missed"`
	Duplicates int64            `json:"duplicates"`
	Reconnects int64            `json:"reconnects"`
	Age        *Ages            `json:"age_ms"`
	Errors     map[string]int64 `json:"errors"`
	CPUMS      float64          `json:"cpu_ms"`
	Memory     int64            `json:"memory"`
}

// Ages are in milliseconds: from a message's at to its arrival, of those that a viewer was waiting for.
type Ages struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	N   int64   `json:"n"`
}

// parseProgress reads a line.
func parseProgress(line []byte) (p Progress, ok bool) {
	if json.Unmarshal(line, &p) != nil {
		return Progress{}, false
	}
	switch p.Phase {
	case phaseConnecting, phaseMeasuring, phaseDone:
		return p, p.Held >= 0
	}
	return Progress{}, false
}

// A State is the crowd that there is, or the last one.
type State struct {
	Running   bool    `json:"running"`
	Phase     string  `json:"phase"` // none, waiting, before, connecting, measuring, done, ended
	Technique string  `json:"technique,omitempty"`
	Viewers   int     `json:"viewers"`   // wanted
	Connected int     `json:"connected"` // that hold a connection now, or held one at the last word
	Began     int64   `json:"began,omitempty"`
	Seconds   float64 `json:"seconds,omitempty"` // how long it stays once all are in
	// Reason says why it ended: "time", "stopped", "failed".
	Reason     string           `json:"reason,omitempty"`
	Error      string           `json:"error,omitempty"`
	Messages   int64            `json:"messages"`
	Missed     int64            `json:"missed"`
	Duplicates int64            `json:"duplicates"`
	Refused    int64            `json:"refused"`
	Reconnects int64            `json:"reconnects"`
	Errors     map[string]int64 `json:"errors,omitempty"`
	Age        *Ages            `json:"age_ms"`
	Client     Client           `json:"client"` // what the viewers' own process costs, which is not in Server
	Server     Server           `json:"server"`
}

// Client is the viewers' own process.
type Client struct {
	CPU    float64 `json:"cpu_ms"` // since it began
	Memory int64   `json:"memory"`
}

// Server is what it costs: before the crowd, over the last seconds, over all the time since all were in, and what the
// crowd has brought of that. What cannot be told yet is null.
type Server struct {
	Before      *Cost       `json:"before"`
	Now         *Cost       `json:"now"`
	With        *Cost       `json:"with"`
	PerThousand *Difference `json:"per_1000"`
}

// The phases of a crowd. Those of the viewers are theirs: connecting, measuring, done.
const (
	phaseNone       = "none"
	phaseWaiting    = "waiting" // for what the last crowd has left to go
	phaseBefore     = "before"  // the server is looked at without a crowd
	phaseConnecting = "connecting"
	phaseMeasuring  = "measuring"
	phaseDone       = "done"
	phaseEnded      = "ended"
)

// State is how it is at this moment.
func (c *Crowd) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.current
	s := State{Phase: phaseNone}
	var now window
	for _, sample := range c.past {
		now.add(sample)
	}
	s.Server.Now = now.cost()
	if r == nil {
		return s
	}
	p := r.progress
	s.Running, s.Phase, s.Technique, s.Viewers, s.Connected = !r.ended, r.phase, r.order.Technique, r.order.Viewers, p.Held
	s.Began, s.Seconds = r.began.UnixMilli(), r.order.Duration.Seconds()
	s.Messages, s.Missed, s.Duplicates, s.Refused, s.Reconnects = p.Messages, p.Missed, p.Duplicates, p.Refused, p.Reconnects
	s.Errors, s.Age, s.Client = p.Errors, p.Age, Client{p.CPUMS, p.Memory}
	s.Server.Before, s.Server.With = r.before, r.steady.cost()
	if s.Server.Before != nil && s.Server.With != nil && p.Held > 0 {
		d := perThousand(*s.Server.Before, *s.Server.With, p.Held)
		s.Server.PerThousand = &d
	}
	switch {
	case !r.ended:
	case r.stopped:
		s.Reason = "stopped"
	case r.err != nil:
		s.Reason, s.Error = "failed", r.err.Error()
	default:
		s.Reason = "time"
	}
	return s
}
