package collector

import (
	"time"
)

// A groupCount is a number of a group's file, if ok.
type groupCount struct {
	n  uint64
	ok bool
}

func (c groupCount) number() Number {
	if !c.ok {
		return Number{}
	}
	return Known(float64(c.n))
}

// rateOf is how fast a counter goes, each of its steps being worth so much.
func rateOf(before, after groupCount, elapsed time.Duration, worth float64) Number {
	if !before.ok || !after.ok {
		return Number{}
	}
	v, ok := perSecond(before.n, after.n, elapsed).Get()
	if !ok {
		return Number{}
	}
	return Known(v * worth)
}

// least is the lesser of two limits, of which one may not be there.
func least(a, b Number) Number {
	if !b.known || a.known && a.value <= b.value {
		return a
	}
	return b
}

// groupNumbers is what a group's files say.
type groupNumbers struct {
	cpu                                groupCount // nanoseconds of processor time
	periods, throttled, throttledNanos groupCount
	quota                              groupCount // of v1: microseconds of each period, which its next file has
	cpuLimit, cpus                     Number

	memory, inactiveFile, anonymous, file, shared, slab, peak, swap groupCount
	high, limit, kills                                              groupCount
	memoryLimit                                                     Number

	tasks      groupCount
	tasksLimit Number

	read, written groupCount

	stalls  [len(stallFiles)]stallCounters
	stalled [len(stallFiles)]bool
}

// stallFiles are a group's files of pressure, in the order of Pressure's fields.
var stallFiles = [...]string{"cpu.pressure", "memory.pressure", "io.pressure", "irq.pressure"}

// isLimited leaves out a limit of tasks: systemd gives one to nearly every service, and it says nothing of a container.
func (n *groupNumbers) isLimited() bool {
	return n.cpuLimit.known || n.memoryLimit.known
}

// mostProcessors is more than any machine has.
const mostProcessors = 1 << 16

// cgroupOf fills in what two looks at a group come to.
func cgroupOf(g *Cgroup, before, after *groupNumbers, elapsed time.Duration) {
	g.CPULimit, g.CPUs = after.cpuLimit, after.cpus
	if cpu := rateOf(before.cpu, after.cpu, elapsed, 1e-9); cpu.value < mostProcessors {
		g.CPU = cpu
	}
	g.Throttled = throttledOf(before, after, elapsed)
	g.ThrottledTime = rateOf(before.throttledNanos, after.throttledNanos, elapsed, 1e-9)

	g.MemoryLimit = after.memoryLimit
	g.Memory = after.memory.number()
	if after.memory.ok && after.inactiveFile.ok {
		g.WorkingSet = Known(float64(without(after.memory.n, after.inactiveFile.n)))
	}
	g.Anonymous, g.File, g.Shared = after.anonymous.number(), after.file.number(), after.shared.number()
	g.SlabReclaimable, g.Peak, g.Swap = after.slab.number(), after.peak.number(), after.swap.number()
	g.HighEvents, g.LimitEvents, g.OOMKills = after.high.number(), after.limit.number(), after.kills.number()

	g.Tasks, g.TasksLimit = after.tasks.number(), after.tasksLimit
	g.ReadRate = rateOf(before.read, after.read, elapsed, 1)
	g.WriteRate = rateOf(before.written, after.written, elapsed, 1)
}

// throttledOf is unknown for a group without a limit of its own: it has no periods. One that ran in none of them was
// not held back either.
func throttledOf(before, after *groupNumbers, elapsed time.Duration) Number {
	periods := rateOf(before.periods, after.periods, elapsed, 1)
	throttled := rateOf(before.throttled, after.throttled, elapsed, 1)
	switch {
	case !periods.known || !throttled.known || after.periods.n == 0:
		return Number{}
	case periods.value == 0:
		return Known(0)
	}
	return ratio(throttled.value, periods.value)
}

// pressureOf is false where the group has none.
func pressureOf(p *Pressure, stalls *[len(stallFiles)]Stall, before, after *groupNumbers, elapsed time.Duration) bool {
	for i, stall := range [...]**Stall{&p.CPU, &p.Memory, &p.IO, &p.IRQ} {
		if after.stalled[i] {
			stalls[i] = stallBetween(before.stalls[i], after.stalls[i], elapsed)
			*stall = &stalls[i]
		}
	}
	return after.stalled != [len(stallFiles)]bool{}
}
