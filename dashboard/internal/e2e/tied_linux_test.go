package e2e

import "syscall"

// tied has the kernel send a command a signal when we end in whatever way, at a time limit too. It does so when the thread that has
// started it goes; Go's threads stay, but for those that a goroutine has locked and not given back.
func tied(signal syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: signal}
}
