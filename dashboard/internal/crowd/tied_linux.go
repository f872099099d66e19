package crowd

import "syscall"

// tied: the kernel kills the child when the thread that started it goes, and a Ctrl-C at the terminal is for us alone:
// viewers first, in order.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
