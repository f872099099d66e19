package dashboard

import (
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/load"
)

// Guests look as well, and who may not look does not.
func TestWatchedByWhom(t *testing.T) {
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	quiet := func() {
		s.Watched()
		s.looking.last.Store(int64(time.Since(s.looking.start) - lookHolds))
	}
	stranger := s.browser()
	for _, path := range []string{"api/v1/processes", "metrics", "watch", "api/v1/sse", "api/v1/login"} {
		quiet()
		if stranger.do("GET", path, ""); s.Watched() {
			t.Errorf("a stranger who asks for %q looks", path)
		}
	}
	d := s.Dashboard
	d.redact()
	sub := d.guests.Load().hub.Subscribe(hub.Cursor{}, 0)
	quiet()
	if !d.Watched() {
		t.Error("a guest who holds a connection does not look")
	}
	sub.Close()
}

// Whoever looks is noticed, by whatever way it comes, and counts for a minute; a probe does not look.
func TestWatched(t *testing.T) {
	s := open(t, Config{}, "/m")
	if !s.Watched() {
		t.Error("nobody looks in the minute of the start, when somebody is about to")
	}
	quiet := func() {
		eventually(t, "everybody has gone", func() bool { return s.hub.Stats().Subscriptions == 0 })
		s.Watched() // what was delivered until now is known
		s.looking.last.Store(int64(time.Since(s.looking.start) - lookHolds))
		if s.Watched() {
			t.Error("somebody looks, though everybody has gone")
		}
	}
	s.publish(3)
	quiet()
	s.get("healthz")
	s.get("readyz")
	if s.Watched() {
		t.Error("a probe passes for somebody who looks")
	}
	for _, path := range []string{"metrics", "api/v1/processes", "api/v1/host", ""} {
		quiet()
		if s.get(path); !s.Watched() {
			t.Errorf("%q is asked for, and nobody looks", path)
		}
	}
	for _, technique := range load.Techniques() {
		quiet()
		if s.watch(s.client(technique), s.cursor(1), 2); !s.Watched() {
			t.Errorf("somebody looks by %s, and is not noticed", technique)
		}
	}
}
