//go:build unix && !linux

package collector

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// A selfReader reads what this process costs. Memory is not read here: gopsutil would run ps.
type selfReader struct {
	limitsRead  time.Time
	descriptors Number
	limit       Number
}

func (r *selfReader) read(now time.Time) (ownCost, error) {
	cpu, err := ownTime()
	if err != nil {
		return ownCost{}, err
	}
	if r.limitsRead.IsZero() || now.Sub(r.limitsRead) >= limitsEvery {
		r.limitsRead, r.limit, r.descriptors = now, descriptorLimit(), countDescriptors("/dev/fd")
	}
	return ownCost{cpu: cpu, descriptors: r.descriptors, limit: r.limit}, nil
}

func ownStart(ctx context.Context) time.Time {
	ms, err := (&process.Process{Pid: int32(os.Getpid())}).CreateTimeWithContext(ctx)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
