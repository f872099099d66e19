//go:build !linux

package collector

import (
	"context"
	"fmt"

	"github.com/shirou/gopsutil/v3/mem"
)

// swapSource is for the systems where swap is not read together with memory.
func swapSource(roots) Source {
	return Source{Name: "swap", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		stat, err := mem.SwapMemoryWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read swap: %w", err)
		}
		swap := swapOf(stat.Total, stat.Free)
		return PartFunc(func(s *Snapshot) { s.Swap = &swap }), nil
	}}
}
