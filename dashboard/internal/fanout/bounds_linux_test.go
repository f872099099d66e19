package fanout

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// One that is far behind, and reads all at once, is written to for a turn's worth; then others get theirs, and another
// round comes for the rest.
func TestTurnIsBounded(t *testing.T) {
	h := hub.New(hub.Config{MaxPending: 1 << 20})
	s, err := newShard(New(h, Config{Heartbeat: time.Hour, WriteTimeout: time.Hour, Logger: slog.New(slog.DiscardHandler)}), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[1])
	unix.SetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20)
	const size, messages = 8 << 10, 64
	l := s.newLine()
	l.fd, l.Form = int32(pair[0]), lines(size)
	l.Form.began()
	publish(h, messages)
	buf := make([]byte, 1<<20)
	for got := 0; got < messages*size; {
		s.everybody(func(l *line, now time.Duration) error { return s.say(l, now, 0) })
		n := 0
		for {
			more, err := unix.Read(pair[1], buf)
			if err != nil {
				break
			}
			n += more
		}
		if n > mostWrites+size+100 { // a frame that is begun is finished
			t.Fatalf("got %d bytes in a turn, want about %d", n, mostWrites)
		}
		if got += n; got < messages*size {
			if l.blocked || n < mostWrites {
				t.Fatalf("got %d bytes in a turn, want about %d: the connection is full: %v", n, mostWrites, l.blocked)
			}
			select {
			case <-s.ready:
			default:
				t.Fatal("nobody asks for another round")
			}
		}
	}
}

// A parked connection that has to go back to its server when there is no descriptor to go back by is told so.
func TestNoRoom(t *testing.T) {
	s := open(t, ByEpoll, Config{})
	theirs, ours := s.connect()
	defer theirs.Close()
	p := newPoller("answer;")
	if !s.Park(ours, p) {
		t.Fatal("cannot be parked")
	}
	ours.Close() // as the server does
	if _, err := io.WriteString(theirs, "ask;"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len("answer;"))
	if _, err := io.ReadFull(theirs, b); err != nil || string(b) != "answer;" {
		t.Fatalf("got %q, %v", b, err)
	}
	giveBack := exhaust(t)
	io.WriteString(theirs, "other;")
	told, err := io.ReadAll(theirs)
	giveBack()
	if err != nil || string(told) != NoRoom {
		t.Errorf("got %q, %v; want %q", told, err, NoRoom)
	}
	select {
	case reason := <-p.done:
		if reason != Fault {
			t.Errorf("it ended for %v: it was not the viewer's doing", reason)
		}
	case <-time.After(time.Minute):
		t.Error("the line does not end")
	}
}

// A line that should go another way when there is no descriptor to go by ends where it is, in the middle of a frame or
// between two: nothing that is not the form's is written behind what has been said. Who waits for an answer is told.
func TestNoRoomInTheMiddle(t *testing.T) {
	for _, way := range []Way{ByRing, ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			s := open(t, way, Config{})
			through := func(Owner) Through { return func(c net.Conn) net.Conn { return c } }
			for name, size := range map[string]int{"between-frames": 1, "in-a-frame": 16 << 20} {
				t.Run(name, func(t *testing.T) {
					v := s.join(lines(size), nil)
					v.expect("head", "open")
					publish(s.hub, 1)
					if size == 1 {
						v.line()
					} else {
						v.read.Peek(1)
					}
					giveBack := exhaust(t)
					s.Reroute(through)
					giveBack()
					v.ends(Fault)
					if k := v.tally.Figures().Kernel; k == nil || k.Packets.Out == 0 {
						t.Errorf("at the end the kernel had counted %+v", k)
					}
					b, err := io.ReadAll(v.read)
					if err != nil || bytes.Contains(b, []byte("HTTP/1.1")) || size > 1 && len(b) >= size {
						t.Errorf("got %d bytes that end in %q, %v", len(b), b[max(0, len(b)-40):], err)
					}
				})
			}
			a, v := s.parks(t)
			giveBack := exhaust(t)
			s.Reroute(through)
			giveBack()
			v.ends(Fault)
			if told, err := io.ReadAll(a); err != nil || string(told) != NoRoom {
				t.Errorf("who waits for an answer is told %q, %v", told, err)
			}
			if !a.last {
				t.Error("the kernel is not asked at the end of who waits for an answer")
			}
		})
	}
}

// Two requests that come at once are not for a Caller: both go back to the server, which answers them in their order.
func TestPipelinedGoesBack(t *testing.T) {
	for _, way := range []Way{ByRing, ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			s := open(t, way, Config{})
			theirs, ours := s.connect()
			defer theirs.Close()
			p := newPoller("answer;")
			p.back = make(chan string, 1)
			if !s.Park(ours, p) {
				t.Fatal("cannot be parked")
			}
			ours.Close() // as the server does
			io.WriteString(theirs, "ask;")
			b := make([]byte, len("answer;"))
			if _, err := io.ReadFull(theirs, b); err != nil || string(b) != "answer;" {
				t.Fatalf("got %q, %v", b, err)
			}
			io.WriteString(theirs, "ask;ask;")
			if got := <-p.back; got != "ask;ask;" {
				t.Errorf("went back with %q", got)
			}
		})
	}
}
