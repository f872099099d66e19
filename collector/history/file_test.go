package history

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

// open opens a history that is closed with the test, unless it has been.
func open(t testing.TB, dir string, tiers ...Tier) *History {
	t.Helper()
	h, err := Open(dir, slog.New(slog.NewTextHandler(t.Output(), nil)), tiers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	h := open(t, dir)
	sawTooth(h, 1000)
	want := ask(t, h, 0, 4000, 5000)
	names := h.Names()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir)
	if got := ask(t, h, 0, 4000, 5000); got != want {
		t.Errorf("after it was opened again: got %s, want %s", got, want)
	}
	if got := h.Names(); fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("got the series %v, want %v", got, names)
	}
	h.Append(at(1000, collector.Known(0.5)))
	if got := ask(t, h, 999, 1005, 10); got != "999:0.875 1000:0.5" {
		t.Errorf("and on: got %s", got)
	}
	if s := h.State(); s.Path != filepath.Join(dir, fileName) || s.Problem != "" || s.Bytes == 0 {
		t.Errorf("got state %+v", s)
	}
}

// TestTierIsAdded opens a file that was written before there was a coarser tier: it is made up for.
func TestTierIsAdded(t *testing.T) {
	dir := t.TempDir()
	before := Tier{time.Second, time.Hour}
	h := open(t, dir, before)
	sawTooth(h, 1000)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	both := []Tier{before, {10 * time.Second, time.Hour}}
	always := New(both...)
	sawTooth(always, 1000)
	h = open(t, dir, both...)
	if got, want := ask(t, h, 0, 999, 20), ask(t, always, 0, 999, 20); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if reach := h.Tiers()[1]; reach.Every != 10_000 || reach.From != epoch.UnixMilli() {
		t.Errorf("the new tier is %+v, want it to begin with the old one", reach)
	}
}

// killed is a history's directory as a process leaves it that is killed: what its goroutine has written.
func killed(t testing.TB, h *History, dir string) string {
	t.Helper()
	f := h.shelf.(*file)
	for { // what was put is written
		f.mu.RLock()
		n := len(f.waiting)
		f.mu.RUnlock()
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	left := t.TempDir()
	b, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, fileName), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return left
}

// A run that ended in order is not taken for one that was killed, nor is one of a version that did not say.
func TestAbrupt(t *testing.T) {
	dir := t.TempDir()
	for _, when := range []string{"first", "second", "third"} {
		h := open(t, dir)
		if h.Abrupt() {
			t.Errorf("the %s: the one before was not killed", when)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, lockName), []byte(held), 0o600); err != nil { // what is left behind
		t.Fatal(err)
	}
	if h := open(t, dir); !h.Abrupt() {
		t.Error("the one before was killed")
	}
	if New().Abrupt() {
		t.Error("in memory nobody was before")
	}
}

func TestKilled(t *testing.T) {
	for _, n := range []int{1, 9, 11, 125, 500, 1234} {
		dir := t.TempDir()
		h := open(t, dir, Tier{time.Second, time.Hour}, Tier{10 * time.Second, time.Hour}, Tier{time.Minute, 24 * time.Hour})
		sawTooth(h, n)
		want := strings.Fields(ask(t, h, 0, 4000, 5000))
		minutes := strings.Fields(ask(t, h, 0, float64(n), max(n/60, 1)))
		left := killed(t, h, dir)

		h = open(t, left, Tier{time.Second, time.Hour}, Tier{10 * time.Second, time.Hour}, Tier{time.Minute, 24 * time.Hour})
		if len(h.Names()) == 0 && n < 11 {
			continue // nothing was written yet
		}
		got := strings.Fields(ask(t, h, 0, 4000, 5000))
		if len(want)-len(got) > 10 || len(got) > 0 && strings.Join(got, " ") != strings.Join(want[:len(got)], " ") {
			t.Errorf("killed after %d s: got %d rows, want %d, less 10 at most", n, len(got), len(want))
		}
		// What a minute had when the process was killed comes from the seconds.
		if got := strings.Fields(ask(t, h, 0, float64(n), max(n/60, 1))); n > 60 && len(got) < len(minutes) {
			t.Errorf("killed after %d s: got the minutes %v, want %v", n, got, minutes)
		}
	}
}

// With the usual tiers a minute is made of ten seconds that are made of seconds.
func TestKilledOfAllTiers(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	sawTooth(h, 5000)
	h = open(t, killed(t, h, dir))
	for i, r := range h.tiers[1:3] {
		if last := r.row; last < epoch.UnixMilli()+4900_000 {
			t.Errorf("the rows of %v end %d s before the process was killed", Tiers()[i+1].Every, 5000-(last-epoch.UnixMilli())/1000)
		}
	}
}

// What was just before a process was killed, and is written, is in all tiers: it may be why.
func TestSpikeBeforeAKill(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	for i := range 5000 {
		busy := 0.25
		if i == 4985 { // the seconds before 4990 are written
			busy = 0.75
		}
		s := crowd(i, map[string]float64{"sh": busy})
		s.CPU = at(float64(i), collector.Known(busy)).CPU
		h.Append(s)
	}
	h = open(t, killed(t, h, dir))
	for i, tier := range h.tiers[1:] {
		if got := h.series["cpu.busy"].tiers[tier.place].heap; got.least != 0.25 || got.most != 0.75 {
			t.Errorf("%v: the row in the making goes from %g to %g, want 0.25 to 0.75", Tiers()[i+1].Every, got.least, got.most)
		}
		if got := tier.tables.busiest.At; !got.Equal(at(4985, collector.Number{}).At) {
			t.Errorf("%v: its table is of %v", Tiers()[i+1].Every, got)
		}
	}
}

// What a process left that ended while it wrote the file anew is taken away by the next one.
func TestHalfWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, fileName+".new")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is there still: %v", err)
	}
}

// A clock that was a day ahead once costs nothing of what came later, when the process is killed.
func TestKilledAfterAClockThatWasAhead(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	feed := func(from, to int, busy float64) {
		for i := from; i < to; i++ {
			s := crowd(i, map[string]float64{"sh": busy})
			s.CPU = at(float64(i), collector.Known(busy)).CPU
			h.Append(s)
		}
	}
	feed(0, 3000, 0.25)
	feed(day, day+1500, 0.5) // and is put right
	feed(3000, 8000, 0.75)
	for range 3 {
		want := strings.Fields(ask(t, h, 0, 7900, 15))
		h = open(t, killed(t, h, dir))
		dir = filepath.Dir(h.path)
		if last := h.Last(); last.Before(epoch.Add(7900*time.Second)) || last.After(epoch.Add(8000*time.Second)) {
			t.Errorf("the last row is of %v", last.Sub(epoch))
		}
		for i, r := range h.tiers[1:] {
			if every := r.every / 1000; r.row < epoch.UnixMilli()+(7980-every)*1000 || r.row > epoch.UnixMilli()+8000_000 {
				t.Errorf("the rows of %v end at %d s, want some 8000", Tiers()[i+1].Every, (r.row-epoch.UnixMilli())/1000)
			}
		}
		got := strings.Fields(ask(t, h, 0, 7900, 15))
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// The bits of a file are turned and its end is cut: whatever is whole is there afterwards, and nothing else.
func TestDamaged(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	h := open(t, dir)
	s := collectortest.Snapshot(0)
	for i := range 700 {
		s = collectortest.Snapshot(i)
		h.Append(s)
		if i%3 == 0 {
			h.Mark(note(i))
		}
	}
	whole := ask1(t, h)
	left := killed(t, h, dir)
	good, err := os.ReadFile(filepath.Join(left, fileName))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel() // it waits for the disk
			random := rand.New(rand.NewPCG(seed, 7))
			bad := bytes.Clone(good)
			var what string
			if seed%2 == 0 {
				n := 1 + random.IntN(8)
				for range n {
					bad[random.IntN(len(bad))] ^= 1 << random.IntN(8)
				}
				what = fmt.Sprintf("%d bits turned", n)
			} else {
				bad = bad[:random.IntN(len(bad))]
				what = fmt.Sprintf("cut to %d of %d", len(bad), len(good))
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, fileName), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			intact, _, err := scan(bytes.NewReader(bad), limits(Tiers(), mostFile))
			if err != nil {
				t.Fatal(err)
			}
			h, err := Open(dir, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			f := h.shelf.(*file)
			for k, p := range intact {
				found := false
				for _, e := range f.tiers[k.tier] {
					found = found || e.key == k && e.rows >= p.rows
				}
				if list := f.tiers[k.tier]; !found && (len(list) == 0 || k.compare(list[0].key) > 0) {
					t.Errorf("%s: block %v was whole and is not there", what, k)
				}
			}
			for at, got := range ask1(t, h) {
				if want, ok := whole[at]; !ok || want != got {
					t.Errorf("%s: at %d got %s, want %s", what, at, got, want)
				}
			}
			for _, m := range h.Marks(time.Unix(0, 0), time.UnixMilli(note(1000).At)) {
				if second := int(m.At-note(0).At) / 1000; m != note(second) || second%3 != 0 {
					t.Errorf("%s: got the mark %v", what, m)
				}
			}
			next := s
			next.At = s.At.Add(time.Second)
			h.Append(next)
			if err := h.Close(); err != nil {
				t.Errorf("%s: close: %v", what, err)
			}
		})
	}
}

// ask1 is cpu.busy of the last hour by the second.
func ask1(t testing.TB, h *History) map[int64]string {
	t.Helper()
	from := collectortest.Start()
	r, err := h.Query([]string{"memory.used"}, from, from.Add(time.Hour), MaxPoints)
	if err != nil {
		return nil // nothing is left of it
	}
	m := make(map[int64]string)
	for i, at := range r.At {
		if _, ok := r.Series[0].Avg[i].Get(); !ok {
			continue // a gap
		}
		m[at] = fmt.Sprint(r.Series[0].Avg[i], r.Series[0].Min[i], r.Series[0].Max[i])
	}
	return m
}

// wide is a host with some 460 series, of which some move, at a time.
func wide(i int) collector.Snapshot {
	s := collectortest.Snapshot(i)
	random := rand.New(rand.NewPCG(uint64(i), 1))
	for n := range 24 {
		noise := collector.Known(random.Float64() * 1e6)
		still := collector.Known(0)
		if n < 6 {
			still = noise
		}
		s.Disks = append(s.Disks, collector.Disk{Name: fmt.Sprint("sd", n), ReadRate: still, WriteRate: still, Reads: still, Writes: still,
			Busy: still, Queue: still, ReadTime: still, WriteTime: still})
	}
	s.CPU.Cores = make([]collector.Core, mostCores)
	for n := range s.CPU.Cores {
		s.CPU.Cores[n] = collector.Core{Name: fmt.Sprint("cpu", n), CPUTimes: collector.CPUTimes{Busy: collector.Known(random.Float64())}}
	}
	for n := range 8 {
		s.Sensors = append(s.Sensors, collector.Sensor{ID: fmt.Sprint("chip/temp", n), Kind: "temperature", Value: collector.Known(40 + random.Float64())})
	}
	return s
}

// month is thirty days of a wide host.
func month(t testing.TB, dir string, every time.Duration) (*History, time.Time) {
	t.Helper()
	h := open(t, dir, Tier{every, 30 * 24 * time.Hour})
	some := make([]collector.Snapshot, 500)
	for i := range some {
		some[i] = wide(i)
	}
	var last time.Time
	for i := range int(30 * 24 * time.Hour / every) {
		s := some[i%len(some)]
		last = collectortest.Start().Add(time.Duration(i) * every)
		s.At = last
		if i == 1000 {
			cpu := *s.CPU
			cpu.Busy = collector.Known(0.999)
			s.CPU = &cpu
		}
		h.Append(s)
	}
	return h, last
}

func TestMonth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	h, last := month(t, dir, 10*time.Minute)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir, Tier{10 * time.Minute, 30 * 24 * time.Hour})
	r, err := h.Query([]string{"cpu.busy"}, collectortest.Start(), last, 300)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.At); n < 200 || n > 300 {
		t.Errorf("got %d points, want up to 300", n)
	}
	if v := extremes(r.Series[0])[1]; v < 0.998 || v > 1 {
		t.Errorf("the spike of one snapshot has become %g", v)
	}
	if s := h.State(); s.Bytes > 4<<20 {
		t.Errorf("4320 rows of %d series take %d bytes", len(h.Names()), s.Bytes)
	}
}

// BenchmarkMonth asks a month on disk for what a page asks: a thousand points of a chart's series, over ranges that each
// need as many rows as any of its tier does.
func BenchmarkMonth(b *testing.B) {
	dir := b.TempDir()
	tiers := Tiers()[1:]
	h := open(b, dir, tiers...)
	some := make([]collector.Snapshot, 500)
	for i := range some {
		some[i] = wide(i)
	}
	last := collectortest.Start()
	for i := range 29*24*60 + 24*360 {
		s := some[i%len(some)]
		s.At = last
		h.Append(s)
		if every := 10 * time.Second; i < 29*24*60 {
			last = last.Add(6 * every)
		} else {
			last = last.Add(every)
		}
	}
	one := []string{"cpu.busy"}
	names := []string{"cpu.busy", "cpu.user", "cpu.nice", "cpu.system", "cpu.iowait", "cpu.irq", "cpu.softirq", "cpu.steal",
		"memory.used", "disk.read_rate", "disk.write_rate", "network.receive_rate"}
	for _, bb := range []struct {
		name  string
		names []string
		span  time.Duration
	}{
		{"hour", names, time.Hour},
		{"16h", names, 1000*time.Minute - time.Second},
		{"day", names, 24 * time.Hour},
		{"7d", names, 10000*time.Minute - time.Second},
		{"month", names, 30 * 24 * time.Hour},
		{"month-one", one, 30 * 24 * time.Hour},
	} {
		b.Run("query-"+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r, err := h.Query(bb.names, last.Add(-bb.span), last, 1000); err != nil || len(r.At) < 100 {
					b.Fatal(len(r.At), err)
				}
			}
		})
	}
	b.Run("json", func(b *testing.B) {
		r, err := h.Query(names, last.Add(-24*time.Hour), last, 1000)
		if err != nil {
			b.Fatal(err)
		}
		var text []byte
		b.ReportAllocs()
		for b.Loop() {
			text = r.AppendJSON(text[:0])
		}
	})
	h.Close()
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			h, err := Open(dir, slog.New(slog.DiscardHandler), tiers...)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(h.State().Bytes)/1e6, "MB")
			h.Close()
		}
	})
}

// BenchmarkSecond is what a second costs: a snapshot of a wide host, and a tenth of what is done every ten.
func BenchmarkSecond(b *testing.B) {
	h := open(b, b.TempDir())
	snapshots := make([]collector.Snapshot, 600)
	for i := range snapshots {
		snapshots[i] = wide(i)
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		s := snapshots[i%len(snapshots)]
		s.At = collectortest.Start().Add(time.Duration(i) * time.Second)
		h.Append(s)
		i++
	}
	b.ReportMetric(float64(len(h.Names())), "series")
}
