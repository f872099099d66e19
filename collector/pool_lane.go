package collector

import "time"

// A lane is a goroutine that reads sources one after the other. Its fields belong to pool.mu, save asks.
type lane struct {
	asks  chan struct{} // room for one: there is a queue. Closed to end the goroutine when it has come to its end
	queue []*worker     // what it has yet to read
	busy  bool          // it reads
}

// startLane has a queue read in a new lane.
func (p *pool) startLane(queue []*worker) *lane {
	l := &lane{asks: make(chan struct{}, 1), queue: queue, busy: true}
	l.asks <- struct{}{}
	p.mu.Lock()
	p.lanes++
	p.mu.Unlock()
	go p.run(l)
	return l
}

// run is the goroutine of a lane.
func (p *pool) run(l *lane) {
	defer func() { // at the end, and when a source has ended the goroutine
		p.mu.Lock()
		p.lanes--
		p.mu.Unlock()
		p.tellNews()
	}()
	for range l.asks {
		for w := p.nextOf(l); w != nil; w = p.nextOf(l) {
			a := answer{worker: w, at: time.Now()}
			ctx := p.ctx
			if w.quiet {
				ctx = p.calm
			}
			part, err := safeRead(ctx, w.source)
			a.part, a.state = part, problemOf(err, part != nil)
			p.mu.Lock()
			p.answered = append(p.answered, a)
			p.mu.Unlock()
		}
		p.tellNews()
	}
}

// nextOf takes the next source off a lane's queue, or nil at its end.
func (p *pool) nextOf(l *lane) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(l.queue) == 0 {
		l.busy = false
		return nil
	}
	w := l.queue[0]
	l.queue = l.queue[1:]
	return w
}

func (p *pool) tellNews() {
	select {
	case p.news <- struct{}{}:
	default: // there is some already, and it says no more than that
	}
}

// spread gives each source that the lane has not come to yet a lane of its own.
func (p *pool) spread() {
	if p.lane == nil {
		return
	}
	p.mu.Lock()
	rest := p.lane.queue
	p.lane.queue = nil
	p.mu.Unlock()
	for _, w := range rest {
		close(p.startLane([]*worker{w}).asks)
	}
}
