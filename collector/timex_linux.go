package collector

import "golang.org/x/sys/unix"

// readTimex is nil where the kernel may not be asked, as by a service that may touch no clock.
func readTimex() *Clock {
	var t unix.Timex // adjtimex(2) sets nothing when it is told nothing
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return nil
	}
	return timexOf(state, &t)
}

func timexOf(state int, t *unix.Timex) *Clock {
	const (
		nanoseconds = 0x2000        // STA_NANO of linux/timex.h
		millionth   = 1e6 * 0x10000 // of a frequency, in 65536ths
	)
	unit := 1e6
	if t.Status&nanoseconds != 0 {
		unit = 1e9
	}
	return &Clock{
		Synchronised: state != unix.TIME_ERROR,
		Offset:       float64(t.Offset) / unit,
		Frequency:    1 + float64(t.Freq)/millionth,
		MaxError:     float64(t.Maxerror) / 1e6,
		Error:        float64(t.Esterror) / 1e6,
		Tick:         float64(t.Tick) / 1e6,
		TimeConstant: float64(t.Constant),
		TAI:          float64(t.Tai),
		Status:       float64(t.Status),
	}
}
