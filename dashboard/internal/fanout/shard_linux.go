package fanout

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// stride is how many lines are written to before others get the shard, and the processor.
	stride = 256
	// mostPasses bounds a round when lines end faster than others get their turn: then there is another.
	mostPasses = 16
	// mostReads bounds how often one line is read at a time, and mostWrites how much is written to it: the others are
	// waiting.
	mostReads  = 16
	mostWrites = 128 << 10
)

// A shard holds lines by their descriptors. Two goroutines work on it: one hears of descriptors, the other of messages
// and of time.
type shard struct {
	fanout *Fanout
	poll   *poll
	ready  chan struct{} // a token for new messages
	sooner chan struct{} // a token when due has become earlier
	ended  <-chan struct{}

	mu     sync.Mutex
	closed bool
	lines  []*line
	byFD   map[int32]*line
	turn   int           // with which line the next round begins: nobody is always the last
	round  uint32        // the number of the round
	moved  bool          // a line was removed in this round, and another took its place
	due    time.Duration // when a Caller must be asked for its answer; 0 is never
	buf    [16 << 10]byte
}

func newShard(f *Fanout, ended <-chan struct{}) (*shard, error) {
	p, err := newPoll()
	if err != nil {
		return nil, err
	}
	return &shard{fanout: f, poll: p, ready: make(chan struct{}, 1), sooner: make(chan struct{}, 1), ended: ended, byFD: make(map[int32]*line)}, nil
}

// close cuts who is left. The poll goes last: its number may be another's as soon as it is closed.
func (s *shard) close() {
	s.mu.Lock()
	s.closed = true
	for len(s.lines) > 0 {
		l := s.lines[len(s.lines)-1]
		if l.reason == 0 {
			l.reason = Closed
		}
		s.remove(l)
	}
	s.mu.Unlock()
	s.poll.file.Close()
}

// add takes a line that has a descriptor, with what its viewer has said already, and begins.
func (s *shard) add(l *line, head, early []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.index = int32(len(s.lines))
	s.lines = append(s.lines, l)
	s.byFD[l.fd] = l
	now := s.fanout.now()
	s.attend(l, func() error {
		l.begin(head, now)
		if s.closed {
			l.reason = Closed
			return errDone
		}
		if err := s.poll.control(unix.EPOLL_CTL_ADD, l.fd, watched); err != nil {
			l.reason = Fault
			return err
		}
		if len(early) > 0 {
			if err := l.hear(early, now); err != nil {
				return err
			}
		}
		return s.write(l, now)
	})
}

// remove closes a line. mu is held.
func (s *shard) remove(l *line) {
	if !s.forget(l) {
		return
	}
	l.closing(l)
	unix.Close(int(l.fd)) // and with it epoll's interest: the server's descriptor is closed by now, or is about to be
	if l.release != nil {
		l.release()
	}
	l.finish()
}

// forget takes a line out. It tells whether it was in. mu is held.
func (s *shard) forget(l *line) bool {
	if s.byFD[l.fd] != l {
		return false
	}
	delete(s.byFD, l.fd)
	s.moved = true
	last := s.lines[len(s.lines)-1]
	s.lines[l.index], last.index = last, l.index
	s.lines[len(s.lines)-1] = nil
	s.lines = s.lines[:len(s.lines)-1]
	return true
}

// back gives a connection back to where it came from. mu is held.
func (s *shard) back(l *line) {
	if !s.forget(l) {
		return
	}
	var early []byte
	if l.answers != nil {
		early = *l.answers
	}
	s.poll.control(unix.EPOLL_CTL_DEL, l.fd, 0)
	conn, err := connection(l.fd, l.release)
	if err != nil { // no descriptor is left
		if l.release != nil {
			l.release()
		}
		l.finish()
		return
	}
	l.finish()
	go l.Caller.Back(conn, early)
}

// attend does something for a line, and removes it when that fails. A panic is that line's end alone. mu is held.
func (s *shard) attend(l *line, do func() error) {
	defer func() {
		if p := recover(); p != nil {
			s.fanout.fault(l, p)
			l.reason = Fault
			s.remove(l)
		}
	}()
	err := do()
	switch {
	case err == nil:
		s.askBy(l)
	case errors.Is(err, errBack):
		s.back(l)
	case errors.Is(err, errDone) && l.stage == lingering && s.fanout.now() < l.beat:
		unix.Shutdown(int(l.fd), unix.SHUT_WR)
	default:
		s.remove(l)
	}
}

// askBy sees to it that a Caller is asked for its answer in time. mu is held.
func (s *shard) askBy(l *line) {
	if l.Caller == nil {
		return
	}
	at, _ := l.Caller.Due()
	if at == 0 {
		return
	}
	at = (at + dueStep - 1) / dueStep * dueStep
	if s.due != 0 && s.due <= at {
		return
	}
	s.due = at
	select {
	case s.sooner <- struct{}{}:
	default:
	}
}

// write says what there is to say, until the connection is full or others have waited long enough. mu is held.
func (s *shard) write(l *line, now time.Duration) error {
	for written := 0; !l.blocked; {
		if written >= mostWrites {
			s.again()
			return nil
		}
		b, err := l.next(now)
		if err != nil || len(b) == 0 {
			return err
		}
		n, err := write(l.fd, b)
		if n > 0 {
			l.count(0, n)
			written += n
		}
		l.wrote(n, now)
		switch {
		case errors.Is(err, syscall.EAGAIN) || err == nil && n < len(b):
			return s.block(l, true)
		case err != nil:
			return err
		}
	}
	return nil
}

// again asks for another round.
func (s *shard) again() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// block begins or ends waiting for room. mu is held.
func (s *shard) block(l *line, blocked bool) error {
	if l.blocked == blocked {
		return nil
	}
	l.blocked = blocked
	events := uint32(watched)
	if blocked {
		events |= unix.EPOLLOUT
	}
	return s.poll.control(unix.EPOLL_CTL_MOD, l.fd, events)
}

// events are what the kernel says of descriptors.
func (s *shard) events(events []unix.EpollEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		e := &events[i]
		l := s.byFD[e.Fd]
		if l == nil {
			continue // it was closed after this was told
		}
		s.attend(l, func() error { return s.event(l, e.Events) })
	}
}

func (s *shard) event(l *line, events uint32) error {
	now := s.fanout.now()
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		if err := s.read(l, now); err != nil {
			return err
		}
	}
	if events&unix.EPOLLOUT != 0 {
		if err := s.block(l, false); err != nil {
			return err
		}
	}
	return s.write(l, now)
}

// read hears what a viewer says. An error is the end.
func (s *shard) read(l *line, now time.Duration) error {
	for range mostReads {
		n, err := read(l.fd, s.buf[:])
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return nil
		case err != nil:
			return err
		case n == 0:
			return ErrLeft
		}
		l.count(n, 0)
		if err := l.hear(s.buf[:n], now); err != nil {
			return err
		}
		if n < len(s.buf) {
			return nil
		}
	}
	return nil // epoll tells again
}

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
				if l.Caller == nil {
					return nil
				}
				return s.write(l, now)
			})
		case <-s.ended:
			return
		case <-closed:
			tick.Reset(farewellLinger / 4)
			closed = nil
		case <-s.ready:
			s.everybody(s.write)
		case <-tick.C:
			s.everybody(func(l *line, now time.Duration) error {
				if err := l.pass(now); err != nil || len(l.rest) == 0 {
					return err
				}
				return s.write(l, now)
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
		}
	}
}
