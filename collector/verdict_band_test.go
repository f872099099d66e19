package collector

import (
	"strings"
	"testing"
)

// crowded is a machine whose processors are busy with processes that use so much each.
func crowded(name string, cores ...float64) Snapshot {
	s := burning()
	s.Processes = &Processes{Top: []Process{{PID: 4, Name: "fivewire", CPU: Known(0.1)}, {PID: 5, Name: name, CPU: Known(0)}}}
	for i, v := range cores {
		s.Processes.Top = append(s.Processes.Top, Process{PID: int32(100 + i), Name: name, CPU: Known(v)})
	}
	return s
}

// beside has another program use so much, in one process or more.
func beside(name string, cores ...float64) func(*Snapshot) {
	return func(s *Snapshot) {
		for i, v := range cores {
			s.Processes.Top = append(s.Processes.Top, Process{PID: int32(70 + i), Name: name, CPU: Known(v)})
		}
	}
}

func TestVerdictBand(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(s *Snapshot)
		s      Snapshot
		want   string
	}{
		{"small ones of a program", nil, crowded("chromium", 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2), "chromium, 9 processes, use 1.4 cores"},
		{"two alike", nil, crowded("python3", 1.8, 1.8), "python3, 2 processes, use 3.6 cores"},
		{"one, and a little more of the kind", nil, crowded("python3", 3, 0.5), "python3 (pid 100) uses 3 cores"},
		{"one alone", nil, crowded("python3", 3), "python3 (pid 100) uses 3 cores"},
		{"another is larger", func(s *Snapshot) {
			s.Processes.Top = append(s.Processes.Top, Process{PID: 7, Name: "ffmpeg", CPU: Known(1.6)})
		}, crowded("python3", 0.6, 0.6, 0.6), "ffmpeg (pid 7) and python3, 3 processes, use 1.6 and 1.8 cores"},
		{"two programs", beside("java", 1), crowded("node", 2), "node (pid 100) and java (pid 70) use 2 and 1 cores"},
		{"one does less than half", beside("java", 0.9), crowded("node", 2), "node (pid 100) uses 2 cores"},
		{"another beside many", beside("java", 1), crowded("node", 0.6, 0.6, 0.6), "node, 3 processes, and java (pid 70) use 1.8 and 1 cores"},
		{"three programs", func(s *Snapshot) { beside("java", 1.3)(s); beside("ruby", 1.2, 0.2)(s) }, crowded("node", 1.4),
			"node (pid 100) and ruby (pid 70) use 1.4 and 1.2 cores"},
		{"of other services", func(s *Snapshot) {
			for i := range s.Processes.Top {
				s.Processes.Top[i].Service = string(rune('a'+i)) + ".service"
			}
		}, crowded("worker", 0.6, 0.6, 0.6), "many small processes"},
		{"several programs in a container", func(s *Snapshot) {
			for i := range s.Processes.Top[2:] {
				s.Processes.Top[2+i].Name, s.Processes.Top[2+i].Container = string(rune('a'+i)), "builder"
			}
		}, crowded("", 0.5, 0.5, 0.5), "builder, 3 processes, use 1.5 cores"},
		{"several programs in a service", func(s *Snapshot) {
			for i := range s.Processes.Top[2:] {
				s.Processes.Top[2+i].Name, s.Processes.Top[2+i].Service = string(rune('a'+i)), "ci.service"
			}
		}, crowded("", 0.5, 0.5, 0.5), "ci.service, 3 processes, use 1.5 cores"},
		{"several programs of somebody", func(s *Snapshot) {
			for i := range s.Processes.Top[2:] {
				s.Processes.Top[2+i].Name, s.Processes.Top[2+i].Service = string(rune('a'+i)), "user@1000.service"
			}
		}, crowded("", 0.5, 0.5, 0.5), "many small processes"},
		{"starters", func(s *Snapshot) {
			for i := range s.Processes.Top[2:] {
				s.Processes.Top[2+i].ChildrenCPU = Known(1)
			}
		}, crowded("make", 0.1, 0.1), "make, 2 processes, use 2.2 cores, mostly short-lived children"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change != nil {
				tt.change(&tt.s)
			}
			first, _, _ := strings.Cut(tt.want, " and ")
			if v := newTrial(t).run(tt.s, 14, 1); !strings.HasSuffix(v.Text, " (92 % of 4 cores): "+tt.want) || (v.PID != 0) != strings.Contains(first, "(pid ") {
				t.Errorf("got %+v, want %s", v, tt.want)
			}
		})
	}
}

// A band and one of it do not take turns, nor do two bands; and what is over is told as it was.
func TestVerdictBandStays(t *testing.T) {
	tr := newTrial(t)
	tr.run(crowded("python3", 1.8, 1.8), 14, 1)
	for range 10 {
		if v := tr.next(crowded("python3", 2, 0.6), 1); !strings.HasSuffix(v.Text, "python3, 2 processes, use 2.6 cores") {
			t.Errorf("got %+v", v)
		}
	}
	two := crowded("python3", 1, 0.9)
	two.Processes.Top = append(two.Processes.Top, crowded("ruby", 1, 1.1).Processes.Top...)
	if v := tr.run(two, 3, 1); !strings.HasSuffix(v.Text, "python3, 2 processes, and ruby, 2 processes, use 1.9 and 2.1 cores") {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(crowded("python3", 2, 0.1), 3, 1); !strings.HasSuffix(v.Text, "python3 (pid 100) uses 2 cores") {
		t.Errorf("got %+v", v)
	}
	if v := tr.run(crowded("python3", 2, 0.6), 3, 1); !strings.HasSuffix(v.Text, "python3 (pid 100) uses 2 cores") {
		t.Errorf("got %+v", v)
	}
	tr.run(crowded("python3", 1.8, 1.8), 5, 1)
	if v := tr.run(quiet(), 5, 1); !strings.HasSuffix(v.Text, " s ago (92 % of 4 cores): python3, 2 processes, used 3.6 cores") {
		t.Errorf("got %+v", v)
	}
}

// The longest that is usual is said to its end: how much they use stands there.
func TestVerdictIsSaidToItsEnd(t *testing.T) {
	const web, java = "gunicorn: worker [shop]", "java-with-a-long-name-00"
	s := crowded(web, 1, 0.9)
	s.Processes.Top = append(s.Processes.Top, crowded(java, 1, 1.1).Processes.Top...)
	tr := newTrial(t)
	tr.run(s, 1000, 1)
	if v := tr.run(quiet(), 5, 1); !strings.HasSuffix(v.Text, " s ago (92 % of 4 cores): "+java+", 2 processes, and "+web+", 2 processes, used 2.1 and 1.9 cores") {
		t.Errorf("got %s", v.Text)
	}
}

// Who is named beside the first stays, like the first; is told with what is over; and is told in parts.
func TestVerdictSecondStays(t *testing.T) {
	tr := newTrial(t)
	with := func(java, ruby float64) Snapshot {
		s := crowded("node", 2)
		beside("java", java)(&s)
		beside("ruby", ruby)(&s)
		return s
	}
	tr.run(with(1.1, 0.5), 14, 1)
	for _, tt := range []struct {
		java, ruby float64
		want       string
	}{
		{1, 1.2, "node (pid 100) and java (pid 70) use 2 and 1 cores"},
		{0.85, 0.5, "node (pid 100) and java (pid 70) use 2 and 0.9 cores"},
		{0.7, 0.5, "node (pid 100) uses 2 cores"},
		{0.85, 0.5, "node (pid 100) uses 2 cores"},
		{0.9, 1.2, "node (pid 100) and ruby (pid 70) use 2 and 1.2 cores"},
	} {
		if v := tr.run(with(tt.java, tt.ruby), 3, 1); !strings.HasSuffix(v.Text, ": "+tt.want) || v.PID != 100 {
			t.Errorf("java uses %g, ruby %g: got %+v, want %s", tt.java, tt.ruby, v, tt.want)
		}
	}
	v := tr.run(quiet(), 5, 1)
	if !strings.HasSuffix(v.Text, ": node (pid 100) and ruby (pid 70) used 2 and 1.2 cores") {
		t.Errorf("got %+v", v)
	}
	if list := v.Parts.Phrases; len(list) != 3 || list[1].Key != "uses" || list[1].PID != 100 || list[2].Key != "uses" || list[2].Name != "ruby" {
		t.Errorf("got %+v", list)
	}
}
