package collector

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func TestSelfSource(t *testing.T) {
	source := selfSource()
	first := read(t, source).Self
	if first.CPU != (Number{}) || first.Memory < 1<<20 || first.Goroutines < 2 {
		t.Errorf("got %+v", first)
	}
	for start := time.Now(); time.Since(start) < 30*time.Millisecond; { // something to account for
	}
	second := read(t, source).Self
	if cpu, ok := second.CPU.Get(); !ok || cpu <= 0 {
		t.Errorf("got %+v", second)
	}
	if runtime.GOOS == "linux" && !countsOneMore(t, source) {
		t.Error("one more descriptor never counts as one more")
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
	got := selfOf(time.Second, ownCost{cpu: 1500 * time.Millisecond, memory: 7}, 2*time.Second)
	if got.CPU != Known(0.25) || got.Memory != 7 || got.Descriptors != (Number{}) {
		t.Errorf("got %+v", got)
	}
}
