package hub

import (
	"testing"
	"time"
)

// What became of messages is summed over all subscriptions, those that have ended included, and never goes down.
func TestStatsAddUp(t *testing.T) {
	h := New(Config{MaxPending: 4})
	all, few, slow := h.Subscribe(Cursor{}, 0), h.Subscribe(Cursor{}, 3*time.Second), h.Subscribe(Cursor{}, 0)
	read(t, slow) // it is live, and reads no more until the end
	for range 12 {
		publish(h, 1)
		read(t, all)
		read(t, few)
	}
	read(t, slow)
	check := func(when string) {
		t.Helper()
		s := h.Stats()
		if s.Published != 12 || s.Delivered != 12+4+1 || s.Thinned != 8 || s.Dropped != 11 {
			t.Errorf("%s: got %+v", when, s)
		}
	}
	check("while they read")
	all.Close()
	few.Close()
	slow.Close()
	slow.Close()
	check("when they have ended")
}
