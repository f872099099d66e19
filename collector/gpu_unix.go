//go:build unix

package collector

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const smiProgram = "nvidia-smi"

// smiDirs is where packages, the driver's own installer, WSL and NixOS put it.
func smiDirs() []string {
	return []string{"/usr/bin", "/usr/local/bin", "/usr/lib/wsl/lib", "/opt/bin", "/opt/nvidia/bin", "/run/current-system/sw/bin"}
}

// mostLinks is how many links a path may have, as in the kernel (path_resolution(7)).
const mostLinks = 40

// mayRun: the program, each directory on the way to it and each link there are root's or our own, and nobody else may
// write to them. So nobody can put another program there, now or between this look and the start.
func mayRun(path string) bool {
	at, rest := "/", path
	stat, err := os.Lstat(at)
	for links := 0; ; {
		if err != nil || !isOurs(stat) {
			return false
		}
		if stat.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if links++; err != nil || links > mostLinks {
				return false
			}
			at, rest = filepath.Dir(at), target+"/"+rest
			if filepath.IsAbs(target) {
				at = "/"
			}
		}
		var name string
		if name, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/"); name == "" {
			return stat.Mode().IsRegular() && stat.Mode()&0o111 != 0
		}
		at = filepath.Join(at, name) // which has no links in it but the last, so .. is what it seems
		stat, err = os.Lstat(at)
	}
}

// isOurs: nobody but root and our user may change it. In a directory with the sticky bit others may make files, but not
// touch those that are there.
func isOurs(stat fs.FileInfo) bool {
	owner, ok := stat.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid != 0 && int64(owner.Uid) != int64(os.Geteuid()) {
		return false
	}
	switch mode := stat.Mode(); {
	case mode&fs.ModeSymlink != 0: // all bits are set, and mean nothing
		return true
	case mode.IsDir() && mode&fs.ModeSticky != 0:
		return true
	default:
		return mode&0o022 == 0
	}
}

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
