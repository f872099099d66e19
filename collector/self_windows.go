package collector

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

func readSelf(ctx context.Context) (ownCost, error) {
	self := &process.Process{Pid: int32(os.Getpid())}
	times, err := self.TimesWithContext(ctx)
	if err != nil {
		return ownCost{}, err
	}
	memory, err := self.MemoryInfoWithContext(ctx)
	if err != nil {
		return ownCost{}, err
	}
	return ownCost{
		cpu:    time.Duration((times.User + times.System) * float64(time.Second)),
		memory: memory.RSS,
	}, nil
}
