package load

import (
	"context"
	"errors"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// A Tally is what Follow saw. Missed and Duplicates are counted by sequence number.
type Tally struct {
	Messages   uint64 // handed to each
	Reconnects uint64 // attempts after the first
	Missed     uint64 // the sum of Message.Missed
	Gaps       uint64 // messages with Gap: the server's own word for it, also where nobody knows how many
	Duplicates uint64 // came again and were dropped
}

// Follow watches for ever. It connects again whenever a Watch ends, after a pause, and resumes behind the last message
// it has; messages that come twice are dropped.
//
// The pause is random, from 0 to a window that doubles from 0.5 s to 30 s and starts anew after 10 s of health. It never
// is shorter than the server asked for (Retry-After of the last answer, the last retry of SSE).
//
// It returns when the context ends (its cause), when each returns an error (that one), when the Client cannot work, and
// at answers that asking again would only repeat: 400, 401, 403, 410, and 204 on a held technique.
func (c *Client) Follow(ctx context.Context, after string, each func(Message) error) (Tally, error) {
	return c.follow(ctx, after, each, &backoff{})
}

func (c *Client) follow(ctx context.Context, after string, each func(Message) error, wait *backoff) (Tally, error) {
	w, err := c.newWatch(nil)
	if err != nil {
		return Tally{}, err
	}
	w.close()

	var (
		tally    Tally
		sequence = newSequence(after, c.Every > 0)
		stop     error         // what each returned
		retry    time.Duration // what SSE told last; it outlives the connection (WHATWG HTML §9.2.3)
		born     time.Time     // the first sign of life on this connection
	)
	alive := func() {
		if born.IsZero() {
			born = time.Now()
		}
	}
	viewer := *c
	viewer.Beat = func() {
		alive()
		c.beat()
	}
	viewer.Retry = func(d time.Duration) {
		retry = d
		if c.Retry != nil {
			c.Retry(d)
		}
	}
	take := func(m Message) error {
		alive()
		missed, again := sequence.take(m)
		if again {
			tally.Duplicates++
			return nil
		}
		if m.ID != "" {
			after = m.ID
		}
		m.Missed = missed
		tally.Messages++
		tally.Missed += missed
		if m.Gap {
			tally.Gaps++
		}
		stop = each(m)
		return stop
	}
	for {
		born = time.Time{}
		err := viewer.Watch(ctx, after, take)
		if !born.IsZero() {
			wait.lived(time.Since(born))
		}
		floor := retry
		var status *StatusError
		if errors.As(err, &status) {
			floor = max(floor, status.RetryAfter)
		}
		switch {
		case stop != nil:
			return tally, stop
		case ctx.Err() != nil:
			return tally, context.Cause(ctx)
		case status != nil && status.final():
			return tally, err
		}
		d := wait.next(floor)
		if c.Lost != nil {
			c.Lost(err, d)
		}
		if err := pause(ctx, d); err != nil {
			return tally, err
		}
		tally.Reconnects++
	}
}

// A sequence knows which message comes next.
type sequence struct {
	epoch   string // "": not known yet, or ids that cannot be counted
	seq     uint64
	thinned bool // numbers are left out on purpose: Every
}

func newSequence(after string, thinned bool) *sequence {
	s := &sequence{thinned: thinned}
	if epoch, seq, ok := wire.SplitID(after); ok {
		s.epoch, s.seq = epoch, seq
	}
	return s
}

// take says whether m was there before, and if not how many messages are missing between the last one and m.
func (s *sequence) take(m Message) (missed uint64, again bool) {
	epoch, seq, ok := wire.SplitID(m.ID)
	if !ok {
		return 0, false
	}
	// After a gap the server has started over for us, if need be at a lower number than the cursor's.
	if epoch == s.epoch && seq <= s.seq && !m.Gap {
		return 0, true
	}
	if epoch == s.epoch && seq > s.seq && !s.thinned {
		missed = seq - s.seq - 1
	}
	s.epoch, s.seq = epoch, seq
	return missed, false
}
