//go:build unix

package accept

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// Descriptors is how many files and sockets this process may have open. Go has raised the soft limit to the hard one.
func Descriptors() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur)
}

// openDescriptors is how many are open; where that cannot be told, a guess at what reading the host takes.
func openDescriptors() int {
	// Since Linux 6.2 the size of the directory is their number.
	if info, err := os.Stat("/proc/self/fd"); err == nil && info.Size() > 0 {
		return int(info.Size())
	}
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		f, err := os.Open(dir)
		if errors.Is(err, unix.EMFILE) {
			return Descriptors()
		}
		if err != nil {
			continue
		}
		defer f.Close()
		if names, err := f.Readdirnames(0); err == nil && len(names) > 3 { // FreeBSD shows three, whatever there is
			return len(names)
		}
	}
	return 64
}
