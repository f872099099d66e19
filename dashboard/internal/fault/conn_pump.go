package fault

import (
	"bytes"
	"net"
	"os"
	"syscall"
	"time"
)

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
		case !c.pumps.Load() && !cut: // it has become the connection below, and is empty
			c.mu.Unlock()
			m, err := c.Conn.Write(b[n:])
			return n + m, c.reason(err)
		default:
			if cut { // it is made, though nothing is wrong any more
				c.start()
			}
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
	if body == len(b) {
		return b, false
	}
	if !c.book.hits(e, who) { // it is over, or another connection had it
		c.disarm(e)
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
		c.book.inside.Add(int64(c.up.add(b, c.now())))
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
