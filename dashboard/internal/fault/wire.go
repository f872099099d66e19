package fault

import (
	"math/rand/v2"
	"time"
)

const (
	// All is a proxy that passes on nothing before the end of an answer.
	All = -1
	// Never is a wait that only a change ends.
	Never = time.Duration(-1)

	usualSize = 64 << 10 // about what a kernel keeps for a peer that does not read
	mostSize  = 1 << 20
	leastSize = 2 << 10
)

// Conditions are what a Wire does to the bytes that pass. The zero Conditions do nothing.
type Conditions struct {
	Delay    time.Duration // from going in to coming out, at least
	Jitter   time.Duration // and up to this much more, another for each write; they stay in order
	Throttle int           // bytes a second that come out at most; 0 is as many as go in
	Buffer   int           // so many are collected before they go on together, or All; 0 is none
	Stall    time.Duration // nothing comes out before this time
	Mute     bool          // nothing comes out
}

// A Wire is one direction of a connection through a middlebox: a bounded queue. Bytes go in by Put as they come, and come
// out by Take, in order, when their time is there. It knows no clock and no connection: every method is told the time,
// which never goes back. The zero Wire has no conditions.
type Wire struct {
	conditions Conditions
	bytes      []byte // all that is inside, the oldest first
	times      []stretch
	kept       int           // of the newest bytes, those that are collected and have no time yet
	last       time.Duration // when the newest bytes that have one may leave
	tokens     float64       // bytes that may leave now, of a throttled wire
	filled     time.Duration // when that was
	finished   bool          // nothing goes in any more
}

// A stretch is bytes that may leave at the same time.
type stretch struct {
	n   int
	due time.Duration
}

// Set changes what happens to bytes, those inside included: none waits longer than it would if it went in now.
func (w *Wire) Set(c Conditions, now time.Duration) {
	if c.Throttle != w.conditions.Throttle {
		w.tokens, w.filled = float64(burst(c.Throttle)), now
	}
	w.conditions = c
	latest := now + c.Delay + c.Jitter
	for i := range w.times {
		w.times[i].due = min(w.times[i].due, latest)
	}
	w.last = min(w.last, latest)
	w.collect(now)
}

// Len is how many bytes are inside.
func (w *Wire) Len() int { return len(w.bytes) }

// Size is how many bytes fit in. What a thin link has not sent yet waits at its near end, where there is room for half a
// second; behind that, bytes are under way. Who collects has room for what it collects, up to a megabyte.
func (w *Wire) Size() int {
	c := w.conditions
	size := usualSize
	switch {
	case c.Throttle > 0:
		size = int(min(float64(max(leastSize, c.Throttle/2))+(c.Delay+c.Jitter).Seconds()*float64(c.Throttle), mostSize))
	case c.Delay+c.Jitter > 0:
		size = mostSize
	}
	if c.Buffer == All {
		size = mostSize
	}
	return max(size, 2*c.Buffer)
}

// Put takes what fits of b and tells how much that was.
func (w *Wire) Put(b []byte, now time.Duration) int {
	return w.add(b[:max(min(len(b), w.Size()-len(w.bytes)), 0)], now)
}

// add is Put where all of b has been taken from a socket already: it cannot be sent back when there is less room by now,
// as when a delay is over.
func (w *Wire) add(b []byte, now time.Duration) int {
	if w.finished || len(b) == 0 {
		return 0
	}
	w.bytes = append(w.bytes, b...)
	w.kept += len(b)
	w.collect(now)
	return len(b)
}

// collect lets go of bytes that need not wait for others. A full wire would never get more of them.
func (w *Wire) collect(now time.Duration) {
	n := w.kept
	switch buffer := w.conditions.Buffer; {
	case w.finished:
	case buffer == All:
		n = 0
	case buffer > 0:
		n -= n % buffer
	}
	w.leave(n, now)
}

// End says that an answer is whole: who collects passes on what it has.
func (w *Wire) End(now time.Duration) { w.leave(w.kept, now) }

// Finish says that nothing more will go in. The end comes out behind the last byte.
func (w *Wire) Finish(now time.Duration) {
	if !w.finished {
		w.finished = true
		w.End(now)
		w.times = append(w.times, stretch{0, w.due(now)}) // the end takes its time like a byte
	}
}

// leave gives n collected bytes the time when they may.
func (w *Wire) leave(n int, now time.Duration) {
	if n > 0 {
		w.kept -= n
		w.times = append(w.times, stretch{n, w.due(now)})
	}
}

func (w *Wire) due(now time.Duration) time.Duration {
	jitter := time.Duration(0)
	if w.conditions.Jitter > 0 {
		jitter = rand.N(w.conditions.Jitter + 1)
	}
	w.last = max(w.last, now+w.conditions.Delay+jitter)
	return w.last
}

// Cut loses all that is inside, and ends the wire at once.
func (w *Wire) Cut() { *w = Wire{finished: true, times: []stretch{{}}} }

// Take moves what may leave now into b. When that is nothing, wait is how long nothing will, if nothing changes; ended
// says that nothing will any more.
func (w *Wire) Take(b []byte, now time.Duration) (n int, wait time.Duration, ended bool) {
	c := w.conditions
	switch {
	case c.Mute:
		return 0, Never, false
	case now < c.Stall:
		return 0, c.Stall - now, false
	case len(w.times) == 0:
		return 0, Never, false
	case now < w.times[0].due:
		return 0, w.times[0].due - now, false
	}
	for _, s := range w.times {
		if s.due > now {
			break
		}
		n += s.n
	}
	if n == 0 { // only the end is left
		return 0, 0, true
	}
	if c.Throttle > 0 {
		if n, wait = w.spend(n, len(b), now); n == 0 {
			return 0, wait, false
		}
	}
	n = min(n, len(b))
	copy(b, w.bytes[:n])
	w.bytes = w.bytes[:copy(w.bytes, w.bytes[n:])]
	for rest := n; rest > 0; {
		s := &w.times[0]
		part := min(s.n, rest)
		s.n -= part
		if rest -= part; s.n == 0 {
			w.times = w.times[1:]
		}
	}
	if len(w.bytes) == 0 {
		w.bytes = nil // a large one is not kept for a small one
	}
	return n, 0, false
}

// burst is how much of a thin link's rate may leave at once: a tenth of a second's.
func burst(rate int) int { return max(rate/10, 1) }

// spend is how much of n the token bucket lets go, most at the most, or how long it takes to fill enough for half a burst:
// fewer bytes are not worth a packet.
func (w *Wire) spend(n, most int, now time.Duration) (int, time.Duration) {
	rate := w.conditions.Throttle
	w.tokens = min(w.tokens+(now-w.filled).Seconds()*float64(rate), float64(burst(rate)))
	w.filled = now
	want := min(n, max(burst(rate)/2, 1))
	if missing := float64(want) - w.tokens; missing > 0 {
		return 0, time.Duration(missing/float64(rate)*float64(time.Second)) + 1
	}
	n = min(n, most, int(w.tokens))
	w.tokens -= float64(n)
	return n, 0
}
