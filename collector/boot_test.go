package collector

import (
	"testing"
	"time"
)

func TestBootOf(t *testing.T) {
	known := time.Unix(1_000_000, 0)
	for _, tt := range []struct {
		known time.Time
		moved time.Duration
		want  time.Duration
	}{
		{time.Time{}, 0, 0},
		{known, 0, 0},
		{known, time.Second, 0},
		{known, -time.Second, 0},
		{known, 1001 * time.Millisecond, 1001 * time.Millisecond},
		{known, -time.Hour, -time.Hour},
		{known, 50 * 365 * 24 * time.Hour, 50 * 365 * 24 * time.Hour},
	} {
		if got := bootOf(tt.known, known.Add(tt.moved)); !got.Equal(known.Add(tt.want)) {
			t.Errorf("known %s, moved by %s: %s", tt.known, tt.moved, got)
		}
	}
}
