package collector

import (
	"math"
	"testing"

	"github.com/shirou/gopsutil/v3/cpu"
)

func TestCPUOf(t *testing.T) {
	before := map[string]cpu.TimesStat{
		"cpu0": {CPU: "cpu0", User: 100, Nice: 1, System: 50, Idle: 1000, Iowait: 9, Guest: 60},
		"cpu2": {CPU: "cpu2", User: 10, Idle: 10},
		"cpu5": {CPU: "cpu5", User: 10, Idle: 10}, // goes offline
	}
	after := []cpu.TimesStat{
		{CPU: "cpu0", User: 104, Nice: 2, System: 51, Idle: 1011, Iowait: 12, Guest: 64, Irq: 0, Softirq: 0, Steal: 0},
		{CPU: "cpu2", User: 20, Idle: 4},  // idle went down
		{CPU: "cpu3", User: 20, Idle: 40}, // comes online
	}
	got := cpuOf(before, after)
	if len(got.Cores) != 3 || got.Cores[0].Name != "cpu0" || got.Cores[1].Name != "cpu2" || got.Cores[2].Name != "cpu3" {
		t.Fatalf("cores %v", got.Cores)
	}
	// cpu0 spent 4 user (all of it guest), 1 nice, 1 system, 11 idle and 3 iowait; cpu2 10 user.
	if want := (CPUTimes{Busy: Known(0.3), User: Known(0.2), Nice: Known(0.05), System: Known(0.05), Idle: Known(0.55),
		IOWait: Known(0.15), IRQ: Known(0), SoftIRQ: Known(0), Steal: Known(0)}); got.Cores[0].CPUTimes != want {
		t.Errorf("cpu0 %v, want %v", got.Cores[0].CPUTimes, want)
	}
	if c := got.Cores[1]; c.Busy != Known(1) || c.Idle != Known(0) {
		t.Errorf("cpu2 %v", c)
	}
	if got.Cores[2].CPUTimes != (CPUTimes{}) {
		t.Errorf("cpu3 has ratios without a reading before: %v", got.Cores[2])
	}
	if want := Known(16.0 / 30); got.Busy != want {
		t.Errorf("all: busy %v, want %v", got.Busy, want)
	}
	checkNumbers(t, got)
}

func TestCPUOfNothingSpent(t *testing.T) {
	times := []cpu.TimesStat{{CPU: "cpu0", User: 5, Idle: 5}}
	got := cpuOf(map[string]cpu.TimesStat{"cpu0": times[0]}, times)
	if got.CPUTimes != (CPUTimes{}) || got.Cores[0].CPUTimes != (CPUTimes{}) {
		t.Errorf("got %v, want all unknown: no tick went by", got)
	}
}

func TestCPURatiosSumToOne(t *testing.T) {
	got := cpuRatios(cpu.TimesStat{User: 0.31, Nice: 0.17, System: 0.73, Idle: 3.19, Iowait: 0.29, Irq: 0.11, Softirq: 0.13, Steal: 0.07})
	sum := 0.0
	for _, n := range []Number{got.User, got.Nice, got.System, got.Idle, got.IOWait, got.IRQ, got.SoftIRQ, got.Steal} {
		v, _ := n.Get()
		sum += v
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("sum %g", sum)
	}
}

func TestCPUSource(t *testing.T) {
	host := aHost.write(t)
	source := cpuSource(host)
	got := read(t, source).CPU
	if len(got.Cores) != 2 || got.Cores[1].Name != "cpu2" || got.CPUTimes != (CPUTimes{}) {
		t.Errorf("first read: %v", got)
	}
	later := aHost.with("proc/stat", "cpu  0\ncpu0 175 0 50 425 20 0 10 0 75 0\ncpu2 200 0 100 900 20 0 0 0 0 0\nintr 1\n")
	later.over(t, host)
	got = read(t, source).CPU
	if got.Cores[0].User != Known(0.75) || got.Cores[1].Idle != Known(1) || got.Busy != Known(75.0/200) {
		t.Errorf("second read: %v", got)
	}
	if _, err := cpuSource(tree{"proc/": ""}.write(t)).Read(t.Context()); err == nil || err.Error() != "read cpu times: no processor found" {
		t.Errorf("without a file: %v", err)
	}
}
