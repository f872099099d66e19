package fanout

import (
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// These tests hold all ways of holding a line to one contract, over real sockets.

// Everybody gets every message, once and in order, whenever it came.
func TestEverybodyGetsEverything(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(200)
		viewers, messages := 600, 40
		if testing.Short() {
			viewers, messages = 120, 20
		}
		var reading sync.WaitGroup
		for range viewers {
			if rand.IntN(viewers/messages) == 0 && s.hub.Stats().Published < uint64(messages) {
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
		for s.hub.Stats().Published < uint64(messages) {
			publish(s.hub, 1)
		}
		if err := s.end(); err != nil {
			t.Error(err)
		}
		reading.Wait()
	})
}

// Whoever leaves is noticed at once, however it leaves, and though nothing is written.
func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
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
	each(t, func(t *testing.T, way Way) {
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
		// Goodbye, or a question, and the end of the connection at once: it is answered, and no fault.
		for i := range 50 {
			word := []string{"q", "1"}[i%2]
			hasty := s.join(lines(1), echoLines{})
			hasty.expect("head", "open", "m1 x")
			io.WriteString(hasty, word)
			hasty.Conn.(*net.TCPConn).CloseWrite()
			hasty.expect("a"+word, "EOF")
			hasty.ends(Left)
		}
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

// The viewer sees the end at once, whatever the connection is wrapped in, and not when lingering is over.
func TestEndIsSeen(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{linger: time.Hour}) // longer than a viewer reads
		theirs, ours := s.connect()
		v := s.hold(theirs, &taken{ours, strings.NewReader("")}, lines(1), echoLines{}, way)
		v.expect("head", "open")
		io.WriteString(v, "q")
		v.expect("aq", "EOF")
		v.Close()
		v.ends(Left)
	})
}

// Who has had the last word and goes on is not listened to for as long as it likes.
func TestFloodBehindTheEnd(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{linger: time.Hour})
		v := s.join(lines(1), echoLines{})
		v.expect("head", "open")
		io.WriteString(v, "x")
		v.expect("ax", "EOF")
		flood := make([]byte, 1<<20)
		for said := 0; ; said += len(flood) {
			if _, err := v.Write(flood); err != nil {
				break
			}
			if said > 4*mostForgotten {
				t.Fatalf("%d bytes were taken", said)
			}
		}
		v.ends(Broke)
	})
}

// Bytes that were sent behind the request and read with it are heard first.
func TestEarlyBytes(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
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
	each(t, func(t *testing.T, way Way) {
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

// Many leave in the middle of every round, many join: nobody who stays is passed over.
func TestNobodyIsPassedOver(t *testing.T) {
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		form := lines(50)
		const staying, leaving = 300, 300 // a shard writes to 256 at a time, the first time to one less
		messages := 20
		if testing.Short() {
			messages = 5
		}
		var stay, leave []*viewer
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // there are as many shards
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

// Connections that are no descriptors are held by goroutines.
func TestNoDescriptor(t *testing.T) {
	s := open(t, ByRing, Config{})
	publish(s.hub, 1)
	theirs, ours := net.Pipe()
	defer theirs.Close()
	v := s.hold(theirs, ours, lines(1), echoLines{}, ByGoroutine)
	v.expect("head", "open", "m1 x")
	io.WriteString(v, "y")
	v.expect("ay")
	v.Close()
	v.ends(Left)

	v = s.joinTLS(lines(100_000), echoLines{}, nil)
	v.expect("head", "open")
	if err := v.messages(1, 1); err != nil {
		t.Error(err)
	}
	io.WriteString(v, "yq")
	v.expect("ay", "aq", "EOF")
	v.Close()
	v.ends(Left)
}

// joinTLS is join over TLS; on is what speaks it on our side of the connection, if it is not the connection itself.
func (s *site) joinTLS(form *Form, ear Ear, on func(net.Conn) net.Conn) *viewer {
	s.t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	theirs, ours := s.connect()
	s.t.Cleanup(func() { theirs.Close() })
	if on != nil {
		ours = on(ours)
	}
	secret := tls.Server(ours, &tls.Config{Certificates: server.TLS.Certificates})
	client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true})
	shaken := make(chan error, 1)
	go func() { shaken <- secret.Handshake() }()
	if err := client.Handshake(); err != nil {
		s.t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		s.t.Fatal(err)
	}
	return s.hold(client, secret, form, ear, ByGoroutine)
}

// Every byte of a line is on its account, once, and the messages are what was published.
func TestWireAccount(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for heartbeats")
	}
	each(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{Heartbeat: 50 * time.Millisecond})
		v := s.join(lines(100), echoLines{})
		publish(s.hub, 20)
		io.WriteString(v, "yy")
		var b []byte
		for !strings.HasSuffix(string(b), "\nbeat\n") {
			line, err := v.read.ReadString('\n')
			if err != nil {
				t.Fatalf("no heartbeat in %q, %v", b, err)
			}
			b = append(b, line...)
		}
		if err := s.end(); err != nil {
			t.Error(err)
		}
		rest, err := io.ReadAll(v.read)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, rest...)
		v.ends(Closed)
		f, payload := v.tally.Figures(), int64(0)
		for seq := range 20 {
			payload += int64(len(fmt.Sprintf("m%d ", seq+1)) + 100)
		}
		if out := f.Bytes.Out; out.Total != int64(len(b)) || out.Payload != payload || out.Head != int64(len(head)) || f.Messages != 20 || f.Bytes.In.Total != 2 {
			t.Errorf("got %+v; want %d bytes, %d of them messages", f, len(b), payload)
		}
	})
}
