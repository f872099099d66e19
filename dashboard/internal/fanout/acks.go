package fanout

import (
	"errors"
	"syscall"
	"time"
)

// The kernel takes more than a small viewer does, and its own limit for what is not acknowledged (TCP_USER_TIMEOUT) goes
// on counting while a viewer with a small window reads, slowly but all the time: tcp_ack_probe forgets the probes of a full
// window only when the whole next segment fits. So what is acknowledged is looked at here.

// looksApart is how many ticks a line is not asked for.
const looksApart = 8

// quietError is how much less the kernel may say than has passed: it counts in its own ticks.
const quietError = 50 * time.Millisecond

// An ack is how far a viewer had acknowledged what it was sent when that was seen to change last.
type ack struct {
	bytes uint64
	since time.Duration
}

// A sight is what the kernel says of a connection that has bytes under way.
type sight struct {
	acked uint64        // bytes, since it began
	quiet time.Duration // since its end last acknowledged anything, and be it again: one without room does so when it is probed
	asked bool          // and has been probed, or sent something again, since then
}

// still judges a line that has had bytes under way for a while. An error is its end: nothing of them was taken for half as
// long again as a write may take.
func (l *line) still(was ack, is sight, now time.Duration) (ack, error) {
	if is.acked != was.bytes {
		return ack{is.acked, now}, nil
	}
	if now-was.since < l.fanout.config.WriteTimeout*3/2 {
		return was, nil
	}
	if l.reason == 0 {
		l.reason = Slow
		if is.quiet+quietError >= now-was.since {
			l.reason = Silent
		}
	}
	return was, errDone
}

// full judges a line that is cut because its connection took nothing: whose end has not answered all the while is not slow,
// but gone. The kernel's buffer may be full long before still has waited. Probes of who has no room come ever more rarely.
func (l *line) full(is sight, now time.Duration) {
	if l.reason == Slow && is.asked && is.quiet+quietError >= now-l.spoke {
		l.reason = Silent
	}
}

// broken takes the error that a connection has ended with: the kernel's own limits are for who does not answer, and of a
// neighbour that does not, it may say what it was told of the way there.
func (l *line) broken(err error) {
	if l.reason != 0 {
		return
	}
	for _, gone := range []error{syscall.ETIMEDOUT, syscall.EHOSTUNREACH, syscall.ENETUNREACH} {
		if errors.Is(err, gone) {
			l.reason = Silent
		}
	}
}
