package collector

import (
	"strings"
	"testing"
	"time"
)

// TestRules: each rule's sentence, after its condition has held for 42 seconds.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*Snapshot)
		want   Verdict
	}{
		{"cpu", func(s *Snapshot) { *s = burning() }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores", PID: 99}},
		{"cpu, bad", func(s *Snapshot) { *s = burning(); s.Pressure.CPU.Some = Known(0.95) }, Verdict{State: "bad", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores", PID: 99}},
		{"cpu busy and nobody waits", func(s *Snapshot) { s.CPU.Busy = Known(1) }, Verdict{State: "healthy", Text: "healthy; CPU fully used (100 % of 4 cores), others wait 1 % of the time: many small processes"}},
		{"cpu, no pressure", func(s *Snapshot) { *s = burning(); s.Pressure = nil }, Verdict{}},
		{"cpu, no pressure, all of it", func(s *Snapshot) { *s = burning(); s.Pressure = nil; s.CPU.Busy = Known(0.99) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (99 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores", PID: 99}},
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
		{"dropped", func(s *Snapshot) { s.Sockets.ListenOverflows = Known(30) }, Verdict{State: "busy", Resource: "network", Text: "connections dropped for 42 s: 30 a second, an accept queue is full"}},
		{"dropped at a port", func(s *Snapshot) {
			s.Sockets.ListenOverflows = Known(30)
			s.Sockets.FullListeners = []Listener{{Address: "::", Port: 8080, Queue: 129, Limit: 128}, {Address: "127.0.0.1", Port: 81, Queue: 6, Limit: 5}}
		}, Verdict{State: "busy", Resource: "network", Text: "connections dropped for 42 s: 30 a second, the accept queue of port 8080 is full (limit 128)"}},
		{"datagrams", func(s *Snapshot) { s.Sockets.UDPDrops = Known(1200) }, Verdict{State: "busy", Resource: "network", Text: "datagrams dropped for 42 s: 1200 a second, a program's receive buffer is full"}},
		{"a few datagrams", func(s *Snapshot) { s.Sockets.UDPDrops = Known(30) }, Verdict{}},
		{"full, and nobody refused", func(s *Snapshot) { s.Sockets.FullListeners = []Listener{{Port: 81, Queue: 5, Limit: 5}} }, Verdict{}},
		{"conntrack", func(s *Snapshot) { s.Sockets.Conntrack = Known(65000) }, Verdict{State: "bad", Resource: "network", Text: "connection tracker nearly full for 42 s: 65000 of 65536 entries"}},
		{"handles", func(s *Snapshot) { s.Handles.Allocated = 990 }, Verdict{State: "bad", Resource: "files", Text: "file handles nearly used up for 42 s: 990 of 1000"}},
		{"throttled", func(s *Snapshot) { s.Container.Throttled = Known(0.45) }, Verdict{State: "busy", Resource: "container", Text: "held back by its CPU limit for 42 s: web in 45 % of its periods, limit 1.5 cores"}},
		{"neighbour throttled", func(s *Snapshot) { s.Neighbours = []Cgroup{{Name: "app", Path: "/app", Throttled: Known(0.9)}} }, Verdict{State: "bad", Resource: "container", Text: "held back by its CPU limit for 42 s: app in 90 % of its periods"}},
		{"neighbour throttled, when it was last seen", func(s *Snapshot) {
			s.Neighbours = []Cgroup{{Name: "app", Path: "/app", Throttled: Known(0.9)}}
			s.Sources = []SourceState{{Name: "neighbours", Error: "x", Age: Known(9)}}
		}, Verdict{State: "healthy", Text: "healthy as far as is known: no answer from neighbours"}},
		{"neighbour throttled, and the own group does not answer", func(s *Snapshot) {
			s.Neighbours = []Cgroup{{Name: "app", Path: "/app", Throttled: Known(0.9)}}
			s.Sources = []SourceState{{Name: "container", Error: "x", Age: Known(9)}}
		}, Verdict{State: "bad", Resource: "container", Text: "held back by its CPU limit for 42 s: app in 90 % of its periods"}},
		{"throttled, and neighbours do not answer", func(s *Snapshot) {
			s.Container.Throttled = Known(0.45)
			s.Sources = []SourceState{{Name: "neighbours", Error: "x", Age: Known(9)}}
		}, Verdict{State: "busy", Resource: "container", Text: "held back by its CPU limit for 42 s: web in 45 % of its periods, limit 1.5 cores"}},
		{"container memory", func(s *Snapshot) { s.Container.WorkingSet, s.Container.Name = Known(500<<20), "" }, Verdict{State: "bad", Resource: "container", Text: "near its memory limit for 42 s: this container uses 98 % of 512 MiB"}},
		{"memory above", func(s *Snapshot) { s.Container.MemoryPressed = Known(0.98) }, Verdict{State: "bad", Resource: "container", Text: "near its memory limit for 42 s: web is in a group that uses 98 % of its limit"}},
		{"memory kept high", func(s *Snapshot) {
			s.Container.MemoryLimit, s.Container.MemoryHigh, s.Container.HighEvents = Number{}, Known(100<<20), Known(1e6)
		}, Verdict{State: "healthy", Text: "healthy"}},
		{"hostile name", func(s *Snapshot) { *s = burning(); s.Processes.Top[0].Name = strings.Repeat("\x1b[2Jé", 50) }, Verdict{State: "busy", Resource: "cpu",
			Text: "CPU saturated for 42 s (92 % of 4 cores): " + strings.Repeat("�[2Jé", 4) + "�[2J… (pid 99) uses 3.5 cores", PID: 99}},
		{"no process is at fault", func(s *Snapshot) { *s = burning(); s.Processes = nil }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores)"}},
		{"cpu, one of four", func(s *Snapshot) { *s = burning(); s.Processes.Top[0].CPU = Known(0.98) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): ffmpeg (pid 99) uses 1 core", PID: 99}},
		{"cpu, nobody has much of it", func(s *Snapshot) { *s = burning(); s.Processes.Top[0].CPU = Known(0.9) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): many small processes"}},
		{"cpu, short-lived", func(s *Snapshot) { *s = burning(); s.Processes.Top[0].CPU, s.CPU.Forks = Known(0.3), Known(120.4) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): short-lived processes, 120 started a second"}},
		{"cpu, short-lived ones of one", func(s *Snapshot) {
			*s = burning()
			p := &s.Processes.Top[0]
			p.CPU, p.ChildrenCPU, s.CPU.Forks = Known(0.3), Known(2.4), Known(600)
		}, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): ffmpeg (pid 99) uses 2.7 cores, mostly short-lived children", PID: 99}},
		{"cpu, one beside short-lived ones", func(s *Snapshot) { *s = burning(); s.CPU.Forks = Known(120) }, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores): ffmpeg (pid 99) uses 3.5 cores", PID: 99}},
		{"cpu, processes are old", func(s *Snapshot) {
			*s = burning()
			s.Sources = []SourceState{{Name: "processes", Error: "x", Age: Known(9)}}
		}, Verdict{State: "busy", Resource: "cpu", Text: "CPU saturated for 42 s (92 % of 4 cores)"}},
		{"one source fails", func(s *Snapshot) {
			s.Sources = []SourceState{{Name: "disks", Error: "x", Age: Known(3)}, {Name: "users", Missing: true}}
		}, Verdict{State: "healthy", Text: "healthy as far as is known: no answer from disks"}},
		{"three sources fail", func(s *Snapshot) {
			s.Sources = []SourceState{{Name: "disks"}, {Name: "cpu", Partial: true}, {Name: "host"}, {Name: "users"}}
		}, Verdict{State: "healthy", Text: "healthy as far as is known: no answer from disks and 2 more"}},
		{"nothing is known", func(s *Snapshot) { *s = Snapshot{} }, Verdict{State: "unknown", Text: "no verdict: no answer from cpu, memory"}},
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
			if want.Resource != "" {
				if d := got.Since - changed.UnixMilli(); d != 0 && d != 1000 { // a gauge holds from its snapshot on
					t.Errorf("since %d ms after the change", d)
				}
			}
			for _, seconds := range []string{" for 60 s", " for 59 s"} {
				got.Text = strings.Replace(got.Text, seconds, " for 42 s", 1)
			}
			if sentenceOf(got) != want {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
	}
}

// The queue that was full is named when it is not full any more.
func TestDroppedRemembersThePort(t *testing.T) {
	tr := newTrial(t)
	dropping := func(full ...Listener) Snapshot {
		s := quiet()
		s.Sockets.ListenOverflows, s.Sockets.FullListeners = Known(30), full
		return s
	}
	tr.run(quiet(), 10, 1)
	tr.run(dropping(Listener{Address: "::", Port: 8080, Queue: 3, Limit: 2}), 10, 1)
	if v := tr.run(dropping(), 5, 1); v.Text != "connections dropped for 15 s: 30 a second, the accept queue of port 8080 is full (limit 2)" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(quiet(), 8, 1); !strings.HasSuffix(v.Text, " s ago: 30 a second, the accept queue of port 8080 was full (limit 2)") {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(dropping(), 80, 1); !strings.HasSuffix(v.Text, ", an accept queue is full") { // that was long ago
		t.Errorf("got %+v", v)
	}
}

// TestVerdictFullyUsed: processors that have nothing but work to do, for which nothing waits, are no trouble, and who has them is told.
func TestVerdictFullyUsed(t *testing.T) {
	used := func(some float64, top ...Process) Snapshot {
		s := quiet()
		s.CPU.Busy, s.Pressure.CPU.Some = Known(1), Known(some)
		s.Processes.Top = top
		return s
	}
	loop := func(pid int32, cores float64) Process { return Process{PID: pid, Name: "sh", CPU: Known(cores)} }
	for _, tt := range []struct {
		name     string
		snapshot Snapshot
		text     string
		pid      int32
	}{
		{"loops", used(0.04, loop(7, 2), loop(8, 2)),
			"healthy; CPU fully used (100 % of 4 cores), others wait 4 % of the time: sh, 2 processes, use 4 cores", 0},
		{"one", used(0, loop(7, 4)), "healthy; CPU fully used (100 % of 4 cores), nothing waits: sh (pid 7) uses 4 cores", 7},
		{"many", used(0), "healthy; CPU fully used (100 % of 4 cores), nothing waits: many small processes", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrial(t)
			tr.run(quiet(), 10, 1)
			if v := tr.run(tt.snapshot, 4, 1); v.Text != "healthy" {
				t.Errorf("too early: %+v", v)
			}
			v := tr.run(tt.snapshot, 4, 1)
			if v.State != "healthy" || v.Text != tt.text || v.PID != tt.pid || v.Since != tr.now.Add(-18*time.Second).UnixMilli() {
				t.Errorf("got %+v, want %q", v, tt.text)
			}
			if v := tr.run(quiet(), 5, 1); v.Text != "healthy" {
				t.Errorf("when it is over: %+v", v)
			}
		})
	}
	// Somebody else takes them, and is named.
	tr := newTrial(t)
	tr.run(used(0, loop(7, 4)), 20, 1)
	if v := tr.run(used(0, loop(9, 4)), 3, 1); v.PID != 9 {
		t.Errorf("got %+v", v)
	}
	// The words are of now. Made anew, because the clock is set, when the numbers are unknown or say otherwise, they are left out.
	for name, now := range map[string]Snapshot{
		"no pressure":     func() Snapshot { s := used(0); s.Pressure = nil; return s }(),
		"no cpu pressure": func() Snapshot { s := used(0); s.Pressure = &Pressure{}; return s }(),
		"no cpu":          func() Snapshot { s := used(0); s.CPU = nil; return s }(),
		"less busy":       func() Snapshot { s := used(0); s.CPU.Busy = Known(0.5); return s }(),
	} {
		tr := newTrial(t)
		tr.run(used(0, loop(7, 4)), 20, 1)
		tr.now = tr.now.Add(-time.Hour)
		if v := tr.next(now, 1); v.Text != "healthy" {
			t.Errorf("%s: got %+v", name, v)
		}
	}
}
