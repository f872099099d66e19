package auth

import (
	"sync"
	"time"
)

// A Rate bounds how often each client may do something: so many at once, and one more after each pause. It is safe for
// concurrent use.
type Rate struct {
	AtOnce int
	Pause  time.Duration

	mu  sync.Mutex
	of  map[string]bucket
	now func() time.Time // nil for the time
}

// Allow tells whether a client may now, and counts it; or when it may again.
func (r *Rate) Allow(client string) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.now != nil {
		now = r.now()
	}
	level := r.of[client].level(now, r.Pause)
	if over := level - float64(r.AtOnce-1); over > 0 {
		return time.Duration(over * float64(r.Pause)), false
	}
	if r.of == nil {
		r.of = make(map[string]bucket)
	}
	if _, known := r.of[client]; !known && len(r.of) >= mostRemembered {
		forget(r.of, now, r.Pause)
	}
	r.of[client] = bucket{level + 1, now}
	return 0, true
}
