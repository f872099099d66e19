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
	tellAt   float64   // by the judge's clock
	victim   culprit   // that was told of last: the judge may still have it

	inside      float64 // so many have control groups counted
	group       string  // the last that has
	insideUntil float64 // by the judge's clock: for how long these may be what the host is yet to count
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
	return append(marks, w.lookForKills(s, &j.past)...)
}

// lookForKills tells of kills when their victim has been looked for. Whom it was is a guess where the kernel's log does not
// say it, and there is none among the host's processes, which are of anywhere, when a control group has counted the kills.
func (w *markWatch) lookForKills(s *Snapshot, p *past) []Mark {
	if p.killed > w.killed {
		if w.kill.At == 0 {
			w.kill, w.tellAt = Mark{At: s.At.UnixMilli(), Kind: MarkOOM}, p.clock+searchFor
		}
		w.kills += p.killed - w.killed
	}
	w.killed = p.killed
	for _, g := range [2]*groupKills{&p.own, &p.neighbours} {
		if g.new > 0 {
			w.inside, w.group, w.insideUntil = w.inside+g.new, g.name, p.clock+searchFor
		}
	}
	if w.kill.At == 0 && p.clock > w.insideUntil {
		w.inside = 0
	}
	if w.kill.At == 0 || p.clock < w.tellAt {
		return nil
	}
	var whom sentence
	whom.processes(w.kills)
	isInside := w.inside >= w.kills
	if isInside {
		whom.add(" in ").name(w.group)
	}
	victim := p.likelyVictim()
	id := culprit{victim.PID, victim.Started}
	if victim.Memory > 0 && id != w.victim && (p.named || !(isInside && (s.Scopes == nil || s.Scopes.Processes == ScopeHost))) {
		w.victim = id
		whom.add(", ")
		if w.kills > 1 {
			whom.add("one ")
		}
		if !p.named {
			whom.add("probably ")
		}
		whom.name(victim.Name).add(fmt.Sprintf(" (pid %d)", victim.PID))
	}
	m := w.kill
	m.Text = "out of memory: the kernel killed " + whom.String()
	w.kill, w.kills, w.inside = Mark{}, 0, 0
	return []Mark{m}
}

// spell is a time in words, as verdicts have it: "42 s", "3 min".
func spell(seconds float64) string {
	var s sentence
	return s.duration(int64(math.Round(seconds))).String()
}
