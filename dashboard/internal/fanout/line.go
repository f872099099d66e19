package fanout

import (
	"errors"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

const (
	// mostNoise is what a viewer may send on a connection that only goes down before it is cut.
	mostNoise = 64 << 10
	// mostForgotten is how much is read of who has had the last word: what it was sending then, and no flood.
	mostForgotten = 16 << 20
	// mostAnswers is how much may wait to be said to a viewer that does not read.
	mostAnswers = 64 << 10
	// lingers is how long a connection is read on after the last word. Closed with unread bytes it would be reset, and the
	// viewer would never see that word (RFC 1122 section 4.2.2.13).
	lingers = time.Second
	// farewellLinger is the same when the server goes down, and has no second to spare.
	farewellLinger = 50 * time.Millisecond
	// steadyBeats is for how many heartbeats a viewer that gets messages is not pinged.
	steadyBeats = 4
)

// stage is what is left to do on a line.
type stage uint8

const (
	talking   stage = iota
	finishing       // the last words are in rest
	lingering       // all is said, and our direction closed; what still comes is read and forgotten
)

// A line is a Line and where it stands: what is to be written next, and what time does to it. It knows no socket, and
// no lock: whoever holds it calls one method at a time. It is small, 192 bytes: there may be ten thousand.
//
// One whose Owner is a Caller has nothing else of a Line.
type line struct {
	Line
	fanout *Fanout

	rest    []byte         // what is being written; a part of a shared frame mostly
	said    *piece         // what rest begins with, if that is a message
	stream  deflate.Stream // where a compressed line stands
	answers *[]byte        // to be written when rest has left; nil for nothing

	spoke time.Duration // when something was written last, or rest was begun
	beat  time.Duration // when the last heartbeat was due; while lingering, when that ends; of a request, when it began to come
	heard time.Duration // when something was read last; once a heartbeat is out, see asking

	owed    int32 // bytes of said, or of a Caller's response, that have not left
	noise   int32 // bytes read of a viewer that has nothing to say
	index   int32 // its place in its shard
	fd      int32 // its shard's
	stage   stage
	reason  Reason
	blocked bool // its shard waits for room in its connection
	// answering: rest ends with a Caller's response.
	answering bool
	early     bool   // answers is a request that came before the answer to the one before it
	release   func() // gives its place back, if it has been kept
}

// errDone says that nothing more will be written: the connection is to be closed, after lingering if the line says so.
var errDone = errors.New("line is done")

// begin is the first thing said.
func (l *line) begin(head []byte, now time.Duration) {
	l.spoke, l.beat, l.heard = now, now, now
	l.rest = head
	if l.Form == nil {
		return
	}
	l.Form.began()
	l.rest = l.Form.open(l.rest, &l.stream)
	if l.Opening != nil {
		l.rest = l.Form.say(l.rest, &l.stream, l.Opening)
		l.Opening = nil
	}
}

// next is what to write now; nothing when there is nothing to say yet, and errDone when there will be nothing any more.
func (l *line) next(now time.Duration) ([]byte, error) {
	for len(l.rest) == 0 {
		switch {
		case l.stage == finishing:
			l.stage = lingering
			l.beat = now + l.fanout.config.linger
			select {
			case <-l.fanout.hub.Done():
				l.beat = now + farewellLinger
			default:
			}
			return nil, errDone
		case l.stage == lingering:
			return nil, errDone
		case l.Form == nil:
			if err := l.kept(now); err != nil {
				return nil, err
			}
			if l.ask(now); len(l.rest) == 0 && l.stage == talking {
				return nil, nil
			}
		case l.answers != nil:
			l.rest, l.answers = *l.answers, nil
		default:
			m, err := l.Sub.Next()
			switch {
			case err != nil:
				l.farewell(err)
			case m == nil:
				return nil, nil
			default:
				l.said = l.Form.write(m, &l.stream)
				l.rest, l.owed = l.said.bytes, int32(len(l.said.bytes))
			}
		}
		l.spoke = now
	}
	return l.rest, nil
}

// upToDate tells whether next would find nothing, and something will happen before it does. While a message goes to
// thousands, what a line is made of has left the processor's caches between its turn and its next.
func (l *line) upToDate() bool {
	return l.stage == talking && l.Form != nil && l.answers == nil && len(l.rest) == 0 && l.Sub.CaughtUp()
}

// farewell says goodbye in the technique's own words.
func (l *line) farewell(err error) {
	l.stage, l.reason = finishing, Closed
	if !errors.Is(err, hub.ErrClosed) {
		l.reason = Fault
		return
	}
	l.rest = l.Form.end(nil, &l.stream) // not behind rest: what is left of an empty frame is still the form's
}

// count is told what has passed through the connection.
func (l *line) count(in, out int) {
	if c := l.caller(); c != nil {
		c.Count(in, out)
		return
	}
	l.Account.Passed(in, out)
}

// wrote says how much of next's bytes have left.
func (l *line) wrote(n int, now time.Duration) {
	if n <= 0 {
		return
	}
	if l.Form != nil { // a whole answer has as long as one write of others: it may be large, and is not shared
		l.spoke = now
		if l.Account.Recorded() {
			l.record(l.rest[:n])
		}
	}
	if l.rest = l.rest[n:]; len(l.rest) == 0 {
		l.rest = nil // it may be the last that holds on to a frame
	}
	l.owed -= int32(n)
	if l.answering && l.owed <= 0 {
		l.answering = false
		l.heard = now // it is idle since then
		l.caller().Answered(l)
	}
	if p := l.said; p != nil && l.owed <= 0 {
		l.Account.Sent(p.payload, p.body)
		l.said = nil
		if !l.Form.Steady {
			l.beat = now
		}
	}
}

// hear takes what has been read. An error is the end of a line that is not worth a last word.
func (l *line) hear(b []byte, now time.Duration) error {
	l.heard = now
	switch {
	case l.stage != talking:
		if l.Form != nil {
			l.Account.Heard(b)
			l.Account.Understood()
		}
		if l.noise += int32(len(b)); l.noise > mostForgotten {
			return ErrLeft // or never will
		}
		return nil // forgotten
	case l.Form == nil:
		return l.asked(b, now)
	}
	if l.Account.Recorded() {
		l.Account.Heard(b) // before it is changed
		defer l.Account.Understood()
	}
	if l.Ear == nil {
		if l.noise += int32(len(b)); l.noise > mostNoise {
			l.reason = Broke
			return errDone
		}
		return nil
	}
	answer, err := l.Ear.Hear(b)
	if len(answer) > 0 {
		if l.answers == nil {
			l.answers = new([]byte)
		}
		if *l.answers = append(*l.answers, answer...); len(*l.answers) > mostAnswers {
			l.reason = Slow
			return errDone
		}
	}
	if err != nil {
		l.reason = Broke
		if errors.Is(err, ErrLeft) {
			l.reason = Left
		}
		l.stage = finishing
		if l.answers != nil {
			if len(l.rest) == 0 {
				l.spoke = now // time may pass before it is written
			}
			l.rest = append(append([]byte(nil), l.rest...), *l.answers...) // the frame in hand is finished first
			l.answers = nil
		}
	}
	return nil
}

// ErrLeft is what an Ear returns when the viewer has said goodbye.
var ErrLeft = errors.New("viewer left")

// pass is what time does to a line: a heartbeat, or its end.
func (l *line) pass(now time.Duration) error {
	config := &l.fanout.config
	switch {
	case l.stage == lingering:
		if now >= l.beat {
			return errDone
		}
		return nil
	case len(l.rest) > 0:
		if now-l.spoke >= config.WriteTimeout {
			l.reason = Slow
			return errDone
		}
		return nil
	case l.stage != talking:
		return nil
	case l.Form == nil:
		return l.passAsk(now)
	case l.Form.Steady && l.heard < l.beat-config.Heartbeat && now-l.heard >= l.patience():
		l.reason = Silent
		return errDone
	case l.due(now):
		l.asking(now)
		l.beat = now
		l.rest = l.Form.say(nil, &l.stream, func(b []byte) []byte { return append(b, l.Form.Heartbeat...) })
		l.spoke = now
	}
	return nil
}

// due tells whether it is time for a heartbeat. A ping is answered, and with its answer costs more than a message: while
// messages come it is rare, until one is not answered.
func (l *line) due(now time.Duration) bool {
	every := l.fanout.config.Heartbeat
	switch since := now - l.beat; {
	case since < every:
		return false
	case !l.Form.Steady || l.heard < l.beat:
		return true
	default:
		return now-l.spoke >= every || since >= steadyBeats*every
	}
}

// asking is before a heartbeat: silence counts from the first that is not answered, as if each had left in time. While a
// slow connection has something to write none leaves, and who was not asked is not silent.
func (l *line) asking(now time.Duration) {
	every := l.fanout.config.Heartbeat
	switch {
	case l.heard >= l.beat: // the one before is answered
		l.heard = now - every
	case l.heard >= l.beat-every: // only that is not
		l.heard = now - 2*every
	}
}

// patience is how long a viewer that is pinged may be silent.
func (l *line) patience() time.Duration {
	return 2*l.fanout.config.Heartbeat + l.fanout.config.WriteTimeout
}

// wasted tells whether what is under way will never be read. Then the connection is to be reset: the kernel would keep it
// for minutes otherwise, and with a full window not even the end would reach the viewer.
func (l *line) wasted() bool { return l.reason == Slow || l.reason == Silent }

// finish closes the books. The connection is closed by then.
func (l *line) finish() {
	if l.reason == 0 {
		l.reason = Left
	}
	if l.Form != nil {
		l.Sub.Close()
		l.Form.ended()
	}
	l.Owner.Done(l.reason)
	l.fanout.lineEnds()
}
