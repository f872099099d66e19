package collector

import (
	"fmt"
	"strings"
	"testing"
)

func TestCPUSource(t *testing.T) {
	host := aHost.write(t)
	source := cpuSource(host, new(busyTime))
	got := read(t, source).CPU
	if len(got.Cores) != 2 || got.Cores[1].Name != "cpu2" || got.CPUTimes != (CPUTimes{}) ||
		got.Cores[0].Seconds != (CPUSeconds{User: 1, System: 0.5, Idle: 4, IOWait: 0.2, SoftIRQ: 0.1}) {
		t.Errorf("first read: %v", got)
	}
	if want := (CPUTotals{ContextSwitches: Known(5), Interrupts: Known(1), Forks: Known(9)}); got.Totals != want {
		t.Errorf("totals %v, want %v", got.Totals, want)
	}
	tree{"proc/stat": "cpu  0\ncpu0 175 0 50 425 20 0 10 0 75 0\ncpu2 200 0 100 900 20 0 0 0 0 0\nintr 1\nprocs_running 3\nprocs_blocked 1\n"}.over(t, host)
	got = read(t, source).CPU
	if got.Cores[0].User != Known(0.75) || got.Cores[0].Guest != Known(0.75) || got.Cores[1].Idle != Known(1) || got.Busy != Known(75.0/200) {
		t.Errorf("second read: %v", got)
	}
	if got.Running != Known(3) || got.Blocked != Known(1) || got.ContextSwitches != (Number{}) || got.Interrupts != Known(0) {
		t.Errorf("second read: %v", got)
	}
	if part, err := cpuSource(tree{"proc/": ""}.write(t), new(busyTime)).Read(t.Context()); part != nil || err == nil {
		t.Errorf("without a file: %v, %v", part, err)
	}
}

func TestCPUHotPlug(t *testing.T) {
	const first = "cpu0 100 0 0 100\n"
	host := tree{"proc/stat": first + "cpu1 100 0 0 100\ncpu7 100 0 0 100\n"}.write(t)
	source := cpuSource(host, new(busyTime))
	read(t, source)
	for _, step := range []struct{ stat, want string }{
		{first + "cpu7 150 0 0 150\n", "cpu0:- cpu7:0.5"},                     // cpu1 is taken out
		{first + "cpu1 90 0 0 0\ncpu7 150 0 0 160\n", "cpu0:- cpu1:- cpu7:0"}, // and is back
		{first + "cpu1 91 0 0 0\ncpu7 150 0 0 160\n", "cpu0:- cpu1:1 cpu7:-"},
		{first + "cpu1 91 0 0 1\n", "cpu0:- cpu1:0"},
		{first + "cpu1 91 0 0 1\ncpu3 1 0 0 1\ncpu7 150 0 0 170\n", "cpu0:- cpu1:- cpu3:- cpu7:-"},
	} {
		tree{"proc/stat": step.stat}.over(t, host)
		var got []string
		for _, c := range read(t, source).CPU.Cores {
			busy := "-"
			if v, ok := c.Busy.Get(); ok {
				busy = fmt.Sprint(v)
			}
			got = append(got, c.Name+":"+busy)
		}
		if got := strings.Join(got, " "); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
}

// Names are shared between snapshots, and a change must not reach those that were handed out.
func TestCPUPartsStayTheSame(t *testing.T) {
	host := tree{"proc/stat": "cpu0 1 0 0 1\ncpu1 1 0 0 1\n"}.write(t)
	source := cpuSource(host, new(busyTime))
	first, second := read(t, source).CPU, read(t, source).CPU
	for range 3 {
		tree{"proc/stat": "cpu4 9 0 0 9\ncpu5 9 0 0 9\n"}.over(t, host)
		read(t, source)
	}
	for _, c := range []*CPU{first, second} {
		if c.Cores[0].Name != "cpu0" || c.Cores[1].Name != "cpu1" || c.Cores[1].Seconds.User != 0.01 {
			t.Errorf("now %v", c)
		}
	}
}

func TestCPUBadFiles(t *testing.T) {
	for _, stat := range []string{
		"", "\n", "cpu 1 2 3 4\n", "intr 1\nctxt 2\n",
		"cpu0 1 2 3\n",
		"cpu0 1 2 x 4\n",
		"cpu0 1 2 3 -4\n",
		"cpu0 1 2 3 4 18446744073709551616\n",
		"cpu0 1 2 3 4",
		"cpux 1 2 3 4\n",
		"cpu0 1 2 3 4\ncpu0 1 2 3 4\n",
		"cpu1 1 2 3 4\ncpu0 1 2 3 4\n",
	} {
		var reading cpuReading
		if err := parseCPU([]byte(stat), &reading); err == nil {
			t.Errorf("%q is taken for %v", stat, reading)
		}
	}
	many := strings.Builder{}
	for i := range mostCores + 1 {
		fmt.Fprintf(&many, "cpu%d 1 2 3 4\n", i)
	}
	if err := parseCPU([]byte(many.String()), new(cpuReading)); err == nil {
		t.Errorf("%d processors", mostCores+1)
	}
}

const aStat = "cpu  300 1 150 1200 40 2 10 3 4 5\ncpu0 100 0 50 400 20 0 10 0 0 0\ncpu2 200 1 100 800 20 2 0 3 4 5\n" +
	"intr 1 2 3\nctxt 5\nbtime 1767225600\nprocesses 9\nprocs_running 2\nprocs_blocked 0\nsoftirq 1 2\n"

func TestCPUTorn(t *testing.T) {
	t.Parallel()
	host := tree{"proc/stat": aStat}.write(t)
	source := cpuSource(host, new(busyTime))
	read(t, source)
	for n := range len(aStat) {
		tree{"proc/stat": aStat[:n]}.over(t, host)
		part, err := source.Read(t.Context())
		if (part == nil) == (err == nil) {
			t.Fatalf("%d bytes: %v, %v", n, part, err)
		}
		if err != nil {
			continue
		}
		var s Snapshot
		part.AddTo(&s)
		checkNumbers(t, s)
		for _, c := range s.CPU.Cores {
			checkCPUTimes(t, c.CPUTimes)
		}
	}
}

// bigStat is /proc/stat of a machine with many processors and many interrupts.
func bigStat(cores int, ticks uint64) string {
	var b strings.Builder
	b.WriteString("cpu  1 2 3 4 5 6 7 8 9 10\n")
	for i := range cores {
		fmt.Fprintf(&b, "cpu%d %d 34697 114061 %d 2502 0 10278 31421 100 0\n", i, 692284+ticks*uint64(i), 1472795+ticks)
	}
	b.WriteString("intr 18421515" + strings.Repeat(" 0", 10_000) + "\nctxt 48678270\nbtime 1795180287\nprocesses 159989\nprocs_running 4\nprocs_blocked 0\n")
	return b.String()
}

func TestCPUBigHost(t *testing.T) {
	const cores = 512
	host := tree{"proc/stat": bigStat(cores, 0)}.write(t)
	source := cpuSource(host, new(busyTime))
	read(t, source)
	tree{"proc/stat": bigStat(cores, 1)}.over(t, host)
	got := read(t, source).CPU
	if len(got.Cores) != cores || got.Cores[511].Name != "cpu511" || got.Cores[3].Busy != Known(0.75) || got.Totals.Forks != Known(159989) {
		t.Errorf("%d cores, %v", len(got.Cores), got.Cores[3])
	}
}

func TestCPUAllocations(t *testing.T) {
	for _, stat := range []string{aStat, bigStat(512, 0)} {
		holdToAllocations(t, cpuSource(tree{"proc/stat": stat}.write(t), new(busyTime)), 2)
	}
	holdToAllocations(t, cpuSource(hostRoots(), new(busyTime)), 2)
}

// holdToAllocations holds a steady read and what adds it to a snapshot to a number of allocations.
func holdToAllocations(t *testing.T, s Source, most float64) {
	t.Helper()
	var snapshot Snapshot
	once := func() {
		part, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		part.AddTo(&snapshot)
	}
	for range 3 {
		once()
	}
	if got := testing.AllocsPerRun(100, once); got > most {
		t.Errorf("%s: %g allocations, want at most %g", s.Name, got, most)
	}
}

func FuzzCPU(f *testing.F) {
	f.Add([]byte(aStat), []byte(strings.ReplaceAll(aStat, "00", "07")))
	f.Add([]byte("cpu0 1 2 3 4\n"), []byte("cpu1 1 2 3 18446744073709551615 1\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var before, after cpuReading
		if parseCPU(first, &before) != nil || parseCPU(second, &after) != nil {
			return
		}
		got := cpuOf(&before, &after, 1).cpu
		checkNumbers(t, got)
		for _, c := range got.Cores {
			checkCPUTimes(t, c.CPUTimes)
			checkText(t, c.Name)
		}
	})
}

func BenchmarkCPU(b *testing.B) { benchmarkReads(b, cpuSource(hostRoots(), new(busyTime))) }

func BenchmarkCPUBigHost(b *testing.B) {
	benchmarkReads(b, cpuSource(tree{"proc/stat": bigStat(512, 0)}.write(b), new(busyTime)))
}

// benchmarkReads is a source's steady read.
func benchmarkReads(b *testing.B, s Source) {
	if _, err := s.Read(b.Context()); err != nil {
		b.Skip(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
