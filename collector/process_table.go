package collector

import (
	"cmp"
	"slices"
	"time"
)

const (
	// stillReads is how many reads without a change make a process idle, and idleTicks how often it is read then.
	stillReads = 5
	idleTicks  = 10
	// restTicks is how often one is read that is known to have done nothing: others may have taken memory from it.
	restTicks = 6 * idleTicks
	// fewThreads is how many make it cheap to ask whether a process has done anything, and mostAsked about how many
	// idle ones are asked that in one tick: up to so many, each on every tick.
	fewThreads = 64
	mostAsked  = 300
	// unwatchedAsked is the same while nobody looks. In both cases all are asked when somebody works who was not.
	unwatchedAsked = 100
	// mostTraffic is of how many processes disk traffic is read in one tick, while nobody looks at all of them.
	mostTraffic = 64
	// mostTasks bounds how many processes are told apart.
	mostTasks = 1 << 17
)

// A task is a process as the table remembers it from read to read. It stands for one process: when its PID is used
// again, there is another task.
type task struct {
	pid     int32
	parent  int32
	birth   int64 // when it started, as the system has it. With pid its identity
	started int64 // the same in Unix milliseconds
	name    string
	state   string
	threads int32
	memory  uint64
	cpu     float64 // seconds of processor time since it started
	spent   float64 // the same with that of its children, as its parent will inherit it

	seen  int           // the tick it was last read in; 0 is never
	asked int           // the tick in which its clock was last asked
	at    time.Duration // when that was
	rate  Number        // of cpu. A process that is not read on a tick is idle, and that is 0
	born  int           // the tick it was first read in, if it had started since the one before

	still  int8 // reads in a row without a change
	slot   int8 // which of restTicks it is read in when it rests
	shown  int  // the tick in which it was last at the top
	gone   bool // its files were not there
	stale  bool // its parent has gone: it has another by now
	timed  bool // its clock could be read
	reaped int  // the tick up to which children that are gone may have left it what they have used; 0 is never
	young  int  // up to that tick it cannot be old, though it was not read yet; 0 where it may be
	hidden bool // it is not for us to see

	inherited inheritance
	traffic   traffic
	details   details
}

// traffic is what a process has moved from and to disks. Rates are those of the tick that they were read in.
type traffic struct {
	read, written       uint64
	readRate, writeRate Number
	at                  time.Duration
	tick                int // 0 is never
	again               int // before that tick it is no use to ask
}

// A sighting is what one read tells of a process.
type sighting struct {
	parent  int32
	birth   int64
	started int64
	state   string
	threads int32
	memory  uint64
	cpu     float64

	children, spent float64
}

// A moment is when the list of processes was known to be complete: by the monotonic clock, and by the one that
// task.birth is of.
type moment struct {
	now   time.Duration
	clock int64
}

// A processTable compares each read of all processes with the ones before: begin, then list where the list may have
// changed, then see for each that is due, then end. The zero table works.
type processTable struct {
	clock func() time.Duration // it may stand still, as in the zero table
	host  *busyTime            // nil, not known
	tick  int
	all   bool          // nobody is idle: somebody looks at the whole table
	quiet bool          // nobody looks at anything
	now   time.Duration // monotonic, not after what is being read
	last  moment        // of the tick before
	this  moment

	tasks, spare []*task // by PID
	ended        []*task // that settle has not seen
	used         float64 // seconds of processor time in this tick, of those read in it
	inherited    float64 // of those, what children have used that have ended
	reaping      int     // the tick in which anybody has last taken note of the end of a child
	strays       strays
	blind        bool // there may be some that are not in the list
	slot         int8 // the next to be given

	sum                      Processes
	cpu, memory, busy, shown []*task // lists of the last tick, used again
}

func (t *processTable) begin(now time.Duration, all bool) {
	t.tick++
	t.now, t.all, t.used, t.inherited = now, all, 0, 0
}

// since is the time since an earlier moment, to one that is not before what was read just now. What a reading is of
// lies between now and then; so a reader that has to wait in between makes a rate lower, and never a spike of it.
func (t *processTable) since(at time.Duration) time.Duration {
	if t.clock == nil {
		return t.now - at
	}
	return t.clock() - at
}

// complete says that every process there was at a moment is in the list.
func (t *processTable) complete(clock int64) { t.this = moment{t.now, clock} }

// list forgets those that are not among pids, which ascend, and takes up the new ones. It comes before they are read.
func (t *processTable) list(pids []int32) {
	t.merge(pids)
	t.settle(t.tick - 1)
}

// merge is a list that may come later: end does what follows.
func (t *processTable) merge(pids []int32) {
	old, list := t.tasks, t.spare[:0]
	for i, pid := range pids {
		if i > 0 && pid == pids[i-1] {
			continue
		}
		for len(old) > 0 && old[0].pid < pid {
			t.lose(old[0])
			old = old[1:]
		}
		var p *task
		if len(old) > 0 && old[0].pid == pid {
			p, old = old[0], old[1:]
		}
		if p != nil && !p.gone {
			list = append(list, p)
		} else if len(list) < mostTasks {
			list = append(list, t.newTask(pid))
		}
	}
	for _, p := range old {
		t.lose(p)
	}
	t.spare = t.tasks[:0]
	t.tasks = list
	clear(t.spare[:cap(t.spare)]) // those that are gone are not kept
	t.blind = len(pids) == 0 || pids[0] != 1 || len(list) == mostTasks
}

func (t *processTable) find(pid int32) *task {
	i, found := slices.BinarySearchFunc(t.tasks, pid, comparePID)
	if !found {
		return nil
	}
	return t.tasks[i]
}

func comparePID(p *task, pid int32) int { return cmp.Compare(p.pid, pid) }

func byPID(a, b *task) int { return cmp.Compare(a.pid, b.pid) }

// newTask spreads idle processes over the ticks.
func (t *processTable) newTask(pid int32) *task {
	t.slot = (t.slot + 1) % restTicks
	p := &task{pid: pid, slot: t.slot}
	p.inherited.strays = t.strays
	if t.last != (moment{}) { // it was not there when the list was last complete
		p.young = t.tick + 1
	}
	return p
}

// due tells whether to read a process on this tick.
func (t *processTable) due(p *task) bool {
	return t.all || p.still < stillReads || t.wasShown(p) || t.tick%idleTicks == int(p.slot)%idleTicks
}

// askable tells whether to ask on this tick how much processor time a process has used, where that can be had without
// reading it. It takes longer the more threads there are.
func (t *processTable) askable(p *task) bool {
	most := mostAsked
	if t.quiet {
		most = unwatchedAsked
	}
	every := 1 + len(t.tasks)/most
	return t.due(p) || p.threads <= fewThreads && (t.tick+int(p.slot))%every == 0
}

// rests tells whether a process that has used so much by now can be left alone: it has not run, so all is as it was,
// but for its memory. If so, that is filed. One that is owed something is read: where a hypervisor takes time away, as long
// as it takes to note the end of a child may pass without moving a clock.
func (t *processTable) rests(p *task, cpu float64) bool {
	if p.seen == 0 || p.hidden || p.stale || cpu != p.cpu || p.inherited.owed > 0 || t.tick%restTicks == int(p.slot) {
		return false
	}
	if (t.all || t.wasShown(p)) && t.tick%idleTicks == int(p.slot)%idleTicks {
		return false
	}
	p.at, p.rate = t.now, Known(0)
	t.rest(p)
	p.still = min(p.still+1, stillReads)
	if d := &p.traffic; d.tick != 0 && d.tick >= p.seen {
		d.readRate, d.writeRate, d.at, d.tick = Known(0), Known(0), t.now, t.tick
	}
	return true
}

func (t *processTable) wasShown(p *task) bool { return p.shown != 0 && p.shown == t.tick-1 }

// see files what was read of the process in place i of the list. It tells whether its processor time has moved.
func (t *processTable) see(i int, s sighting) (p *task, moved bool) {
	p = t.tasks[i]
	if p.seen != 0 && p.birth != s.birth { // the PID was used again
		t.lose(p)
		p = t.newTask(p.pid)
		t.tasks[i] = p
	}
	p.rate = Number{}
	switch {
	case p.seen != 0:
		p.rate = perSecondOf(p.cpu, s.cpu, t.since(p.at))
		t.used += max(s.cpu-p.cpu, 0)
		t.inherit(p, s.children, p.at)
	case t.last != (moment{}) && s.birth >= t.last.clock:
		// Born since the list was last complete: all it has used, it has used since. One that began before and comes
		// into sight now has no rate until its next read.
		p.born = t.tick
		p.rate = perSecondOf(0, s.cpu, t.since(t.last.now))
		t.used += s.cpu
		t.inherit(p, s.children, t.last.now)
	default:
		p.inherited.total = s.children
	}
	moved = s.cpu != p.cpu || s.spent != p.spent
	if moved || p.seen == 0 || s.memory != p.memory || s.state != p.state || s.state == "running" || s.state == "waiting" {
		p.still = 0
	} else if p.still < stillReads {
		p.still++
	}
	p.parent, p.birth, p.started, p.state = s.parent, s.birth, s.started, s.state
	p.threads, p.memory, p.cpu, p.spent = s.threads, s.memory, s.cpu, s.spent
	p.seen, p.at, p.hidden, p.stale = t.tick, t.now, false, false
	return p, moved
}

// hide notes that a process is not for us to see. It may become so: it is tried again as idle ones are.
func (p *task) hide() {
	p.hidden, p.still, p.shown = true, stillReads, 0
}

// addTraffic files what a process has read and written since it started.
func (t *processTable) addTraffic(p *task, read, written uint64) {
	d := &p.traffic
	d.readRate, d.writeRate = Number{}, Number{}
	switch {
	case d.tick != 0 && p.reaped >= d.tick: // some of it may be of its children
	case d.tick != 0:
		elapsed := t.since(d.at)
		d.readRate, d.writeRate = perSecond(d.read, read, elapsed), perSecond(d.written, written, elapsed)
	case p.born == t.tick:
		elapsed := t.since(t.last.now)
		d.readRate, d.writeRate = perSecond(0, read, elapsed), perSecond(0, written, elapsed)
	}
	d.read, d.written, d.at, d.tick = read, written, t.now, t.tick
}

// end drops those that are gone, counts the others, and returns those at the top, most CPU first.
func (t *processTable) end() []*task {
	if t.this != (moment{}) {
		t.last, t.this = t.this, moment{}
	}
	for _, p := range t.ended { // noticed after its parent was read, perhaps
		if heir := t.heir(p); heir != nil && heir.traffic.tick == t.tick {
			heir.traffic.readRate, heir.traffic.writeRate = Number{}, Number{}
		}
	}
	t.settle(t.tick)
	t.disown()
	t.sum = Processes{}
	t.cpu, t.memory, t.busy, t.shown = t.cpu[:0], t.memory[:0], t.busy[:0], t.shown[:0]
	left := t.tasks[:0]
	for _, p := range t.tasks {
		if p.gone {
			continue
		}
		left = append(left, p)
		if p.hidden {
			t.sum.Total++
		}
		if p.seen == 0 || p.hidden {
			continue
		}
		if p.seen == t.tick {
			p.inherited.rate = t.account(p)
		} else {
			p.rate, p.inherited.rate = Known(0), 0
		}
		t.count(p)
		t.cpu = insertTask(mostByCPU, t.cpu, p, byCPU)
		t.memory = insertTask(mostByMemory, t.memory, p, byMemory)
		if p.traffic.sum(t.tick) > 0 {
			t.busy = insertTask(mostByTraffic, t.busy, p, byTraffic)
		}
	}
	clear(t.tasks[len(left):])
	t.tasks = left
	for _, top := range [][]*task{t.cpu, t.memory, t.busy} {
		for _, p := range top {
			if p.shown != t.tick {
				p.shown = t.tick
				t.shown = append(t.shown, p)
			}
		}
	}
	slices.SortFunc(t.shown, byCPU)
	return t.shown
}

func (t *processTable) count(p *task) {
	t.sum.Total++
	t.sum.Threads += int(p.threads)
	switch p.state {
	case "running":
		t.sum.Running++
	case "waiting":
		t.sum.Waiting++
	case "zombie":
		t.sum.Zombies++
	}
}

// counts is what the last end counted.
func (t *processTable) counts() Processes { return t.sum }

func (p *task) known() bool { return p.seen != 0 && !p.hidden && !p.gone }

// known returns a new list of all that were seen.
func (t *processTable) known() []*task {
	known := make([]*task, 0, len(t.tasks))
	for _, p := range t.tasks {
		if p.known() {
			known = append(known, p)
		}
	}
	return known
}

// sum is 0 for what was not read in that tick.
func (d *traffic) sum(tick int) float64 {
	if d.tick != tick {
		return 0
	}
	return d.readRate.value + d.writeRate.value
}

// sum is what a process uses with those of its children that have ended.
func (p *task) sum() float64 { return p.rate.value + p.inherited.rate }

func byCPU(a, b *task) int {
	return cmp.Or(cmp.Compare(b.sum(), a.sum()), cmp.Compare(b.memory, a.memory), cmp.Compare(a.pid, b.pid))
}

func byMemory(a, b *task) int {
	return cmp.Or(cmp.Compare(b.memory, a.memory), cmp.Compare(b.sum(), a.sum()), cmp.Compare(a.pid, b.pid))
}

func byTraffic(a, b *task) int {
	x, y := &a.traffic, &b.traffic
	return cmp.Or(cmp.Compare(y.sum(y.tick), x.sum(x.tick)), cmp.Compare(a.pid, b.pid))
}

// insertTask keeps in best the n that compare puts first, in order.
func insertTask(n int, best []*task, p *task, compare func(a, b *task) int) []*task {
	if len(best) == n {
		if compare(p, best[n-1]) >= 0 {
			return best
		}
		best = best[:n-1]
	}
	i, _ := slices.BinarySearchFunc(best, p, compare)
	return slices.Insert(best, i, p)
}
