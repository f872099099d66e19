package collector

import (
	"context"
	"time"
	"unsafe"

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
	return readClock(unix.CLOCK_BOOTTIME)
}

// readClock does not tell the Go runtime of the call, which never waits: see kernelFile.readAt.
func readClock(id int32) (time.Duration, error) {
	var t unix.Timespec
	// The pointer is used within the call alone, as package unsafe wants it.
	if _, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, uintptr(id), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0, errno
	}
	return time.Duration(t.Nano()), nil
}
