package transport

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// A fault that is put in force after a connection was found to need no middlebox, and before it is held, still reaches
// it, whichever way it is held.
func TestFaultBeforeHeld(t *testing.T) {
	for _, way := range []fanout.Way{fanout.ByRing, fanout.ByEpoll} {
		t.Run(way.String(), func(t *testing.T) {
			h := hub.New(hub.Config{})
			s := New(h, Config{Lab: true, NoRing: way == fanout.ByEpoll, Logger: slog.New(slog.DiscardHandler)})
			t.Cleanup(func() {
				h.Close()
				ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
				defer stop()
				if err := s.Close(ctx); err != nil {
					t.Error(err)
				}
			})
			plain, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			theirs, err := net.Dial("tcp", plain.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			ours, err := meter.Listener{Listener: plain}.Accept()
			if err != nil {
				t.Fatal(err)
			}
			f, err := fault.Parse([]byte(`{"delay":"1ms"}`))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.faults.Set(fault.Scope{Viewer: "me", Technique: "sse"}, f, 0); err != nil { // nobody is there yet
				t.Fatal(err)
			}
			account := s.Viewers.tally("me", "sse").Begin(ours)
			s.line(ours, request{viewer: "me"}, account, []byte("head\n"), fanout.Line{Form: s.forms.sse.plain})
			ours.Close() // as the server does
			held := ""
			for deadline := time.Now().Add(10 * time.Second); held != "goroutine" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
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
