package metrics

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/fivewire/fivewire/collector"
)

// Everything here has node_exporter's names.

// host is identity, time and load.
func (e *Exporter) host(w *sheet, s *collector.Snapshot, f Facts) {
	w.gauge("node_time_seconds", "The host's clock, in Unix time.").add(float64(f.Now.UnixNano()) / 1e9)
	if h := s.Host; h != nil {
		w.gauge("node_uname_info", "What the kernel calls itself and this host, as uname(2) has it; always 1.",
			"domainname", "machine", "nodename", "release", "sysname", "version").
			add(1, h.Domain, cmp.Or(h.Machine, machine(h)), h.Hostname, h.Kernel, cmp.Or(h.KernelName, sysname(h.OS)), h.KernelVersion)
		if !h.Booted.IsZero() {
			w.gauge("node_boot_time_seconds", "When the host booted, in Unix time.").add(float64(h.Booted.UnixNano()) / 1e9)
		}
		if h.Clock != nil {
			clock(w, h.Clock)
		}
	}
	if l := s.Load; l != nil {
		w.gauge("node_load1", "Load average over a minute.").add(l.One)
		w.gauge("node_load5", "Load average over five minutes.").add(l.Five)
		w.gauge("node_load15", "Load average over fifteen minutes.").add(l.Fifteen)
	}
}

// clock is how right it is, and what keeps it so.
func clock(w *sheet, c *collector.Clock) {
	synchronised := 0.0
	if c.Synchronised {
		synchronised = 1
	}
	w.gauge("node_timex_sync_status", "Whether somebody keeps the clock right.").add(synchronised)
	w.gauge("node_timex_offset_seconds", "How far the clock is off, as far as that is still to be made good.").add(c.Offset)
	w.gauge("node_timex_maxerror_seconds", "How far the clock may be off.").add(c.MaxError)
	w.gauge("node_timex_estimated_error_seconds", "How far the clock probably is off.").add(c.Error)
	w.gauge("node_timex_frequency_adjustment_ratio", "How fast the clock is let run, by how it would by itself.").add(c.Frequency)
	w.gauge("node_timex_tick_seconds", "Time between two ticks of the clock.").add(c.Tick)
	w.gauge("node_timex_loop_time_constant", "Time constant of the loop that keeps the clock right.").add(c.TimeConstant)
	w.gauge("node_timex_tai_offset_seconds", "International Atomic Time less the clock's.").add(c.TAI)
	w.gauge("node_timex_status", "The kernel's bits of how the clock is kept.").add(c.Status)
}

// sysname is uname's word for a GOOS.
func sysname(goos string) string {
	switch goos {
	case "linux":
		return "Linux"
	case "darwin":
		return "Darwin"
	case "windows":
		return "Windows"
	case "freebsd":
		return "FreeBSD"
	case "openbsd":
		return "OpenBSD"
	case "netbsd":
		return "NetBSD"
	}
	return goos
}

// machine is uname's word for a GOARCH, where there is only one.
func machine(h *collector.Host) string {
	switch h.Arch {
	case "amd64":
		if h.OS != "linux" && h.OS != "darwin" {
			return "amd64"
		}
		return "x86_64"
	case "arm64":
		if h.OS == "linux" {
			return "aarch64"
		}
	case "386":
		return "i686"
	case "loong64":
		return "loongarch64"
	case "arm", "mips", "mipsle", "mips64", "mips64le": // of several kinds
		return ""
	}
	return h.Arch
}

// processors is processor time, what it is spent on, and how fast it passes.
func (e *Exporter) processors(w *sheet, s *collector.Snapshot, _ Facts) {
	if c := s.CPU; c != nil {
		for _, core := range c.Cores {
			if core.Seconds == (collector.CPUSeconds{}) { // no processor has been up for no time
				continue
			}
			e.processorTime(w, coreLabel(core.Name), core.Seconds)
		}
		w.number((*sheet).counter, "node_context_switches_total", "Switches from one thread to another.", c.Totals.ContextSwitches)
		w.number((*sheet).counter, "node_intr_total", "Interrupts serviced.", c.Totals.Interrupts)
		w.number((*sheet).counter, "node_forks_total", "Processes and threads started.", c.Totals.Forks)
		w.number((*sheet).gauge, "node_procs_running", "Threads that run or wait for a processor.", c.Running)
		w.number((*sheet).gauge, "node_procs_blocked", "Threads that wait for a disk.", c.Blocked)
	}
	if q := s.Frequency; q != nil {
		now := w.gauge("node_cpu_scaling_frequency_hertz", "How fast a processor runs now.", "cpu")
		least := w.gauge("node_cpu_scaling_frequency_min_hertz", "The slowest a processor is let run.", "cpu")
		most := w.gauge("node_cpu_frequency_max_hertz", "The fastest a processor can run.", "cpu")
		for _, core := range q.Cores {
			cpu := coreLabel(core.Name)
			now.known(core.Now, cpu)
			least.known(core.Min, cpu)
			most.known(core.Max, cpu)
		}
	}
}

func coreLabel(name string) string { return strings.TrimPrefix(name, "cpu") }

func (e *Exporter) processorTime(w *sheet, cpu string, t collector.CPUSeconds) {
	seconds := w.counter("node_cpu_seconds_total", "Where a processor's time went.", "cpu", "mode")
	seconds.add(t.User, cpu, "user")
	seconds.add(t.Nice, cpu, "nice")
	seconds.add(t.System, cpu, "system")
	seconds.add(t.Idle, cpu, "idle")
	if !e.linux {
		return
	}
	seconds.add(t.IOWait, cpu, "iowait")
	seconds.add(t.IRQ, cpu, "irq")
	seconds.add(t.SoftIRQ, cpu, "softirq")
	seconds.add(t.Steal, cpu, "steal")
	guest := w.counter("node_cpu_guest_seconds_total", "Processor time of virtual machines; it is in user and nice too.", "cpu", "mode")
	guest.add(t.Guest, cpu, "user")
	guest.add(t.GuestNice, cpu, "nice")
}

// pressure has the names of two kinds of standing still: waiting is the kernel's "some", stalled its "full".
func (e *Exporter) pressure(w *sheet, s *collector.Snapshot, _ Facts) {
	p := s.Pressure
	if p == nil {
		return
	}
	if p.CPU != nil {
		w.number((*sheet).counter, "node_pressure_cpu_waiting_seconds_total", "Time in which at least one task waited for a processor.", p.CPU.SomeSeconds)
	}
	if p.Memory != nil {
		w.number((*sheet).counter, "node_pressure_memory_waiting_seconds_total", "Time in which at least one task waited for memory.", p.Memory.SomeSeconds)
		w.number((*sheet).counter, "node_pressure_memory_stalled_seconds_total", "Time in which all tasks waited for memory.", p.Memory.FullSeconds)
	}
	if p.IO != nil {
		w.number((*sheet).counter, "node_pressure_io_waiting_seconds_total", "Time in which at least one task waited for a disk.", p.IO.SomeSeconds)
		w.number((*sheet).counter, "node_pressure_io_stalled_seconds_total", "Time in which all tasks waited for a disk.", p.IO.FullSeconds)
	}
	if p.IRQ != nil {
		w.number((*sheet).counter, "node_pressure_irq_stalled_seconds_total", "Time in which tasks waited for interrupts to be serviced.", p.IRQ.FullSeconds)
	}
}

// memory is /proc/meminfo and /proc/vmstat as they stand, and ZFS's cache.
func (e *Exporter) memory(w *sheet, s *collector.Snapshot, _ Facts) {
	if m := s.Memory; m != nil {
		for i, key := range m.Kernel.Names {
			w.gauge(memoryName(key), key+" of /proc/meminfo.").add(float64(m.Kernel.Values[i]))
		}
		if len(m.Kernel.Names) == 0 && m.Total > 0 { // no such table on this system
			w.gauge("node_memory_MemTotal_bytes", "Memory there is.").add(float64(m.Total))
			w.gauge("node_memory_MemAvailable_bytes", "Memory that programs can get.").add(float64(m.Available))
			w.gauge("node_memory_MemFree_bytes", "Memory that nobody uses.").add(float64(m.Free))
			if s.Swap != nil {
				w.gauge("node_memory_SwapTotal_bytes", "Swap space there is.").add(float64(s.Swap.Total))
				w.gauge("node_memory_SwapFree_bytes", "Swap space that is free.").add(float64(s.Swap.Free))
			}
		}
		w.number((*sheet).untyped, "node_zfs_arc_size", "Bytes in the cache of ZFS.", m.ARC)
		w.number((*sheet).untyped, "node_zfs_arc_c_min", "Bytes that the cache of ZFS keeps at least.", m.ARCMin)
	}
	if p := s.Paging; p != nil {
		for i, key := range p.Kernel.Names {
			w.untyped("node_vmstat_"+metricName(key), key+" of /proc/vmstat.").add(float64(p.Kernel.Values[i]))
		}
	}
}

// memoryName is the metric of a line of /proc/meminfo: "Active(anon)" is Active_anon. All but the counts of huge pages
// are sizes.
func memoryName(key string) string {
	name := "node_memory_" + metricName(strings.TrimSuffix(strings.Replace(key, "(", "_", 1), ")"))
	if strings.HasPrefix(key, "HugePages_") {
		return name
	}
	return name + "_bytes"
}

// sockets is what connections do, and how many files are open for them and for everything else.
func (e *Exporter) sockets(w *sheet, s *collector.Snapshot, _ Facts) {
	if k := s.Sockets; k != nil {
		for i, key := range k.Netstat.Names {
			w.untyped("node_netstat_"+metricName(key), key+" of the kernel's counters of protocols.").add(float64(k.Netstat.Values[i]))
		}
		for i, key := range k.Sockstat.Names {
			w.gauge("node_sockstat_"+metricName(key), key+" of /proc/net/sockstat.").add(float64(k.Sockstat.Values[i]))
		}
		for _, n := range k.Softnet {
			cpu := strconv.Itoa(n.CPU)
			w.counter("node_softnet_processed_total", "Packets that came and a processor has taken.", "cpu").add(float64(n.Processed), cpu)
			w.counter("node_softnet_dropped_total", "Packets that came and found a processor's queue full.", "cpu").add(float64(n.Dropped), cpu)
			w.counter("node_softnet_times_squeezed_total", "Turns of a processor that ended with packets left.", "cpu").add(float64(n.Squeezed), cpu)
		}
		w.number((*sheet).gauge, "node_nf_conntrack_entries", "Connections that the connection tracker follows.", k.Conntrack)
		w.number((*sheet).gauge, "node_nf_conntrack_entries_limit", "Connections that the connection tracker can follow.", k.ConntrackLimit)
	}
	if h := s.Handles; h != nil {
		w.gauge("node_filefd_allocated", "Files open on the whole host.").add(float64(h.Allocated))
		w.gauge("node_filefd_maximum", "Files that may be open on the whole host.").add(float64(h.Maximum))
	}
}

// processes counts them. Their names are in no label: there is no end to those.
func (e *Exporter) processes(w *sheet, s *collector.Snapshot, _ Facts) {
	p := s.Processes
	if p == nil {
		return
	}
	w.gauge("node_processes_pids", "Processes there are.").add(float64(p.Total))
	if p.Threads < p.Total { // each has one at least: they are not counted on this system
		return
	}
	w.gauge("node_processes_threads", "Threads there are.").add(float64(p.Threads))
	states := w.gauge("node_processes_state", "Processes that run (R), wait for a disk (D) or are zombies (Z).", "state")
	states.add(float64(p.Running), "R")
	states.add(float64(p.Waiting), "D")
	states.add(float64(p.Zombies), "Z")
}
