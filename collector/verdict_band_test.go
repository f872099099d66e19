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
		}, crowded("python3", 0.6, 0.6, 0.6), "ffmpeg (pid 7) uses 1.6 cores"},
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
			if v := newTrial(t).run(tt.s, 14, 1); !strings.HasSuffix(v.Text, " (92 % of 4 cores): "+tt.want) || (v.PID != 0) != strings.Contains(v.Text, "(pid ") {
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
	if v := tr.run(two, 3, 1); !strings.HasSuffix(v.Text, "python3, 2 processes, use 1.9 cores") {
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
