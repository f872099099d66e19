package collector

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A trial feeds a judge with snapshots.
type trial struct {
	t     testing.TB
	judge judge
	now   time.Time
	loose bool // the snapshot need not be compared with itself, which takes long
}

func newTrial(t testing.TB) *trial {
	return &trial{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// next is the verdict on s, an interval in seconds after the snapshot before. 0 is the first one.
func (tr *trial) next(s Snapshot, interval float64) *Verdict {
	tr.t.Helper()
	tr.now = tr.now.Add(time.Duration(interval * float64(time.Second)))
	if interval > 0 {
		s.Interval = Known(interval)
	}
	s.At = tr.now
	var before, after []byte
	if !tr.loose {
		before, _ = json.Marshal(s)
	}
	v := tr.judge.verdict(&s)
	if !tr.loose {
		after, _ = json.Marshal(s)
	}
	if string(after) != string(before) {
		tr.t.Fatal("the snapshot was changed")
	}
	checkVerdict(tr.t, v)
	if again := tr.judge.verdict(&s); again != v {
		tr.t.Fatalf("of the same snapshot %+v, and then %+v", v, again)
	}
	return v
}

func checkVerdict(t testing.TB, v *Verdict) {
	t.Helper()
	if v == nil || v.Text == "" || clean(strings.ReplaceAll(v.Text, "…", "...")) != strings.ReplaceAll(v.Text, "…", "...") || utf8.RuneCountInString(v.Text) > longestSentence {
		t.Fatalf("verdict %+v", v)
	}
	if (v.State == stateHealthy || v.State == stateUnknown) != (v.Resource == "") || strings.HasSuffix(v.Text, ": ") || strings.HasSuffix(v.Text, ", ") || strings.Contains(v.Text, "NaN") {
		t.Fatalf("verdict %+v", v)
	}
	checkParts(t, v)
}

// run feeds the same snapshot for that many seconds.
func (tr *trial) run(s Snapshot, seconds, interval float64) (last *Verdict) {
	tr.t.Helper()
	for range int(math.Round(seconds / interval)) {
		last = tr.next(s, interval)
	}
	return last
}

// quiet is a machine with four processors on which little goes on.
func quiet() Snapshot {
	cores := make([]Core, 4)
	return Snapshot{
		CPU:       &CPU{CPUTimes: CPUTimes{Busy: Known(0.05), IOWait: Known(0), Steal: Known(0)}, Cores: cores},
		Pressure:  &Pressure{CPU: &Stall{Some: Known(0.01)}, Memory: &Stall{Some: Known(0), Full: Known(0)}, IO: &Stall{Some: Known(0.01), Full: Known(0.01)}},
		Memory:    &Memory{Total: 16 << 30, Available: 8 << 30},
		Paging:    &Paging{SwapIn: Known(0), SwapOut: Known(0), OOMKills: Known(3)},
		Disks:     []Disk{{Name: "sda", Busy: Known(0.02), WriteTime: Known(0.002)}},
		Handles:   &Handles{Allocated: 10, Maximum: 1000},
		Processes: &Processes{Top: []Process{{PID: 99, Started: 5, Name: "ffmpeg", CPU: Known(0.02), Memory: 1 << 30}, {PID: 811, Started: 7, Name: "postgres", CPU: Known(0.01), Memory: 2 << 30}}},
		Filesystems: []Filesystem{{Mount: "/", UsedRatio: Known(0.5), Available: 40 << 30, InodesTotal: 100, InodesUsed: 10},
			{Mount: "/data", UsedRatio: Known(0.1), Available: 400 << 30}},
		Networks:  []Network{{Name: "eth0", ReceivePackets: Known(1000), TransmitPackets: Known(1000), ReceiveDrops: Known(0)}},
		Sockets:   &Sockets{Retransmits: Known(1), SegmentsOut: Known(1000), ListenOverflows: Known(0), UDPDrops: Known(0), Conntrack: Known(100), ConntrackLimit: Known(65536)},
		Sensors:   []Sensor{{Chip: "coretemp", Label: "Package id 0", Value: Known(50), Critical: Known(100)}},
		Container: &Cgroup{Name: "web", Path: "/web", MemoryLimit: Known(512 << 20), WorkingSet: Known(100 << 20), Throttled: Known(0), CPULimit: Known(1.5), OOMKills: Known(0)},
	}
}

func burning() Snapshot {
	s := quiet()
	s.CPU.Busy, s.Pressure.CPU.Some = Known(0.92), Known(0.5)
	s.Processes.Top[0].CPU = Known(3.5)
	return s
}

func writing() Snapshot {
	s := quiet()
	s.Pressure.IO.Full = Known(0.38)
	s.Processes.Top[1].WriteRate, s.Processes.Top[1].State = Known(50<<20), "waiting"
	return s
}

func TestHealthy(t *testing.T) {
	tr := newTrial(t)
	began := tr.now.UnixMilli()
	first := tr.next(quiet(), 0)
	last := tr.run(quiet(), 60, 1)
	if *first != (Verdict{State: "healthy", Text: "healthy", Since: began}) || last != first {
		t.Errorf("got %+v, then %+v", first, last)
	}
}

func TestVerdictEnterAndLeave(t *testing.T) {
	for _, interval := range []float64{0.1, 0.5, 1} {
		t.Run(fmt.Sprint(interval), func(t *testing.T) {
			tr := newTrial(t)
			tr.next(quiet(), 0)
			tr.run(quiet(), 10, interval)
			began := tr.now
			if v := tr.run(burning(), 4, interval); v.State != "healthy" {
				t.Fatalf("too early: %+v", v)
			}
			v := tr.run(burning(), 8, interval)
			if v.State != "busy" || math.Abs(float64(v.Since-began.UnixMilli())) > 1000 || !regexp.MustCompile(`^CPU saturated for 1[12] s \(`).MatchString(v.Text) {
				t.Fatalf("got %+v", v)
			}
			v = tr.run(quiet(), 8, interval)
			if v.State != "busy" || v.PID != 99 || !regexp.MustCompile(`^CPU saturated for 1[123] s until [5-8] s ago \(92 % of 4 cores\): ffmpeg \(pid 99\) used 3.5 cores$`).MatchString(v.Text) {
				t.Fatalf("left too early, or said something else: %+v", v)
			}
			ended := tr.now
			if v = tr.run(quiet(), 8, interval); v.State != "healthy" || math.Abs(float64(v.Since-ended.UnixMilli())) > 4000 {
				t.Fatalf("got %+v", v)
			}
		})
	}
	// A minute is as long as it takes.
	tr := newTrial(t)
	tr.next(quiet(), 0)
	tr.next(quiet(), 60)
	if v := tr.next(burning(), 60); v.State != "busy" || !strings.HasPrefix(v.Text, "CPU saturated for 60 s (") {
		t.Errorf("got %+v", v)
	}
	if v := tr.next(burning(), 60); !strings.HasPrefix(v.Text, "CPU saturated for 2 min (") {
		t.Errorf("got %+v", v)
	}
	if v := tr.next(quiet(), 60); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
}

// What stands for days does not hide what happens now, nor is it hidden: the worse is said, then what is of now, and the other
// is named beside it.
func TestVerdictNamesWhatStandsBesideWhatHappens(t *testing.T) {
	full := func(s Snapshot, used float64) Snapshot {
		s.Filesystems = []Filesystem{{Mount: "/srv", UsedRatio: Known(used), Available: 1 << 30}}
		return s
	}
	stalled := func() Snapshot {
		s := writing()
		s.Pressure.IO.Full = Known(0.7)
		return s
	}
	for _, tt := range []struct {
		name  string
		s     Snapshot
		state string
		want  string
	}{
		{"alone", full(quiet(), 0.99), "bad", "filesystem nearly full for 30 s: /srv 99 %, 1 GiB left"},
		{"the worse first", full(burning(), 0.99), "bad", "filesystem nearly full for 30 s: /srv 99 %, 1 GiB left; also CPU saturated"},
		{"equally bad", full(stalled(), 0.99), "bad", "I/O-bound for 30 s: postgres (pid 811), 70 % full pressure; also filesystem nearly full"},
		{"equally mild", full(burning(), 0.96), "busy", "CPU saturated for 30 s (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores; also filesystem nearly full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrial(t)
			tr.next(quiet(), 0)
			if v := tr.run(tt.s, 31, 1); v.State != tt.state || strings.Replace(v.Text, " 31 s", " 30 s", 1) != tt.want {
				t.Errorf("got %+v, want %s", v, tt.want)
			}
		})
	}
	tr := newTrial(t)
	tr.run(full(quiet(), 0.99), 10, 1)
	tr.run(full(burning(), 0.99), 20, 1)
	v := tr.run(full(quiet(), 0.99), 20, 1)
	if strings.Contains(v.Text, "also") || v.Resource != "disk" || v.Parts.Seconds < 40 {
		t.Errorf("of what is over it says %+v", v)
	}
	v = tr.run(full(stalled(), 0.99), 30, 1)
	last := v.Parts.Phrases[len(v.Parts.Phrases)-1]
	if v.Resource != "io" || last.Key != "also" || last.Name != "filesystem nearly full" {
		t.Errorf("got %+v, %+v", v, v.Parts)
	}
}

// Around the threshold, and at random, the verdict changes its mind seldom.
func TestVerdictDoesNotFlicker(t *testing.T) {
	t.Parallel()
	for _, interval := range []float64{0.1, 1} {
		if testing.Short() && interval < 1 {
			continue
		}
		for _, around := range []float64{0.10, 0.15, 0.25, 0.5} {
			tr := newTrial(t)
			tr.loose = true
			random := rand.New(rand.NewPCG(1, 2))
			changes, before := 0, "healthy"
			const seconds = 600
			for range int(seconds / interval) {
				s := quiet()
				s.Pressure.IO.Full = Known(around * 2 * random.Float64())
				s.CPU.Busy, s.Pressure.CPU.Some = Known(0.8+0.2*random.Float64()), Known(2*around*random.Float64())
				v := tr.next(s, interval)
				if what := v.State + v.Resource; what != before {
					changes, before = changes+1, what
				}
			}
			if changes > seconds/20 {
				t.Errorf("around %g every %g s: %d changes in ten minutes", around, interval, changes)
			}
		}
	}
	// On and off every second it never begins, or never ends.
	tr := newTrial(t)
	for i := range 100 {
		s := quiet()
		if i%2 == 0 {
			s = writing()
		}
		want := "healthy"
		if i == 0 { // nobody knows what comes next
			want = "unknown"
		}
		if v := tr.next(s, 1); v.State != want {
			t.Fatalf("after %d s: got %+v, want %s", i, v, want)
		}
	}
	tr.run(writing(), 10, 1)
	for i := range 100 {
		s := quiet()
		if i%2 == 0 {
			s = writing()
		}
		if v := tr.next(s, 1); v.Resource != "io" {
			t.Fatalf("got %+v", v)
		}
	}
}

func TestTwoProblems(t *testing.T) {
	both := burning()
	both.Pressure.IO.Full = Known(0.38)
	tr := newTrial(t)
	tr.run(burning(), 20, 1)
	if v := tr.run(both, 3, 1); v.Resource != "cpu" {
		t.Errorf("got %+v", v)
	}
	for range 60 {
		if v := tr.run(both, 3, 1); v.Resource != "io" { // both are busy: the order decides, always the same way
			t.Fatalf("got %+v", v)
		}
	}
	// What is bad goes before what is busy, whatever its place in the table.
	both.Pressure.CPU.Some = Known(0.99)
	if v := tr.run(both, 40, 1); v.State != "bad" || v.Resource != "cpu" || !strings.Contains(v.Text, "for at least 4 min") {
		t.Errorf("got %+v", v)
	}
	// When it is over, the other is there at once, with its own time.
	v := tr.run(writing(), 12, 1)
	if v.State != "busy" || v.Resource != "io" || !strings.Contains(v.Text, "for 3 min") {
		t.Errorf("got %+v", v)
	}
	// When both are over at once, the other does not come up for a moment.
	tr = newTrial(t)
	tr.run(both, 60, 1)
	for range 30 {
		if v := tr.next(quiet(), 1); v.Resource == "io" {
			t.Fatalf("got %+v", v)
		}
	}
}

// Two processes of a kind do not take turns, and one that is much worse takes over.
func TestCulpritStays(t *testing.T) {
	tr := newTrial(t)
	for i := range 60 {
		s := burning()
		s.Processes.Top[0].CPU, s.Processes.Top[1].CPU = Known(2+0.1*float64(i%2)), Known(2+0.1*float64((i+1)%2))
		if v := tr.next(s, 1); v.State == "busy" && v.PID != 811 && v.PID != 99 || i > 10 && v.PID != tr.judge.past.culprit.pid {
			t.Fatalf("got %+v", v)
		}
	}
	first := tr.judge.past.culprit.pid
	s := burning()
	for i := range s.Processes.Top {
		s.Processes.Top[i].CPU = Known(0.5)
		if s.Processes.Top[i].PID != first {
			s.Processes.Top[i].CPU = Known(3)
		}
	}
	if v := tr.run(s, 2, 1); v.PID == first {
		t.Errorf("got %+v", v)
	}
	// The same number is not the same process.
	s.Processes.Top[0].Started++
	s.Processes.Top[1].Started++
	if v := tr.run(s, 2, 1); v.PID == first || v.PID == 0 {
		t.Errorf("got %+v", v)
	}
}

func TestGrowingProcess(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 20, 1)
	s := quiet()
	s.Memory.Available = 500 << 20
	s.Processes.Top[0].Memory = 1800 << 20
	v := tr.run(s, 10, 1)
	if v.PID != 99 || !strings.HasSuffix(v.Text, "3 % available, ffmpeg (pid 99) grew by 776 MiB") {
		t.Errorf("got %+v", v)
	}
	// Later it is one of those that are large.
	if v = tr.run(s, 100, 1); v.PID != 811 && v.PID != 99 || strings.Contains(v.Text, "grew") {
		t.Errorf("got %+v", v)
	}
}

func TestTurnedReadOnly(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	s := quiet()
	s.Filesystems[1].ReadOnly = true
	if v := tr.next(s, 1); v.State != "bad" || v.Text != "filesystem turned read-only: /data" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(s, 5, 1); v.Text != "filesystem turned read-only for 5 s: /data" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(quiet(), 12, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	// Taken away and mounted again, it may be what its owner wants.
	gone := quiet()
	gone.Filesystems = gone.Filesystems[:1]
	tr.next(gone, 1)
	if v := tr.run(s, 20, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
}

// Old numbers set off nothing, and a few seconds without them end nothing.
func TestStaleSource(t *testing.T) {
	stale := burning()
	stale.Sources = []SourceState{{Name: "pressure", Error: "no answer for 3s", Age: Known(3)}}
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	if v := tr.run(stale, 30, 1); v.State != "healthy" || !strings.Contains(v.Text, "no answer from pressure") {
		t.Errorf("got %+v", v)
	}
	tr = newTrial(t)
	tr.run(burning(), 4, 1)
	tr.run(stale, 2, 1)
	if v := tr.run(burning(), 1, 1); v.State != "busy" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(stale, 20, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	partial := burning()
	partial.Sources = []SourceState{{Name: "pressure", Error: "x", Age: Known(0), Partial: true}}
	if v := tr.run(partial, 10, 1); v.State != "busy" {
		t.Errorf("got %+v", v)
	}
}

// Setting the clock changes when it began, which is told by the clock, and not for how long it has lasted.
func TestVerdictClockStep(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		tr := newTrial(t)
		tr.run(burning(), 20, 1)
		tr.now = tr.now.Add(step)
		v := tr.run(burning(), 10, 1)
		if !strings.HasPrefix(v.Text, "CPU saturated for at least 30 s") || v.Since != tr.now.Add(-30*time.Second).UnixMilli() {
			t.Errorf("got %+v", v)
		}
		v = tr.run(quiet(), 30, 1)
		tr.now = tr.now.Add(step)
		w := tr.run(quiet(), 10, 1)
		if v.State != "healthy" || w.Since != v.Since+step.Milliseconds() {
			t.Errorf("%+v became %+v", v, w)
		}
	}
}

// After a time in which nobody looked, what was before says nothing.
func TestVerdictGap(t *testing.T) {
	tr := newTrial(t)
	hot := quiet()
	hot.Sensors[0].Value = Known(101)
	tr.run(hot, 20, 1)
	if v := tr.next(hot, 3600); v.State != "unknown" || v.Text != "too hot: looking whether it lasts" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(hot, 3, 1); v.Text != "too hot for at least 3 s: coretemp Package id 0 at 101 °C, critical is 100 °C" {
		t.Errorf("got %+v", v)
	}
	// A machine that stood still because it was short of memory says so.
	thrashing := quiet()
	thrashing.Pressure.Memory.Full = Known(0.9)
	if v := tr.next(thrashing, 90); v.Resource != "memory" || !strings.HasPrefix(v.Text, "short of memory for at least 90 s: ") {
		t.Errorf("got %+v", v)
	}
}
