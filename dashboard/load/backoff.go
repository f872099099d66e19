package load

import (
	"math/rand/v2"
	"time"
)

const (
	firstWindow = 500 * time.Millisecond
	lastWindow  = 30 * time.Second
	// forgiven is how long a connection lives for one failure before it to be forgotten.
	forgiven = time.Second
	// maxFloor is the longest a server can keep a client away; more is taken for a mistake.
	maxFloor = 24 * time.Hour
)

// A backoff says how long to wait before connecting again: anything from 0 to a window, which doubles with each failure
// from 0.5 s up to 30 s. The whole window and not a fixed time with a little noise, so that ten thousand viewers who
// lost a server in one moment do not come back in another. The zero backoff is ready.
type backoff struct {
	failures int
	random   func(n time.Duration) time.Duration // in [0, n); nil is math/rand's
}

// next is the pause before the next attempt. A floor comes from the server and is added to, not compared with: those who
// were all told the same number of seconds must not come back together either.
func (b *backoff) next(floor time.Duration) time.Duration {
	window := lastWindow
	if b.failures < 6 { // 0.5 s << 6 is beyond 30 s
		window = firstWindow << b.failures
		b.failures++
	}
	random := b.random
	if random == nil {
		random = rand.N
	}
	return min(max(floor, 0), maxFloor) + random(window+1)
}

// lived tells how long the connection lived that is now lost, from its first sign of life: what broke at once is the next
// of a row of failures, and the end of what held for six seconds is news.
func (b *backoff) lived(d time.Duration) {
	b.failures = max(0, b.failures-int(min(d/forgiven, 6)))
}
