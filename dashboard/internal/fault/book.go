package fault

import (
	"cmp"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Scope is whom a fault concerns; "" is every viewer, or every technique.
type Scope struct{ Viewer, Technique string }

// within lists the scopes that a viewer on a technique is in, the narrowest first.
func (s Scope) within() [4]Scope {
	return [...]Scope{s, {Viewer: s.Viewer}, {Technique: s.Technique}, {}}
}

// anonymous tells viewers that have not named themselves: their name is that of a connection.
func (s Scope) anonymous() bool { return strings.HasPrefix(s.Viewer, "~") }

// An Entry is one fault in force.
type Entry struct {
	Scope Scope
	Fault Fault
	Since time.Time
	Until time.Time
}

// An entry is an Entry with what has become of it.
type entry struct {
	Entry
	cuts   map[Scope]int // how often each viewer that has a name was cut
	forgot map[Scope]bool
}

// due is how often a viewer should have been cut by now, and when the last of that was.
func (e *entry) due(now time.Time) (n int, at time.Time) {
	if every := *e.Fault.Cut; every > Once {
		n = int(now.Sub(e.Since) / every)
		return n, e.Since.Add(time.Duration(n) * every)
	}
	return 1, e.Since
}

// hits tells whether a viewer is still to be cut. One without a name always is, if its connection is old enough.
func (e *entry) hits(who Scope, now time.Time) bool {
	n, _ := e.due(now)
	cuts, known := e.cuts[who]
	return cuts < n && (known || who.anonymous() || len(e.cuts) < mostRemembered)
}

// hit says that a viewer has been cut as often as is due.
func (e *entry) hit(who Scope, now time.Time) {
	if !who.anonymous() { // whose next connection has another name
		e.cuts[who], _ = e.due(now)
	}
}

// A profile is what is wrong with one viewer on one technique.
type profile struct {
	Fault
	stalled     time.Time // until then
	cut, forget *entry    // whose those are
}

// A Book holds the faults in force, and the connections that they may concern. Open makes one; it is safe for concurrent
// use.
type Book struct {
	changed func()
	start   time.Time
	inside  atomic.Int64 // bytes in all wires
	most    int64        // beyond that, each wire has its own little room
	some    atomic.Bool  // a fault is in force

	mu      sync.Mutex
	entries map[Scope]*entry
	over    []Entry     // that have ended of late, the last one last
	next    *time.Timer // for the next end of a fault, or the next cut
	closed  bool

	knows sync.Mutex // over conns; taken last
	conns map[*Conn]struct{}
}

// Open makes an empty book. changed is called after each change, and may be nil: whoever holds connections without a Conn
// looks again then which of them need one.
func Open(changed func()) *Book {
	return &Book{changed: changed, start: time.Now(), most: mostInside, entries: make(map[Scope]*entry), conns: make(map[*Conn]struct{})}
}

// ErrFull says that there are as many faults in force as there may be.
var ErrFull = errors.New("64 faults are in force: take one away first")

// Set puts a fault in force for a scope, for a lifetime of up to an hour (0 is five minutes), instead of the one that is
// there. What can be done at once is done before it returns.
func (b *Book) Set(scope Scope, f Fault, lifetime time.Duration) (Entry, error) {
	if lifetime <= 0 {
		lifetime = defaultLife
	}
	lifetime = min(lifetime, longestLife)
	if value(f.Stall) > 0 && f == (Fault{Stall: f.Stall}) { // then it is over
		lifetime = min(lifetime, *f.Stall)
	}
	if f.once() { // what happens once waits only so long for its chance
		lifetime = min(lifetime, onceLife)
	}
	b.mu.Lock()
	now := time.Now() // not before: whoever is bound by then was bound before
	e := &entry{Entry: Entry{scope, f, now, now.Add(lifetime)}, cuts: make(map[Scope]int), forgot: make(map[Scope]bool)}
	if b.entries[scope] == nil && len(b.entries) >= mostFaults || b.closed {
		b.mu.Unlock()
		return Entry{}, ErrFull
	}
	b.end(scope, now)
	b.entries[scope] = e
	b.mu.Unlock()
	b.update(true)
	return e.Entry, nil
}

// Clear takes the fault of a scope away. It tells whether there was one.
func (b *Book) Clear(scope Scope) bool {
	b.mu.Lock()
	was := b.end(scope, time.Now())
	b.mu.Unlock()
	b.update(true)
	return was
}

// end takes an entry away, if there is one, and remembers it for a while. mu is held.
func (b *Book) end(scope Scope, now time.Time) bool {
	e := b.entries[scope]
	if e == nil {
		return false
	}
	delete(b.entries, scope)
	ended := e.Entry
	if now.Before(ended.Until) {
		ended.Until = now
	}
	b.over = append(b.ended(now), ended)
	b.over = b.over[max(0, len(b.over)-mostFaults):]
	return true
}

// ended is what of over is still told. mu is held.
func (b *Book) ended(now time.Time) []Entry {
	return slices.DeleteFunc(b.over, func(e Entry) bool { return now.Sub(e.Until) > overFor })
}

// ClearAll takes every fault away and tells how many there were.
func (b *Book) ClearAll() int {
	b.mu.Lock()
	n, now := len(b.entries), time.Now()
	for scope := range b.entries {
		b.end(scope, now)
	}
	b.mu.Unlock()
	b.update(true)
	return n
}

// Close takes every fault away for ever: what is inside comes out.
func (b *Book) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	clear(b.entries)
	b.some.Store(false)
	if b.next != nil {
		b.next.Stop()
	}
	b.apply(time.Now())
}

// Release closes what still has something inside. Close must come before.
func (b *Book) Release() {
	for _, c := range b.all() {
		if _, _, through := c.inside(); !through {
			c.release()
		}
	}
}

// look is when time has made a change: what is over goes, connections learn what is wrong with them, what is due to be cut
// is cut.
func (b *Book) look() { b.update(false) }

// update is look. news says that faults have come or gone.
func (b *Book) update(news bool) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	now := time.Now()
	var next time.Time
	sooner := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	for scope, e := range b.entries {
		if !now.Before(e.Until) {
			b.end(scope, now)
			news = true
			continue
		}
		sooner(e.Until)
		if every := value(e.Fault.Cut); every > Once {
			_, at := e.due(now)
			sooner(at.Add(every))
		}
	}
	b.some.Store(len(b.entries) > 0)
	if b.next != nil {
		b.next.Stop()
	}
	if !next.IsZero() {
		b.next = time.AfterFunc(next.Sub(now), b.look)
	}
	cut := b.apply(now)
	b.mu.Unlock()
	for _, c := range cut {
		c.Cut()
	}
	if b.changed != nil && news {
		b.changed()
	}
}

// apply tells each connection what is wrong with it, and lists those to be cut. mu is held.
func (b *Book) apply(now time.Time) (cut []*Conn) {
	hit := make(map[*entry][]Scope)
	for _, c := range b.all() {
		who, waits, since := c.bound()
		p := b.profile(who)
		if !c.set(p) || p.cut == nil || !waits || !p.cut.hits(who, now) {
			continue
		}
		if _, at := p.cut.due(now); since.Before(at) {
			cut = append(cut, c)
			hit[p.cut] = append(hit[p.cut], who)
		}
	}
	for e, scopes := range hit { // not before: a viewer may have two connections
		for _, who := range scopes {
			e.hit(who, now)
		}
	}
	return cut
}

// profile is what is wrong with who. mu is held.
func (b *Book) profile(who Scope) (p profile) {
	if who == (Scope{}) { // bound to nobody
		return p
	}
	for _, scope := range who.within() {
		e := b.entries[scope]
		if e == nil {
			continue
		}
		if p.Stall == nil && e.Fault.Stall != nil {
			p.stalled = e.Since.Add(*e.Fault.Stall)
		}
		if p.Cut == nil && e.Fault.Cut != nil && *e.Fault.Cut != NoCut {
			p.cut = e
		}
		if p.Forget == nil && value(e.Fault.Forget) {
			p.forget = e
		}
		p.Fault = p.Fault.under(e.Fault)
	}
	return p
}

// Of is what is wrong with a viewer on a technique.
func (b *Book) Of(viewer, technique string) Fault {
	if !b.some.Load() {
		return Fault{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.profile(Scope{viewer, technique}).Fault
}

// Forgets tells whether the cursor that a viewer comes with now is to be forgotten.
func (b *Book) Forgets(viewer, technique string) bool {
	if !b.some.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	who := Scope{viewer, technique}
	e := b.profile(who).forget
	if e == nil || who.anonymous() || e.forgot[who] || len(e.forgot) >= mostRemembered {
		return false
	}
	e.forgot[who] = true
	return true
}

// List is every fault in force, by scope.
func (b *Book) List() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Entry, 0, len(b.entries))
	for _, e := range b.entries {
		list = append(list, e.Entry)
	}
	slices.SortFunc(list, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(x.Scope.Viewer, y.Scope.Viewer), cmp.Compare(x.Scope.Technique, y.Scope.Technique))
	})
	return list
}

// Over is what was in force until a few seconds ago, with its end: whoever looks now and then would not know of what is short.
func (b *Book) Over() []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = b.ended(time.Now())
	return slices.Clone(b.over)
}

// Inside is what is in the middlebox now for a scope: connections, and bytes on their way down and up.
type Inside struct {
	Connections int `json:"connections"`
	Down        int `json:"down"`
	Up          int `json:"up"`
}

// Inside counts.
func (b *Book) Inside(scope Scope) (n Inside) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.all() {
		who, _, _ := c.bound()
		if scope.Viewer != "" && scope.Viewer != who.Viewer || scope.Technique != "" && scope.Technique != who.Technique {
			continue
		}
		if down, up, through := c.inside(); !through {
			n.Connections++
			n.Down += down
			n.Up += up
		}
	}
	return n
}

// Wrap puts a middlebox around a connection. Until it is bound to somebody, nothing is wrong with it.
func (b *Book) Wrap(conn net.Conn) *Conn {
	return &Conn{Conn: conn, book: b, changed: make(chan struct{})}
}

// bind says whose a connection is from now on. It tells whether it is to be cut: an old one has been whose it is for long.
func (b *Book) bind(c *Conn, who Scope, old bool) (cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.enter(c)
	p := b.profile(who)
	if !c.set(p) { // it was closed before it was entered, and will not leave
		b.leave(c)
		return false
	}
	now := time.Now()
	switch {
	case p.cut == nil || !p.cut.hits(who, now):
		return false
	case old:
		p.cut.hit(who, now)
		return true
	case !who.anonymous(): // there was nothing to cut when it was time
		c.arm(p.cut)
	}
	return false
}

// hits tells whether a viewer is still to be cut, and takes it for cut from then on.
func (b *Book) hits(e *entry, who Scope) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.entries[e.Scope] != e || !e.hits(who, now) {
		return false
	}
	e.hit(who, now)
	return true
}

// all is every connection that somebody was bound to and that is not closed.
func (b *Book) all() []*Conn {
	b.knows.Lock()
	defer b.knows.Unlock()
	return slices.Collect(maps.Keys(b.conns))
}

func (b *Book) enter(c *Conn) {
	b.knows.Lock()
	defer b.knows.Unlock()
	b.conns[c] = struct{}{}
}

func (b *Book) leave(c *Conn) {
	b.knows.Lock()
	defer b.knows.Unlock()
	delete(b.conns, c)
}

// A Listener wraps every connection that it accepts.
type Listener struct {
	net.Listener
	Book *Book
}

// Accept waits for the next connection.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.Book.Wrap(c), nil
}
