package resident

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// Release gives back the pages of the program's file that nobody has written to. It looks for them each time, for a tenth of a
// millisecond: a debugger may have come meanwhile, and its breakpoints are such pages.
func Release() error {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	file, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer file.Close()
	var smaps bytes.Buffer
	smaps.Grow(32 << 10)
	if _, err := smaps.ReadFrom(file); err != nil {
		return err
	}
	for _, s := range segments(smaps.String(), path) {
		// MADV_DONTNEED (madvise(2)) of a private mapping of a file that has no pages of its own loses nothing.
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, s.from, s.to-s.from, unix.MADV_DONTNEED); errno != 0 {
			return os.NewSyscallError("madvise", errno)
		}
	}
	return nil
}
