package collector

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	if (v.State == stateHealthy) != (v.Resource == "") || strings.HasSuffix(v.Text, ": ") || strings.HasSuffix(v.Text, ", ") || strings.Contains(v.Text, "NaN") {
		t.Fatalf("verdict %+v", v)
	}
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
		Sockets:   &Sockets{Retransmits: Known(1), SegmentsOut: Known(1000), ListenOverflows: Known(0), Conntrack: Known(100), ConntrackLimit: Known(65536)},
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

// TestRules: each rule's sentence, after its condition has held for 42 seconds.
func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Snapshot)
		want   Verdict
	}{
		{"cpu", func(s *Snapshot) { *s = burning() }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s: ffmpeg (pid 99), 92 % of 4 cores", PID: 99}},
		{"cpu, bad", func(s *Snapshot) { *s = burning(); s.Pressure.CPU.Some = Known(0.95) }, Verdict{State: "bad", Resource: "cpu", Text: "CPU saturated for 42 s: ffmpeg (pid 99), 92 % of 4 cores", PID: 99}},
		{"cpu busy and nobody waits", func(s *Snapshot) { s.CPU.Busy = Known(1) }, Verdict{}},
		{"cpu, no pressure", func(s *Snapshot) { *s = burning(); s.Pressure = nil }, Verdict{}},
		{"cpu, no pressure, all of it", func(s *Snapshot) { *s = burning(); s.Pressure = nil; s.CPU.Busy = Known(0.99) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s: ffmpeg (pid 99), 99 % of 4 cores", PID: 99}},
		{"cpu, pressure unknown", func(s *Snapshot) { *s = burning(); s.Pressure = &Pressure{} }, Verdict{}},
		{"io", func(s *Snapshot) { *s = writing() }, Verdict{State: "busy", Resource: "io", Text: "I/O-bound for 42 s: postgres (pid 811), 38 % full pressure", PID: 811}},
		{"io, bad", func(s *Snapshot) { *s = writing(); s.Pressure.IO.Full = Known(0.8); s.Disks[0].Busy = Known(0.97) }, Verdict{State: "bad", Resource: "io", Text: "I/O-bound for 42 s: postgres (pid 811), 80 % full pressure, sda 97 % busy", PID: 811}},
		{"io, no pressure", func(s *Snapshot) { s.Pressure = nil; s.CPU.IOWait = Known(0.5) }, Verdict{State: "busy", Resource: "io", Text: "I/O-bound for 42 s: 50 % iowait"}},
		{"io, no pressure, a little", func(s *Snapshot) { s.Pressure = nil; s.CPU.IOWait = Known(0.25) }, Verdict{}},
		{"disk", func(s *Snapshot) { s.Disks[0] = Disk{Name: "nvme0n1", Busy: Known(0.99), WriteTime: Known(0.08)} }, Verdict{State: "busy", Resource: "disk", Text: "disk saturated for 42 s: nvme0n1 99 % busy, 80 ms for a request"}},
		{"disk busy and quick", func(s *Snapshot) { s.Disks[0] = Disk{Name: "nvme0n1", Busy: Known(1), WriteTime: Known(0.0004)} }, Verdict{}},
		{"steal", func(s *Snapshot) { s.CPU.Steal = Known(0.35) }, Verdict{State: "bad", Resource: "cpu", Text: "CPU withheld for 42 s: the hypervisor keeps 35 % of 4 cores"}},
		{"memory", func(s *Snapshot) { s.Memory.Available = 500 << 20 }, Verdict{State: "bad", Resource: "memory", Text: "memory short for 42 s: 3 % available, postgres (pid 811) has 2 GiB", PID: 811}},
		{"memory, busy", func(s *Snapshot) { s.Memory.Available = 1400 << 20 }, Verdict{State: "busy", Resource: "memory", Text: "memory short for 42 s: 9 % available, postgres (pid 811) has 2 GiB", PID: 811}},
		{"memory, no pressure", func(s *Snapshot) { s.Memory.Available = 1400 << 20; s.Pressure = nil }, Verdict{}},
		{"memory of a large machine", func(s *Snapshot) { s.Memory.Total, s.Memory.Available = 1<<40, 40<<30 }, Verdict{}},
		{"memory pressure", func(s *Snapshot) { s.Pressure.Memory.Full = Known(0.24) }, Verdict{State: "bad", Resource: "memory", Text: "short of memory for 42 s: postgres (pid 811), 24 % full pressure", PID: 811}},
		{"swap", func(s *Snapshot) { s.Paging.SwapIn, s.Paging.SwapOut = Known(4<<20), Known(5<<20) }, Verdict{State: "busy", Resource: "memory", Text: "swapping for 42 s: postgres (pid 811), 4 MiB/s in, 5 MiB/s out", PID: 811}},
		{"swap, out alone", func(s *Snapshot) { s.Paging.SwapOut = Known(500 << 20) }, Verdict{}},
		{"full", func(s *Snapshot) { s.Filesystems[0].UsedRatio, s.Filesystems[0].Available = Known(0.994), 300<<20 }, Verdict{State: "bad", Resource: "disk", Text: "filesystem nearly full for 42 s: / 99 %, 300 MiB left"}},
		{"full, but large", func(s *Snapshot) { s.Filesystems[1].UsedRatio = Known(0.99) }, Verdict{}},
		{"full by its nature", func(s *Snapshot) {
			s.Filesystems = append(s.Filesystems, Filesystem{Mount: "/snap", UsedRatio: Known(1), ReadOnly: true})
		}, Verdict{}},
		{"inodes", func(s *Snapshot) { s.Filesystems[0].InodesUsed = 96 }, Verdict{State: "busy", Resource: "disk", Text: "inodes nearly used up for 42 s: / 96 %"}},
		{"stale", func(s *Snapshot) { s.Filesystems[1].Stale = true }, Verdict{State: "bad", Resource: "disk", Text: "filesystem does not answer for 42 s: /data"}},
		{"heat", func(s *Snapshot) { s.Sensors[0].Value = Known(101) }, Verdict{State: "bad", Resource: "thermal", Text: "too hot for 42 s: coretemp Package id 0 at 101 °C, critical is 100 °C"}},
		{"heat without a limit", func(s *Snapshot) { s.Sensors[0].Value, s.Sensors[0].Critical = Known(140), Number{} }, Verdict{}},
		{"loss", func(s *Snapshot) { s.Networks[0].ReceiveDrops = Known(120) }, Verdict{State: "bad", Resource: "network", Text: "packets lost for 42 s: eth0 6 %, 120/s"}},
		{"loss of a few", func(s *Snapshot) {
			s.Networks[0] = Network{Name: "eth0", ReceivePackets: Known(1), ReceiveDrops: Known(2)}
		}, Verdict{}},
		{"loss of a virtual one", func(s *Snapshot) { s.Networks[0].ReceiveDrops, s.Networks[0].Virtual = Known(500), true }, Verdict{}},
		{"retransmits", func(s *Snapshot) { s.Sockets.Retransmits = Known(80) }, Verdict{State: "busy", Resource: "network", Text: "network unreliable for 42 s: 8 % of TCP segments are sent again"}},
		{"retransmits of a few", func(s *Snapshot) { s.Sockets.Retransmits, s.Sockets.SegmentsOut = Known(5), Known(10) }, Verdict{}},
		{"refused", func(s *Snapshot) { s.Sockets.ListenOverflows = Known(30) }, Verdict{State: "busy", Resource: "network", Text: "connections refused for 42 s: 30/s, a program takes them too slowly"}},
		{"conntrack", func(s *Snapshot) { s.Sockets.Conntrack = Known(65000) }, Verdict{State: "bad", Resource: "network", Text: "connection tracker nearly full for 42 s: 65000 of 65536 entries"}},
		{"handles", func(s *Snapshot) { s.Handles.Allocated = 990 }, Verdict{State: "bad", Resource: "files", Text: "file handles nearly used up for 42 s: 990 of 1000"}},
		{"throttled", func(s *Snapshot) { s.Container.Throttled = Known(0.45) }, Verdict{State: "busy", Resource: "container", Text: "held back by its CPU limit for 42 s: web in 45 % of its periods, limit 1.5 cores"}},
		{"neighbour throttled", func(s *Snapshot) { s.Neighbours = []Cgroup{{Name: "app", Path: "/app", Throttled: Known(0.9)}} }, Verdict{State: "bad", Resource: "container", Text: "held back by its CPU limit for 42 s: app in 90 % of its periods"}},
		{"container memory", func(s *Snapshot) { s.Container.WorkingSet, s.Container.Name = Known(500<<20), "" }, Verdict{State: "bad", Resource: "container", Text: "near its memory limit for 42 s: this container uses 98 % of 512 MiB"}},
		{"hostile name", func(s *Snapshot) { *s = burning(); s.Processes.Top[0].Name = strings.Repeat("\x1b[2Jé", 50) }, Verdict{State: "busy", Resource: "cpu",
			Text: "CPU saturated for 42 s: " + strings.Repeat("�[2Jé", 4) + "�[2J… (pid 99), 92 % of 4 cores", PID: 99}},
		{"no process is at fault", func(s *Snapshot) { *s = burning(); s.Processes = nil }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s: 92 % of 4 cores"}},
		{"one source fails", func(s *Snapshot) {
			s.Sources = []SourceState{{Name: "disks", Error: "x", Age: Known(3)}, {Name: "users", Missing: true}}
		}, Verdict{State: "healthy", Text: "healthy as far as is known: no answer from disks"}},
		{"three sources fail", func(s *Snapshot) {
			s.Sources = []SourceState{{Name: "disks"}, {Name: "cpu", Partial: true}, {Name: "host"}, {Name: "users"}}
		}, Verdict{State: "healthy", Text: "healthy as far as is known: no answer from disks and 2 more"}},
		{"nothing is known", func(s *Snapshot) { *s = Snapshot{} }, Verdict{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrial(t)
			tr.run(quiet(), 30, 1)
			tr.loose = true
			changed := tr.now
			s := quiet()
			tt.change(&s)
			got := tr.run(s, 60, 1)
			want := tt.want
			if want.State == "" {
				want = Verdict{State: "healthy", Text: "healthy"}
			}
			want.Since = got.Since
			if want.State != stateHealthy {
				if d := got.Since - changed.UnixMilli(); d != 0 && d != 1000 { // a gauge holds from its snapshot on
					t.Errorf("since %d ms after the change", d)
				}
			}
			for _, seconds := range []string{" for 60 s", " for 59 s"} {
				got.Text = strings.Replace(got.Text, seconds, " for 42 s", 1)
			}
			if *got != want {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
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
			if v.State != "busy" || math.Abs(float64(v.Since-began.UnixMilli())) > 1000 || !regexp.MustCompile(`^CPU saturated for 1[12] s: `).MatchString(v.Text) {
				t.Fatalf("got %+v", v)
			}
			text := v.Text
			v = tr.run(quiet(), 8, interval)
			if v.State != "busy" || !strings.HasSuffix(v.Text, "of 4 cores") || interval == 1 && v.Text != text {
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
	if v := tr.next(burning(), 60); v.State != "busy" || !strings.HasPrefix(v.Text, "CPU saturated for 60 s: ") {
		t.Errorf("got %+v", v)
	}
	if v := tr.next(burning(), 60); !strings.HasPrefix(v.Text, "CPU saturated for 2 min: ") {
		t.Errorf("got %+v", v)
	}
	if v := tr.next(quiet(), 60); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
}

// Around the threshold, and at random, the verdict changes its mind seldom.
func TestVerdictDoesNotFlicker(t *testing.T) {
	for _, interval := range []float64{0.1, 1} {
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
		if v := tr.next(s, 1); v.State != "healthy" {
			t.Fatalf("got %+v", v)
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
	if v := tr.run(both, 40, 1); v.State != "bad" || v.Resource != "cpu" || !strings.Contains(v.Text, "for 4 min") {
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

func TestOOM(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	s := quiet()
	s.Paging.OOMKills = Known(4)
	v := tr.next(s, 1)
	if v.State != "bad" || v.Resource != "memory" || v.Text != "out of memory: the kernel killed a process, largest now postgres (pid 811), the last 0 s ago" || v.Since != tr.now.UnixMilli() {
		t.Errorf("got %+v", v)
	}
	s.Paging.OOMKills = Known(6)
	tr.run(s, 20, 1)
	if v = tr.next(s, 1); !strings.HasPrefix(v.Text, "out of memory: the kernel killed 3 processes,") || !strings.HasSuffix(v.Text, "the last 20 s ago") {
		t.Errorf("got %+v", v)
	}
	if v = tr.run(s, 45, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	s.Paging.OOMKills = Known(0) // the counter began again
	if v = tr.next(s, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	s.Container.OOMKills = Known(1)
	s.Paging.OOMKills = Known(1)
	if v = tr.next(s, 1); v.Resource != "container" || v.Text != "out of memory: the kernel killed a process in web, the last 0 s ago" {
		t.Errorf("got %+v", v)
	}
}

// A group that appears with kills has not lost anybody now.
func TestOOMOfNeighbours(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	s := quiet()
	s.Neighbours = []Cgroup{{Path: "/a", OOMKills: Known(7)}, {Path: "/b"}}
	if v := tr.run(s, 3, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	s.Neighbours = []Cgroup{{Path: "/a", Name: "app", OOMKills: Known(9)}, {Path: "/b"}}
	if v := tr.next(s, 1); v.Text != "out of memory: the kernel killed 2 processes in app, the last 0 s ago" {
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
		if !strings.HasPrefix(v.Text, "CPU saturated for 30 s") || v.Since != tr.now.Add(-30*time.Second).UnixMilli() {
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
	if v := tr.next(hot, 3600); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(hot, 3, 1); v.Text != "too hot for 3 s: coretemp Package id 0 at 101 °C, critical is 100 °C" {
		t.Errorf("got %+v", v)
	}
	// A machine that stood still because it was short of memory says so.
	thrashing := quiet()
	thrashing.Pressure.Memory.Full = Known(0.9)
	if v := tr.next(thrashing, 90); v.Resource != "memory" || !strings.HasPrefix(v.Text, "short of memory for 90 s: ") {
		t.Errorf("got %+v", v)
	}
}

// Nothing is made anew as long as the text stays.
func TestVerdictAllocs(t *testing.T) {
	for name, s := range map[string]Snapshot{"quiet": quiet(), "busy": burning()} {
		tr := newTrial(t)
		tr.run(s, 20, 1)
		s.Interval = Known(1e-4)
		s.At = tr.now
		if n := testing.AllocsPerRun(1000, func() {
			s.At = s.At.Add(time.Nanosecond)
			tr.judge.verdict(&s)
		}); n > 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
		s.Interval = Known(1)
		if n := testing.AllocsPerRun(1000, func() {
			s.At = s.At.Add(time.Second)
			tr.judge.verdict(&s)
		}); n > 2 {
			t.Errorf("%s: %g allocations a second", name, n)
		}
	}
}

// TestRecorded: what a machine with two processors, of which the hypervisor kept some time back, showed under load.
func TestRecorded(t *testing.T) {
	for _, tt := range []struct {
		file   string
		saw    map[string]string // by resource, what its sentences are like
		before int               // so many seconds are healthy
	}{
		{"cpu", map[string]string{"cpu": `^CPU (saturated|withheld) for \d+ s: (burner \(pid \d+\), )?(the hypervisor keeps )?\d+ % of 2 cores$`}, 7},
		{"io", map[string]string{"io": `^I/O-bound for \d+ s: (writer \(pid \d+\), )?\d+ % full pressure(, vda \d+ % busy)?$`}, 8},
		{"contended", map[string]string{"cpu": `^CPU withheld `}, 7},          // the same, while the neighbours took the processors
		{"memory", map[string]string{"cpu": `^CPU (saturated|withheld) `}, 4}, // one grows to 1 GiB of 24: that is no shortage
	} {
		t.Run(tt.file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", "verdict", tt.file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var snapshots []Snapshot
			if err := json.Unmarshal(b, &snapshots); err != nil {
				t.Fatal(err)
			}
			tr, other := newTrial(t), newTrial(t)
			seen := make(map[string]bool)
			changes, before := 0, "healthy"
			for i, s := range snapshots {
				interval, _ := s.Interval.Get()
				v := tr.next(s, interval)
				if w := other.next(s, interval); *w != *v {
					t.Fatalf("another judge says %+v, this one %+v", w, v)
				}
				t.Log(i, *v)
				if what := v.State + v.Resource; what != before {
					changes, before = changes+1, what
				}
				if v.State == stateHealthy {
					continue
				}
				seen[v.Resource] = true
				if i < tt.before || !regexp.MustCompile(tt.saw[v.Resource]).MatchString(v.Text) || tt.saw[v.Resource] == "" {
					t.Errorf("after %d s %+v", i, v)
				}
			}
			for resource := range tt.saw {
				if !seen[resource] {
					t.Errorf("nothing about %s", resource)
				}
			}
			if changes > 5 {
				t.Errorf("%d changes", changes)
			}
		})
	}
}

// FuzzVerdict: whatever the numbers are, there is a sentence.
func FuzzVerdict(f *testing.F) {
	f.Add(uint64(1), uint64(2), 50)
	f.Add(uint64(7), uint64(1<<63), 200)
	f.Fuzz(func(t *testing.T, a, b uint64, n int) {
		random := rand.New(rand.NewPCG(a, b))
		number := func() Number {
			if random.IntN(4) == 0 {
				return Number{}
			}
			return Known(math.Pow(10, random.Float64()*30-8))
		}
		tr := newTrial(t)
		for range min(max(n, 0), 100) {
			s := quiet()
			for _, p := range []*Number{&s.CPU.Busy, &s.CPU.IOWait, &s.CPU.Steal, &s.Pressure.CPU.Some, &s.Pressure.IO.Full, &s.Pressure.Memory.Full,
				&s.Paging.SwapIn, &s.Paging.SwapOut, &s.Paging.OOMKills, &s.Disks[0].Busy, &s.Disks[0].WriteTime, &s.Sockets.Retransmits, &s.Sockets.SegmentsOut,
				&s.Sockets.ListenOverflows, &s.Sockets.Conntrack, &s.Sensors[0].Value, &s.Sensors[0].Critical, &s.Container.WorkingSet, &s.Container.MemoryLimit,
				&s.Container.Throttled, &s.Container.OOMKills, &s.Networks[0].ReceiveDrops, &s.Filesystems[0].UsedRatio, &s.Processes.Top[0].CPU} {
				if random.IntN(2) == 0 {
					*p = number()
				}
			}
			s.Memory.Available, s.Memory.Total = random.Uint64(), random.Uint64()
			s.Filesystems[0].InodesUsed, s.Filesystems[0].ReadOnly = random.Uint64(), random.IntN(3) == 0
			for _, drop := range []func(){func() { s.CPU = nil }, func() { s.Memory = nil }, func() { s.Pressure = nil }, func() { s.Sockets = nil },
				func() { s.Paging = nil }, func() { s.Processes = nil }, func() { s.Container = nil }, func() { s.Filesystems = nil }, func() { s.Handles = nil },
				func() { s.Sensors = nil }, func() { s.Disks = nil }, func() { s.Networks = nil }, func() { s.Pressure = &Pressure{} }} {
				if random.IntN(8) == 0 {
					drop()
				}
			}
			if random.IntN(5) == 0 {
				s.Sources = []SourceState{{Name: "cpu", Age: number()}}
			}
			tr.next(s, []float64{0, 0.1, 1, 10, 60, 1e9}[random.IntN(6)]+1e-3)
		}
	})
}

func BenchmarkVerdict(b *testing.B) {
	for name, s := range map[string]Snapshot{"quiet": quiet(), "busy": burning()} {
		b.Run(name, func(b *testing.B) {
			var j judge
			s.Interval = Known(1)
			b.ReportAllocs()
			for b.Loop() {
				s.At = s.At.Add(time.Second)
				j.verdict(&s)
			}
		})
	}
}
