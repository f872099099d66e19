package hub

import "time"

// A Subscription is one reader's place in a hub. Next and Close are for one goroutine; the rest is for any.
//
// It is small, eighty bytes: there may be ten thousand.
type Subscription struct {
	run   *run
	ready chan struct{} // holds a token when there may be something to read, or the hub is closed; nil until asked for

	// All below is guarded by the hub's mu.
	first    uint64        // sequence number of the message that it began with
	next     uint64        // of the message to look at next; what is before it was delivered, or thinned or dropped
	thinned  uint64        // see Counts
	dropped  uint64        // likewise
	newest   uint64        // sequence number of the newest message when it was closed
	every    time.Duration // least time between two messages; 0 is all of them
	lastAt   int64         // At of the message delivered last; 0 is none
	live     bool          // it has caught up once; before that, reading slowly is not falling behind
	caughtUp bool          // see CaughtUp; for the goroutine of Next alone
	gap      bool          // the next message comes after a gap
	conflate bool          // of those that wait, only the newest is wanted
	closed   bool          // by Close
	ended    bool          // by End
}

// Counts is what became of the messages offered to a subscription.
type Counts struct {
	Offered   uint64 // published, or replayed, since it began
	Delivered uint64 // returned by Next
	Thinned   uint64 // skipped because the reader asked for fewer, or for the newest only
	Dropped   uint64 // lost because the reader was slow
	Pending   uint64 // waiting
}

// Subscribe starts reading after a cursor; the zero Cursor starts at the newest message. On a closed hub the
// subscription has what is there, and then its end. Close must be called.
func (h *Hub) Subscribe(after Cursor, every time.Duration) *Subscription {
	s := new(Subscription)
	h.Again(s, after, every)
	return s
}

// Again is Subscribe with a subscription that has not begun, or that Close has ended: who asks again and again needs no
// new one each time.
func (h *Hub) Again(s *Subscription, after Cursor, every time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*s = Subscription{run: h.run, every: every}
	switch {
	case after == Cursor{}:
		s.next = max(h.run.last, 1)
	case h.resumes(after):
		s.next = after.Seq + 1
		if after.Seq >= h.first() && after.Seq > 0 {
			s.lastAt = h.kept(after.Seq).at
		}
	default:
		s.next, s.gap = max(h.run.last, 1), true
	}
	s.first = s.next
	h.subscriptions++
}

// Ready holds a token whenever Next may have something new to say: after it said that nothing is there, wait for the
// token and ask again. A token may be for nothing. Who reads for many subscriptions asks the hub to Notify instead.
func (s *Subscription) Ready() <-chan struct{} {
	h := s.run.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.ready == nil {
		s.ready = make(chan struct{}, 1)
		if !s.closed {
			h.notify(s.ready)
		}
	}
	return s.ready
}

// Next returns the next message without waiting; nil when there is none yet, and ErrClosed when there never will be: the
// hub is closed, or has begun another epoch.
func (s *Subscription) Next() (*Message, error) {
	h := s.run.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.ended {
		return nil, ErrClosed
	}
	if s.run != h.run && !s.closed {
		h.total.Dropped += s.run.last + 1 - s.next
		s.dropped += s.run.last + 1 - s.next
		s.next = s.run.last + 1
		return nil, ErrClosed
	}
	for s.next <= h.run.last && !s.closed {
		s.skipIfBehind()
		k := h.kept(s.next)
		s.next++
		if s.thins(k.at) {
			s.thinned++
			h.total.Thinned++
			continue
		}
		m := k.whole()
		s.lastAt = m.At
		h.total.Delivered++
		s.live = s.live || s.next > h.run.last
		s.caughtUp = s.next > h.run.last && !h.closed // the token for the end may be the message's
		if s.gap {
			s.gap = false
			return m.AfterGap(), nil
		}
		return m, nil
	}
	if h.closed || s.closed {
		return nil, ErrClosed
	}
	s.live, s.caughtUp = true, true
	return nil, nil
}

// CaughtUp tells whether there was no more to read when Next was called last. Whatever has come since, the end included,
// there is a token for. It is for the goroutine of Next.
func (s *Subscription) CaughtUp() bool { return s.caughtUp }

// skipIfBehind moves a reader that is too slow, or wants no other, to the newest message, and counts what it left out.
// mu is held.
func (s *Subscription) skipIfBehind() {
	h := s.run.hub
	forgotten := s.next < h.first()
	if s.conflate && !forgotten && s.next < h.run.last {
		s.thinned += h.run.last - s.next
		h.total.Thinned += h.run.last - s.next
		s.next = h.run.last
		return
	}
	behind := s.live && h.run.last-s.next >= uint64(h.config.MaxPending)
	if forgotten || behind {
		s.dropped += h.run.last - s.next
		h.total.Dropped += h.run.last - s.next
		s.next, s.gap = h.run.last, true
	}
}

// thins says whether a message comes too soon after the one before it. A tick is never exact, so a tenth early is on
// time; and a message after a gap is never withheld.
func (s *Subscription) thins(at int64) bool {
	if s.every <= 0 || s.lastAt == 0 || s.gap || at < s.lastAt {
		return false
	}
	return at-s.lastAt < (s.every - s.every/10).Milliseconds()
}

// SetEvery changes the least time between two messages from now on.
func (s *Subscription) SetEvery(every time.Duration) {
	s.run.hub.mu.Lock()
	defer s.run.hub.mu.Unlock()
	s.every = every
}

// Conflate says whether, of messages that wait, only the newest is wanted from now on.
func (s *Subscription) Conflate(only bool) {
	s.run.hub.mu.Lock()
	defer s.run.hub.mu.Unlock()
	s.conflate = only
}

// Counts tells what became of the messages so far; after Close, what had become of them by then.
func (s *Subscription) Counts() Counts {
	s.run.hub.mu.Lock()
	defer s.run.hub.mu.Unlock()
	return s.count()
}

// count is Counts with mu held.
func (s *Subscription) count() Counts {
	newest := s.newest
	if !s.closed {
		newest = s.run.last
	}
	return Counts{
		Offered:   newest + 1 - s.first,
		Delivered: s.next - s.first - s.thinned - s.dropped,
		Thinned:   s.thinned,
		Dropped:   s.dropped,
		Pending:   newest + 1 - s.next,
	}
}

// End has the reader told that nothing comes any more, as if the hub had closed: at once if it waits for Ready; who reads
// for many is told by the hub's Wake, once for all that have ended. Close must be called all the same.
func (s *Subscription) End() {
	s.run.hub.mu.Lock()
	defer s.run.hub.mu.Unlock()
	s.ended = true
	if s.ready != nil {
		token(s.ready)
	}
}

// Close ends the subscription. It is safe to call twice.
func (s *Subscription) Close() {
	h := s.run.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.closed {
		return
	}
	s.closed, s.newest = true, s.run.last
	h.subscriptions--
	delete(h.waiting, s.ready)
}
