package history

import (
	"cmp"
	"math"
	"slices"
)

// A sieve gathers rows into points.
type sieve struct {
	names    []string
	order    []int    // their places, in the order of the names
	units    []string // as they were found
	width    int64    // of a stretch, in milliseconds; 0: each row is a point; wholeRange: all are one
	counting bool     // nothing but rows and gaps

	rows int
	gaps int   // between rows that came one after the other
	last int64 // when the last row was
	list []point
	sums []sum // for the next points

	// Space that is used again.
	times   []int64
	found   []*column
	columns []column
	places  []int
}

func newSieve(names []string, width int64) *sieve {
	n := len(names)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
	return &sieve{names: names, order: order, units: make([]string, n), width: width, found: make([]*column, n), columns: make([]column, n)}
}

// find reads the columns of the names from a block; nil where it has none. They are good until the next block.
func (s *sieve) find(on stored, b *block) []*column {
	if s.counting {
		return nil
	}
	clear(s.found)
	wanted := s.order
	b.until(func(name, unit []byte, at, size int) bool {
		// Both are in the order of names: those that were passed are not in the block.
		for len(wanted) > 0 && s.names[wanted[0]] < string(name) {
			wanted = wanted[1:]
		}
		for len(wanted) > 0 && s.names[wanted[0]] == string(name) {
			s.take(on, b, wanted[0], unit, at, size)
			wanted = wanted[1:]
		}
		return len(wanted) > 0
	})
	return s.found
}

// take reads the column of a name from a block.
func (s *sieve) take(on stored, b *block, name int, unit []byte, at, size int) {
	packed, err := on.part(at, size)
	if err != nil || !s.columns[name].unpack(packed, len(b.times)) {
		return
	}
	s.found[name] = &s.columns[name]
	if s.units[name] == "" {
		s.units[name] = string(unit)
	}
}

// wholeRange is the width of the only stretch.
const wholeRange = math.MaxInt64

// A point is one row, the rows of a stretch, or a gap.
type point struct {
	at          int64
	first, last int64 // of its rows
	every       int64 // what one of them stands for
	sums        []sum // by series; nil for a gap
}

type sum struct {
	sum         float64
	n           int
	least, most float64
}

// sumsFor is for how many points there is space made together.
const sumsFor = 64

// block takes the rows of a piece, with a column for each name; nil where there is none.
func (s *sieve) block(p piece, times []int64, columns []*column) {
	first := len(times)
	for i, at := range times {
		if at >= p.from {
			first = i
			break
		}
	}
	next := len(times)
	for next > first && times[next-1] > p.to {
		next--
	}
	if first == next {
		return
	}
	for _, at := range times[first:next] {
		if s.rows > 0 && isGap(s.last, at, p.every) {
			s.gaps++
		}
		s.rows++
		s.last = at
	}
	if s.counting {
		return
	}
	s.places = s.places[:0] // of the rows among the points
	for _, at := range times[first:next] {
		s.places = append(s.places, s.place(at, p.every))
	}
	for name, c := range columns {
		if c == nil {
			continue
		}
		for i := 0; i < len(s.places); { // the rows of a point are one behind the other
			place, begin := s.places[i], i
			for i < len(s.places) && s.places[i] == place {
				i++
			}
			s.list[place].sums[name].addRows(c, first+begin, first+i)
		}
	}
}

// place is the number of the point that a row belongs to.
func (s *sieve) place(at, every int64) int {
	start := at
	switch {
	case s.width == wholeRange && len(s.list) > 0:
		start = s.list[0].at
	case s.width > 0 && s.width < wholeRange:
		start = at / s.width * s.width
	}
	if n := len(s.list); n > 0 && s.list[n-1].at == start {
		p := &s.list[n-1]
		p.last, p.every = max(p.last, at), max(p.every, every)
		return n - 1
	}
	n := len(s.names)
	if len(s.sums) < n {
		s.sums = make([]sum, n*sumsFor)
	}
	s.list = append(s.list, point{at: start, first: at, last: at, every: every, sums: s.sums[:n:n]})
	s.sums = s.sums[n:]
	return len(s.list) - 1
}

func (s *sum) add(avg, least, most float64) {
	if s.n == 0 {
		s.least, s.most = math.Inf(1), math.Inf(-1)
	}
	s.sum, s.n = s.sum+avg, s.n+1
	s.least, s.most = min(s.least, least), max(s.most, most)
}

// addRows adds the rows of a column from one up to another. Grains are in the order of what they stand for.
func (s *sum) addRows(c *column, from, to int) {
	least, most, n := coarsest+1, -coarsest-1, 0
	for i := from; i < min(to, len(c.avg)); i++ {
		g := c.avg[i]
		if g == missing {
			continue
		}
		s.sum += g.value()
		least, most = min(least, c.least(i)), max(most, c.most(i))
		n++
	}
	if n == 0 {
		return
	}
	if s.n == 0 {
		s.least, s.most = math.Inf(1), math.Inf(-1)
	}
	s.n += n
	s.least, s.most = min(s.least, least.value()), max(s.most, most.value())
}

// gapAfter is how many rows' time may be between two of them, and a half less.
const gapAfter = 3

func isGap(before, at, every int64) bool { return 2*(at-before) > (2*gapAfter-1)*every }

// until is when what a point stands for ends.
func (s *sieve) until(p point) int64 {
	if s.width == 0 || s.width == wholeRange {
		return p.last + p.every
	}
	return p.at + s.width
}

// points puts what was gathered in order, what has the same time together, and gaps between.
func (s *sieve) points() []point {
	slices.SortStableFunc(s.list, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	var points []point
	for _, p := range s.list {
		n := len(points)
		if n > 0 && points[n-1].at == p.at { // the clock was set back in between
			before := &points[n-1]
			before.first, before.last, before.every = min(before.first, p.first), max(before.last, p.last), max(before.every, p.every)
			for i, sum := range p.sums {
				if sum.n > 0 {
					before.sums[i].add(0, sum.least, sum.most)
					before.sums[i].sum += sum.sum
					before.sums[i].n += sum.n - 1
				}
			}
			continue
		}
		if n > 0 {
			before := points[n-1]
			every := max(before.every, p.every)
			if isGap(before.last, p.first, every) {
				switch {
				case s.width == 0:
					points = append(points, point{at: before.last + before.every})
				case before.at+s.width < p.at:
					points = append(points, point{at: before.at + s.width})
				}
			}
		}
		points = append(points, p)
	}
	return points
}
