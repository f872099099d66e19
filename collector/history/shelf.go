package history

import (
	"slices"
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
	// latest is the block of a tier that was made last: of the newest run the last, whatever the clock said before; and when
	// the first one of that run begins. Zero when there is none.
	latest(tier uint8) (k key, first int64)
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

// has tells whether there is such a tier.
func (b *bounds) has(tier uint8) bool { return int(tier) < len(b.rows) && b.rows[tier] > 0 }

// A ram is a shelf in memory.
type ram struct {
	index
	packed map[key][]byte
}

func newRAM(b bounds) *ram { return &ram{index: newIndex(b), packed: make(map[key][]byte)} }

func (s *ram) put(k key, rows int, packed []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packed[k] = packed
	s.add(entry{k, place{rows: rows, size: len(packed)}})
	s.bound(func(k key) { delete(s.packed, k) })
}

func (s *ram) each(tier uint8, from, to int64, do func(stored)) {
	s.mu.RLock()
	list := s.between(tier, from, to)
	packed := make([][]byte, len(list)) // a packed block does not change
	for i, e := range list {
		packed[i] = s.packed[e.key]
	}
	s.mu.RUnlock()
	for i, e := range list {
		do(stored{tier: tier, packed: packed[i], place: e.place})
	}
}

func (s *ram) close() error { return nil }
