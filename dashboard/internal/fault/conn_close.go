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
