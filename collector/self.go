package collector

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Self is what this process costs.
type Self struct {
	CPU         Number `json:"cpu"`    // cores in use
	Memory      uint64 `json:"memory"` // resident set in bytes
	Heap        uint64 `json:"heap"`   // of it, live objects of the Go heap and those not yet swept, in bytes
	Goroutines  int    `json:"goroutines"`
	Descriptors Number `json:"descriptors"` // open files and sockets
	// MaxDescriptors is how many it may have open.
	MaxDescriptors Number     `json:"max_descriptors"`
	GCs            Number     `json:"gcs"`  // garbage collections per second
	Sent           Number     `json:"sent"` // bytes per second to viewers; whoever sends fills it in
	Totals         SelfTotals `json:"-"`
}

// SelfTotals are counters since this process started, and what else Prometheus wants to know.
type SelfTotals struct {
	CPUSeconds float64
	Virtual    Number // bytes of address space
	Started    time.Time
}

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
