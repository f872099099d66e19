package collector

import (
	"testing"
)

func TestParseGroupFiles(t *testing.T) {
	for s, want := range map[string]Number{
		"": {}, "5": {}, "5\n": Known(5), "max\n": {}, "-1\n": {}, "0\n": {}, "5 6\n": {}, "9223372036854771712\n": {}, "9223372036854775807\n": {}, "5x\n": {},
	} {
		if got := parseLimit([]byte(s)); got != want {
			t.Errorf("limit %q is %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]Number{
		"max 100000\n": {}, "50000 100000\n": Known(0.5), "50000\n": {}, "50000 0\n": {}, "0 100000\n": {}, "": {}, "50000 100000": {},
		"18446744073709551615 1\n": {},
	} {
		if got := parseCPUMax([]byte(s)); got != want {
			t.Errorf("cpu.max %q is %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]Number{
		"0-3,8\n": Known(5), "0\n": Known(1), "\n": {}, "": {}, "3-1\n": {}, "0-\n": {}, ",\n": {}, "0-99999999\n": {}, "a\n": {}, "0-3": {},
		"0,2,4-5,\n": Known(4),
	} {
		if got := parseProcessorList([]byte(s)); got != want {
			t.Errorf("list %q is %v, want %v", s, got, want)
		}
	}
	none := func([]byte) bool { return false }
	for s, want := range map[string][2]counter{
		"":                                     {{0, true}, {0, true}},
		"8:0 rbytes=5 wbytes=6 rios=1\n":       {{5, true}, {6, true}},
		"8:0 \n8:16 wbytes=6\n":                {{0, true}, {6, true}},
		"8:0 rbytes=x wbytes=6\n":              {{0, false}, {6, true}},
		"8:0 rbytes=5 wbytes=6\n8:16 rbytes=7": {{5, true}, {6, true}},
	} {
		if read, written := parseIOStat([]byte(s), none); [2]counter{read, written} != want {
			t.Errorf("io.stat %q is %v, %v, want %v", s, read, written, want)
		}
	}
	read, written := parseThrottleBytes([]byte("8:0 Read 5\n8:0 Write 6\n7:0 Read 100\n8:0 Total 11\nTotal 11\n"), func(d []byte) bool { return string(d) == "7:0" })
	if read.value != 5 || written.value != 6 {
		t.Errorf("blkio: %v, %v", read, written)
	}
}

// fuzzNumbers has every file of a group be anything, twice.
func fuzzNumbers(f *testing.F, parse func(*groupNumbers, []byte), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var before, after [2]groupNumbers
		for i := range before {
			parse(&before[i], a)
			parse(&after[i], b)
		}
		var g Cgroup
		cgroupOf(&g, before[:], after[:], 1e9)
		checkNumbers(t, g)
		if g.CPU.value > mostProcessors || g.Throttled.value > 1 || g.CPULimit.value > mostProcessors || g.CPUs.value > mostProcessors ||
			g.Memory.value > noLimit || g.MemoryLimit.value > noLimit || g.WorkingSet.value > g.Memory.value || g.MemoryPressed.value > 1 {
			t.Errorf("%+v", g)
		}
	})
}

func FuzzMemoryStat(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		parseMemoryStat1(n, b)
		parseMemoryStat2(n, b)
		n.memory = parseSize(b)
	}, memoryStat2, aGroup1["root/sys/fs/cgroup/memory/a/memory.stat"], "anon 99999999999999999999\nfile")
}

func FuzzMemoryEvents(f *testing.F) {
	fuzzNumbers(f, parseMemoryEvents, aGroup2["memory.events"], "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
}

func FuzzCPUMax(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		n.cpuLimit, n.memoryLimit, n.memoryHigh = parseCPUMax(b), parseLimit(b), parseLimit(b)
		parseMemory(n, b)
		parseMemoryLimit(n, b)
		parseTasksLimit(n, b)
	}, "max 100000\n", "50000 100000\n", "7\n")
}

func FuzzGroupCPU(f *testing.F) {
	fuzzNumbers(f, parseGroupCPU, aGroup2["cpu.stat"], "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n")
}

func FuzzIOStat(f *testing.F) {
	skip := func(b []byte) bool { return string(b) == "7:0" }
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		n.read, n.written = parseIOStat(b, skip)
		n.read, _ = parseThrottleBytes(b, skip)
	}, aGroup2["io.stat"], "8:0 Read 5\n8:0 Write 6\nTotal 11\n", "7:0 rbytes=1\n")
}

func FuzzProcessorList(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) { n.cpus = parseProcessorList(b) }, "0-3,8\n", "0\n", ",-\n")
}
