package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/mem"
)

// memorySource fills memory and, on Linux, swap: both are in /proc/meminfo. Elsewhere swap is swapSource's.
func memorySource() Source {
	return Source{Name: "memory", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		stat, err := readMemory(ctx)
		if err != nil {
			return nil, fmt.Errorf("read memory: %w", err)
		}
		memory := memoryOf(stat)
		if runtime.GOOS != "linux" {
			return PartFunc(func(s *Snapshot) { s.Memory = memory }), nil
		}
		swap := swapOf(stat.SwapTotal, stat.SwapFree)
		return PartFunc(func(s *Snapshot) { s.Memory, s.Swap = memory, swap }), nil
	}}
}

func readMemory(ctx context.Context) (*mem.VirtualMemoryStat, error) {
	stat, err := mem.VirtualMemoryWithContext(ctx)
	if err == nil && stat.Total == 0 { // how gopsutil says that it could not read
		err = errors.New("no total")
	}
	return stat, err
}

// memoryOf reckons used memory itself: gopsutil's Used leaves out tmpfs and shared memory, which nobody gets back by
// dropping caches. Cached has the reclaimable slab in it already.
func memoryOf(stat *mem.VirtualMemoryStat) *Memory {
	return &Memory{
		Total:     stat.Total,
		Available: min(stat.Available, stat.Total),
		Used:      without(stat.Total, stat.Available),
		Free:      stat.Free,
		Buffers:   stat.Buffers,
		Cached:    stat.Cached,
		Shared:    stat.Shared,
	}
}
