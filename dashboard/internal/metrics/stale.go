package metrics

import (
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	// stalePeriods is for how many of its periods the part of a source that fails is shown.
	stalePeriods = 5
	// leastPeriod is in seconds: of ten ticks a second a few may fail.
	leastPeriod = 1
)

// defaultPeriods is how often each default source is read, unless ticks are farther apart.
func defaultPeriods() map[string]time.Duration {
	periods := make(map[string]time.Duration)
	for _, source := range collector.DefaultSources() {
		periods[source.Name] = source.Every
	}
	return periods
}

// withoutStale is s less the parts that are old: a snapshot keeps what a source last read, and a graph cannot tell. A
// source that reads some of its part shows that.
func (e *Exporter) withoutStale(s *collector.Snapshot) *collector.Snapshot {
	interval, _ := s.Interval.Get()
	kept := s
	for i := range s.Sources {
		state := &s.Sources[i]
		age, known := state.Age.Get()
		period := max(e.periods[state.Name].Seconds(), interval, leastPeriod)
		if state.Partial || !known || age <= stalePeriods*period {
			continue
		}
		if kept == s {
			c := *s
			kept = &c
		}
		leaveOut(kept, state.Name)
	}
	return kept
}

// leaveOut takes from s what a source fills. Users, scopes and the uptime are on no page.
func leaveOut(s *collector.Snapshot, source string) {
	switch source {
	case "cpu":
		s.CPU = nil
	case "frequency":
		s.Frequency = nil
	case "load":
		s.Load = nil
	case "pressure":
		s.Pressure = nil
	case "memory":
		s.Memory = nil
	case "swap":
		s.Swap = nil
	case "paging":
		s.Paging = nil
	case "disks":
		s.Disks = nil
	case "filesystems":
		s.Filesystems = nil
	case "networks":
		s.Networks = nil
	case "sockets":
		s.Sockets = nil
	case "handles":
		s.Handles = nil
	case "sensors":
		s.Sensors = nil
	case "batteries":
		s.Batteries = nil
	case "gpus":
		s.GPUs = nil
	case "processes":
		s.Processes = nil
	case "units":
		s.Units = nil
	case "failed_units":
		s.FailedUnits = nil
	case "container":
		s.Container = nil
	case "neighbours":
		s.Neighbours = nil
	case "host":
		s.Host = nil
	case "self":
		s.Self = nil
	}
}
