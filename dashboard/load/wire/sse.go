package wire

import (
	"bytes"
	"strconv"
)

// maxID is the longest id that is kept. A longer one is as good as none: nobody resumes with it.
const maxID = 100

// maxRetry is the longest reconnection time that is believed, in ms.
const maxRetry = 5 * 60 * 1000

// SSE is text/event-stream as WHATWG HTML §9.2.6 says. An event's Size is that of its data, and its ID the one it
// brought: to resume behind the last one there was is for the caller. Events without data are none; their names are not
// looked at.
type SSE struct {
	lines cutter
	begun bool  // the first line has been read
	some  bool  // the event has a data line
	data  start // the first data line, and the size of all
	idLen int
	id    [maxID]byte
}

// Next implements Parser.
func (s *SSE) Next(p []byte, _ bool) (Event, []byte, error) {
	s.lines.cr = true
	for {
		line, size, rest, ok, err := s.lines.next(p)
		if !ok {
			return Event{}, nil, err
		}
		p = rest
		if !s.begun {
			s.begun = true
			if cut := bytes.TrimPrefix(line, []byte("\uFEFF")); len(cut) < len(line) { // §9.2.5: one, before everything else
				line, size = cut, size-3
			}
		}
		if size == 0 {
			if !s.some {
				continue
			}
			e := Event{Kind: Message, Size: s.data.size, Head: s.data.head(), ID: s.id[:s.idLen]}
			s.some, s.idLen = false, 0
			s.data.reset()
			return e, p, nil
		}
		if line[0] == ':' {
			return Event{Kind: Beat}, p, nil
		}
		name, value, colon := bytes.Cut(line, []byte{':'})
		size -= len(name)
		if colon {
			size--
			if len(value) > 0 && value[0] == ' ' {
				value, size = value[1:], size-1
			}
		}
		switch string(name) {
		case "data":
			if !s.field(value, size) {
				return Event{}, nil, ErrTooLong
			}
		case "id":
			s.idLen = 0
			if size <= maxID && bytes.IndexByte(value, 0) < 0 {
				s.idLen = copy(s.id[:], value)
			}
		case "retry":
			if ms, err := strconv.ParseUint(string(value), 10, 64); err == nil {
				return Event{Kind: Retry, Number: int(min(ms, maxRetry))}, p, nil
			}
		}
	}
}

// field takes one data line of which value is the beginning. Lines are joined by an LF (§9.2.6).
func (s *SSE) field(value []byte, size int) bool {
	if s.some {
		s.data.add([]byte{'\n'})
	}
	s.some = true
	return s.data.add(value) && s.data.skip(size-len(value))
}
