package wire

import "bytes"

const (
	listed = `{"messages":[`
	longer = `"more":true}`
)

// Answer is the body of a poll's answer: {"messages":[…],"cursor":"…"}, or else the whole of it is one message. Messages
// of a list are found by their envelopes, {"id":"…","at":…,"data":, which no string in JSON can look like.
//
// The size of a message in a list is not known: Size is 0.
type Answer struct {
	first  start
	listed bool
	ended  bool // the only message has been given out
	rest   int  // bytes of the piece before that were handed back: they come again
	tail   [len(longer)]byte
	carry  int // bytes in hold that may be an envelope's beginning
	hold   [MaxHead]byte
}

// Reset is for the next answer.
func (a *Answer) Reset() { *a = Answer{} }

// More says, after the last piece, that the server has more than fitted into this answer.
func (a *Answer) More() bool { return a.listed && string(a.tail[:]) == longer }

// Next implements Parser. It must be called once with last, be it with nothing in p.
func (a *Answer) Next(p []byte, last bool) (e Event, rest []byte, err error) {
	if a.rest == 0 {
		a.end(p)
	}
	if !a.listed {
		before := a.first.size
		if !a.first.add(p) {
			return Event{}, nil, ErrTooLong
		}
		if _, is := literal(a.first.head(), listed); is != yes {
			if !last || a.ended || a.first.size == 0 {
				return Event{}, nil, nil
			}
			a.ended = true
			return Event{Kind: Message, Head: a.first.head(), Size: a.first.size}, nil, nil
		}
		a.listed = true
		whole := p
		p = p[len(listed)-before:] // less than that was there before, or it had been decided then
		if before == 0 && last {
			if n := single(whole); n > 0 {
				return Event{Kind: Message, Head: p[:n]}, nil, nil
			}
		}
	}
	e, rest = a.scan(p)
	a.rest = len(rest)
	return e, rest, nil
}

// single says whether a whole answer holds one message, whose id then is the cursor, and how long its envelope is. A
// search through the data is what that saves.
func single(body []byte) (n int) {
	e, n, is := matchEnvelope(body[len(listed):], true)
	if is != yes {
		return 0
	}
	rest, quote := bytes.CutSuffix(body, []byte(`"}`))
	rest, id := bytes.CutSuffix(rest, e.ID)
	if !quote || !id || !bytes.HasSuffix(rest, []byte(`],"cursor":"`)) {
		return 0
	}
	return n
}

// end keeps the last bytes of the body.
func (a *Answer) end(p []byte) {
	if n := len(a.tail); len(p) >= n {
		copy(a.tail[:], p[len(p)-n:])
	} else {
		copy(a.tail[:], a.tail[len(p):])
		copy(a.tail[n-len(p):], p)
	}
}

// scan finds the next envelope in p, or one that began before it.
func (a *Answer) scan(p []byte) (Event, []byte) {
	for a.carry > 0 {
		before := a.carry
		filled := before + copy(a.hold[before:], p)
		_, n, is := matchEnvelope(a.hold[:filled], true)
		switch is {
		case yes:
			a.carry = 0
			return Event{Kind: Message, Head: a.hold[:n]}, p[n-before:]
		case maybe:
			a.carry = filled
			return Event{}, nil
		}
		next := bytes.IndexByte(a.hold[1:before], '{')
		if next < 0 {
			a.carry = 0
			break
		}
		a.carry = copy(a.hold[:], a.hold[1+next:before])
	}
	for {
		i := bytes.Index(p, []byte(opening))
		if i < 0 {
			for n := min(len(opening)-1, len(p)); n > 0; n-- {
				if tail := p[len(p)-n:]; string(tail) == opening[:n] {
					a.carry = copy(a.hold[:], tail)
					break
				}
			}
			return Event{}, nil
		}
		p = p[i:]
		_, n, is := matchEnvelope(p, true)
		switch is {
		case yes:
			return Event{Kind: Message, Head: p[:n]}, p[n:]
		case maybe:
			a.carry = copy(a.hold[:], p)
			return Event{}, nil
		}
		p = p[1:]
	}
}
