package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/load"
)

// Load is the kernel's run-queue averages over 1, 5 and 15 minutes (proc_loadavg(5)); not a ratio.
type Load struct {
	One     float64 `json:"one"`
	Five    float64 `json:"five"`
	Fifteen float64 `json:"fifteen"`
}

func loadSource(r roots) Source {
	return Source{Name: "load", Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		avg, err := readLoad(ctx)
		if err != nil {
			return nil, fmt.Errorf("read load: %w", err)
		}
		part, err := loadOf(avg)
		if err != nil {
			return nil, fmt.Errorf("read load: %w", err)
		}
		return PartFunc(func(s *Snapshot) { s.Load = part }), nil
	}}
}

func readLoad(ctx context.Context) (*load.AvgStat, error) {
	if runtime.GOOS == "windows" {
		// gopsutil would make one up, in a goroutine that never ends.
		return nil, errors.New("windows has no load average")
	}
	return load.AvgWithContext(ctx)
}

func loadOf(avg *load.AvgStat) (*Load, error) {
	for _, v := range []float64{avg.Load1, avg.Load5, avg.Load15} {
		if _, ok := Known(v).Get(); !ok {
			return nil, fmt.Errorf("not a load average: %v", v)
		}
	}
	return &Load{One: avg.Load1, Five: avg.Load5, Fifteen: avg.Load15}, nil
}
