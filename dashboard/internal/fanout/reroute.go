package fanout

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// A Through makes of a line's connection one that leads elsewhere first, such as through a middlebox.
type Through func(net.Conn) net.Conn

// Reroute has lines that shards hold go on another way, in the middle of whatever they are saying: through choose's
// answer, held by goroutines from then on. nil leaves a line where it is. A request in hand that is parked is answered
// that way, and then the connection goes Back. choose must not wait, nor call its owner's fan-out.
func (f *Fanout) Reroute(choose func(Owner) Through) {
	f.mu.Lock()
	shards := f.shards
	f.mu.Unlock()
	if shards != nil {
		shards.reroute(choose)
	}
}

// goOn holds a line that has begun elsewhere.
func (f *Fanout) goOn(l *line, conn net.Conn) {
	if l.Form == nil {
		f.answer(l, conn)
		return
	}
	f.hold(l, &counted{conn, l}, func(g *pair) {
		l.Owner.Began(ByGoroutine)
		go g.listen(nil)
	})
}

// answer waits for the answer to the one request that is in a line's hand, says it, and gives the connection back.
func (f *Fanout) answer(l *line, conn net.Conn) {
	if early, back := f.answerOne(l, conn); back {
		l.caller().Back(conn, early) // it is served from here on, for as long as it lives
	}
}

// answerOne is answer; back tells that the connection is to go back, with the early bytes, and that the line has ended.
func (f *Fanout) answerOne(l *line, conn net.Conn) (early []byte, back bool) {
	defer func() {
		if p := recover(); p != nil {
			f.fault(l, p)
			l.reason = Fault
			conn.Close()
			l.finish()
		}
	}()
	a := &answering{conn: conn}
	defer a.end()
	defer f.holds(a)()
	ready := make(chan struct{}, 1)
	defer f.hub.Notify(ready)()
	kernel := probeOf(&counted{conn, l})
	if c := l.caller(); c.Named() {
		c.Parked(kernel)
	}
	heard, hushed := eavesdrop(&counted{conn, l})
	for {
		now := f.now()
		if len(l.rest) == 0 {
			l.ask(now)
		}
		if len(l.rest) > 0 {
			break
		}
		if !f.await(l, now, ready, hushed) { // it left, or is cut
			l.closing(kernel)
			conn.Close()
			<-heard
			a.why(l)
			l.finish()
			return nil, false
		}
	}
	a.patience(f.config.WriteTimeout)
	n, err := (&counted{conn, l}).Write(l.rest)
	l.wrote(n, f.now())
	conn.SetReadDeadline(time.Unix(1, 0)) // for who listens
	early = <-heard
	conn.SetReadDeadline(time.Time{})
	if a, ok := conn.(interface{ Answered() }); ok {
		a.Answered()
	}
	if l.early && l.answers != nil {
		early = append(*l.answers, early...)
	}
	last := l.stage != talking || err != nil
	if last {
		l.closing(kernel)
		conn.Close()
		a.why(l)
	}
	l.finish()
	return early, !last
}

// answering is what Close cuts of a line that waits for its answer, or to have it written.
type answering struct {
	conn   net.Conn
	mu     sync.Mutex
	reason Reason // it has been cut with; 0 for not
	ended  bool   // the connection is somebody else's
}

func (a *answering) cut(reason Reason) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	a.reason = reason
	a.conn.SetDeadline(time.Unix(1, 0))
}

func (a *answering) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// patience is how long the answer may take, unless it has been cut.
func (a *answering) patience(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reason == 0 {
		a.conn.SetWriteDeadline(time.Now().Add(d))
	}
}

// why tells a line that it has been cut, if it has.
func (a *answering) why(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.reason == 0 {
		l.reason = a.reason
	}
}

// await returns when it is time to ask a Caller again, or false when the viewer has left.
func (f *Fanout) await(l *line, now time.Duration, ready, left <-chan struct{}) bool {
	var due <-chan time.Time
	if at, _ := l.caller().Due(); at > 0 {
		timer := time.NewTimer(at - now)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ready:
	case <-due:
	case <-left:
		return false
	}
	return true
}

// eavesdrop reads until that fails: then left is closed, and early has what came. Of bytes that nobody may say now, so
// many are read that it can be.
func eavesdrop(conn net.Conn) (early <-chan []byte, left <-chan struct{}) {
	said, gone := make(chan []byte, 1), make(chan struct{})
	go func() {
		defer close(gone)
		var all []byte
		var b [512]byte
		for len(all) <= mostAsked {
			n, err := conn.Read(b[:])
			if all = append(all, b[:n]...); err != nil {
				break
			}
		}
		said <- all
	}()
	return said, gone
}

// counted is a connection whose bytes are put on a line's account.
type counted struct {
	net.Conn
	line *line
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.line.count(n, 0)
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.line.count(0, n)
	return n, err
}

// Bare tells whether the connection is nothing but a descriptor.
func (c *counted) Bare() bool {
	b, ok := c.Conn.(interface{ Bare() bool })
	return !ok || b.Bare()
}

// NetConn is the connection that is counted.
func (c *counted) NetConn() net.Conn { return c.Conn }

// CloseWrite is the connection's own, where it has one.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SyscallConn is the connection's own; an error where it has none.
func (c *counted) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}
