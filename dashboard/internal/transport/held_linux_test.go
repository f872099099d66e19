package transport

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// openBy is a server that holds by a way, until the test ends.
func openBy(t *testing.T, way fanout.Way, config Config) *Server {
	h := hub.New(hub.Config{})
	config.Portable, config.NoRing, config.Logger = way == fanout.ByGoroutine, way == fanout.ByEpoll, slog.New(slog.DiscardHandler)
	s := New(h, config)
	t.Cleanup(func() {
		h.Close()
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// held has a viewer on SSE, past what a request goes through before.
func (s *Server) held(t *testing.T, viewer string) (theirs net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if theirs, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	theirs.SetDeadline(time.Now().Add(time.Minute))
	ours, err := meter.Listener{Listener: ln}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	account := s.Viewers.tally(viewer, "sse").Begin(ours)
	go func() {
		s.line(ours, request{viewer: viewer}, account, []byte("head\n"), fanout.Line{Form: s.forms.sse.plain})
		ours.Close() // as the server does
	}()
	return theirs
}

// A fault that is put in force after a connection was found to need no middlebox, and before it is held, still reaches
// it, whichever way it is held.
func TestFaultBeforeHeld(t *testing.T) {
	for _, way := range []fanout.Way{fanout.ByRing, fanout.ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			s := openBy(t, way, Config{Lab: true})
			f, err := fault.Parse([]byte(`{"delay":"1ms"}`))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.faults.Set(fault.Scope{Viewer: "me", Technique: "sse"}, f, 0); err != nil { // nobody is there yet
				t.Fatal(err)
			}
			s.held(t, "me")
			held := ""
			for deadline := time.Now().Add(time.Minute); held != "goroutine" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
				if list := s.Viewers.List(); len(list) == 1 {
					held = list[0].Way
				}
			}
			if held != "goroutine" {
				t.Errorf("held by %q, past the middlebox", held)
			}
		})
	}
}

// Whose pass has ended is told at once, though nothing is published, and nobody else is.
func TestExpel(t *testing.T) {
	for _, way := range []fanout.Way{fanout.ByRing, fanout.ByEpoll, fanout.ByGoroutine} {
		t.Run(way.String(), func(t *testing.T) {
			var over atomic.Bool
			s := openBy(t, way, Config{Alive: func(*auth.Pass) bool { return !over.Load() }})
			theirs := s.held(t, "me")
			in := bufio.NewReader(theirs)
			until := func(what string) {
				t.Helper()
				for line := ""; !strings.HasPrefix(line, what); {
					var err error
					if line, err = in.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
			}
			until("retry")
			publish(s.hub, 1)
			until("data")
			s.Expel()
			publish(s.hub, 1)
			until("data")
			if ended := s.Viewers.Ended()["sse"]; len(ended) > 0 {
				t.Errorf("ended, and its pass has not: %v", ended)
			}
			over.Store(true)
			s.Expel()
			if _, err := io.ReadAll(in); err != nil {
				t.Errorf("it is not told: %v", err)
			}
		})
	}
}
