package collector

import (
	"strings"
	"testing"
)

// killing is a quiet machine whose kernel has killed that many since boot; short is such a one without memory.
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
	if v.State != "bad" || v.Resource != "memory" || v.Text != "out of memory: the kernel killed a process, the last 0 s ago" || v.Since != tr.now.UnixMilli() {
		t.Errorf("got %+v", v)
	}
	tr.next(short(killing(4)), 1)
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
}

// The kernel counts those that a control group's limit killed with the others: the host lacks nothing.
func TestOOMOfLimit(t *testing.T) {
	tr := newTrial(t)
	tr.run(quiet(), 10, 1)
	v := tr.next(killing(4), 1)
	if v.State != "busy" || v.Resource != "container" || v.Text != "a control group's limit killed a process, the last 0 s ago" {
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
	if v.State != "bad" || v.Resource != "container" || v.Text != "out of memory: the kernel killed a process in web, the last 0 s ago" {
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
	if v := tr.next(s, 1); v.State != "busy" || v.Text != "out of memory: the kernel killed 2 processes in app, the last 0 s ago" {
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
