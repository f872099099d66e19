package collector

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/windows"
)

// A selfReader reads what this process costs. Windows has no limit of descriptors: its handles are no small numbers.
type selfReader struct{}

func (selfReader) read(time.Time) (ownCost, error) {
	_, cpu, err := ownTimes()
	if err != nil {
		return ownCost{}, err
	}
	memory, err := (&process.Process{Pid: int32(os.Getpid())}).MemoryInfoWithContext(context.Background())
	if err != nil {
		return ownCost{}, err
	}
	return ownCost{cpu: cpu, memory: memory.RSS}, nil
}

func ownStart(context.Context) time.Time {
	started, _, err := ownTimes()
	if err != nil {
		return time.Time{}
	}
	return started
}

func ownTimes() (started time.Time, cpu time.Duration, err error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return time.Time{}, 0, err
	}
	return time.Unix(0, created.Nanoseconds()), hundredNanoseconds(kernel) + hundredNanoseconds(user), nil
}

// hundredNanoseconds is a FILETIME that is no time but a duration.
func hundredNanoseconds(t windows.Filetime) time.Duration {
	return time.Duration(t.HighDateTime)<<32*100 + time.Duration(t.LowDateTime)*100
}
