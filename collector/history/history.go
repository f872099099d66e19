// Package history keeps the numbers of snapshots for charts, in memory.
//
// # What is promised
//
// A History has a row for each snapshot, the last keep / every of them, and a column (a series) for each number worth a
// chart. Append adds a row; a snapshot sooner than every after the one before (less an eighth, for jitter) is averaged
// into its row. Query answers in at most as many points as are asked for, each with the least, the mean and the
// greatest value of the rows it stands for: a spike of one row is in the answer whatever the zoom. Where nothing was
// measured the answer is null, never a straight line: between rows further apart than two and a half every, before a
// device was there and after it has gone, and while the source of a part is marked in Snapshot.Sources (its last good
// value, which the snapshot still shows, is not measured again).
//
// A snapshot older than the last one means that the clock was set back: the rows of its future are dropped.
//
// # Limits
//
// Numbers are float32: seven digits. There are at most 2000 series; further ones are left out, and one that has had no
// value for as long as the history reaches is forgotten. 100 series over an hour of seconds take 1.5 MB. Safe for one
// writer and many readers. No goroutine, no file.
package history

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	maxSeries = 2000
	// forgetEvery is after how many rows to look for series that have run dry.
	forgetEvery = 64
)

// A Series is one number over time.
type Series struct {
	Name string `json:"name"` // "cpu.busy", "disk.sda.read_rate", "filesystem./home.used_ratio"
	Unit string `json:"unit"` // "ratio", "bytes", "bytes/s", "1/s", "cores", "load", "count", "hertz", "seconds", "celsius", "rpm" or "watts"
}

// A History is made by New.
type History struct {
	every    int64 // milliseconds
	capacity int   // rows

	mu sync.RWMutex
	// Rows are numbered on and on; those from first up to next are there. Row n is at n % capacity in at and in every
	// column.
	first, next int
	at          []int64 // Unix milliseconds, ascending from row to row
	series      map[string]*column
	sum         summary
}

// New makes a History that reaches back for keep (default 1 h) with a row at least every so often (default 1 s), which
// is best the interval of the collector.
func New(keep, every time.Duration) *History {
	if keep <= 0 {
		keep = time.Hour
	}
	if every < time.Millisecond {
		every = time.Second
	}
	return &History{
		every:    every.Milliseconds(),
		capacity: int(keep/every) + 1,
		series:   make(map[string]*column),
	}
}

// Append adds a snapshot. One without a time is left out.
func (h *History) Append(s collector.Snapshot) {
	at := s.At.UnixMilli()
	if at <= 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dropAfter(at)
	if h.next == h.first || at-h.time(h.next-1) >= h.every-h.every/8 {
		h.addRow(at)
	}
	h.sum.values(&s, h.put)
}

// dropAfter drops the rows later than at.
func (h *History) dropAfter(at int64) {
	next := h.next
	for next > h.first && h.time(next-1) > at {
		next--
	}
	if next == h.next {
		return
	}
	h.next = next
	for _, c := range h.series {
		c.last, c.count = min(c.last, next-1), 1
	}
}

func (h *History) addRow(at int64) {
	if h.next-h.first == h.capacity {
		h.first++
	}
	i := h.next % h.capacity
	if i == len(h.at) { // the first time round
		h.at = append(h.at, at)
	}
	h.at[i] = at
	h.next++
	for name, c := range h.series {
		if h.next%forgetEvery == 0 && c.last < h.first {
			delete(h.series, name)
			continue
		}
		c.clear(i)
	}
}

// put sets the value of a series in the last row, or averages it in.
func (h *History) put(name []byte, unit string, n collector.Number) {
	v, ok := n.Get()
	if !ok || v > math.MaxFloat32 {
		return
	}
	c := h.series[string(name)]
	if c == nil {
		if len(h.series) >= maxSeries {
			return
		}
		c = &column{unit: unit, last: -1}
		h.series[string(name)] = c
	}
	row := h.next - 1
	i := row % h.capacity
	if c.last != row {
		c.last, c.count = row, 0
	}
	if old := float64(c.get(i)); c.count > 0 && !math.IsNaN(old) {
		v = old + (v-old)/float64(c.count+1)
	}
	c.count++
	c.set(i, float32(v), h.capacity)
}

// time is when a row was.
func (h *History) time(row int) int64 { return h.at[row%h.capacity] }

// Names lists the series that have a value, or had one not long ago, in the order of their names.
func (h *History) Names() []Series {
	h.mu.RLock()
	defer h.mu.RUnlock()
	names := make([]Series, 0, len(h.series))
	for name, c := range h.series {
		names = append(names, Series{Name: name, Unit: c.unit})
	}
	slices.SortFunc(names, func(a, b Series) int { return strings.Compare(a.Name, b.Name) })
	return names
}
