package transport

import (
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Long holds end together with others, and never later than they may; a short one when it says.
func TestHoldsEndTogether(t *testing.T) {
	h := hub.New(hub.Config{})
	defer h.Close()
	s := New(h, Config{})
	for _, tt := range []struct{ wait, now, want time.Duration }{
		{25 * time.Second, 1100 * time.Millisecond, 26 * time.Second},
		{25 * time.Second, 1249 * time.Millisecond, 26 * time.Second},
		{25 * time.Second, 1250 * time.Millisecond, 26250 * time.Millisecond},
		{100 * time.Millisecond, 1110 * time.Millisecond, 1210 * time.Millisecond},
	} {
		c := &caller{question: &question{server: s, long: true}, holding: holding{viewers: s.Viewers, viewer: "~1"}}
		c.holding.sub = &c.sub
		c.begin(request{viewer: "~1", wait: tt.wait}, tt.now)
		if at, idle := c.Due(); at != tt.want || idle {
			t.Errorf("%v from %v on: ends at %v, want %v", tt.wait, tt.now, at, tt.want)
		}
		c.release()
	}
}
