package fanout

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// onePiece is how much is written at a time to a connection that can be written no more once a deadline has passed, as
// TLS: each piece has the time that a byte has elsewhere. It is less than a record of TLS may be, for the slow, and as
// much as most messages are.
const onePiece = 4 << 10

// serve holds a line from its first byte on.
func (f *Fanout) serve(l *line, conn net.Conn, head, early []byte) {
	f.hold(l, conn, func(g *pair) {
		l.Owner.Began(ByGoroutine)
		g.begin(head, early)
	})
}

// hold holds a line in this goroutine, which writes, and one more, which reads, until it ends. begin starts the latter.
func (f *Fanout) hold(l *line, conn net.Conn, begin func(*pair)) {
	g := &pair{conn: conn, pieces: !plain(conn), socket: socketOf(conn), line: l, heard: make(chan struct{}, 1), deaf: make(chan struct{})}
	defer f.holds(g)()
	if served, ok := bare(conn).(interface{ Served() }); ok {
		served.Served()
	}
	kernel := probeOf(conn)
	l.Account.Probe(kernel)
	g.talk(begin)
	conn.SetReadDeadline(time.Unix(1, 0))
	<-g.deaf // it reads into memory that the server takes back
	l.closing(kernel)
	if over, wasted := g.wasCut(); over {
		cut(bare(conn), wasted)
	}
	g.disown()
	bare(conn).Close() // the server's wrapping would close it later, and TLS's goodbye be nobody's
	g.end()
	l.finish()
}

// plain tells connections that are their descriptor, or what a middlebox makes of it.
func plain(conn net.Conn) bool {
	sc, ok := bare(conn).(syscall.Conn)
	if !ok {
		return false
	}
	_, err := sc.SyscallConn()
	return err == nil
}

// cut closes what is at the bottom of a connection, so that no layer takes its time to say goodbye to who does not read:
// TLS has five seconds for it. A middlebox has its own way to end, and nobody waits for that. reset forgets what is under way.
func cut(conn net.Conn, reset bool) {
	if b, ok := conn.(interface{ Bare() bool }); ok && !b.Bare() {
		return
	}
	for {
		layer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			if l, ok := conn.(interface{ SetLinger(int) error }); ok && reset {
				l.SetLinger(0)
			}
			conn.Close()
			return
		}
		conn = layer.NetConn()
	}
}

// bare is the connection that the server has wrapped: the wrapping hides what else it can do.
func bare(conn net.Conn) net.Conn {
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		return hijacked.UnsafeConn()
	}
	return conn
}

// A pair is the two goroutines of a line.
type pair struct {
	conn   net.Conn
	pieces bool       // it is written to in pieces
	mu     sync.Mutex // over line, but not while one of them writes or reads
	line   *line
	heard  chan struct{}   // holds a token when something was said or the viewer has left
	deaf   chan struct{}   // closed when nothing will be heard any more
	over   bool            // it has been cut
	ended  bool            // the line is nobody's to cut any more, and the connection its server's
	socket syscall.RawConn // to look at what is acknowledged; nil where the kernel sees to that
	behind *ack            // nil for nothing under way when it was looked at last
	ticks  int
}

// begin is locked until there is a line: nothing is heard before.
func (g *pair) begin(head, early []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	go g.listen(early)
	g.line.begin(head, g.line.fanout.now())
}

// cut ends a line whatever it is doing.
func (g *pair) cut(reason Reason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return
	}
	if g.over = true; g.line.reason == 0 || reason == Fault {
		g.line.reason = reason
	}
	g.conn.SetDeadline(time.Unix(1, 0))
}

// end is the last that anybody may do to the line but who holds it.
func (g *pair) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
}

// wasCut tells whether the viewer is not to be told, and whether what is under way is for nobody.
func (g *pair) wasCut() (over, wasted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wasted = g.line.wasted()
	return g.over || wasted, wasted
}

// next is the line's, as much as is written at a time, and gives it time to leave.
func (g *pair) next() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return nil, net.ErrClosed
	}
	b, err := g.line.next(g.line.fanout.now())
	if g.pieces {
		b = b[:min(len(b), onePiece)]
	}
	if len(b) > 0 {
		g.conn.SetWriteDeadline(time.Now().Add(g.line.fanout.config.WriteTimeout))
	}
	return b, err
}

// wrote is the line's. An error is the end: to take something, if only a part, is not to be slow.
func (g *pair) wrote(n int, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.line.fanout.now()
	g.line.wrote(n, now)
	g.line.broken(err)
	if g.over || !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	if n > 0 {
		return nil
	}
	g.line.reason = Slow
	g.full(now)
	return err
}

// pass is the line's.
func (g *pair) pass() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.line.fanout.now()
	if g.ticks++; g.ticks%looksApart == 0 {
		if err := g.look(now); err != nil {
			return err
		}
	}
	return g.line.pass(now)
}

// talk writes until the line is done.
func (g *pair) talk(begin func(*pair)) {
	l := g.line
	defer g.recovered()
	begin(g)
	tick := time.NewTicker(l.fanout.tick())
	defer tick.Stop()
	for {
		b, err := g.next()
		if errors.Is(err, errDone) {
			g.linger()
		}
		if err != nil {
			return
		}
		if len(b) > 0 {
			if err := g.wrote(g.conn.Write(b)); err != nil {
				return
			}
		}
		select { // a viewer that left is not written to, however much there is
		case <-g.deaf:
			g.lastWord()
			return
		default:
		}
		if len(b) > 0 {
			continue
		}
		select {
		case <-l.Sub.Ready():
		case <-g.heard:
		case <-g.deaf:
			g.lastWord()
			return
		case <-tick.C:
			if g.pass() != nil {
				return
			}
		}
	}
}

// lastWord answers a viewer that said goodbye, or something else, and closed its half of the connection at once.
func (g *pair) lastWord() {
	g.mu.Lock()
	defer g.mu.Unlock()
	words := g.line.rest
	switch {
	case g.over:
		return
	case g.line.answers != nil:
		words = append(slices.Clip(words), *g.line.answers...) // rest may be a frame of all
	case g.line.stage != finishing:
		return
	}
	g.conn.SetWriteDeadline(time.Now().Add(farewellLinger))
	g.conn.Write(words)
}

// linger ends our half of the connection and waits until the viewer ends its own, or the time for it is over.
func (g *pair) linger() {
	if half, ok := bare(g.conn).(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	g.mu.Lock()
	wait := g.line.beat - g.line.fanout.now()
	g.mu.Unlock()
	select {
	case <-g.deaf:
	case <-time.After(wait):
	}
}

// listen reads until there is nothing more to hear.
func (g *pair) listen(early []byte) {
	defer close(g.deaf)
	defer g.recovered()
	if len(early) > 0 && g.hear(early) != nil {
		return
	}
	var b [1 << 10]byte
	for {
		n, err := g.conn.Read(b[:])
		if n > 0 && g.hear(b[:n]) != nil {
			return
		}
		if err != nil {
			g.mu.Lock()
			g.line.broken(err)
			g.mu.Unlock()
			return
		}
	}
}

func (g *pair) hear(b []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.line.hear(b, g.line.fanout.now())
	select {
	case g.heard <- struct{}{}:
	default:
	}
	return err
}

// recovered keeps a panic inside the line it happened in.
func (g *pair) recovered() {
	if p := recover(); p != nil {
		g.line.fanout.fault(g.line, p)
		g.cut(Fault)
	}
}
