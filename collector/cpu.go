package collector

import (
	"context"
	"errors"
	"fmt"

	"github.com/shirou/gopsutil/v3/cpu"
)

// CPUTimes is where processor time went since the read before, as ratios; user to steal sum to 1.
type CPUTimes struct {
	Busy    Number `json:"busy"` // 1 - idle - iowait
	User    Number `json:"user"`
	Nice    Number `json:"nice"`
	System  Number `json:"system"`
	Idle    Number `json:"idle"`
	IOWait  Number `json:"iowait"`
	IRQ     Number `json:"irq"`
	SoftIRQ Number `json:"softirq"`
	Steal   Number `json:"steal"`
	// Guest is what virtual machines of this host had of user and nice: it is inside them, as the kernel counts it
	// (proc_stat(5)), and no further part of the sum.
	Guest Number `json:"guest"`
}

// CPU is the processors together and each by itself.
type CPU struct {
	CPUTimes
	// Per second, for the whole host.
	ContextSwitches Number `json:"context_switches"`
	Interrupts      Number `json:"interrupts"`
	Forks           Number `json:"forks"` // processes and threads started
	// Now: threads that run or wait for a processor, and those that wait for a disk (proc_stat(5)).
	Running Number `json:"running"`
	Blocked Number `json:"blocked"`
	Cores   []Core `json:"cores"`
	// Totals are since boot; unknown where the system does not tell.
	Totals CPUTotals `json:"-"`
}

// CPUTotals are counters since boot.
type CPUTotals struct {
	ContextSwitches, Interrupts, Forks Number
}

// Core is one logical processor. Names have gaps where cores are offline.
type Core struct {
	Name string `json:"name"` // "cpu0"
	CPUTimes
	// Seconds are the counters since boot that the ratios are of.
	Seconds CPUSeconds `json:"-"`
}

// CPUSeconds is processor time since boot, in seconds. Guest is inside User, and GuestNice inside Nice.
type CPUSeconds struct {
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal, Guest, GuestNice float64
}

func cpuSource(r roots) Source {
	var before map[string]cpu.TimesStat
	return Source{Name: "cpu", Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		after, err := readCPU(ctx)
		if err != nil {
			return nil, fmt.Errorf("read cpu times: %w", err)
		}
		part := cpuOf(before, after)
		before = make(map[string]cpu.TimesStat, len(after))
		for _, t := range after {
			before[t.CPU] = t
		}
		return PartFunc(func(s *Snapshot) { s.CPU = part }), nil
	}}
}

// readCPU reads the counters only: cpu.Percent keeps the readings before in gopsutil, one for the whole process, and
// takes processors by their place in a list, which changes when one goes offline.
func readCPU(ctx context.Context) ([]cpu.TimesStat, error) {
	times, err := cpu.TimesWithContext(ctx, true)
	if err == nil && len(times) == 0 { // how gopsutil says that it could not read
		err = errors.New("no processor found")
	}
	return times, err
}

// cpuOf takes processors by name: after one has gone offline there is a gap in the names, and one that has come back
// has no ratios until its second reading.
func cpuOf(before map[string]cpu.TimesStat, after []cpu.TimesStat) *CPU {
	part := &CPU{Cores: make([]Core, 0, len(after))}
	var sum cpu.TimesStat
	for _, t := range after {
		core := Core{Name: clean(t.CPU)}
		if b, ok := before[t.CPU]; ok {
			spent := cpuSpent(b, t)
			core.CPUTimes = cpuRatios(spent)
			sum = cpuSum(sum, spent)
		}
		part.Cores = append(part.Cores, core)
	}
	part.CPUTimes = cpuRatios(sum)
	return part
}

// cpuSpent is the time spent in each state between two readings. iowait may go down (proc_stat(5)), and so may idle
// when a processor comes back; that counts as none. Guest time is left out: it is inside user and nice.
func cpuSpent(before, after cpu.TimesStat) cpu.TimesStat {
	return cpu.TimesStat{
		User:    max(after.User-before.User, 0),
		Nice:    max(after.Nice-before.Nice, 0),
		System:  max(after.System-before.System, 0),
		Idle:    max(after.Idle-before.Idle, 0),
		Iowait:  max(after.Iowait-before.Iowait, 0),
		Irq:     max(after.Irq-before.Irq, 0),
		Softirq: max(after.Softirq-before.Softirq, 0),
		Steal:   max(after.Steal-before.Steal, 0),
	}
}

func cpuSum(a, b cpu.TimesStat) cpu.TimesStat {
	return cpu.TimesStat{
		User:    a.User + b.User,
		Nice:    a.Nice + b.Nice,
		System:  a.System + b.System,
		Idle:    a.Idle + b.Idle,
		Iowait:  a.Iowait + b.Iowait,
		Irq:     a.Irq + b.Irq,
		Softirq: a.Softirq + b.Softirq,
		Steal:   a.Steal + b.Steal,
	}
}

// cpuRatios divides by the time that was counted rather than by the clock: the counters go in steps of a clock tick,
// and only this sums to 1.
func cpuRatios(t cpu.TimesStat) CPUTimes {
	busy := t.User + t.Nice + t.System + t.Irq + t.Softirq + t.Steal
	total := busy + t.Idle + t.Iowait
	return CPUTimes{
		Busy:    ratio(busy, total),
		User:    ratio(t.User, total),
		Nice:    ratio(t.Nice, total),
		System:  ratio(t.System, total),
		Idle:    ratio(t.Idle, total),
		IOWait:  ratio(t.Iowait, total),
		IRQ:     ratio(t.Irq, total),
		SoftIRQ: ratio(t.Softirq, total),
		Steal:   ratio(t.Steal, total),
	}
}
