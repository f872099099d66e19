package collector

import (
	"fmt"
	"testing"
	"time"
)

// Where no clock of a process can be asked, one that begins to work is seen in the tick in which it does.
func TestBeginsToWork(t *testing.T) {
	t.Parallel()
	busy := func(ticks int) string { return fmt.Sprintf("cpu  %d 0 10 5 5\nprocesses 100\n", 1000+ticks) }
	w := watchOf(t, manyStats(100).with("proc/stat", busy(0)))
	for range 2 * idleTicks {
		w.after(t, time.Second)
	}
	for n := 1; n <= 2; n++ {
		w.change(t, tree{"proc/stat": busy(100 * n), "proc/1030/stat": statLine("1030 (worker) R", uint64(1+100*n), 1, 2, 100, 30)})
		got := w.after(t, time.Second)
		if rate, ok := got.Top[0].CPU.Get(); got.Top[0].PID != 1030 || !ok || rate < 0.09 || rate > 1 || n == 2 && rate != 1 {
			t.Errorf("tick %d: got %+v", n, got.Top[0])
		}
	}
	// What none of them has used has all of them read seldom.
	read := 0
	for n := 3; n < 3+2*idleTicks; n++ {
		w.change(t, tree{"proc/stat": busy(100 * n)})
		w.after(t, time.Second)
		all := true
		for _, p := range w.tasks.tasks {
			all = all && (p.seen == w.tasks.tick || p.pid == 88 || p.pid == 99) // those are torn
		}
		if all {
			read++
		}
	}
	if read == 0 || read > 2*2 {
		t.Errorf("all were read %d times in %d ticks", read, 2*idleTicks)
	}
}

func FuzzBusy(f *testing.F) {
	f.Add([]byte("cpu  1 2 3 4\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if seconds, ok := parseBusy(b); ok && !(seconds >= 0) {
			t.Errorf("%g", seconds)
		}
	})
}
