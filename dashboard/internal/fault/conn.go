package fault

import (
	"bytes"
	"net"
	"os"
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
	return !c.pumps.Load() && !c.reads && c.down.conditions == (Conditions{}) && c.up.conditions == (Conditions{}) && c.armed == nil
}

// Doomed tells whether the next answer is to be cut.
func (c *Conn) Doomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.armed != nil
}

// set is what is wrong from now on.
func (c *Conn) set(p profile) {
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
	if c.over {
		return
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

// room is how many of n bytes may go into a wire: when there is much in all of them, each has its own little room. mu is
// held.
func (c *Conn) room(w *Wire, n int) int {
	if c.book.inside.Load() > c.book.most {
		n = min(n, own-w.Len())
	}
	return max(n, 0)
}

// Write returns when the middlebox has taken all of b.
func (c *Conn) Write(b []byte) (n int, err error) {
	if !c.pumps.Load() {
		n, err := c.Conn.Write(b)
		return n, c.reason(err)
	}
	whole := len(b)
	b, cut := c.half(b)
	for {
		c.mu.Lock()
		switch {
		case c.broken != nil:
			err = c.broken
		case c.closed:
			err = net.ErrClosed
		case c.down.finished:
			err = syscall.EPIPE
		case !c.pumps.Load(): // it has become the connection below, and is empty
			c.mu.Unlock()
			m, err := c.Conn.Write(b[n:])
			return n + m, c.reason(err)
		default:
			put := c.down.Put(b[n:n+c.room(&c.down, len(b)-n)], c.now())
			if n += put; put > 0 {
				c.book.inside.Add(int64(put))
				c.tell()
			}
		}
		if cut && n == len(b) && err == nil {
			c.severed = true
			c.down.Finish(c.now())
			n = whole // the server does not know yet
		}
		changed, deadline := c.changed, c.written
		c.mu.Unlock()
		if err != nil || n >= len(b) {
			return n, err
		}
		if !wait(changed, deadline) {
			return n, os.ErrDeadlineExceeded
		}
	}
}

// half is what of b still passes when the answer that it is of, or begins, is to be cut.
func (c *Conn) half(b []byte) (part []byte, cut bool) {
	c.mu.Lock()
	e, who, headed := c.armed, c.who, c.headed
	c.mu.Unlock()
	if e == nil {
		return b, false
	}
	body := 0
	if !headed {
		i := bytes.Index(b, []byte("\r\n\r\n"))
		if i < 0 {
			return b, false
		}
		body = i + 4
		c.mu.Lock()
		c.headed = !bytes.HasPrefix(b, []byte("HTTP/1.1 204")) // it has no body, and is not worth a cut
		c.mu.Unlock()
	}
	if body == len(b) || !c.book.hits(e, who) {
		return b, false
	}
	return b[:body+(len(b)-body+1)/2], true
}

// wait returns when something has changed, or false when it is too late for that.
func wait(changed <-chan struct{}, deadline time.Time) bool {
	if deadline.IsZero() {
		<-changed
		return true
	}
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case <-changed:
		return true
	case <-late.C:
		return false
	}
}

// pump takes bytes from the wire to the socket, until nothing is wrong any more or the connection is over.
func (c *Conn) pump() {
	b := make([]byte, chunk)
	fresh := false
	for {
		c.mu.Lock()
		n, pause, ended := c.down.Take(b, c.now())
		c.book.inside.Add(int64(-n))
		switch {
		case c.over || c.broken != nil:
			c.mu.Unlock()
			return
		case n > 0:
			c.tell()
		case ended:
			cut := c.severed
			c.mu.Unlock()
			if cut {
				c.Cut()
				return
			}
			c.end()
			return
		case c.down.Len() == 0 && c.down.conditions == (Conditions{}) && c.armed == nil && !c.down.finished:
			c.pumps.Store(false)
			c.Conn.SetWriteDeadline(c.written)
			c.tell()
			c.mu.Unlock()
			return
		}
		changed := c.changed
		gone := c.closed && c.heard != nil && pause == Never // nobody is at either end, and nothing moves
		c.mu.Unlock()
		switch {
		case gone:
			c.release()
			return
		case n > 0:
			if !fresh {
				fresh = true
				c.Conn.SetWriteDeadline(time.Time{}) // the server's is for the middlebox
			}
			if _, err := c.Conn.Write(b[:n]); err != nil {
				c.fail(err)
				return
			}
		case pause == Never:
			<-changed
		default:
			later := time.NewTimer(pause)
			select {
			case <-changed:
			case <-later.C:
			}
			later.Stop()
		}
	}
}

// end is when the end of the connection has come through: the other end is given time to see it.
func (c *Conn) end() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	var late time.Time
	for {
		c.mu.Lock()
		if c.over || c.closed && c.heard != nil {
			break
		}
		if c.closed && late.IsZero() {
			late = time.Now().Add(lingers)
		}
		changed := c.changed
		c.mu.Unlock()
		if !wait(changed, late) {
			c.mu.Lock()
			break
		}
	}
	defer c.mu.Unlock()
	c.shut()
}

// shut closes the connection below. mu is held.
func (c *Conn) shut() {
	if c.over {
		return
	}
	c.over = true
	if c.broken == nil {
		c.broken = net.ErrClosed
	}
	c.book.inside.Add(-int64(c.down.Len() + c.up.Len()))
	c.down.Cut()
	c.up.Cut()
	c.Conn.Close()
	c.tell()
	c.book.leave(c)
}

// release closes the connection below, whatever is inside.
func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut()
}

// fail says that the socket is broken.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = err
	}
	c.shut()
}

// Cut resets the connection.
func (c *Conn) Cut() {
	if l, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		l.SetLinger(0) // no goodbye: what has not left is lost, and the other end gets a reset
	}
	c.fail(syscall.ECONNRESET)
}

// Read returns what has come through the middlebox.
func (c *Conn) Read(b []byte) (int, error) {
	if !c.hears.Load() {
		n, err := c.Conn.Read(b)
		if !c.hears.Load() || n == 0 && os.IsTimeout(err) {
			return n, c.reason(err)
		}
		c.enter(b[:n], err)
	}
	for {
		c.mu.Lock()
		if !c.reads && c.heard == nil && !c.over {
			c.reads = true
			c.Conn.SetReadDeadline(time.Time{}) // the server's is for the middlebox
			go c.listen()
		}
		n, pause, ended := c.up.Take(b, c.now())
		err := c.broken
		switch {
		case n > 0:
			c.book.inside.Add(int64(-n))
			c.tell()
			err = nil
		case err == nil && c.closed:
			err = net.ErrClosed
		case err == nil && ended:
			err = c.heard
		}
		changed, deadline := c.changed, c.read
		c.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
		if pause != Never {
			if until := time.Now().Add(pause); deadline.IsZero() || until.Before(deadline) {
				wait(changed, until)
				continue
			}
		}
		if !wait(changed, deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// reason is the cut, if that is why the connection below failed.
func (c *Conn) reason(err error) error {
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	return err
}

// enter is for what was read from the socket.
func (c *Conn) enter(b []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed && !c.over { // else nobody will read it
		c.book.inside.Add(int64(c.up.Put(b, c.now())))
	}
	if err != nil {
		c.heard = err
		c.up.Finish(c.now())
	}
	c.tell()
}

// listen fills the wire upwards, as long as there is room.
func (c *Conn) listen() {
	var b [4 << 10]byte
	for {
		c.mu.Lock()
		room := c.up.Size() - c.up.Len()
		if c.closed {
			room = len(b)
		}
		room = c.room(&c.up, min(room, len(b)))
		over, changed := c.over || c.heard != nil, c.changed
		c.mu.Unlock()
		switch {
		case over:
			return
		case room == 0:
			<-changed
		default:
			n, err := c.Conn.Read(b[:room])
			c.enter(b[:n], err)
		}
	}
}

// Close ends the connection for its server. What is inside still comes out, and then the end does.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.over {
		return nil
	}
	c.closed = true
	if !c.pumps.Load() {
		c.shut()
		return nil
	}
	c.down.Finish(c.now())
	if !c.reads && c.heard == nil { // somebody must notice when the other end has left
		c.reads = true
		c.hears.Store(true)
		c.Conn.SetReadDeadline(time.Time{})
		go c.listen()
	}
	c.tell()
	return nil
}

// CloseWrite ends our direction, behind what is inside.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pumps.Load() {
		c.down.Finish(c.now())
		c.tell()
		return nil
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EINVAL
}

// SetDeadline is both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline bounds Read.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = t
	if c.reads {
		c.tell()
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline bounds Write.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written = t
	if c.pumps.Load() {
		c.tell()
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// Keep is the connection's below (see accept); nil where it has none.
func (c *Conn) Keep() (release func()) {
	if k, ok := c.Conn.(interface{ Keep() func() }); ok {
		return k.Keep()
	}
	return nil
}

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
