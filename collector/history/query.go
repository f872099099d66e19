package history

import (
	"errors"
	"fmt"
	"math"
	"sort"
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
}

// A Column is one series of a Result. Where there is a gap the numbers are unknown, null in JSON.
type Column struct {
	Series
	Avg []collector.Number `json:"avg"`
	Min []collector.Number `json:"min"`
	Max []collector.Number `json:"max"`
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
	h.mu.RLock()
	defer h.mu.RUnlock()
	columns := make([]*column, len(names))
	for i, name := range names {
		if columns[i] = h.series[name]; columns[i] == nil {
			return Result{}, &UnknownSeriesError{name}
		}
	}
	spans := h.spans(from, to, points)
	result := Result{At: make([]int64, len(spans)), Series: make([]Column, len(names))}
	for i, s := range spans {
		result.At[i] = s.at
	}
	for i, c := range columns {
		result.Series[i] = h.column(Series{names[i], c.unit}, c, spans)
	}
	return result, nil
}

// A span is the rows that a point stands for; none in a gap.
type span struct {
	at          int64
	first, next int
}

// spans cuts the rows between two times into at most points spans.
func (h *History) spans(from, to time.Time, points int) []span {
	const latest = 1 << 53 // milliseconds that JavaScript can count: nothing below overflows
	f, t := max(from.UnixMilli(), 0), min(to.UnixMilli(), latest)
	first, next := h.rowAt(f), h.rowAt(t+1)
	spans := h.eachRow(first, next)
	if len(spans) <= points {
		return spans
	}
	// A stretch of width ms, the start of each a multiple of it: two times meet at most their distance / width, rounded
	// up, and one more of them. Stretches of whole rows have the same number of them.
	if points == 1 {
		return []span{{h.time(first), first, next}}
	}
	width := (t-f)/int64(points-1) + 1
	width = (width + h.every - 1) / h.every * h.every
	return h.stretches(first, next, width)
}

// rowAt is the first row that is not before a time.
func (h *History) rowAt(ms int64) int {
	return h.first + sort.Search(h.next-h.first, func(i int) bool { return h.time(h.first+i) >= ms })
}

// isGap reports whether something is missing between a row and the one before it.
func (h *History) isGap(row int) bool {
	return row > h.first && 2*(h.time(row)-h.time(row-1)) > 5*h.every
}

// eachRow makes a span of each row, and one of each gap.
func (h *History) eachRow(first, next int) []span {
	spans := make([]span, 0, next-first)
	for row := first; row < next; row++ {
		if row > first && h.isGap(row) {
			spans = append(spans, span{at: h.time(row-1) + h.every})
		}
		spans = append(spans, span{h.time(row), row, row + 1})
	}
	return spans
}

// stretches makes a span of the rows in each stretch of time, and one of each gap that is wider than a stretch.
func (h *History) stretches(first, next int, width int64) []span {
	var spans []span
	for row := first; row < next; row++ {
		at := h.time(row) / width * width
		n := len(spans)
		switch {
		case n > 0 && spans[n-1].at == at:
			spans[n-1].next = row + 1
			continue
		case n > 0 && spans[n-1].at+width < at && h.isGap(row):
			spans = append(spans, span{at: spans[n-1].at + width})
		}
		spans = append(spans, span{at, row, row + 1})
	}
	return spans
}

func (h *History) column(s Series, c *column, spans []span) Column {
	numbers := make([]collector.Number, 3*len(spans))
	out := Column{Series: s, Avg: numbers[:len(spans)], Min: numbers[len(spans) : 2*len(spans)], Max: numbers[2*len(spans):]}
	for i, s := range spans {
		sum, least, most, n := 0.0, math.Inf(1), math.Inf(-1), 0
		for row := s.first; row < s.next; row++ {
			v := float64(c.get(row % h.capacity))
			if math.IsNaN(v) {
				continue
			}
			sum, least, most, n = sum+v, min(least, v), max(most, v), n+1
		}
		if n > 0 { // a mean is rounded, and must not come out beyond what it is the mean of
			out.Avg[i] = collector.Signed(min(max(sum/float64(n), least), most))
			out.Min[i] = collector.Signed(least)
			out.Max[i] = collector.Signed(most)
		}
	}
	return out
}
