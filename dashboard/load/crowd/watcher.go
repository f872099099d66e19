package crowd

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

const (
	// settle is how long before the end a message must have come first for its spread to count: it may still be on its way.
	settle = time.Second
	// overdue is how long ago others must have had what a viewer has not got.
	overdue = 2 * time.Second
)

// A watcher looks on from outside: it starts the clock, tells how it goes and takes the report.
type watcher struct {
	c     *crowd
	procs []process
	own   *process

	before, held, after int64 // bytes of the processes: before the first viewer, with all that got in, at the end
	ownBefore, ownHeld  int64
	viewers             int // that were connected when held was taken
	from, to            sample
	told                time.Time
	toldMessages        int64
}

// A sample is taken at the beginning and at the end of what is measured.
type sample struct {
	at       time.Time
	messages int64
	cpu, own time.Duration
}

func (w *watcher) sample() sample {
	s := sample{at: time.Now()}
	for _, p := range w.procs {
		s.cpu += p.cpu()
	}
	if w.own != nil {
		s.own = w.own.cpu()
	}
	w.c.mu.Lock()
	s.messages = w.c.tally.messages
	w.c.mu.Unlock()
	return s
}

func (w *watcher) memory() (sum, own int64) {
	for _, p := range w.procs {
		sum += p.memory()
	}
	if w.own != nil {
		own = w.own.memory()
	}
	return sum, own
}

// watch waits for the end: of the duration, of the context, of the engine, or of the hope that anybody gets in.
func (w *watcher) watch(ctx context.Context, done <-chan error) error {
	w.told = time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return w.end(nil)
		case err := <-done:
			if err == nil {
				err = fmt.Errorf("the viewers ended by themselves")
			}
			return w.end(err)
		case <-tick.C:
		}
		w.c.mu.Lock()
		untold, connected := w.c.untold, w.c.tally.connected
		enough := w.c.enough != nil && w.c.enough(w.c)
		w.c.mu.Unlock()
		switch {
		case untold == 0 && connected == 0, enough:
			return w.end(nil)
		case untold == 0 && w.from.at.IsZero():
			w.begin(connected)
		case !w.from.at.IsZero() && time.Since(w.from.at) >= w.c.Duration:
			return w.end(nil)
		}
		w.tell(false)
	}
}

// begin starts the clock.
func (w *watcher) begin(connected int) {
	if w.c.target.tls { // to let a viewer in takes several times what it keeps
		debug.FreeOSMemory()
	}
	w.hold()
	w.c.mu.Lock()
	w.c.tally.steady = time.Now().UnixNano()
	w.c.mu.Unlock()
	w.from = w.sample()
	w.toldMessages, w.told = w.from.messages, w.from.at
	if w.c.Objects {
		w.object(false)
		return
	}
	w.line(fmt.Sprintf("%d of %d connected after %.1f s; measuring for %v", connected, w.c.Viewers, time.Since(w.c.start).Seconds(), w.c.Duration), true)
}

// hold looks at the memory with the viewers that are there.
func (w *watcher) hold() {
	w.held, w.ownHeld = w.memory()
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.viewers = w.c.held
}

func (w *watcher) end(err error) error {
	if w.from.at.IsZero() { // ended while connecting: there is nothing to compare with
		w.hold()
		w.from = w.sample()
		w.to = w.from
	} else {
		w.to = w.sample()
	}
	w.after, _ = w.memory()
	w.tell(true)
	return err
}

// tell is the line on how it goes, each second on a terminal and every five elsewhere.
func (w *watcher) tell(last bool) {
	every := 5 * time.Second
	if w.c.Live || w.c.Objects {
		every = time.Second
	}
	since := time.Since(w.told)
	if w.c.Progress == nil || since < every && !last {
		return
	}
	if w.c.Objects {
		w.told = time.Now()
		w.object(last)
		return
	}
	w.c.mu.Lock()
	t := &w.c.tally
	rate := float64(t.messages-w.toldMessages) / max(since.Seconds(), 0.001)
	w.toldMessages = t.messages
	words := []string{fmt.Sprintf("%3.0f s", time.Since(w.c.start).Seconds()), fmt.Sprintf("%d of %d connected", w.c.served(), w.c.Viewers), fmt.Sprintf("%.0f messages/s", rate)}
	if t.numbered > 0 && !w.c.target.thinned {
		words = append(words, fmt.Sprintf("missed %d", t.missed))
	}
	failures := t.refused
	for kind, n := range t.errors {
		if !strings.HasPrefix(kind, "refused: ") {
			failures += n
		}
	}
	if failures > 0 {
		words = append(words, fmt.Sprintf("errors %d", failures))
	}
	if t.age.n > 0 {
		words = append(words, fmt.Sprintf("age p99 %s ms", ms(t.age.quantile(0.99))))
	}
	w.c.mu.Unlock()
	w.told = time.Now()
	w.line(w.fitting(words), false)
	if last && w.c.Live {
		fmt.Fprintln(w.c.Progress)
	}
}

// fitting is as many of the words as a line of the terminal holds: one that wraps is not written over by the next.
func (w *watcher) fitting(words []string) string {
	const between = "  "
	text := strings.Join(words, between)
	if !w.c.Live || w.c.Cols == nil {
		return text
	}
	cols := w.c.Cols()
	for n := len(words) - 1; cols > 0 && len(text) >= cols && n > 0; n-- {
		text = strings.Join(words[:n], between)
	}
	return text
}

func (w *watcher) line(text string, stays bool) {
	switch {
	case w.c.Progress == nil:
	case w.c.Live && !stays:
		fmt.Fprintf(w.c.Progress, "\r\033[K%s", text)
	case w.c.Live:
		fmt.Fprintf(w.c.Progress, "\r\033[K%s\n", text)
	default:
		fmt.Fprintln(w.c.Progress, text)
	}
}
