package crowd

import (
	"math"
	"math/bits"
	"slices"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

const (
	mostRecords = 4096 // messages whose first and last arrival may still move
	mostKinds   = 60   // kinds of errors that are told apart
)

// A record is one message, as all viewers saw it. Times are ns on this machine's wall clock.
type record struct {
	id        string
	epoch     string
	seq       uint64
	sequenced bool
	seen      int64 // the first arrival at any viewer
	first     int64 // the first and the last arrival at viewers that count
	last      int64
	viewers   int
}

// A tally is what all viewers together saw.
type tally struct {
	messages, missed, duplicates, gaps int64
	numbered                           int64 // messages by which it can be told what is missed
	in, out                            int64 // bytes
	refused, reconnects, cuts          int64
	connected                          int
	slowHeld, slowCut                  int
	errors                             map[string]int64

	records  map[string]*record
	order    []*record // oldest first
	latest   *record   // the one that came last, which most likely comes next
	newest   *record   // the one with the highest number in its epoch
	old      int64     // messages that are told their time and came to somebody who was not waiting then
	oldest   int64     // the greatest and the least of their ages, in ns
	youngest int64
	steady   int64 // messages seen before do not count for age and spread; 0: not yet
	place    place // of the last poll that was answered
	age      histogram
	spread   histogram
}

func (t *tally) init() {
	t.records, t.errors = make(map[string]*record), make(map[string]int64)
}

// failed counts an error.
func (t *tally) failed(kind string) {
	if _, known := t.errors[kind]; !known && len(t.errors) >= mostKinds {
		kind = "others"
	}
	t.errors[kind]++
}

// record finds or makes the record of an id.
func (t *tally) record(id []byte, arrival int64) *record {
	if t.latest != nil && string(id) == t.latest.id {
		return t.latest
	}
	r := t.records[string(id)]
	if r == nil {
		r = &record{id: string(id), seen: arrival}
		r.epoch, r.seq, r.sequenced = wire.SplitID(r.id)
		if len(t.order) >= mostRecords {
			for _, old := range t.order[:mostRecords/2] {
				t.settle(old)
				delete(t.records, old.id)
			}
			t.order = slices.Delete(t.order, 0, mostRecords/2)
		}
		t.records[r.id] = r
		t.order = append(t.order, r)
		if r.sequenced && (t.newest == nil || t.newest.epoch != r.epoch || t.newest.seq < r.seq) {
			t.newest = r
		}
	}
	t.latest = r
	return r
}

// settle takes a message's spread when nothing more is expected of it.
func (t *tally) settle(r *record) {
	if r.viewers > 1 {
		t.spread.add(r.last - r.first)
	}
}

// live takes the arrival of a message at a viewer that was waiting for it. at is the message's own time in Unix ms, or 0.
func (t *tally) live(r *record, at, arrival int64) {
	if t.steady == 0 || r.seen < t.steady {
		return
	}
	if r.viewers == 0 || arrival < r.first {
		r.first = arrival
	}
	r.last = max(r.last, arrival)
	r.viewers++
	if at > 0 {
		t.age.add(arrival - at*1e6)
	}
}

// replayed takes the arrival of a message that was there, by its own time, before the connection that it came by.
func (t *tally) replayed(at, arrival int64) {
	if t.steady == 0 || at <= 0 {
		return
	}
	age := arrival - at*1e6
	if t.old == 0 {
		t.oldest, t.youngest = age, age
	}
	t.old++
	t.oldest, t.youngest = max(t.oldest, age), min(t.youngest, age)
}

// A histogram keeps durations in buckets 1/64 wide, of what they are: a percentile is wrong by less than that.
type histogram struct {
	n      int64
	max    int64
	counts [48 * 64]int64
}

// bucket is the place of a duration: exact below 128 ns, then 64 to a power of two.
func bucket(v int64) int {
	if v < 128 {
		return int(max(v, 0))
	}
	power := bits.Len64(uint64(v)) - 7
	return min(64*power+int(v>>power), 48*64-1)
}

// upper is the largest duration of a bucket.
func upper(i int) int64 {
	if i < 128 {
		return int64(i)
	}
	power := i/64 - 1
	return int64(i-64*power+1)<<power - 1
}

func (h *histogram) add(v int64) {
	if h.n == 0 || v > h.max {
		h.max = v
	}
	h.n++
	h.counts[bucket(v)]++
}

// quantile is the smallest duration that a share of all does not exceed.
func (h *histogram) quantile(share float64) int64 {
	want, sum := max(int64(math.Ceil(share*float64(h.n))), 1), int64(0)
	for i, n := range h.counts {
		if sum += n; sum >= want {
			return min(upper(i), h.max)
		}
	}
	return h.max
}
