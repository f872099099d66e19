package collector

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// tableStep is a tick of a processTable: who is there, in order, with what.
type tableStep struct {
	name    string
	elapsed time.Duration // since the step before
	clock   int64
	there   []sighting // by pid, which is parent here
	want    string
}

func (s tableStep) run(t *testing.T, table *processTable, now *time.Duration) string {
	t.Helper()
	*now += s.elapsed
	table.begin(*now, false)
	pids := make([]int32, len(s.there))
	for i, p := range s.there {
		pids[i] = p.parent
	}
	table.list(pids)
	table.complete(s.clock)
	for i, p := range table.tasks {
		if table.due(p) {
			table.see(i, s.there[i])
		}
	}
	return rates(table.end())
}

func rates(top []*task) string {
	var s []string
	for _, p := range top {
		rate := "?"
		if v, ok := p.rate.Get(); ok {
			rate = fmt.Sprint(v)
		}
		s = append(s, fmt.Sprintf("%d:%s", p.pid, rate))
	}
	return strings.Join(s, " ")
}

func TestBriefCommand(t *testing.T) {
	for command, want := range map[string]string{
		"":                       "",
		strings.Repeat("a", 120): strings.Repeat("a", 120),
		strings.Repeat("a", 121): strings.Repeat("a", 117) + "…",
		strings.Repeat("a", 116) + "数据处理": strings.Repeat("a", 116) + "…",
	} {
		var d details
		if d.setCommand(command, false); d.brief != want || d.command != command {
			t.Errorf("%q is cut to %q, want %q", command, d.brief, want)
		}
	}
}

func TestProcessTable(t *testing.T) {
	at := func(pid int32, birth int64, cpu float64, memory uint64) sighting {
		return sighting{parent: pid, birth: birth, cpu: cpu, memory: memory}
	}
	var table processTable
	now := time.Hour
	for _, step := range []tableStep{
		{"the first read has no rates", 0, 1000,
			[]sighting{at(1, 100, 50, 3), at(2, 200, 10, 2), at(3, 300, 10, 1)}, "1:? 2:? 3:?"},
		{"the second has", 2 * time.Second, 3000,
			[]sighting{at(1, 100, 51, 3), at(2, 200, 13, 2), at(3, 300, 10, 1)}, "2:1.5 1:0.5 3:0"},
		{"one ends, one begins", time.Second, 4000,
			[]sighting{at(1, 100, 51, 3), at(2, 200, 13, 2), at(4, 3500, 0.5, 1)}, "4:0.5 1:0 2:0"},
		{"a PID is used again, and its counter went up", 2 * time.Second, 6000,
			[]sighting{at(1, 100, 51, 3), at(2, 5000, 14, 2)}, "2:7 1:0"},
		{"an old one comes into sight", time.Second, 7000,
			[]sighting{at(1, 100, 51, 3), at(2, 5000, 14, 2), at(9, 5999, 1000, 1)}, "1:0 2:0 9:?"},
		{"and has a rate from then on", time.Second, 8000,
			[]sighting{at(1, 100, 51, 3), at(2, 5000, 14, 2), at(9, 5999, 1001, 1)}, "9:1 1:0 2:0"},
		{"a counter goes down", time.Second, 9000,
			[]sighting{at(1, 100, 40, 3), at(2, 5000, 15, 2)}, "2:1 1:?"},
		{"no time went by", 0, 9000,
			[]sighting{at(1, 100, 50, 3), at(2, 5000, 15, 2)}, "1:? 2:?"},
		{"the wall clock is set back: who began in between has no rate yet", time.Second, 5000,
			[]sighting{at(1, 100, 50, 3), at(2, 5000, 15, 2), at(3, 4500, 1, 1)}, "1:0 2:0 3:?"},
	} {
		if got := step.run(t, &table, &now); got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
		if len(table.tasks) != len(step.there) {
			t.Errorf("%s: %d processes remembered of %d", step.name, len(table.tasks), len(step.there))
		}
	}
}

// Processes that do nothing are read every tenth time, as many each time, and what they did in between is spread over
// the time it was done in.
func TestIdleProcesses(t *testing.T) {
	const n = 200
	var table processTable
	pids := make([]int32, n)
	for i := range pids {
		pids[i] = int32(2*i + 2)
	}
	cpu := make([]float64, n)
	now := time.Hour
	tick := func() (read []int32) {
		now += time.Second
		table.begin(now, false)
		table.list(pids)
		table.complete(1000)
		for i, p := range table.tasks {
			if table.due(p) {
				table.see(i, sighting{birth: 1, state: "sleeping", memory: uint64(n - i), cpu: cpu[i]})
				read = append(read, p.pid)
			}
		}
		table.end()
		return read
	}
	for range 1 + stillReads {
		if got := len(tick()); got != n {
			t.Fatalf("%d of %d are read", got, n)
		}
	}
	times := make(map[int32]int)
	for range idleTicks {
		read := tick()
		if len(read) < n/idleTicks || len(read) > n/idleTicks+mostShown {
			t.Errorf("%d are read in a tick", len(read))
		}
		for _, pid := range read {
			times[pid]++
		}
	}
	for i, pid := range pids {
		want := 1
		if i < mostByMemory { // those shown
			want = idleTicks
		}
		if times[pid] != want {
			t.Errorf("process %d was read %d times, want %d", i, times[pid], want)
		}
	}
	// One begins to work, right after it was read.
	i := slices.IndexFunc(table.tasks, func(p *task) bool { return p.seen == table.tick && p.shown != table.tick })
	p := table.tasks[i]
	for range idleTicks - 1 {
		cpu[i] += 0.5
		tick()
		if p.rate != Known(0) {
			t.Fatalf("rate %v, and it was not read", p.rate)
		}
	}
	cpu[i] += 0.5
	tick()
	if p.rate != Known(0.5) || p.shown != table.tick {
		t.Errorf("rate %v, want that of the last ten ticks", p.rate)
	}
	cpu[i] += 2
	tick()
	if p.rate != Known(2) {
		t.Errorf("rate %v: it is read on every tick now", p.rate)
	}
	// While somebody looks at all, nobody is idle.
	table.begin(now+time.Second, true)
	for _, p := range table.tasks {
		if !table.due(p) {
			t.Fatal("one is idle")
		}
	}
}

// To ask all whether they have run costs little, but not nothing.
func TestAskable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ processes, threads, least, most int }{
		{250, 1, 250, 250},
		{250, fewThreads + 1, 25, 30},
		{500, 1, 250, 310},
		{5000, 1, 500, 900},
		{50000, 1, 5000, 6000},
	} {
		var table processTable
		pids := make([]int32, tt.processes)
		for i := range pids {
			pids[i] = int32(i + 1)
		}
		table.list(pids)
		for _, p := range table.tasks {
			p.threads, p.still = int32(tt.threads), stillReads
		}
		for range restTicks {
			table.begin(0, false)
			asked := 0
			for _, p := range table.tasks {
				if table.askable(p) {
					asked++
				}
			}
			if asked < tt.least || asked > tt.most {
				t.Fatalf("%d of %d are asked", asked, tt.processes)
			}
		}
	}
}

func TestProcessTop(t *testing.T) {
	var table processTable
	pids := make([]int32, 100)
	for i := range pids {
		pids[i] = int32(i)
	}
	var top []*task
	for n := range 2 {
		now := time.Duration(n+1) * time.Second
		table.begin(now, false)
		table.list(pids)
		table.complete(1)
		for i := range table.tasks {
			p, _ := table.see(i, sighting{cpu: float64(n * (i % 50)), memory: uint64(1000 - i), state: []string{"running", "waiting", "zombie", "sleeping"}[i%4], threads: 2})
			if i >= 40 && i < 60 {
				table.addTraffic(p, uint64(n*i), uint64(n*i))
			}
		}
		top = table.end()
	}
	if len(top) > mostShown || len(top) < 30 {
		t.Fatalf("%d rows", len(top))
	}
	if top[0].pid != 49 || top[1].pid != 99 || top[2].pid != 48 {
		t.Errorf("most CPU first, then most memory: got %s", rates(top[:3]))
	}
	listed := func(pid int32) bool { return slices.ContainsFunc(top, func(p *task) bool { return p.pid == pid }) }
	for pid := range int32(mostByMemory) {
		if !listed(pid) {
			t.Errorf("process %d has more memory than most and is not listed", pid)
		}
	}
	for pid := int32(50); pid < 60; pid++ {
		if !listed(pid) {
			t.Errorf("process %d has more traffic than most and is not listed", pid)
		}
	}
	if got := table.counts(); got.Total != 100 || got.Threads != 200 || got.Running != 25 || got.Waiting != 25 || got.Zombies != 25 {
		t.Errorf("got %+v", got)
	}
}

// A reader that has to wait, between the clock and what it reads or after it, sees no more than there is.
func TestRatesOfALateReader(t *testing.T) {
	work := time.Duration(0) // of one that always works: what its clock shows
	table := processTable{clock: func() time.Duration { return work }}
	for n := range 200 {
		work += time.Second
		table.begin(work, false)
		table.list([]int32{1})
		table.complete(1)
		work += time.Duration(rand.Int64N(int64(time.Second))) // late
		used := work
		work += time.Duration(rand.Int64N(int64(time.Second))) // later
		p, _ := table.see(0, sighting{cpu: used.Seconds()})
		table.addTraffic(p, uint64(used), 0)
		table.end()
		if n > 0 && (p.rate.value > 1.000001 || p.rate.value < 0.2 || p.traffic.readRate.value > 1.000001e9) {
			t.Fatalf("it uses %v of a core, and reads %v", p.rate, p.traffic.readRate)
		}
	}
}

func TestInsertTask(t *testing.T) {
	for n := range 200 {
		list := make([]*task, n)
		for i := range list {
			list[i] = &task{pid: int32(i), memory: rand.Uint64N(20), rate: Known(float64(rand.IntN(5)))}
		}
		rand.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		var got []*task
		for _, p := range list {
			got = insertTask(15, got, p, byMemory)
		}
		want := slices.SortedFunc(slices.Values(list), byMemory)
		if !slices.Equal(got, want[:min(n, 15)]) {
			t.Fatalf("of %d: got %v", n, got)
		}
	}
}

func TestProcessListMerges(t *testing.T) {
	var table processTable
	known := make(map[int32]*task)
	for range 200 {
		var pids []int32
		for pid := range int32(60) {
			if rand.IntN(3) > 0 {
				pids = append(pids, pid)
			}
		}
		table.list(pids)
		next := make(map[int32]*task)
		for i, p := range table.tasks {
			if p.pid != pids[i] || known[p.pid] != nil && known[p.pid] != p {
				t.Fatal("another task for the same process")
			}
			next[p.pid] = p
		}
		if len(table.tasks) != len(pids) {
			t.Fatalf("%d tasks for %d processes", len(table.tasks), len(pids))
		}
		known = next
	}
	table.list([]int32{1, 1, 2})
	if len(table.tasks) != 2 {
		t.Error("one is there twice")
	}
}

func TestEnter(t *testing.T) {
	lock := make(chan struct{}, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := enter(ended, lock); err != nil {
		t.Errorf("a free lock: %v", err)
	}
	if err := enter(ended, lock); !errors.Is(err, context.Canceled) {
		t.Errorf("a lock that is held: %v", err)
	}
	leave(lock)
	if err := enter(t.Context(), lock); err != nil {
		t.Error(err)
	}
}
