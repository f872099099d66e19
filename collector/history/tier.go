package history

import (
	"slices"
	"strings"
	"time"
)

// A Tier is how finely, and for how long, numbers are kept.
type Tier struct {
	Every time.Duration // time from row to row
	Keep  time.Duration // how far back, as long as there are no gaps: so many rows are kept
}

// milliseconds is from row to row.
func (t Tier) milliseconds() int64 { return max(t.Every.Milliseconds(), 1) }

// Tiers is what is usual: seconds for an hour, ten of them for a day, minutes for thirty days, and the same thirty by ten
// minutes, so that a chart of weeks has not to read all of the minutes.
func Tiers() []Tier {
	return []Tier{
		{time.Second, time.Hour},
		{10 * time.Second, 24 * time.Hour},
		{time.Minute, 30 * 24 * time.Hour},
		{10 * time.Minute, 30 * 24 * time.Hour},
	}
}

// weeks is from how far back on the last tier is worth its space: before, a chart of a thousand points needs the minutes.
const weeks = 7 * 24 * time.Hour

// TiersFor is Tiers for a collector that takes a snapshot each interval, and for no longer than keep: none finer than the
// interval, and none coarser that would not reach further back.
func TiersFor(interval, keep time.Duration) []Tier {
	var tiers []Tier
	usual := Tiers()
	for i, t := range usual {
		last := i+1 == len(usual)
		if !last && usual[i+1].Every <= interval || last && keep < weeks {
			continue
		}
		t.Every = max(t.Every, interval)
		if t.Keep >= keep || t.Every >= time.Minute {
			t.Keep = max(keep, t.Every)
		}
		tiers = append(tiers, t)
		if t.Keep >= keep && t.Every < time.Minute {
			break
		}
	}
	return tiers
}

// slots are what tiers are called on a shelf: by what they are, and not by their places among tiers that may be others
// next time. Each of Tiers has one; tiers of the same go to the next.
func slots(tiers []Tier) []int {
	list := make([]int, len(tiers))
	for i, t := range tiers {
		list[i] = slotOf(t.Every)
		if i > 0 {
			list[i] = max(list[i], list[i-1]+1)
		}
		list[i] = min(list[i], mostTiers-len(tiers)+i)
	}
	return list
}

func slotOf(every time.Duration) (slot int) {
	for i, t := range Tiers() {
		if t.Every <= every {
			slot = i
		}
	}
	return slot
}

// idle are the tiers that are finer than these, and have what there is of another interval.
func idle(tiers []Tier) []Tier {
	finer := TiersFor(time.Second, tiers[len(tiers)-1].Keep)
	return slices.DeleteFunc(finer, func(t Tier) bool { return slotOf(t.Every) >= slots(tiers)[0] })
}

// blockRows is after how many rows a block is closed: enough to pack well, few enough to read one for a single point.
const blockRows = 120

// A tier has the rows that are not in a closed block yet: those of its open block, and the one that is being made.
type tier struct {
	place  int   // among the tiers
	number uint8 // of its blocks; those of its tables have the next
	every  int64 // milliseconds
	keep   int64 // likewise
	widest int64 // likewise: every of blocks from when the interval was another
	since  int64 // it has a hole before, which coarser ones have not; 0 for none
	grid   bool  // rows begin at multiples of every; else with the first value after the row before
	key    key   // of the open block
	times  []int64
	row    int64 // when the row in the making began; 0 for none
	fresh  bool  // the open block has rows that the shelf has not
	tables tables
}

// A number is one series with what its tiers have of it that is not in a closed block.
type number struct {
	unit  string
	seen  int64 // when it had a value last
	tiers []part
}

type part struct {
	heap heap   // the row in the making
	open column // the open block
}

// begins tells whether a value at a time begins another row.
func (t *tier) begins(at int64) bool {
	switch {
	case t.row == 0 || at < t.row:
		return true
	case t.grid:
		return at-at%t.every != t.row
	}
	return at-t.row >= t.every-t.every/8 // for jitter
}

// start is when a row that begins with a value at a time begins.
func (t *tier) start(at int64) int64 {
	if t.grid {
		return at - at%t.every
	}
	return at
}

// closes tells whether a row at a time is in the next block: the open one is full, or has no room for a gap.
func (t *tier) closes(at int64) bool {
	n := len(t.times)
	return n > 0 && (n == blockRows || at < t.times[n-1] || at-t.times[0] >= t.span())
}

// span is more than the time from the first row of a block to its last.
func (t *tier) span() int64 { return blockRows * t.every }

// reach is how long before a time a block may begin that has rows at it.
func (t *tier) reach() int64 { return blockRows * max(t.every, t.widest) }

// finish puts the row in the making into the open block, and its table.
func (h *History) finish(t *tier) {
	if t.row == 0 {
		return
	}
	if t.closes(t.row) {
		h.turn(t)
	}
	if len(t.times) == 0 {
		t.key = h.next(t.key, t.number, t.row)
	}
	row := len(t.times)
	t.times = append(t.times, t.row)
	for _, n := range h.series {
		p := &n.tiers[t.place]
		if p.heap.n > 0 {
			avg, least, most := p.heap.grains()
			p.open.put(row, avg, least, most)
			p.heap = heap{}
		}
	}
	t.row, t.fresh = 0, true
	h.finishTable(t)
}

// turn stores the open block; the next row is in another.
func (h *History) turn(t *tier) {
	h.store(t)
	t.times = t.times[:0]
	for _, n := range h.series {
		n.tiers[t.place].open.reset()
	}
}

// next is the key of a block behind another one of its tier. Where the clock was set back it is of another run: of the
// blocks of one no two begin at the same time, and none is put in the place of another.
func (h *History) next(before key, tier uint8, first int64) key {
	if first <= before.first {
		h.run++
	}
	return key{tier, first, h.run}
}

// store packs the open block onto the shelf.
func (h *History) store(t *tier) {
	if len(t.times) == 0 || !t.fresh {
		return
	}
	names := make([]Series, 0, len(h.series))
	for name, n := range h.series {
		if len(n.tiers[t.place].open.avg) > 0 {
			names = append(names, Series{name, n.unit})
		}
	}
	slices.SortFunc(names, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	columns := make([]*column, len(names))
	for i, s := range names {
		columns[i] = &h.series[s.Name].tiers[t.place].open
	}
	h.shelf.put(t.key, len(t.times), pack(t.key, t.every, t.times, names, columns))
	t.fresh = false
}

// compare is the order of keys.
func (k key) compare(o key) int {
	switch {
	case k.tier != o.tier:
		return int(k.tier) - int(o.tier)
	case k.first != o.first:
		if k.first < o.first {
			return -1
		}
		return 1
	case k.run != o.run:
		if k.run < o.run {
			return -1
		}
		return 1
	}
	return 0
}
