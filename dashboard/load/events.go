package load

import (
	"bytes"
	"io"
	"strconv"
	"time"
)

// An event is what a blank line dispatches. data is valid until the next call of next.
type event struct {
	id   string // of this event, or of the last one before it that had one
	name string // "" is "message"
	data []byte
}

// events reads text/event-stream as WHATWG HTML §9.2.6 "Interpreting an event stream" says. Bytes stay as they came:
// what is no UTF-8 is not replaced.
type events struct {
	in    lines
	max   int                 // bytes of an event's data
	beat  func()              // called at each comment
	retry func(time.Duration) // called at each new reconnection time; may be nil
	begun bool                // the first line has been read

	id, name string // the "last event ID buffer" and the "event type buffer"
	data     []byte // the "data buffer": each line with an LF behind it
	pending  bool   // lines of an event that no blank line has dispatched yet
}

func newEvents(r io.Reader, limit int, beat func(), retry func(time.Duration)) *events {
	field := len("data: ") // a line is longer than what it carries
	return &events{in: lines{r: r, max: limit + field, cr: true}, max: limit, beat: beat, retry: retry}
}

// next returns the next event. After the last it returns io.EOF, or io.ErrUnexpectedEOF if the stream ends inside
// another one, which is not dispatched.
func (e *events) next() (event, error) {
	e.name, e.data = "", e.data[:0]
	for {
		line, err := e.in.next()
		if err == io.EOF && e.pending {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return event{}, err
		}
		if !e.begun {
			e.begun = true
			line = bytes.TrimPrefix(line, []byte("\uFEFF")) // one byte order mark, before everything else (§9.2.5)
		}
		if len(line) == 0 {
			e.pending = false
			if len(e.data) == 0 {
				e.name = ""
				continue
			}
			return event{id: e.id, name: e.name, data: e.data[:len(e.data)-1]}, nil
		}
		if line[0] == ':' {
			e.beat()
			continue
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		if err := e.field(string(name), bytes.TrimPrefix(value, []byte{' '})); err != nil {
			return event{}, err
		}
	}
}

// field takes one line apart from comments. What it does not know it ignores, as it must.
func (e *events) field(name string, value []byte) error {
	switch name {
	case "data":
		if len(e.data)+len(value) > e.max {
			return ErrTooLong
		}
		e.data = append(append(e.data, value...), '\n')
	case "event":
		e.name = string(value)
	case "id":
		if bytes.IndexByte(value, 0) >= 0 {
			return nil
		}
		e.id = string(value)
	case "retry":
		if e.retry != nil && isDigits(value) {
			ms, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || ms > maxFloor.Milliseconds() {
				ms = maxFloor.Milliseconds()
			}
			e.retry(time.Duration(ms) * time.Millisecond)
		}
		return nil
	default:
		return nil
	}
	e.pending = true
	return nil
}
