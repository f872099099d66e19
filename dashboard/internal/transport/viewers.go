package transport

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// mostViewers are remembered at a time; beyond, those unseen for longest are forgotten.
const mostViewers = 10_000

// Viewers remembers who watches: what each asked for and what it has cost. It is bounded: ids are of the viewers' own
// choosing.
type Viewers struct {
	totals map[string]*meter.Total // by technique; the map does not change

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

func newViewers() *Viewers {
	v := &Viewers{totals: make(map[string]*meter.Total), m: make(map[string]*viewer)}
	for _, t := range All() {
		v.totals[t.Name] = new(meter.Total)
	}
	return v
}

// get finds or makes a viewer. v.mu is held.
func (v *Viewers) get(id string) *viewer {
	w := v.m[id]
	if w == nil {
		if len(v.m) >= mostViewers {
			v.forget()
		}
		w = &viewer{tallies: make(map[string]*meter.Tally), held: make(map[*hub.Subscription]holding)}
		v.m[id] = w
	}
	w.seen = time.Now()
	return w
}

// forget makes room: it drops those that hold nothing and have been unseen for longest, a tenth at a time, so that a
// flood of new ids pays for looking through all of them once in a thousand. v.mu is held.
func (v *Viewers) forget() {
	var idle []string
	for id, w := range v.m {
		if len(w.held) == 0 {
			idle = append(idle, id)
		}
	}
	slices.SortFunc(idle, func(a, b string) int { return v.m[a].seen.Compare(v.m[b].seen) })
	for _, id := range idle[:min(len(idle), mostViewers/10)] {
		delete(v.m, id)
	}
}

func (v *Viewers) tally(id, technique string) *meter.Tally {
	if strings.HasPrefix(id, "~") {
		return &meter.Tally{Total: v.totals[technique]} // nobody can ask for it
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	t := w.tallies[technique]
	if t == nil {
		t = &meter.Tally{Total: v.totals[technique]}
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

// Totals is what all viewers have cost since the start, by technique, those that are forgotten included.
func (v *Viewers) Totals() map[string]meter.Totals {
	totals := make(map[string]meter.Totals, len(v.totals))
	for technique, t := range v.totals {
		totals[technique] = t.Totals()
	}
	return totals
}

// Sent is how many bytes have gone to viewers since the start.
func (v *Viewers) Sent() int64 {
	n := int64(0)
	for _, t := range v.totals {
		n += t.Totals().Out
	}
	return n
}

// Holding counts who holds a connection or a long poll now, by technique. Polling holds nothing and is not there.
func (v *Viewers) Holding() map[string]int {
	n := make(map[string]int, len(v.totals))
	for technique := range v.totals {
		if technique != "polling" {
			n[technique] = 0
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, w := range v.m {
		for _, h := range w.held {
			n[h.technique]++
		}
	}
	return n
}

// Short names a viewer to others.
func Short(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:4])
}

// A Held is one viewer on one held connection or long poll.
type Held struct {
	Viewer    string `json:"viewer"` // a short hash of its id: who knows the id may command
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
			list = append(list, Held{Short(id), h.technique, h.since.UnixMilli(), c.Delivered, c.Thinned, c.Dropped, c.Pending})
		}
	}
	slices.SortFunc(list, func(a, b Held) int {
		return cmp.Or(cmp.Compare(a.Viewer, b.Viewer), cmp.Compare(a.Since, b.Since))
	})
	return list
}
