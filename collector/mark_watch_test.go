package collector

import (
	"fmt"
	"testing"
	"time"
)

// A watched machine has snapshots of one interval after the other; it gathers the marks that come.
type watched struct {
	judge judge
	watch markWatch
	at    time.Time
	marks []string
}

func (w *watched) next(s Snapshot, interval, slept, clock float64) {
	w.at = w.at.Add(time.Duration((interval + slept + clock) * float64(time.Second)))
	s.At, s.Interval = w.at, Known(interval)
	if slept > 0 {
		s.Suspended = Known(slept)
	}
	s.Verdict = w.judge.verdict(&s)
	for _, m := range w.watch.look(&s, &w.judge) {
		w.marks = append(w.marks, fmt.Sprintf("%s %d: %s", m.Kind, (m.At-dawn.UnixMilli())/1000, m.Text))
	}
}

var dawn = time.UnixMilli(1_800_000_000_000)

func TestMarkWatch(t *testing.T) {
	big := Process{PID: 811, Started: 1, Name: "post\x1bgres", Memory: 8 << 30}
	small := Process{PID: 812, Started: 1, Name: "sh", Memory: 1 << 20}
	inGroup := func(kills float64, s Snapshot) Snapshot {
		s.Container = &Cgroup{Path: "/web", Name: "web", OOMKills: Known(kills)}
		return s
	}
	running := func(kills float64, list ...Process) Snapshot {
		s := killing(kills)
		s.Processes = &Processes{Top: list}
		return s
	}
	for _, test := range []struct {
		name string
		do   func(w *watched)
		want string
	}{
		{"nothing", func(w *watched) {}, "[]"},
		{"jitter", func(w *watched) { w.next(quiet(), 4, 0, 0); w.next(quiet(), 1, 0, 1.9) }, "[]"},
		{"gap", func(w *watched) { w.next(quiet(), 60, 0, 0) }, "[gap 63: no snapshot for 60 s]"},
		{"clock forward", func(w *watched) { w.next(quiet(), 1, 0, 3600) }, "[clock 3604: the clock was set forward by 60 min]"},
		{"clock back", func(w *watched) { w.next(quiet(), 1, 0, -7200) }, "[clock -7196: the clock was set back by 2 h]"},
		{"asleep", func(w *watched) { w.next(quiet(), 1, 8*3600, 20) }, "[gap 28824: the machine was suspended for 8 h]"},
		{"kill, and the victim is seen to go", func(w *watched) {
			for range 3 { // as many lists as are remembered
				w.next(running(3, big), 1, 0, 0)
			}
			w.next(running(4, big), 1, 0, 0)
			w.next(running(4), 1, 0, 0)
			w.next(running(4), 10, 0, 0)
		}, "[gap 18: no snapshot for 10 s oom 7: out of memory: the kernel killed a process, probably post�gres (pid 811)]"},
		{"kill, and something small ends before the victim has gone", func(w *watched) {
			for range 3 {
				w.next(running(3, big, small), 1, 0, 0)
			}
			w.next(running(4, big), 1, 0, 0)
			for range 10 {
				w.next(running(4), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed a process, probably post�gres (pid 811)]"},
		{"kill, and something small ends meanwhile", func(w *watched) {
			for range 3 {
				w.next(running(3, big, small), 1, 0, 0)
			}
			w.next(running(5, big), 1, 0, 0)
			for range 10 {
				w.next(running(5, big), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed 2 processes, one probably sh (pid 812)]"},
		{"one kill after the other", func(w *watched) {
			for range 3 {
				w.next(running(3, big), 1, 0, 0)
			}
			for kills := range 5 {
				for range 4 {
					w.next(running(float64(4+kills)), 1, 0, 0)
				}
			}
		}, "[oom 7: out of memory: the kernel killed 2 processes, one probably post�gres (pid 811) oom 15: out of memory: the kernel killed 2 processes]"},
		{"kill in a control group, and another process ends", func(w *watched) {
			for range 3 {
				w.next(inGroup(7, running(3, big)), 1, 0, 0)
			}
			w.next(inGroup(8, running(4)), 1, 0, 0)
			for range 10 {
				w.next(inGroup(8, running(4)), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed a process in web]"},
		{"kill in a control group, which counts it later", func(w *watched) {
			for range 3 {
				w.next(inGroup(7, running(3, big)), 1, 0, 0)
			}
			w.next(inGroup(7, running(4)), 1, 0, 0)
			for range 10 {
				w.next(inGroup(8, running(4)), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed a process in web]"},
		{"kill in a container whose processes these are", func(w *watched) {
			seen := func(kills float64, s Snapshot) Snapshot {
				s.Scopes = &Scopes{Processes: ScopeContainer}
				return inGroup(kills, s)
			}
			for range 3 {
				w.next(seen(7, running(3, big)), 1, 0, 0)
			}
			for range 10 {
				w.next(seen(8, running(4)), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed a process in web, probably post�gres (pid 811)]"},
		{"kill in a control group long before one outside", func(w *watched) {
			for range 3 {
				w.next(inGroup(7, running(3, big)), 1, 0, 0)
			}
			for range 10 {
				w.next(inGroup(8, running(3, big)), 1, 0, 0)
			}
			for range 10 {
				w.next(inGroup(8, running(4)), 1, 0, 0)
			}
		}, "[oom 17: out of memory: the kernel killed a process, probably post�gres (pid 811)]"},
		{"kill in a control group, named by the log", func(w *watched) {
			for range 3 {
				w.next(inGroup(7, running(3, big)), 1, 0, 0)
			}
			w.next(naming(inGroup(8, running(4)), Kill{815, "py", 1}), 1, 0, 0)
			for range 10 {
				w.next(inGroup(8, running(4)), 1, 0, 0)
			}
		}, "[oom 7: out of memory: the kernel killed a process in web, py (pid 815)]"},
		{"kills of which nothing is seen", func(w *watched) {
			w.next(killing(3), 1, 0, 0)
			w.next(killing(5), 1, 0, 0)
			for range 10 {
				w.next(killing(5), 1, 0, 0)
			}
		}, "[oom 5: out of memory: the kernel killed 2 processes]"},
	} {
		w := &watched{at: dawn}
		for range 3 {
			w.next(quiet(), 1, 0, 0)
		}
		test.do(w)
		if got := fmt.Sprint(w.marks); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
