package history

import (
	"slices"
	"sync"
	"time"
)

// A shelf keeps packed blocks. Each method may be called from any goroutine.
type shelf interface {
	// put keeps a block, instead of the one of the same key. It does not wait for a disk.
	put(k key, rows int, packed []byte)
	// each calls do with the blocks of a tier that begin from one time to another, both included, in the order of their
	// keys. do must not ask for more: a shelf may be held for it, and somebody wait to have it alone.
	each(tier uint8, from, to int64, do func(stored))
	// oldest is when the first block of a tier begins; false when there is none.
	oldest(tier uint8) (int64, bool)
	// newest is when the last block of a tier begins; 0 when there is none.
	newest(tier uint8) int64
	// close returns when all that was put is where it belongs, or cannot be brought there.
	close() error
}

// bounds is how much of each tier a shelf keeps, in rows, and of all together in bytes. It is rows and not time, so that
// a clock that was wrong for a while costs nothing that is good.
type bounds struct {
	rows   []int   // by the number of a block's tier: a slot has two, for its numbers and its tables; marks have one
	every  []int64 // by slot; 0 where there is none
	bytes  int
	finest int // the slot of the finest tier that is used
}

// number is the one of a block in a file, which may be of a time when tiers were numbered by their places.
func (b *bounds) number(tier uint8, every int64) uint8 {
	if tier >= 2*mostTiers {
		return tier
	}
	slot := slices.Index(b.every, every)
	if slot < 0 {
		slot = slotOf(time.Duration(every) * time.Millisecond)
	}
	return uint8(2*slot) + tier%2
}

// A stock is what a shelf has of a tier.
type stock struct {
	blocks, bytes int
	first         int64 // when the oldest begins
}

// excess is the tier whose oldest block is to go next when there are too many bytes; false when each has only one left.
// It is the tier that takes the most, so that what is further back is there still, and coarser. The finest goes last:
// it is what was just now.
func (b *bounds) excess(bytes int, of func(tier uint8) stock) (uint8, bool) {
	if bytes <= b.bytes {
		return 0, false
	}
	var which uint8
	most := 0
	weigh := func(slot int) {
		number := uint8(2 * slot)
		numbers, tables := of(number), of(number+1)
		if all := numbers.bytes + tables.bytes; all > most && max(numbers.blocks, tables.blocks) > 1 {
			most, which = all, number
			if numbers.blocks <= 1 || tables.blocks > 1 && tables.first < numbers.first {
				which++
			}
		}
	}
	for slot := len(b.every) - 1; slot >= 0; slot-- {
		if slot != b.finest {
			weigh(slot)
		}
	}
	if most == 0 {
		weigh(b.finest)
	}
	return which, most > 0
}

// has tells whether there is such a tier.
func (b *bounds) has(tier uint8) bool { return int(tier) < len(b.rows) && b.rows[tier] > 0 }

// A ram is a shelf in memory.
type ram struct {
	bounds bounds

	mu    sync.RWMutex
	tiers [][]held // by tier, in the order of keys
	rows  []int    // by tier
	bytes int
}

type held struct {
	key
	rows   int
	packed []byte
}

func newRAM(b bounds) *ram {
	return &ram{bounds: b, tiers: make([][]held, len(b.rows)), rows: make([]int, len(b.rows))}
}

func (s *ram) put(k key, rows int, packed []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocks := s.tiers[k.tier]
	i, there := slices.BinarySearchFunc(blocks, k, func(h held, k key) int { return h.key.compare(k) })
	if there {
		s.rows[k.tier] -= blocks[i].rows
		s.bytes -= len(blocks[i].packed)
		blocks[i] = held{k, rows, packed}
	} else {
		blocks = slices.Insert(blocks, i, held{k, rows, packed})
	}
	s.tiers[k.tier] = blocks
	s.rows[k.tier] += rows
	s.bytes += len(packed)
	for t := range s.tiers {
		for len(s.tiers[t]) > 1 && s.rows[t]-s.tiers[t][0].rows >= s.bounds.rows[t] {
			s.drop(t)
		}
	}
	for {
		t, ok := s.bounds.excess(s.bytes, func(tier uint8) (has stock) {
			for i, b := range s.tiers[tier] {
				if i == 0 {
					has.first = b.first
				}
				has.blocks++
				has.bytes += len(b.packed)
			}
			return has
		})
		if !ok {
			return
		}
		s.drop(int(t))
	}
}

// drop forgets the oldest block of a tier. mu is held.
func (s *ram) drop(tier int) {
	first := s.tiers[tier][0]
	s.rows[tier] -= first.rows
	s.bytes -= len(first.packed)
	s.tiers[tier] = slices.Delete(s.tiers[tier], 0, 1)
}

func (s *ram) each(tier uint8, from, to int64, do func(stored)) {
	s.mu.RLock()
	blocks := slices.Clone(s.tiers[tier]) // a packed block does not change
	s.mu.RUnlock()
	for _, b := range blocks {
		if b.first >= from && b.first <= to {
			do(stored{tier: tier, packed: b.packed, place: place{rows: b.rows, size: len(b.packed)}})
		}
	}
}

func (s *ram) oldest(tier uint8) (int64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.tiers[tier]) == 0 {
		return 0, false
	}
	return s.tiers[tier][0].first, true
}

func (s *ram) newest(tier uint8) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if n := len(s.tiers[tier]); n > 0 {
		return s.tiers[tier][n-1].first
	}
	return 0
}

func (s *ram) close() error { return nil }
