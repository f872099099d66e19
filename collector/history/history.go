// Package history keeps the numbers of snapshots for charts: the last hour by the second, the last day by ten seconds,
// the last month by the minute, and by ten minutes for charts of all of it.
//
// # What is promised
//
// A History has a series for each number worth a chart, in a few tiers, each coarser than the one before and longer.
// Append adds a snapshot to all of them. A row of a tier is the least, the mean and the greatest of the values that
// came within it: a spike of one snapshot is in every tier. Query answers from the coarsest tier that is fine enough,
// and from coarser ones for the time before that one begins, in at most as many points as are asked for, each again with
// the least, the mean and the greatest. Where nothing was measured the answer is null, never a straight line: between
// rows further apart than two and a half times what they stand for, before a device was there and after it has gone,
// and while the source of a part is marked in Snapshot.Sources (its last good value, which the snapshot still shows, is
// not measured again).
//
// Processes answers with the processes at the top at any moment: each row has the table of its busiest snapshot, as it
// was.
//
// Marks are what happened at a moment. Each is kept as it is, and stored at once.
//
// Nothing is thrown away because of what the clock says. A tier keeps so many rows, and gives up those of the earliest
// times. When the clock is set back, what was there for the same times stays, and answers hold both. With another interval
// all that was kept is there still: by the finer tiers when they are used again, else by the coarser ones.
//
// # On disk
//
// Open keeps the rows in a file, written every ten seconds by a goroutine of its own: what is lost when the process is
// killed is at most the ten seconds. Each block of rows in the file says by itself what it is and has a checksum: what
// is damaged is left out, and said, and everything else is there. When the disk is full, read-only or broken, the newest
// blocks wait in memory, it is tried again every ten seconds, and State says so. A directory that another process uses,
// or that cannot be written, is an error of Open. The file grows to at most some more than twice what is of use in it;
// where there is no room to write it anew to three times that, and then the newest blocks wait in memory too.
//
// # Limits
//
// Numbers have fifteen bits: one part in 60 000. There are at most 2000 series at a time; further ones are left out, and
// one that has had no value for an hour is forgotten until it has one again, at the latest when places run short. Without a file, what is packed takes at
// most 8 MiB: the tier that takes the most is shortened, the finest last. Safe for one writer and many readers.
package history

import (
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	maxSeries = 2000
	// short is how few places are few.
	short = maxSeries / 10
	// forget is how long a series may be without a value, and look how often that is looked at.
	forget = time.Hour
	look   = time.Minute
	// flush is how often the open blocks go onto the shelf: what may be lost.
	flush = 10 * time.Second
	// mostPacked bounds what is kept in memory.
	mostPacked = 8<<20 - 5<<19 // what is not packed yet takes the rest
)

// A Series is one number over time.
type Series struct {
	Name string `json:"name"` // "cpu.busy", "disk.sda.read_rate", "filesystem./home.used_ratio"
	Unit string `json:"unit"` // "ratio", "bytes", "bytes/s", "1/s", "cores", "load", "count", "hertz", "seconds", "celsius", "rpm" or "watts"
}

// A History is made by New or Open.
type History struct {
	shelf   shelf
	run     uint32 // which run of the program this is, of those that have used the shelf, or since the clock was set back
	path    string // of its file; "" in memory
	problem string // why it has none

	mu      sync.RWMutex
	tiers   []*tier
	series  map[string]*number
	sum     summary
	top     Table                // of the last snapshot
	topOf   *collector.Processes // what it is made of
	marks   marks
	now     int64 // Unix milliseconds, of the last snapshot
	flushed int64 // likewise, when the open blocks went onto the shelf last
	looked  int64 // likewise, when idle series were looked for last
}

// mostTiers is for how many there are numbers.
const mostTiers = markTier / 2

// New makes a History in memory. Tiers go from the finest to the coarsest, seven at the most; none at all are Tiers.
func New(tiers ...Tier) *History {
	if len(tiers) == 0 {
		tiers = Tiers()
	}
	tiers = tiers[:min(len(tiers), mostTiers)]
	return newHistory(newRAM(limits(tiers, mostPacked)), tiers)
}

// limits are by the number of a block's tier: those of tiers, each with its tables, and that of marks.
func limits(tiers []Tier, bytes int) bounds {
	used := slots(tiers)
	b := bounds{bytes: bytes, rows: make([]int, markTier+1), every: make([]int64, mostTiers), finest: used[0]}
	keep := func(slot int, t Tier) {
		rows := int(t.Keep/t.Every) + 1
		b.rows[2*slot], b.rows[2*slot+1] = rows, rows // numbers, tables
		b.every[slot] = t.milliseconds()
	}
	for i, t := range tiers {
		keep(used[i], t)
	}
	for _, t := range idle(tiers) {
		keep(slotOf(t.Every), t)
	}
	b.rows[markTier] = mostMarks
	return b
}

func newHistory(s shelf, tiers []Tier) *History {
	h := &History{shelf: s, series: make(map[string]*number)}
	for i, slot := range slots(tiers) {
		t := tiers[i]
		h.tiers = append(h.tiers, &tier{place: i, number: uint8(2 * slot), every: t.milliseconds(), keep: t.Keep.Milliseconds(), grid: i > 0})
	}
	return h
}

// Append adds a snapshot. One without a time is left out.
func (h *History) Append(s collector.Snapshot) {
	at := s.At.UnixMilli()
	if at <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = at
	for _, t := range h.tiers {
		if t.begins(at) {
			h.finish(t)
			t.row = t.start(at)
		}
	}
	h.sum.values(&s, h.put)
	if s.Processes != nil && freshParts(&s)("processes") {
		if s.Processes != h.topOf { // snapshots may come more often than processes are read
			h.topOf, h.top = s.Processes, top(&s)
		}
		h.top.At = s.At
		for _, t := range h.tiers {
			t.tables.add(h.top)
		}
	}
	if since := at - h.flushed; since >= flush.Milliseconds() || since < 0 {
		h.flushed = at
		for i, t := range h.tiers {
			if i == 0 || h.tiers[i-1].keep < 2*t.span() { // else it can be made up for from the finer one: see catchUp
				h.store(t)
				h.storeTables(t)
			}
		}
	}
	if since := at - h.looked; since >= look.Milliseconds() || since < 0 {
		h.looked = at
		h.forget()
	}
}

// put adds a value to the rows in the making.
func (h *History) put(name []byte, unit string, n collector.Number) {
	v, ok := n.Get()
	if !ok || v > math.MaxFloat32 {
		return
	}
	s := h.series[string(name)]
	if s == nil {
		if len(h.series) >= maxSeries {
			return
		}
		s = &number{unit: unit, tiers: make([]part, len(h.tiers))}
		h.series[string(name)] = s
	}
	s.seen = h.now
	for i := range s.tiers {
		s.tiers[i].heap.add(v)
	}
}

// forget drops series that have run dry, once none of their values is in an open block. One of ten minutes is open for 20 h:
// when places run short it is closed, if that makes up for the space it costs.
func (h *History) forget() {
	dry := func(n *number) bool { return h.now-n.seen > forget.Milliseconds() }
	if len(h.series) > maxSeries-short {
		many := 0
		for _, n := range h.series {
			if dry(n) {
				many++
			}
		}
		for _, t := range h.tiers {
			if many > short/2 && t.span() > forget.Milliseconds() {
				h.turn(t)
			}
		}
	}
	maps.DeleteFunc(h.series, func(_ string, n *number) bool {
		return dry(n) && !slices.ContainsFunc(n.tiers, func(p part) bool { return p.heap.n > 0 || len(p.open.avg) > 0 })
	})
}

// Names lists the series that have a value, or had one not long ago, in the order of their names.
func (h *History) Names() []Series {
	h.mu.RLock()
	defer h.mu.RUnlock()
	names := make([]Series, 0, len(h.series))
	for name, n := range h.series {
		names = append(names, Series{Name: name, Unit: n.unit})
	}
	slices.SortFunc(names, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	return names
}

// around is how far before a moment the last row may be that tells of it.
const around = 3 * time.Minute

// NamesAround lists the series of the block that has a moment: also of what Names has forgotten, as far as Query still
// knows it. Where nothing is kept of that time they are those of Names.
func (h *History) NamesAround(moment time.Time) []Series {
	at := moment.UnixMilli()
	var names []Series
	for _, p := range h.pieces(nil, max(at-around.Milliseconds(), 0), at, MaxPoints) {
		h.shelf.each(p.tier, p.earliest, p.to, func(on stored) {
			b, err := on.unpack(nil)
			if err != nil {
				return
			}
			var list []Series
			if b.each(func(name, unit []byte, _, _ int) { list = append(list, Series{string(name), string(unit)}) }) == nil {
				names = list
			}
		})
		if times := slices.Concat(p.open.times, p.making.times); len(times) > 0 && times[0] <= p.to {
			names = nil // they are all in memory
		}
	}
	if len(names) == 0 {
		return h.Names()
	}
	return names
}

// A Reach is one of the tiers, for who asks.
type Reach struct {
	Every int64 `json:"every_ms"`       // from row to row
	From  int64 `json:"from,omitempty"` // Unix milliseconds, of the first row; 0 before there is one
}

// Tiers lists the tiers, the finest first, and how far back each goes now.
func (h *History) Tiers() []Reach {
	h.mu.RLock()
	defer h.mu.RUnlock()
	list := make([]Reach, len(h.tiers))
	for i, t := range h.tiers {
		from, _ := h.begins(t, i == len(h.tiers)-1)
		list[i] = Reach{t.every, max(from, 0)}
	}
	return list
}

// Close stores what is not stored yet. A History may be asked after it, and not be appended to.
func (h *History) Close() error {
	h.mu.Lock()
	for _, t := range h.tiers {
		h.finish(t)
		h.store(t)
		h.storeTables(t)
	}
	h.mu.Unlock()
	return h.shelf.close()
}
