package collector

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A kin is a process of a made-up host, and what of it has ended.
type kin struct {
	pid, parent   int32
	birth         int64 // hundredths of a second
	ends          int64 // when; 0 is never
	cpu, children float64
	ended         bool // and its parent has not taken note of it
	ignores       bool // the ends of its children
	works         bool
}

// A family is a host on which processes are born, work, end and are reaped, a hundredth of a second at a time, while a
// table reads them one by one.
type family struct {
	chance  *rand.Rand
	clock   int64
	next    int32
	all     []*kin // by pid
	used    float64
	table   processTable
	resting bool // those that have done nothing are not read
}

const kinCores = 4

func newFamily(seed uint64) *family {
	f := &family{chance: rand.New(rand.NewPCG(seed, 0)), clock: 100_000, next: 1}
	for range 12 {
		parent := int32(0)
		if len(f.all) > 0 {
			parent = f.all[f.chance.IntN(len(f.all))].pid
		}
		p := f.born(parent, 0)
		p.birth, p.cpu, p.children = int64(p.pid), 1000, float64(f.chance.IntN(100))
		p.ignores = p.pid != 1 && f.chance.IntN(6) == 0
	}
	f.table.clock = f.now
	f.resting = f.chance.IntN(2) == 0
	return f
}

func (f *family) now() time.Duration { return time.Duration(f.clock) * 10 * time.Millisecond }

func (f *family) born(parent int32, lives int64) *kin {
	p := &kin{pid: f.next, parent: parent, birth: f.clock, works: f.chance.IntN(2) == 0}
	if lives > 0 {
		p.ends = f.clock + lives
	}
	f.next++
	f.all = append(f.all, p)
	return p
}

func (f *family) find(pid int32) *kin {
	i, found := slices.BinarySearchFunc(f.all, pid, func(p *kin, pid int32) int { return int(p.pid - pid) })
	if !found {
		return nil
	}
	return f.all[i]
}

// pass lets a hundredth of a second pass.
func (f *family) pass(seldom int) {
	f.clock++
	var able []*kin
	for _, p := range slices.Clone(f.all) {
		switch {
		case p.pid == 1 && len(f.all) > 1:
		case !p.ended && (p.ends != 0 && p.ends <= f.clock || p.ends == 0 && f.chance.IntN(seldom) == 0):
			f.end(p)
		case !p.ended && p.works:
			able = append(able, p)
		}
	}
	for range min(len(able), kinCores) {
		able[f.chance.IntN(len(able))].cpu += 0.01
		f.used += 0.01
	}
	for _, p := range slices.Clone(f.all) {
		if p.ended && f.chance.IntN(20) == 0 {
			f.reap(p)
		}
	}
	if f.chance.IntN(3) == 0 {
		for range 2 {
			if p := f.all[f.chance.IntN(len(f.all))]; !p.ended {
				f.born(p.pid, 1+f.chance.Int64N(3)).works = true // a short one
			}
		}
	}
	if len(f.all) < 30 && f.chance.IntN(20) == 0 {
		if p := f.all[f.chance.IntN(len(f.all))]; !p.ended {
			f.born(p.pid, 0)
		}
	}
}

func (f *family) end(p *kin) {
	p.ended = true
	p.cpu += 1e-6 // to end is work too
	for _, child := range f.all {
		if child.parent == p.pid {
			child.parent = 1
		}
	}
	if parent := f.find(p.parent); parent == nil || parent.ignores {
		f.all = slices.DeleteFunc(f.all, func(k *kin) bool { return k == p })
	}
}

func (f *family) reap(p *kin) {
	if parent := f.find(p.parent); parent != nil {
		if parent.ended {
			return // it has been ended for the moment; its children have another by then
		}
		parent.children += p.cpu + p.children
	}
	f.all = slices.DeleteFunc(f.all, func(k *kin) bool { return k == p })
}

func (f *family) pids() (pids []int32) {
	for _, p := range f.all {
		pids = append(pids, p.pid)
	}
	return pids
}

// read is a tick, in the middle of which things happen.
func (f *family) read(seldom int) {
	t := &f.table
	t.begin(f.now(), false)
	if f.chance.IntN(3) > 0 || len(t.tasks) == 0 {
		t.list(f.pids())
	}
	t.complete(f.clock)
	for i, p := range t.tasks {
		if f.chance.IntN(10) == 0 {
			f.pass(seldom)
		}
		t.now = f.now()
		k := f.find(p.pid)
		if k == nil {
			if !f.resting || t.due(p) {
				t.lose(p)
			}
			continue
		}
		if f.resting && p.seen != 0 && k.cpu == p.cpu && k.children == p.inherited.total && t.rests(p, k.cpu) {
			continue
		}
		state := "sleeping"
		if k.ended {
			state = "zombie"
		}
		t.see(i, sighting{state: state, parent: k.parent, birth: k.birth, cpu: k.cpu, children: k.children, spent: k.cpu + k.children})
	}
	if t.inherited >= muchInherited {
		t.merge(f.pids())
	}
	t.end()
}

// Whenever children end, at whatever point of a read, and whoever takes note of it: nothing is shown twice, nobody has a
// jump of what one has used over its life, and most of what the short ones use is told.
func TestChildrenOfAFamily(t *testing.T) {
	t.Parallel()
	families := uint64(30)
	if testing.Short() {
		families = 6
	}
	for seed := range families {
		f := newFamily(seed)
		seldom := []int{1 << 30, 20_000, 2000}[seed%3] // that a long-lived one ends
		shown, last := 0.0, time.Duration(0)
		for range 10 {
			f.pass(1 << 30)
		}
		f.read(1 << 30)
		before := f.used
		for tick := range 100 {
			for range 80 + f.chance.IntN(20) {
				f.pass(seldom)
			}
			f.read(seldom)
			elapsed := 1.0
			if last != 0 {
				elapsed = (f.table.now - last).Seconds()
			}
			last = f.table.now
			sum := 0.0
			for _, p := range f.table.tasks {
				sum += p.inherited.rate
				if p.seen != 0 {
					shown += p.sum() * elapsed
				}
			}
			if sum > 1.5*kinCores {
				t.Fatalf("seed %d, tick %d: children that ended use %g cores of %d", seed, tick, sum, kinCores)
			}
		}
		used := f.used - before
		if shown > 1.1*used {
			t.Errorf("seed %d: %g seconds are shown, and %g were used", seed, shown, used)
		}
		if seed%3 == 0 && shown < 0.7*used {
			t.Errorf("seed %d: only %g seconds are shown, of %g that were used", seed, shown, used)
		}
	}
}

// at is a sighting whose parent inherits all of it.
func at(parent int32, birth int64, cpu, children float64) sighting {
	return sighting{parent: parent, birth: birth, cpu: cpu, children: children, spent: cpu + children}
}

// lineage is a table of process 1, its child 10, and of that one's children.
type lineage struct {
	t     *testing.T
	table processTable
	clock int64
}

func (l *lineage) tick(list []int32, there map[int32]sighting) {
	l.t.Helper()
	l.clock += 100
	t := &l.table
	t.begin(time.Duration(l.clock)*10*time.Millisecond, false)
	t.list(list)
	t.complete(l.clock)
	for i, p := range t.tasks {
		if s, ok := there[p.pid]; ok {
			t.see(i, s)
		} else {
			t.lose(p)
		}
	}
	t.end()
}

func (l *lineage) want(what string, pid int32, want float64) {
	l.t.Helper()
	got := l.table.find(pid).inherited.rate
	if fmt.Sprintf("%.3f", got) != fmt.Sprintf("%.3f", want) {
		l.t.Errorf("%s: children of %d use %g cores, want %g", what, pid, got, want)
	}
}

func TestChildrenThatEnded(t *testing.T) {
	one := at(0, 1, 5, 500)
	family := func(children ...float64) map[int32]sighting {
		return map[int32]sighting{1: one, 10: at(1, 10, 0, children[0]), 20: at(10, 20, 100, 50)}
	}
	all, without := []int32{1, 10, 20}, []int32{1, 10}
	start := func() *lineage {
		l := &lineage{t: t, clock: 1000}
		l.tick(all, family(3))
		l.want("at first nothing is known", 10, 0)
		l.tick(all, family(3.5))
		l.want("short ones", 10, 0.5)
		return l
	}
	two := func(children float64) map[int32]sighting {
		m := family(children)
		delete(m, 20)
		return m
	}

	l := start()
	l.tick(without, two(3.5+150.25+0.5))
	l.want("gone from the list, and inherited: its rest and the short ones", 10, 0.75)
	l.tick(without, two(3.5+150.25+0.5+1))
	l.want("and then", 10, 1)

	l = start()
	l.tick(all, two(3.5+150+0.5)) // found to be gone after its parent was read
	l.want("found to be gone later", 10, 0.5)
	l.tick(without, two(3.5+150+0.5+1))
	l.want("and then", 10, 1)

	l = start()
	l.tick(all, two(3.5+0.5)) // its parent was read before it inherited
	l.want("one that ends between", 10, 0)
	l.tick(without, two(3.5+0.5+150+0.7))
	l.want("both ticks together", 10, 0.6)

	l = start()
	l.tick(without, two(3.5+0.5)) // SIGCHLD is ignored: it is never counted
	l.want("it could be its", 10, 0)
	l.tick(without, two(3.5+0.5+1))
	l.want("it is not", 10, 1)

	// A parent and its child end at once; who has inherited what is not known.
	l = start()
	l.tick([]int32{1}, map[int32]sighting{1: at(0, 1, 5, 500+3.5+0.1+150+0.2)})
	l.want("by its grandparent", 1, 0.3)
	l.tick([]int32{1}, map[int32]sighting{1: at(0, 1, 5, 500+3.5+0.1+150+0.2+1)})
	l.want("and then", 1, 1)

	// It is an orphan, and ends before anybody has seen whose it is.
	l = start()
	l.tick([]int32{1, 20}, map[int32]sighting{1: at(0, 1, 5, 503.5), 20: at(10, 20, 100, 50)})
	l.want("its parent's", 1, 0)
	l.tick([]int32{1}, map[int32]sighting{1: at(0, 1, 5, 503.5+150+0.2)})
	l.want("an orphan", 1, 0.2)

	// One that was there from the start was never read.
	l = &lineage{t: t, clock: 1000}
	l.tick(all, two(3))
	l.tick(without, two(3+1000))
	l.want("nobody has seen it", 10, 0)
	if l.table.strays.seconds != 0 { // any number would add up, until a float64 has no room for a hundredth of a second
		t.Errorf("what nobody has seen is %g seconds", l.table.strays.seconds)
	}
	l.tick(without, two(3+1000+1))
	l.want("and then", 10, 1)

	// Not all can be seen (hidepid).
	l = start()
	l.tick([]int32{10, 20}, map[int32]sighting{10: at(1, 10, 0, 90), 20: at(10, 20, 100, 50)})
	l.want("not all are listed", 10, 0)
	l.tick(all, family(91))
	l.want("now they are", 10, 1)

	// One is born, and has children that end, in one tick; another has its PID.
	l = start()
	there := family(3.5)
	there[30] = at(10, 1250, 0.1, 0.4)
	l.tick([]int32{1, 10, 20, 30}, there)
	l.want("born a moment ago", 30, 0.4)
	there[30] = at(10, 1300, 0.1, 0.2)
	l.tick([]int32{1, 10, 20, 30}, there)
	l.want("another one: it may be what the first one had", 30, 0)
	l.want("its parent", 10, 0)

	// Most CPU first is with them.
	l = start()
	there = family(4.5)
	there[1] = at(0, 1, 5.9, 500)
	l.tick(all, there)
	if top := rates(l.table.shown); top != "10:0 1:0.9 20:0" && top[:5] != "10:0 " {
		t.Errorf("the top is %s", top)
	}
}
