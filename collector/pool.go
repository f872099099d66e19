package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// longestPatience bounds how long a tick is read in one lane, beside a third of its budget: enough is left then for
	// the sources that are spread out. A healthy tick takes a few milliseconds.
	longestPatience = 50 * time.Millisecond
	// missingEvery is how often a source is asked again that has said that this host has no such thing: hardware may be
	// plugged in.
	missingEvery = time.Minute
	// calmFor is how long after the log has told that a source begins to fail it does not tell so again.
	calmFor = time.Minute
	// leisurely is the shortest Every of a source that a tick need not wait for.
	leisurely = time.Second
)

// A pool reads the sources that are due, in lanes. Its fields belong to the goroutine of Run, save those below mu, and
// so do its methods, save those of lanes.
//
// To wake a goroutine on another thread costs more than most reads. So one lane reads the sources of a tick one after
// the other, and Run is woken once, when it has done. Only when that takes too long are the sources that are still to be
// read spread out, each in a lane of its own: what hangs, or is slow, does so alone.
type pool struct {
	ctx     context.Context
	budget  time.Duration // of a tick
	lead    time.Duration // how long after prime the first tick may begin at the latest
	until   time.Time     // when that is; zero once it has begun
	log     *slog.Logger
	workers []*worker
	quiet   bool            // nobody looks
	calm    context.Context // ctx, saying so
	due     []*worker       // scratch of ask
	lane    *lane           // reads the next batch; nil when there is none yet
	timer   *time.Timer     // for patience, then for what is left of the budget
	states  []SourceState
	shown   []SourceState // as in the last snapshot, which has it too

	news chan struct{} // room for one: a lane has come to the end of its queue, or has ended

	mu       sync.Mutex
	lanes    int // that have not ended
	answered []answer
}

// A worker is a source, what is known of its reads, and what of it is shown.
type worker struct {
	source Source
	asked  time.Time     // when the read under way was asked for; zero when there is none
	since  time.Duration // the same, since the start: of the last read that was asked for
	next   time.Duration // when to ask next, since the start
	quiet  bool          // nobody looked when the read under way was asked for

	part    Part      // the last good one
	read    time.Time // when that was read
	state   problem   // of the last read
	silence problem   // of the read under way
	silent  time.Duration
	failing bool      // as the log knows it
	told    time.Time // when the log was told last that it begins to fail

	// tolerance is for how long a read may be under way before the source is marked. A tick does not wait for one that
	// has any: what it says comes with the next tick. 0 where the source is read on every tick.
	tolerance time.Duration
}

// A problem is an error as it is shown: its text is made once. The zero one is none.
type problem struct {
	text    string // "" when there is none
	stack   string // of a panic
	partial bool   // the read gave a part and this error
	missing bool
}

func problemOf(err error, partial bool) (p problem) {
	if err == nil {
		return problem{}
	}
	p = problem{text: "an error without a text", partial: partial}
	defer func() { _ = recover() }() // a source's error may be a nil pointer
	p.text = cmp.Or(clean(err.Error()), p.text)
	p.missing = isMissing(err)
	var panicked panicError
	if errors.As(err, &panicked) {
		p.stack = panicked.stack
	}
	return p
}

// An answer is what a read came to.
type answer struct {
	worker *worker
	at     time.Time
	part   Part
	state  problem
}

func startPool(ctx context.Context, sources []Source, interval time.Duration, log *slog.Logger) *pool {
	p := &pool{
		ctx:      ctx,
		calm:     context.WithValue(ctx, unwatched{}, true),
		budget:   min(interval/4*3, longestWait),
		lead:     min(interval/4, longestWait),
		log:      log,
		timer:    time.NewTimer(time.Hour),
		news:     make(chan struct{}, 1),
		answered: make([]answer, 0, len(sources)),
	}
	p.timer.Stop()
	for _, s := range sources {
		w := &worker{source: s}
		if s.Every >= leisurely && s.Every > interval {
			w.tolerance = min(s.Every, longestWait)
		}
		p.workers = append(p.workers, w)
	}
	return p
}

// patience is how long a tick is read in one lane.
func (p *pool) patience() time.Duration { return min(p.budget/3, longestPatience) }

// A tally is how many reads there are, and how many of them a tick waits for as long as its budget allows.
type tally struct{ all, urgent int }

func (t *tally) add(w *worker) {
	t.all++
	if w.tolerance == 0 {
		t.urgent++
	}
}

// watch says whether somebody looks from now on. What was read seldom or not in full, since nobody did, is due when somebody
// comes.
func (p *pool) watch(somebody bool) {
	if p.quiet && somebody {
		for _, w := range p.workers {
			if w.source.Idle > 0 && !w.state.missing {
				w.next = 0
			}
		}
	}
	p.quiet = !somebody
}

// ask has the sources read that are due, a time since the start, but for those whose read is under way. It returns how
// many they are.
func (p *pool) ask(now time.Time, since time.Duration) (asked tally) {
	p.spread() // what is left of the batch before
	p.due = p.due[:0]
	for _, w := range p.workers {
		if since < w.next || !w.asked.IsZero() {
			continue
		}
		w.asked, w.since, w.next, w.quiet = now, since, 0, p.quiet
		every := w.source.Every
		if p.quiet {
			every = max(every, w.source.Idle)
		}
		if every > 0 {
			w.next = (since/every + 1) * every
		}
		p.due = append(p.due, w)
		asked.add(w)
	}
	if len(p.due) == 0 {
		return asked
	}

	p.mu.Lock()
	free := p.lane != nil && !p.lane.busy
	if free {
		p.lane.queue, p.lane.busy = p.due, true
	}
	p.mu.Unlock()
	if free {
		p.lane.asks <- struct{}{}
	} else {
		if p.lane != nil {
			close(p.lane.asks)
		}
		p.lane = p.startLane(p.due)
	}
	return asked
}

// collect takes the answers that there are, and returns how many of them were asked for at a time.
func (p *pool) collect(asked time.Time) (n tally) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.answered {
		if a.worker.asked.Equal(asked) {
			n.add(a.worker)
		}
		a.worker.take(a)
	}
	clear(p.answered) // parts are large
	p.answered = p.answered[:0]
	return n
}

// take files an answer.
func (w *worker) take(a answer) {
	w.asked = time.Time{}
	w.silence, w.silent = problem{}, 0
	w.state = a.state
	if a.part != nil || a.state.text == "" {
		w.part, w.read = a.part, a.at
	} else if a.state.missing {
		w.part = nil // if it was here before
		w.next = w.since + max(w.source.Every, missingEvery)
	}
}

// prime has every source read, for something to measure against, and waits for none.
func (p *pool) prime() {
	now := time.Now()
	p.until = now.Add(p.lead)
	p.ask(now, 0)
	for _, w := range p.workers {
		w.next = 0 // the first snapshot has them all
	}
	p.timer.Reset(p.patience())
}

// idle takes late answers until the alarm rings, or returns false when ctx has ended.
func (p *pool) idle(alarm <-chan time.Time) bool {
	for {
		select {
		case <-p.news:
			p.collect(time.Time{})
		case <-p.timer.C:
			p.spread()
		case <-alarm:
			p.timer.Stop()
			return p.ctx.Err() == nil
		case <-p.ctx.Done():
			return false
		}
	}
}

// lag waits for those that prime had read, as long as that may take, or returns false when ctx has ended. On a busy host
// they are late, and the first tick would find them under way: it would not ask them, and mark them for an interval,
// which may be a minute. Where an interval is short there is no time for this, and no need.
func (p *pool) lag() bool {
	p.timer.Reset(time.Until(p.until))
	defer p.timer.Stop()
	late := func(w *worker) bool { return !w.asked.IsZero() && w.tolerance == 0 }
	for slices.ContainsFunc(p.workers, late) {
		select {
		case <-p.news:
			p.collect(time.Time{})
		case <-p.timer.C:
			return true
		case <-p.ctx.Done():
			return false
		}
	}
	return true
}

// read has the sources read that are due, a time since the start, and waits for them for as long as the budget allows.
// Those that were asked before and have not answered are not asked again and not waited for; those that have a
// tolerance only as long as the tick is read in one lane.
func (p *pool) read(since time.Duration) {
	if !p.until.IsZero() {
		if !p.lag() {
			return
		}
		p.until = time.Time{}
	}
	now := time.Now()
	waiting := p.ask(now, since)
	p.timer.Reset(p.patience())
	defer p.timer.Stop()
	for spread := false; waiting.all > 0; {
		rings := false
		select {
		case <-p.news:
		case <-p.timer.C:
			rings = true
		case <-p.ctx.Done():
			return
		}
		came := p.collect(now)
		waiting.all, waiting.urgent = waiting.all-came.all, waiting.urgent-came.urgent
		if rings && !spread {
			p.spread()
			p.timer.Reset(p.budget - p.patience())
			spread, rings = true, false
		}
		if rings || spread && waiting.urgent == 0 {
			return
		}
	}
}

// addTo fills a snapshot with the last good part of every source, and marks those that are not well.
func (p *pool) addTo(s *Snapshot) {
	now := time.Now()
	p.states = p.states[:0]
	for _, w := range p.workers {
		state := w.state
		if d := now.Sub(w.asked); !w.asked.IsZero() && d >= w.tolerance {
			state = w.silentFor(d)
		}
		if w.part != nil {
			if err := safeAdd(w.part, s); err != nil {
				state = problemOf(err, false)
			}
		}
		if state.text != "" {
			age := Number{}
			if w.part != nil {
				age = Known(now.Sub(w.read).Seconds())
			}
			p.states = append(p.states, SourceState{Name: w.source.Name, Error: state.text, Age: age, Partial: state.partial, Missing: state.missing})
		}
		p.tell(w, state, now)
	}
	if !slices.Equal(p.states, p.shown) {
		p.shown = slices.Clip(slices.Clone(p.states))
	}
	s.Sources = p.shown
}

// silentFor is the problem of a source that has not answered.
func (w *worker) silentFor(d time.Duration) problem {
	if d = inWholeUnits(d); w.silence.text == "" || d != w.silent {
		w.silence, w.silent = problemOf(noAnswer(d), false), d
	}
	return w.silence
}

// tell logs that a source begins to fail, or is well again. One that comes and goes is told of once in a while: what
// begins sooner is told of when it still lasts then. Of one that is missing there is nothing to tell unless it failed before.
func (p *pool) tell(w *worker, state problem, now time.Time) {
	fails := state.text != "" && !state.missing
	if fails == w.failing {
		return
	}
	if !w.failing {
		if !w.told.IsZero() && now.Sub(w.told) < calmFor {
			return
		}
		w.told = now
	}
	w.failing = fails
	switch {
	case state.missing:
		p.log.Info("source is missing", "source", w.source.Name, "error", state.text)
	case state.stack != "":
		p.log.Error("source panics", "source", w.source.Name, "error", state.text, "stack", state.stack)
	case w.failing:
		p.log.Warn("source fails", "source", w.source.Name, "error", state.text)
	default:
		p.log.Info("source is well again", "source", w.source.Name)
	}
}

func noAnswer(d time.Duration) error {
	return fmt.Errorf("no answer for %s", inWholeUnits(d))
}

func inWholeUnits(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Truncate(time.Millisecond)
	}
	return d.Truncate(time.Second)
}

// stop ends the lanes and waits for those that are not stuck.
func (p *pool) stop() {
	if p.lane == nil {
		return
	}
	p.mu.Lock()
	p.lane.queue = nil
	p.mu.Unlock()
	close(p.lane.asks)
	p.timer.Reset(parting)
	defer p.timer.Stop()
	for {
		p.mu.Lock()
		lanes := p.lanes
		p.mu.Unlock()
		if lanes == 0 {
			return
		}
		select {
		case <-p.news:
		case <-p.timer.C:
			return
		}
	}
}
