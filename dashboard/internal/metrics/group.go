package metrics

import "github.com/fivewire/fivewire/collector"

// groups are control groups: the one this process runs in, and those of the apps beside it.
func (e *Exporter) groups(w *sheet, s *collector.Snapshot, _ Facts) {
	if s.Container != nil {
		w.group("fivewire_container_", s.Container)
	}
	for i := range s.Neighbours {
		w.group("fivewire_neighbour_", &s.Neighbours[i], "name", "path")
	}
}

// group writes one control group. With labels, they are its name and path; without, it is the only one.
func (w *sheet) group(prefix string, g *collector.Cgroup, labels ...string) {
	which := func(more ...string) []string {
		if len(labels) == 0 {
			return more
		}
		return append([]string{g.Name, g.Path}, more...)
	}
	gauge := func(name, help string, n collector.Number) {
		w.gauge(prefix+name, help, labels...).known(n, which()...)
	}
	counter := func(name, help string, n collector.Number) {
		w.counter(prefix+name, help, labels...).known(n, which()...)
	}
	w.gauge(prefix+"info", "A control group; always 1.", "name", "path", "version").add(1, g.Name, g.Path, g.Version)

	gauge("cpu_limit_cores", "Cores that it may use.", g.CPULimit)
	gauge("cpu_cores", "Cores that it uses.", g.CPU)
	gauge("cpu_throttled_ratio", "Ratio of its periods in which it was held back.", g.Throttled)
	gauge("cpus", "Processors that it may run on.", g.CPUs)

	gauge("memory_limit_bytes", "Memory that it may use.", g.MemoryLimit)
	gauge("memory_high_bytes", "Memory above which it is slowed down and has to give some back.", g.MemoryHigh)
	gauge("memory_pressed_ratio", "Ratio of memory in use to its limit, the greatest of the group and those above it.", g.MemoryPressed)
	gauge("memory_working_set_bytes", "Memory in use, less file pages that are idle.", g.WorkingSet)
	gauge("memory_usage_bytes", "Memory in use.", g.Memory)
	gauge("memory_anonymous_bytes", "Memory in use that no file backs.", g.Anonymous)
	gauge("memory_file_bytes", "Memory in use that files back.", g.File)
	gauge("memory_shared_bytes", "Memory in use that is shared; it is in that of files.", g.Shared)
	gauge("memory_slab_reclaimable_bytes", "Memory of the kernel's objects that can be got back.", g.SlabReclaimable)
	gauge("memory_peak_bytes", "The most memory that was in use.", g.Peak)
	gauge("memory_swap_bytes", "Swap space in use.", g.Swap)
	counter("memory_high_events_total", "Times it exceeded the memory above which it is slowed down.", g.HighEvents)
	counter("memory_limit_events_total", "Times it met its limit of memory.", g.LimitEvents)
	counter("oom_kills_total", "Its processes that were killed for want of memory.", g.OOMKills)

	gauge("tasks", "Its processes and threads.", g.Tasks)
	gauge("tasks_limit", "Processes and threads that it may have.", g.TasksLimit)

	if g.Pressure == nil {
		return
	}
	byResource := append(labels[:len(labels):len(labels)], "resource")
	waiting := w.counter(prefix+"pressure_waiting_seconds_total", "Time in which at least one of its tasks waited for a resource.", byResource...)
	stalled := w.counter(prefix+"pressure_stalled_seconds_total", "Time in which all of its tasks waited for a resource.", byResource...)
	for _, r := range []struct {
		name  string
		stall *collector.Stall
	}{{"cpu", g.Pressure.CPU}, {"memory", g.Pressure.Memory}, {"io", g.Pressure.IO}, {"irq", g.Pressure.IRQ}} {
		if r.stall != nil {
			waiting.known(r.stall.SomeSeconds, which(r.name)...)
			stalled.known(r.stall.FullSeconds, which(r.name)...)
		}
	}
}
