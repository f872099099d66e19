package collector

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestSelfSource(t *testing.T) {
	source := selfSource()
	first := read(t, source).Self
	if first.CPU != (Number{}) || first.GCs != (Number{}) || first.Sent != (Number{}) || first.Memory < 1<<20 || first.Goroutines < 2 {
		t.Errorf("got %+v", first)
	}
	var second *Self
	for limit := time.Now().Add(time.Minute); ; { // the clock of a process may stand still for a while
		runtime.GC()
		for start := time.Now(); time.Since(start) < 30*time.Millisecond; { // something to account for
		}
		second = read(t, source).Self
		if cpu, ok := second.CPU.Get(); ok && cpu > 0 || time.Now().After(limit) {
			break
		}
	}
	if cpu, ok := second.CPU.Get(); !ok || cpu <= 0 {
		t.Errorf("got %+v", second)
	}
	if gcs, ok := second.GCs.Get(); !ok || gcs <= 0 || second.Totals.GCs == 0 {
		t.Errorf("%v collections per second of %d, after one", second.GCs, second.Totals.GCs)
	}
	if second.Heap < 100<<10 || second.Heap > second.Memory || second.Totals.CPUSeconds <= first.Totals.CPUSeconds {
		t.Errorf("got %+v", second)
	}
	if started := second.Totals.Started; time.Since(started) < 0 || time.Since(started) > time.Hour || !started.Equal(first.Totals.Started) {
		t.Errorf("started %s, it is %s", started, time.Now())
	}
	if runtime.GOOS == "linux" {
		if !countsOneMore(t, source) {
			t.Error("one more descriptor never counts as one more")
		}
		before, _ := first.Descriptors.Get()
		limit, ok := second.MaxDescriptors.Get()
		if virtual, known := second.Totals.Virtual.Get(); ok && limit < before || !known || virtual < float64(second.Memory) {
			t.Errorf("got %+v", second)
		}
	}
}

// countsOneMore tries again: the garbage collector may close a file of another test's source meanwhile.
func countsOneMore(t *testing.T, source Source) bool {
	t.Helper()
	for range 100 {
		before, _ := read(t, source).Self.Descriptors.Get()
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		after, ok := read(t, source).Self.Descriptors.Get()
		f.Close()
		if ok && after == before+1 {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func TestSelfOf(t *testing.T) {
	before := ownCost{cpu: time.Second, gcs: 3}
	after := ownCost{cpu: 1500 * time.Millisecond, gcs: 4, memory: 7, heap: 5, held: 6, goroutines: 2, limit: Known(9)}
	got := selfOf(before, after, 2*time.Second)
	want := Self{CPU: Known(0.25), Memory: 7, Heap: 5, Goroutines: 2, MaxDescriptors: Known(9), GCs: Known(0.5), Totals: SelfTotals{CPUSeconds: 1.5, GCs: 4}}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := selfOf(after, before, time.Second); got.CPU != (Number{}) || got.GCs != (Number{}) || got.Memory != 0 {
		t.Errorf("counters that go down: %+v", got)
	}
	if got := selfOf(before, after, 0); got.CPU != (Number{}) || got.GCs != (Number{}) {
		t.Errorf("in no time: %+v", got)
	}
	if after.memory = 0; selfOf(before, after, 0).Memory != 6 {
		t.Error("where the system does not tell, it is what the Go runtime holds")
	}
}

func TestGoRuntime(t *testing.T) {
	var c ownCost
	c.goRuntime(make([]metrics.Sample, 4)) // a runtime that knows none of them
	if c.heap != 0 || c.gcs != 0 || c.held != 0 || c.goroutines == 0 {
		t.Errorf("got %+v", c)
	}
}

// A steady read costs its part and no more.
func TestSelfAllocates(t *testing.T) {
	source := selfSource()
	var snapshot Snapshot
	read := func() {
		part, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		part.AddTo(&snapshot)
	}
	read()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	want := 1.0
	if runtime.GOOS == "windows" { // gopsutil's
		want = 10
	}
	if n := testing.AllocsPerRun(100, read); n > want {
		t.Errorf("%g allocations in a read, want %g", n, want)
	}
}

func BenchmarkSelf(b *testing.B) {
	source := selfSource()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
