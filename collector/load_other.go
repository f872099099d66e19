//go:build !linux

package collector

import (
	"context"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/load"
)

func loadSource(roots) Source {
	return Source{Name: "load", Read: func(ctx context.Context) (Part, error) {
		if runtime.GOOS == "windows" { // gopsutil would make one up, in a goroutine that never ends
			return nil, notHere("windows has no load average")
		}
		avg, err := load.AvgWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read load: %w", err)
		}
		for _, v := range [3]float64{avg.Load1, avg.Load5, avg.Load15} {
			if _, ok := Known(v).Get(); !ok {
				return nil, fmt.Errorf("read load: not a load average: %v", v)
			}
		}
		return &loadPart{Load{One: avg.Load1, Five: avg.Load5, Fifteen: avg.Load15}}, nil
	}}
}
