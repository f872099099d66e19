//go:build !linux

package e2e

import "syscall"

// tied: nothing ties a command to us here.
func tied(syscall.Signal) *syscall.SysProcAttr { return nil }
