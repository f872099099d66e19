package doctor

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// On Linux three things are asked of the kernel.
func fill(h *Host) {
	h.Clock, h.Ring = kernelClock, kernelRing
}

// kernelClock is adjtimex(2), which sets nothing when it is told nothing.
func kernelClock() (synchronised bool, off time.Duration, err error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return false, 0, err
	}
	const unsynchronised, nanoseconds = 0x40, 0x2000 // STA_UNSYNC, STA_NANO of linux/timex.h
	unit := time.Microsecond
	if t.Status&nanoseconds != 0 {
		unit = time.Nanosecond
	}
	return state != unix.TIME_ERROR && t.Status&unsynchronised == 0, max(time.Duration(t.Offset)*unit, -time.Duration(t.Offset)*unit), nil
}

// kernelRing is io_uring_setup(2) for a ring of one entry, which is closed again.
func kernelRing() error {
	var parameters [120]byte // struct io_uring_params: all zero asks for nothing
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&parameters[0])), 0)
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}
