package history

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// crowd is a snapshot some seconds after epoch, with processes that use so many cores.
func crowd(seconds int, cores map[string]float64) collector.Snapshot {
	s := at(float64(seconds), collector.Known(0.5))
	s.Processes = new(collector.Processes)
	for name, v := range cores {
		s.Processes.Top = append(s.Processes.Top, collector.Process{PID: int32(len(name)), Name: name, User: "root", Started: 7, CPU: collector.Known(v), Memory: 4096})
	}
	return s
}

// who is the table of a second after epoch.
func who(h *History, seconds float64) string {
	t, ok := h.Processes(at(seconds, collector.Number{}).At)
	if !ok {
		return "-"
	}
	text := fmt.Sprintf("%g:", float64(t.At.UnixMilli()-epoch.UnixMilli())/1e3)
	for _, p := range t.Processes {
		v, _ := p.CPU.Get()
		text += fmt.Sprintf(" %s=%.2g", p.Name, v)
	}
	return text
}

// Processes are read less often than snapshots come: then two of them have the same.
func TestProcessesOfTwoMoments(t *testing.T) {
	h := New()
	first := crowd(1, map[string]float64{"worker": 0.5})
	second := at(2, collector.Known(0.5))
	second.Processes = first.Processes
	h.Append(first)
	h.Append(second)
	h.Append(crowd(3, map[string]float64{"thief": 3}))
	for seconds, want := range map[float64]string{1: "1: worker=0.5", 2: "2: worker=0.5", 3: "3: thief=3"} {
		if got := who(h, seconds); got != want {
			t.Errorf("at %g s: got %s, want %s", seconds, got, want)
		}
	}
}

// A stop has no processes either, however coarse the rows are that begin in it: a finer tier knows better, as long as it goes back
// so far.
func TestProcessesInAGap(t *testing.T) {
	h := New()
	for i := 1; i < 100; i++ {
		h.Append(crowd(i, map[string]float64{"before": 0.5}))
	}
	for i := 6587; i < 6700; i++ {
		h.Append(crowd(i, map[string]float64{"after": 0.5}))
	}
	for seconds, want := range map[float64]string{
		99: "99: before=0.5", 101: "99: before=0.5", 590: "-", 6001: "-", 6300: "-", 6541: "-", 6586: "-", 6587: "6587: after=0.5",
	} {
		if got := who(h, seconds); got != want {
			t.Errorf("at %g s: got %s, want %s", seconds, got, want)
		}
	}
}

func TestProcessesOfAMoment(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	for i := range 7000 {
		cores := map[string]float64{"idle": 0.1, "worker": 0.5}
		if i == 123 {
			cores["thief"] = 3
		}
		h.Append(crowd(i, cores))
	}
	h.Append(at(7001, collector.Known(0.5))) // without processes
	for _, tt := range []struct {
		at   float64
		want string
	}{
		{6990, "6990: worker=0.5 idle=0.1"},
		{6990.9, "6990: worker=0.5 idle=0.1"},
		{7001, "6999: worker=0.5 idle=0.1"},
		{7100, "-"}, // nor are there numbers of then
		{9000, "-"},
		{-1, "-"},
		// Seconds are there for an hour only: the ten seconds have the busiest of them.
		{129, "123: thief=3 worker=0.5 idle=0.1"},
		{121, "123: thief=3 worker=0.5 idle=0.1"}, // of their row, which the numbers of then are of
		{119.9, "110: worker=0.5 idle=0.1"},
		{112, "110: worker=0.5 idle=0.1"},
	} {
		if got := who(h, tt.at); got != tt.want {
			t.Errorf("at %g s: got %s, want %s", tt.at, got, tt.want)
		}
	}
	// And after it was killed.
	left := killed(t, h, dir)
	again, err := Open(left, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, seconds := range []float64{112, 129, 6980} {
		if got, want := who(again, seconds), who(h, seconds); got != want {
			t.Errorf("after it was killed, at %g s: got %s, want %s", seconds, got, want)
		}
	}
}

// A jealous shelf is one that must not be asked while it answers.
type jealous struct {
	shelf
	t       *testing.T
	answers bool
}

func (s *jealous) each(tier uint8, from, to int64, do func(stored)) {
	if s.answers {
		s.t.Error("the shelf is asked while it answers: it waits for ever when its file is to be written anew")
	}
	s.answers = true
	s.shelf.each(tier, from, to, do)
	s.answers = false
}

// Tiers that were not there are made up for, tables included, by one question after the other.
func TestTablesAreMadeUpFor(t *testing.T) {
	tiers := []Tier{{time.Second, time.Hour}, {10 * time.Second, time.Hour}, {time.Minute, 24 * time.Hour}}
	shelf := newRAM(limits(tiers, mostPacked))
	h, all := newHistory(shelf, tiers[:1]), New(tiers...)
	for i := range 200 {
		s := crowd(i, map[string]float64{"idle": 0.1, "worker": float64(i*7%100) / 10})
		h.Append(s)
		all.Append(s)
	}
	h.Close()
	h = newHistory(&jealous{shelf: shelf, t: t}, tiers)
	h.remember(nil)
	for _, h := range []*History{h, all} {
		h.tiers = h.tiers[1:]
	}
	for _, seconds := range []float64{65, 75, 129, 195, 199} {
		if got, want := who(h, seconds), who(all, seconds); got != want || got == "-" {
			t.Errorf("at %g s: got %s, want %s", seconds, got, want)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	h := New(Tier{time.Second, time.Hour})
	for i := range 200 {
		h.Append(crowd(i, map[string]float64{"a": 1, "bb": float64(i)}))
	}
	for tier := range uint8(2) {
		h.shelf.each(tier, 0, always, func(on stored) {
			b, _ := on.unpack(nil)
			body, _ := on.body(&b)
			head, _ := headOf(on.packed)
			f.Add(head, body)
		})
	}
	f.Fuzz(func(t *testing.T, head, body []byte) {
		packed := endBlock(append(append(magic[:], make([]byte, prefix-len(magic))...), head...), body)
		on := stored{packed: packed, place: place{size: len(packed)}}
		b, err := on.unpack(nil)
		if err != nil {
			return
		}
		for i := 1; i < len(b.times); i++ {
			if b.times[i] < b.times[i-1] {
				t.Fatalf("times %v", b.times)
			}
		}
		var c column
		b.each(func(name, _ []byte, at, size int) {
			packed, err := on.part(at, size)
			if err != nil || !c.unpack(packed, len(b.times)) {
				return
			}
			for row := range b.times {
				if avg, least, most, ok := c.at(row); ok && (least > avg || avg > most) {
					t.Fatalf("%s: row %d is %g, %g, %g", name, row, least, avg, most)
				}
			}
		})
		if _, who, rows, err := on.tables(); err == nil {
			for i, row := range rows {
				tableOf(b.times[i], who, row)
			}
		}
	})
}
