package history

import (
	"slices"
	"sync"
)

// An index is which blocks a shelf has, and no more of them than its bounds. Its methods want mu held, unless they say so; it
// guards what the shelf has beside, too.
type index struct {
	bounds bounds

	mu    sync.RWMutex
	tiers [][]entry // by tier, in the order of keys
	rows  []int     // by tier
	bytes int       // of all blocks
}

type entry struct {
	key
	place // of a file
}

func newIndex(b bounds) index {
	return index{bounds: b, tiers: make([][]entry, len(b.rows)), rows: make([]int, len(b.rows))}
}

// find is the place of a key in its tier.
func (x *index) find(k key) (int, bool) {
	return slices.BinarySearchFunc(x.tiers[k.tier], k, func(e entry, k key) int { return e.key.compare(k) })
}

// add adds an entry, instead of the one of the same key.
func (x *index) add(e entry) {
	i, there := x.find(e.key)
	if there {
		x.forget(e.tier, i)
	}
	x.tiers[e.tier] = slices.Insert(x.tiers[e.tier], i, e)
	x.rows[e.tier] += e.rows
	x.bytes += e.size
}

// forget takes an entry out.
func (x *index) forget(tier uint8, i int) {
	e := x.tiers[tier][i]
	x.tiers[tier] = slices.Delete(x.tiers[tier], i, i+1)
	x.rows[tier] -= e.rows
	x.bytes -= e.size
}

// bound forgets the oldest blocks that are too many, and tells which.
func (x *index) bound(gone func(key)) {
	drop := func(tier uint8) {
		gone(x.tiers[tier][0].key)
		x.forget(tier, 0)
	}
	for t := range x.tiers {
		for len(x.tiers[t]) > 1 && x.rows[t]-x.tiers[t][0].rows >= x.bounds.rows[t] {
			drop(uint8(t))
		}
	}
	for x.bytes > x.bounds.bytes {
		t, ok := x.largest()
		if !ok {
			return
		}
		drop(t)
	}
}

// largest is the tier whose oldest block is to go next when there are too many bytes; false when each has only one left.
// It is the tier that takes the most, so that what is further back is there still, and coarser. The finest goes last:
// it is what was just now.
func (x *index) largest() (which uint8, ok bool) {
	most := 0
	weigh := func(slot int) {
		numbers, tables := x.tiers[2*slot], x.tiers[2*slot+1]
		if all := bytesOf(numbers) + bytesOf(tables); all > most && max(len(numbers), len(tables)) > 1 {
			most, which = all, uint8(2*slot)
			if len(numbers) <= 1 || len(tables) > 1 && tables[0].first < numbers[0].first {
				which++
			}
		}
	}
	for slot := len(x.bounds.every) - 1; slot >= 0; slot-- {
		if slot != x.bounds.finest {
			weigh(slot)
		}
	}
	if most == 0 {
		weigh(x.bounds.finest)
	}
	return which, most > 0
}

func bytesOf(list []entry) (n int) {
	for _, e := range list {
		n += e.size
	}
	return n
}

// between is those of a tier that begin from one time to another, both included.
func (x *index) between(tier uint8, from, to int64) []entry {
	return slices.DeleteFunc(slices.Clone(x.tiers[tier]), func(e entry) bool { return e.first < from || e.first > to })
}

// oldest takes mu.
func (x *index) oldest(tier uint8) (int64, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if len(x.tiers[tier]) == 0 {
		return 0, false
	}
	return x.tiers[tier][0].first, true
}

// latest takes mu.
func (x *index) latest(tier uint8) (k key, first int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, e := range x.tiers[tier] { // in the order of their times
		if k.first == 0 || e.run > k.run {
			first = e.first
		}
		if k.first == 0 || e.run >= k.run {
			k = e.key
		}
	}
	return k, first
}
