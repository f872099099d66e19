package collector

import (
	"strings"
	"testing"
)

// killing is a quiet machine whose kernel has killed that many since boot, short one that has no memory left.
func killing(kills float64) Snapshot {
	s := quiet()
	s.Paging.OOMKills = Known(kills)
	return s
}

func short(s Snapshot) Snapshot {
	s.Memory.Available = 200 << 20
	return s
}

func TestOOM(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	tr.next(short(quiet()), 1)
	s := killing(4)
	v := tr.next(s, 1)
	if v.State != "bad" || v.Resource != "memory" || v.Text != "out of memory: the kernel killed a process, 0 s ago" || v.Since != tr.now.UnixMilli() {
		t.Errorf("got %+v", v)
	}
	tr.next(short(killing(4)), 1)
	s.Paging.OOMKills = Known(6)
	tr.run(s, 20, 1)
	if v = tr.next(s, 1); v.Text != "out of memory: the kernel killed 3 processes, 20 s ago" {
		t.Errorf("got %+v", v)
	}
	if v = tr.run(s, 45, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
	s.Paging.OOMKills = Known(0) // the counter began again
	if v = tr.next(s, 1); v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
}

// The kernel counts those that a control group's limit killed with the others: the host lacks nothing.
func TestOOMOfLimit(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	v := tr.next(killing(4), 1)
	if v.State != "busy" || v.Resource != "container" || v.Text != "a control group's limit killed a process, 0 s ago" {
		t.Errorf("got %+v", v)
	}
	for name, shorten := range map[string]func(*Snapshot){
		"available":                   func(s *Snapshot) { *s = short(*s) },
		"pressure":                    func(s *Snapshot) { s.Pressure.Memory.Full = Known(0.5) },
		"available, without pressure": func(s *Snapshot) { s.Pressure, s.Memory.Available = nil, 3<<30 },
	} {
		tr := newTrial(t)
		tr.run(quiet(), 10, 1)
		s := quiet()
		shorten(&s)
		tr.next(s, 1)
		if v := tr.run(killing(4), 3, 1); v.State != "bad" || v.Resource != "memory" {
			t.Errorf("%s: got %+v", name, v)
		}
		tr.run(quiet(), 20, 1) // it is over
		if v := tr.run(killing(5), 50, 1); v.State != "busy" {
			t.Errorf("%s: later got %+v", name, v)
		}
	}
	// A tenth of a second of standing still is no shortage.
	tr = newTrial(t)
	tr.run(quiet(), 10, 0.1)
	s := quiet()
	s.Pressure.Memory.Full = Known(0.9)
	tr.next(s, 0.1)
	if v := tr.run(killing(4), 1, 0.1); v.State != "busy" {
		t.Errorf("got %+v", v)
	}
}

func TestOOMInside(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	s := killing(4)
	s.Container.OOMKills = Known(1)
	v := tr.next(s, 1)
	if v.State != "bad" || v.Resource != "container" || v.Text != "out of memory: the kernel killed a process in web, 0 s ago" {
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
	if v := tr.next(s, 1); v.State != "busy" || v.Text != "out of memory: the kernel killed 2 processes in app, 0 s ago" {
		t.Errorf("got %+v", v)
	}
	// The host's counter shows it a second later: that is the same kill.
	s.Paging.OOMKills = Known(5)
	for range 70 {
		if v := tr.next(s, 1); v.State != "healthy" && !strings.Contains(v.Text, " in app, ") {
			t.Fatalf("got %+v", v)
		}
	}
}

// with adds a process to those that are listed.
func with(s Snapshot, p ...Process) Snapshot {
	s.Processes = &Processes{Top: append(append([]Process(nil), s.Processes.Top...), p...)}
	return s
}

// naming adds whom the kernel's log names.
func naming(s Snapshot, kills ...Kill) Snapshot {
	s.Paging.Killed = kills
	return s
}

func TestVictim(t *testing.T) {
	big := Process{PID: 17707, Started: 9, Name: "collector.test", Memory: 22 << 30}
	small := Process{PID: 17708, Started: 9, Name: "sh", Memory: 1 << 20}
	zombie := big
	zombie.State, zombie.Memory = "zombie", 0
	again := big
	again.Started, again.Memory = 10, 1<<20
	many := make([]Process, mostByMemory)
	for i := range many {
		many[i] = Process{PID: int32(i + 1000), Memory: 23 << 30}
	}
	other := Process{PID: 17709, Started: 9, Name: "compile", Memory: 23 << 30}
	least := Process{PID: 17710, Started: 9, Name: "cc1", Memory: 5 << 30}
	const text = "out of memory: the kernel killed a process, probably collector.test (pid 17707, 22 GiB), "
	for _, tt := range []struct {
		name string
		list [3]Snapshot // a second before the kill is told, with it, and a second later
		want string
		pid  int32
	}{
		{"gone before", [3]Snapshot{with(killing(3), small), killing(4), killing(4)}, "out of memory: the kernel killed a process, probably collector.test (pid 17707, 22 GiB), 1 s ago", 17707},
		{"gone with it", [3]Snapshot{with(killing(3), small, big), killing(4), killing(4)}, text + "1 s ago", 17707},
		{"gone after", [3]Snapshot{with(killing(3), small, big), with(killing(4), big), killing(4)}, text + "1 s ago", 17707},
		{"gone with a larger one", [3]Snapshot{with(killing(3), big, other), killing(4), killing(4)}, "out of memory: the kernel killed a process, 1 s ago", 0},
		{"gone after a larger one", [3]Snapshot{with(killing(3), big, other), with(killing(4), big), killing(4)}, "out of memory: the kernel killed a process, 1 s ago", 0},
		{"gone with a smaller one", [3]Snapshot{with(killing(3), big, least), killing(4), killing(4)}, text + "1 s ago", 17707},
		{"not reaped", [3]Snapshot{with(killing(3), small, big), with(killing(4), zombie), with(killing(4), zombie)}, text + "1 s ago", 17707},
		{"same number", [3]Snapshot{with(killing(3), big), with(killing(4), again), with(killing(4), again)}, text + "1 s ago", 17707},
		{"still there", [3]Snapshot{with(killing(3), big), with(killing(4), big), with(killing(4), big)}, "out of memory: the kernel killed a process, 1 s ago", 0},
		{"pushed out", [3]Snapshot{with(killing(3), big), with(killing(4), many...), with(killing(4), many...)}, "out of memory: the kernel killed a process, 1 s ago", 0},
		{"named by the log", [3]Snapshot{with(killing(3), big), naming(killing(4), Kill{814, "python3", 54 << 20}), killing(4)}, "out of memory: the kernel killed a process, python3 (pid 814, 54 MiB), 1 s ago", 814},
		{"named later", [3]Snapshot{with(killing(3), big), killing(4), naming(killing(4), Kill{814, "python3", 54 << 20})}, "out of memory: the kernel killed a process, python3 (pid 814, 54 MiB), 1 s ago", 814},
		{"two are named", [3]Snapshot{killing(3), naming(killing(5), Kill{1, "a", 1 << 20}, Kill{2, "b", 2 << 20}), killing(5)}, "out of memory: the kernel killed 2 processes, one b (pid 2, 2 MiB), 1 s ago", 2},
		{"one of two", [3]Snapshot{with(killing(3), big), with(killing(4), big), killing(5)}, "out of memory: the kernel killed 2 processes, one probably collector.test (pid 17707, 22 GiB), 0 s ago", 17707},
		{"nothing listed", [3]Snapshot{{Paging: killing(3).Paging}, {Paging: killing(4).Paging}, {Paging: killing(4).Paging}}, "out of memory: the kernel killed a process, 1 s ago", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTrial(t)
			s := quiet()
			if tt.list[0].Processes == nil {
				s.Processes = nil
			}
			tr.run(s, 10, 1)
			s = short(with(quiet(), big))
			if tt.list[0].Processes == nil {
				s.Processes = nil
			}
			tr.next(s, 1)
			var v *Verdict
			for _, s := range tt.list {
				v = tr.next(s, 1)
			}
			if v.Text != tt.want || v.PID != tt.pid {
				t.Errorf("got  %+v\nwant %s", v, tt.want)
			}
		})
	}
	// A control group's, and another one later has another victim.
	tr := newTrial(t)
	tr.run(with(quiet(), small, big), 10, 1)
	if v := tr.next(with(killing(4), small), 1); v.Text != "a control group's limit killed a process, probably collector.test (pid 17707, 22 GiB), 0 s ago" {
		t.Errorf("got %+v", v)
	}
	tr.run(with(killing(4), small), 100, 1)
	if v := tr.next(killing(5), 1); v.Text != "a control group's limit killed a process, probably sh (pid 17708, 1 MiB), 0 s ago" {
		t.Errorf("got %+v", v)
	}
	// Names and numbers as long as can be.
	long := Process{PID: 4194304, Started: 9, Name: strings.Repeat("n", 99), Memory: 1023 << 20}
	tr = newTrial(t)
	tr.run(short(with(quiet(), long)), 10, 1)
	if v := tr.run(killing(102), 60, 1); !strings.HasSuffix(v.Text, "59 s ago") {
		t.Errorf("got %+v", v)
	}
}

func TestKillIsRemembered(t *testing.T) {
	tr := newTrial(t)
	tr.loose = true
	tr.run(quiet(), 10, 1)
	tr.run(killing(4), 70, 1)
	began := tr.now.UnixMilli()
	v := tr.run(killing(4), 200, 1)
	if v.State != "healthy" || v.Text != "healthy; the kernel killed a process for memory 4 min ago" || v.Since > began || v.Since < began-20000 {
		t.Errorf("got %+v", v)
	}
	tr.run(killing(6), 120, 1)
	if v := tr.next(killing(6), 1); v.Text != "healthy; the kernel killed 3 processes for memory 2 min ago" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(killing(6), 3400, 1); v.Text != "healthy; the kernel killed 3 processes for memory 58 min ago" {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(killing(6), 100, 1); v.Text != "healthy" || v.State != "healthy" {
		t.Errorf("got %+v", v)
	}
}
