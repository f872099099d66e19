package collector

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// fill puts one process into a table.
func fill(table *processTable, pid int32, started int64, cpu float64, memory uint64) {
	p := table.task(pid, started)
	p.cpu, p.memory = cpu, memory
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

func TestProcessTable(t *testing.T) {
	var table processTable
	for _, step := range []struct {
		name    string
		fill    func()
		elapsed time.Duration
		want    string
	}{
		{"the first read has no rates", func() {
			fill(&table, 1, 100, 50, 3)
			fill(&table, 2, 200, 10, 2)
			fill(&table, 3, 300, 10, 1)
		}, 0, "1:? 2:? 3:?"},
		{"the second has", func() {
			fill(&table, 1, 100, 51, 3)
			fill(&table, 2, 200, 13, 2)
			fill(&table, 3, 300, 10, 1)
		}, 2 * time.Second, "2:1.5 1:0.5 3:0"},
		{"one ends, one begins", func() {
			fill(&table, 1, 100, 51, 3)
			fill(&table, 2, 200, 13, 2)
			fill(&table, 4, 400, 0.5, 1)
		}, time.Second, "4:0.5 1:0 2:0"},
		{"a PID is used again, and its counter went up", func() {
			fill(&table, 1, 100, 51, 3)
			fill(&table, 2, 500, 14, 2)
		}, 2 * time.Second, "2:7 1:0"},
		{"an old one comes into sight", func() {
			fill(&table, 1, 100, 51, 3)
			fill(&table, 2, 500, 14, 2)
			fill(&table, 9, 50, 1000, 1)
		}, time.Second, "1:0 2:0 9:?"},
		{"a counter goes down", func() {
			fill(&table, 1, 100, 40, 3)
			fill(&table, 2, 500, 15, 2)
		}, time.Second, "2:1 1:?"},
		{"no time went by", func() {
			fill(&table, 1, 100, 50, 3)
			fill(&table, 2, 500, 15, 2)
		}, 0, "1:? 2:?"},
	} {
		table.begin()
		step.fill()
		if got := rates(table.end(step.elapsed)); got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
		if len(table.tasks) != len(table.list) {
			t.Errorf("%s: %d processes remembered of %d", step.name, len(table.tasks), len(table.list))
		}
	}
}

func TestProcessTop(t *testing.T) {
	var table processTable
	for range 2 {
		table.begin()
		for pid := range int32(100) {
			p := table.task(pid, 1)
			if table.reads == 2 {
				p.cpu = float64(pid % 50) // twice each
			}
			p.memory = uint64(1000 - pid)
		}
	}
	top := table.end(time.Second)
	if len(top) != 30 {
		t.Fatalf("%d rows, want 30", len(top))
	}
	if top[0].pid != 49 || top[1].pid != 99 || top[2].pid != 48 {
		t.Errorf("most CPU first, then most memory: got %s", rates(top[:3]))
	}
	for pid := range int32(15) {
		if !slices.ContainsFunc(top, func(p *task) bool { return p.pid == pid }) {
			t.Errorf("process %d has more memory than most and is not listed", pid)
		}
	}
}

func TestFirst(t *testing.T) {
	for n := range 200 {
		list := make([]*task, n)
		for i := range list {
			list[i] = &task{pid: int32(i), memory: rand.Uint64N(20), rate: Known(float64(rand.IntN(5)))}
		}
		rand.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		want := slices.SortedFunc(slices.Values(list), byMemory)
		if got := first(15, list, byMemory); !slices.Equal(got, want[:min(n, 15)]) {
			t.Fatalf("of %d: got %v", n, got)
		}
	}
}
