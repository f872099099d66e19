package doctor

import (
	"errors"
	"syscall"
)

// ring: may it have many connections read and written by one system call? Without it each takes one of its own.
func ring(h *Host) Finding {
	err := h.Ring()
	if err == nil {
		return ok("io_uring may be used")
	}
	if disabled, e := h.proc("sys", "kernel", "io_uring_disabled"); e == nil && disabled != "0" {
		return warn("io_uring is off (kernel.io_uring_disabled="+disabled+"): thousands of viewers cost more CPU", "sysctl kernel.io_uring_disabled=0, if there are thousands")
	}
	if errors.Is(err, syscall.ENOSYS) {
		return warn("the kernel has no io_uring: thousands of viewers cost more CPU", "Linux 5.6 has it")
	}
	return warn("io_uring is refused ("+err.Error()+"): thousands of viewers cost more CPU", "a container's seccomp profile does that; it matters with thousands only")
}
