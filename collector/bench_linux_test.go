package collector

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// warmUp is after how many ticks the state is steady: what is read once is read, buffers have their size, and idle
// processes are known to be idle.
const warmUp = 15

const (
	// steadyAllocations is what most ticks of all default sources may allocate at most, as is promised: the parts of a
	// snapshot, which are new on each tick, are 13.
	steadyAllocations = 20
	// meanAllocations is the same of all ticks: with what is read seldom, which depends on the host, and is some 5 a tick on
	// one with few mounts and sensors; and with processes that come and go meanwhile.
	meanAllocations = 40
)

// TestTickAllocates has two minutes of ticks, so all that is read seldom has its share. They pass at once: the clock is
// the bubble's.
func TestTickAllocates(t *testing.T) {
	if testing.Short() {
		t.Skip("reads this host 120 times")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as testing.AllocsPerRun has it
	synctest.Test(t, func(t *testing.T) {
		ticks := startTicks(t, time.Second, time.Sleep)
		counts, sum := make([]uint64, 2*60), uint64(0)
		var before, after runtime.MemStats
		for i := range counts {
			runtime.ReadMemStats(&before)
			ticks.tick()
			runtime.ReadMemStats(&after)
			counts[i] = after.Mallocs - before.Mallocs
			sum += counts[i]
		}
		slices.Sort(counts)
		steady, mean := counts[len(counts)/2], float64(sum)/float64(len(counts))
		t.Logf("%d allocations in most ticks, %.1f in the mean, %d to %d", steady, mean, counts[0], counts[len(counts)-1])
		if steady > steadyAllocations || mean > meanAllocations {
			t.Errorf("at most %d and %d are allowed: a source has begun to allocate for each process, device or file it reads "+
				"(-memprofile with -memprofilerate 1 tells), or this machine starts many processes", steadyAllocations, meanAllocations)
		}
	})
}

// BenchmarkTick is what a tick costs, once a second, on this machine with so many processes: every default source read,
// and a snapshot made of it. The system calls are those of the whole process, counted by a tracer, over two minutes by its clock.
func BenchmarkTick(b *testing.B) { benchmarkTick(b, time.Second) }

// BenchmarkFastTick is the same ten times a second.
func BenchmarkFastTick(b *testing.B) { benchmarkTick(b, time.Second/10) }

func benchmarkTick(b *testing.B, interval time.Duration) {
	for _, processes := range []int{100, 500, 2000} {
		b.Run("processes="+strconv.Itoa(processes), func(b *testing.B) {
			if testing.Short() && processes > 500 {
				b.Skip("-short")
			}
			startProcesses(b, processes)
			t := startTicks(b, interval, func(time.Duration) {})
			before := ownCPU(b)
			b.ReportAllocs()
			var s Snapshot
			for b.Loop() {
				s = t.tick()
			}
			b.ReportMetric(float64(ownCPU(b)-before)/float64(b.N)/1e3, "cpu-us/op")
			b.ReportMetric(float64(s.Processes.Total), "processes")
			if n, err := syscallsPerTick(b, interval); err != nil {
				b.Logf("no system calls counted: %v", err)
			} else {
				b.ReportMetric(n, "syscalls/op")
			}
		})
	}
}

// ticks makes ticks that are due an interval apart. They need not be: what a source has by its own clock is left out
// then.
type ticks struct {
	pool            *pool
	since, interval time.Duration
	sleep           func(time.Duration)
	snapshot        Snapshot // filled again and again, as Run does
}

// startTicks has the ticks behind it until the state is steady.
func startTicks(t testing.TB, interval time.Duration, sleep func(time.Duration)) *ticks {
	ticks := &ticks{
		pool:     startPool(t.Context(), DefaultSources(), time.Minute, slog.New(slog.DiscardHandler)),
		interval: interval, sleep: sleep,
	}
	t.Cleanup(ticks.pool.stop)
	for range warmUp * int(max(time.Second/interval, 1)) {
		ticks.tick()
	}
	return ticks
}

func (t *ticks) tick() Snapshot {
	t.snapshot = Snapshot{}
	t.pool.read(t.since)
	t.pool.addTo(&t.snapshot)
	t.since += t.interval
	t.sleep(t.interval)
	return t.snapshot
}

// tickVariable tells TestTracedTicks how many ticks to make, and how far apart: "10 1s".
const tickVariable = "COLLECTOR_TRACED_TICKS"

// TestTracedTicks is what is traced.
func TestTracedTicks(t *testing.T) {
	var n int
	var interval string
	if _, err := fmt.Sscan(os.Getenv(tickVariable), &n, &interval); err != nil {
		t.Skip("for the benchmarks")
	}
	d, err := time.ParseDuration(interval)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ticks := startTicks(t, d, time.Sleep)
		for range n {
			ticks.tick()
		}
	})
}

// syscallsPerTick counts them in one process that makes some ticks and in one that makes more: so the start, the
// warm-up and the end have no part in it.
func syscallsPerTick(b *testing.B, interval time.Duration) (float64, error) {
	n := 60 * int(max(time.Second/interval, 1)) // what is read every minute counts
	few, err := traceSyscalls(b, "TestTracedTicks", fmt.Sprintf("%s=%d %s", tickVariable, n, interval))
	if err != nil {
		return 0, err
	}
	many, err := traceSyscalls(b, "TestTracedTicks", fmt.Sprintf("%s=%d %s", tickVariable, 3*n, interval))
	if err != nil {
		return 0, err
	}
	b.Logf("system calls of a tick: %s", many.perTick(few, 2*n))
	return float64(many.sum()-few.sum()) / float64(2*n), nil
}

// startProcesses starts processes that sleep until there are n on this machine, and ends them after the benchmark.
func startProcesses(b *testing.B, n int) {
	b.Helper()
	there := countProcesses(b)
	var pids []int
	b.Cleanup(func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		for _, pid := range pids {
			_, _ = syscall.Wait4(pid, nil, 0, nil)
		}
	})
	for range n - there {
		// Not os/exec, which keeps a descriptor for each.
		pid, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "600"}, &syscall.ProcAttr{Dir: "/"})
		if err != nil {
			b.Skipf("NOT MEASURED: of %d processes %d could be started: %v", n-there, len(pids), err)
		}
		pids = append(pids, pid)
	}
}

func countProcesses(b *testing.B) int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		b.Skipf("NOT MEASURED: %v", err)
	}
	n := 0
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil {
			n++
		}
	}
	return n
}

// BenchmarkPool is what the pool itself costs, live: sources that do nothing, read once a second. Without a source it is
// the timer alone.
//
//	go test ./collector -run - -bench Pool -benchtime 20x
func BenchmarkPool(b *testing.B) {
	for _, n := range []int{0, 1, 20} {
		b.Run("sources="+strconv.Itoa(n), func(b *testing.B) { benchmarkPool(b, n) })
	}
}

func benchmarkPool(b *testing.B, sources int) {
	c := Collector{Sources: idleSources(sources), Logger: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	const warm = 2
	n := 0
	var cpu time.Duration
	var memory runtime.MemStats
	if err := c.Run(ctx, func(Snapshot) {
		switch n++; n {
		case warm:
			runtime.ReadMemStats(&memory)
			cpu = ownCPU(b)
		case warm + b.N:
			b.ReportMetric(float64(ownCPU(b)-cpu)/float64(b.N)/1e3, "cpu-us/op")
			before := memory.Mallocs
			runtime.ReadMemStats(&memory)
			b.ReportMetric(float64(memory.Mallocs-before)/float64(b.N), "mallocs/op")
			cancel()
		}
	}); err != nil {
		b.Fatal(err)
	}
}

// idleSources are n sources that do nothing.
func idleSources(n int) []Source {
	sources := make([]Source, n)
	part := PartFunc(func(*Snapshot) {})
	for i := range sources {
		sources[i] = Source{Name: strconv.Itoa(i), Read: func(context.Context) (Part, error) { return part, nil }}
	}
	return sources
}

// ownCPU is the processor time of this process, to the microsecond.
func ownCPU(b *testing.B) time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
