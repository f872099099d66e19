package collector

import (
	"math"
	"testing"
	"time"
)

// coreOf is a reading of one processor in seconds, in the order of /proc/stat.
func coreOf(number uint64, seconds ...uint64) coreReading {
	c := coreReading{number: number, name: "cpu" + string(rune('0'+number))}
	for i, v := range seconds {
		c.ticks[i] = v * 100
	}
	return c
}

func cpuReadingOf(cores ...coreReading) *cpuReading { return &cpuReading{cores: cores, tick: 100} }

func TestCPUOf(t *testing.T) {
	before := cpuReadingOf(
		coreOf(0, 100, 1, 50, 1000, 9, 0, 0, 0, 60),
		coreOf(2, 10, 0, 0, 10),
		coreOf(5, 10, 0, 0, 10), // goes offline
	)
	after := cpuReadingOf(
		coreOf(0, 104, 2, 51, 1011, 12, 0, 0, 0, 64),
		coreOf(2, 20, 0, 0, 8),  // idle slips
		coreOf(3, 20, 0, 0, 40), // comes online
	)
	got := cpuOf(before, after, time.Second).cpu
	if len(got.Cores) != 3 || got.Cores[0].Name != "cpu0" || got.Cores[1].Name != "cpu2" || got.Cores[2].Name != "cpu3" {
		t.Fatalf("cores %v", got.Cores)
	}
	// cpu0 spent 4 user (all of it guest), 1 nice, 1 system, 11 idle and 3 iowait; cpu2 10 user.
	if want := (CPUTimes{Busy: Known(0.3), User: Known(0.2), Nice: Known(0.05), System: Known(0.05), Idle: Known(0.55),
		IOWait: Known(0.15), IRQ: Known(0), SoftIRQ: Known(0), Steal: Known(0), Guest: Known(0.2)}); got.Cores[0].CPUTimes != want {
		t.Errorf("cpu0 %v, want %v", got.Cores[0].CPUTimes, want)
	}
	if want := (CPUSeconds{User: 104, Nice: 2, System: 51, Idle: 1011, IOWait: 12, Guest: 64}); got.Cores[0].Seconds != want {
		t.Errorf("cpu0 %v, want %v", got.Cores[0].Seconds, want)
	}
	if c := got.Cores[1]; c.Busy != Known(1) || c.Idle != Known(0) || c.Seconds.Idle != 8 {
		t.Errorf("cpu2 %v", c)
	}
	if c := got.Cores[2]; c.CPUTimes != (CPUTimes{}) || c.Seconds.Idle != 40 {
		t.Errorf("cpu3 has ratios without a reading before: %v", c)
	}
	if want := Known(16.0 / 30); got.Busy != want {
		t.Errorf("all: busy %v, want %v", got.Busy, want)
	}
	checkNumbers(t, got)
}

func TestCPUCounters(t *testing.T) {
	before := &cpuReading{tick: 100, switches: counter{1000, true}, interrupts: counter{50, true}}
	after := &cpuReading{tick: 100, switches: counter{3000, true}, interrupts: counter{40, true}, forks: counter{7, true}, running: Known(3)}
	got := cpuOf(before, after, 2*time.Second).cpu
	if got.ContextSwitches != Known(1000) || got.Interrupts != (Number{}) || got.Forks != (Number{}) || got.Running != Known(3) ||
		got.Blocked != (Number{}) {
		t.Errorf("got %v", got)
	}
	if want := (CPUTotals{ContextSwitches: Known(3000), Interrupts: Known(40), Forks: Known(7)}); got.Totals != want {
		t.Errorf("totals %v, want %v", got.Totals, want)
	}
	if got := cpuOf(after, after, 0).cpu; got.ContextSwitches != (Number{}) || got.Totals.ContextSwitches != Known(3000) {
		t.Errorf("in no time: %v", got)
	}
}

func TestCPUGoesDown(t *testing.T) {
	before := coreOf(0, 100, 20, 30, 1000, 50, 10, 10, 10, 40, 5)
	for _, tt := range []struct {
		name  string
		after coreReading
		want  CPUTimes // the zero value: none
	}{
		{"iowait, far", coreOf(0, 101, 20, 30, 1003, 0, 10, 10, 10, 40, 5),
			CPUTimes{Busy: Known(0.25), User: Known(0.25), Nice: Known(0), System: Known(0), Idle: Known(0.75), IOWait: Known(0),
				IRQ: Known(0), SoftIRQ: Known(0), Steal: Known(0), Guest: Known(0)}},
		{"idle, by a slip", coreOf(0, 101, 20, 30, 997, 51, 10, 10, 10, 40, 5),
			CPUTimes{Busy: Known(0.5), User: Known(0.5), Nice: Known(0), System: Known(0), Idle: Known(0), IOWait: Known(0.5),
				IRQ: Known(0), SoftIRQ: Known(0), Steal: Known(0), Guest: Known(0)}},
		{"idle, far", coreOf(0, 101, 20, 30, 996, 50, 10, 10, 10, 40, 5), CPUTimes{}},
		{"user, far", coreOf(0, 1, 20, 30, 1001, 50, 10, 10, 10, 40, 5), CPUTimes{}},
		{"all", coreOf(0, 1, 0, 0, 10), CPUTimes{}},
		{"nothing", before, CPUTimes{}},
		{"guest is ahead of user", coreOf(0, 101, 20, 30, 1003, 50, 10, 10, 10, 42, 6),
			CPUTimes{Busy: Known(0.25), User: Known(0.25), Nice: Known(0), System: Known(0), Idle: Known(0.75), IOWait: Known(0),
				IRQ: Known(0), SoftIRQ: Known(0), Steal: Known(0), Guest: Known(0.25)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := cpuOf(cpuReadingOf(before), cpuReadingOf(tt.after), time.Second).cpu
			if got.Cores[0].CPUTimes != tt.want || got.CPUTimes != tt.want {
				t.Errorf("got %v, all %v, want %v", got.Cores[0].CPUTimes, got.CPUTimes, tt.want)
			}
		})
	}
}

func TestCPURatiosSumToOne(t *testing.T) {
	spent := cpuSpent{31, 17, 73, 319, 29, 11, 13, 7, 30, 17}
	checkCPUTimes(t, spent.ratios())
}

// checkCPUTimes: the parts sum to 1, and none has more than what it is in.
func checkCPUTimes(t *testing.T, c CPUTimes) {
	t.Helper()
	value := func(n Number) float64 { v, _ := n.Get(); return v }
	if _, ok := c.User.Get(); !ok {
		if c != (CPUTimes{}) {
			t.Errorf("known in part: %v", c)
		}
		return
	}
	sum := 0.0
	for _, n := range []Number{c.User, c.Nice, c.System, c.Idle, c.IOWait, c.IRQ, c.SoftIRQ, c.Steal} {
		sum += value(n)
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("sum %g of %v", sum, c)
	}
	if math.Abs(value(c.Busy)+value(c.Idle)+value(c.IOWait)-1) > 1e-9 || value(c.Guest) > value(c.User)+value(c.Nice)+1e-9 {
		t.Errorf("got %v", c)
	}
}
