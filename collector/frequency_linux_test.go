package collector

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// cpufreq is a processor with a driver.
func cpufreq(tr tree, number int, now, governor string) tree {
	dir := fmt.Sprintf("sys/devices/system/cpu/cpu%d/cpufreq/", number)
	tr[dir+"scaling_cur_freq"] = now + "\n"
	tr[dir+"scaling_min_freq"] = "800000\n"
	tr[dir+"cpuinfo_max_freq"] = fmt.Sprintf("%d\n", 4000000+number)
	tr[dir+"scaling_governor"] = governor + "\n"
	return tr
}

func TestFrequencySource(t *testing.T) {
	host := tree{"sys/devices/system/cpu/cpuidle/": "", "sys/devices/system/cpu/cpu1/": "", "sys/devices/system/cpu/cpu8/cpufreq/": "",
		"proc/cpuinfo": "processor : 0\ncpu MHz : 1\n"}
	cpufreq(host, 10, "3000000", "schedutil")
	cpufreq(host, 2, "1000000", "performance")
	cpufreq(host, 3, "<unknown>", "performance")
	got := read(t, frequencySource(host.write(t))).Frequency
	if got.Mean != Known(2e9) || got.Max != Known(4000010e3) || got.Governor != "performance,schedutil" {
		t.Errorf("got %+v", got)
	}
	want := []CoreFrequency{
		{Name: "cpu2", Now: Known(1e9), Min: Known(8e8), Max: Known(4000002e3)},
		{Name: "cpu3", Min: Known(8e8), Max: Known(4000003e3)},
		{Name: "cpu8"},
		{Name: "cpu10", Now: Known(3e9), Min: Known(8e8), Max: Known(4000010e3)},
	}
	if !slices.Equal(got.Cores, want) {
		t.Errorf("got %v, want %v", got.Cores, want)
	}
}

func TestFrequencyWithoutDriver(t *testing.T) {
	host := tree{"sys/": "", "proc/cpuinfo": "processor\t: 0\nmodel name\t: X\ncpu MHz\t\t: 2500.008\n\nprocessor\t: 1\ncpu MHz\t\t: 1500.000\n\nprocessor\t: 2\n"}
	got := read(t, frequencySource(host.write(t))).Frequency
	if got.Mean != Known(2000004000) || got.Max != (Number{}) || got.Governor != "" ||
		!slices.Equal(got.Cores, []CoreFrequency{{Name: "cpu0", Now: Known(2500008000)}, {Name: "cpu1", Now: Known(1500000000)}}) {
		t.Errorf("got %+v", got)
	}
	for _, none := range []tree{{"sys/": ""}, {"sys/": "", "proc/cpuinfo": "processor : 0\n"}, {"proc/cpuinfo": "processor : 0\ncpu MHz : 15"}} {
		if part, err := frequencySource(none.write(t)).Read(t.Context()); part != nil || !isMissing(err) {
			t.Errorf("%v: %v, %v", none, part, err)
		}
	}
}

// On a big machine each read takes the next 64; a core that was taken out is gone, one that has come is read in its turn.
func TestFrequencyBigHost(t *testing.T) {
	thorough(t)
	tr := tree{}
	for i := range 150 {
		cpufreq(tr, i, "1000000", "performance")
	}
	host := tr.write(t)
	f := newFrequencyReader(host)
	clock := func() time.Time { return time.Time{} }
	for _, want := range []int{64, 128, 150} {
		part, _ := f.read(clock)
		known := 0
		for _, c := range part.frequency.Cores {
			if _, ok := c.Now.Get(); ok {
				known++
			}
		}
		if known != want || len(part.frequency.Cores) != 150 {
			t.Errorf("%d of %d are known, want %d", known, len(part.frequency.Cores), want)
		}
	}
	first := f.part
	if err := os.RemoveAll(host.ofSys("devices", "system", "cpu", "cpu0")); err != nil {
		t.Fatal(err)
	}
	cpufreq(tree{}, 150, "2000000", "powersave").over(t, host)
	for range 3 {
		f.read(clock)
	}
	if got := f.part.frequency; len(got.Cores) != 150 || got.Cores[0].Name != "cpu1" || got.Cores[149].Now != Known(2e9) || got.Governor != "performance,powersave" {
		t.Errorf("got %v", got)
	}
	if first.frequency.Cores[0].Name != "cpu0" || first.frequency.Governor != "performance" {
		t.Errorf("the first is now %v", first.frequency)
	}
}

// A driver that takes 30 ms for each core has 200 ms, and a rest of 200 times what it took.
func TestFrequencySlowDriver(t *testing.T) {
	tr := tree{}
	for i := range 20 {
		cpufreq(tr, i, "1000000", "performance")
	}
	f := newFrequencyReader(tr.write(t))
	start := time.Now()
	now := start
	slow := func() time.Time { now = now.Add(30 * time.Millisecond); return now }
	part, _ := f.read(slow)
	known := 0
	for _, c := range part.frequency.Cores {
		if _, ok := c.Now.Get(); ok {
			known++
		}
	}
	if known != 7 {
		t.Errorf("%d cores in 200 ms", known)
	}
	now = start.Add(40 * time.Second)
	if f.read(slow); f.part != part {
		t.Error("read again after 40 s")
	}
	now = start.Add(50 * time.Second)
	if f.read(slow); f.part == part {
		t.Error("not read again after 50 s")
	}
}

func TestHertz(t *testing.T) {
	for _, tt := range []struct {
		word string
		want Number
	}{
		{"2400000", Known(2.4e9)}, {"0", Number{}}, {"", Number{}}, {"-5", Number{}}, {"<unknown>", Number{}},
		{"18446744073709551615", Number{}}, {"1000000000", Known(1e12)},
	} {
		if got := hertzOf([]byte(tt.word), 1000); got != tt.want {
			t.Errorf("%q is %v, want %v", tt.word, got, tt.want)
		}
	}
}

func FuzzCPUInfo(f *testing.F) {
	f.Add([]byte("processor\t: 0\nmodel name\t: Test  CPU @ 2.0GHz\ncpu MHz\t\t: 2500.008\n\nprocessor\t: 2\nclock : 3425.000000MHz\n"))
	f.Add([]byte("processor : 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, model := parseProcessors(b)
		if n > mostCores || n > strings.Count(string(b), "\n")+1 || len(model) > max(len(b), 100) {
			t.Errorf("%d processors, %q", n, model)
		}
		part := frequencyOf(parseFrequencies(b, map[uint64]string{}), []string{model})
		checkNumbers(t, part.frequency)
		checkText(t, part.frequency.Governor)
		for _, c := range part.frequency.Cores {
			checkText(t, c.Name)
		}
	})
}

func BenchmarkFrequency(b *testing.B) {
	tr := tree{}
	for i := range 64 {
		cpufreq(tr, i, "1000000", "performance")
	}
	f := newFrequencyReader(tr.write(b))
	b.ReportAllocs()
	for b.Loop() {
		f.read(func() time.Time { return time.Time{} })
	}
}
