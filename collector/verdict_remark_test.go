package collector

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// What is over is told in the words of when it was not, and of its culprit.
func TestVerdictLingers(t *testing.T) {
	t.Parallel()
	for _, interval := range []float64{0.1, 1} {
		tr := newTrial(t)
		tr.run(burning(), 14, interval)
		gone := burning() // the process is gone, and what is averaged still high
		gone.Processes = &Processes{Top: gone.Processes.Top[1:]}
		v := tr.run(gone, 1, interval)
		if v.PID != 99 || !strings.HasSuffix(v.Text, " (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores") {
			t.Errorf("got %+v", v)
		}
		other := quiet()
		other.Processes = &Processes{Top: []Process{{PID: 4, Name: "fivewire", CPU: Known(0.1)}}}
		for range int(9.5 / interval) {
			v = tr.next(other, interval)
			if v.PID != 99 || !strings.Contains(v.Text, "ffmpeg") || strings.Contains(v.Text, "5 %") {
				t.Fatalf("got %+v", v)
			}
		}
		if !regexp.MustCompile(`^CPU saturated for at least 1[4567] s until [789] s ago \(92 % of 4 cores\): ffmpeg \(pid 99\) used 3.5 cores$`).MatchString(v.Text) {
			t.Errorf("got %+v", v)
		}
		if v = tr.run(other, 4, interval); v.State != "healthy" {
			t.Errorf("got %+v", v)
		}
	}
	// It is not the last one that is named, but the worst.
	tr := newTrial(t)
	tr.run(burning(), 14, 1)
	s := burning()
	s.Processes.Top[0].CPU, s.Processes.Top[1].CPU = Known(0), Known(1.5)
	if v := tr.run(s, 6, 1); v.PID != 811 {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(quiet(), 3, 1); v.Text != "CPU saturated for at least 20 s until 3 s ago (92 % of 4 cores): ffmpeg (pid 99) used 3.5 cores" || v.PID != 99 {
		t.Errorf("got %+v", v)
	}
	// When it holds again, the numbers are those of now.
	if v := tr.run(burning(), 3, 1); v.Text != "CPU saturated for at least 26 s (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores" {
		t.Errorf("got %+v", v)
	}
	// A group's memory, and that of one above it.
	for _, tt := range []struct {
		change    func(*Snapshot)
		now, then string
	}{
		{func(s *Snapshot) { s.Container.WorkingSet = Known(500 << 20) }, "web uses 98 % of 512 MiB", "web used 98 % of 512 MiB"},
		{func(s *Snapshot) { s.Container.MemoryPressed = Known(0.98) }, "web is in a group that uses 98 % of its limit",
			"web was in a group that used 98 % of its limit"},
	} {
		tr = newTrial(t)
		s = quiet()
		tt.change(&s)
		if v := tr.run(s, 14, 1); !strings.HasSuffix(v.Text, " s: "+tt.now) {
			t.Errorf("got %+v", v)
		}
		if v := tr.run(quiet(), 3, 1); !strings.HasSuffix(v.Text, " s ago: "+tt.then) {
			t.Errorf("got %+v", v)
		}
	}
	// Names and numbers as long as can be.
	tr = newTrial(t)
	tr.run(quiet(), 60, 60)
	s = burning()
	s.CPU.Cores = make([]Core, 256)
	s.Processes.Top[0] = Process{PID: 4194304, Name: strings.Repeat("n", 99), CPU: Known(255)}
	tr.run(s, 6000, 60)
	tr.run(s, 10, 1)
	if v := tr.run(quiet(), 9, 1); !strings.HasSuffix(v.Text, " used 255 cores") {
		t.Errorf("got %+v", v)
	}
}

func TestVerdictUnknown(t *testing.T) {
	tr := newTrial(t)
	if v := tr.next(Snapshot{}, 0); v.State != "unknown" || v.Since != tr.now.UnixMilli() {
		t.Errorf("got %+v", v)
	}
	if v := tr.next(quiet(), 1); v.State != "healthy" || v.Since != tr.now.Add(-time.Second).UnixMilli() {
		t.Errorf("got %+v", v)
	}
	tr.run(quiet(), 10, 1)
	answered := tr.now.UnixMilli()
	silent := quiet()
	silent.Sources = []SourceState{{Name: "cpu", Error: "x", Age: Known(3)}, {Name: "disks", Error: "x"}, {Name: "memory", Error: "x", Age: Known(3)}, {Name: "users", Missing: true}}
	if v := tr.run(silent, 5, 1); v.State != "healthy" { // a few seconds mean nothing
		t.Errorf("got %+v", v)
	}
	if v := tr.next(silent, 1); sentenceOf(v) != (Verdict{State: "unknown", Text: "no verdict: no answer from cpu, memory and 1 more", Since: answered}) {
		t.Errorf("got %+v", v)
	}
	silent.Sources = append(silent.Sources, SourceState{Name: "host"})
	if v := tr.run(silent, 30, 1); sentenceOf(v) != (Verdict{State: "unknown", Text: "no verdict: no answer from cpu, memory and 2 more", Since: answered}) {
		t.Errorf("got %+v", v)
	}
	// What is known to be wrong is said.
	silent.Filesystems[1].Stale = true
	if v := tr.run(silent, 6, 1); v.State != "bad" || v.Resource != "disk" {
		t.Errorf("got %+v", v)
	}
	// One of the two is enough for a verdict.
	tr.run(quiet(), 20, 1)
	silent = quiet()
	silent.Sources = []SourceState{{Name: "cpu", Error: "x", Age: Known(3)}}
	if v := tr.run(silent, 20, 1); v.State != "healthy" || v.Text != "healthy as far as is known: no answer from cpu" {
		t.Errorf("got %+v", v)
	}
}
