package metrics

import (
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
)

// self is what this process is and costs: under the names that every Prometheus client has, where there is one.
func (e *Exporter) self(w *sheet, s *collector.Snapshot, f Facts) {
	w.gauge("fivewire_build_info", "What this program was built from; always 1.", "goversion", "version").add(1, e.goVersion, f.Version)
	w.gauge("fivewire_snapshot_age_seconds", "Time since the snapshot that this page shows was taken.").add(f.Age.Seconds())
	w.number((*sheet).gauge, "fivewire_snapshot_interval_seconds", "Time from the snapshot before to this one.", s.Interval)
	w.counter("fivewire_gc_cycles_total", "Garbage collections of this process.").add(float64(f.GCs))
	if f.Asks {
		w.counter("fivewire_login_failures_total", "Tries to get in that were wrong.").add(float64(f.WrongTries))
		w.counter("fivewire_login_slowed_total", "Tries to get in that were not looked at, because too many had been wrong.").add(float64(f.SlowedTries))
	}
	w.gauge("go_info", "The Go that this program was built with; always 1.", "version").add(1, e.goVersion)

	own := s.Self
	if own == nil {
		return
	}
	w.gauge("go_goroutines", "Goroutines there are.").add(float64(own.Goroutines))
	if own.Heap > 0 {
		w.gauge("go_memstats_heap_alloc_bytes", "Bytes of the Go heap in objects, live or not swept yet.").add(float64(own.Heap))
	}
	w.gauge("process_resident_memory_bytes", "Resident set of this process.").add(float64(own.Memory))
	w.number((*sheet).gauge, "process_virtual_memory_bytes", "Address space of this process.", own.Totals.Virtual)
	w.number((*sheet).gauge, "process_open_fds", "Files and sockets that this process has open.", own.Descriptors)
	w.number((*sheet).gauge, "process_max_fds", "Files and sockets that this process may have open.", own.MaxDescriptors)
	if own.Totals.CPUSeconds > 0 {
		w.counter("process_cpu_seconds_total", "Processor time that this process has used.").add(own.Totals.CPUSeconds)
	}
	if started := own.Totals.Started; !started.IsZero() {
		w.gauge("process_start_time_seconds", "When this process began, in Unix time.").add(float64(started.UnixNano()) / 1e9)
	}
}

// sources says which reader is well. A snapshot lists those that are not; of the others it shows what they read, and
// one that has nothing to show cannot be told from one that is not there.
func (e *Exporter) sources(w *sheet, s *collector.Snapshot, _ Facts) {
	success := w.gauge("fivewire_source_success", "Whether the last read of a source gave all of it; nothing for what this host has not.", "source")
	missing := w.gauge("fivewire_source_missing", "Whether this host has no such thing, or does not tell.", "source")
	age := w.gauge("fivewire_source_age_seconds", "How old the part shown is, of a source that is not well.", "source")
	listed := make(map[string]bool)
	for _, state := range s.Sources {
		listed[state.Name] = true
		if state.Missing {
			missing.add(1, state.Name)
			continue
		}
		missing.add(0, state.Name)
		success.add(0, state.Name)
		age.known(state.Age, state.Name)
	}
	_, uptime := s.Uptime.Get()
	for _, part := range []struct {
		source string
		there  bool
	}{
		{"cpu", s.CPU != nil}, {"frequency", s.Frequency != nil}, {"load", s.Load != nil}, {"pressure", s.Pressure != nil},
		{"memory", s.Memory != nil}, {"paging", s.Paging != nil}, {"disks", s.Disks != nil}, {"filesystems", s.Filesystems != nil},
		{"networks", s.Networks != nil}, {"sockets", s.Sockets != nil}, {"handles", s.Handles != nil}, {"sensors", s.Sensors != nil},
		{"batteries", s.Batteries != nil}, {"gpus", s.GPUs != nil}, {"processes", s.Processes != nil}, {"units", s.Units != nil},
		{"failed_units", s.FailedUnits != nil}, {"users", s.Users != nil}, {"container", s.Container != nil}, {"neighbours", s.Neighbours != nil}, {"scopes", s.Scopes != nil},
		{"host", s.Host != nil}, {"uptime", uptime}, {"self", s.Self != nil},
	} {
		if part.there && !listed[part.source] {
			success.add(1, part.source)
			missing.add(0, part.source)
		}
	}
}

// traffic is what viewers get, and what it costs on the wire.
func (e *Exporter) traffic(w *sheet, _ *collector.Snapshot, f Facts) {
	w.counter("fivewire_messages_published_total", "Messages that were offered to viewers.").add(float64(f.Hub.Published))
	w.counter("fivewire_messages_delivered_total", "Messages that were handed to viewers, each counted for each of them.").add(float64(f.Hub.Delivered))
	w.counter("fivewire_messages_thinned_total", "Messages left out because the viewer asked for fewer.").add(float64(f.Hub.Thinned))
	w.counter("fivewire_messages_dropped_total", "Messages lost because the viewer was slow.").add(float64(f.Hub.Dropped))
	w.gauge("fivewire_backlog_messages", "Messages kept for viewers that come back.").add(float64(f.Hub.Backlog))
	w.gauge("fivewire_backlog_bytes", "Bytes of the messages kept for viewers that come back.").add(float64(f.Hub.BacklogBytes))

	viewers := w.gauge("fivewire_viewers", "Connections and long polls that are held now.", "transport")
	for transport, n := range f.Viewers {
		viewers.add(float64(n), transport)
	}
	bytes := w.counter("fivewire_wire_bytes_total", "Bytes that viewers' requests and connections have cost, as HTTP sees them.", "direction", "transport")
	requests := w.counter("fivewire_wire_requests_total", "Requests of viewers.", "transport")
	connections := w.counter("fivewire_wire_connections_total", "Connections that viewers' requests came by.", "transport")
	messages := w.counter("fivewire_wire_messages_total", "Messages that have left.", "transport")
	for transport, t := range f.Wire {
		bytes.add(float64(t.In), "in", transport)
		bytes.add(float64(t.Out), "out", transport)
		requests.add(float64(t.Requests), transport)
		connections.add(float64(t.Connections), transport)
		messages.add(float64(t.Messages), transport)
	}
}

// verdict is one-hot: an alert names the state it is about.
func (e *Exporter) verdict(w *sheet, s *collector.Snapshot, _ Facts) {
	v := s.Verdict
	if v == nil {
		return
	}
	w.gauge("fivewire_verdict", "What the snapshot comes to: 1 for the state that holds.", "state").
		oneOf(v.State, []string{"healthy", "busy", "bad", "unknown"})
	w.gauge("fivewire_verdict_resource", "What the verdict is about: 1 for that resource; all 0 when healthy or unknown.", "resource").
		oneOf(v.Resource, collector.VerdictResources())
	if v.Since > 0 {
		w.gauge("fivewire_verdict_start_time_seconds", "Since when the verdict holds, in Unix time.").add(float64(v.Since) / 1e3)
	}
}

// alerts are how many of each rule fire, whether that rule is silent as a whole, and how telling of them goes.
func (e *Exporter) alerts(w *sheet, _ *collector.Snapshot, f Facts) {
	firing := w.gauge("fivewire_alert_firing", "Alerts of a rule that fire; nothing for a rule that is off or unknown.", "rule")
	silenced := w.gauge("fivewire_alert_silenced", "Whether nobody is told of a rule's alerts for a while.", "rule")
	for _, s := range f.Alerts {
		if s.State == alert.Off || s.State == alert.Unknown {
			continue
		}
		n := 0
		for _, a := range s.Alerts {
			if a.State == alert.Firing {
				n++
			}
		}
		firing.add(float64(n), s.Rule)
		silent := 0.0
		if s.Silenced > 0 {
			silent = 1
		}
		silenced.add(silent, s.Rule)
	}
	if n := f.Notices; n != nil {
		told := w.counter("fivewire_alert_notices_total", "Notices of alerts, by what became of them.", "result")
		told.add(float64(n.Sent), "sent")
		told.add(float64(n.Dropped), "dropped")
		w.gauge("fivewire_alert_notices_waiting", "Notices of alerts that have not been taken yet.").add(float64(n.Waiting))
	}
}

// units are those at the top only.
func (e *Exporter) units(w *sheet, s *collector.Snapshot, _ Facts) {
	if s.FailedUnits != nil {
		w.gauge("fivewire_units_failed", "Units that systemd has given up on.").add(float64(s.FailedUnits.Total))
	}
	if s.Units == nil {
		return
	}
	w.gauge("fivewire_units", "Units of systemd that have a control group, with processes in it or not; those at the top have series of their own.").add(float64(s.Units.Total))
	for _, u := range s.Units.Top {
		w.gauge("fivewire_unit_cpu_cores", "Cores that a unit uses.", "unit").known(u.CPU, u.Name)
		w.gauge("fivewire_unit_memory_bytes", "Memory that a unit uses.", "unit").known(u.Memory, u.Name)
		w.gauge("fivewire_unit_tasks", "Processes and threads of a unit.", "unit").known(u.Tasks, u.Name)
		w.counter("fivewire_unit_oom_kills_total", "Processes of a unit that were killed for want of memory.", "unit").known(u.OOMKills, u.Name)
	}
}

func (e *Exporter) graphics(w *sheet, s *collector.Snapshot, _ Facts) {
	gauge := func(name, help string) family { return w.gauge("fivewire_gpu_"+name, help, "gpu") }
	for _, g := range s.GPUs {
		w.gauge("fivewire_gpu_info", "A graphics processor; always 1.", "gpu", "name").add(1, g.ID, g.Name)
		gauge("busy_ratio", "Ratio of time in which it was busy.").known(g.Busy, g.ID)
		gauge("memory_used_bytes", "Its memory in use.").known(g.MemoryUsed, g.ID)
		gauge("memory_total_bytes", "Its memory.").known(g.MemoryTotal, g.ID)
		gauge("temperature_celsius", "Its temperature.").known(g.Temperature, g.ID)
		gauge("power_watts", "Power it draws.").known(g.Power, g.ID)
		gauge("power_limit_watts", "Power it may draw.").known(g.PowerLimit, g.ID)
		gauge("fan_ratio", "Speed of its fan, as a ratio of the fastest.").known(g.Fan, g.ID)
	}
}

func (e *Exporter) batteries(w *sheet, s *collector.Snapshot, _ Facts) {
	for _, b := range s.Batteries {
		w.gauge("fivewire_battery_charge_ratio", "How full a battery is.", "battery").known(b.Charge, b.Name)
		w.gauge("fivewire_battery_power_watts", "Power into a battery or out of it.", "battery").known(b.Power, b.Name)
		w.gauge("fivewire_battery_left_seconds", "Time until a battery is empty or full.", "battery").known(b.Left, b.Name)
		w.gauge("fivewire_battery_state", "What a battery does: 1 for the state that holds.", "battery", "state").
			oneOf(b.State, []string{"charging", "discharging", "full", "not charging", "unknown"}, b.Name)
	}
}
