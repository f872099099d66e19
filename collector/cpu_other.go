//go:build !linux

package collector

import (
	"context"
	"errors"

	"github.com/shirou/gopsutil/v3/cpu"
)

type cpuReader struct{}

func newCPUReader(roots) cpuReader { return cpuReader{} }

// read reads the counters only: cpu.Percent keeps the readings before in gopsutil, one for the whole process, and takes
// processors by their place in a list.
func (cpuReader) read(ctx context.Context, into *cpuReading) error {
	*into = cpuReading{cores: into.cores[:0], tick: 1e6}
	times, err := cpu.TimesWithContext(ctx, true)
	if err != nil {
		return err
	}
	if len(times) == 0 { // how gopsutil says that it could not read
		return errors.New("no processor found")
	}
	for i, t := range times { // it numbers them by itself
		ticks := into.add(uint64(i))
		for state, seconds := range [cpuStates]float64{t.User, t.Nice, t.System, t.Idle, t.Iowait, t.Irq, t.Softirq, t.Steal,
			t.Guest, t.GuestNice} {
			ticks[state] = microseconds(seconds)
		}
	}
	return nil
}

func microseconds(seconds float64) uint64 {
	v, _ := Known(seconds).Get()
	return uint64(min(v*1e6, 1<<62))
}
