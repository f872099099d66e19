package collector

import "time"

// sleeplessClock reads a clock that goes on while the machine is suspended, and that setting the time does not touch.
func sleeplessClock() (time.Duration, bool) {
	d, err := bootClock()
	return d, err == nil
}
