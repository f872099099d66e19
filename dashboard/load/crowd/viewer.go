package crowd

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// What this process or machine has no more of, as kinds of errors.
const (
	noDescriptors = "no descriptors left (hint: ulimit -n)"
	noPorts       = "no local ports left"
)

const (
	patience     = 10 * time.Second  // for a connection
	headPatience = 25 * time.Second  // for the head of an answer that does not end: some send it with the first heartbeat
	holdPatience = 150 * time.Second // for the answer to a long poll: nobody knows how long a foreign server holds
	// hasty is how soon an answer without news is taken for one of a server that does not hold at all.
	hasty = 100 * time.Millisecond

	shortestPause, longestPause = 500 * time.Millisecond, 30 * time.Second
)

type phase uint8

const (
	away    phase = iota // no connection; due is when to connect
	dialing              // due is the end of patience
	asked                // the head of an answer is awaited
	reading              // the answer to a poll is coming in
	idle                 // polling: due is when to ask
	holding              // an answer without end, or a WebSocket
	deaf                 // slow: never reads again
	gone                 // will not come back
)

// An action is what a viewer wants of its engine.
type action uint8

const (
	nothing action = iota
	connect        // open a connection, and then say up
	send           // write crowd.out
	deafen         // do not read any more
	hangUp         // close the connection; due says when to connect again
)

// A viewer is one viewer's side of the technique, apart from any socket and clock. It is called by its engine: tick
// when it is due, up, feed and down as its connection goes.
type viewer struct {
	c       *crowd
	index   int32
	phase   phase
	slow    bool
	known   bool // it has been in or been refused
	in      bool // it has been in
	refused bool // it has been refused
	dialed  bool // it has tried to get in
	fresh   bool // it asked for the newest message, and has not had it yet
	news    bool // this answer has had one
	closing bool // the connection serves no further question
	between bool // the connection before was closed between two answers: it has not been away
	again   bool // the server has more than fitted into its answer
	hasty   bool // the answer before came at once and did not say where the viewer is
	tries   uint8
	retry   int32 // ms, what SSE told last
	last    *record
	place   place
	since   int64 // wall clock: since when it has been there; it was answered then
	cutAt   int64
	askedAt int64
	head    wire.HeadReader
	body    wire.Body
	parser  wire.Parser
}

// arm says when to be called: at the end of d from now, or to cut itself if that is sooner. 0 is for ever.
func (v *viewer) arm(d time.Duration) {
	at := int64(math.MaxInt64)
	if d > 0 {
		at = v.c.now() + int64(d)
	}
	if v.cutAt > 0 {
		at = min(at, v.cutAt)
	}
	if at == math.MaxInt64 {
		at = 0
	}
	v.wake(at)
}

func (v *viewer) wake(at int64) {
	c := v.c
	c.due[v.index] = at
	if at > 0 && (c.soonest == 0 || at < c.soonest) {
		c.soonest = at
	}
}

// tick is called when the viewer is due.
func (v *viewer) tick() action {
	switch {
	case v.phase == away:
		v.phase = dialing
		if v.dialed {
			v.c.tally.reconnects++
		}
		v.dialed = true
		v.arm(patience)
		return connect
	case v.cutAt > 0 && v.c.now() >= v.cutAt:
		v.c.tally.cuts++
		return v.leave(0)
	case v.phase == idle:
		return v.ask()
	case v.phase == dialing:
		return v.turnedAway("no connection in " + patience.String())
	case v.phase == asked || v.phase == reading:
		return v.broke("no answer in time")
	}
	v.wake(0)
	return nothing
}

// up is called when the connection stands.
func (v *viewer) up() action {
	if !v.between {
		v.since = 0
	}
	v.between, v.fresh, v.closing = false, v.place == place{}, false
	v.head, v.parser = wire.HeadReader{}, nil
	v.c.held++
	return v.ask()
}

// ask puts the question into crowd.out.
func (v *viewer) ask() action {
	v.phase, v.askedAt = asked, v.c.now()
	v.c.out = v.c.target.request(v.c.out[:0], v.place)
	switch v.c.Technique {
	case "polling":
		v.arm(patience)
	case "longpolling":
		v.arm(holdPatience)
	default:
		v.arm(headPatience)
	}
	return send
}

// down is called when the connection could not be had, or has ended. kind is "" for an end without error.
func (v *viewer) down(kind string) action {
	switch {
	case v.phase == dialing && (kind == noDescriptors || kind == noPorts): // it was not the server
		return v.lost(kind)
	case v.phase == dialing:
		return v.turnedAway(kind)
	case v.phase == deaf:
		v.c.tally.slowCut++
		v.c.tally.slowHeld--
		v.phase = gone
		v.c.held--
		v.wake(0)
		return hangUp
	case kind == "" && v.phase == idle: // a server may close what is idle
		v.between = true
		return v.leave(v.c.due[v.index] - v.c.now())
	case kind == "" && v.phase == reading && !v.body.Framed(): // the end of the answer (RFC 9112 §6.3)
		if err := v.read(nil, true, time.Now().UnixNano()); err != nil {
			return v.lost(broken(err))
		}
		v.closing = true
		return v.finished()
	case kind == "" && v.phase == holding && !v.body.Framed() && v.c.Technique != "websocket":
		return v.lost("ended by the server")
	case kind == "":
		kind = "cut off"
	}
	return v.broke(kind)
}

// leave ends the connection; the viewer comes back after so many ns.
func (v *viewer) leave(pause int64) action {
	if v.phase != dialing && v.phase != away {
		v.c.held--
	}
	v.phase, v.cutAt = away, 0
	v.head, v.parser = wire.HeadReader{}, nil
	v.wake(v.c.now() + max(pause, 1))
	return hangUp
}

// lost counts an error and comes back later: after a random time that grows with each failure.
func (v *viewer) lost(kind string) action {
	v.c.tally.failed(kind)
	v.told()
	v.between = false
	window := min(shortestPause<<min(v.tries, 10), longestPause)
	v.tries = min(v.tries+1, 100)
	floor := time.Duration(v.retry) * time.Millisecond
	return v.leave(v.c.between(floor+window/2, floor+window))
}

// turnedAway counts an attempt by which the viewer did not get in.
func (v *viewer) turnedAway(kind string) action {
	v.refused = true
	v.c.tally.refused++
	return v.lost("refused: " + kind)
}

// broke is the end of a connection with an error: who was not answered on it did not get in.
func (v *viewer) broke(kind string) action {
	if v.phase == asked && v.since == 0 {
		return v.turnedAway(kind)
	}
	return v.lost(kind)
}

func (v *viewer) told() {
	if !v.known {
		v.known = true
		v.c.untold--
		if v.c.untold == 0 {
			v.c.opened = time.Since(v.c.start)
		}
	}
}

// feed takes bytes that have arrived, all of them, at a time on the wall clock in ns.
func (v *viewer) feed(p []byte, arrival int64) action {
	v.c.tally.in += int64(len(p))
	v.c.out = v.c.out[:0]
	if v.phase == asked {
		h, rest, err := v.head.Feed(p)
		if err != nil {
			return v.broke(broken(err))
		}
		if h == nil {
			return nothing
		}
		p = rest
		if does := v.answered(h, arrival); does != nothing {
			return does
		}
	}
	var does action
	for {
		if v.phase != reading && v.phase != holding {
			if len(p) > 0 {
				return v.lost("more than was asked for")
			}
			return does
		}
		data, rest, done, err := v.body.Next(p)
		if err == nil {
			err = v.read(data, done, arrival)
		}
		var closed closeError
		switch {
		case errors.As(err, &closed):
			return v.lost("closed by the server: " + strconv.Itoa(int(closed)))
		case err != nil:
			return v.lost(broken(err))
		}
		if p = rest; done {
			does = v.finished()
			if does == hangUp {
				return does
			}
		} else if len(p) == 0 {
			if does == nothing && len(v.c.out) > 0 {
				return send // a pong
			}
			return does
		}
	}
}

// finished is the end of an answer.
func (v *viewer) finished() action {
	if v.phase == holding {
		return v.lost("ended by the server")
	}
	if a, is := v.parser.(*wire.Answer); is {
		v.again = a.More()
	}
	pause := int64(0)
	atOnce := v.c.Technique == "longpolling" && v.place == place{} && v.c.now()-v.askedAt < int64(hasty)
	switch {
	case v.again:
	case atOnce && v.hasty: // not by chance
		v.c.tally.failed("answers come at once and carry no cursor: not a long poll")
		pause = int64(v.c.Pause)
	case v.c.Technique == "polling", !v.news && v.c.now()-v.askedAt < int64(hasty):
		pause = int64(v.c.Pause)
	}
	v.hasty = atOnce
	switch {
	case v.closing:
		v.between = true
		return v.leave(pause)
	case pause == 0:
		return v.ask()
	}
	v.phase = idle
	v.arm(time.Duration(pause))
	return nothing
}

func broken(err error) string {
	if errors.Is(err, wire.ErrTooLong) {
		return "a message or a head too long"
	}
	return "malformed: " + err.Error()
}
