package collector

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is the wall time at which the host booted. CLOCK_BOOTTIME is what the kernel dates processes by
// (proc_pid_stat(5), starttime), to the hundredth of a second and inside a time namespace too.
func bootTime(context.Context) (time.Time, error) {
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-time.Duration(up.Nano())).Round(0), nil
}
