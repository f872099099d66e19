package fanout

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// mostReads bounds how often one line is read at a time, and mostWrites how much is written to it: the others are
	// waiting.
	mostReads  = 16
	mostWrites = 128 << 10
	// roundFirst is for how many moments a crowd waits for a round.
	roundFirst = 20
)

// A shard holds lines by their descriptors. Two goroutines work on it: one hears of descriptors, the other of messages
// and of time.
type shard struct {
	fanout *Fanout
	way    Way
	poll   *poll
	ready  chan struct{} // a token for new messages
	sooner chan struct{} // a token when due has become earlier
	ended  <-chan struct{}

	mu     sync.Mutex
	closed bool
	lines  []*line       // each keeps its place; nil where one has left
	free   []int32       // places where nobody is
	turn   int           // with which line the next round begins: nobody is always the last
	due    time.Duration // when a Caller must be asked for its answer; 0 is never
	ticks  int32
	behind map[*line]ack // lines that had bytes under way when they were looked at last
	busy   atomic.Bool   // a round is under way
	batch  batch
	buf    [16 << 10]byte
}

func newShard(f *Fanout, ended <-chan struct{}) (*shard, error) {
	p, err := newPoll()
	if err != nil {
		return nil, err
	}
	s := &shard{fanout: f, way: ByEpoll, poll: p, ready: make(chan struct{}, 1), sooner: make(chan struct{}, 1), ended: ended, behind: make(map[*line]ack)}
	if !f.config.NoRing {
		if s.batch.ring, err = newRing(); err == nil {
			s.way = ByRing
		} else if !f.plain {
			f.plain = true
			f.config.Logger.Info("no io_uring: each line is read and written by system calls of its own, which costs more", "error", err)
		}
	}
	return s, nil
}

// close cuts who is left. The poll goes last: its number may be another's as soon as it is closed.
func (s *shard) close() {
	s.mu.Lock()
	s.closed = true
	for _, l := range s.lines {
		if l == nil {
			continue
		}
		if l.reason == 0 {
			l.reason = Closed
		}
		s.remove(l)
	}
	if s.batch.ring != nil {
		s.batch.ring.close()
		s.batch.ring = nil
	}
	s.mu.Unlock()
	s.poll.close()
}

// add takes a line whose connection is somebody else's so far, with what its viewer has said already, and begins. An error
// says that it could not, and that nothing has changed.
//
// The connection has two descriptors from then on until that other has closed his, and not while it waits for the shard:
// in a round that takes long thousands would have used up all there are.
func (s *shard) add(l *line, conn syscall.Conn, head, early []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed { // the poll's number may be another's
		return net.ErrClosed
	}
	fd, err := duplicate(conn)
	if err != nil {
		return err
	}
	if err := s.take(l, fd, conn); err != nil {
		unix.Close(fd)
		return err
	}
	if k, ok := conn.(interface{ Keep() func() }); ok {
		l.release = k.Keep()
	}
	l.Owner.Began(s.way)
	s.probed(l)
	own(fd)
	now := s.fanout.now()
	s.attend(l, func() error {
		l.begin(head, now)
		if len(early) > 0 {
			if err := l.hear(early, now); err != nil {
				return err
			}
		}
		return s.say(l, now, 0)
	})
	s.flush()
	return nil
}

// take gives a line a place and has its descriptor watched: what is heard of it waits for mu. An error says that neither is so.
// mu is held.
func (s *shard) take(l *line, fd int, conn syscall.Conn) error {
	l.fd = int32(fd)
	s.place(l)
	err := s.poll.control(unix.EPOLL_CTL_ADD, l.fd, l.index, watched)
	if t, ok := conn.(interface{ Yield() bool }); ok && err == nil && !t.Yield() { // it has become more than its descriptor
		err = errors.New("the connection is more than its descriptor")
	}
	if err != nil {
		s.forget(l)
		l.fd = 0
	}
	return err
}

// remove closes a line. mu is held.
func (s *shard) remove(l *line) {
	if !s.forget(l) {
		return
	}
	l.closing(l)
	if l.wasted() {
		unix.SetsockoptLinger(int(l.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	unix.Close(int(l.fd))
	if l.release != nil {
		l.release()
	}
	l.finish()
}

// forget takes a line out. It tells whether it was in. mu is held.
//
// Closing the line's descriptor would not end the watch over it while the server's is open, or a child's that is not yet its
// program. What is told then would be taken for news of the next line, which may well have the same place and descriptor.
func (s *shard) forget(l *line) bool {
	if l.removed() {
		return false
	}
	s.poll.control(unix.EPOLL_CTL_DEL, l.fd, 0, 0)
	delete(s.behind, l)
	s.lines[l.index] = nil
	s.free = append(s.free, l.index)
	l.index = -1
	if len(s.free) == len(s.lines) {
		s.lines, s.free = nil, nil
	}
	return true
}

// place finds a place for a line. mu is held.
func (s *shard) place(l *line) {
	if last := len(s.free) - 1; last >= 0 {
		l.index, s.free = s.free[last], s.free[:last]
		s.lines[l.index] = l
		return
	}
	l.index = int32(len(s.lines))
	s.lines = append(s.lines, l)
}

// at is the line in a place; nil where nobody is. mu is held.
func (s *shard) at(place int) *line {
	if place >= len(s.lines) {
		return nil
	}
	return s.lines[place]
}

// has tells whether the shard holds a line of its own. mu is held.
func (s *shard) has(l *line) bool { return !l.removed() && s.at(int(l.index)) == l }

// removed tells lines that no shard holds any more.
func (l *line) removed() bool { return l.index < 0 }

// back gives a connection back to where it came from. mu is held.
func (s *shard) back(l *line) {
	if !s.forget(l) {
		return
	}
	var early []byte
	if l.answers != nil {
		early = *l.answers
	}
	conn, ok := l.connection(NoRoom)
	if !ok {
		l.reason = Fault
		l.finish()
		return
	}
	l.finish()
	go l.caller().Back(conn, early)
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
		l.broken(err)
		s.remove(l)
	}
}

// askBy sees to it that a Caller is asked for its answer in time. mu is held.
func (s *shard) askBy(l *line) {
	if l.Form != nil || l.answering {
		return
	}
	at, _ := l.caller().Due()
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

// say puts what there is to say to a line into the batch, which must have room. The line has been written to before, in
// the same turn, if written is not 0: when that was enough, others are waiting. mu is held.
func (s *shard) say(l *line, now time.Duration, written int) error {
	if l.blocked {
		return nil
	}
	if written >= mostWrites {
		s.again()
		return nil
	}
	b, err := l.next(now)
	if err != nil || len(b) == 0 {
		return err
	}
	s.batch.send(l, b, written)
	return nil
}

// flush does what is in the batch, until its lines have no more to say, or are full, or others have waited long enough.
// mu is held, and the batch is empty afterwards.
func (s *shard) flush() {
	for s.batch.n > 0 {
		done := s.batch.run()
		now := s.fanout.now() // to make a large frame, and to send it, takes time
		for i := range done {
			o := done[i]
			done[i] = op{} // it makes room for what comes of it, and holds on to nothing
			if o.line.removed() {
				continue
			}
			s.attend(o.line, func() error {
				switch {
				case o.send:
					return s.sent(&o, now)
				case o.look:
					return s.looked(&o, now)
				}
				return s.received(&o, now)
			})
		}
	}
}

// sent goes on after a sending. mu is held.
func (s *shard) sent(o *op, now time.Duration) error {
	l := o.line
	if o.n > 0 {
		l.count(0, o.n)
	}
	l.wrote(o.n, now)
	switch {
	case errors.Is(o.err, syscall.EAGAIN) || o.err == nil && o.n < len(o.b):
		return s.block(l, true)
	case o.err != nil:
		return o.err
	case l.upToDate():
		return nil
	}
	return s.say(l, now, o.written+o.n)
}

// received goes on after a reading. mu is held.
func (s *shard) received(o *op, now time.Duration) error {
	err := s.heard(o.line, o.b, o.n, o.err, now)
	switch {
	case errors.Is(err, syscall.EAGAIN):
	case err != nil:
		return err
	case o.last: // the end is behind it, and told already: it is heard when what was said is answered
		if err := s.watch(o.line); err != nil {
			return err
		}
	case o.n == len(o.b):
		if err := s.read(o.line, now); err != nil {
			return err
		}
	}
	return s.say(o.line, now, 0)
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
	return s.watch(l)
}

// watch asks to be told of a line's connection what is there by now, and what comes. mu is held.
func (s *shard) watch(l *line) error {
	events := uint32(watched)
	if l.blocked {
		events |= unix.EPOLLOUT
	}
	return s.poll.control(unix.EPOLL_CTL_MOD, l.fd, l.index, events)
}

// pause has a crowd's requests wait for each other, and for a round while that is not too long: who has its answer first
// would have the others wait for theirs.
func (s *shard) pause() {
	time.Sleep(moment)
	for range roundFirst {
		if !s.busy.Load() {
			return
		}
		time.Sleep(moment)
	}
}

// events are what the kernel says of descriptors.
func (s *shard) events(events []unix.EpollEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.fanout.now()
	for i := range events {
		e := &events[i]
		l := s.at(int(e.Fd))
		if l == nil || l.fd != e.Pad {
			continue // it was closed after this was told
		}
		s.attend(l, func() error { return s.event(l, e.Events, now) })
		if s.batch.full() {
			s.flush()
			now = s.fanout.now()
		}
	}
	s.flush()
}

// event puts what is to be done for a line into the batch, once.
func (s *shard) event(l *line, events uint32, now time.Duration) error {
	if events&unix.EPOLLOUT != 0 {
		if err := s.block(l, false); err != nil {
			return err
		}
	}
	if events&(unix.EPOLLIN|ends) != 0 {
		s.batch.receive(l, events&ends != 0)
		return nil
	}
	return s.say(l, now, 0)
}

// read hears what a viewer says on, until there is no more, or others have waited long enough. An error is the end.
func (s *shard) read(l *line, now time.Duration) error {
	for range mostReads {
		n, err := read(l.fd, s.buf[:])
		if err := s.heard(l, s.buf[:], n, err, now); errors.Is(err, syscall.EAGAIN) {
			return nil
		} else if err != nil {
			return err
		}
		if n < len(s.buf) {
			return nil // what comes now is told
		}
	}
	return s.watch(l)
}

// heard takes what has been read of a line. An error is the end, but for EAGAIN.
func (s *shard) heard(l *line, b []byte, n int, err error, now time.Duration) error {
	switch {
	case err != nil:
		return err
	case n == 0:
		return ErrLeft
	}
	l.count(n, 0)
	return l.hear(b[:n], now)
}
