package collector

import (
	"strings"
	"testing"
)

// averaged is a stall with so much now and over 10, 60 and 300 seconds.
func averaged(now, over10, over60, over300 float64) *Stall {
	return &Stall{
		Some: Known(now), Some10: Known(over10), Some60: Known(over60), Some300: Known(over300),
		Full: Known(now), Full10: Known(over10), Full60: Known(over60), Full300: Known(over300),
	}
}

// TestVerdictAtTheStart: whoever begins to watch a machine in trouble is not told that it is healthy.
func TestVerdictAtTheStart(t *testing.T) {
	with := func(change func(*Snapshot)) Snapshot {
		s := quiet()
		change(&s)
		return s
	}
	io := func(stall *Stall) Snapshot { return with(func(s *Snapshot) { s.Pressure.IO = stall }) }
	cpu := func(busy float64, stall *Stall) Snapshot {
		return with(func(s *Snapshot) { s.CPU.Busy, s.Pressure.CPU = Known(busy), stall })
	}
	tests := []struct {
		name     string
		snapshot Snapshot
		state    string
		text     string // its beginning
		ago      int64  // since when, in seconds
	}{
		{"quiet", quiet(), "healthy", "healthy", 0},
		{"io-for-ten-seconds", io(averaged(0.5, 0.3, 0.1, 0)), "busy", "I/O-bound for at least 10 s: ", 10},
		{"io-for-a-minute", io(averaged(0.9, 0.8, 0.7, 0.1)), "bad", "I/O-bound for at least 60 s: ", 60},
		{"io-for-minutes", io(averaged(0.9, 0.8, 0.7, 0.65)), "bad", "I/O-bound for at least 5 min: ", 300},
		{"bad-of-late", io(averaged(0.9, 0.8, 0.2, 0.1)), "busy", "I/O-bound for at least 60 s: ", 60},   // bad takes 15 s
		{"less-of-late", io(averaged(0.5, 0.8, 0.8, 0.7)), "bad", "I/O-bound for at least 5 min: ", 300}, // and not less than it takes to be over
		{"just-begun", io(averaged(0.9, 0.1, 0.02, 0)), "unknown", "I/O-bound: looking whether it lasts", 0},
		{"just-over", io(averaged(0.01, 0.8, 0.7, 0.6)), "healthy", "healthy", 0},
		{"short-of-memory", with(func(s *Snapshot) { s.Pressure.Memory = averaged(0.5, 0.4, 0.1, 0) }), "bad", "short of memory for at least 60 s: ", 60},
		{"cpu", cpu(0.99, averaged(0.9, 0.8, 0.5, 0.1)), "busy", "CPU saturated for at least 60 s ", 60},
		{"cpu-bad", cpu(0.99, averaged(0.95, 0.9, 0.85, 0.1)), "bad", "CPU saturated for at least 60 s ", 60},
		{"a-group-held-back", cpu(0.3, averaged(0.9, 0.9, 0.9, 0.9)), "healthy", "healthy", 0},
		{"no-averages", cpu(0.99, &Stall{Some: Known(0.9)}), "unknown", "CPU saturated: looking whether it lasts", 0},
		{"no-pressure", with(func(s *Snapshot) { s.Pressure, s.CPU.Busy = nil, Known(0.99) }), "unknown", "CPU saturated: looking whether it lasts", 0},
		{"no-memory-left", with(func(s *Snapshot) { s.Memory.Available = 100 << 20 }), "unknown", "memory short: looking whether it lasts", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tr := newTrial(t)
			v := tr.next(test.snapshot, 0)
			if v.State != test.state || !strings.HasPrefix(v.Text, test.text) || v.Since != tr.now.UnixMilli()-test.ago*1000 {
				t.Errorf("got %+v, want %s %q since %d s ago", v, test.state, test.text, test.ago)
			}
			// What it looked at has ended, or lasts.
			lasts := newTrial(t)
			lasts.next(test.snapshot, 0)
			if v := tr.run(quiet(), 1, 1); test.state == "unknown" && v.State != "healthy" {
				t.Errorf("when it is over: got %+v", v)
			}
			if v := lasts.run(test.snapshot, 6, 1); v.State == "unknown" || test.state == "unknown" && v.State == "healthy" {
				t.Errorf("when it lasts: got %+v", v)
			}
		})
	}
}

// TestVerdictAtLeast: of what was there when it was first looked at nobody knows when it began.
func TestVerdictAtLeast(t *testing.T) {
	full := quiet()
	full.Filesystems[0].UsedRatio, full.Filesystems[0].Available = Known(0.99), 1<<30
	fresh := newTrial(t)
	if v := fresh.run(full, 30, 1); !strings.HasPrefix(v.Text, "filesystem nearly full for at least 29 s: ") || !v.Parts.AtLeast {
		t.Errorf("got %+v", v)
	}
	if fresh.run(quiet(), 60, 1); fresh.run(full, 30, 1).Parts.AtLeast {
		t.Error("it has begun anew while somebody looked")
	}
	seen := newTrial(t)
	seen.run(quiet(), 5, 1)
	if v := seen.run(full, 30, 1); !strings.HasPrefix(v.Text, "filesystem nearly full for 29 s: ") || v.Parts.AtLeast {
		t.Errorf("got %+v", v)
	}
	// What gets worse while somebody looks was there before all the same.
	stall := quiet()
	stall.Pressure.IO = averaged(0.3, 0.3, 0.3, 0.3)
	worse := newTrial(t)
	worse.run(stall, 20, 1)
	stall.Pressure.IO = averaged(0.9, 0.9, 0.9, 0.9)
	if v := worse.run(stall, 30, 1); v.State != "bad" || !v.Parts.AtLeast || v.Parts.Seconds < 300 {
		t.Errorf("got %+v", v)
	}
}

// TestVerdictOfASecondLook: what a machine that is watched does for a moment leaves it healthy.
func TestVerdictOfASecondLook(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	busy := quiet()
	busy.Pressure.IO = averaged(0.9, 0.8, 0.7, 0.6)
	if v := tr.next(busy, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	slept := busy
	slept.Suspended = Known(3600) // the kernel's averages are of before
	if v := tr.next(slept, 1); v.State != "unknown" {
		t.Errorf("after a suspend: got %+v", v)
	}
}

// TestRecordedFromTheMiddle: a judge that comes later says nothing better than one that was there from the start.
func TestRecordedFromTheMiddle(t *testing.T) {
	for _, file := range []string{"cpu", "io", "contended", "memory"} {
		t.Run(file, func(t *testing.T) {
			snapshots := recorded(t, file)
			whole := newTrial(t)
			late := 0
			for i, s := range snapshots {
				interval, _ := s.Interval.Get()
				v := whole.next(s, interval)
				if v.State == "healthy" || strings.Contains(v.Text, " until ") {
					continue
				}
				s.Interval = Number{}
				if w := newTrial(t).next(s, 0); w.State == "healthy" {
					late++
					t.Logf("after %d s %q, and who begins then says %q", i, v.Text, w.Text)
				}
			}
			if late > 2 { // where the hypervisor took a break: nobody remembers what it kept
				t.Errorf("%d of %d snapshots of a machine in trouble are called healthy", late, len(snapshots))
			}
		})
	}
}
