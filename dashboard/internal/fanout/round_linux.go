package fanout

import (
	"runtime"
	"time"
)

// stride is how many lines are written to before others get the shard, and the processor.
const stride = 256

// rounds writes to everybody when there are messages, and looks at the time.
func (s *shard) rounds() {
	defer s.fanout.hub.Notify(s.ready)()
	tick := time.NewTicker(s.fanout.tick())
	defer tick.Stop()
	closed := s.fanout.hub.Done()
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-s.sooner:
			s.mu.Lock()
			due.Reset(max(s.due-s.fanout.now(), 0))
			s.mu.Unlock()
		case <-due.C:
			s.mu.Lock()
			s.due = 0
			s.mu.Unlock()
			s.everybody(func(l *line, now time.Duration) error {
				if l.Form != nil {
					return nil
				}
				if at, idle := l.caller().Due(); idle || now < at { // others wait for messages, and are told of them
					return nil
				}
				return s.say(l, now, 0)
			})
		case <-s.ended:
			return
		case <-closed:
			tick.Reset(farewellLinger / 4)
			closed = nil
		case <-s.ready:
			s.everybody(func(l *line, now time.Duration) error { return s.say(l, now, 0) })
		case <-tick.C:
			s.ticks++
			s.everybody(s.tick)
		}
	}
}

// tick is what time does to a line, after a look at what it has under way if it is its turn. mu is held.
func (s *shard) tick(l *line, now time.Duration) error {
	switch {
	case l.fd%looksApart != s.ticks%looksApart:
		return s.passed(l, now)
	case s.batch.ring != nil && s.batch.ring.looks:
		s.batch.look(l)
		return nil
	}
	o := op{line: l, fd: l.fd, look: true}
	o.make()
	return s.looked(&o, now)
}

// passed is tick without a look. mu is held.
func (s *shard) passed(l *line, now time.Duration) error {
	if err := s.pass(l, now); err != nil || len(l.rest) == 0 {
		return err
	}
	return s.say(l, now, 0)
}

// everybody does something for each line, beginning with another one each time. In between, others get their turn: who
// joins meanwhile has been written to, and may get another.
func (s *shard) everybody(do func(*line, time.Duration) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy.Store(true)
	defer s.busy.Store(false)
	now := s.fanout.now()
	n := len(s.lines)
	s.turn = (s.turn + stride + 1) % max(n, 1)
	for i := range n {
		if i%stride == stride-1 {
			s.flush()
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			now = s.fanout.now()
		}
		l := s.at((s.turn + i) % n)
		if l == nil {
			continue
		}
		s.attend(l, func() error { return do(l, now) })
		if s.batch.full() {
			s.flush()
		}
	}
	s.flush()
	s.pack()
}

// pack has those who are left, where most have gone, stand close together: a round passes all places. mu is held, the
// batch empty, and no round under way.
func (s *shard) pack() {
	if len(s.lines) < stride || len(s.free) < len(s.lines)/4*3 {
		return
	}
	lines := s.lines
	s.lines, s.free = nil, nil
	for _, l := range lines {
		if l != nil {
			s.place(l)
			s.attend(l, func() error { return s.watch(l) }) // what has been told by the old place is told again
		}
	}
}
