package transport

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// mostViewers are remembered at a time; beyond, those unseen for longest are forgotten.
const mostViewers = 10_000

// Viewers remembers who watches: what each asked for and what it has cost. It is bounded: ids are of the viewers' own
// choosing.
type Viewers struct {
	// Taps are open while somebody is recorded. The listener's connections must know of them.
	Taps meter.Taps

	alive  func(*auth.Pass) bool
	room   *Room
	totals map[string]*meter.Total // by technique; the map does not change
	crowds map[string]*meter.Tally // of those who have not named themselves; likewise

	mu         sync.Mutex
	m          map[string]*viewer
	crowd      []*holding                          // what is held by those who have not named themselves
	recordings int                                 // viewers that have one
	full       int                                 // with how many it is time to forget some
	ended      map[string]map[fanout.Reason]uint64 // see Ended
}

// A change is what a command has set; nil is what none has.
type change struct {
	every    *time.Duration
	conflate *bool
}

// and is the change with another behind it.
func (c change) and(later change) change {
	if later.every != nil {
		c.every = later.every
	}
	if later.conflate != nil {
		c.conflate = later.conflate
	}
	return c
}

// since is what of it was not there before: each command has its own.
func (c change) since(before change) change {
	if c.every == before.every {
		c.every = nil
	}
	if c.conflate == before.conflate {
		c.conflate = nil
	}
	return c
}

// apply is for a subscription that there is.
func (c change) apply(sub *hub.Subscription) {
	if c.every != nil {
		sub.SetEvery(*c.every)
	}
	if c.conflate != nil {
		sub.Conflate(*c.conflate)
	}
}

type viewer struct {
	set       change // by commands, so far
	seen      time.Time
	tallies   map[string]*meter.Tally
	held      []*holding
	recording *recording   // nil for none
	said      *meter.Tally // commands that came by requests of their own; nil for none
}

// A holding is a connection that a viewer holds, or a long poll. It is the fan-out's Owner of that connection.
type holding struct {
	viewers *Viewers
	viewer  string
	words   *fanout.Words // for the names of technique and variant; a long poll's say nothing else
	since   int64         // Unix milliseconds
	sub     *hub.Subscription
	account *meter.Exchange // nil for a long poll
	pass    *auth.Pass      // of who holds it; nil for who needs none
	place   int32           // in the crowd
	way     fanout.Way      // 0 for a long poll that a handler holds
}

func newViewers() *Viewers {
	v := &Viewers{
		alive:  func(*auth.Pass) bool { return true },
		totals: make(map[string]*meter.Total),
		crowds: make(map[string]*meter.Tally),
		ended:  make(map[string]map[fanout.Reason]uint64),
		m:      make(map[string]*viewer),
	}
	for _, t := range All() {
		total := new(meter.Total)
		v.totals[t.Name] = total
		v.crowds[t.Name] = &meter.Tally{Total: total, Crowd: true}
		v.ended[t.Name] = make(map[fanout.Reason]uint64)
	}
	return v
}

// isAnonymous tells viewers that have not named themselves: nobody can ask for them, and nothing of them is remembered.
func isAnonymous(id string) bool { return strings.HasPrefix(id, "~") }

// get finds or makes a viewer. v.mu is held.
func (v *Viewers) get(id string) *viewer {
	w := v.m[id]
	if w == nil {
		if len(v.m) >= max(v.full, mostViewers) {
			v.forget()
			v.full = len(v.m) + mostViewers/10 // who holds something stays: do not look again at each that comes
		}
		w = new(viewer)
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
		if len(w.held) == 0 && w.recording == nil {
			idle = append(idle, id)
		}
	}
	slices.SortFunc(idle, func(a, b string) int { return v.m[a].seen.Compare(v.m[b].seen) })
	for _, id := range idle[:min(len(idle), max(mostViewers/10, len(v.m)-mostViewers*9/10))] {
		delete(v.m, id)
	}
}

func (v *Viewers) tally(id, technique string) *meter.Tally {
	if isAnonymous(id) {
		return v.crowds[technique]
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	t := w.tallies[technique]
	if t == nil {
		t = &meter.Tally{Technique: technique, Total: v.totals[technique]}
		if w.recording != nil {
			t.Record(&w.recording.Recorder)
		}
		if w.tallies == nil {
			w.tallies = make(map[string]*meter.Tally)
		}
		w.tallies[technique] = t
	}
	return t
}

// known tells whether a viewer is remembered.
func (v *Viewers) known(id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.m[id] != nil
}

// setBy is what a viewer's commands have set.
func (v *Viewers) setBy(id string) change {
	if isAnonymous(id) {
		return change{}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if w := v.m[id]; w != nil {
		return w.set
	}
	return change{}
}

// set changes what a viewer has asked for, from now on, on the connections that it holds and on those to come.
func (v *Viewers) set(id string, c change) {
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.get(id)
	w.set = w.set.and(c)
	for _, h := range w.held {
		c.apply(h.sub)
	}
}

// hold lists a subscription under its viewer until release. What the viewer has set since it asked counts.
func (v *Viewers) hold(r request, words *fanout.Words, sub *hub.Subscription) *holding {
	h := &holding{viewers: v, viewer: r.viewer, words: words, sub: sub, pass: r.pass}
	h.again(r.set)
	return h
}

// again lists a holding that has been released, or is new. set is request's.
func (h *holding) again(set change) {
	v := h.viewers
	v.mu.Lock()
	defer v.mu.Unlock()
	h.since = time.Now().UnixMilli()
	v.judge(h) // it may have ended since the request was judged
	if isAnonymous(h.viewer) {
		h.place = int32(len(v.crowd))
		v.crowd = append(v.crowd, h)
		v.room.add(1)
		return
	}
	w := v.get(h.viewer)
	w.set.since(set).apply(h.sub)
	w.held = append(w.held, h)
	v.room.add(1)
}

// set changes what the viewer gets by this holding, and by all its others.
func (h *holding) set(c change) {
	if isAnonymous(h.viewer) { // it has no others
		c.apply(h.sub)
		return
	}
	h.viewers.set(h.viewer, c)
}

// Began is fanout.Owner's.
func (h *holding) Began(way fanout.Way) {
	h.viewers.mu.Lock()
	defer h.viewers.mu.Unlock()
	h.way = way
}

// by is how it is held now.
func (h *holding) by() fanout.Way {
	h.viewers.mu.Lock()
	defer h.viewers.mu.Unlock()
	return h.way
}

// Done is fanout.Owner's.
func (h *holding) Done(reason fanout.Reason) {
	h.account.End()
	h.release()
	h.viewers.lost(h.words.Technique, reason)
}

// lost counts a connection that has ended.
func (v *Viewers) lost(technique string, reason fanout.Reason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended[technique][reason]++
}

// release ends what hold began.
func (h *holding) release() {
	v := h.viewers
	v.mu.Lock()
	defer v.mu.Unlock()
	if isAnonymous(h.viewer) {
		v.leaves(h)
		return
	}
	w := v.m[h.viewer]
	if w == nil { // not while it holds something
		return
	}
	if i := slices.Index(w.held, h); i >= 0 {
		w.held = slices.Delete(w.held, i, i+1)
		v.room.add(-1)
	}
	w.seen = time.Now()
}

// leaves takes a holding out of the crowd, if it is there. v.mu is held.
func (v *Viewers) leaves(h *holding) {
	if int(h.place) >= len(v.crowd) || v.crowd[h.place] != h {
		return
	}
	last := len(v.crowd) - 1
	v.crowd[h.place], v.crowd[last].place = v.crowd[last], h.place
	v.crowd[last] = nil
	v.crowd = v.crowd[:last]
	v.room.add(-1)
}

// all calls each with everything that is held. v.mu is held.
func (v *Viewers) all(each func(*holding)) {
	for _, h := range v.crowd {
		each(h)
	}
	for _, w := range v.m {
		for _, h := range w.held {
			each(h)
		}
	}
}

// Ended counts held connections that have ended since the start, by technique and reason; of those that poll, the ones
// that were cut.
func (v *Viewers) Ended() map[string]map[fanout.Reason]uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	ended := make(map[string]map[fanout.Reason]uint64, len(v.ended))
	for technique, reasons := range v.ended {
		ended[technique] = maps.Clone(reasons)
	}
	return ended
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
	v.all(func(h *holding) { n[h.words.Technique]++ })
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
	Variant   string `json:"variant,omitempty"` // of the technique: iframe, multipart, jsonp, cbor
	Way       string `json:"way,omitempty"`     // how package fanout holds it; not there for a long poll that waits in a handler
	Since     int64  `json:"since"`             // Unix milliseconds
	Delivered uint64 `json:"delivered"`
	Thinned   uint64 `json:"thinned"`
	Dropped   uint64 `json:"dropped"`
	Pending   uint64 `json:"pending"`
}

// List is everybody who holds a connection now, by id.
func (v *Viewers) List() []Held {
	v.mu.Lock()
	list := make([]Held, 0, len(v.crowd)+len(v.m))
	v.all(func(h *holding) {
		c := h.sub.Counts()
		list = append(list, Held{h.viewer, h.words.Technique, h.words.Variant, h.way.String(), h.since, c.Delivered, c.Thinned, c.Dropped, c.Pending})
	})
	v.mu.Unlock() // who comes and goes waits for it, and with them all in the same shard
	for i := range list {
		list[i].Viewer = Short(list[i].Viewer)
	}
	slices.SortFunc(list, func(a, b Held) int {
		return cmp.Or(cmp.Compare(a.Viewer, b.Viewer), cmp.Compare(a.Since, b.Since))
	})
	return list
}
