package history

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	// markTier is the number of the blocks of marks, above those of all tiers.
	markTier = 15
	// mostMarks bounds them; when there are more the oldest block is given up.
	mostMarks = 4096
	// markRows is after how many a block is closed: it is written again with each.
	markRows = 64
)

// marks are the open block of them: unlike numbers they are on the shelf as soon as they are made.
type marks struct {
	key  key
	list []collector.Mark // in the order of their times
}

// Mark adds a mark. One that collector.CheckMark refuses is an error. Marks are never thinned; of more than some
// 4000 the oldest are given up.
func (h *History) Mark(m collector.Mark) error {
	if err := collector.CheckMark(m); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	open := &h.marks
	if n := len(open.list); n == markRows || n > 0 && m.At < open.list[n-1].At {
		open.list = nil
	}
	if len(open.list) == 0 {
		open.key = h.next(open.key, markTier, m.At)
	}
	open.list = append(open.list, m)
	h.shelf.put(open.key, len(open.list), open.pack())
	return nil
}

// Marks are those from one time to another, both included, in the order of their times.
func (h *History) Marks(from, to time.Time) []collector.Mark {
	var found []collector.Mark
	least, most := from.UnixMilli(), to.UnixMilli()
	h.shelf.each(markTier, 0, most, func(on stored) {
		list, err := on.marks()
		if err != nil {
			return
		}
		first := sort.Search(len(list), func(i int) bool { return list[i].At >= least })
		for _, m := range list[first:] {
			if m.At <= most {
				found = append(found, m)
			}
		}
	})
	slices.SortStableFunc(found, func(a, b collector.Mark) int { return int(max(min(a.At-b.At, 1), -1)) })
	return found
}

// Last is the time of the last row there is: after Open, when an earlier run of the program ended; zero when there is none.
func (h *History) Last() time.Time {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.now == 0 {
		return time.Time{}
	}
	return time.UnixMilli(h.now)
}

// Abrupt tells whether the earlier run of the program ended without Close, as by kill -9 or with the power; false where that is not
// known.
func (h *History) Abrupt() bool {
	f, ok := h.shelf.(*file)
	return ok && f.left
}

// pack makes a block: head and times like one of numbers, then of each mark kind and text.
func (m *marks) pack() []byte {
	times := make([]int64, len(m.list))
	var body []byte
	for i, mark := range m.list {
		times[i] = mark.At
		body = appendText(appendText(body, mark.Kind), mark.Text)
	}
	return endBlock(beginBlock(m.key, 0, times), body)
}

// marks reads a block of marks.
func (s stored) marks() ([]collector.Mark, error) {
	b, err := s.unpack(nil)
	if err != nil {
		return nil, err
	}
	body, err := s.body(&b)
	if err != nil {
		return nil, err
	}
	return unpackMarks(body, b.times)
}

// unpackMarks reads what is behind a block's head. What is no mark breaks it.
func unpackMarks(body []byte, times []int64) ([]collector.Mark, error) {
	r := reader{b: body}
	list := make([]collector.Mark, 0, min(len(times), markRows))
	for _, at := range times {
		m := collector.Mark{At: at, Kind: string(r.text()), Text: string(r.text())}
		if r.broken || collector.CheckMark(m) != nil {
			return nil, fmt.Errorf("%w: its marks cannot be read", errBlock)
		}
		list = append(list, m)
	}
	if len(r.b) > 0 {
		return nil, fmt.Errorf("%w: its marks cannot be read", errBlock)
	}
	return list, nil
}
