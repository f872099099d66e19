//go:build !linux

package crowd

import "syscall"

// tied: nothing but the pipe ties the child to us here.
func tied() *syscall.SysProcAttr { return nil }
