package collector

import (
	"context"
	"fmt"

	"github.com/shirou/gopsutil/v3/mem"
)

// Swap is swap space in bytes; all zero where there is none.
type Swap struct {
	Total uint64 `json:"total"`
	Used  uint64 `json:"used"`
	Free  uint64 `json:"free"`
}

// swapSource is for the systems where swap is not read together with memory.
func swapSource(r roots) Source {
	return Source{Name: "swap", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		stat, err := mem.SwapMemoryWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read swap: %w", err)
		}
		part := swapOf(stat.Total, stat.Free)
		return PartFunc(func(s *Snapshot) { s.Swap = part }), nil
	}}
}

func swapOf(total, free uint64) *Swap {
	return &Swap{Total: total, Used: without(total, free), Free: min(free, total)}
}
