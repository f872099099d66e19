package meter

import (
	"net"
	"sync/atomic"
	"syscall"
)

// A Conn counts what passes through a connection. TLS, if any, goes around it: what it counts is what HTTP wrote.
type Conn struct {
	net.Conn
	*Counter        // apart: it lives on when a held connection has been taken from its Conn
	early    []byte // to be read first; it has been counted

	Mark uint64 // for whoever serves the connection, who alone touches it

	// Below: only for the goroutine that serves the connection.
	request           *Exchange // the metered request in hand; nil for pages, files and the like
	startIn, startOut int64     // the counters when the request before it was through
	payer             *Tally    // who used this connection last
}

// A Counter is the bytes that have passed through a connection.
type Counter struct{ in, out atomic.Int64 }

// Listener counts on every connection it accepts.
type Listener struct{ net.Listener }

// Accept wraps the next connection in a Conn.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: c, Counter: new(Counter)}, nil
}

func (c *Conn) Read(b []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(b, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	return n, err
}

func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	return n, err
}

// Taken is the account of a connection that is taken from its Conn in the middle of a request: what has been counted so
// far, and whose it is. The Conn accounts for nothing from then on.
func (c *Conn) Taken() *Conn {
	taken := &Conn{Counter: c.Counter, Mark: c.Mark, request: c.request, startIn: c.startIn, startOut: c.startOut, payer: c.payer}
	c.request = nil
	return taken
}

// Returned is a Conn for a connection that was Taken. early bytes have been read from it, and counted, since the last
// request: they will be read first.
func (c *Conn) Returned(conn net.Conn, early []byte) *Conn {
	c.Conn, c.early = conn, early
	return c
}

// Count adds to what has passed through a connection that was Taken.
func (c *Conn) Count(in, out int) {
	c.in.Add(int64(in))
	c.out.Add(int64(out))
}

// SyscallConn is the connection's own; an error where it has none.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}

// CloseWrite is the connection's own; an error where it has none.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EINVAL
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
func (c *Conn) Idle() {
	if c.request != nil {
		c.request.End()
		c.request = nil
	}
	c.startIn, c.startOut = c.in.Load(), c.out.Load()
}
