package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// MaxPoints is the most that one query may ask for: more than any screen is wide.
const MaxPoints = 5000

// ErrBounds is what an impossible query returns an error about: too few or too many points, or an end before its start.
var ErrBounds = errors.New("query out of bounds")

// An UnknownSeriesError names a series that a query asked for and that is not there.
type UnknownSeriesError struct {
	Name string
}

func (e *UnknownSeriesError) Error() string { return fmt.Sprintf("unknown series %q", e.Name) }

// A Result is columns of the same length: one time, and for each series three values, at each point.
type Result struct {
	At     []int64  `json:"at"` // Unix milliseconds, ascending
	Series []Column `json:"series"`
	Until  int64    `json:"until,omitempty"` // Unix milliseconds: up to then the last point stands for; 0 without points
}

// A Column is one series of a Result. Where there is a gap the numbers are unknown, null in JSON; a nil list is left out there.
type Column struct {
	Series
	Avg []collector.Number `json:"avg"`
	Min []collector.Number `json:"min,omitzero"`
	Max []collector.Number `json:"max,omitzero"`
}

// Means leaves the means alone.
func (r *Result) Means() {
	for i := range r.Series {
		r.Series[i].Min, r.Series[i].Max = nil, nil
	}
}

// AppendJSON appends r as encoding/json writes it, which takes six times as long: it makes a piece of garbage of each of ten
// thousands of numbers.
func (r *Result) AppendJSON(b []byte) []byte {
	b = append(b, `{"at":[`...)
	for i, at := range r.At {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, at, 10)
	}
	b = append(b, `],"series":[`...)
	for i := range r.Series {
		c := &r.Series[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONText(append(b, `{"name":`...), c.Name), `,"unit":`...)
		b = appendJSONNumbers(appendJSONText(b, c.Unit), `,"avg":[`, c.Avg)
		if c.Min != nil {
			b = appendJSONNumbers(b, `],"min":[`, c.Min)
		}
		if c.Max != nil {
			b = appendJSONNumbers(b, `],"max":[`, c.Max)
		}
		b = append(b, `]}`...)
	}
	b = append(b, ']')
	if r.Until != 0 {
		b = strconv.AppendInt(append(b, `,"until":`...), r.Until, 10)
	}
	return append(b, '}')
}

func appendJSONText(b []byte, s string) []byte {
	text, _ := json.Marshal(s) // of a string there is no error
	return append(b, text...)
}

func appendJSONNumbers(b []byte, before string, list []collector.Number) []byte {
	b = append(b, before...)
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = n.AppendJSON(b)
	}
	return b
}

// Query returns the named series from one time to another, both included, in at most points points (1 … MaxPoints). If
// there are no more rows than that, each is a point. Else a point stands for the rows of a stretch of time and is at its
// start, which for the first may be before from; stretches begin at multiples of their length, so that a chart that
// moves on does not tremble. The error is an *UnknownSeriesError, or wraps ErrBounds.
func (h *History) Query(names []string, from, to time.Time, points int) (Result, error) {
	if points < 1 || points > MaxPoints {
		return Result{}, fmt.Errorf("%w: %d points, want 1 to %d", ErrBounds, points, MaxPoints)
	}
	if from.After(to) {
		return Result{}, fmt.Errorf("%w: from is after to", ErrBounds)
	}
	const latest = 1 << 53 // milliseconds that JavaScript can count: nothing below overflows
	f, t := max(from.UnixMilli(), 0), min(to.UnixMilli(), latest)
	pieces := h.cut(h.pieces(names, f, t, points), t)
	s := newSieve(names, h.width(pieces, f, t, points))
	for _, p := range pieces {
		h.rows(p, s)
	}
	return h.result(s, points)
}

// A piece is a part of a range of time that one tier answers for, with what that tier has beside the shelf.
type piece struct {
	tier     uint8
	every    int64
	from, to int64 // both included
	earliest int64 // when a block that reaches into the piece may begin
	open     openBlock
	making   openBlock // one row, or none
}

// An openBlock is the rows of a block that is not closed, and columns of it by the place of their names.
type openBlock struct {
	key     key
	times   []int64
	columns []*column // nil where there is none
}

// pieces cuts a range: the coarsest tier that is fine enough for so many points, and before it begins those that go
// further back, whole rows of theirs. They are in the order of time. The first row of all that there is begins, in a coarse
// tier, up to a row before its first value: a finer tier knows when that was, and that there is nothing before.
func (h *History) pieces(names []string, from, to int64, points int) []piece {
	h.mu.RLock()
	defer h.mu.RUnlock()
	fit := 0
	for fit+1 < len(h.tiers) && h.tiers[fit+1].every <= (to-from)/int64(points) {
		fit++
	}
	var pieces []piece
	finer := int64(math.MaxInt64) // when the tier before begins
	for i, t := range h.tiers[fit:] {
		begins, ok := h.begins(t, fit+i == len(h.tiers)-1)
		if !ok || begins > finer-t.every { // its first row is of the same values as the first of the finer tier
			continue
		}
		finer = begins
		joint := int64(0)
		if len(pieces) > 0 {
			joint = (pieces[0].from + t.every - 1) / t.every * t.every
			to = joint - t.every
		}
		if begins > to || from > to {
			continue
		}
		if len(pieces) > 0 {
			pieces[0].from = joint // where a row of this tier ends, so that none is there twice or not at all
		}
		p := piece{tier: t.number, every: t.every, from: max(from, begins), to: to, open: openBlock{key: t.key}}
		p.earliest = p.from - t.reach()
		h.copyOpen(t, names, &p)
		pieces = append([]piece{p}, pieces...)
		if begins <= from {
			break
		}
	}
	return pieces
}

// cut leaves a coarse row out that a range ends in, if its values all came after the end: a finer tier knows.
func (h *History) cut(pieces []piece, to int64) []piece {
	if len(pieces) == 0 {
		return nil
	}
	p := &pieces[len(pieces)-1]
	if p.tier == h.tiers[0].number {
		return pieces
	}
	start := to - to%p.every
	if row, _ := h.lastRow(start, to); row < start {
		p.to = min(p.to, start-1)
	}
	if p.to < p.from {
		return pieces[:len(pieces)-1]
	}
	return pieces
}

// lastRow is when the last row at or before a time begins, and what such a row stands for, of the finest tier that goes back to
// another time and so knows best; zero when it has none near. Where nothing goes back so far because nothing is there
// the finest that has the first value is the one.
func (h *History) lastRow(from, to int64) (row, every int64) {
	take := func(at, of int64) {
		if at > 0 && at <= to && at >= row {
			row, every = at, of
		}
	}
	h.mu.RLock()
	from = max(from, h.first())
	t := h.tiers[len(h.tiers)-1]
	for _, finer := range h.tiers[:len(h.tiers)-1] {
		if begins, ok := h.begins(finer, false); ok && begins <= from {
			t = finer
			break
		}
	}
	if i := sort.Search(len(t.times), func(i int) bool { return t.times[i] > to }); i > 0 {
		take(t.times[i-1], t.every)
	}
	take(t.row, t.every)
	h.mu.RUnlock()
	if from > to || row >= from {
		return row, every
	}
	var times []int64
	h.shelf.each(t.number, from-t.reach()-gapAfter*max(t.every, t.widest), to, func(on stored) {
		if b, err := on.unpack(times); err == nil {
			times = b.times // its space is used again
			if i := sort.Search(len(b.times), func(i int) bool { return b.times[i] > to }); i > 0 {
				take(b.times[i-1], max(t.every, b.every))
			}
		}
	})
	return row, every
}

// first is when the first value came, as exactly as the tiers tell. h.mu is held.
func (h *History) first() int64 {
	first := int64(math.MaxInt64)
	for i, t := range h.tiers {
		if begins, ok := h.begins(t, i == len(h.tiers)-1); ok && begins <= first-t.every { // else it is of the same value as the finer tier's
			first = begins
		}
	}
	return first
}

// begins is from when on a tier answers; false when it has nothing. What it has from before the time that it should
// reach back to, because of a gap or a clock that was wrong, is left to the coarser ones. h.mu is held.
func (h *History) begins(t *tier, coarsest bool) (int64, bool) {
	at, ok := h.shelf.oldest(t.number)
	if len(t.times) > 0 && (!ok || t.times[0] < at) {
		at, ok = t.times[0], true
	}
	if t.row > 0 && (!ok || t.row < at) {
		at, ok = t.row, true
	}
	if !coarsest {
		at = max(at, h.now-t.keep, t.since)
	}
	return at, ok
}

// copyOpen copies what is not on the shelf, so that a long answer holds nobody up. h.mu is held.
func (h *History) copyOpen(t *tier, names []string, p *piece) {
	p.open.times, p.open.columns = slices.Clone(t.times), make([]*column, len(names))
	p.making.columns = make([]*column, len(names))
	if t.row > 0 {
		p.making.times = []int64{t.row}
	}
	for i, name := range names {
		n := h.series[name]
		if n == nil {
			continue
		}
		c := &n.tiers[t.place].open
		p.open.columns[i] = &column{slices.Clone(c.avg), slices.Clone(c.lo), slices.Clone(c.hi)}
		if heap := &n.tiers[t.place].heap; heap.n > 0 {
			p.making.columns[i] = new(column)
			avg, least, most := heap.grains()
			p.making.columns[i].put(0, avg, least, most)
		}
	}
}

// width is how long a stretch is, in milliseconds; 0 where each row is a point. Two times meet at most their distance /
// width, rounded up, and one more of the stretches of width ms that begin at multiples of it. Stretches of whole rows
// have the same number of them.
func (h *History) width(pieces []piece, from, to int64, points int) int64 {
	count := &sieve{counting: true}
	every, rows := int64(1), 0
	for _, p := range pieces {
		h.shelf.each(p.tier, p.from, p.to-p.every*blockRows, func(on stored) { rows += on.rows }) // blocks that are in it wholly
		every = max(every, p.every)
	}
	if rows <= points { // perhaps: the rest must be looked at
		for _, p := range pieces {
			h.rows(p, count)
		}
		if count.rows+count.gaps <= points {
			return 0
		}
	}
	if points == 1 {
		return wholeRange
	}
	width := (to-from)/int64(points-1) + 1
	return (width + every - 1) / every * every
}

// rows gives a sieve the rows of a piece.
func (h *History) rows(p piece, s *sieve) {
	h.shelf.each(p.tier, p.earliest, p.to, func(on stored) {
		b, err := on.unpack(s.times)
		if err != nil || len(p.open.times) > 0 && b.key == p.open.key { // in memory it is newer
			return
		}
		s.times = b.times
		p := p
		p.every = max(p.every, b.every) // of a time when the interval was longer
		s.block(p, b.times, s.find(on, &b))
	})
	s.block(p, p.open.times, p.open.columns)
	s.block(p, p.making.times, p.making.columns)
}

// result is what has gone through the sieve.
func (h *History) result(s *sieve, most int) (Result, error) {
	for i, name := range s.names {
		if s.units[i] == "" {
			h.mu.RLock()
			n := h.series[name]
			h.mu.RUnlock()
			if n == nil {
				return Result{}, &UnknownSeriesError{name}
			}
			s.units[i] = n.unit
		}
	}
	points := s.points()
	points = points[max(len(points)-most, 0):] // a block may have been stored meanwhile, by a clock that was set back
	result := Result{At: make([]int64, len(points)), Series: make([]Column, len(s.names))}
	for i := range s.names {
		numbers := make([]collector.Number, 3*len(points))
		result.Series[i] = Column{Series{s.names[i], s.units[i]}, numbers[:len(points)], numbers[len(points) : 2*len(points)], numbers[2*len(points):]}
	}
	if len(points) > 0 {
		result.Until = s.until(points[len(points)-1])
	}
	for at, p := range points {
		result.At[at] = p.at
		for i := range p.sums {
			if sum := &p.sums[i]; sum.n > 0 {
				c := &result.Series[i]
				c.Avg[at] = collector.Signed(min(max(sum.sum/float64(sum.n), sum.least), sum.most))
				c.Min[at], c.Max[at] = collector.Signed(sum.least), collector.Signed(sum.most)
			}
		}
	}
	return result, nil
}
