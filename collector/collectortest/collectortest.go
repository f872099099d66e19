// Package collectortest has made-up readings for tests: whole snapshots, and sources that give them out and fail, hang
// and panic when they are told to.
//
// Everything is a function of a number: Snapshot(n) is the same on every machine, at every time, and so is its JSON.
// Waves (CPU, traffic) go up and down within a minute, steps (memory, swap) jump every ten snapshots, so that a chart,
// a gauge and a threshold all have something to show. Some names are hostile on purpose.
package collectortest

import (
	"context"
	"errors"
	"fmt"

	"github.com/fivewire/fivewire/collector"
)

// An Act is what one read of a source does.
type Act int

const (
	Answer Act = iota // returns its part
	Fail              // returns an error
	Hang              // returns when its context has ended, and not before
	Panic             // panics
)

// A Script says, by the name of a source, what its first reads do, one after the other. Those that follow answer. The
// first read is the one that a collector makes at its start and does not show.
type Script map[string][]Act

// Sources has a source for each part of a snapshot, named as the default ones are: read number n, from 0, gives that
// part of Snapshot(n), if the script does not say otherwise. It panics when the script names another source.
func Sources(script Script) []collector.Source {
	sources := []collector.Source{
		source("cpu", func(to, from *collector.Snapshot) { to.CPU = from.CPU }),
		source("frequency", func(to, from *collector.Snapshot) { to.Frequency = from.Frequency }),
		source("load", func(to, from *collector.Snapshot) { to.Load = from.Load }),
		source("pressure", func(to, from *collector.Snapshot) { to.Pressure = from.Pressure }),
		source("memory", func(to, from *collector.Snapshot) { to.Memory, to.Swap = from.Memory, from.Swap }),
		source("paging", func(to, from *collector.Snapshot) { to.Paging = from.Paging }),
		source("disks", func(to, from *collector.Snapshot) { to.Disks = from.Disks }),
		source("filesystems", func(to, from *collector.Snapshot) {
			to.Filesystems, to.HiddenMounts = from.Filesystems, from.HiddenMounts
		}),
		source("networks", func(to, from *collector.Snapshot) { to.Networks = from.Networks }),
		source("sockets", func(to, from *collector.Snapshot) { to.Sockets = from.Sockets }),
		source("handles", func(to, from *collector.Snapshot) { to.Handles = from.Handles }),
		source("sensors", func(to, from *collector.Snapshot) { to.Sensors = from.Sensors }),
		source("batteries", func(to, from *collector.Snapshot) { to.Batteries = from.Batteries }),
		source("gpus", func(to, from *collector.Snapshot) { to.GPUs = from.GPUs }),
		source("processes", func(to, from *collector.Snapshot) { to.Processes = from.Processes }),
		source("units", func(to, from *collector.Snapshot) { to.Units = from.Units }),
		source("failed_units", func(to, from *collector.Snapshot) { to.FailedUnits = from.FailedUnits }),
		source("users", func(to, from *collector.Snapshot) { to.Users = from.Users }),
		source("container", func(to, from *collector.Snapshot) { to.Container = from.Container }),
		source("neighbours", func(to, from *collector.Snapshot) { to.Neighbours = from.Neighbours }),
		source("scopes", func(to, from *collector.Snapshot) { to.Scopes = from.Scopes }),
		source("host", func(to, from *collector.Snapshot) { to.Host = from.Host }),
		source("uptime", func(to, from *collector.Snapshot) { to.Uptime = from.Uptime }),
		source("self", func(to, from *collector.Snapshot) { to.Self = from.Self }),
	}
	left := len(script)
	for i, s := range sources {
		if acts, ok := script[s.Name]; ok {
			sources[i] = act(s, acts)
			left--
		}
	}
	if left > 0 {
		panic(fmt.Sprintf("collectortest: the script names a source that is not there: %v", script))
	}
	return sources
}

// source gives out one part of the snapshots, copied by add.
func source(name string, add func(to, from *collector.Snapshot)) collector.Source {
	n := -1
	return collector.Source{Name: name, Read: func(context.Context) (collector.Part, error) {
		n++
		from := Snapshot(n)
		return collector.PartFunc(func(to *collector.Snapshot) { add(to, &from) }), nil
	}}
}

// act makes the first reads of s do as they are told.
func act(s collector.Source, acts []Act) collector.Source {
	read := s.Read
	n := -1
	s.Read = func(ctx context.Context) (collector.Part, error) {
		part, err := read(ctx) // counts, whatever this read does
		n++
		if n >= len(acts) {
			return part, err
		}
		switch acts[n] {
		case Fail:
			return nil, errors.New("read " + s.Name + ": told to fail")
		case Hang:
			<-ctx.Done()
			return nil, ctx.Err()
		case Panic:
			panic("told to panic")
		}
		return part, err
	}
	return s
}
