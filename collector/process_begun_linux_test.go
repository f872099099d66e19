package collector

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// oursOf is a watch over a made-up host whose PIDs are ours: those of its processes that are there have a clock.
func oursOf(t testing.TB, tr tree) (w *aWatch, used map[int32]time.Duration) {
	t.Helper()
	w = watchOf(t, tr)
	w.isOurs(t)
	w.reader.ownThread = func(int32) bool { return false }
	used = make(map[int32]time.Duration)
	w.reader.clockOf = func(pid int32) (time.Duration, bool) {
		_, err := os.Stat(w.host.ofProc(fmt.Sprint(pid)))
		return used[pid], err == nil
	}
	return w, used
}

// isOurs has it take PIDs for ours.
func (w *aWatch) isOurs(t testing.TB) {
	t.Helper()
	w.remove(t, "proc/self")
	if err := os.Symlink(fmt.Sprint(os.Getpid()), w.host.ofProc("self")); err != nil {
		t.Fatal(err)
	}
}

func lastPID(pid int) string { return fmt.Sprintf("0 0 0 1/1 %d\n", pid) }

// What begins is found by its number, in the tick in which it does, and /proc is not listed for it.
func TestFindNew(t *testing.T) {
	t.Parallel()
	w, used := oursOf(t, manyStats(100).with("proc/loadavg", lastPID(2000)))
	w.after(t, 0)
	listed := w.reader.listed
	birth := func() uint64 { return uint64(w.boot.Milliseconds()/10) + 50 }

	used[2003] = 250 * time.Millisecond
	w.change(t, tree{"proc/loadavg": lastPID(2004), "proc/2003/stat": statLine("2003 (new) S", 20, 5, 1, birth(), 1)})
	got := w.after(t, time.Second)
	if p := find(t, got.Top, 2003); got.Total != 103 || p.CPU != Known(0.25) || p.Name != "new" {
		t.Errorf("%d processes, and it is %+v", got.Total, p)
	}

	w.remove(t, "proc/2003") // and another begins
	w.change(t, tree{"proc/loadavg": lastPID(2005), "proc/2005/stat": statLine("2005 (next) S", 0, 0, 1, birth(), 1)})
	if got := w.after(t, time.Second); got.Total != 103 || w.tasks.find(2003) != nil || w.tasks.find(2005) == nil {
		t.Errorf("%d processes", got.Total)
	}
	w.change(t, tree{"proc/loadavg": lastPID(2006)}) // a thread
	if got := w.after(t, time.Second); got.Total != 103 || w.reader.listed != listed {
		t.Errorf("%d processes, listed in tick %d", got.Total, w.reader.listed)
	}

	w.change(t, tree{"proc/loadavg": lastPID(2100), "proc/600/stat": statLine("600 (put) S", 0, 0, 1, birth(), 1)})
	if got := w.after(t, time.Second); got.Total != 104 || w.reader.listed != w.tasks.tick {
		t.Errorf("so many were given that a listing costs less: %d processes, listed in tick %d", got.Total, w.reader.listed)
	}
	w.change(t, tree{"proc/loadavg": lastPID(400), "proc/400/stat": statLine("400 (low) S", 0, 0, 1, birth(), 1)})
	if got := w.after(t, time.Second); got.Total != 105 || w.reader.listed != w.tasks.tick {
		t.Errorf("they are given from the lowest again: %d processes, listed in tick %d", got.Total, w.reader.listed)
	}
}

// One that had rested for long ends, and was not asked in the tick in which its parent takes note of it: what it has
// written in its life is not its parent's.
func TestFindEnded(t *testing.T) {
	t.Parallel()
	w, used := oursOf(t, manyStats(mostAsked).with("proc/loadavg", lastPID(9)).
		with("proc/50/stat", childStat(50, 1, 5, 0)).with("proc/50/io", ioFile(0, 1000)).
		with("proc/60/stat", childStat(60, 50, 3, 0)).with("proc/60/io", ioFile(0, 5e9)))
	for range 2 * idleTicks {
		used[50] += time.Millisecond
		w.after(t, time.Second)
	}
	child := w.tasks.find(60)
	for child.asked != w.tasks.tick { // the next tick leaves it out
		used[50] += time.Millisecond
		w.after(t, time.Second)
	}
	w.remove(t, "proc/60")
	used[50] += time.Millisecond
	w.change(t, tree{"proc/50/stat": childStat(50, 1, 6, 3), "proc/50/io": ioFile(0, 5e9+2000)})
	got := w.after(t, time.Second)
	if p := w.tasks.find(50); w.tasks.find(60) != nil || p.traffic.writeRate.value > 1e6 || p.inherited.rate > 0.5 {
		t.Errorf("%d processes, and its parent writes %g bytes a second and has %g cores of its children", got.Total, p.traffic.writeRate.value, p.inherited.rate)
	}
}

// One that begins to work, and was not asked in that tick, is found all the same: somebody has used more than the others.
func TestBusyThoughNotAsked(t *testing.T) {
	t.Parallel()
	w, used := oursOf(t, manyStats(unwatchedAsked).with("proc/loadavg", lastPID(9)))
	w.tasks.host = new(busyTime)
	w.tasks.host.set(1000)
	ctx := context.WithValue(t.Context(), unwatched{}, true)
	tick := func() (s Snapshot) {
		w.clock, w.boot = w.clock.Add(time.Second), w.boot+time.Second
		part, err := w.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		part.AddTo(&s)
		return s
	}
	p := func() *task { return w.tasks.find(1030) }
	for tick(); p().still < stillReads || p().asked != w.tasks.tick || w.tasks.tick < idleTicks; {
		tick()
	}
	tick()
	if p().asked == w.tasks.tick {
		t.Fatal("it is asked on each tick: this tests nothing")
	}
	for p().asked != w.tasks.tick { // the next tick leaves it out
		tick()
	}
	used[1030] += 500 * time.Millisecond
	w.tasks.host.set(1000.5)
	top := tick().Processes.Top[0]
	if cpu, _ := top.CPU.Get(); top.PID != 1030 || cpu < 0.49 || cpu > 0.51 {
		t.Errorf("at the top is %+v", top)
	}
}

// The threads of this program are no processes, though each may ask for the clock of its own.
func TestOwnThreads(t *testing.T) {
	t.Parallel()
	told, over := make(chan int32), make(chan struct{})
	go func() {
		runtime.LockOSThread() // and the thread ends with it
		told <- int32(unix.Gettid())
		<-over
	}()
	tid, own := <-told, int32(os.Getpid())
	if tid != own && !isOwnThread(tid) {
		t.Errorf("thread %d passes for a process", tid)
	}
	if isOwnThread(own) || isOwnThread(int32(os.Getppid())) {
		t.Error("a process passes for a thread")
	}
	close(over)
}
