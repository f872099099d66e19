package collector

import (
	"time"
)

// secondsSince is the rate of a counter of nanoseconds.
func (c counter) secondsSince(before counter, elapsed time.Duration) Number {
	v, ok := c.since(before, elapsed).Get()
	if !ok {
		return Number{}
	}
	return Known(v * 1e-9)
}

// least is the lesser of two limits, of which one may not be there.
func least(a, b Number) Number {
	if !b.known || a.known && a.value <= b.value {
		return a
	}
	return b
}

// groupNumbers is what the files of a group, or of one above it, say.
type groupNumbers struct {
	cpu                                counter // nanoseconds of processor time
	periods, throttled, throttledNanos counter
	quota                              counter // of v1: microseconds of each period, which its next file has
	cpuLimit, cpus                     Number

	memory, inactiveFile, anonymous, file, shared, slab, peak, swap counter
	high, limit, kills                                              counter
	memoryLimit, memoryHigh                                         Number
	leastLimit                                                      Number // of v1: over those above it, seen or not

	tasks      counter
	tasksLimit Number

	read, written counter

	stalls  [len(stallFiles)]stallCounters
	stalled [len(stallFiles)]bool
}

// stallFiles are a group's files of pressure, in the order of Pressure's fields.
var stallFiles = [...]string{"cpu.pressure", "memory.pressure", "io.pressure", "irq.pressure"}

func (n *groupNumbers) hasCPULimit() bool { return n.cpuLimit.known }

func (n *groupNumbers) hasMemoryLimit() bool { return n.memoryLimit.known }

func (n *groupNumbers) hasMemoryBound() bool { return n.memoryLimit.known || n.memoryHigh.known }

func (n *groupNumbers) workingSet() Number {
	if !n.memory.known || !n.inactiveFile.known {
		return Number{}
	}
	return Known(float64(without(n.memory.value, n.inactiveFile.value)))
}

// isLimited leaves out a limit of tasks: systemd gives one to nearly every service, and it says nothing of a container.
func isLimited(levels []groupNumbers) bool {
	for i := range levels {
		if n := &levels[i]; n.hasCPULimit() || n.hasMemoryBound() || n.leastLimit.known {
			return true
		}
	}
	return false
}

// mostProcessors is more than any machine has.
const mostProcessors = 1 << 16

// cgroupOf fills in what two looks come to at a group, which is the first, and at those above it.
func cgroupOf(g *Cgroup, before, after []groupNumbers, elapsed time.Duration) {
	limitsOf(g, after)
	for i := range after {
		throttled := throttledOf(&before[i], &after[i], elapsed)
		if throttled.known && (!g.Throttled.known || throttled.value > g.Throttled.value) {
			g.Throttled, g.ThrottledTime = throttled, after[i].throttledNanos.secondsSince(before[i].throttledNanos, elapsed)
		}
	}

	b, n := &before[0], &after[0]
	if cpu := n.cpu.secondsSince(b.cpu, elapsed); cpu.value < mostProcessors {
		g.CPU = cpu
	}
	g.Memory, g.WorkingSet = n.memory.number(), n.workingSet()
	g.Anonymous, g.File, g.Shared = n.anonymous.number(), n.file.number(), n.shared.number()
	g.SlabReclaimable, g.Peak, g.Swap = n.slab.number(), n.peak.number(), n.swap.number()
	g.OOMKills, g.Tasks = n.kills.number(), n.tasks.number()
	g.ReadRate = n.read.since(b.read, elapsed)
	g.WriteRate = n.written.since(b.written, elapsed)
}

// limitsOf goes up from the group: the least limit counts, with the events of the level that has it, and the memory that
// is nearest to its limit.
func limitsOf(g *Cgroup, levels []groupNumbers) {
	g.LimitEvents, g.HighEvents = levels[0].limit.number(), levels[0].high.number()
	for i := range levels {
		n := &levels[i]
		g.CPULimit, g.TasksLimit = least(g.CPULimit, n.cpuLimit), least(g.TasksLimit, n.tasksLimit)
		if !g.CPUs.known { // the nearest that has the controller
			g.CPUs = n.cpus
		}
		if isLess(n.memoryLimit, g.MemoryLimit) {
			g.MemoryLimit, g.LimitEvents = n.memoryLimit, n.limit.number()
		}
		if isLess(n.memoryHigh, g.MemoryHigh) {
			g.MemoryHigh, g.HighEvents = n.memoryHigh, n.high.number()
		}
		g.MemoryPressed = greatest(g.MemoryPressed, pressedBy(n.workingSet(), n.memoryLimit))
	}
	if isLess(levels[0].leastLimit, g.MemoryLimit) { // that of one which is not seen
		g.MemoryLimit, g.LimitEvents = levels[0].leastLimit, Number{}
	}
	g.MemoryPressed = greatest(g.MemoryPressed, pressedBy(levels[0].workingSet(), g.MemoryLimit))
}

func pressedBy(used, limit Number) Number {
	if !used.known {
		return Number{}
	}
	return ratio(used.value, limit.value)
}

// isLess: a is a limit, and b is none or a greater one.
func isLess(a, b Number) bool { return a.known && (!b.known || a.value < b.value) }

func greatest(a, b Number) Number {
	if !b.known || a.known && a.value >= b.value {
		return a
	}
	return b
}

// throttledOf is unknown for a group without a limit of its own: it has no periods. One that ran in none of them was
// not held back either.
func throttledOf(before, after *groupNumbers, elapsed time.Duration) Number {
	periods := after.periods.since(before.periods, elapsed)
	throttled := after.throttled.since(before.throttled, elapsed)
	switch {
	case !periods.known || !throttled.known || after.periods.value == 0:
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
