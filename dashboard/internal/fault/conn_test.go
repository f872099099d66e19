package fault

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A rig is a server's connection and its viewer's end, on a clock that is made up.
type rig struct {
	t    *testing.T
	book *Book
	conn *Conn
	far  net.Conn
}

// scene runs a test in a bubble.
func scene(t *testing.T, test func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, book: Open(nil)}
		r.connect()
		test(r)
		r.book.Close()
		synctest.Wait()
		if n := r.book.inside.Load(); n < 0 {
			t.Errorf("%d bytes are inside", n)
		}
		r.conn.Close()
		r.far.Close()
		r.book.Release()
		synctest.Wait()
		if n, left := r.book.inside.Load(), len(r.book.all()); n != 0 || left != 0 {
			t.Errorf("%d bytes and %d connections are left", n, left)
		}
	})
}

func (r *rig) connect() {
	near, far := net.Pipe()
	r.conn, r.far = r.book.Wrap(near), far
}

func (r *rig) set(scope Scope, text string) {
	r.t.Helper()
	if _, err := r.book.Set(scope, parsed(r.t, text), 0); err != nil {
		r.t.Fatal(err)
	}
}

// write writes and tells how long that took.
func (r *rig) write(text string) time.Duration {
	r.t.Helper()
	start := time.Now()
	if n, err := r.conn.Write([]byte(text)); n != len(text) || err != nil {
		r.t.Errorf("write: got %d, %v", n, err)
	}
	return time.Since(start)
}

// reads wants a text to come, and tells when it had.
func reads(t *testing.T, from io.Reader, want string) time.Duration {
	t.Helper()
	start := time.Now()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(from, b); string(b) != want || err != nil {
		t.Errorf("got %q, %v, want %q", b[:n], err, want)
	}
	return time.Since(start)
}

func took(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if got != want {
		t.Errorf("%s: took %v, want %v", what, got, want)
	}
}

func TestNothingIsWrong(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Hold("me", "sse")
		go r.write("down")
		reads(r.t, r.far, "down")
		go io.WriteString(r.far, "up")
		reads(r.t, r.conn, "up")
		if !r.conn.Bare() {
			r.t.Error("it is not bare")
		}
	})
}

// Whose descriptor somebody has got is not cut with it, nor taken for cut: that one's owner is to ask the book. Who is to be
// cut is not taken.
func TestTaken(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Hold("me", "sse")
		if !r.conn.Yield() {
			r.t.Error("it does not yield")
		}
		r.set(Scope{}, `{"cut":"once"}`)
		go r.write("down")
		reads(r.t, r.far, "down")
		near, far := net.Pipe()
		defer far.Close()
		other := r.book.Wrap(near)
		other.Adopt("me", "sse", true)
		if _, err := other.Write([]byte("down")); !errors.Is(err, syscall.ECONNRESET) {
			r.t.Errorf("got %v, want a reset", err)
		}
		if other.Yield() {
			r.t.Error("what has been cut is yielded")
		}
	})
}

func TestDelayBothWays(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"delay":"300ms"}`)
		r.conn.Hold("me", "websocket")
		if r.conn.Bare() {
			r.t.Error("it is bare")
		}
		took(r.t, "write", r.write("down"), 0)
		took(r.t, "down", reads(r.t, r.far, "down"), 300*ms)
		go func() {
			io.WriteString(r.far, "u")
			time.Sleep(100 * ms)
			io.WriteString(r.far, "p")
		}()
		took(r.t, "up", reads(r.t, r.conn, "up"), 400*ms)
		r.write("last")
		r.book.ClearAll()
		took(r.t, "healed", reads(r.t, r.far, "last"), 0)
		synctest.Wait()
		if n := r.book.Inside(Scope{}); n != (Inside{}) {
			r.t.Errorf("healed: %+v", n)
		}
		go io.WriteString(r.far, "on")
		took(r.t, "up, healed", reads(r.t, r.conn, "on"), 0)
	})
}

// A fault that begins in the middle of a wait for bytes concerns those bytes.
func TestDelayBeginsWhileReading(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Hold("me", "websocket")
		done := make(chan time.Duration)
		go func() { done <- reads(r.t, r.conn, "up") }()
		synctest.Wait()
		r.set(Scope{Viewer: "me"}, `{"delay":"1s"}`)
		io.WriteString(r.far, "up")
		took(r.t, "up", <-done, time.Second)
	})
}

// What has come in while a delay was there comes out when it is over, and so does what follows, though there is less room
// then than is taken.
func TestDelayEndsWithMuchInside(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"delay":"10s"}`)
		r.conn.Hold("me", "websocket")
		r.conn.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := r.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Errorf("got %v, want a deadline", err)
		}
		text := strings.Repeat("0123456789", usualSize/5)
		io.WriteString(r.far, text)
		synctest.Wait()
		if n := r.book.Inside(Scope{}).Up; n != len(text) {
			r.t.Errorf("%d bytes are inside, want %d", n, len(text))
		}
		r.book.ClearAll()
		go io.WriteString(r.far, text)
		synctest.Wait()
		r.conn.SetReadDeadline(time.Now().Add(time.Second))
		reads(r.t, r.conn, text+text)
	})
}

// The server is held up when the middlebox is full, and by its own deadline it is told so.
func TestBackPressure(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"throttle":1000}`)
		r.conn.Bind("me", "sse")
		go io.Copy(io.Discard, r.far)
		text := strings.Repeat("x", 5048)
		// 100 leave at once, 2048 fit in: the rest goes in as others leave.
		if got := r.write(text); got < 2700*ms || got > 3000*ms {
			r.t.Errorf("took %v, want 2.9 s", got)
		}
		r.conn.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := r.conn.Write([]byte(text))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n < 900 || n > 1100 {
			r.t.Errorf("got %d, %v, want 1000 and a deadline", n, err)
		}
		r.conn.SetWriteDeadline(time.Time{})
	})
}

func TestMuteAndStall(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{Technique: "sse"}, `{"stall":"10s"}`)
		r.conn.Hold("me", "sse")
		r.write("late")
		took(r.t, "stalled", reads(r.t, r.far, "late"), 10*time.Second)
		synctest.Wait()
		if len(r.book.List()) != 0 {
			r.t.Error("a stall that is over is in force")
		}
		r.set(Scope{Technique: "sse"}, `{"mute":true}`)
		r.write("never")
		r.far.SetReadDeadline(time.Now().Add(4 * time.Minute))
		if n, err := r.far.Read(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Errorf("mute: got %d, %v", n, err)
		}
		r.far.SetReadDeadline(time.Time{})
		took(r.t, "it heals by itself", reads(r.t, r.far, "never"), time.Minute)
	})
}

// What the server has closed ends for the viewer behind the last byte.
func TestCloseIsBehindTheBytes(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"delay":"1s"}`)
		r.conn.Bind("me", "polling")
		r.write("bye")
		r.conn.Close()
		took(r.t, "the bytes", reads(r.t, r.far, "bye"), time.Second)
		if _, err := r.far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			r.t.Errorf("got %v, want the end", err)
		}
		if _, err := r.conn.Write([]byte("x")); err == nil {
			r.t.Error("what is closed was written to")
		}
	})
}

// Through a mute middlebox neither end hears of the other's.
func TestMuteHidesTheEnd(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"mute":true}`)
		r.conn.Hold("me", "sse")
		r.write("lost")
		r.far.Close()
		r.conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := r.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Errorf("got %v, want a deadline", err)
		}
		r.conn.Close() // and with both ends gone, nothing stays
		synctest.Wait()
		if n := len(r.book.all()); n != 0 {
			r.t.Errorf("%d connections are left", n)
		}
	})
}

func TestCutOnce(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Hold("me", "sse")
		first := r.conn
		time.Sleep(time.Second)
		r.set(Scope{}, `{"cut":"once"}`)
		if _, err := first.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			r.t.Errorf("got %v, want a reset", err)
		}
		r.far.Close()
		r.connect()
		r.conn.Hold("me", "sse") // it was cut, and is not again
		go r.write("whole")
		reads(r.t, r.far, "whole")
		// Others have not been, and are with the first thing they are told.
		near, far := net.Pipe()
		other := r.book.Wrap(near)
		other.Hold("you", "websocket")
		go other.Write([]byte("123456"))
		reads(r.t, far, "123")
		if _, err := far.Read(make([]byte, 1)); err == nil {
			r.t.Error("the other half came")
		}
	})
}

// An answer is cut in its body: what has none lives.
func TestCutInTheMiddle(t *testing.T) {
	scene(t, func(r *rig) {
		const head = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"
		r.set(Scope{Viewer: "me"}, `{"cut":"1s"}`)
		for n := range 3 {
			time.Sleep(1100 * ms)
			r.conn.Bind("me", "polling")
			r.conn.Answered() // to something else
			r.conn.Bind("me", "polling")
			go r.write("HTTP/1.1 204 No Content\r\n\r\n")
			reads(r.t, r.far, "HTTP/1.1 204 No Content\r\n\r\n")
			r.conn.Answered()
			r.conn.Bind("me", "polling")
			r.write(head + "123456")
			reads(r.t, r.far, head+"123")
			if _, err := r.far.Read(make([]byte, 1)); err == nil {
				r.t.Errorf("cut %d: the other half came", n)
			}
			r.connect()
			r.conn.Bind("me", "polling")
			go r.write(head + "123456")
			reads(r.t, r.far, head+"123456")
			r.conn.Answered()
		}
	})
}

// One cut is for one connection: what waited for it as well is as before, and so is what waited for a cut that is over.
func TestCutNoMore(t *testing.T) {
	scene(t, func(r *rig) {
		const answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456"
		whole := func(what string) {
			t.Helper()
			synctest.Wait()
			if n := r.book.Inside(Scope{}).Connections; r.conn.Doomed() || n != 0 {
				r.t.Errorf("%s: doomed %v, %d connections with a middlebox", what, r.conn.Doomed(), n)
			}
		}
		r.set(Scope{}, `{"cut":"once"}`)
		near, far := net.Pipe()
		other := r.book.Wrap(near)
		for _, c := range []*Conn{r.conn, other} {
			if c.Bind("me", "polling"); !c.Doomed() {
				r.t.Error("it is not to be cut")
			}
		}
		other.Write([]byte(answer))
		reads(r.t, far, answer[:len(answer)-3])
		if _, err := far.Read(make([]byte, 1)); err == nil {
			r.t.Error("the other half came")
		}
		go r.write(answer)
		reads(r.t, r.far, answer)
		whole("after another has been cut")

		r.conn.Bind("you", "polling")
		r.book.ClearAll()
		whole("when the fault is taken away")
		if !r.conn.Bare() {
			r.t.Error("it is not bare")
		}
	})
}

// Nobody's name is remembered: such a viewer is cut when it is time, and not again when it comes back.
// A cut that has been taken is made, though its fault ends before the half is in the wire.
func TestCutAsItEnds(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"cut":"once"}`)
		r.conn.Bind("me", "polling")
		r.book.mu.Lock() // so that the cut cannot be taken yet
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			r.write("HTTP/1.1 200 OK\r\n\r\nabcdef")
		}()
		for headed := false; !headed; runtime.Gosched() {
			r.conn.mu.Lock()
			headed = r.conn.headed
			r.conn.mu.Unlock()
		}
		r.conn.set(profile{})
		for r.conn.pumps.Load() {
			runtime.Gosched()
		}
		r.book.mu.Unlock()
		reads(r.t, r.far, "HTTP/1.1 200 OK\r\n\r\nabc")
		if n, err := r.far.Read(make([]byte, 1)); n != 0 || err == nil {
			r.t.Errorf("the connection goes on: %d, %v", n, err)
		}
		<-answered
	})
}

func TestCutAnonymous(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Hold("~1", "sse")
		time.Sleep(time.Second)
		r.set(Scope{}, `{"cut":"once"}`)
		if _, err := r.conn.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			r.t.Errorf("got %v, want a reset", err)
		}
		r.far.Close()
		r.connect()
		r.conn.Hold("~2", "sse")
		time.Sleep(time.Second)
		r.set(Scope{Technique: "polling"}, `{"delay":"1s"}`)
		go r.write("whole")
		reads(r.t, r.far, "whole")
	})
}

func TestCutEvery(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{Technique: "sse"}, `{"cut":"5s"}`)
		start := time.Now()
		for n := range 3 {
			r.conn.Hold("me", "sse")
			r.conn.Read(make([]byte, 1))
			took(r.t, fmt.Sprint("cut ", n+1), time.Since(start), time.Duration(n+1)*5*time.Second)
			r.far.Close()
			time.Sleep(700 * ms)
			r.connect()
		}
	})
}

// What was cut and is then bound to somebody, as its server does not know yet, is not kept.
func TestBoundWhenItWasCut(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Bind("me", "sse")
		r.conn.Cut()
		r.set(Scope{}, `{"cut":"once"}`)
		r.conn.Hold("me", "sse")
		r.conn.Close()
		if n := len(r.book.all()); n != 0 || r.conn.Doomed() {
			r.t.Errorf("%d connections are left, doomed %v", n, r.conn.Doomed())
		}
	})
}

// A polite connection says goodbye to the other end, which takes long, before it closes what is below.
type polite struct{ net.Conn }

func (c polite) NetConn() net.Conn { return c.Conn }

func (c polite) Close() error {
	time.Sleep(5 * time.Second)
	return c.Conn.Close()
}

// A hard connection can be reset.
type hard struct {
	net.Conn
	reset bool
}

func (c *hard) SetLinger(seconds int) error {
	c.reset = seconds == 0
	return nil
}

// A cut is a reset of the socket: no layer on it says goodbye.
func TestCutSaysNoGoodbye(t *testing.T) {
	scene(t, func(r *rig) {
		socket := &hard{Conn: r.conn.Conn}
		r.conn.Conn = polite{polite{socket}}
		r.conn.Hold("me", "sse")
		time.Sleep(time.Second)
		start := time.Now()
		r.set(Scope{}, `{"cut":"once"}`)
		took(r.t, "cut", time.Since(start), 0)
		if _, err := r.far.Read(make([]byte, 1)); !socket.reset || !errors.Is(err, io.EOF) {
			r.t.Errorf("got reset %v, %v, want a reset and the end", socket.reset, err)
		}
	})
}

// Nobody waits for a goodbye but who says it.
func TestGoodbyeHoldsNobodyUp(t *testing.T) {
	scene(t, func(r *rig) {
		r.conn.Conn = polite{r.conn.Conn}
		r.conn.Hold("me", "sse")
		go r.conn.Close()
		synctest.Wait()
		if !r.conn.mu.TryLock() {
			r.t.Fatal("the whole book waits for a goodbye")
		}
		r.conn.mu.Unlock()
		time.Sleep(5 * time.Second)
	})
}

// A cut that comes back does so for everybody, however many without a name it has met, and for all whom it remembers.
func TestCutEveryoneAgain(t *testing.T) {
	every, start := 5*time.Second, time.Now()
	e := &entry{Entry: Entry{Fault: Fault{Cut: &every}, Since: start}, cuts: make(map[Scope]int)}
	for round := range 2 {
		now := start.Add(time.Duration(round+1) * every)
		for _, name := range []string{"~%d", "v%d"} {
			for n := range mostRemembered {
				who := Scope{fmt.Sprintf(name, n), "sse"}
				if !e.hits(who, now) {
					t.Fatalf("round %d: %v is not cut", round+1, who)
				}
				e.hit(who, now)
			}
		}
		if e.hits(Scope{"v1", "sse"}, now) || e.hits(Scope{"one more", "sse"}, now) {
			t.Error("somebody is cut twice, or without being remembered")
		}
	}
}

func TestAdopted(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{Viewer: "me"}, `{"cut":"once"}`)
		r.conn.Adopt("me", "sse", true)
		if _, err := r.conn.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			r.t.Errorf("got %v, want a reset", err)
		}
	})
}

// A proxy that collects answers tunnels what is no answer.
func TestBuffer(t *testing.T) {
	scene(t, func(r *rig) {
		r.set(Scope{}, `{"buffer":"all"}`)
		r.conn.Bind("me", "polling")
		r.write("answer")
		time.Sleep(time.Second)
		if n := r.book.Inside(Scope{Viewer: "me"}); n.Down != 6 || n.Connections != 1 {
			r.t.Errorf("got %+v", n)
		}
		r.conn.Answered()
		reads(r.t, r.far, "answer")
		r.conn.Hold("me", "websocket")
		go r.write("frame")
		reads(r.t, r.far, "frame")
	})
}

func TestArrive(t *testing.T) {
	scene(t, func(r *rig) {
		arrive := func(what string, want time.Duration) {
			start := time.Now()
			if err := r.conn.Arrive(nil, nil); err != nil {
				r.t.Errorf("%s: %v", what, err)
			}
			took(r.t, what, time.Since(start), want)
		}
		r.conn.Bind("me", "polling")
		arrive("nothing wrong", 0)
		r.set(Scope{Viewer: "me"}, `{"delay":"2s"}`)
		arrive("late", 2*time.Second)
		r.set(Scope{Viewer: "me"}, `{"stall":"3s"}`)
		arrive("stalled", 3*time.Second)
		r.set(Scope{Viewer: "me"}, `{"mute":true}`)
		time.AfterFunc(time.Minute, func() { r.book.ClearAll() })
		arrive("mute until healed", time.Minute)
		r.set(Scope{Viewer: "me"}, `{"mute":true}`)
		gone := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(gone) })
		if err := r.conn.Arrive(gone, nil); err == nil {
			r.t.Error("it arrived")
		}
		time.AfterFunc(time.Second, func() { r.set(Scope{}, `{"cut":"once"}`) })
		if err := r.conn.Arrive(nil, nil); !errors.Is(err, syscall.ECONNRESET) {
			r.t.Errorf("got %v, want a reset", err)
		}
	})
}

func TestForget(t *testing.T) {
	scene(t, func(r *rig) {
		if r.book.Forgets("me", "sse") {
			r.t.Error("nothing is wrong")
		}
		r.set(Scope{}, `{"forget":true}`)
		if !r.book.Forgets("me", "sse") || r.book.Forgets("me", "sse") || !r.book.Forgets("me", "polling") || r.book.Forgets("~x", "sse") {
			r.t.Error("a cursor is forgotten once, by each technique, of who has a name")
		}
	})
}

// A middlebox for everybody has no more room than it has.
func TestBudget(t *testing.T) {
	scene(t, func(r *rig) {
		r.book.most = 1 << 20
		r.set(Scope{}, `{"buffer":"all"}`)
		var far []net.Conn
		for n := range 80 {
			near, f := net.Pipe()
			far = append(far, f)
			c := r.book.Wrap(near)
			c.Bind(fmt.Sprint(n), "polling")
			c.SetWriteDeadline(time.Now().Add(time.Second))
			c.Write(make([]byte, 100_000))
		}
		if n := r.book.inside.Load(); n < 1<<20 || n > 1<<20+100_000+80*own {
			r.t.Errorf("%d bytes are inside", n)
		}
		for _, f := range far {
			f.Close()
		}
	})
}
