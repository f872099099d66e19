package history

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A Table is the processes at the top at one moment.
type Table struct {
	At        time.Time
	Processes []Process // most CPU first
}

// A Process is what is kept of a collector.Process: who it was, and what it used.
type Process struct {
	PID     int32            `json:"pid"`
	Started int64            `json:"started"` // Unix milliseconds; with PID its identity
	Name    string           `json:"name"`
	User    string           `json:"user"`
	Service string           `json:"service,omitempty"` // service or container
	CPU     collector.Number `json:"cpu"`               // cores, with children that have ended
	Memory  collector.Number `json:"memory"`            // bytes, resident
	Traffic collector.Number `json:"traffic"`           // bytes a second from and to disks
}

// Of each moment are kept so many by CPU, by memory, and by disk traffic.
const (
	topByCPU     = 12
	topByMemory  = 8
	topByTraffic = 5
	// mostNamed is how many processes a block may name: some thousand begin and end in two hours of a busy host.
	mostNamed = 1 << 16
)

// tables is a tier's tables that are not in a closed block yet. Of the moments within a row it keeps the busiest: a row
// is a table that was, not a mean of some.
type tables struct {
	key     key
	times   []int64
	rows    [][]use
	known   map[identity]int32 // places in who
	who     []identity
	busiest Table // of the row in the making; no processes, none
	load    float64
	fresh   bool
}

type identity struct {
	pid                 int32
	started             int64
	name, user, service string
}

type use struct {
	who                  int32
	cpu, memory, traffic grain
}

// top picks what is kept of a snapshot's processes.
func top(s *collector.Snapshot) Table {
	all := s.Processes.Top
	picked := make(map[int]bool, topByCPU+topByMemory+topByTraffic)
	pick := func(n int, of func(p *collector.Process) float64) {
		order := make([]int, len(all))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(of(&all[b]), of(&all[a])) })
		for _, i := range order[:min(n, len(order))] {
			if of(&all[i]) > 0 {
				picked[i] = true
			}
		}
	}
	pick(topByCPU, func(p *collector.Process) float64 { return sumOf(p.CPU, p.ChildrenCPU) })
	pick(topByMemory, func(p *collector.Process) float64 { return float64(p.Memory) })
	pick(topByTraffic, func(p *collector.Process) float64 { return sumOf(p.ReadRate, p.WriteRate) })
	t := Table{At: s.At}
	for i := range all {
		p := &all[i]
		if !picked[i] {
			continue
		}
		t.Processes = append(t.Processes, Process{p.PID, p.Started, p.Name, p.User, cmp.Or(p.Service, p.Container),
			sumOfKnown(p.CPU, p.ChildrenCPU), collector.Known(float64(p.Memory)), sumOfKnown(p.ReadRate, p.WriteRate)})
	}
	slices.SortStableFunc(t.Processes, func(a, b Process) int {
		return cmp.Compare(sumOf(b.CPU, collector.Number{}), sumOf(a.CPU, collector.Number{}))
	})
	return t
}

// sumOf counts what is unknown as nothing.
func sumOf(a, b collector.Number) float64 {
	v, _ := a.Get()
	w, _ := b.Get()
	return v + w
}

// sumOfKnown is unknown where both are.
func sumOfKnown(a, b collector.Number) collector.Number {
	var sum total
	sum.add(a)
	sum.add(b)
	return sum.number()
}

// add offers a moment to the row in the making.
func (t *tables) add(moment Table) {
	load := 0.0
	for _, p := range moment.Processes {
		load += sumOf(p.CPU, collector.Number{})
	}
	if len(t.busiest.Processes) == 0 || load > t.load {
		t.busiest, t.load = moment, load
	}
}

// finish puts the row in the making into the open block.
func (h *History) finishTable(tier *tier) {
	t := &tier.tables
	if len(t.busiest.Processes) == 0 {
		return
	}
	at := t.busiest.At.UnixMilli()
	if n := len(t.times); n > 0 && (n == blockRows || at < t.times[n-1] || at-t.times[0] >= tier.span()) {
		h.storeTables(tier)
		t.times, t.rows, t.who = nil, nil, nil
	}
	if len(t.times) == 0 {
		t.key, t.known = h.next(t.key, tier.number+1, at), make(map[identity]int32)
	}
	row := make([]use, 0, len(t.busiest.Processes))
	for _, p := range t.busiest.Processes {
		id := identity{p.PID, p.Started, p.Name, p.User, p.Service}
		who, ok := t.known[id]
		if !ok {
			who = int32(len(t.who))
			t.known[id], t.who = who, append(t.who, id)
		}
		row = append(row, use{who, grainOfNumber(p.CPU), grainOfNumber(p.Memory), grainOfNumber(p.Traffic)})
	}
	t.times, t.rows = append(t.times, at), append(t.rows, row)
	t.busiest, t.fresh = Table{}, true
}

func grainOfNumber(n collector.Number) grain {
	if v, ok := n.Get(); ok {
		return grainOf(v)
	}
	return missing
}

func (g grain) number() collector.Number {
	if g == missing {
		return collector.Number{}
	}
	return collector.Known(g.value())
}

// storeTables packs the open block onto the shelf.
func (h *History) storeTables(tier *tier) {
	t := &tier.tables
	if len(t.times) == 0 || !t.fresh {
		return
	}
	h.shelf.put(t.key, len(t.times), t.pack(tier.every))
	t.fresh = false
}

// pack makes a block: head and times like one of numbers, then who, then for each row who used what.
func (t *tables) pack(every int64) []byte {
	head := beginBlock(t.key, every, t.times)
	b := binary.AppendUvarint(nil, uint64(len(t.who)))
	for _, id := range t.who {
		b = binary.AppendUvarint(b, uint64(id.pid))
		b = binary.AppendVarint(b, id.started)
		b = appendText(appendText(appendText(b, id.name), id.user), id.service)
	}
	before := make([][3]grain, len(t.who)) // what each had last
	for _, row := range t.rows {
		b = binary.AppendUvarint(b, uint64(len(row)))
		for _, u := range row {
			b = binary.AppendUvarint(b, uint64(u.who))
			for i, g := range [...]grain{u.cpu, u.memory, u.traffic} {
				if g == missing {
					b = append(b, 0)
					continue
				}
				b = binary.AppendUvarint(b, 1+zigzag(int64(g-before[u.who][i])))
				before[u.who][i] = g
			}
		}
	}
	return endBlock(head, b)
}

// tables reads a block of tables.
func (s stored) tables() (b block, who []identity, rows [][]use, err error) {
	if b, err = s.unpack(nil); err != nil {
		return b, nil, nil, err
	}
	body, err := s.body(&b)
	if err != nil {
		return b, nil, nil, err
	}
	who, rows, err = unpackTables(body, len(b.times))
	return b, who, rows, err
}

// unpackTables reads what is behind a block's head.
func unpackTables(body []byte, n int) (who []identity, rows [][]use, err error) {
	r := reader{b: body}
	for range int(r.bounded(mostNamed)) {
		id := identity{pid: int32(r.bounded(1<<31 - 1)), started: r.varint()}
		id.name, id.user, id.service = string(r.text()), string(r.text()), string(r.text())
		if r.broken {
			break
		}
		who = append(who, id)
	}
	before := make([][3]int64, len(who))
	for range n {
		var row []use
		for range int(r.bounded(topByCPU + topByMemory + topByTraffic)) {
			u := use{who: int32(r.bounded(mostNamed))}
			if int(u.who) >= len(who) || r.broken {
				r.broken = true
				break
			}
			for i, g := range [...]*grain{&u.cpu, &u.memory, &u.traffic} {
				word := r.bounded(4 * uint64(coarsest))
				if *g = missing; word == 0 {
					continue
				}
				v := before[u.who][i] + unzigzag(word-1)
				if v < 0 || v > int64(coarsest) {
					r.broken = true
					v = 0
				}
				before[u.who][i], *g = v, grain(v)
			}
			row = append(row, u)
		}
		rows = append(rows, row)
	}
	if r.broken || len(r.b) > 0 {
		return nil, nil, fmt.Errorf("%w: its tables cannot be read", errBlock)
	}
	return who, rows, nil
}

// Processes is the table of a moment: of the finest tier that has one near it the last one at or before it, or that of the
// row that the moment is in, whose busiest snapshot may have come after it. Where there are no numbers, before the first value and in
// a gap, there is none.
func (h *History) Processes(moment time.Time) (Table, bool) {
	at := moment.UnixMilli()
	if row, every := h.lastRow(at, at); every == 0 || isGap(row, at, every) {
		return Table{}, false
	}
	for _, t := range h.tiers {
		h.mu.RLock()
		open := t.tables // its slices grow, and what is in them stays as it is
		h.mu.RUnlock()
		l := lookup{at: at, end: at, every: t.every}
		if t.grid {
			l.end = t.start(at) + t.every - 1
		}
		h.shelf.each(t.number+1, at-t.reach()-gapAfter*t.every, l.end, func(on stored) {
			if b, who, rows, err := on.tables(); err == nil {
				l.in(b.times, who, rows)
			}
		})
		l.in(open.times, open.who, open.rows)
		if m := open.busiest; len(m.Processes) > 0 && l.better(m.At.UnixMilli()) {
			l.found = m
		}
		if len(l.found.Processes) > 0 {
			return l.found, true
		}
	}
	return Table{}, false
}

// A lookup is for the table of a moment.
type lookup struct {
	at    int64
	end   int64 // of the row that it is in
	every int64
	found Table
}

// better tells whether a table of some time is nearer than what was found, and near enough.
func (l *lookup) better(at int64) bool {
	return at <= l.end && !isGap(at, l.at, l.every) && (len(l.found.Processes) == 0 || at >= l.found.At.UnixMilli())
}

// in looks through the rows of a block.
func (l *lookup) in(times []int64, who []identity, rows [][]use) {
	i := sort.Search(len(times), func(i int) bool { return times[i] > l.end }) - 1
	if i < 0 || !l.better(times[i]) {
		return
	}
	l.found = tableOf(times[i], who, rows[i])
}

func tableOf(at int64, who []identity, row []use) Table {
	t := Table{At: time.UnixMilli(at)}
	for _, u := range row {
		id := who[u.who]
		t.Processes = append(t.Processes, Process{id.pid, id.started, id.name, id.user, id.service, u.cpu.number(), u.memory.number(), u.traffic.number()})
	}
	return t
}
