package collector

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

func selfSource() Source {
	var before time.Duration
	var at time.Time
	return Source{Name: "self", Read: func(ctx context.Context) (Part, error) {
		after, err := readSelf(ctx)
		if err != nil {
			return nil, fmt.Errorf("read own cost: %w", err)
		}
		now := time.Now()
		part := selfOf(before, after, between(at, now))
		before, at = after.cpu, now
		return PartFunc(func(s *Snapshot) { s.Self = part }), nil
	}}
}

// ownCost is what the operating system knows of this process.
type ownCost struct {
	cpu         time.Duration // since its start, user and system
	memory      uint64
	descriptors Number
}

func selfOf(before time.Duration, after ownCost, elapsed time.Duration) *Self {
	return &Self{
		CPU:         perSecondOf(before.Seconds(), after.cpu.Seconds(), elapsed),
		Memory:      after.memory,
		Goroutines:  runtime.NumGoroutine(),
		Descriptors: after.descriptors,
	}
}
