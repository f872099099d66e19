package fault

import (
	"net"
	"syscall"
	"time"
)

// end is when the end of the connection has come through: the other end is given time to see it.
func (c *Conn) end() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	var late time.Time
	for {
		c.mu.Lock()
		done := c.over || c.closed && c.heard != nil
		if c.closed && late.IsZero() {
			late = time.Now().Add(lingers)
		}
		changed := c.changed
		c.mu.Unlock()
		if done || !wait(changed, late) {
			break
		}
	}
	c.release()
}

// shut ends the connection for err, and closes what is below: all of it, or the socket alone. mu is not held: TLS says
// goodbye, and takes its time with who does not listen.
func (c *Conn) shut(below net.Conn, err error) {
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return
	}
	c.over = true
	if c.broken == nil {
		c.broken = err
	}
	c.book.inside.Add(-int64(c.down.Len() + c.up.Len()))
	c.down.Cut()
	c.up.Cut()
	c.tell()
	c.mu.Unlock()
	c.book.leave(c)
	below.Close()
}

// release closes the connection below, whatever is inside.
func (c *Conn) release() { c.shut(c.Conn, net.ErrClosed) }

// fail says that the socket is broken.
func (c *Conn) fail(err error) { c.shut(c.Conn, err) }

// Cut resets the connection. No layer says goodbye: what has not left is lost, and the other end gets a reset.
func (c *Conn) Cut() {
	for below := c.Conn; ; {
		switch layer := below.(type) {
		case interface{ SetLinger(int) error }:
			layer.SetLinger(0)
			c.shut(below, syscall.ECONNRESET)
			return
		case interface{ NetConn() net.Conn }:
			below = layer.NetConn()
		default:
			c.fail(syscall.ECONNRESET)
			return
		}
	}
}

// Close ends the connection for its server. What is inside still comes out, and then the end does.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed || c.over {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	if !c.pumps.Load() {
		c.mu.Unlock()
		c.release()
		return nil
	}
	defer c.mu.Unlock()
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
	if c.pumps.Load() {
		defer c.mu.Unlock()
		c.down.Finish(c.now())
		c.tell()
		return nil
	}
	c.mu.Unlock()
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
