package load

import (
	"testing"
	"time"
)

// atMost is a die that always shows the window itself.
func atMost(n time.Duration) time.Duration { return n - 1 }

func TestBackoffWindow(t *testing.T) {
	b := backoff{random: atMost}
	for i, want := range []float64{0.5, 1, 2, 4, 8, 16, 30, 30, 30} {
		if got := b.next(0).Seconds(); got != want {
			t.Errorf("failure %d: got at most %v s, want %v s", i+1, got, want)
		}
	}
	for _, test := range []struct{ lived, want time.Duration }{
		{forgiven - 1, lastWindow},
		{2 * forgiven, 8 * time.Second},
		{6 * forgiven, firstWindow},
		{0, 2 * firstWindow},
		{time.Hour, firstWindow},
	} {
		b.lived(test.lived)
		if got := b.next(0); got != test.want {
			t.Errorf("after a connection of %v: got at most %v, want %v", test.lived, got, test.want)
		}
	}
}

func TestBackoffFloor(t *testing.T) {
	for floor, want := range map[time.Duration]time.Duration{
		-time.Hour: 0, 0: 0, 3 * time.Second: 3 * time.Second, time.Hour: time.Hour, 1 << 62: maxFloor,
	} {
		least := backoff{random: func(time.Duration) time.Duration { return 0 }}
		if got := least.next(floor); got != want {
			t.Errorf("floor %v: got at least %v, want %v", floor, got, want)
		}
		most := backoff{random: atMost}
		if got := most.next(floor); got != want+firstWindow {
			t.Errorf("floor %v: got at most %v, want %v", floor, got, want+firstWindow)
		}
	}
}

// The whole window is used: viewers who failed together come back apart.
func TestBackoffSpread(t *testing.T) {
	var b backoff
	var low, high int
	for range 1000 {
		b.failures = 0
		switch d := b.next(0); {
		case d < 0 || d > firstWindow:
			t.Fatalf("got %v, outside of 0 to %v", d, firstWindow)
		case d < firstWindow/4:
			low++
		case d > firstWindow*3/4:
			high++
		}
	}
	if low < 150 || high < 150 { // 250 each are to be expected; 150 is seven standard deviations away
		t.Errorf("got %d in the lowest quarter and %d in the highest of 1000", low, high)
	}
}
