package fanout

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// These tests hold both ways of holding a line to one contract, over real sockets.

// Everybody gets every message, once and in order, whenever it came.
func TestEverybodyGetsEverything(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(200)
		const viewers, messages = 600, 40
		var reading sync.WaitGroup
		for range viewers {
			if rand.IntN(viewers/messages) == 0 && s.hub.Stats().Published < messages {
				publish(s.hub, 1)
			}
			v := s.join(form, nil)
			reading.Go(func() {
				if v.line() != "head" || v.line() != "open" {
					t.Error("no head and opening")
				}
				if err := v.messages(1, messages); err != nil {
					t.Error(err)
				}
				if got := v.line(); got != "bye" {
					t.Errorf("got %q, want the farewell", got)
				}
				if b, err := io.ReadAll(v.read); len(b) > 0 || err != nil {
					t.Errorf("after the farewell: %q, %v", b, err)
				}
				v.ends(Closed)
			})
		}
		for s.hub.Stats().Published < messages {
			publish(s.hub, 1)
		}
		if err := s.end(); err != nil {
			t.Error(err)
		}
		reading.Wait()
	})
}

// One that trickles and one that never reads, beside many that read: those miss nothing and wait for nobody, memory is
// bounded, and the slow are cut as such.
func TestSlowBesideQuick(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{WriteTimeout: 2 * time.Second})
		form := lines(4000)
		deaf, trickle := s.join(form, nil), s.join(form, nil)
		for _, v := range []*viewer{deaf, trickle} {
			v.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		stop := make(chan struct{})
		var reading sync.WaitGroup
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
					trickle.Conn.Read(make([]byte, 1))
				}
			}
		})
		const quick, messages, batch = 50, 400, 20
		var got atomic.Int64
		for range quick {
			v := s.join(form, nil)
			reading.Go(func() {
				v.expect("head", "open")
				for n := range messages {
					if err := v.messages(n+1, n+1); err != nil {
						t.Error(err)
						return
					}
					got.Add(1)
				}
			})
		}
		before := inUse()
		worst := time.Duration(0)
		for n := 0; n < messages; n += batch {
			began := time.Now()
			publish(s.hub, batch)
			for got.Load() < int64(quick*(n+batch)) && time.Since(began) < 10*time.Second {
				time.Sleep(time.Millisecond)
			}
			worst = max(worst, time.Since(began))
		}
		if grown := inUse() - before; grown > 8<<20 {
			t.Errorf("the heap has grown by %d KB", grown>>10)
		}
		if worst > 1500*time.Millisecond { // of a busy machine's; who waits for the slow waits for two seconds
			t.Errorf("a batch took %v to get to the quick", worst)
		}
		deaf.ends(Slow)
		trickle.ends(Slow)
		close(stop)
		reading.Wait()
	})
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A viewer that is slow but takes something all the time is not cut, however long one frame takes.
func TestLongFrame(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{WriteTimeout: 600 * time.Millisecond})
		const size = 2 << 20
		v := s.join(lines(size), nil)
		v.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		publish(s.hub, 1)
		began := time.Now()
		b := make([]byte, size/20)
		for n := 0; n < size; {
			k, err := io.ReadFull(v.Conn, b[:min(len(b), size-n)])
			if n += k; err != nil {
				t.Fatalf("cut after %v and %d bytes: %v", time.Since(began), n, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		v.Conn.Close()
		v.ends(Left)
	})
}

// Whoever leaves is noticed at once, however it leaves, and though nothing is written.
func TestLeaving(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		for name, leave := range map[string]func(*net.TCPConn){
			"fin":        func(c *net.TCPConn) { c.Close() },
			"rst":        func(c *net.TCPConn) { c.SetLinger(0); c.Close() },
			"half-close": func(c *net.TCPConn) { c.CloseWrite() },
			"said-more":  func(c *net.TCPConn) { io.WriteString(c, strings.Repeat("n", 5000)); c.Close() },
		} {
			t.Run(name, func(t *testing.T) {
				for _, ear := range []Ear{nil, echoLines{}} {
					v := s.join(lines(1), ear)
					v.expect("head", "open")
					leave(v.Conn.(*net.TCPConn))
					v.ends(Left)
				}
			})
		}
	})
}

// What a viewer says is answered; its goodbye ends the line, and so does what it may not say.
func TestHearing(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		publish(s.hub, 1)
		for name, want := range map[string]Reason{"q": Left, "x": Broke} {
			v := s.join(lines(1), echoLines{})
			v.expect("head", "open", "m1 x")
			io.WriteString(v, "1")
			v.expect("a1")
			io.WriteString(v, "2"+name)
			v.expect("a2", "a"+name, "EOF")
			v.Close()
			v.ends(want)
			if got := v.tally.Figures().Bytes.In.Total; got != 3 {
				t.Errorf("%d bytes came in, want 3", got)
			}
		}
		noisy := s.join(lines(1), nil)
		io.WriteString(noisy, strings.Repeat("n", mostNoise+1))
		noisy.ends(Broke)
		// Goodbye and the end of the connection at once: there is nobody to answer, and no fault.
		hasty := s.join(lines(1), echoLines{})
		hasty.expect("head", "open", "m1 x")
		io.WriteString(hasty, "q")
		hasty.Conn.(*net.TCPConn).CloseWrite()
		hasty.expect("aq", "EOF")
		hasty.ends(Left)
	})
}

// taken is a connection as a server hands it over: what it had read already is in its buffer.
type taken struct {
	net.Conn
	early io.Reader
}

func (c *taken) UnsafeConn() net.Conn { return c.Conn }

func (c *taken) Read(b []byte) (int, error) {
	if n, err := c.early.Read(b); n > 0 {
		return n, err
	}
	return c.Conn.Read(b)
}

// Bytes that were sent behind the request and read with it are heard first.
func TestEarlyBytes(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		theirs, ours := s.connect()
		defer theirs.Close()
		io.WriteString(theirs, "late")
		v := s.hold(theirs, &taken{ours, strings.NewReader("early")}, lines(1), echoLines{}, way)
		v.expect("head", "open", "ae", "aa", "ar", "al", "ay", "al", "aa", "at", "ae")

		theirs, ours = s.connect()
		defer theirs.Close()
		v = s.hold(theirs, &taken{ours, strings.NewReader(strings.Repeat("n", mostNoise+1))}, lines(1), nil, way)
		v.ends(Broke)
	})
}

// A panic is the end of the line it happened in, whoever's it is, and is logged with the technique.
func TestPanic(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		for _, where := range []string{"ear", "opening", "message", "farewell"} {
			t.Run(where, func(t *testing.T) {
				s := open(t, way, Config{})
				form := lines(1)
				healthy := s.join(form, echoLines{})
				healthy.expect("head", "open")
				sick := lines(1)
				sick.Technique = "sick"
				boom := func([]byte) []byte { panic("boom") }
				switch where {
				case "opening":
					sick.Opening = boom
				case "message":
					sick.Message = func(b []byte, _ *hub.Message) []byte { return boom(b) }
				case "farewell":
					sick.Farewell = boom
				}
				v := s.join(sick, echoLines{})
				io.WriteString(v, "1") // a message comes while somebody speaks
				switch where {
				case "ear":
					io.WriteString(v, "p")
				case "message":
					publish(s.hub, 1)
					healthy.expect("m1 x")
				case "farewell":
					s.hub.Close()
					healthy.expect("bye")
				}
				v.ends(Fault)
				v.discard()
				if where != "farewell" {
					io.WriteString(healthy, "y")
					healthy.expect("ay")
				}
				if log := s.log.String(); !strings.Contains(log, "technique=") || !strings.Contains(log, "panic=") || strings.Count(log, "panic=") != 1 {
					t.Errorf("the log says %q", log)
				}
			})
		}
	})
}

// Close tells everybody, and leaves no goroutine and no descriptor.
func TestCloseTellsAll(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(10)
		form.Chunked = true
		goroutines := runtime.NumGoroutine()
		viewers := make([]*viewer, 2000)
		for i := range viewers {
			viewers[i] = s.join(form, nil)
		}
		if way == ByEpoll && runtime.NumGoroutine() > goroutines+2*runtime.GOMAXPROCS(0)+2 {
			t.Errorf("%d goroutines hold %d lines", runtime.NumGoroutine()-goroutines, len(viewers))
		}
		publish(s.hub, 1)
		began := time.Now()
		if err := s.end(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the end took %v", took)
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
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		v := s.join(lines(1<<20), nil)
		v.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		publish(s.hub, 20)
		eventually(t, "the connection is full", func() bool { return v.tally.Figures().Bytes.Out.Total > 0 })
		s.hub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := s.Close(ctx); err == nil || time.Since(began) > 2*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		v.ends(Closed)
	})
}

// Many leave in the middle of every round, many join: nobody who stays is passed over.
func TestNobodyIsPassedOver(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(50)
		const staying, leaving, messages = 700, 700, 20
		var stay, leave []*viewer
		for i := range staying + leaving {
			v := s.join(form, nil)
			if i%2 == 0 {
				stay = append(stay, v)
			} else {
				leave = append(leave, v)
			}
		}
		var churn sync.WaitGroup
		for n := range messages {
			some := leave[n*len(leave)/messages : (n+1)*len(leave)/messages]
			churn.Go(func() {
				for _, v := range some {
					v.Close()
				}
			})
			churn.Go(func() {
				for range 5 {
					s.join(form, nil)
				}
			})
			publish(s.hub, 1)
			for _, v := range stay {
				if n == 0 {
					v.expect("head", "open")
				}
				if err := v.messages(n+1, n+1); err != nil {
					t.Fatal(err)
				}
			}
			churn.Wait()
		}
	})
}

// Everything at once: viewers come, talk, dawdle and go while messages are published, until Close.
func TestStorm(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
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

// Connections that are no descriptors are held by goroutines.
func TestNoDescriptor(t *testing.T) {
	s := open(t, ByEpoll, Config{})
	publish(s.hub, 1)
	theirs, ours := net.Pipe()
	defer theirs.Close()
	v := s.hold(theirs, ours, lines(1), echoLines{}, ByGoroutine)
	v.expect("head", "open", "m1 x")
	io.WriteString(v, "y")
	v.expect("ay")
	v.Close()
	v.ends(Left)

	server := httptest.NewTLSServer(nil)
	defer server.Close()
	theirs, ours = s.connect()
	defer theirs.Close()
	secret := tls.Server(ours, &tls.Config{Certificates: server.TLS.Certificates})
	client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true})
	shaken := make(chan error)
	go func() { shaken <- secret.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	v = s.hold(client, secret, lines(100_000), echoLines{}, ByGoroutine)
	v.expect("head", "open")
	if err := v.messages(1, 1); err != nil {
		t.Error(err)
	}
	io.WriteString(v, "yq")
	v.expect("ay", "aq", "EOF")
	v.Close()
	v.ends(Left)
}

// Every byte of a line is on its account, once, and the messages are what was published.
func TestWireAccount(t *testing.T) {
	both(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{Heartbeat: 50 * time.Millisecond})
		v := s.join(lines(100), echoLines{})
		publish(s.hub, 20)
		io.WriteString(v, "yy")
		time.Sleep(120 * time.Millisecond) // for a heartbeat
		if err := s.end(); err != nil {
			t.Error(err)
		}
		b, err := io.ReadAll(v.read)
		if err != nil {
			t.Fatal(err)
		}
		v.ends(Closed)
		f, payload := v.tally.Figures(), int64(0)
		for seq := range 20 {
			payload += int64(len(fmt.Sprintf(`{"id":"%s-%d","at":1763638612345,"data":{}}`, s.hub.Epoch(), seq+1)))
		}
		if out := f.Bytes.Out; out.Total != int64(len(b)) || out.Payload != payload || out.Head != int64(len(head)) || f.Messages != 20 || f.Bytes.In.Total != 2 {
			t.Errorf("got %+v; want %d bytes, %d of them messages", f, len(b), payload)
		}
	})
}
