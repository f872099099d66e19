package fanout

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/accept"
)

// small connects a viewer whose window is a few kilobytes from the first packet on.
func (s *site) small(form *Form) *viewer {
	s.t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096) })
	}}
	theirs, err := dialer.Dial("tcp", s.ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { theirs.Close() })
	ours, err := s.ln.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.hold(theirs, ours, form, nil, s.way)
}

// vanish has a viewer's end answer nothing any more, as if it were not there.
func (v *viewer) vanish() {
	v.t.Helper()
	raw, err := v.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		v.t.Fatal(err)
	}
	nothing := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}}
	raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing[0]})
	})
	if err != nil {
		v.t.Fatal(err)
	}
}

// What the kernel has room for says nothing of who reads: who takes nothing is slow, who does not answer is silent, and who
// takes a little all the time is neither. It is the same for the first two where there is more than the kernel takes, and a
// connection is full before it is known what is acknowledged.
func TestAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for name, messages := range map[string]int{"under-way": 3, "full": 400} { // the fewer are more than the window
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, way Way) {
				t.Parallel()
				s := open(t, way, Config{WriteTimeout: 2 * time.Second})
				form := lines(10 << 10)
				deaf, gone := s.small(form), s.join(form, nil)
				gone.vanish()
				sipped := func() {}
				if name == "under-way" {
					sipped = s.small(form).sip()
				}
				publish(s.hub, messages)
				deaf.ends(Slow)
				if _, err := io.Copy(io.Discard, deaf.Conn); !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("who took nothing got %v, want a reset: what it has not read is kept for nobody", err)
				}
				gone.ends(Silent)
				sipped()
			})
		})
	}
}

// sip takes a little all the time. end leaves, and expects that nobody else has ended it.
func (v *viewer) sip() (end func()) {
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		b := make([]byte, 256)
		for {
			select {
			case <-stop:
				ended <- nil
				return
			case <-time.After(50 * time.Millisecond):
			}
			v.Conn.SetReadDeadline(time.Now().Add(time.Second)) // a machine that is slow to cut the others lets it read all
			if _, err := v.Conn.Read(b); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				ended <- err
				return
			}
		}
	}()
	return func() {
		v.t.Helper()
		close(stop)
		if err := <-ended; err != nil {
			v.t.Errorf("who reads all the time was cut: %v", err)
		}
		v.Conn.Close()
		v.ends(Left)
	}
}

// What the kernel says at the end of a connection whose viewer does not answer; a reason that there was already stays.
func TestBroken(t *testing.T) {
	for err, want := range map[error]Reason{
		syscall.ETIMEDOUT: Silent, syscall.EHOSTUNREACH: Silent, syscall.ENETUNREACH: Silent, &net.OpError{Err: syscall.EHOSTUNREACH}: Silent,
		syscall.ECONNRESET: 0, syscall.EPIPE: 0, ErrLeft: 0, io.EOF: 0,
	} {
		l := new(line)
		if l.broken(err); l.reason != want {
			t.Errorf("%v: got %v, want %v", err, l.reason, want)
		}
		l.reason = Slow
		if l.broken(err); l.reason != Slow {
			t.Errorf("%v: was slow, and is %v", err, l.reason)
		}
	}
}

// The kernel's own limit is off for a line: it cuts who reads slowly with a small window. Where it has one all the same, that
// is for who does not answer.
func TestKernelsLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	each(t, func(t *testing.T, way Way) {
		t.Parallel()
		s := open(t, way, Config{})
		theirs, ours := s.connect()
		t.Cleanup(func() { theirs.Close() })
		raw, _ := bare(ours).(syscall.Conn).SyscallConn()
		var copied int // the line's own descriptor may be another
		raw.Control(func(fd uintptr) { copied, _ = unix.Dup(int(fd)) })
		defer unix.Close(copied)
		accept.Tune(socket(ours))
		v := s.hold(theirs, ours, lines(1), nil, way)
		v.expect("head", "open")
		if ms, err := unix.GetsockoptInt(copied, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT); ms != 0 || err != nil {
			t.Errorf("TCP_USER_TIMEOUT is %d ms, %v", ms, err)
		}
		v.vanish()
		for option, value := range map[int]int{unix.TCP_KEEPIDLE: 1, unix.TCP_KEEPINTVL: 1, unix.TCP_KEEPCNT: 1} {
			unix.SetsockoptInt(copied, unix.IPPROTO_TCP, option, value)
		}
		unix.SetsockoptInt(copied, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		v.ends(Silent)
	})
}

func socket(c net.Conn) net.Conn {
	for {
		layer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = layer.NetConn()
	}
}

// Progress is a change; without one it takes its time, and a reason that there was already stays.
func TestStill(t *testing.T) {
	r := newRig(lines(1), nil) // 10 s for a write
	for _, test := range []struct {
		is     sight
		now    time.Duration
		want   ack
		reason Reason
	}{
		{sight{acked: 7}, 40 * time.Second, ack{7, 40 * time.Second}, 0},
		{sight{acked: 5}, 34 * time.Second, ack{5, 20 * time.Second}, 0},
		{sight{acked: 5}, 35 * time.Second, ack{5, 20 * time.Second}, Slow},
		{sight{acked: 5, quiet: 14 * time.Second}, 35 * time.Second, ack{5, 20 * time.Second}, Slow},
		{sight{acked: 5, quiet: 15 * time.Second}, 35 * time.Second, ack{5, 20 * time.Second}, Silent},
	} {
		r.line.reason = 0
		got, err := r.line.still(ack{5, 20 * time.Second}, test.is, test.now)
		if got != test.want || r.line.reason != test.reason || (err == nil) != (test.reason == 0) || err != nil && !errors.Is(err, errDone) {
			t.Errorf("%+v: got %v, %v, %v, want %v, %v", test.is, got, r.line.reason, err, test.want, test.reason)
		}
	}
}
