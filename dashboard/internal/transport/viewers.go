package transport

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

const (
	mostViewers = 10_000           // remembered at a time; beyond, the one unseen for longest is forgotten
	forgetAfter = 10 * time.Minute // a viewer that holds nothing and has not asked
)

// Viewers remembers who watches: what each asked for and what it has cost. It is bounded: ids are of the viewers' own
// choosing.
type Viewers struct {
	mu sync.Mutex
	m  map[string]*viewer
}

type viewer struct {
	every   time.Duration
	seen    time.Time
	tallies map[string]*meter.Tally
	held    map[*hub.Subscription]holding
}

type holding struct {
	technique string
	since     time.Time
}

func newViewers() *Viewers { return &Viewers{m: make(map[string]*viewer)} }

// get finds or makes a viewer. v.mu is held.
func (v *Viewers) get(id string) *viewer {
	now := time.Now()
	w := v.m[id]
	if w == nil {
		if len(v.m) >= mostViewers {
			v.forget(now)
		}
		w = &viewer{tallies: make(map[string]*meter.Tally), held: make(map[*hub.Subscription]holding)}
		v.m[id] = w
	}
	w.seen = now
	return w
}

// forget drops those that have left, and when that makes no room the one unseen for longest. v.mu is held.
func (v *Viewers) forget(now time.Time) {
	oldest := ""
	for id, w := range v.m {
		if len(w.held) > 0 {
			continue
		}
		if now.Sub(w.seen) > forgetAfter {
			delete(v.m, id)
		} else if oldest == "" || w.seen.Before(v.m[oldest].seen) {
			oldest = id
		}
	}
	if len(v.m) >= mostViewers && oldest != "" {
		delete(v.m, oldest)
	}
}

func (v *Viewers) tally(id, technique string) *meter.Tally {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	t := w.tallies[technique]
	if t == nil {
		t = new(meter.Tally)
		w.tallies[technique] = t
	}
	return t
}

// every is what a viewer asked for with a command; 0 when it has not.
func (v *Viewers) every(id string) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if w := v.m[id]; w != nil {
		return w.every
	}
	return 0
}

// SetEvery thins a viewer's messages from now on, on the connections that it holds and on those to come.
func (v *Viewers) SetEvery(id string, every time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	w.every = every
	for sub := range w.held {
		sub.SetEvery(every)
	}
}

// hold lists a subscription under its viewer until the function it returns is called.
func (v *Viewers) hold(id, technique string, sub *hub.Subscription) (release func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	w.held[sub] = holding{technique, time.Now()}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(w.held, sub)
		w.seen = time.Now()
	}
}

// Wire is what a viewer's techniques have cost; nil for a viewer nobody has heard of.
func (v *Viewers) Wire(id string) map[string]meter.Figures {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.m[id]
	if w == nil {
		return nil
	}
	figures := make(map[string]meter.Figures, len(w.tallies))
	for technique, t := range w.tallies {
		figures[technique] = t.Figures()
	}
	return figures
}

// A Held is one viewer on one held connection or long poll.
type Held struct {
	Viewer    string `json:"viewer"`
	Technique string `json:"technique"`
	Since     int64  `json:"since"` // Unix milliseconds
	Delivered uint64 `json:"delivered"`
	Thinned   uint64 `json:"thinned"`
	Dropped   uint64 `json:"dropped"`
	Pending   uint64 `json:"pending"`
}

// List is everybody who holds a connection now, by id.
func (v *Viewers) List() []Held {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := []Held{}
	for id, w := range v.m {
		for sub, h := range w.held {
			c := sub.Counts()
			list = append(list, Held{id, h.technique, h.since.UnixMilli(), c.Delivered, c.Thinned, c.Dropped, c.Pending})
		}
	}
	slices.SortFunc(list, func(a, b Held) int {
		return cmp.Or(cmp.Compare(a.Viewer, b.Viewer), cmp.Compare(a.Since, b.Since))
	})
	return list
}
