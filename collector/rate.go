package collector

import "time"

// perSecond is the rate of a counter that read before and then, elapsed later, after.
//
// A counter that went down has started again (the device was taken out and put back, the driver was loaded anew) or
// has wrapped at a width nobody knows: how far it went is unknown, and so is the rate. It is never a spike. Elapsed comes
// from between, and is monotonic time: a step of the wall clock does not change it.
func perSecond(before, after uint64, elapsed time.Duration) Number {
	if after < before || elapsed <= 0 {
		return Number{}
	}
	return Known(float64(after-before) / elapsed.Seconds())
}

// perSecondOf is perSecond for a counter of seconds, such as processor time.
func perSecondOf(before, after float64, elapsed time.Duration) Number {
	if elapsed <= 0 {
		return Number{}
	}
	return Known((after - before) / elapsed.Seconds()) // unknown when it went down
}

// between is the time from one reading to the next. Before the first reading there was none, and no rate: 0.
func between(before, now time.Time) time.Duration {
	if before.IsZero() {
		return 0
	}
	return now.Sub(before)
}

// ratio is part / whole, at most 1; unknown for a part of nothing.
func ratio(part, whole float64) Number {
	if whole <= 0 {
		return Number{}
	}
	return Known(min(part/whole, 1))
}

// without is whole - part, and 0 where the two were not read at the same moment and part is the larger.
func without(whole, part uint64) uint64 {
	return whole - min(part, whole)
}

// A counter is a number as the kernel gave it, if it did.
type counter struct {
	value uint64
	known bool
}

// number is the counter itself.
func (c counter) number() Number {
	if !c.known {
		return Number{}
	}
	return Known(float64(c.value))
}

// since is the rate since an earlier reading of it.
func (c counter) since(before counter, elapsed time.Duration) Number {
	if !c.known || !before.known {
		return Number{}
	}
	return perSecond(before.value, c.value, elapsed)
}
