package fanout

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// serve holds a line in this goroutine, which writes, and one more, which reads, until it ends.
func (f *Fanout) serve(l *line, conn net.Conn, head, early []byte) {
	g := &pair{conn: conn, line: l, heard: make(chan struct{}, 1), deaf: make(chan struct{})}
	f.mu.Lock()
	f.pairs[g] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.pairs, g)
	}()
	l.Owner.Began(ByGoroutine)
	l.begin(head, f.now())
	go g.listen(early)
	g.talk()
	conn.SetReadDeadline(time.Unix(1, 0))
	<-g.deaf // it reads into memory that the server takes back
	conn.Close()
	l.finish()
}

// A pair is the two goroutines of a line.
type pair struct {
	conn  net.Conn
	mu    sync.Mutex // over line, but not while one of them writes or reads
	line  *line
	heard chan struct{} // holds a token when something was said or the viewer has left
	deaf  chan struct{} // closed when nothing will be heard any more
}

// talk writes until the line is done.
func (g *pair) talk() {
	l := g.line
	defer g.recovered()
	tick := time.NewTicker(l.fanout.tick())
	defer tick.Stop()
	for {
		g.mu.Lock()
		b, err := l.next(l.fanout.now())
		g.mu.Unlock()
		if err != nil {
			g.linger()
			return
		}
		if len(b) > 0 {
			g.conn.SetWriteDeadline(time.Now().Add(l.fanout.config.WriteTimeout))
			n, err := g.conn.Write(b)
			g.mu.Lock()
			l.wrote(n, l.fanout.now())
			if err != nil && l.reason == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				l.reason = Slow
			}
			g.mu.Unlock()
			if err != nil {
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
			g.mu.Lock()
			err := l.pass(l.fanout.now())
			g.mu.Unlock()
			if err != nil {
				return
			}
		}
	}
}

// lastWord answers a viewer that said goodbye and closed its half of the connection at once.
func (g *pair) lastWord() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.line.stage == finishing {
		g.conn.SetWriteDeadline(time.Now().Add(farewellLinger))
		g.conn.Write(g.line.rest)
	}
}

// linger ends our half of the connection and waits until the viewer ends its own, or the time for it is over.
func (g *pair) linger() {
	if half, ok := g.conn.(interface{ CloseWrite() error }); ok {
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
		if n > 0 && g.hear(b[:n]) != nil || err != nil {
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
		g.conn.SetDeadline(time.Unix(1, 0))
	}
}
