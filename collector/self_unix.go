//go:build unix

package collector

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

func readSelf(context.Context) (ownCost, error) {
	var usage unix.Rusage // exact to the microsecond, where /proc counts in hundredths
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return ownCost{}, err
	}
	return ownCost{
		cpu:         time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		memory:      ownMemory(),
		descriptors: ownDescriptors(),
	}, nil
}

// ownMemory is the resident set on Linux. Elsewhere it is what the Go runtime has from the system, which leaves out
// the program's text; gopsutil would run ps. These files are the reader's own, so HOST_PROC has no say.
func ownMemory() uint64 {
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(statm); len(fields) > 1 {
			if pages, err := strconv.ParseUint(string(fields[1]), 10, 64); err == nil {
				return pages * uint64(os.Getpagesize())
			}
		}
	}
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	if samples[0].Value.Kind() != metrics.KindUint64 || samples[1].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return without(samples[0].Value.Uint64(), samples[1].Value.Uint64())
}

// ownDescriptors asks Linux for the size of /proc/self/fd, which is their number (since 6.2; 0 before). To list them
// takes longer the more there are, and each viewer has one.
func ownDescriptors() Number {
	var stat unix.Stat_t
	if err := unix.Stat("/proc/self/fd", &stat); err == nil && stat.Size > 0 {
		return Known(float64(stat.Size))
	}
	dir := "/proc/self/fd"
	if runtime.GOOS == "darwin" {
		dir = "/dev/fd"
	}
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
