//go:build linux

package fanout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/accept"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Lines go another way in the middle of frames: nothing is lost or doubled, what the viewer says is heard, and every byte
// stays on the account.
func TestReroute(t *testing.T) {
	eachShard(t, reroutes)
}

// eachShard runs a test on both ways of holding a line by its descriptor.
func eachShard(t *testing.T, test func(t *testing.T, way Way)) {
	for _, way := range []Way{ByRing, ByEpoll} {
		t.Run(way.String(), func(t *testing.T) { test(t, way) })
	}
}

func reroutes(t *testing.T, way Way) {
	s := open(t, way, Config{})
	const viewers, first, second = 6, 20, 30
	form := lines(30_000) // more than the kernel takes: all lines stand in the middle of one
	stays := s.join(form, nil)
	var goes []*viewer
	for range viewers {
		goes = append(goes, s.join(form, echoLines{}))
	}
	publish(s.hub, first)
	rerouted := make(chan string, viewers)
	s.Reroute(func(o Owner) Through {
		if o == Owner(stays) {
			return nil
		}
		return func(c net.Conn) net.Conn {
			rerouted <- c.RemoteAddr().String()
			return c
		}
	})
	for _, v := range goes {
		if got := <-v.began; got != ByGoroutine {
			t.Errorf("held by %v", got)
		}
	}
	if len(rerouted) != viewers {
		t.Errorf("%d lines go another way, want %d", len(rerouted), viewers)
	}
	publish(s.hub, second)
	for _, v := range append(goes, stays) {
		v.expect("head", "open")
		if err := v.messages(1, first+second); err != nil {
			t.Error(err)
		}
	}
	for i, v := range goes[1:] {
		fmt.Fprint(v, "y")
		v.expect("ay")
		if i%2 == 0 {
			v.Close()
			v.ends(Left)
		}
	}
	goes[0].Close()
	goes[0].ends(Left)
	go s.end()
	for i, v := range goes[1:] {
		if i%2 == 1 {
			v.expect("bye")
			io.Copy(io.Discard, v.read)
			v.ends(Closed)
		}
	}
	stays.expect("bye", "EOF")
	f := goes[2].tally.Figures()
	want := int64(len(head) + len("open\nay\nbye\n"))
	for seq := 1; seq <= first+second; seq++ {
		want += int64(len(fmt.Sprintf("m%d \n", seq)) + 30_000)
	}
	if got := f.Bytes; got.Out.Total != want || got.In.Total != 1 || f.Messages != first+second {
		t.Errorf("the account has %+v of %d messages, want %d bytes out", got, f.Messages, want)
	}
}

// A box is a middlebox until it is away.
type box struct {
	net.Conn
	away atomic.Bool
}

func (b *box) Bare() bool                            { return b.away.Load() }
func (b *box) NetConn() net.Conn                     { return b.Conn }
func (b *box) SyscallConn() (syscall.RawConn, error) { return b.Conn.(syscall.Conn).SyscallConn() }

// A line whose middlebox is gone is watched, and cut, as any other. That it is slow, and not silent, is told by the kernel's probes,
// which come ever more rarely: where the machine lets us look too late, there was none, and we try again.
func TestBehindTheMiddlebox(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	eachShard(t, func(t *testing.T, way Way) {
		t.Parallel()
		got := Silent
		for tries := 0; got == Silent && tries < 8; tries++ {
			s := open(t, way, Config{WriteTimeout: time.Second})
			v := s.small(lines(10 << 10))
			boxed := make(chan *box, 1)
			s.Reroute(func(Owner) Through {
				return func(c net.Conn) net.Conn {
					b := &box{Conn: c}
					boxed <- b
					return b
				}
			})
			if way := <-v.began; way != ByGoroutine {
				t.Fatalf("held by %v", way)
			}
			publish(s.hub, 3) // less than the kernel takes
			(<-boxed).away.Store(true)
			select {
			case got = <-v.done:
			case <-time.After(time.Minute):
				t.Fatal("never ended")
			}
			if _, err := io.Copy(io.Discard, v.Conn); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %v, want a reset", err)
			}
		}
		if got != Slow {
			t.Errorf("ended as %v, want slow", got)
		}
	})
}

// A line that comes to have a middlebox, and ends, leaves the connection to it: what is still inside is for the kernel to watch
// then, as before there was a line.
func TestMiddleboxIsLeftToTheKernel(t *testing.T) {
	s := open(t, ByGoroutine, Config{})
	theirs, ours := s.connect()
	t.Cleanup(func() { theirs.Close() })
	raw, err := ours.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	copied := 0 // the line closes its own
	raw.Control(func(fd uintptr) { copied, _ = unix.Dup(int(fd)) })
	defer unix.Close(copied)
	b := &box{Conn: ours}
	b.away.Store(true)
	v := s.hold(theirs, b, lines(1), nil, ByGoroutine)
	v.expect("head", "open")
	limit := func() int {
		ms, err := unix.GetsockoptInt(copied, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		if err != nil {
			t.Error(err)
		}
		return ms
	}
	if ms := limit(); ms != 0 {
		t.Errorf("the kernel has a limit of %d ms while the line has its own", ms)
	}
	b.away.Store(false)
	v.Close()
	v.ends(Left)
	if ms := limit(); ms != int(accept.Unacknowledged.Milliseconds()) {
		t.Errorf("the kernel has a limit of %d ms for a middlebox, want %v", ms, accept.Unacknowledged)
	}
}

// asks is a Caller with one request in hand, and no more after that.
type asks struct {
	*viewer
	answer   chan string
	idle     bool
	back     chan string // what was read and not answered
	answered chan bool
	last     bool // the kernel was asked before the connection was closed
}

func (a *asks) Answer(time.Duration) ([]byte, bool) {
	select {
	case text := <-a.answer:
		return []byte(text), false
	default:
		return nil, false
	}
}
func (a *asks) Answered(meter.Probe)               { a.idle = true; a.answered <- true }
func (a *asks) Named() bool                        { return false }
func (a *asks) Parked(meter.Probe)                 {}
func (a *asks) Closing(p meter.Probe)              { _, a.last = p.Reading() }
func (a *asks) Ask([]byte, time.Duration) error    { return errBack }
func (a *asks) Due() (at time.Duration, idle bool) { return 0, a.idle }
func (a *asks) Count(in, out int)                  {}
func (a *asks) Back(conn net.Conn, early []byte)   { a.back <- string(early); conn.Close() }
func (s *site) parks(t *testing.T) (*asks, *viewer) {
	theirs, ours := s.connect()
	t.Cleanup(func() { theirs.Close() })
	v := &viewer{Conn: theirs, t: t, began: make(chan Way, 2), done: make(chan Reason, 1)}
	a := &asks{viewer: v, answer: make(chan string, 1), back: make(chan string, 1), answered: make(chan bool, 1)}
	s.parkAs(a, ours)
	return a, v
}

func (s *site) parkAs(c Caller, ours net.Conn) {
	s.t.Helper()
	if !s.Park(ours, c) {
		s.t.Fatal("it cannot be parked")
	}
	ours.Close()
}

// dues is asks that has its answer at a time.
type dues struct {
	*asks
	at    time.Duration
	asked *atomic.Int64
}

func (d *dues) Due() (at time.Duration, idle bool) { return d.at, d.idle }
func (d *dues) Answer(now time.Duration) ([]byte, bool) {
	if d.asked.Add(1); d.idle || now < d.at {
		return nil, false
	}
	return []byte("answer"), false
}

// When one hold ends, those that do not are not asked: there may be ten thousand, and an end every few milliseconds.
func TestOneIsDue(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		var others, one atomic.Int64
		park := func(after time.Duration, asked *atomic.Int64) *dues {
			theirs, ours := s.connect()
			t.Cleanup(func() { theirs.Close() })
			v := &viewer{Conn: theirs, t: t, began: make(chan Way, 2), done: make(chan Reason, 1)}
			d := &dues{&asks{viewer: v, answered: make(chan bool, 1)}, s.Now() + after, asked}
			s.parkAs(d, ours)
			return d
		}
		park(time.Hour, &others)
		shards := s.openShards().all
		for range 2*len(shards) - 1 { // two in each
			park(time.Hour, &others)
		}
		for range 5 { // a round for something else may come in between, though not each time
			before := others.Load()
			<-park(50*time.Millisecond, &one).answered
			for _, shard := range shards { // the round has ended
				shard.mu.Lock()
				if shard.closed {
					t.Error("a shard is closed")
				}
				shard.mu.Unlock()
			}
			if before > 0 && others.Load() == before {
				return
			}
		}
		t.Error("others were asked each time")
	})
}

// A parked request is answered the other way, and then its connection goes back to the server with what came meanwhile.
func TestRerouteParked(t *testing.T) {
	eachShard(t, reroutesParked)
}

func reroutesParked(t *testing.T, way Way) {
	s := open(t, way, Config{})
	through := func(c net.Conn) net.Conn { return c }
	all := func(Owner) Through { return through }
	a, v := s.parks(t)
	s.Reroute(all)
	io.WriteString(v, "next")
	time.Sleep(10 * time.Millisecond) // it may come before or behind the answer: both are right
	a.answer <- "answer"
	publish(s.hub, 1)
	b := make([]byte, 6)
	if _, err := io.ReadFull(v, b); err != nil || string(b) != "answer" {
		t.Errorf("got %q, %v", b, err)
	}
	<-a.answered
	if got := <-a.back; got != "next" {
		t.Errorf("went back with %q, want %q", got, "next")
	}
	gone, v := s.parks(t)
	s.Reroute(all)
	v.Close()
	v.ends(Left)
	idle, v := s.parks(t)
	idle.idle = true
	s.Reroute(func(Owner) Through { t.Error("an idle connection was asked for"); return nil })
	v.Close()
	v.ends(Left)
	_ = gone
}

// serves is asks whose connection is served for a while when it has gone back.
type serves struct {
	*asks
	conn chan *touched
	end  chan struct{}
}

func (b *serves) Back(conn net.Conn, _ []byte) {
	defer conn.Close()
	b.conn <- conn.(*touched)
	<-b.end
}

// A connection that has gone back is its server's: nobody waits for messages for it, and Close does not cut it.
func TestBackIsBack(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		theirs, ours := s.connect()
		t.Cleanup(func() { theirs.Close() })
		v := &viewer{Conn: theirs, t: t, began: make(chan Way, 2), done: make(chan Reason, 1)}
		b := &serves{&asks{viewer: v, answer: make(chan string, 1), answered: make(chan bool, 1)}, make(chan *touched, 1), make(chan struct{})}
		s.parkAs(b, ours)
		s.Reroute(func(Owner) Through { return func(c net.Conn) net.Conn { return &touched{Conn: c} } })
		eventually(t, "it waits for its answer", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.apart) == 1
		})
		s.mu.Lock()
		listed := slices.Collect(maps.Keys(s.apart))
		s.mu.Unlock()
		b.answer <- "answer"
		publish(s.hub, 1)
		c := <-b.conn
		s.mu.Lock()
		if n := len(s.apart); n != 0 {
			t.Errorf("%d lines are left to be cut", n)
		}
		s.mu.Unlock()
		for _, l := range listed {
			l.cut(Closed)
		}
		if n := c.n.Load(); n != 0 {
			t.Errorf("a connection that has gone back is given %d limits", n)
		}
		close(b.end)
	})
}

// Close cuts who waits for an answer that does not come, when its time is over, as it does others.
func TestCloseCutsAnAnswer(t *testing.T) {
	eachShard(t, func(t *testing.T, way Way) {
		s := open(t, way, Config{})
		_, v := s.parks(t)
		s.Reroute(func(Owner) Through { return func(c net.Conn) net.Conn { return c } })
		s.hub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		v.ends(Closed)
		if b, err := io.ReadAll(v); len(b) > 0 || err != nil {
			t.Errorf("got %q, %v", b, err)
		}
	})
}
