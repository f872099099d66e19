package collector

import (
	"fmt"
	"math"
	"time"
)

const (
	// clockStep is by how much the wall clock must move away from the monotonic one, in seconds, to have been set: what
	// keeps the time in order moves it by less, and more slowly.
	clockStep = 2
	// longPause is how many intervals, and longPauseAtLeast how many seconds, without a snapshot are a gap worth a mark.
	longPause        = 2.5
	longPauseAtLeast = 5
)

// A markWatch tells what has happened between one snapshot and the next. The zero markWatch works.
type markWatch struct {
	at       time.Time // of the snapshot before
	interval float64   // of the snapshots, in seconds: the least so far
	killed   float64   // what the judge had counted
	kill     Mark      // that is not told yet; none without a time
	kills    float64   // that it is about
}

// look is what has happened since the snapshot before s, which j has judged.
func (w *markWatch) look(s *Snapshot, j *judge) (marks []Mark) {
	interval, known := s.Interval.Get()
	slept, suspended := s.Suspended.Get()
	at := s.At.UnixMilli()
	if known && !w.at.IsZero() {
		passed := s.At.Sub(w.at).Seconds()
		if step := passed - interval - slept; math.Abs(step) > clockStep+slept/100 { // the clocks of a suspended machine are not exact
			way := "forward"
			if step < 0 {
				way = "back"
			}
			marks = append(marks, Mark{at, MarkClock, "the clock was set " + way + " by " + spell(math.Abs(step))})
		}
		switch {
		case suspended:
			marks = append(marks, Mark{at, MarkGap, "the machine was suspended for " + spell(slept)})
		case w.interval > 0 && interval > max(longPause*w.interval, longPauseAtLeast):
			marks = append(marks, Mark{at, MarkGap, "no snapshot for " + spell(interval)})
		}
		if w.interval == 0 || interval < w.interval {
			w.interval = interval
		}
	}
	w.at = s.At
	return append(marks, w.lookForKills(at, &j.past)...)
}

// lookForKills tells of a kill when its victim is known, or when it is not to be found.
func (w *markWatch) lookForKills(at int64, p *past) []Mark {
	if p.killed > w.killed {
		if w.kill.At == 0 {
			w.kill = Mark{At: at, Kind: MarkOOM}
		}
		w.kills += p.killed - w.killed
	}
	w.killed = p.killed
	if w.kill.At == 0 || p.victim.Memory == 0 && p.clock < p.searchUntil {
		return nil
	}
	m := w.kill
	var whom sentence
	switch {
	case p.victim.Memory > 0:
		whom.name(p.victim.Name).add(fmt.Sprintf(" (pid %d)", p.victim.PID))
		if w.kills > 1 {
			whom.add(fmt.Sprintf(" and %.0f more", w.kills-1))
		}
	case w.kills > 1:
		whom.add(fmt.Sprintf("%.0f processes", w.kills))
	default:
		whom.add("a process")
	}
	m.Text = "out of memory: the kernel killed " + whom.String()
	w.kill, w.kills = Mark{}, 0
	return []Mark{m}
}

// spell is a time in words, as verdicts have it: "42 s", "3 min".
func spell(seconds float64) string {
	var s sentence
	return s.duration(int64(math.Round(seconds))).String()
}
