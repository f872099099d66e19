package fanout

import (
	"errors"
	"net"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// A Caller is the other half of a connection that is asked again and again, by polling or long polling: it knows what a
// request says and what to answer. Between two requests the connection is parked, and costs what an idle line costs.
// Its calls come one at a time.
type Caller interface {
	Owner
	// Answer is the whole response to the request in hand, which may be shared with others; nothing when there is no
	// request, or when it can wait. last says that the connection ends with it.
	Answer(now time.Duration) (response []byte, last bool)
	// Answered says that the response has left, to the last byte. The probe is good until it returns.
	Answered(meter.Probe)
	// Ask takes what the viewer has sent. An error says that it is not for this Caller: the connection goes Back.
	Ask(b []byte, now time.Duration) error
	// Due is when Answer must be called at the latest, and idle whether no request is in hand: 0 is never.
	Due() (at time.Duration, idle bool)
	// Count is told what has passed through the connection, in bytes.
	Count(in, out int)
	// Named tells whether anybody can ask for what the kernel knows of the connection. If so, Parked says how, from
	// elsewhere.
	Named() bool
	Parked(meter.Probe)
	// Closing says that the connection is about to be closed. The probe is good until it returns.
	Closing(meter.Probe)
	// Back returns the connection to the server it came from, with what was read and not answered.
	Back(conn net.Conn, early []byte)
}

// caller is a parked line's; nil for any other.
func (l *line) caller() Caller {
	if l.Form != nil {
		return nil
	}
	return l.Owner.(Caller)
}

// errBack ends a line whose connection lives on elsewhere.
var errBack = errors.New("line goes back")

const (
	// mostAsked is the longest request that is put together here: the server refuses such heads, and says so.
	mostAsked = 8 << 10
	// idlePatience is how long a connection may be parked.
	idlePatience = 75 * time.Second
	// askPatience is how long a request may take to arrive once it has begun.
	askPatience = 10 * time.Second
	// dueStep is how exact the end of a hold is: so many ends come together.
	dueStep = 20 * time.Millisecond
)

// ask is next for a line with a Caller.
func (l *line) ask(now time.Duration) {
	response, last := l.caller().Answer(now)
	if len(response) > 0 {
		l.rest, l.owed, l.answering = response, int32(len(response)), true
	}
	if last {
		l.stage, l.reason = finishing, Closed
	}
}

// kept is what came while a request was in hand: it is the next one.
func (l *line) kept(now time.Duration) error {
	if _, idle := l.caller().Due(); !idle || l.answers == nil || !l.early {
		return nil
	}
	l.early, l.beat = false, now // its patience begins here, if it is not whole
	return l.asked(nil, now)
}

// asked is hear for a line with a Caller. What was read is kept until it is a whole request.
func (l *line) asked(b []byte, now time.Duration) error {
	begun := l.answers != nil
	if begun {
		b = append(*l.answers, b...)
		l.answers = nil
	}
	if _, idle := l.caller().Due(); !idle {
		if len(b) > mostAsked {
			l.reason = Broke
			return errDone
		}
		next := append([]byte(nil), b...)
		l.answers, l.early = &next, true
		return nil
	}
	err := l.caller().Ask(b, now)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrMore) && len(b) < mostAsked:
		if !begun {
			l.beat = now
		}
		kept := append([]byte(nil), b...)
		l.answers = &kept
		return nil
	}
	kept := append([]byte(nil), b...)
	l.answers = &kept // they go with it
	return errBack
}

// NoRoom is answered to a request when there is no descriptor to serve it with.
const NoRoom = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// ErrMore is what a Caller returns for a request that is not whole yet.
var ErrMore = errors.New("request is not whole")

// passAsk is pass for a line with a Caller.
func (l *line) passAsk(now time.Duration) error {
	_, idle := l.caller().Due()
	if idle && (now-l.heard >= idlePatience || l.answers != nil && now-l.beat >= askPatience) {
		return errDone
	}
	return nil
}
