package collector

import "math"

// What each rule has to say, when it is the verdict. The value that set it off may be a little lower by now.

func sayOwnKills(j *judge, _ *Snapshot, text *sentence) {
	text.add("the kernel").kills().add(" in ").name(j.past.own.name).
		tellOf("killed_in", j.past.own.name, 0, Figures{"n": text.count})
}

func sayNeighbourKills(j *judge, _ *Snapshot, text *sentence) {
	text.add("the kernel").kills().add(" in ").name(j.past.neighbours.name).
		tellOf("killed_in", j.past.neighbours.name, 0, Figures{"n": text.count})
}

func sayHostKills(j *judge, _ *Snapshot, text *sentence) {
	text.add("the kernel").kills().tell("killed", Figures{"n": text.count}).victim(&j.past)
}

func sayLimitKills(j *judge, _ *Snapshot, text *sentence) {
	text.add("a control group's limit").kills().tell("limit_killed", Figures{"n": text.count}).victim(&j.past)
}

func (t *sentence) kills() *sentence { return t.add(" killed ").processes(t.count) }

func (t *sentence) processes(n float64) *sentence {
	if n == 1 {
		return t.add("a process")
	}
	return t.number(n).add(" processes")
}

func (t *sentence) victim(past *past) *sentence {
	p := past.likelyVictim()
	if p.Memory == 0 {
		return t
	}
	t.add(", ")
	if t.count > 1 {
		t.add("one ")
	}
	figures := Figures{"bytes": float64(p.Memory)}
	if past.named {
		t.process(p).tellOf("victim_named", p.Name, p.PID, figures)
	} else {
		t.add("probably ").process(p).tellOf("victim", p.Name, p.PID, figures)
	}
	return t.trim(")").add(", ").bytes(float64(p.Memory)).add(")")
}

// kill is what is said of one that was a while ago.
func (t *sentence) kill(n float64, minutes int64) *sentence {
	return t.add("; the kernel killed ").processes(n).add(" for memory ").number(float64(minutes)).add(" min ago").
		tell("killed_before", Figures{"n": n, "minutes": float64(minutes)})
}

func sayReadOnly(j *judge, s *Snapshot, text *sentence) {
	text.mount(worstMount(j, s, isTurned))
}

func sayStale(j *judge, s *Snapshot, text *sentence) {
	text.mount(worstMount(j, s, isStale))
}

func (t *sentence) mount(f *Filesystem, _ float64) *sentence {
	if f == nil {
		return t.add("none now").tell("none_now", nil)
	}
	return t.name(f.Mount).tellOf("mount", f.Mount, 0, nil)
}

func sayFull(j *judge, s *Snapshot, text *sentence) {
	f, v := worstMount(j, s, howFull)
	text.mount(f, v)
	if f != nil {
		text.add(" ").percent(v).add(", ").bytes(float64(f.Available)).add(" left").
			tell("full", Figures{"share": v, "bytes": float64(f.Available)})
	}
}

func sayInodes(j *judge, s *Snapshot, text *sentence) {
	f, v := worstMount(j, s, inodesUsed)
	text.mount(f, v).add(" ").percent(v).tell("inodes", Figures{"share": v})
}

func sayMemoryStall(j *judge, s *Snapshot, text *sentence) {
	text.culprit(j.past.pick(s, 0, scoreMemory))
	v, _ := memoryStall(j, s)
	text.percent(v).add(" full pressure").tell("full_pressure", Figures{"share": v})
}

func sayMemoryTaken(j *judge, s *Snapshot, text *sentence) {
	if s.Memory == nil {
		return
	}
	available := ratio(float64(s.Memory.Available), float64(s.Memory.Total)).value
	text.percent(available).add(" available").tell("available", Figures{"share": available})
	p := j.past.pick(s, 0, scoreMemory)
	if p == nil {
		return
	}
	text.add(", ").process(p)
	if grown, _ := j.past.growth(p); float64(grown) > float64(p.Memory)/10 {
		text.add(" grew by ").bytes(float64(grown)).tellOf("grew", p.Name, p.PID, Figures{"bytes": float64(grown)})
		return
	}
	text.tense(" has ", " had ").bytes(float64(p.Memory)).tellOf("has", p.Name, p.PID, Figures{"bytes": float64(p.Memory)})
}

func sayHeat(_ *judge, s *Snapshot, text *sentence) {
	if sensor, _ := hottest(s); sensor != nil {
		text.name(sensor.Chip).add(" ").name(sensor.Label).add(" at ").number(sensor.Value.value).
			add(" °C, critical is ").number(sensor.Critical.value).add(" °C").
			tellOf("hot", sensor.Chip+" "+sensor.Label, 0, Figures{"celsius": sensor.Value.value, "critical": sensor.Critical.value})
	}
}

func sayHandles(_ *judge, s *Snapshot, text *sentence) {
	if s.Handles != nil {
		text.number(float64(s.Handles.Allocated)).add(" of ").number(float64(s.Handles.Maximum)).
			tell("entries", Figures{"n": float64(s.Handles.Allocated), "of": float64(s.Handles.Maximum)})
	}
}

func sayConntrack(_ *judge, s *Snapshot, text *sentence) {
	if s.Sockets != nil {
		text.number(s.Sockets.Conntrack.value).add(" of ").number(s.Sockets.ConntrackLimit.value).add(" entries").
			tell("entries", Figures{"n": s.Sockets.Conntrack.value, "of": s.Sockets.ConntrackLimit.value})
	}
}

func sayIO(j *judge, s *Snapshot, text *sentence) {
	text.culprit(j.past.pick(s, 0, scoreIO))
	if s.Pressure != nil && s.Pressure.IO != nil {
		text.percent(s.Pressure.IO.Full.value).add(" full pressure").tell("full_pressure", Figures{"share": s.Pressure.IO.Full.value})
	} else if s.CPU != nil {
		text.percent(s.CPU.IOWait.value).add(" iowait").tell("iowait", Figures{"share": s.CPU.IOWait.value})
	}
	var busiest *Disk
	for i := range s.Disks {
		if d := &s.Disks[i]; d.Busy.value >= 0.5 && (busiest == nil || d.Busy.value > busiest.Busy.value) {
			busiest = d
		}
	}
	if busiest != nil {
		text.add(", ").name(busiest.Name).add(" ").percent(busiest.Busy.value).add(" busy").
			tellOf("disk_busy", busiest.Name, 0, Figures{"share": busiest.Busy.value})
	}
}

func sayDisk(j *judge, s *Snapshot, text *sentence) {
	d, _ := slowest(s)
	if d == nil {
		text.add("none now").tell("none_now", nil)
		return
	}
	ms := 1000 * max(d.ReadTime.value, d.WriteTime.value)
	text.name(d.Name).add(" ").percent(d.Busy.value).add(" busy, ").number(ms).add(" ms for a request").
		tellOf("disk_busy", d.Name, 0, Figures{"share": d.Busy.value}).tell("disk_slow", Figures{"ms": ms})
	if p := j.past.pick(s, 0, scoreIO); p != nil {
		text.add(", ").process(p).tellOf("culprit", p.Name, p.PID, nil)
	}
}

func saySwap(j *judge, s *Snapshot, text *sentence) {
	text.culprit(j.past.pick(s, 0, scoreMemory))
	if s.Paging != nil {
		text.bytes(s.Paging.SwapIn.value).add("/s in, ").bytes(s.Paging.SwapOut.value).add("/s out").
			tell("swapping", Figures{"in": s.Paging.SwapIn.value, "out": s.Paging.SwapOut.value})
	}
}

func saySteal(_ *judge, s *Snapshot, text *sentence) {
	if s.CPU != nil {
		text.add("the hypervisor").tense(" keeps ", " kept ").percent(s.CPU.Steal.value).cores(s).
			tell("withheld", Figures{"share": s.CPU.Steal.value, "of": float64(len(s.CPU.Cores))})
	}
}

func sayBusy(_ *judge, s *Snapshot, text *sentence) {
	if s.CPU != nil {
		text.add(" (").percent(s.CPU.Busy.value).cores(s).add(")").
			tell("busy", Figures{"share": s.CPU.Busy.value, "of": float64(len(s.CPU.Cores))})
	}
}

// sayUsed is said of a machine that is healthy; nothing while its numbers are unknown, or say otherwise at this moment.
func sayUsed(j *judge, s *Snapshot, text *sentence) {
	if busy, ok := cpuUsed(j, s); !ok || busy < stillUsed {
		return
	}
	text.add("; CPU fully used")
	sayBusy(j, s, text)
	if waits := s.Pressure.CPU.Some.value; waits >= 0.005 {
		text.add(", others wait ").percent(waits).add(" of the time").tell("others_wait", Figures{"share": waits})
	} else {
		text.add(", nothing waits").tell("nothing_waits", nil)
	}
	text.add(": ")
	sayCPU(j, s, text)
	text.trim(": ")
}

const (
	// leastShare is what one must have of the time that all are busy, to be named.
	leastShare = 0.25
	// manyForks a second, and those that are started are the load. A compiler's driver starts ten or so.
	manyForks = 50
)

func sayCPU(j *judge, s *Snapshot, text *sentence) {
	least, forks := 0.05, 0.0
	if s.CPU != nil {
		busy := max(s.CPU.Busy.value-s.CPU.Steal.value, 0) * float64(len(s.CPU.Cores))
		least, forks = max(least, leastShare*busy), s.CPU.Forks.value
	}
	much := outweighs
	if j.past.band.n > 0 {
		much = stillDoes
	}
	p, b := j.past.pick(s, least, scoreCPU), j.past.pickBand(s, least)
	if p != nil && b.cores < scoreCPU(&j.past, p)*much {
		b, j.past.band = band{}, band{}
	}
	first := user{band: b}
	if b.n == 0 && p != nil {
		first = userOf(p)
	}
	switch {
	case first.n > 0:
		j.past.weight = first.cores
		text.users(first, j.past.pickSecond(s, first))
	case forks >= manyForks:
		text.add("short-lived processes, ").number(forks).add(" started a second").tell("short_lived", Figures{"rate": forks})
	case s.Processes != nil && isFresh(s, []string{"processes"}):
		text.add("many small processes").tell("many_small", nil)
	}
}

// users adds who uses the processors, and what another program does beside it, if there is one.
func (t *sentence) users(first, second user) {
	is, was := " use ", " used "
	if first.process != nil && second.n == 0 {
		is = " uses "
	}
	t.user(first)
	if second.n > 0 {
		t.add(" and ").user(second)
	}
	t.pid = 0
	if first.process != nil {
		t.pid = first.process.PID
	}
	if t.tense(is, was); second.n > 0 {
		t.decimal(first.cores).add(" and ").decimal(second.cores).add(" cores").tellUser(first).tellUser(second)
		return
	}
	if t.coresUsed(first.cores).tellUser(first); first.children > first.cores/2 {
		t.add(", mostly short-lived children").tell("children", nil)
	}
}

func (t *sentence) user(u user) *sentence {
	if u.process != nil {
		return t.process(u.process)
	}
	return t.name(u.name).add(", ").number(float64(u.n)).add(" processes,")
}

func (t *sentence) tellUser(u user) *sentence {
	if u.process != nil {
		return t.tellOf("uses", u.name, u.process.PID, Figures{"cores": u.cores})
	}
	return t.tellOf("band_uses", u.name, 0, Figures{"n": float64(u.n), "cores": u.cores})
}

func (t *sentence) coresUsed(cores float64) *sentence {
	t.decimal(cores).add(" core")
	if math.Round(cores*10) != 10 {
		t.add("s")
	}
	return t
}

func (t *sentence) cores(s *Snapshot) *sentence {
	n := len(s.CPU.Cores)
	if n == 0 {
		return t
	}
	t.add(" of ").number(float64(n)).add(" core")
	if n > 1 {
		t.add("s")
	}
	return t
}

func sayThrottle(_ *judge, s *Snapshot, text *sentence) {
	if g, v, ok := worstGroup(s, heldBack); ok {
		text.name(groupName(g)).add(" in ").percent(v).add(" of its periods").tellOf("throttled", g.Name, 0, Figures{"share": v})
		if cores, ok := g.CPULimit.Get(); ok {
			text.add(", limit ").decimal(cores).add(" cores").tell("limit", Figures{"cores": cores})
		}
	}
}

func sayGroupMemory(_ *judge, s *Snapshot, text *sentence) {
	if g, v, ok := worstGroup(s, nearLimit); ok {
		if own, _ := part(g.WorkingSet, g.MemoryLimit); own < v {
			text.name(groupName(g)).tense(" is in a group that uses ", " was in a group that used ").percent(v).add(" of its limit").
				tellOf("group_above", g.Name, 0, Figures{"share": v})
			return
		}
		text.name(groupName(g)).tense(" uses ", " used ").percent(v).add(" of ").bytes(g.MemoryLimit.value).
			tellOf("group_memory", g.Name, 0, Figures{"share": v, "bytes": g.MemoryLimit.value})
	}
}

func groupName(g *Cgroup) string {
	if g.Name == "" {
		return "this container"
	}
	return g.Name
}

func sayLoss(_ *judge, s *Snapshot, text *sentence) {
	if n, v := lossiest(s); n != nil {
		text.name(n.Name).add(" ").percent(v).add(", ").number(lostBy(n)).add("/s").
			tellOf("lost", n.Name, 0, Figures{"share": v, "rate": lostBy(n)})
	}
}

func sayRetransmits(j *judge, s *Snapshot, text *sentence) {
	v, _ := retransmits(j, s)
	text.percent(v).add(" of TCP segments").tense(" are", " were").add(" sent again").tell("sent_again", Figures{"share": v})
}

// listenerLasts is for how long the last full queue is taken for the one that drops connections, in seconds.
const listenerLasts = 60

func sayDropped(j *judge, s *Snapshot, text *sentence) {
	v, _ := dropped(j, s)
	text.decimal(v).add(" a second, ").tell("rate", Figures{"rate": v})
	fullest := &j.past.fullest // a queue empties between two looks, and when it is over
	if fullest.Port == 0 || j.clock-j.past.fullestAt > listenerLasts {
		text.add("an accept queue").tense(" is", " was").add(" full").tell("queue_full", nil)
		return
	}
	text.add("the accept queue of port ").number(float64(fullest.Port)).tense(" is", " was").add(" full (limit ").
		number(float64(fullest.Limit)).add(")").
		tell("port_queue_full", Figures{"port": float64(fullest.Port), "of": float64(fullest.Limit)})
}

func sayDatagrams(j *judge, s *Snapshot, text *sentence) {
	v, _ := datagrams(j, s)
	text.decimal(v).add(" a second, ").tell("rate", Figures{"rate": v})
	text.add("a program's receive buffer").tense(" is", " was").add(" full").tell("buffer_full", nil)
}

// sayUnknown is said when that many sources do not answer, the two that matter most among them.
func (j *judge) sayUnknown(s *Snapshot, silent int) *Verdict {
	j.calm = j.clock
	began := since(s.At, j.clock-j.past.answered)
	if j.last != nil && j.last.State == stateUnknown && isNear(began, j.last.Since) {
		if j.second == int64(silent) {
			return j.last
		}
		began = j.last.Since
	}
	text := j.text.begin("no verdict: no answer from cpu, memory")
	if silent > 2 {
		text.add(" and ").number(float64(silent - 2)).add(" more")
	}
	text.tell("blind", Figures{"n": float64(silent)})
	j.shown, j.second = -1, int64(silent)
	j.last = &Verdict{State: stateUnknown, Text: text.String(), Since: began, Parts: text.parts("", 0, 0, false)}
	return j.last
}

// sayLooking is said at the beginning, while something holds of which nobody can tell yet whether it lasts: to call the
// machine healthy would be to guess.
func (j *judge) sayLooking(s *Snapshot, maybe int) *Verdict {
	j.calm = j.clock
	began, which := s.At.UnixMilli(), int64(-1-maybe) // no number of sources is negative
	if j.last != nil && j.last.State == stateUnknown {
		if j.second == which {
			return j.last
		}
		began = j.last.Since
	}
	head := j.rules[maybe].head
	text := j.text.begin(head).colon(head).add("looking whether it lasts").tell("looking", nil)
	j.shown, j.second = -1, which
	j.last = &Verdict{State: stateUnknown, Text: text.String(), Since: began, Parts: text.parts(head, 0, 0, false)}
	return j.last
}

func sayBlind(_ *judge, s *Snapshot, text *sentence) {
	more := -1
	for i := range s.Sources {
		if isBlind(&s.Sources[i]) {
			if more++; more == 0 {
				text.add(" as far as is known: no answer from ").name(s.Sources[i].Name)
				text.tellOf("partly_blind", s.Sources[i].Name, 0, Figures{"n": 0})
			}
		}
	}
	if more > 0 {
		text.add(" and ").number(float64(more)).add(" more")
		text.phrases[len(text.phrases)-1].Figures["n"] = float64(more)
	}
}
