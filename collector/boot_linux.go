package collector

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is the wall time at which the host booted.
func bootTime(context.Context) (time.Time, error) {
	up, err := bootClock()
	if err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-up).Round(0), nil
}

// bootClock is the time since the host booted. CLOCK_BOOTTIME is what the kernel dates processes by
// (proc_pid_stat(5), starttime), to the hundredth of a second and inside a time namespace too.
func bootClock() (time.Duration, error) {
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return 0, err
	}
	return time.Duration(up.Nano()), nil
}
