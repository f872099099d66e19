package history

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
)

// epoch is when the tests' rows begin.
var epoch = time.UnixMilli(1_800_000_000_000)

// at is a snapshot some seconds after epoch, with one number.
func at(seconds float64, busy collector.Number) collector.Snapshot {
	return collector.Snapshot{
		At:  epoch.Add(time.Duration(seconds * float64(time.Second))),
		CPU: &collector.CPU{CPUTimes: collector.CPUTimes{Busy: busy}},
	}
}

// ask queries cpu.busy over a range of seconds after epoch and writes "seconds:min/avg/max", "-" for a gap.
func ask(t *testing.T, h *History, from, to float64, points int) string {
	t.Helper()
	result, err := h.Query([]string{"cpu.busy"}, at(from, collector.Number{}).At, at(to, collector.Number{}).At, points)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for i, ms := range result.At {
		c := result.Series[0]
		text := func(n collector.Number) string {
			if v, ok := n.Get(); ok {
				return fmt.Sprintf("%.4g", v)
			}
			return "-"
		}
		numbers := text(c.Min[i]) + "/" + text(c.Avg[i]) + "/" + text(c.Max[i])
		if c.Min[i] == c.Max[i] && c.Min[i] == c.Avg[i] {
			numbers = text(c.Avg[i])
		}
		s = append(s, fmt.Sprintf("%g:%s", float64(ms-epoch.UnixMilli())/1e3, numbers))
	}
	return strings.Join(s, " ")
}

// sawTooth fills n rows with 0, 0.125, … 0.875, again and again.
func sawTooth(h *History, n int) {
	for i := range n {
		h.Append(at(float64(i), collector.Known(float64(i%8)/8)))
	}
}

func TestGaps(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	for _, s := range []float64{0, 1, 2, 4, 10, 11} { // one tick left out is no gap; five are
		h.Append(at(s, collector.Known(0.5)))
	}
	h.Append(at(12, collector.Number{}))
	h.Append(at(13, collector.Known(0.5)))
	for _, tt := range []struct {
		points int
		want   string
	}{
		{20, "0:0.5 1:0.5 2:0.5 4:0.5 5:- 10:0.5 11:0.5 12:- 13:0.5"},
		{9, "0:0.5 1:0.5 2:0.5 4:0.5 5:- 10:0.5 11:0.5 12:- 13:0.5"},
		{8, "0:0.5 2:0.5 4:0.5 6:- 10:0.5 12:0.5"},
		{3, "-1:0.5 6:0.5 13:0.5"}, // stretches of 7 s, which epoch is no multiple of
	} {
		if got := ask(t, h, 0, 13, tt.points); got != tt.want {
			t.Errorf("%d points: got %s, want %s", tt.points, got, tt.want)
		}
	}
}

func TestMarkedPartIsAGap(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	for i, state := range [][]collector.SourceState{
		nil,
		{{Name: "cpu", Error: "no answer for 1s"}},
		{{Name: "cpu", Error: "half of it", Partial: true}},
		{{Name: "load", Error: "no answer for 1s"}},
	} {
		s := at(float64(i), collector.Known(0.5))
		s.Sources = state
		h.Append(s)
	}
	if got, want := ask(t, h, 0, 9, 9), "0:0.5 1:- 2:0.5 3:0.5"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFastSnapshotsAreAveraged(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	for _, tenth := range []int{0, 1, 2, 9, 11, 20, 28} {
		h.Append(at(float64(tenth)/10, collector.Known(float64(tenth)/100)))
	}
	if got, want := ask(t, h, 0, 9, 9), "0:0/0.01/0.02 0.9:0.09/0.1/0.11 2:0.2/0.24/0.28"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRing(t *testing.T) {
	h := New(Tier{time.Second, 10 * time.Second})
	sawTooth(h, 5000)
	got := strings.Fields(ask(t, h, 0, 1e6, 5000))
	if got[len(got)-1] != "4999:0.875" || len(got) < 10 || len(got) > 10+2*blockRows {
		t.Errorf("got %d rows up to %s, want the last 10 s and less than two blocks before", len(got), got[len(got)-1])
	}
}

func TestClockSetBack(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	sawTooth(h, 100)
	h.Append(at(5, collector.Known(1)))
	h.Append(at(6, collector.Known(1)))
	// What was there for those seconds is still there.
	if got, want := ask(t, h, 3, 8, 100), "3:0.375 4:0.5 5:0.625/0.8125/1 6:0.75/0.875/1 7:0.875 8:0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h.Append(at(-50, collector.Known(1)))
	if got, want := ask(t, h, -1000, 1, 100), "-50:1 -49:- 0:0 1:0.125"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h.Append(collector.Snapshot{})
	if got, want := ask(t, h, -1000, 0, 100), "-50:1 -49:- 0:0"; got != want {
		t.Errorf("after a snapshot without a time: got %s, want %s", got, want)
	}
}

// A clock that is a day ahead for a while costs nothing: what was before is a day ago then, and an hour ago when it is right
// again.
func TestClockSetForward(t *testing.T) {
	h := New()
	sawTooth(h, 3000)
	want := ask(t, h, 0, 2999, MaxPoints)
	for i := range 100 {
		h.Append(at(float64(day+i), collector.Known(0.5)))
	}
	if got := ask(t, h, day, day+200, MaxPoints); strings.Count(got, ":0.5") != 100 || strings.Contains(got, "-") {
		t.Errorf("a day later: got %s, want 100 rows", got)
	}
	got := ask(t, h, 0, day+200, MaxPoints)
	if n := len(strings.Fields(got)); !strings.HasPrefix(got, "0:0/") || strings.Count(got, "-") != 1 || n < 290 {
		t.Errorf("from before: got %.99s… with %d gaps, %d points; want some 300 with one gap", got, strings.Count(got, "-"), n)
	}
	for i := 3000; i < 3100; i++ {
		h.Append(at(float64(i), collector.Known(0.25)))
	}
	if got := ask(t, h, 0, 2999, MaxPoints); got != want {
		t.Errorf("when it is right again: got %.99s…, want %.99s…", got, want)
	}
	if got := ask(t, h, 3000, 3100, MaxPoints); strings.Count(got, ":0.25") != 100 {
		t.Errorf("and on: got %s", got)
	}
}

// The first row of a block is one that the clock may be set back into, again and again.
func TestClockSetBackToTheStartOfABlock(t *testing.T) {
	tiers := []Tier{{time.Second, time.Minute}, {10 * time.Minute, 24 * time.Hour}}
	for _, disk := range []bool{false, true} {
		h, dir := New(tiers...), t.TempDir()
		for _, pass := range []struct {
			from, to int
			busy     float64
		}{{0, 1300, 1}, {480, 1300, 0.5}, {30, 700, 0}, {10, 1900, 0.75}, {0, 1900, 0.25}} {
			if disk { // and restarted each time
				if err := h.Close(); err != nil {
					t.Fatal(err)
				}
				h = open(t, dir, tiers...)
			}
			for i := pass.from; i < pass.to; i++ {
				h.Append(at(float64(i), collector.Known(pass.busy)))
			}
		}
		h.tiers = h.tiers[1:]
		r, err := h.Query([]string{"cpu.busy"}, epoch, epoch.Add(time.Hour), MaxPoints)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, at := range r.At {
			least, _ := r.Series[0].Min[i].Get()
			most, _ := r.Series[0].Max[i].Get()
			got = append(got, fmt.Sprintf("%d:%g-%g", (at-epoch.UnixMilli())/1000, least, most))
		}
		if got, want := strings.Join(got, " "), "0:0-1 600:0-1 1200:0.25-1 1800:0.25-0.75"; got != want {
			t.Errorf("on disk: %v: got the least and the most %s, want %s", disk, got, want)
		}
	}
}

func TestSeries(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	h.Append(collectortest.Snapshot(7))
	var names []string
	for _, s := range h.Names() {
		if s.Unit == "" {
			t.Errorf("%s has no unit", s.Name)
		}
		names = append(names, s.Name)
	}
	result, err := h.Query(names, collectortest.Start(), collectortest.Start().Add(time.Hour), 1)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, c := range result.Series {
		got[c.Name], _ = c.Avg[0].Get()
	}
	s := collectortest.Snapshot(7)
	value := func(n collector.Number) float64 { v, _ := n.Get(); return v }
	for name, want := range map[string]float64{
		"cpu.busy":                     value(s.CPU.Busy),
		"cpu.steal":                    value(s.CPU.Steal),
		"core.cpu3.busy":               value(s.CPU.Cores[3].Busy),
		"load.one":                     s.Load.One,
		"memory.used":                  float64(s.Memory.Used),
		"memory.total":                 float64(s.Memory.Total),
		"swap.used":                    float64(s.Swap.Used),
		"disk.sda.write_rate":          value(s.Disks[1].WriteRate),
		"disk.nvme0n1.busy":            value(s.Disks[0].Busy),
		"disk.write_rate":              value(s.Disks[0].WriteRate) + value(s.Disks[1].WriteRate), // dm-0 is built on one of them
		"network.lo.receive_rate":      value(s.Networks[0].ReceiveRate),
		"network.eth0.receive_packets": value(s.Networks[1].ReceivePackets),
		"network.receive_rate":         value(s.Networks[1].ReceiveRate), // lo and docker0 are virtual
		"filesystem./srv/photos & films.used_ratio": value(s.Filesystems[2].UsedRatio),
		"processes.total":                  187,
		"pressure.io.full":                 value(s.Pressure.IO.Full),
		"paging.swap_out":                  value(s.Paging.SwapOut),
		"disk.dm-0.write_time":             value(s.Disks[2].WriteTime),
		"sockets.established":              value(s.Sockets.TCP.Established),
		"sensor.platform-nct6775.656/fan2": value(s.Sensors[2].Value),
		"container.working_set":            value(s.Container.WorkingSet),
		"neighbour.0f3a9c0d1e2f.throttled": value(s.Neighbours[0].Throttled),
		"container.pressure.memory.some":   value(s.Container.Pressure.Memory.Some),
		"self.cpu":                         value(s.Self.CPU),
	} {
		if v, ok := got[name]; !ok || math.Abs(v-want) > want/50_000 {
			t.Errorf("%s is %g, want %g", name, v, want)
		}
	}
	if _, ok := got["network.lo.receive_packets"]; ok {
		t.Error("a virtual interface has all series")
	}
	if !slices.IsSorted(names) {
		t.Errorf("names are not sorted: %q", names)
	}
}

func TestCoresAreBounded(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	s := at(0, collector.Known(0.5))
	for n := range 200 {
		s.CPU.Cores = append(s.CPU.Cores, collector.Core{Name: fmt.Sprint("cpu", n), CPUTimes: collector.CPUTimes{Busy: collector.Known(0.5)}})
	}
	h.Append(s)
	var n int
	for _, s := range h.Names() {
		if strings.HasPrefix(s.Name, "core.") {
			n++
		}
	}
	if n != mostCores {
		t.Errorf("%d of 200 cores have a series, want %d", n, mostCores)
	}
}

func TestSeriesComeAndGo(t *testing.T) {
	h := New(Tier{time.Second, 100 * time.Second})
	disk := func(i int, name string) {
		s := at(float64(i), collector.Known(0.5))
		s.Disks = []collector.Disk{{Name: name, Busy: collector.Known(1)}}
		h.Append(s)
	}
	for i := range 1000 {
		disk(i, fmt.Sprintf("usb%d", i/10))
	}
	disks := func() (n int) {
		for _, s := range h.Names() {
			if strings.HasPrefix(s.Name, "disk.usb") {
				n++
			}
		}
		return n
	}
	if n := disks(); n != 100 {
		t.Errorf("%d disks of the last hour are remembered, want 100", n)
	}
	for i := 1000; i < 1000+2*3600; i += 10 {
		h.Append(at(float64(i), collector.Known(0.5)))
	}
	if n := disks(); n != 0 {
		t.Errorf("%d disks that have gone are remembered after two hours", n)
	}
	for i := range 3000 {
		disk(9000+i/1000, fmt.Sprintf("flood%d", i))
	}
	if n := len(h.Names()); n != maxSeries {
		t.Errorf("%d series, want no more than %d", n, maxSeries)
	}
	if got := ask(t, h, 9000, 9010, 10); got == "" {
		t.Error("an old series ends in the flood")
	}
}

// What is long gone is in the list of its time, as long as its numbers are kept, and all of that list can be asked for.
func TestNamesAroundAMoment(t *testing.T) {
	h := New()
	for i := 0; i < 26*3600; i += 10 {
		s := at(float64(i), collector.Known(0.5))
		if i < 300 {
			s.Disks = []collector.Disk{{Name: "usb", Busy: collector.Known(1)}}
		}
		h.Append(s)
	}
	const usb = "disk.usb.busy"
	listed := func(list []Series) bool {
		return slices.ContainsFunc(list, func(s Series) bool { return s.Name == usb })
	}
	if listed(h.Names()) {
		t.Fatal("it has not been forgotten, and this tests nothing")
	}
	for seconds, want := range map[float64]bool{-600: false, 0: true, 45: true, 299: true, 24 * 3600: false, 26 * 3600: false} {
		moment := at(seconds, collector.Number{}).At
		list := h.NamesAround(moment)
		if listed(list) != want {
			t.Errorf("at %g s: listed %v, want %v", seconds, !want, want)
		}
		var names []string
		for _, s := range list {
			names = append(names, s.Name)
		}
		for _, reach := range []time.Duration{3 * time.Second, 30 * time.Second, 3 * time.Minute} {
			if _, err := h.Query(names, moment.Add(-reach), moment, 60); err != nil {
				t.Errorf("at %g s, asked for %s: %v", seconds, reach, err)
			}
		}
	}
	if got, err := h.Query([]string{usb}, epoch.Add(-2*time.Minute), epoch.Add(time.Minute), 60); err != nil || extremes(got.Series[0]) != [2]float64{1, 1} {
		t.Errorf("what the list of then names: got %v, %v", got, err)
	}
}

// Containers come and go, each with series of its own. Those that have gone keep no place from those that come, though the
// open block of ten minutes has their values; what was theirs can be asked for.
func TestPlacesForSeriesAreFreed(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of series")
	}
	h := New()
	disks := func(i int, name string, n int) {
		s := at(float64(i), collector.Known(0.5))
		for k := range n {
			s.Disks = append(s.Disks, collector.Disk{Name: fmt.Sprint(name, k), Busy: collector.Known(1)})
		}
		h.Append(s)
	}
	for round := range 3 {
		for i := 0; i < 4000; i += 10 {
			if i == 1000 {
				disks(round*4000+i, fmt.Sprint("veth", round, "."), maxSeries-50)
			} else {
				disks(round*4000+i, "sda", 1)
			}
		}
	}
	disks(12_000, "new", 1)
	names := make(map[string]bool)
	for _, s := range h.Names() {
		names[s.Name] = true
	}
	if !names["disk.new0.busy"] || !names["disk.sda0.busy"] {
		t.Errorf("a new disk has no place among %d series", len(names))
	}
	for round := range 3 {
		name := fmt.Sprint("disk.veth", round, ".7.busy")
		r, err := h.Query([]string{name}, epoch, epoch.Add(4*time.Hour), MaxPoints)
		if err != nil || extremes(r.Series[0]) != [2]float64{1, 1} {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
	h.tiers = h.tiers[3:]
	if got, want := ask(t, h, 0, 12_000, MaxPoints), 21; len(strings.Fields(got)) != want || strings.Contains(got, "-") {
		t.Errorf("got %s, want %d rows of ten minutes", got, want)
	}
}

func TestHostileNumbers(t *testing.T) {
	h := New(Tier{time.Second, time.Hour})
	h.Append(at(0, collector.Known(math.MaxFloat64)))
	h.Append(at(1, collector.Known(math.MaxFloat32)))
	h.Append(at(1.1, collector.Known(math.MaxFloat32)))
	h.Append(at(2, collector.Known(0)))
	if got, want := ask(t, h, 0, 5, 1), "0:0/1.701e+38/3.403e+38"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestManyReaders(t *testing.T) {
	h := New(Tier{time.Second, time.Minute})
	h.Append(collectortest.Snapshot(0))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				from := collectortest.Start()
				if _, err := h.Query([]string{"cpu.busy", "memory.used"}, from, from.Add(time.Hour), 50); err != nil {
					t.Error(err)
				}
				h.Names()
			}
		})
	}
	for n := range 500 {
		h.Append(collectortest.Snapshot(n))
	}
	wait.Wait()
}

// hour is a full hour of about 100 series.
func hour() *History {
	h := New(Tier{time.Second, time.Hour})
	s := collectortest.Snapshot(0)
	for i := range 8 {
		s.Disks = append(s.Disks, collector.Disk{Name: fmt.Sprint("sd", i), ReadRate: collector.Known(1), WriteRate: collector.Known(1),
			Reads: collector.Known(1), Writes: collector.Known(1), Busy: collector.Known(1)})
	}
	for range 4000 {
		s.At = s.At.Add(time.Second)
		h.Append(s)
	}
	return h
}

func TestMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := hour()
	runtime.GC()
	runtime.ReadMemStats(&after)
	used, n := after.HeapAlloc-before.HeapAlloc, len(h.Names())
	t.Logf("%d series take %.2f MiB", n, float64(used)/(1<<20))
	if n < 90 || used > 3<<20*uint64(n)/100 {
		t.Errorf("%d series take %d bytes, want 3 MiB for 100", n, used)
	}
	runtime.KeepAlive(h)
}

// reach is how far back a tier goes.
func reach(h *History, from time.Time, tier int) time.Duration {
	return from.Sub(time.UnixMilli(h.Tiers()[tier].From))
}

// TestMemoryIsBounded fills a history in memory with more than it may hold, and looks at what it takes beside that.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	some := make([]collector.Snapshot, 500)
	for i := range some {
		some[i] = wide(i)
		for n := range 24 {
			some[i].Filesystems = append(some[i].Filesystems, collector.Filesystem{Mount: fmt.Sprint("/mnt/", n), UsedRatio: collector.Known(0.5)})
		}
		for n := range 60 {
			some[i].Sensors = append(some[i].Sensors, collector.Sensor{ID: fmt.Sprint("chip/of", n), Kind: "temperature", Value: collector.Known(40 + float64(i%7))})
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const packed = 4 << 20
	h := newHistory(newRAM(limits(Tiers(), packed)), Tiers())
	var last time.Time
	for i := range 4 * 3600 {
		s := some[i%len(some)]
		last = collectortest.Start().Add(time.Duration(i) * time.Second)
		s.At = last
		h.Append(s)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used, n, held := after.HeapAlloc-before.HeapAlloc, len(h.Names()), h.shelf.(*ram).bytes
	t.Logf("%d series take %.2f MiB, %.2f of them packed", n, float64(used)/(1<<20), float64(held)/(1<<20))
	if n < 450 || held > packed || used > packed+8<<20-mostPacked {
		t.Errorf("%d series take %d bytes, %d of them packed, want %d and %d for so many", n, used, held, packed+8<<20-mostPacked, packed)
	}
	// The hour is whole, and each coarser tier reaches further back than the finer ones.
	seconds, tens, minutes, all := reach(h, last, 0), reach(h, last, 1), reach(h, last, 2), reach(h, last, 3)
	if seconds < time.Hour || tens < time.Hour || minutes < 2*time.Hour || all < last.Sub(collectortest.Start()) {
		t.Errorf("they reach back %v, %v, %v and %v", seconds, tens, minutes, all)
	}
	runtime.KeepAlive(h)
	runtime.KeepAlive(some)
}

func BenchmarkAppend(b *testing.B) {
	h := hour()
	s := collectortest.Snapshot(0)
	s.At = s.At.Add(2 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		s.At = s.At.Add(time.Second)
		h.Append(s)
	}
}

func BenchmarkQuery(b *testing.B) {
	h := hour()
	names := []string{"cpu.busy", "cpu.user", "cpu.system", "memory.used", "disk.read_rate", "disk.write_rate"}
	from := collectortest.Start()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Query(names, from, from.Add(2*time.Hour), 600); err != nil {
			b.Fatal(err)
		}
	}
}
