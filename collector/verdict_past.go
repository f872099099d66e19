package collector

// past is what a judge remembers of snapshots: it tells what has changed.
type past struct {
	kills           Number // since boot
	newKills        float64
	groupKills      map[string]float64 // of each group, by path
	own, neighbours groupKills

	lists       [3]*Processes // the last ones, from the newest on
	before      [3]*Processes // the last ones when the kernel last killed
	victim      Process       // the largest that is gone since; none without memory
	another     uint64        // the memory of the next largest that is
	named       bool          // victim is by the kernel's log, and no guess
	searchUntil float64
	lastKill    float64
	killed      float64 // so many since there was an hour without

	clock      float64
	full       float64 // memory pressure, averaged over about a second
	isShort    bool    // of memory, now or a moment ago
	shortUntil float64

	answered    float64 // by the clock: when the processors or memory last did
	hasAnswered bool

	fullest   Listener // the last one whose accept queue was full, and when that was, by the clock; no port for none
	fullestAt float64

	reads  int
	mounts map[string]pastMount

	sizes, older []size // of processes: at the last mark, and at the one before
	marked       float64

	culprit culprit
	band    band    // that is named instead of it
	second  string  // the program that is named beside it; "" for none
	weight  float64 // the score of the one that is named
}

// groupKills is what control groups have lost now, and the name of the last one that has.
type groupKills struct {
	new  float64
	name string
}

type pastMount struct {
	read     int // the last one it was in
	writable bool
}

// A size is what a process had when it was looked at.
type size struct {
	culprit
	memory uint64
}

// A culprit is one process. The zero culprit is none.
type culprit struct {
	pid     int32
	started int64
}

// markEvery is the time between two looks at the sizes of processes, in seconds: growth is over one to two of these.
const markEvery = 30

// A host that kills for want of memory has been below lowMemory of it, or has stood still for highStall of a second, in
// the last shortFor seconds. Where it does not tell how long it stood still, memory counts as low earlier: much goes in a second.
const (
	lowMemory        = 0.10
	lowMemoryUnaided = 0.25
	highStall        = 0.20
	shortFor         = 10
)

func (p *past) note(s *Snapshot, clock float64) {
	interval := clock - p.clock
	p.clock = clock
	if s.CPU != nil && isFresh(s, []string{"cpu"}) || s.Memory != nil && isFresh(s, []string{"memory"}) {
		p.answered, p.hasAnswered = clock, true
	}
	p.noteShortage(s, interval)
	p.noteKills(s)
	p.noteVictim(s)
	p.noteMounts(s)
	if s.Sockets != nil && len(s.Sockets.FullListeners) > 0 {
		p.fullest, p.fullestAt = s.Sockets.FullListeners[0], clock
	}
	if s.Processes != nil && (p.sizes == nil || clock-p.marked >= markEvery) {
		p.sizes, p.older = p.older[:0], p.sizes
		for _, t := range s.Processes.Top {
			if len(p.sizes) < 2*mostShown {
				p.sizes = append(p.sizes, size{culprit{t.PID, t.Started}, t.Memory})
			}
		}
		p.marked = clock
	}
}

// silent is how many sources do not answer, when neither the processors nor memory have for a while; 0 otherwise.
func (p *past) silent(s *Snapshot) int {
	if p.hasAnswered && p.clock-p.answered <= blindFor {
		return 0
	}
	n := 2
	for i := range s.Sources {
		if t := &s.Sources[i]; isBlind(t) && t.Name != "cpu" && t.Name != "memory" {
			n++
		}
	}
	return n
}

func (p *past) noteShortage(s *Snapshot, interval float64) {
	low := lowMemory
	if s.Pressure != nil && s.Pressure.Memory != nil {
		p.full += (s.Pressure.Memory.Full.value - p.full) * min(interval, 1)
	} else {
		p.full, low = 0, lowMemoryUnaided
	}
	if taken, ok := memoryTaken(nil, s); p.full >= highStall || ok && taken >= 1-low {
		p.shortUntil = p.clock + shortFor
	}
	p.isShort = p.shortUntil > 0 && p.clock-interval <= p.shortUntil
}

func (p *past) noteKills(s *Snapshot) {
	p.newKills, p.own.new, p.neighbours.new = 0, 0, 0
	if s.Paging != nil && s.Paging.OOMKills.known {
		p.newKills = grown(p.kills, s.Paging.OOMKills)
		p.kills = s.Paging.OOMKills
	}
	if s.Container != nil {
		p.noteGroup(s.Container, &p.own, len(s.Neighbours)+1)
	}
	for i := range s.Neighbours {
		p.noteGroup(&s.Neighbours[i], &p.neighbours, len(s.Neighbours)+1)
	}
}

const (
	// searchFor is for how long a victim is looked for, in seconds: a large process takes a while to go.
	searchFor = 5
	// standsOut is how many times as large as any other that is gone the victim is.
	standsOut = 4
	// remembers is for how long a kill is told of when all is well again.
	remembers = 3600
)

// noteVictim looks for whom the kernel has killed: it tells the number, and the name in its log alone. Where that is not
// read, the largest that is gone is as good a guess as there is.
func (p *past) noteVictim(s *Snapshot) {
	if s.Processes != nil && s.Processes != p.lists[0] {
		p.lists = [3]*Processes{s.Processes, p.lists[0], p.lists[1]}
	}
	if p.killed > 0 && p.clock-p.lastKill >= remembers {
		p.killed = 0
	}
	kills := p.newKills
	if !p.kills.known {
		kills = p.own.new + p.neighbours.new
	}
	if kills > 0 {
		if p.killed == 0 || p.clock-p.lastKill > eventLasts {
			p.victim, p.another, p.named = Process{}, 0, false
		}
		p.before, p.lastKill, p.searchUntil, p.killed = p.lists, p.clock, p.clock+searchFor, p.killed+kills
	}
	if p.killed > 0 {
		p.noteNames(s)
	}
	if p.killed == 0 || p.clock > p.searchUntil || p.named {
		p.before = [3]*Processes{}
		return
	}
	for _, list := range p.before {
		if list == nil {
			continue
		}
		for i := range list.Top {
			t := &list.Top[i]
			if t.Memory <= p.another || !hasVanished(t, p.lists[0].Top) {
				continue
			}
			switch same := t.PID == p.victim.PID && t.Started == p.victim.Started; {
			case t.Memory > p.victim.Memory:
				if !same {
					p.another = p.victim.Memory
				}
				p.victim = *t
			case !same:
				p.another = t.Memory
			}
		}
	}
}

// likelyVictim is none where nothing large has gone, and where something nearly as large has gone too: processes also end by
// themselves, and the kernel kills the largest of a control group, which need not be the largest of the host.
func (p *past) likelyVictim() *Process {
	if !p.named && p.victim.Memory/standsOut < p.another {
		return &Process{}
	}
	return &p.victim
}

// noteNames takes the largest of those that the kernel's log names, where PIDs mean to us what they mean to the kernel.
func (p *past) noteNames(s *Snapshot) {
	if s.Paging == nil || s.Scopes != nil && s.Scopes.Processes != ScopeHost {
		return
	}
	for _, k := range s.Paging.Killed {
		if !p.named || k.Memory > p.victim.Memory {
			p.victim, p.named = Process{PID: k.PID, Name: k.Name, Memory: k.Memory}, true
		}
	}
}

// hasVanished: the process would be among those that are listed for their memory, and is not. One that only waits for its
// parent to take note has no memory any more.
func hasVanished(t *Process, now []Process) bool {
	larger := 0
	for i := range now {
		if now[i].PID == t.PID && now[i].Started == t.Started {
			return now[i].State == "zombie" || now[i].State == "dead"
		}
		if now[i].Memory >= t.Memory {
			larger++
		}
	}
	return larger < mostByMemory
}

func (p *past) noteGroup(g *Cgroup, of *groupKills, groups int) {
	now, ok := g.OOMKills.Get()
	if !ok {
		return
	}
	before, was := p.groupKills[g.Path]
	if was && before == now {
		return
	}
	if p.groupKills == nil || len(p.groupKills) > 4*groups+16 { // those that are gone
		p.groupKills = make(map[string]float64)
	}
	p.groupKills[g.Path] = now
	if was && now > before {
		of.new, of.name = of.new+now-before, groupName(g)
	}
}

func grown(before, after Number) float64 {
	if !before.known {
		return 0
	}
	return max(after.value-before.value, 0)
}

// noteMounts remembers which filesystems were writable in every snapshot before this one.
func (p *past) noteMounts(s *Snapshot) {
	if len(s.Filesystems) == 0 {
		return
	}
	p.reads++
	if p.mounts == nil || len(p.mounts) > 4*len(s.Filesystems)+16 {
		p.mounts = make(map[string]pastMount, len(s.Filesystems))
	}
	for i := range s.Filesystems {
		f := &s.Filesystems[i]
		m := p.mounts[f.Mount]
		if m.read != p.reads-1 { // mounted anew
			m.writable = false
		}
		p.mounts[f.Mount] = pastMount{read: p.reads, writable: m.writable || !f.ReadOnly && !f.Stale}
	}
}

// growth is by how much a process has grown since one or two marks ago; false for one that was not there.
func (p *past) growth(t *Process) (uint64, bool) {
	for _, list := range [2][]size{p.older, p.sizes} {
		for i := range list {
			if list[i].pid == t.PID && list[i].started == t.Started {
				return without(t.Memory, list[i].memory), true
			}
		}
	}
	return 0, false
}

// pick is the process with the highest score above least; nil when there is none. The one before stays as long as it is
// nearly as high, so that two of a kind do not take turns.
func (p *past) pick(s *Snapshot, least float64, score func(*past, *Process) float64) *Process {
	if s.Processes == nil || !isFresh(s, []string{"processes"}) {
		return nil
	}
	var best, same *Process
	most, kept := least, 0.0
	for i := range s.Processes.Top {
		t := &s.Processes.Top[i]
		v := score(p, t)
		if v > most {
			best, most = t, v
		}
		if t.PID == p.culprit.pid && t.Started == p.culprit.started {
			same, kept = t, v
		}
	}
	if same != nil && kept > least && kept >= 0.8*most {
		best, most = same, kept
	}
	p.culprit, p.weight = culprit{}, 0
	if best != nil {
		p.weight = most
		p.culprit = culprit{best.PID, best.Started}
	}
	return best
}

// nobody forgets who is named.
func (p *past) nobody() { p.culprit, p.band, p.second = culprit{}, band{}, "" }

// scoreCPU is with children that have ended: one that only starts others is at fault too.
func scoreCPU(_ *past, t *Process) float64 { return t.CPU.value + t.ChildrenCPU.value }

// scoreIO puts those that move bytes before those that wait, a kernel thread for instance, whose bytes we cannot see.
func scoreIO(_ *past, t *Process) float64 {
	v := t.ReadRate.value + t.WriteRate.value
	if v < 64<<10 {
		v = 0
	}
	if t.State == "waiting" {
		v += 1 + t.CPU.value
	}
	return v
}

// scoreMemory is the size, and what it has lately grown by ten times: a big process that stands still was there before
// memory became short.
func scoreMemory(p *past, t *Process) float64 {
	grown, _ := p.growth(t)
	return float64(t.Memory) + 10*float64(grown)
}
