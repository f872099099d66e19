//go:build !linux

package collector

import (
	"context"
	"errors"
	"fmt"

	"github.com/shirou/gopsutil/v3/mem"
)

func memorySource(r roots) Source {
	return Source{Name: "memory", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		stat, err := mem.VirtualMemoryWithContext(ctx)
		if err == nil && stat.Total == 0 { // how gopsutil says that it could not read
			err = errors.New("no total")
		}
		if err != nil {
			return nil, fmt.Errorf("read memory: %w", err)
		}
		memory := memoryOf(stat)
		return PartFunc(func(s *Snapshot) { s.Memory = memory }), nil
	}}
}

// memoryOf reckons used memory itself: gopsutil's Used is another on each system.
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
