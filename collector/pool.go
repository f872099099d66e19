package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A pool has a worker for each source. All its methods are for the goroutine of Run.
type pool struct {
	workers []*worker
	answers chan answer   // room for one from each worker: none ever waits to be heard
	ended   chan struct{} // room for one from each worker
	log     *slog.Logger
}

// A worker reads one source in a goroutine of its own, when it is asked. Besides source and asks, its fields belong to
// the goroutine of Run.
type worker struct {
	source Source
	asks   chan struct{} // room for one; closed to end the goroutine
	asked  time.Time     // when the read under way was asked for; zero when there is none
	period int64         // of source.Every, counted from the start: the last one it was read in

	part    Part      // the last good one
	read    time.Time // when that was read
	err     error     // of the last read
	partial bool      // the last read gave a part and an error
	failing bool      // as the log knows it
}

// An answer is what a read came to.
type answer struct {
	worker *worker
	at     time.Time
	part   Part
	err    error
}

func startPool(ctx context.Context, sources []Source, log *slog.Logger) *pool {
	p := &pool{
		answers: make(chan answer, len(sources)),
		ended:   make(chan struct{}, len(sources)),
		log:     log,
	}
	for _, s := range sources {
		w := &worker{source: s, asks: make(chan struct{}, 1), period: -1}
		p.workers = append(p.workers, w)
		go w.run(ctx, p.answers, p.ended)
	}
	return p
}

func (w *worker) run(ctx context.Context, answers chan<- answer, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	for range w.asks {
		at := time.Now()
		part, err := safeRead(ctx, w.source)
		answers <- answer{w, at, part, err}
	}
}

// ask has w's source read, unless a read is under way.
func (w *worker) ask(now time.Time) bool {
	if !w.asked.IsZero() {
		return false
	}
	w.asked = now
	w.asks <- struct{}{}
	return true
}

// due reports whether w's source is to be read, a time since the start.
func (w *worker) due(since time.Duration) bool {
	if w.source.Every <= 0 {
		return true
	}
	return int64(since/w.source.Every) > w.period
}

// take files an answer.
func (p *pool) take(a answer) {
	w := a.worker
	w.asked = time.Time{}
	w.err = a.err
	w.partial = a.err != nil && a.part != nil
	if a.part != nil || a.err == nil {
		w.part, w.read = a.part, a.at
	}
}

// prime has every source read, for something to measure against, and waits for none.
func (p *pool) prime() {
	now := time.Now()
	for _, w := range p.workers {
		w.ask(now)
	}
}

// idle takes late answers until the alarm rings, or returns false when ctx has ended.
func (p *pool) idle(ctx context.Context, alarm <-chan time.Time) bool {
	for {
		select {
		case a := <-p.answers:
			p.take(a)
		case <-alarm:
			return ctx.Err() == nil
		case <-ctx.Done():
			return false
		}
	}
}

// read has the sources read that are due, a time since the start, and waits for them for at most budget. Those that
// were asked before and have not answered are not asked again and not waited for.
func (p *pool) read(ctx context.Context, since, budget time.Duration) {
	now := time.Now()
	waiting := 0
	for _, w := range p.workers {
		if w.due(since) && w.ask(now) {
			waiting++
			if w.source.Every > 0 {
				w.period = int64(since / w.source.Every)
			}
		}
	}
	timeout := time.NewTimer(budget)
	defer timeout.Stop()
	for waiting > 0 {
		select {
		case a := <-p.answers:
			if a.worker.asked.Equal(now) {
				waiting--
			}
			p.take(a)
		case <-timeout.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// addTo fills a snapshot with the last good part of every source, and marks those that are not well.
func (p *pool) addTo(s *Snapshot) {
	now := time.Now()
	for _, w := range p.workers {
		err, partial := w.err, w.partial
		if !w.asked.IsZero() {
			err, partial = noAnswer(now.Sub(w.asked)), false
		}
		age := Number{}
		if w.part != nil {
			if failed := safeAdd(w.part, s); failed != nil {
				err, partial = failed, false
			}
			age = Known(now.Sub(w.read).Seconds())
		}
		if err != nil {
			s.Sources = append(s.Sources, SourceState{Name: w.source.Name, Error: clean(err.Error()), Age: age, Partial: partial, Missing: isMissing(err)})
		}
		if !isMissing(err) {
			p.tell(w, err)
		}
	}
}

// tell logs that a source begins to fail, or is well again.
func (p *pool) tell(w *worker, err error) {
	if (err != nil) == w.failing {
		return
	}
	w.failing = err != nil
	var panicked panicError
	switch {
	case errors.As(err, &panicked):
		p.log.Error("source panics", "source", w.source.Name, "error", clean(err.Error()), "stack", panicked.stack)
	case err != nil:
		p.log.Warn("source fails", "source", w.source.Name, "error", clean(err.Error()))
	default:
		p.log.Info("source is well again", "source", w.source.Name)
	}
}

func noAnswer(d time.Duration) error {
	unit := time.Second
	if d < time.Second {
		unit = time.Millisecond
	}
	return fmt.Errorf("no answer for %s", d.Truncate(unit))
}

// stop ends the workers and waits for those that are not stuck.
func (p *pool) stop() {
	for _, w := range p.workers {
		close(w.asks)
	}
	timeout := time.NewTimer(parting)
	defer timeout.Stop()
	for range p.workers {
		select {
		case <-p.ended:
		case <-timeout.C:
			return
		}
	}
}
