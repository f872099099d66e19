package fault

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// chunk is how much is written to the socket at a time.
	chunk = 16 << 10
	// own is how many bytes a wire may always hold, whatever is in the others.
	own = 16 << 10
	// lingers is how long the other end has to close a connection after us: closed with unread bytes it would be reset.
	lingers = time.Second
)

// A Conn is a connection with a middlebox in it. One goroutine writes to it and one reads, as with any; the rest is for
// all. While it is through, it is the connection below.
type Conn struct {
	net.Conn // below: towards the viewer
	book     *Book

	pumps atomic.Bool // bytes downwards go through the wire
	hears atomic.Bool // bytes upwards do

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something below changes
	who     Scope         // whose it is now
	since   time.Time     // and from when on
	waits   bool          // a request is in hand, or the connection is held
	held    bool          // it is who's for as long as it lives
	down    Wire
	up      Wire
	reads   bool // upwards the wire is used, and someone fills it
	heard   error
	broken  error // it was cut, or the socket failed
	closed  bool  // by its server
	over    bool  // the connection below is closed
	written time.Time
	read    time.Time // deadlines
	taken   bool      // somebody else has the descriptor
	risky   bool      // it may be cut at any time: whoever takes its descriptor would not notice
	armed   *entry    // its cut comes in the middle of the next answer
	headed  bool      // the head of that answer has passed
	severed bool      // and the middle is the last that is in the wire
}

func (c *Conn) now() time.Duration { return time.Since(c.book.start) }

// tell wakes who waits for a change. mu is held.
func (c *Conn) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// Bind says that the request in hand is a viewer's, and so is its answer.
func (c *Conn) Bind(viewer, technique string) { c.belong(Scope{viewer, technique}, true, false, false) }

// Hold says that the connection is a viewer's for as long as it lives.
func (c *Conn) Hold(viewer, technique string) { c.belong(Scope{viewer, technique}, true, true, false) }

// Adopt is Hold, or Bind if it is not held, for a connection that has been the viewer's for long, and has been taken from
// whoever had it.
func (c *Conn) Adopt(viewer, technique string, held bool) {
	c.belong(Scope{viewer, technique}, true, held, true)
}

// Unbind says that the request in hand is nobody's.
func (c *Conn) Unbind() {
	if who, _, _ := c.bound(); who != (Scope{}) {
		c.belong(Scope{}, false, false, false)
	}
}

// Answered says that the answer to the request in hand has been written.
func (c *Conn) Answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = c.held
	c.down.End(c.now())
	c.tell()
}

func (c *Conn) belong(who Scope, waits, held, old bool) {
	c.mu.Lock()
	c.who, c.waits, c.held, c.since = who, waits, held, time.Now()
	// The head of a WebSocket, and of what has been held for long, has been written.
	c.armed, c.headed = nil, held && (old || who.Technique == "websocket")
	c.mu.Unlock()
	if c.book.bind(c, who, old) {
		c.Cut()
	}
}

func (c *Conn) bound() (who Scope, waits bool, since time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.who, c.waits, c.since
}

// inside is how much is under way; through tells that there is no middlebox now.
func (c *Conn) inside() (down, up int, through bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down.Len(), c.up.Len(), !c.pumps.Load()
}

// Bare tells whether the connection is nothing but the one below, so that it may be taken for its descriptor.
func (c *Conn) Bare() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bare()
}

func (c *Conn) bare() bool {
	return !c.risky && !c.pumps.Load() && !c.reads && c.down.conditions == (Conditions{}) && c.up.conditions == (Conditions{}) && c.armed == nil
}

// Yield is Bare, for whoever has got the descriptor: if it is, what is wrong from then on is wrong with that, and the Conn is
// good for nothing but to be closed.
func (c *Conn) Yield() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || !c.bare() {
		return false
	}
	c.taken = true
	return true
}

// Doomed tells whether the next answer is to be cut.
func (c *Conn) Doomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.armed != nil
}

// set is what is wrong from now on. It tells whether there is still a connection for it to be wrong with: if so, nobody takes
// one from then on that may be cut.
func (c *Conn) set(p profile) (alive bool) {
	both := Conditions{Delay: value(p.Delay), Jitter: value(p.Jitter), Mute: value(p.Mute)}
	if wait := p.stalled.Sub(c.book.start); wait > c.now() {
		both.Stall = wait
	}
	down := both
	down.Throttle = value(p.Throttle)
	c.mu.Lock()
	defer c.mu.Unlock()
	if down.Buffer = value(p.Buffer); c.who.Technique == "websocket" { // a tunnel, once the handshake is through
		down.Buffer = 0
	}
	if c.risky = p.cut != nil; c.over || c.taken {
		return false
	}
	if c.armed != p.cut { // that cut is over, or another's turn
		c.armed = nil
	}
	if down != c.down.conditions || both != c.up.conditions {
		c.down.Set(down, c.now())
		c.up.Set(both, c.now())
		if down != (Conditions{}) {
			c.start()
		}
	}
	c.hears.Store(c.held && both != (Conditions{}) || c.reads)
	c.tell()
	return true
}

// start has bytes go through the wire. mu is held.
func (c *Conn) start() {
	if !c.pumps.Swap(true) {
		go c.pump()
	}
}

// arm has the next answer cut in its middle.
func (c *Conn) arm(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = e
	c.start()
}

// disarm takes back what arm has said of e, so that the connection is through again.
func (c *Conn) disarm(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed == e {
		c.armed = nil
		c.tell()
	}
}

// Served is the connection's own; it does nothing where there is none.
func (c *Conn) Served() {
	if s, ok := c.Conn.(interface{ Served() }); ok {
		s.Served()
	}
}

// Keep is the connection's below (see accept); nil where it has none.
func (c *Conn) Keep() (release func()) {
	if k, ok := c.Conn.(interface{ Keep() func() }); ok {
		return k.Keep()
	}
	return nil
}

// NetConn is the connection below.
func (c *Conn) NetConn() net.Conn { return c.Conn }

// SyscallConn is the connection's below, to look at: what is inside the middlebox, the kernel does not know. An error
// where it has none.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}

// Arrive waits for as long as a request that has been read would have been on its way, and returns an error when it would
// not have arrived: the connection was cut, or gone or ended is closed.
func (c *Conn) Arrive(gone, ended <-chan struct{}) error {
	var way Wire
	var b [1]byte
	c.mu.Lock()
	way.Set(c.up.conditions, c.now())
	way.Put(b[:], c.now())
	for {
		n, pause, _ := way.Take(b[:], c.now())
		err, changed := c.broken, c.changed
		c.mu.Unlock()
		if n > 0 || err != nil {
			return err
		}
		var later <-chan time.Time
		if pause != Never {
			timer := time.NewTimer(pause)
			defer timer.Stop()
			later = timer.C
		}
		select {
		case <-changed:
		case <-later:
		case <-gone:
			return net.ErrClosed
		case <-ended:
			return net.ErrClosed
		}
		c.mu.Lock()
		way.Set(c.up.conditions, c.now())
	}
}
