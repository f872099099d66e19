package fanout

import (
	"runtime"
	"time"
)

const (
	// stride is how many lines are written to before others get the shard, and the processor.
	stride = 256
	// mostPasses bounds a round when lines end faster than others get their turn: then there is another.
	mostPasses = 16
)

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
			s.everybody(func(l *line, now time.Duration) error {
				if l.fd%looksApart == s.ticks%looksApart {
					if err := s.look(l, now); err != nil {
						return err
					}
				}
				if err := l.pass(now); err != nil || len(l.rest) == 0 {
					return err
				}
				return s.say(l, now, 0)
			})
		}
	}
}

// everybody does something for each line, beginning with another one each time. In between, others get their turn.
func (s *shard) everybody(do func(*line, time.Duration) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
	s.turn += stride + 1
	for range mostPasses { // a line that was moved may have been passed over
		s.moved = false
		s.eachOnce(do)
		if !s.moved {
			return
		}
	}
	s.again()
}

// eachOnce does something for each line that has not had its turn in this round. mu is held, but not all the time.
func (s *shard) eachOnce(do func(*line, time.Duration) error) {
	now := s.fanout.now()
	n := len(s.lines) // who joins meanwhile comes behind them, and has been written to
	for i := range n {
		if i%stride == stride-1 {
			s.flush()
			s.mu.Unlock()
			runtime.Gosched()
			s.mu.Lock()
			now = s.fanout.now()
		}
		at := (s.turn + i) % n
		if at >= len(s.lines) {
			continue
		}
		if l := s.lines[at]; l.round != s.round {
			l.round = s.round
			s.attend(l, func() error { return do(l, now) })
			if s.batch.full() {
				s.flush()
			}
		}
	}
	s.flush()
}
