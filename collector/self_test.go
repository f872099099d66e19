package collector

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestSelfSource(t *testing.T) {
	// No garbage collection meanwhile: it closes the files of sources that other tests have done with.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	time.Sleep(10 * time.Millisecond)
	source := selfSource()
	first := read(t, source).Self
	if first.CPU != (Number{}) || first.Memory < 1<<20 || first.Goroutines < 2 {
		t.Errorf("got %+v", first)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for start := time.Now(); time.Since(start) < 30*time.Millisecond; { // something to account for
	}
	second := read(t, source).Self
	if cpu, ok := second.CPU.Get(); !ok || cpu <= 0 {
		t.Errorf("got %+v", second)
	}
	if runtime.GOOS == "linux" {
		before, _ := first.Descriptors.Get()
		if after, ok := second.Descriptors.Get(); !ok || after != before+1 {
			t.Errorf("%v descriptors, and one more is %v", first.Descriptors, second.Descriptors)
		}
	}
}

func TestSelfOf(t *testing.T) {
	got := selfOf(time.Second, ownCost{cpu: 1500 * time.Millisecond, memory: 7}, 2*time.Second)
	if got.CPU != Known(0.25) || got.Memory != 7 || got.Descriptors != (Number{}) {
		t.Errorf("got %+v", got)
	}
}
