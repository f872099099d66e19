package accept

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// short is a listener that runs out of something a number of times before it has a connection.
type short struct {
	net.Listener
	failures []error
	calls    int
}

func (s *short) Accept() (net.Conn, error) {
	s.calls++
	if s.calls <= len(s.failures) {
		return nil, &net.OpError{Op: "accept", Err: s.failures[s.calls-1]}
	}
	c, _ := net.Pipe()
	return c, nil
}

func (s *short) Close() error { return nil }

func quiet(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

func TestAcceptWaitsForDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ln := Wrap(&short{failures: []error{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS}}, 10, nil, quiet(t))
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if waited := time.Since(began); waited != (5+10+20+40)*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestCloseEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := make([]error, 1000)
		for i := range failures {
			failures[i] = syscall.EMFILE
		}
		ln := Wrap(&short{failures: failures}, 10, nil, quiet(t))
		go func() {
			time.Sleep(10 * time.Second)
			ln.Close()
		}()
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOnlyClosedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := Wrap(&short{failures: []error{syscall.EPERM, syscall.EPROTO, errors.New("whatever"), net.ErrClosed}}, 10, nil, quiet(t))
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// One connection too many is told so; when another leaves there is room again.
func TestFull(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := Wrap(inner, 1, nil, quiet(t))
	defer ln.Close()
	accepted := make(chan net.Conn, 3)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	first := <-accepted
	refused := dial()
	fmt.Fprint(refused, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") // an answer must survive a request that is not read
	answer, err := io.ReadAll(refused)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") || !strings.Contains(string(answer), "Retry-After: ") {
		t.Errorf("got %q, %v", answer, err)
	}
	head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	if want := fmt.Sprintf("Content-Length: %d\r\n", len(body)); !strings.Contains(head, want) {
		t.Errorf("the body has %d bytes, the head is %q", len(body), head)
	}
	first.Close()
	first.Close()
	dial()
	select {
	case c := <-accepted:
		c.Close()
	case <-time.After(time.Minute):
		t.Error("there is no room after the first has left")
	}
}

// Who is told that an address has too many holds up nobody: when all places for telling are taken, it is closed.
func TestBarredIsNotWaitedFor(t *testing.T) {
	l := Wrap(nil, 0, nil, quiet(t))
	for range cap(l.refusing) {
		if !l.attend(barred) {
			t.Fatal("there is a place, and it is not taken")
		}
	}
	if l.attend(barred) {
		t.Error("there is one place more than there are")
	}
	close(l.closed)
	if l.attend(scarce) {
		t.Error("there is one place more than there are")
	}
}

// Of a connection that has been kept nothing stays but its place: some hundred bytes each would, of thousands.
func TestKeptIsForgotten(t *testing.T) {
	ln := Wrap(&short{}, 1000, nil, quiet(t))
	forgotten := make(chan struct{})
	release := func() func() {
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(c.(*conn), func(done chan struct{}) { close(done) }, forgotten)
		release := c.(*conn).Keep()
		c.Close()
		return release
	}()
	for deadline := time.Now().Add(time.Minute); ; {
		runtime.GC()
		select {
		case <-forgotten:
			release()
			if n := ln.open.Load(); n != 0 {
				t.Errorf("after its release %d places are taken", n)
			}
			return
		case <-time.After(10 * time.Millisecond):
			if time.Now().After(deadline) {
				t.Fatal("what gives its place back holds on to the connection")
			}
		}
	}
}
