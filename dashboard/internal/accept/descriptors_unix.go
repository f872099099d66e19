//go:build unix

package accept

import (
	"math"

	"golang.org/x/sys/unix"
)

// descriptors is how many files and sockets this process may have open. Go has raised the soft limit to the hard one.
func descriptors() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur)
}
