package collector

import "time"

// shortSuspend is what two clocks may differ by without that meaning a sleep: somebody may have set one of them.
const shortSuspend = 2 * time.Second

// A suspendWatch finds out for how long the machine was suspended (system sleep, systemd-suspend.service(8)): the
// monotonic clock stands still then, and another one does not. Setting the wall clock moves neither.
type suspendWatch struct {
	clock func() (time.Duration, bool) // the other one; false where it cannot be read
	start time.Time                    // what the monotonic clock is counted from
	ahead time.Duration                // at most so far was the other clock ahead, at the last look
	known bool
}

// look returns for how long the machine was suspended since the last look; 0 when it was not.
//
// Two clocks are not read at the same moment, and long may pass between the readings on a machine that is short of
// processors. So the monotonic one is read before and after: what is returned is the least that it can be.
func (w *suspendWatch) look() time.Duration {
	before := time.Since(w.start)
	other, ok := w.clock()
	after := time.Since(w.start)
	slept := other - after - w.ahead
	if !ok || !w.known || slept <= shortSuspend {
		slept = 0
	}
	w.ahead, w.known = other-before, ok
	return slept
}
