package history

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// mostFile bounds what is of use in the file, which is some more than twice as long at most, or thrice.
const mostFile = 256 << 20

var errInUse = errors.New("another process uses this directory (hint: give each its own --data-dir)")

// Open makes a History in a directory that it makes if need be, with what is there already. It always returns a History
// that works: with an error it is one in memory, and State tells.
func Open(dir string, log *slog.Logger, tiers ...Tier) (*History, error) {
	if len(tiers) == 0 {
		tiers = Tiers()
	}
	tiers = tiers[:min(len(tiers), mostTiers)]
	f, err := openFile(dir, limits(tiers, mostFile), log)
	if err != nil {
		h := New(tiers...)
		h.problem = "history is in memory only: " + withoutPath(err, dir)
		return h, fmt.Errorf("open the history in %s: %w", dir, err)
	}
	h := newHistory(f, tiers)
	h.path = f.path
	for _, list := range f.tiers {
		for _, e := range list {
			h.run = max(h.run, e.run+1)
		}
	}
	var finer []*tier
	for _, t := range idle(tiers) {
		finer = append(finer, &tier{number: uint8(2 * slotOf(t.Every)), every: t.milliseconds()})
	}
	for _, t := range append(finer, h.tiers...) {
		for _, e := range f.tiers[t.number] {
			t.widest = max(t.widest, e.every)
		}
	}
	h.remember(finer)
	go f.write()
	return h, nil
}

// always is later than any block begins.
const always = math.MaxInt64

// remember takes from the shelf what an earlier run of the program knew: the names of its series, and of each tier's
// next row the part that had come. Finer tiers are such as are not used any more.
func (h *History) remember(finer []*tier) {
	run := uint32(0)
	for _, t := range slices.Concat(finer, h.tiers) {
		h.latest(t.number, func(b block) {
			last := b.times[len(b.times)-1]
			if b.run > run || h.now == 0 {
				run, h.now = b.run, last
			} else if b.run == run {
				h.now = max(h.now, last)
			}
			b.each(func(name, unit []byte, _, _ int) {
				if h.series[string(name)] == nil && len(h.series) < maxSeries {
					h.series[string(name)] = &number{unit: string(unit), tiers: make([]part, len(h.tiers))}
				}
			})
		})
	}
	for _, n := range h.series {
		n.seen = h.now
	}
	for _, t := range slices.Backward(finer) {
		h.catchUp(h.tiers[0], t)
	}
	for i, t := range h.tiers {
		if i > 0 {
			h.catchUp(t, h.tiers[i-1])
		}
	}
	for i, t := range h.tiers {
		t.since = h.hole(t, h.tiers[i+1:])
	}
}

// hole is the end of the last time for which a tier has nothing and a coarser one has, since there was another interval;
// 0 for none. Between other blocks than those of two runs there is no such.
func (h *History) hole(t *tier, coarser []*tier) (end int64) {
	type between struct{ last, first int64 }
	var list []between
	last, run := int64(0), h.run
	h.shelf.each(t.number, h.now-t.keep-t.reach(), always, func(on stored) {
		b, err := on.unpack(nil)
		if err != nil {
			return
		}
		if last > 0 && b.run != run && isGap(last, b.first, t.every) {
			list = append(list, between{last, b.first})
		}
		last, run = max(last, b.times[len(b.times)-1]), b.run
	})
	list = append(list, between{h.last(t), h.now + 1})
	for _, gap := range list {
		for _, c := range coarser {
			h.shelf.each(c.number, gap.last-c.reach(), gap.first, func(on stored) {
				b, err := on.unpack(nil)
				if err == nil && slices.ContainsFunc(b.times, func(at int64) bool {
					return isGap(gap.last, at, max(t.every, t.widest)) && at < gap.first-c.every
				}) {
					end = max(end, gap.first)
				}
			})
		}
	}
	return end
}

// latest calls do with the block of a tier that the shelf was given last; not when there is none.
func (h *History) latest(tier uint8, do func(block)) {
	k, _ := h.shelf.latest(tier)
	h.shelf.each(tier, k.first, k.first, func(on stored) {
		if b, err := on.unpack(nil); err == nil && b.run == k.run {
			do(b)
		}
	})
}

// last is when the row that a tier was given last begins; 0 when there is none. There may be later ones, of a clock that
// was ahead.
func (h *History) last(t *tier) (last int64) {
	if n := len(t.times); t.row > 0 || n > 0 {
		if last = t.row; n > 0 {
			last = max(last, t.times[n-1])
		}
		return last
	}
	h.latest(t.number, func(b block) { last = b.times[len(b.times)-1] })
	return last
}

// A stretch is what a tier was given last: since its newest run began, which a clock that is set back begins, too.
type stretch struct {
	run         uint32
	first, last int64
}

// lately is that of a tier's blocks of numbers, or of tables. What is not on the shelf yet goes on from it.
func (h *History) lately(tier uint8) (s stretch) {
	k, first := h.shelf.latest(tier)
	s = stretch{run: k.run, first: first}
	h.latest(tier, func(b block) { s.last = b.times[len(b.times)-1] })
	return s
}

// has tells whether a row of a block is of then or of before, and not of a clock that was ahead.
func (s *stretch) has(b *block, at int64) bool { return b.run >= s.run || at < s.first }

// ended is until when a tier has what the finer one has: the end of its last row. One of a clock that was ahead, which is
// behind all that came later, does not count.
func (h *History) ended(t *tier, finer stretch) int64 {
	last := h.last(t)
	if k, _ := h.shelf.latest(t.number); last > finer.last && k.run < finer.run {
		last = 0
		h.shelf.each(t.number, 0, finer.first, func(on stored) {
			if b, err := on.unpack(nil); err == nil {
				for _, at := range b.times {
					if at < finer.first {
						last = max(last, at)
					}
				}
			}
		})
	}
	return last + t.every
}

// catchUp makes the rows that a tier has not, because the process was killed, of those of the finer one.
func (h *History) catchUp(t, finer *tier) {
	from := h.lately(finer.number)
	end := h.ended(t, from)
	var columns map[*number]*column
	h.shelf.each(finer.number, end-finer.reach(), always, func(on stored) {
		b, err := on.unpack(nil)
		if err != nil || b.times[len(b.times)-1] < end {
			return
		}
		before := columns // their space is used again
		columns = make(map[*number]*column, len(before))
		b.each(func(name, _ []byte, at, size int) {
			n := h.series[string(name)]
			packed, err := on.part(at, size)
			if n == nil || err != nil {
				return
			}
			c := before[n]
			if c == nil {
				c = new(column)
			}
			if c.unpack(packed, len(b.times)) {
				columns[n] = c
			}
		})
		for row, at := range b.times {
			if at < end || !from.has(&b, at) {
				continue
			}
			if t.begins(at) {
				h.finish(t)
				t.row = t.start(at)
			}
			for n, c := range columns {
				if avg, least, most, ok := c.at(row); ok {
					n.tiers[t.place].heap.addRow(avg, least, most)
				}
			}
		}
	})
	if finer.row >= end { // what it has of the last row was made up for just now, and is not on the shelf
		if t.begins(finer.row) {
			h.finish(t)
			t.row = t.start(finer.row)
		}
		for _, n := range h.series {
			if making := &n.tiers[finer.place].heap; making.n > 0 {
				n.tiers[t.place].heap.addRow(making.sum/float64(making.n), float64(making.least), float64(making.most))
			}
		}
	}
	h.catchUpTables(t, finer, end)
	h.store(t) // the next tier is made of what is on the shelf
	h.storeTables(t)
}

// catchUpTables is catchUp for the tables of the same rows.
func (h *History) catchUpTables(t, finer *tier, end int64) {
	from := h.lately(finer.number + 1)
	row := tier{every: t.every, grid: t.grid} // of tables: t is at its last row already
	add := func(moment Table) {
		at := moment.At.UnixMilli()
		if at < end {
			return
		}
		if row.begins(at) {
			h.finishTable(t)
			row.row = row.start(at)
		}
		t.tables.add(moment)
	}
	h.shelf.each(finer.number+1, end-finer.reach(), always, func(on stored) {
		b, who, rows, err := on.tables()
		if err != nil {
			return
		}
		for i, at := range b.times {
			if at >= end && from.has(&b, at) {
				add(tableOf(at, who, rows[i]))
			}
		}
	})
	if making := finer.tables.busiest; len(making.Processes) > 0 {
		add(making)
	}
	if row.row < t.row { // it is not the row in the making
		h.finishTable(t)
	}
}

// A State is where a History is kept.
type State struct {
	Path    string `json:"-"`                 // of the file; "" in memory
	OnDisk  bool   `json:"on_disk"`           // there is a file, and what is new comes to it
	Bytes   int    `json:"bytes,omitempty"`   // of what is in it
	Problem string `json:"problem,omitempty"` // why it is not on disk, or not all of it; without the path, which the log has
}

// State tells where the numbers are kept, and what is wrong with that.
func (h *History) State() State {
	s := State{Path: h.path, OnDisk: h.path != "", Problem: h.problem}
	if f, ok := h.shelf.(*file); ok {
		f.mu.RLock()
		defer f.mu.RUnlock()
		s.Bytes = f.bytes
		if f.problem != nil {
			s.OnDisk = errors.Is(f.problem, errGrows)
			s.Problem = withoutPath(f.problem, filepath.Dir(f.path))
		}
	}
	return s
}

// withoutPath is an error in a directory for who is shown it and is not to know where that is.
func withoutPath(err error, dir string) string {
	text := err.Error()
	var path *fs.PathError
	if errors.As(err, &path) { // it may be one above
		text = strings.ReplaceAll(text, " "+path.Path, "")
	}
	text = strings.ReplaceAll(text, dir+string(filepath.Separator), "")
	return strings.ReplaceAll(text, dir, "the directory")
}
