package command

import (
	"os"
	"runtime"
	"time"
)

// longestAlone bounds for how long who has just come may be served on one processor: until the next tick.
const longestAlone = 2 * time.Second

// FewerProcessors has the Go runtime make do with one processor while nobody looks, and gives it all of them at the next tick
// after somebody has come. A tick is the work of one goroutine after the other: whenever one wakes the next, the runtime wakes
// a thread for each processor that is idle, to see whether there is more to do, and that thread finds nothing. It returns what
// a collector's Watched shall be in the place of watched. What GOMAXPROCS says stays.
func FewerProcessors(interval time.Duration, watched func() bool) func() bool {
	if os.Getenv("GOMAXPROCS") != "" || interval > longestAlone {
		return watched
	}
	return fewerProcessors(watched, setProcessors)
}

func fewerProcessors(watched func() bool, set func(one bool)) func() bool {
	one := false
	return func() bool {
		is := watched()
		if one == is {
			one = !is
			set(one)
		}
		return is
	}
}

func setProcessors(one bool) {
	if one {
		runtime.GOMAXPROCS(1)
	} else {
		runtime.SetDefaultGOMAXPROCS() // and goes by the control group's limit again
	}
}
