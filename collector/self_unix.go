//go:build unix

package collector

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ownTime is the processor time of this process, exact to the microsecond, where /proc counts in hundredths.
func ownTime() (time.Duration, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// descriptorLimit is the soft limit, which prlimit(1) may change at any time.
func descriptorLimit() Number {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	if err != nil || uint64(limit.Cur) >= 1<<62 { // RLIM_INFINITY is one of several such numbers
		return Number{}
	}
	return Known(float64(limit.Cur))
}

// countDescriptors lists them in a directory that has an entry for each. That takes longer the more there are, and each
// viewer has one.
func countDescriptors(dir string) Number {
	f, err := os.Open(dir)
	if err != nil {
		return Number{}
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return Number{}
	}
	return Known(float64(len(names) - 1)) // one of them is f
}
