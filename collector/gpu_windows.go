package collector

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

const smiProgram = "nvidia-smi.exe"

// smiDirs asks the system where it is: the environment may say anything.
func smiDirs() []string {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil
	}
	return []string{dir}
}

func mayRun(string) bool { return true } // the directory is the system's

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.IDLE_PRIORITY_CLASS}
}

func killGroup(p *os.Process) error { return p.Kill() }

func beNice(int) {}
