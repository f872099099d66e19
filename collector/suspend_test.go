package collector

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The lid was closed for eight hours: the monotonic clock, which is the bubble's, stood still.
func TestSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asleep time.Duration
		hot := Source{Name: "sensors", Read: readsOf(&sensorPart{[]Sensor{{Chip: "coretemp", Label: "Package", Kind: kindTemperature, Value: Known(101), Critical: Known(100)}}})}
		c := Collector{Sources: []Source{hot}, sleepless: func() (time.Duration, bool) { return time.Since(start) + asleep, true }}
		got, _ := run(t, c, 20500*time.Millisecond, func(n int) {
			switch n {
			case 5:
				asleep += 1900 * time.Millisecond // less than a sleep
			case 12:
				asleep += 8 * time.Hour
			}
		})
		for n, r := range got {
			want := Number{}
			if n == 13 {
				want = Known(8 * 3600)
			}
			if r.Suspended != want || n > 1 && r.Interval != Known(1) {
				t.Errorf("snapshot %d: suspended for %v, interval %v", n, r.Suspended, r.Interval)
			}
		}
		if v := got[12].Verdict; v.State != stateBad || !strings.HasPrefix(v.Text, "too hot for at least 11 s") {
			t.Errorf("before: %+v", v)
		}
		if v := got[13].Verdict; v.State == stateBad {
			t.Errorf("after: %+v", v)
		}
		if v := got[16].Verdict; v.State != stateBad || !strings.HasPrefix(v.Text, "too hot for at least 3 s") || v.Since != got[13].At.UnixMilli() {
			t.Errorf("3 s after, %d: %+v", got[13].At.UnixMilli(), v)
		}
	})
}

// A machine in good health is said to be so since it woke.
func TestSuspendOfTheHealthy(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 20, 1)
	s := quiet()
	s.Suspended = Known(3600)
	tr.now = tr.now.Add(time.Hour)
	if v := tr.next(s, 1); v.State != stateHealthy || v.Since != tr.now.UnixMilli() {
		t.Errorf("at %d: %+v", tr.now.UnixMilli(), v)
	}
}

func TestSuspendWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var other, lag time.Duration
		ok := true
		w := suspendWatch{start: time.Now(), clock: func() (time.Duration, bool) {
			time.Sleep(lag)
			other += lag
			defer time.Sleep(lag)
			defer func() { other += lag }()
			return other, ok
		}}
		var got []string
		for _, step := range []struct {
			lag, asleep time.Duration
			ok          bool
		}{
			{0, 9 * time.Hour, true}, // the first look measures nothing
			{0, 0, true},
			{5 * time.Second, 0, true}, // the process stood still between the two readings, and
			{0, 0, true},               // afterwards not
			{0, time.Hour, true},
			{0, time.Hour, false}, // the clock cannot be read
			{0, time.Hour, true},  // so there is nothing to measure against
			{0, -time.Hour, true},
			{0, 2 * time.Second, true},
			{0, 2001 * time.Millisecond, true},
		} {
			time.Sleep(time.Second)
			other += time.Second + step.asleep
			lag, ok = step.lag, step.ok
			got = append(got, w.look().String())
		}
		if got, want := fmt.Sprint(got), "[0s 0s 0s 0s 1h0m0s 0s 0s 0s 0s 2.001s]"; got != want {
			t.Errorf("got  %s, want %s", got, want)
		}
	})
}

// This machine's own clocks: nobody suspends it now.
func TestSleeplessClock(t *testing.T) {
	w := suspendWatch{start: time.Now(), clock: sleeplessClock}
	for range 100 {
		if d := w.look(); d != 0 {
			t.Errorf("suspended for %s", d)
		}
	}
	if !w.known {
		t.Skip("no such clock")
	}
	if n := testing.AllocsPerRun(100, func() { w.look() }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
