package dashboard

import (
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

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
