package fanout

import (
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Close tells everybody, and leaves no goroutine and no descriptor.
func TestCloseTellsAll(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(10)
		form.Chunked = true
		goroutines := runtime.NumGoroutine()
		viewers := make([]*viewer, 600)
		if testing.Short() {
			viewers = viewers[:100]
		}
		for i := range viewers {
			viewers[i] = s.join(form, nil)
		}
		if way != ByGoroutine { // those that have handed a line over are about to end
			eventually(t, "the lines are held by a few goroutines", func() bool { return runtime.NumGoroutine() <= goroutines+2*runtime.GOMAXPROCS(0)+2 })
		}
		publish(s.hub, 1)
		if err := s.end(); err != nil {
			t.Error(err)
		}
		for _, v := range viewers {
			v.ends(Closed)
			b, err := io.ReadAll(v.read)
			if want := "head\n5\r\nopen\n\r\ne\r\nm1 xxxxxxxxxx\n\r\n4\r\nbye\n\r\n0\r\n\r\n"; string(b) != want || err != nil {
				t.Fatalf("got %q, %v", b, err)
			}
			v.Close()
		}
		eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
		theirs, ours := s.connectLate()
		defer theirs.Close()
		late := &viewer{t: t, began: make(chan Way, 1), done: make(chan Reason, 1)}
		account := new(meter.Tally).Begin(ours)
		s.Hold(ours, nil, Line{Form: form, Sub: s.hub.Subscribe(hub.Cursor{}, 0), Account: account, Owner: late})
		late.ends(Closed)
	})
}

// Close waits for nobody to close its half of the connection for longer than it takes to read the last word.
func TestCloseIsQuick(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{linger: time.Hour}) // longer than the end may take
		v := s.join(lines(1), nil)
		v.expect("head", "open")
		if err := s.end(); err != nil {
			t.Error(err)
		}
		v.expect("bye", "EOF")
		v.ends(Closed)
	})
}

// connectLate is a connection for somebody who comes when all is over.
func (s *site) connectLate() (theirs, ours net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer ln.Close()
	s.ln = ln
	theirs, err = net.Dial("tcp", ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	if ours, err = ln.Accept(); err != nil {
		s.t.Fatal(err)
	}
	return theirs, ours
}

// Close does not wait for ever: when its time is over who has not been told is cut.
func TestCloseCutsTheRest(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{WriteTimeout: time.Hour}) // longer than Close may take
		v := s.join(lines(1<<20), nil)
		v.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		publish(s.hub, 20)
		eventually(t, "the connection is full", func() bool { return v.tally.Figures().Bytes.Out.Total > 0 })
		s.hub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := s.Close(ctx); err == nil {
			t.Error("all were told, they say")
		}
		v.ends(Closed)
	})
}

// touched is a connection that counts the limits it is given.
type touched struct {
	net.Conn
	n atomic.Int64
}

func (c *touched) SetDeadline(t time.Time) error {
	c.n.Add(1)
	return c.Conn.SetDeadline(t)
}

// Close lists whom it has to cut, and cuts them one by one: a line may end meanwhile, and then its connection is its server's,
// who may have given its memory to another.
func TestCutBehindTheEnd(t *testing.T) {
	s := open(t, ByGoroutine, Config{})
	theirs, ours := s.connect()
	t.Cleanup(func() { theirs.Close() })
	c := &touched{Conn: ours}
	v := s.hold(theirs, c, lines(1), nil, ByGoroutine)
	v.expect("head", "open")
	s.mu.Lock()
	listed := slices.Collect(maps.Keys(s.apart))
	s.mu.Unlock()
	v.Close()
	v.ends(Left)
	for _, l := range listed {
		l.cut(Closed)
	}
	if n := c.n.Load(); len(listed) != 1 || n != 0 {
		t.Errorf("%d lines were listed, and a connection whose line has ended is given %d limits", len(listed), n)
	}
}

// Everything at once: viewers come, talk, dawdle and go while messages are published, until Close.
func TestStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	each(t, func(t *testing.T, way Way) {
		t.Parallel()
		s := open(t, way, Config{Heartbeat: 20 * time.Millisecond, WriteTimeout: 300 * time.Millisecond})
		forms := []*Form{lines(10), lines(3000), lines(100)}
		forms[2].Chunked = true
		accepted := make(chan net.Conn)
		go func() {
			defer close(accepted)
			for {
				c, err := s.ln.Accept()
				if err != nil {
					return
				}
				accepted <- c
			}
		}()
		var began, done, holding atomic.Int64
		var all sync.WaitGroup
		all.Go(func() {
			for c := range accepted {
				n := rand.IntN(len(forms))
				line := Line{Form: forms[n], Sub: s.hub.Subscribe(hub.Cursor{}, 0), Account: new(meter.Tally).Begin(c), Owner: counter{&began, &done}}
				if n == 0 {
					line.Ear = echoLines{}
				}
				holding.Add(1)
				all.Go(func() {
					s.Hold(c, []byte(head), line)
					c.Close()
				})
			}
		})
		stop := make(chan struct{})
		var viewers sync.WaitGroup
		for range 40 {
			viewers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					c, err := net.Dial("tcp", s.ln.Addr().String())
					if err != nil {
						return
					}
					c.SetDeadline(time.Now().Add(time.Duration(rand.IntN(60)) * time.Millisecond))
					switch rand.IntN(4) {
					case 0:
						io.WriteString(c, "yyy")
						io.Copy(io.Discard, c)
					case 1:
						io.WriteString(c, [...]string{"q", "x", "yyyp"}[rand.IntN(3)])
						io.Copy(io.Discard, c)
					case 2:
						c.(*net.TCPConn).SetLinger(0)
						time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
					default:
						io.Copy(io.Discard, c)
					}
					c.Close()
				}
			})
		}
		until := time.Now().Add(1500 * time.Millisecond)
		for time.Now().Before(until) {
			publish(s.hub, 1+rand.IntN(3))
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		}
		// Close comes in the middle of it all.
		s.hub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Close(ctx) // those who keep coming may use all of its time
		close(stop)
		viewers.Wait()
		s.ln.Close()
		all.Wait()
		eventually(t, "all have ended", func() bool { return done.Load() == holding.Load() })
		if began.Load() > holding.Load() || began.Load() == 0 {
			t.Errorf("%d began, %d were held", began.Load(), holding.Load())
		}
		for _, f := range forms {
			if f.lines != 0 {
				t.Errorf("a form has %d lines", f.lines)
			}
		}
	})
}

// counter is an Owner that counts.
type counter struct{ began, done *atomic.Int64 }

func (c counter) Began(Way)   { c.began.Add(1) }
func (c counter) Done(Reason) { c.done.Add(1) }
