package history

import "github.com/fivewire/fivewire/collector"

// Units of series.
const (
	unitRatio  = "ratio"
	unitBytes  = "bytes"
	unitRate   = "bytes/s"
	unitEvents = "1/s"
	unitCores  = "cores"
	unitLoad   = "load"
	unitCount  = "count"
	unitHertz  = "hertz"
	unitTime   = "seconds"
	unitHeat   = "celsius"
	unitTurns  = "rpm"
	unitPower  = "watts"
)

// mostCores is how many processors have a series each. Of a host with more the rest are in cpu.busy.
const mostCores = 64

// A summary turns snapshots into values. It keeps the space to write names in.
type summary struct {
	name []byte
	put  func(name []byte, unit string, n collector.Number)
}

// values calls put with every number of s that is worth a chart. The name is only good during the call.
func (m *summary) values(s *collector.Snapshot, put func(name []byte, unit string, n collector.Number)) {
	m.put = put
	fresh := freshParts(s)
	if c := s.CPU; c != nil && fresh("cpu") {
		m.add(unitRatio, c.Busy, "cpu.busy")
		m.add(unitRatio, c.User, "cpu.user")
		m.add(unitRatio, c.Nice, "cpu.nice")
		m.add(unitRatio, c.System, "cpu.system")
		m.add(unitRatio, c.IOWait, "cpu.iowait")
		m.add(unitRatio, c.IRQ, "cpu.irq")
		m.add(unitRatio, c.SoftIRQ, "cpu.softirq")
		m.add(unitRatio, c.Steal, "cpu.steal")
		m.add(unitEvents, c.ContextSwitches, "cpu.context_switches")
		m.add(unitEvents, c.Forks, "cpu.forks")
		for _, core := range c.Cores[:min(len(c.Cores), mostCores)] {
			m.add(unitRatio, core.Busy, "core.", core.Name, ".busy")
		}
	}
	if f := s.Frequency; f != nil && fresh("frequency") {
		m.add(unitHertz, f.Mean, "frequency.mean")
	}
	if p := s.Pressure; p != nil && fresh("pressure") {
		m.pressure(p, "pressure.")
	}
	if l := s.Load; l != nil && fresh("load") {
		m.add(unitLoad, collector.Known(l.One), "load.one")
		m.add(unitLoad, collector.Known(l.Five), "load.five")
		m.add(unitLoad, collector.Known(l.Fifteen), "load.fifteen")
	}
	if v := s.Memory; v != nil && fresh("memory") {
		m.size(v.Total, "memory.total")
		m.size(v.Used, "memory.used")
		m.size(v.Available, "memory.available")
		m.size(v.Free, "memory.free")
		m.size(v.Buffers, "memory.buffers")
		m.size(v.Cached, "memory.cached")
		m.size(v.Shared, "memory.shared")
		m.add(unitBytes, v.Anonymous, "memory.anonymous")
		m.add(unitBytes, v.Dirty, "memory.dirty")
		m.add(unitBytes, v.ARC, "memory.arc")
	}
	if v := s.Swap; v != nil && fresh("memory") && fresh("swap") {
		m.size(v.Total, "swap.total")
		m.size(v.Used, "swap.used")
	}
	if v := s.Paging; v != nil && fresh("paging") {
		m.add(unitRate, v.SwapIn, "paging.swap_in")
		m.add(unitRate, v.SwapOut, "paging.swap_out")
		m.add(unitEvents, v.MajorFaults, "paging.major_faults")
		m.add(unitCount, v.OOMKills, "paging.oom_kills")
	}
	if fresh("disks") {
		m.disks(s.Disks)
	}
	if fresh("filesystems") {
		for _, f := range s.Filesystems {
			if !f.Stale {
				m.add(unitRatio, f.UsedRatio, "filesystem.", f.Mount, ".used_ratio")
			}
		}
	}
	if fresh("networks") {
		m.networks(s.Networks)
	}
	if p := s.Processes; p != nil && fresh("processes") {
		m.count(p.Total, "processes.total")
		m.count(p.Threads, "processes.threads")
		m.count(p.Running, "processes.running")
		m.count(p.Waiting, "processes.waiting")
	}
	if v := s.Sockets; v != nil && fresh("sockets") {
		m.sockets(v)
	}
	if v := s.Handles; v != nil && fresh("handles") {
		m.add(unitCount, collector.Known(float64(v.Allocated)), "handles.allocated")
	}
	if fresh("sensors") {
		for _, v := range s.Sensors {
			if v.Kind == "fan" {
				m.add(unitTurns, v.Value, "sensor.", v.ID)
			} else {
				m.add(unitHeat, v.Value, "sensor.", v.ID)
			}
		}
	}
	if fresh("gpus") {
		for _, g := range s.GPUs {
			m.add(unitRatio, g.Busy, "gpu.", g.ID, ".busy")
			m.add(unitBytes, g.MemoryUsed, "gpu.", g.ID, ".memory_used")
			m.add(unitHeat, g.Temperature, "gpu.", g.ID, ".temperature")
			m.add(unitPower, g.Power, "gpu.", g.ID, ".power")
		}
	}
	if c := s.Container; c != nil && fresh("container") {
		m.cgroup(c, "container.")
	}
	if fresh("neighbours") {
		for i := range s.Neighbours {
			m.cgroup(&s.Neighbours[i], "neighbour."+s.Neighbours[i].Name+".")
		}
	}
	if v := s.Self; v != nil && fresh("self") {
		m.add(unitCores, v.CPU, "self.cpu")
		m.size(v.Memory, "self.memory")
	}
}

func (m *summary) pressure(p *collector.Pressure, of string) {
	for _, r := range []struct {
		name  string
		stall *collector.Stall
	}{{"cpu", p.CPU}, {"memory", p.Memory}, {"io", p.IO}, {"irq", p.IRQ}} {
		if r.stall != nil {
			m.add(unitRatio, r.stall.Some, of, r.name, ".some")
			m.add(unitRatio, r.stall.Full, of, r.name, ".full")
		}
	}
}

func (m *summary) sockets(v *collector.Sockets) {
	m.add(unitCount, v.TCP.Established, "sockets.established")
	m.add(unitCount, v.TCP.TimeWait, "sockets.time_wait")
	m.add(unitEvents, v.Opened, "sockets.opened")
	m.add(unitEvents, v.Accepted, "sockets.accepted")
	m.add(unitEvents, v.Resets, "sockets.resets")
	m.add(unitEvents, v.SegmentsOut, "sockets.segments_out")
	m.add(unitEvents, v.Retransmits, "sockets.retransmits")
	m.add(unitEvents, v.ListenOverflows, "sockets.listen_overflows")
	m.add(unitEvents, v.UDPDrops, "sockets.udp_drops")
	m.add(unitCount, v.Conntrack, "sockets.conntrack")
}

func (m *summary) cgroup(c *collector.Cgroup, of string) {
	m.add(unitCores, c.CPU, of, "cpu")
	m.add(unitRatio, c.Throttled, of, "throttled")
	m.add(unitBytes, c.WorkingSet, of, "working_set")
	m.add(unitCount, c.OOMKills, of, "oom_kills")
	if c.Pressure != nil {
		m.pressure(c.Pressure, of+"pressure.")
	}
}

// disks sums those that are counted: the others are built on them.
func (m *summary) disks(disks []collector.Disk) {
	var reads, writes total
	for _, d := range disks {
		m.add(unitRate, d.ReadRate, "disk.", d.Name, ".read_rate")
		m.add(unitRate, d.WriteRate, "disk.", d.Name, ".write_rate")
		m.add(unitEvents, d.Reads, "disk.", d.Name, ".reads")
		m.add(unitEvents, d.Writes, "disk.", d.Name, ".writes")
		m.add(unitRatio, d.Busy, "disk.", d.Name, ".busy")
		m.add(unitCount, d.Queue, "disk.", d.Name, ".queue")
		m.add(unitTime, d.ReadTime, "disk.", d.Name, ".read_time")
		m.add(unitTime, d.WriteTime, "disk.", d.Name, ".write_time")
		if d.Counted {
			reads.add(d.ReadRate)
			writes.add(d.WriteRate)
		}
	}
	m.add(unitRate, reads.number(), "disk.read_rate")
	m.add(unitRate, writes.number(), "disk.write_rate")
}

// networks sums the ways out of the host: what goes through a bridge goes through one of them, or stays inside.
func (m *summary) networks(networks []collector.Network) {
	var received, transmitted total
	for _, n := range networks {
		m.add(unitRate, n.ReceiveRate, "network.", n.Name, ".receive_rate")
		m.add(unitRate, n.TransmitRate, "network.", n.Name, ".transmit_rate")
		if n.Virtual { // there may be hundreds
			continue
		}
		m.add(unitEvents, n.ReceivePackets, "network.", n.Name, ".receive_packets")
		m.add(unitEvents, n.TransmitPackets, "network.", n.Name, ".transmit_packets")
		m.add(unitEvents, n.ReceiveErrors, "network.", n.Name, ".receive_errors")
		m.add(unitEvents, n.TransmitErrors, "network.", n.Name, ".transmit_errors")
		m.add(unitEvents, n.ReceiveDrops, "network.", n.Name, ".receive_drops")
		m.add(unitEvents, n.TransmitDrops, "network.", n.Name, ".transmit_drops")
		received.add(n.ReceiveRate)
		transmitted.add(n.TransmitRate)
	}
	m.add(unitRate, received.number(), "network.receive_rate")
	m.add(unitRate, transmitted.number(), "network.transmit_rate")
}

func (m *summary) count(n int, name string) { m.add(unitCount, collector.Known(float64(n)), name) }

func (m *summary) size(v uint64, name string) { m.add(unitBytes, collector.Known(float64(v)), name) }

// add puts a number under the name that the parts make.
func (m *summary) add(unit string, n collector.Number, parts ...string) {
	m.name = m.name[:0]
	for _, part := range parts {
		m.name = append(m.name, part...)
	}
	m.put(m.name, unit, n)
}

// freshParts tells, by the name of a source, whether its part of s was measured for s.
func freshParts(s *collector.Snapshot) func(source string) bool {
	return func(source string) bool {
		for _, state := range s.Sources {
			if state.Name == source {
				return state.Partial
			}
		}
		return true
	}
}

// A total sums what is known; it is unknown when nothing is.
type total struct {
	sum   float64
	known bool
}

func (t *total) add(n collector.Number) {
	if v, ok := n.Get(); ok {
		t.sum, t.known = t.sum+v, true
	}
}

func (t *total) number() collector.Number {
	if !t.known {
		return collector.Number{}
	}
	return collector.Known(t.sum)
}
