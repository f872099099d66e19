package resident

import (
	"os"

	"golang.org/x/sys/unix"
)

// Find looks where the program's file is in memory, as it is in the file. That does not change as long as it runs.
func Find() (Program, error) {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return Program{}, err
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return Program{}, err
	}
	return Program{segments(string(smaps), path)}, nil
}

// Release gives back the pages of the program's file. Pages that had been written to when it was looked for are not among
// them: those of a debugger that came later are, and its breakpoints with them.
func (p Program) Release() error {
	for _, s := range p.segments {
		// MADV_DONTNEED (madvise(2)) of a private mapping of a file that has no pages of its own loses nothing.
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, s.from, s.to-s.from, unix.MADV_DONTNEED); errno != 0 {
			return os.NewSyscallError("madvise", errno)
		}
	}
	return nil
}
