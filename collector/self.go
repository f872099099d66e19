package collector

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
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
	GCs        uint64
	Virtual    Number    // bytes of address space; unknown where the system does not tell
	Started    time.Time // zero where the system does not tell
}

// limitsEvery is how often to read what takes long (a list of descriptors, where it is needed) and what hardly changes.
const limitsEvery = 10 * time.Second

type selfPart struct{ self Self }

func (p *selfPart) AddTo(s *Snapshot) { s.Self = &p.self }

// selfSource is read every second at most: a tick of a tenth of one should not be spent on what ticks cost.
func selfSource() Source {
	var reader selfReader // self_linux.go, self_notlinux.go, self_windows.go
	samples := goSamples()
	var started time.Time
	var before ownCost
	var at time.Time
	return Source{Name: "self", Every: time.Second, Read: func(ctx context.Context) (Part, error) {
		now := time.Now()
		after, err := reader.read(now)
		if err != nil {
			return nil, fmt.Errorf("read own cost: %w", err)
		}
		metrics.Read(samples)
		after.goRuntime(samples)
		if at.IsZero() {
			started = ownStart(ctx)
		}
		part := &selfPart{selfOf(before, after, between(at, now))}
		part.self.Totals.Started = started
		before, at = after, now
		return part, nil
	}}
}

// ownCost is what the operating system and the Go runtime know of this process.
type ownCost struct {
	cpu         time.Duration // since its start, user and system
	memory      uint64        // 0 where the system does not tell
	virtual     Number
	descriptors Number
	limit       Number // of descriptors

	heap       uint64
	held       uint64 // what the Go runtime has from the system, without the program's text
	gcs        uint64
	goroutines int
}

// goSamples are what is read of the Go runtime. To read them does not stop the program, as runtime.ReadMemStats does.
func goSamples() []metrics.Sample {
	return []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
}

// goRuntime fills in what the samples say. A runtime that does not know one has a zero there.
func (c *ownCost) goRuntime(samples []metrics.Sample) {
	value := func(i int) uint64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return samples[i].Value.Uint64()
	}
	c.heap, c.gcs, c.held = value(0), value(1), without(value(2), value(3))
	c.goroutines = runtime.NumGoroutine()
}

func selfOf(before, after ownCost, elapsed time.Duration) Self {
	self := Self{
		CPU:            perSecondOf(before.cpu.Seconds(), after.cpu.Seconds(), elapsed),
		Memory:         after.memory,
		Heap:           after.heap,
		Goroutines:     after.goroutines,
		Descriptors:    after.descriptors,
		MaxDescriptors: after.limit,
		GCs:            perSecond(before.gcs, after.gcs, elapsed),
		Totals:         SelfTotals{CPUSeconds: after.cpu.Seconds(), GCs: after.gcs, Virtual: after.virtual},
	}
	if self.Memory == 0 {
		self.Memory = after.held
	}
	return self
}
