//go:build unix

package collector

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const smiProgram = "nvidia-smi"

// smiDirs is where packages, the driver's own installer, WSL and NixOS put it.
func smiDirs() []string {
	return []string{"/usr/bin", "/usr/local/bin", "/usr/lib/wsl/lib", "/opt/bin", "/opt/nvidia/bin", "/run/current-system/sw/bin"}
}

func mayRun(mode fs.FileMode) bool { return mode&0o111 != 0 && mode&0o022 == 0 }

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killGroup leaves nobody behind that the program has started.
func killGroup(p *os.Process) error {
	if err := unix.Kill(-p.Pid, unix.SIGKILL); err != nil {
		return p.Kill()
	}
	return nil
}

// beNice: it may wait.
func beNice(pid int) { _ = unix.Setpriority(unix.PRIO_PGRP, pid, 10) }
