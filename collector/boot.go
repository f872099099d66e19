package collector

import "time"

// bootOf keeps the boot time that is known as long as a new one is no other: it comes from two clocks, which are not
// read at one moment. It is another when the clock of the host was set, and so is what is reckoned from it.
func bootOf(known, found time.Time) time.Time {
	if d := found.Sub(known); known.IsZero() || d > time.Second || d < -time.Second {
		return found
	}
	return known
}
