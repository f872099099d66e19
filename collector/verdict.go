package collector

import (
	"math"
	"time"
)

// Verdict is what a snapshot comes to, in a sentence.
type Verdict struct {
	// State is "healthy", "busy" (worth knowing), "bad" (somebody should do something) or "unknown": neither the
	// processors nor memory answer, and nothing else is wrong (no news is no good news); or it has only begun to look, and
	// sees something of which it cannot tell yet whether it lasts.
	State string `json:"state"`
	// Resource is what it is about, one of VerdictResources: "cpu", "memory", "io", "disk", "network", "files", "thermal",
	// "container"; "" when healthy or unknown.
	Resource string `json:"resource,omitempty"`
	// Text is the sentence, at most 200 characters: "I/O-bound for 42 s: postgres (pid 811), 38 % full pressure".
	Text string `json:"text"`
	// Since is when it began, Unix milliseconds; that, or earlier, where Parts say that it has lasted at least so long.
	Since int64 `json:"since"`
	// PID is the culprit's, 0 for none.
	PID int32 `json:"pid,omitempty"`
	// Parts is the sentence in parts, for other languages than English. It is absent where State says it all.
	Parts *VerdictParts `json:"parts,omitempty"`
}

// VerdictResources are all that a verdict may be about, in a new slice.
func VerdictResources() []string {
	return []string{"cpu", "memory", "io", "disk", "network", "files", "thermal", "container"}
}

const (
	stateHealthy = "healthy"
	stateBusy    = "busy"
	stateBad     = "bad"
	stateUnknown = "unknown"

	// eventLasts is for how long something that happened in a moment is the verdict.
	eventLasts = 60
	// lingers is for how long a condition must be over before it is taken for over: a sentence that comes and goes is
	// worse than one that is late.
	lingers = 10
	// comesUp is how long a condition may have been over, in seconds, when its rule becomes the verdict.
	comesUp = 3
	// blindFor is for how long a number may be unknown before its condition is taken for over.
	blindFor = 5
	// longGap is a time without snapshots, in seconds, after which everything begins anew, as it does after a suspend.
	longGap = 60
	// almost makes up for the rounding of a sum of intervals.
	almost = 1e-3
)

// A judge says what snapshots come to, one after the other. It reckons with their intervals, which are monotonic: setting the
// clock changes no duration. What it says depends on the snapshots alone. The zero judge works.
type judge struct {
	rules    []rule
	states   []ruleState
	clock    float64 // seconds: the intervals together
	interval float64 // the last one
	calm     float64 // by clock: the last time that something was wrong
	seen     bool    // there was a snapshot since everything began anew
	known    bool    // and one since on which there was a verdict
	at       time.Time
	past     past

	last   *Verdict
	shown  int // which rule it is of; -1 when healthy
	second int64
	over   int64 // for how many seconds it has not held; when healthy all the same, for how many it has
	text   sentence

	now, peak remark // of the rule that is shown
}

// A rule is one thing that may be wrong. Its value has two levels, of which either may be missing.
type rule struct {
	resource  string
	sources   []string // that the value is from: while one of them has no answer, it is unknown
	value     func(*judge, *Snapshot) (float64, bool)
	bad, busy level
	event     bool                                      // the value is how often it happened now
	gauge     bool                                      // the value is as of now, not of the time since the snapshot before
	mild      bool                                      // healthy all the same
	lasts     bool                                      // stands for days, and is not to hide what happens now
	lately    func(*judge, *Snapshot, float64) averages // what the value was before the first snapshot; nil for nobody knows
	head      string
	aside     func(j *judge, s *Snapshot, text *sentence) // before the colon
	detail    func(j *judge, s *Snapshot, text *sentence)
}

// A level is reached when the value has been enter or more for hold seconds, and left when it has been less than leave,
// which is lower, for as long as it lingers. One without enter is not there.
type level struct {
	enter, leave, hold float64
}

type ruleState struct {
	raw       float64
	smooth    float64
	isKnown   bool
	unknown   float64 // for how long
	count     float64 // of an event, since it began
	bad, busy levelState
}

// A levelState is by the judge's clock.
type levelState struct {
	holds bool
	shown bool
	since float64 // when it first held
	held  float64 // when it last did
	older bool    // it held when it was first looked at: it began then or before
}

// verdict is what s, which follows upon the snapshot before, comes to. The same snapshot again changes nothing.
func (j *judge) verdict(s *Snapshot) *Verdict {
	if j.rules == nil {
		j.rules = verdictRules()
		j.states = make([]ruleState, len(j.rules))
		j.shown = -1
	}
	if j.last != nil && s.At.Equal(j.at) {
		return j.last
	}
	interval, _ := s.Interval.Get()
	j.clock += interval
	if interval > longGap && interval > 4*j.interval || s.Suspended.known { // nobody looked: what was before says nothing about now
		clear(j.states)
		j.calm = j.clock
		j.seen, j.known = false, false
	}
	j.interval, j.at = interval, s.At
	j.past.note(s, j.clock)
	for i := range j.rules {
		j.step(&j.rules[i], &j.states[i], s)
	}
	j.seen = true
	return j.say(s)
}

// step brings a rule's state up to s.
func (j *judge) step(r *rule, st *ruleState, s *Snapshot) {
	v, ok := 0.0, false
	if isFresh(s, r.sources) {
		v, ok = r.value(j, s)
	}
	isFirst := !st.isKnown && !r.event
	switch {
	case !ok:
		st.unknown += j.interval
		if st.unknown <= blindFor {
			return
		}
		st.isKnown, v = false, 0
	case r.event:
		st.unknown = 0
		if st.bad.shown || st.busy.shown {
			st.count += v
		} else {
			st.count = v
		}
	default: // over less than a second numbers jump: those are averaged over about one
		share := min(j.interval, 1)
		if !st.isKnown || j.interval == 0 {
			share = 1
		}
		st.raw = v
		st.smooth += (v - st.smooth) * share
		st.unknown, st.isKnown = 0, true
		v = st.smooth
	}
	began := j.clock - j.interval // what is of the time since the snapshot before held since then
	if r.gauge || r.event {
		began = j.clock
	}
	linger := float64(lingers)
	switch {
	case r.event:
		linger = eventLasts
	case r.mild:
		linger = comesUp
	}
	if !j.seen && ok && r.lately != nil && !s.Suspended.known { // what it remembers of before a suspend is no news
		before := r.lately(j, s, v)
		st.bad.recall(r.bad, v, before, j.clock)
		st.busy.recall(r.busy, v, before, j.clock)
	}
	st.bad.step(r.bad, v, began, j.clock, linger, isFirst)
	st.busy.step(r.busy, v, began, j.clock, linger, isFirst)
}

func (st *levelState) step(l level, v, began, clock, linger float64, isFirst bool) {
	if l.enter == 0 {
		return
	}
	switch {
	case v >= l.enter && !st.holds:
		*st = levelState{holds: true, since: began, held: clock, older: isFirst}
	case v >= l.enter, st.shown && v >= l.leave:
		st.held = clock
	case !st.shown, clock-st.held >= linger-almost:
		*st = levelState{}
	}
	if st.holds && clock-st.since >= l.hold-almost {
		st.shown = true
	}
}

// averages are a value's over the time before, each over so many seconds: averageOver.
type averages [3]float64

var averageOver = averages{10, 60, 300}

// recall begins a level with what the kernel remembers: so that whoever begins to watch a machine in trouble is told at
// once. It held for as long as it did on average, which the last seconds count most for, and all shorter times too.
func (st *levelState) recall(l level, v float64, before averages, clock float64) {
	if l.enter == 0 || v < l.leave {
		return
	}
	lasted := 0.0
	for i, average := range before {
		if average < l.enter {
			break
		}
		lasted = averageOver[i]
	}
	if lasted > 0 && lasted >= l.hold {
		*st = levelState{holds: true, shown: true, since: clock - lasted, held: clock, older: true} // shown: v may be between leave and enter
	}
}

// since is when a rule that is shown began, and whether it may have been before that: what is bad was busy before.
func (st *ruleState) since() (began float64, older bool) {
	if !st.busy.shown || st.bad.shown && st.bad.since < st.busy.since {
		return st.bad.since, st.bad.older
	}
	return st.busy.since, st.busy.older
}

func (st *ruleState) held() float64 { return max(st.bad.held, st.busy.held) }

// worst is the rule that is shown: the first that is bad, or else the first that is busy, and of each first what does not
// stand for days. The order is fixed, so two that are equally bad do not take turns. One that only lingers does not come up anew.
func (j *judge) worst() int {
	return j.first(func(i int) bool {
		lately := float64(comesUp)
		if j.rules[i].event {
			lately = eventLasts - comesUp
		}
		return i == j.shown || j.clock-j.states[i].held() <= lately
	})
}

// other is the rule that is named beside the one that is shown, where one of them stands for days and the other does not;
// -1 when there is none.
func (j *judge) other(shown int) int {
	return j.first(func(i int) bool {
		r := &j.rules[i]
		return r.lasts != j.rules[shown].lasts && !r.mild && r.head != ""
	})
}

// first is the one that goes before the others of those that hold and may be it; -1 when there is none.
func (j *judge) first(may func(int) bool) int {
	best, first := 4, -1
	for i := range j.states {
		st := &j.states[i]
		if !st.bad.shown && !st.busy.shown || !may(i) {
			continue
		}
		rank := 0
		if !st.bad.shown {
			rank = 2
		}
		if j.rules[i].lasts {
			rank++
		}
		if rank < best {
			best, first = rank, i
		}
	}
	return first
}

// unsettled is the first rule that holds and has not done so for long enough to be shown; -1 when there is none.
func (j *judge) unsettled() int {
	for i := range j.states {
		if st := &j.states[i]; !j.rules[i].mild && (st.bad.holds || st.busy.holds) {
			return i
		}
	}
	return -1
}

// say makes a verdict when there is a new one to make: not more than once a second while one lasts.
func (j *judge) say(s *Snapshot) *Verdict {
	i := j.worst()
	if i < 0 || j.rules[i].mild {
		if n := j.past.silent(s); n > 0 {
			return j.sayUnknown(s, n)
		}
		if maybe := j.unsettled(); maybe >= 0 && !j.known {
			return j.sayLooking(s, maybe)
		}
		j.known = true
		return j.sayHealthy(s, i)
	}
	j.calm, j.known = j.clock, true
	r, st := &j.rules[i], &j.states[i]
	state := stateBusy
	if st.bad.shown {
		state = stateBad
	}
	start, older := st.since()
	lasted, passed := st.held()-start, j.clock-st.held()
	if r.event {
		lasted, passed = passed, 0
	}
	second, over := int64(lasted+almost), int64(passed+almost)
	if i == j.shown && second == j.second && over == j.over && state == j.last.State && (!r.event || st.count == j.text.count) {
		return j.last
	}
	began := since(s.At, j.clock-start)
	if i != j.shown {
		j.past.nobody()
		j.now.forget()
		j.peak.forget()
	} else if isNear(began, j.last.Since) {
		began = j.last.Since
	}
	text := j.text.begin(r.head)
	text.count = st.count
	if !r.event && second > 0 {
		text.add(" for ")
		if older {
			text.add("at least ")
		}
		text.duration(second)
	}
	if over > 0 {
		text.add(" until ").duration(over).add(" ago")
	}
	j.comment(r, st, s, text)
	if r.event {
		text.add(", ").duration(second).add(" ago")
	}
	if other := j.other(i); other >= 0 {
		text.also(j.rules[other].head)
	}
	j.shown, j.second, j.over = i, second, over
	j.last = &Verdict{State: state, Resource: r.resource, Text: text.String(), Since: began, PID: text.pid,
		Parts: text.parts(r.head, second, over, r.event)}
	j.last.Parts.AtLeast = older
	return j.last
}

func (j *judge) sayHealthy(s *Snapshot, mild int) *Verdict {
	minutes, second := int64(0), int64(0)
	if mild >= 0 {
		start, _ := j.states[mild].since()
		second = int64(j.states[mild].held() - start + almost)
	}
	if j.past.killed > 0 {
		minutes = max(int64((j.clock-j.past.lastKill+almost)/60), 1)
	}
	began := since(s.At, j.clock-j.calm)
	if j.last != nil && j.last.State == stateHealthy && isNear(began, j.last.Since) {
		if mild == j.shown && minutes == j.second && second == j.over {
			return j.last
		}
		began = j.last.Since
	}
	text := j.text.begin(stateHealthy)
	if mild >= 0 {
		if mild != j.shown {
			j.past.nobody()
		}
		j.rules[mild].detail(j, s, text)
	}
	if minutes > 0 {
		text.kill(j.past.killed, minutes)
	}
	j.shown, j.second, j.over = mild, minutes, second
	j.last = &Verdict{State: stateHealthy, Text: text.String(), Since: began, PID: text.pid}
	if len(text.phrases) > 0 {
		j.last.Parts = text.parts("", 0, 0, false)
	}
	return j.last
}

// since is the wall time that many seconds before at.
func since(at time.Time, seconds float64) int64 {
	return at.UnixMilli() - int64(math.Round(seconds*1000))
}

// isNear: the two are the same but for rounding. Nobody sets a clock by less than a second.
func isNear(a, b int64) bool { return a-b < 1000 && b-a < 1000 }

// isFresh: none of the sources shows an old part. One that has none at all is left to the rules.
func isFresh(s *Snapshot, sources []string) bool {
	for i := range s.Sources {
		if s.Sources[i].Partial || !s.Sources[i].Age.known {
			continue
		}
		for _, name := range sources {
			if s.Sources[i].Name == name {
				return false
			}
		}
	}
	return true
}
