package meter

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Conn counts what passes through a connection. TLS, if any, goes around it: what it counts is what HTTP wrote, and what
// TLS adds is counted by whoever speaks it, in an Overhead.
type Conn struct {
	net.Conn
	books

	Mark uint64 // for whoever serves the connection, who alone touches it

	early *[]byte // to be read first; it has been counted. nil for nothing
}

// books are a connection's account.
type books struct {
	*Counter // apart: it lives on when a held connection has been taken from its Conn

	taps *Taps // whether to keep what passes; nil for never
	more atomic.Pointer[more]

	// Below: only for the goroutine that serves the connection.
	request           *Exchange // the metered request in hand; nil for pages, files and the like
	startIn, startOut int64     // the counters when the request before it was through
	payer             *Tally    // who used this connection last
	before            *payers   // who did before, on other Totals; nil for most connections
}

// payers are the Totals that have counted a connection. There are as many as techniques, at most.
type payers struct {
	total *Total
	rest  *payers
}

func (p *payers) has(total *Total) bool {
	for ; p != nil; p = p.rest {
		if p.total == total {
			return true
		}
	}
	return false
}

// more is a trace that whoever closes the connection may touch as well.
type more struct {
	mu sync.Mutex
	trace
}

// A Counter is the bytes that have passed through a connection.
type Counter struct {
	in, out atomic.Int64
	tls     *Overhead // nil where there is none
}

// An Overhead is the bytes that TLS has added to a connection so far: all that has passed by the socket, less what was
// inside. A connection that speaks it shows its own by a method Overhead.
type Overhead struct {
	In, Out atomic.Int64

	startIn, startOut int64 // when the request before was through: a Conn's, for the goroutine that serves it
}

// Listener counts on every connection it accepts.
type Listener struct {
	net.Listener
	Taps *Taps // nil if nothing is ever recorded
}

// Accept wraps the next connection in a Conn.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: c, books: books{Counter: &Counter{tls: overheadOf(c)}, taps: l.Taps}}, nil
}

// overheadOf is that of the layer of a connection that has one; nil if none has.
func overheadOf(c net.Conn) *Overhead {
	for ; c != nil; c = below(c) {
		if t, ok := c.(interface{ Overhead() *Overhead }); ok {
			return t.Overhead()
		}
	}
	return nil
}

// below is the connection that one is a layer on; nil where it is none.
func below(c net.Conn) net.Conn {
	if layer, ok := c.(interface{ NetConn() net.Conn }); ok {
		return layer.NetConn()
	}
	return nil
}

// NetConn is the connection that is counted.
func (c *Conn) NetConn() net.Conn { return c.Conn }

func (c *Conn) Read(b []byte) (int, error) {
	if c.early != nil {
		n := copy(b, *c.early)
		if *c.early = (*c.early)[n:]; len(*c.early) == 0 {
			c.early = nil
		}
		c.tap(b[:n], true)
		return n, nil
	}
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	c.tap(b[:n], true)
	return n, err
}

func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	c.tap(b[:n], false)
	return n, err
}

// tap keeps what passes while anybody's exchanges are recorded: whose it is turns out later.
func (c *Conn) tap(b []byte, in bool) {
	if c.taps == nil || c.taps.open.Load() == 0 {
		return
	}
	m := c.tracing()
	if in {
		m.in.add(b)
	} else {
		m.out.add(b)
	}
}

// tracing is the connection's trace, made if there is none.
func (c *books) tracing() *more {
	m := c.more.Load()
	if m == nil {
		m = new(more)
		c.more.Store(m)
	}
	return m
}

// Close asks the kernel for the last time, and closes the connection.
func (c *Conn) Close() error {
	c.Closing(c)
	return c.Conn.Close()
}

// Closing says that the connection is about to be closed, and how the kernel can be asked about it.
func (c *books) Closing(p Probe) {
	if m := c.more.Load(); m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.closing(p)
	}
}

// letGo ends the Conn's part: others work on the connection now.
func (c *Conn) letGo() {
	c.request, c.taps = nil, nil
	c.more.Store(nil)
}

// SyscallConn is the connection's own; an error where it has none.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}

// Bare tells whether the connection is nothing but a descriptor whose bytes are counted.
func (c *Conn) Bare() bool {
	b, ok := c.Conn.(interface{ Bare() bool })
	return !ok || b.Bare()
}

// Yield is the connection's own, for whoever has got its descriptor; true where it has none.
func (c *Conn) Yield() bool {
	t, ok := c.Conn.(interface{ Yield() bool })
	return !ok || t.Yield()
}

// CloseWrite is the connection's own; an error where it has none.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EINVAL
}

// Served is the connection's own; it does nothing where there is none.
func (c *Conn) Served() {
	if s, ok := c.Conn.(interface{ Served() }); ok {
		s.Served()
	}
}

// Keep is the connection's own (see accept); nil where it has none.
func (c *Conn) Keep() (release func()) {
	if k, ok := c.Conn.(interface{ Keep() func() }); ok {
		return k.Keep()
	}
	return nil
}

// Idle says that the connection's request is answered to the last byte, or the connection is closed: what was
// counted since the request before is that request's cost. A server calls it from the goroutine that serves c.
func (c *Conn) Idle() { c.answered(c) }

// answered is Idle, where p knows how to ask the kernel about the connection.
//
// The kernel is not asked for a crowd's requests: with thousands of viewers that would be seen.
func (c *books) answered(p Probe) {
	x := c.request
	c.request = nil
	crowd := x != nil && x.named == nil || x == nil && c.payer != nil && c.payer.Crowd
	if !crowd {
		c.settle(x, p)
	} else if m := c.more.Load(); m != nil {
		m.mu.Lock()
		m.known, m.of, m.in, m.out = false, nil, strip{}, strip{}
		m.mu.Unlock()
	}
	if x != nil {
		x.End()
	}
	c.startIn, c.startOut = c.in.Load(), c.out.Load()
	if t := c.tls; t != nil {
		t.startIn, t.startOut = t.In.Load(), t.Out.Load()
	}
}

// settle puts what the kernel has counted since the last time to the account of x, or of nobody.
func (c *books) settle(x *Exchange, p Probe) {
	m := c.tracing()
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.reading(p)
	if x != nil {
		x.settle(r, ok, &m.trace)
	} else if m.closed {
		if c.tls != nil && m.of != nil {
			m.of.goodbye(c.tls)
		}
		m.left()
	}
	m.of, m.in, m.out = nil, strip{}, strip{}
	if m.last, m.known = r, ok; x != nil {
		m.of = x.tally
	}
}

// settle takes what the connection has kept for the request that is through.
func (x *Exchange) settle(r Reading, ok bool, t *trace) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	if x.named.probe = nil; ok {
		x.named.now, x.named.read = r, true
	}
	if t.in.n > 0 {
		x.named.heard = t.in
	}
	if t.out.n > 0 {
		x.named.said = t.out
	}
}
