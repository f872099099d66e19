package collector

// verdictRules is the table, the worst first. A level is {enter, leave, hold in seconds}.
func verdictRules() []rule {
	return []rule{
		{resource: "container", sources: []string{"container"}, event: true, value: ownKills, bad: level{0.5, 0.5, 0},
			head: "out of memory", detail: sayOwnKills},
		{resource: "memory", sources: []string{"paging"}, event: true, value: hostKills, bad: level{0.5, 0.5, 0},
			head: "out of memory", detail: sayHostKills},
		{resource: "container", sources: []string{"neighbours"}, event: true, value: neighbourKills, busy: level{0.5, 0.5, 0},
			head: "out of memory", detail: sayNeighbourKills},
		{resource: "container", sources: []string{"paging"}, event: true, value: limitKills, busy: level{0.5, 0.5, 0},
			detail: sayLimitKills},
		{resource: "disk", gauge: true, value: turnedReadOnly, bad: level{0.5, 0.5, 0},
			head: "filesystem turned read-only", detail: sayReadOnly},
		{resource: "disk", gauge: true, value: staleMounts, bad: level{0.5, 0.5, 5},
			head: "filesystem does not answer", detail: sayStale},
		{resource: "memory", sources: []string{"pressure"}, value: memoryStall, bad: level{0.20, 0.10, 5}, busy: level{0.05, 0.02, 5}, lately: memoryStallLately,
			head: "short of memory", detail: sayMemoryStall},
		{resource: "container", gauge: true, value: groupMemory, bad: level{0.97, 0.95, 5}, busy: level{0.90, 0.87, 5},
			head: "near its memory limit", detail: sayGroupMemory},
		{resource: "memory", sources: []string{"memory"}, gauge: true, value: memoryTaken, bad: level{0.95, 0.93, 5}, busy: level{0.90, 0.88, 5},
			head: "memory short", detail: sayMemoryTaken},
		{resource: "thermal", sources: []string{"sensors"}, gauge: true, value: heat, bad: level{1, 0.96, 2}, busy: level{0.98, 0.94, 30},
			head: "too hot", detail: sayHeat},
		{resource: "disk", sources: []string{"filesystems"}, gauge: true, lasts: true, value: fullness, bad: level{0.98, 0.97, 5}, busy: level{0.95, 0.94, 5},
			head: "filesystem nearly full", detail: sayFull},
		{resource: "disk", sources: []string{"filesystems"}, gauge: true, lasts: true, value: inodes, bad: level{0.98, 0.97, 5}, busy: level{0.95, 0.94, 5},
			head: "inodes nearly used up", detail: sayInodes},
		{resource: "files", sources: []string{"handles"}, gauge: true, value: handles, bad: level{0.95, 0.93, 5}, busy: level{0.85, 0.80, 5},
			head: "file handles nearly used up", detail: sayHandles},
		{resource: "network", sources: []string{"sockets"}, gauge: true, value: conntrack, bad: level{0.95, 0.93, 5}, busy: level{0.85, 0.80, 5},
			head: "connection tracker nearly full", detail: sayConntrack},
		{resource: "io", sources: []string{"pressure", "cpu"}, value: ioStall, bad: level{0.60, 0.40, 15}, busy: level{0.15, 0.08, 5}, lately: ioStallLately,
			head: "I/O-bound", detail: sayIO},
		{resource: "disk", sources: []string{"disks"}, value: diskSaturation, busy: level{0.90, 0.50, 5},
			head: "disk saturated", detail: sayDisk},
		{resource: "memory", sources: []string{"paging"}, value: swapping, bad: level{32 << 20, 8 << 20, 10}, busy: level{1 << 20, 256 << 10, 10},
			head: "swapping", detail: saySwap},
		{resource: "cpu", sources: []string{"cpu"}, value: steal, bad: level{0.30, 0.20, 10}, busy: level{0.10, 0.05, 10},
			head: "CPU withheld", detail: saySteal},
		{resource: "container", value: throttling, bad: level{0.60, 0.40, 10}, busy: level{0.25, 0.10, 10},
			head: "held back by its CPU limit", detail: sayThrottle},
		{resource: "cpu", sources: []string{"pressure", "cpu"}, value: cpuSaturation, bad: level{0.80, 0.60, 30}, busy: level{0.25, 0.12, 5}, lately: cpuSaturationLately,
			head: "CPU saturated", aside: sayBusy, detail: sayCPU},
		{resource: "network", sources: []string{"networks"}, value: loss, bad: level{0.05, 0.03, 10}, busy: level{0.01, 0.005, 10},
			head: "packets lost", detail: sayLoss},
		{resource: "network", sources: []string{"sockets"}, value: retransmits, bad: level{0.15, 0.10, 10}, busy: level{0.05, 0.03, 10},
			head: "network unreliable", detail: sayRetransmits},
		{resource: "network", sources: []string{"sockets"}, value: dropped, bad: level{100, 50, 5}, busy: level{1, 0.2, 5},
			head: "connections dropped", detail: sayDropped},
		{resource: "network", sources: []string{"sockets"}, value: datagrams, busy: level{50, 20, 10},
			head: "datagrams dropped", detail: sayDatagrams},
		{mild: true, gauge: true, value: blind, busy: level{0.5, 0.5, 5}, detail: sayBlind},
		{mild: true, sources: []string{"pressure", "cpu"}, value: cpuUsed, busy: level{0.95, stillUsed, 5}, detail: sayUsed},
	}
}

// ramp goes from 0 to 1 as v does from one to the other: a limit without a step in it.
func ramp(v, from, to float64) float64 { return max(0, min((v-from)/(to-from), 1)) }

func ownKills(j *judge, s *Snapshot) (float64, bool) { return j.past.own.new, s.Container != nil }

func neighbourKills(j *judge, s *Snapshot) (float64, bool) {
	return j.past.neighbours.new, s.Neighbours != nil
}

// hostKills and limitKills share what the kernel counts as one: what it killed because the host had no memory left, and
// because a control group had reached its limit. The first only happens to a host that is short of memory.
func hostKills(j *judge, s *Snapshot) (float64, bool) {
	return j.past.newKills * one(j.past.isShort), s.Paging != nil
}

func limitKills(j *judge, s *Snapshot) (float64, bool) {
	return j.past.newKills * one(!j.past.isShort), s.Paging != nil
}

// worstMount is the filesystem with the highest score.
func worstMount(j *judge, s *Snapshot, score func(*judge, *Filesystem) float64) (worst *Filesystem, most float64) {
	for i := range s.Filesystems {
		if v := score(j, &s.Filesystems[i]); v > most {
			worst, most = &s.Filesystems[i], v
		}
	}
	return worst, most
}

func isTurned(j *judge, f *Filesystem) float64 {
	return one(f.ReadOnly && j.past.mounts[f.Mount].writable)
}

func isStale(_ *judge, f *Filesystem) float64 { return one(f.Stale) }

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func howFull(_ *judge, f *Filesystem) float64 { return f.Full() }

func inodesUsed(_ *judge, f *Filesystem) float64 {
	if f.ReadOnly || f.Stale || f.InodesTotal == 0 {
		return 0
	}
	return float64(f.InodesUsed) / float64(f.InodesTotal)
}

func turnedReadOnly(j *judge, s *Snapshot) (float64, bool) {
	_, v := worstMount(j, s, isTurned)
	return v, s.Filesystems != nil
}

// staleMounts is of mounts that are marked, whose source is marked too: it is no reason to doubt it.
func staleMounts(j *judge, s *Snapshot) (float64, bool) {
	_, v := worstMount(j, s, isStale)
	return v, s.Filesystems != nil
}

func fullness(j *judge, s *Snapshot) (float64, bool) {
	_, v := worstMount(j, s, howFull)
	return v, s.Filesystems != nil
}

func inodes(j *judge, s *Snapshot) (float64, bool) {
	_, v := worstMount(j, s, inodesUsed)
	return v, s.Filesystems != nil
}

func memoryStall(_ *judge, s *Snapshot) (float64, bool) {
	if s.Pressure == nil || s.Pressure.Memory == nil {
		return 0, false
	}
	return s.Pressure.Memory.Full.Get()
}

func memoryStallLately(_ *judge, s *Snapshot, _ float64) averages {
	return s.Pressure.Memory.fullLately()
}

func (s *Stall) fullLately() averages {
	return averages{s.Full10.value, s.Full60.value, s.Full300.value}
}

// memoryTaken is the ratio of memory that is not available. Of a large machine the last 64 GiB count: 5 % of a terabyte
// is no shortage. Without pressure to tell whether anybody suffers, it takes a little more.
func memoryTaken(_ *judge, s *Snapshot) (float64, bool) {
	if s.Memory == nil || s.Memory.Total == 0 {
		return 0, false
	}
	taken := 1 - float64(s.Memory.Available)/float64(min(s.Memory.Total, 64<<30))
	if s.Pressure == nil {
		taken -= 0.02
	}
	return max(taken, 0), true
}

// hottest is the sensor that is nearest to its critical limit, as a ratio of it.
func hottest(s *Snapshot) (worst *Sensor, most float64) {
	for i := range s.Sensors {
		critical, ok := s.Sensors[i].Critical.Get()
		if v := s.Sensors[i].Value.value; ok && critical > 0 && v/critical > most {
			worst, most = &s.Sensors[i], v/critical
		}
	}
	return worst, most
}

func heat(_ *judge, s *Snapshot) (float64, bool) {
	_, v := hottest(s)
	return v, s.Sensors != nil
}

func handles(_ *judge, s *Snapshot) (float64, bool) {
	if s.Handles == nil || s.Handles.Maximum == 0 {
		return 0, false
	}
	return float64(s.Handles.Allocated) / float64(s.Handles.Maximum), true
}

func conntrack(_ *judge, s *Snapshot) (float64, bool) {
	if s.Sockets == nil {
		return 0, false
	}
	return part(s.Sockets.Conntrack, s.Sockets.ConntrackLimit)
}

// part is the ratio of two numbers, unknown when one of them is.
func part(of, whole Number) (float64, bool) {
	if !of.known {
		return 0, false
	}
	return ratio(of.value, whole.value).Get()
}

// ioStall is the time in which nothing went on but waiting for disks. Where there is no pressure, half the processors'
// idle time with somebody waiting stands for it: that counts one who waits on an idle machine, too.
func ioStall(_ *judge, s *Snapshot) (float64, bool) {
	if s.Pressure != nil && s.Pressure.IO != nil {
		return s.Pressure.IO.Full.Get()
	}
	if s.CPU == nil || s.Pressure != nil {
		return 0, false
	}
	v, ok := s.CPU.IOWait.Get()
	return v / 2, ok
}

// ioStallLately: time spent waiting is no pressure, and nobody remembers it.
func ioStallLately(_ *judge, s *Snapshot, _ float64) averages {
	if s.Pressure == nil || s.Pressure.IO == nil {
		return averages{}
	}
	return s.Pressure.IO.fullLately()
}

// slowest is the disk that is busiest and makes its users wait: being busy alone says little of a disk that does many
// things at once.
func slowest(s *Snapshot) (worst *Disk, most float64) {
	for i := range s.Disks {
		d := &s.Disks[i]
		if v := ramp(d.Busy.value, 0.7, 0.95) * ramp(max(d.ReadTime.value, d.WriteTime.value), 0.01, 0.05); v > most {
			worst, most = d, v
		}
	}
	return worst, most
}

func diskSaturation(_ *judge, s *Snapshot) (float64, bool) {
	_, v := slowest(s)
	return v, s.Disks != nil
}

// swapping is what goes both ways: pages that are put out once and stay there are no trouble.
func swapping(_ *judge, s *Snapshot) (float64, bool) {
	if s.Paging == nil || !s.Paging.SwapIn.known || !s.Paging.SwapOut.known {
		return 0, false
	}
	return min(s.Paging.SwapIn.value, s.Paging.SwapOut.value), true
}

func steal(_ *judge, s *Snapshot) (float64, bool) {
	if s.CPU == nil {
		return 0, false
	}
	return s.CPU.Steal.Get()
}

// cpuSaturation is the time in which somebody waited for a processor, while all of them were busy: a group that is held
// back waits as well. Without pressure, it takes nearly all of the time busy.
func cpuSaturation(_ *judge, s *Snapshot) (float64, bool) {
	if s.CPU == nil {
		return 0, false
	}
	busy, ok := s.CPU.Busy.Get()
	if !ok {
		return 0, false
	}
	if s.Pressure == nil {
		return ramp(busy, 0.94, 1) / 2, true
	}
	if s.Pressure.CPU == nil {
		return 0, false
	}
	some, ok := s.Pressure.CPU.Some.Get()
	return some * ramp(busy, 0.75, 0.90), ok
}

// stillUsed is how busy processors that were fully used must be to be called so.
const stillUsed = 0.90

// cpuUsed is what the processors do, where it is known that others do not wait for them: then it is what they are for.
func cpuUsed(_ *judge, s *Snapshot) (float64, bool) {
	if s.CPU == nil || s.Pressure == nil || s.Pressure.CPU == nil || !s.Pressure.CPU.Some.known {
		return 0, false
	}
	return s.CPU.Busy.Get()
}

// cpuSaturationLately takes the processors to have been as busy as they are: nobody remembers that.
func cpuSaturationLately(_ *judge, s *Snapshot, v float64) averages {
	if s.Pressure == nil || s.Pressure.CPU == nil || s.Pressure.CPU.Some.value == 0 {
		return averages{}
	}
	stall := s.Pressure.CPU
	busy := v / stall.Some.value
	return averages{stall.Some10.value * busy, stall.Some60.value * busy, stall.Some300.value * busy}
}

// lossiest is the interface that loses the largest part of its packets, of those that lose some ten a second: on a quiet
// one, a few packets of a protocol that nobody here speaks are many.
func lossiest(s *Snapshot) (worst *Network, most float64) {
	for i := range s.Networks {
		n := &s.Networks[i]
		if n.Virtual {
			continue
		}
		lost := lostBy(n)
		if v := lost / max(lost+n.ReceivePackets.value+n.TransmitPackets.value, 1) * ramp(lost, 5, 10); v > most {
			worst, most = n, v
		}
	}
	return worst, most
}

func lostBy(n *Network) float64 {
	return n.ReceiveDrops.value + n.TransmitDrops.value + n.ReceiveErrors.value + n.TransmitErrors.value
}

func loss(_ *judge, s *Snapshot) (float64, bool) {
	_, v := lossiest(s)
	return v, s.Networks != nil
}

// retransmits is the ratio of segments sent again, where enough are sent for a ratio to mean something.
func retransmits(_ *judge, s *Snapshot) (float64, bool) {
	if s.Sockets == nil {
		return 0, false
	}
	v, ok := part(s.Sockets.Retransmits, s.Sockets.SegmentsOut)
	if s.Sockets.SegmentsOut.known && s.Sockets.SegmentsOut.value == 0 {
		return 0, true
	}
	return v * ramp(s.Sockets.SegmentsOut.value, 50, 100), ok
}

// dropped is of connections that no accept queue had room for: the kernel drops what would complete them, and the client
// tries again. Nobody is refused (tcp(7), tcp_abort_on_overflow).
func dropped(_ *judge, s *Snapshot) (float64, bool) {
	if s.Sockets == nil {
		return 0, false
	}
	return s.Sockets.ListenOverflows.Get()
}

// datagrams are those of UDP that a program did not take fast enough. A few are lost on many hosts, and missed by nobody.
func datagrams(_ *judge, s *Snapshot) (float64, bool) {
	if s.Sockets == nil {
		return 0, false
	}
	return s.Sockets.UDPDrops.Get()
}

// worstGroup is the control group with the highest score: the own one, or an app's beside it. They are of two sources, and
// one that does not answer says nothing about the groups of the other.
func worstGroup(s *Snapshot, score func(*Cgroup) (float64, bool)) (worst *Cgroup, most float64, ok bool) {
	if s.Container != nil && isFresh(s, []string{"container"}) {
		if most, ok = score(s.Container); ok {
			worst = s.Container
		}
	}
	if !isFresh(s, []string{"neighbours"}) {
		return worst, most, ok
	}
	for i := range s.Neighbours {
		if v, known := score(&s.Neighbours[i]); known && (v > most || !ok) {
			worst, most, ok = &s.Neighbours[i], v, true
		}
	}
	return worst, most, ok
}

// nearLimit is of the group or of one above it: whoever is in that one meets its limit.
func nearLimit(g *Cgroup) (float64, bool) {
	own, ok := part(g.WorkingSet, g.MemoryLimit)
	return max(own, g.MemoryPressed.value), ok || g.MemoryPressed.known
}

func heldBack(g *Cgroup) (float64, bool) { return g.Throttled.Get() }

func groupMemory(_ *judge, s *Snapshot) (float64, bool) {
	_, v, ok := worstGroup(s, nearLimit)
	return v, ok
}

func throttling(_ *judge, s *Snapshot) (float64, bool) {
	_, v, ok := worstGroup(s, heldBack)
	return v, ok
}

// blind counts the sources that fail. A machine that is seen in part is called healthy as far as it is seen.
func blind(_ *judge, s *Snapshot) (float64, bool) {
	n := 0.0
	for i := range s.Sources {
		if isBlind(&s.Sources[i]) {
			n++
		}
	}
	return n, true
}

func isBlind(s *SourceState) bool { return !s.Missing && !s.Partial }
