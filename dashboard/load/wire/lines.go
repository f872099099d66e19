package wire

import "bytes"

// A cutter cuts a stream into lines and shows the beginning of each.
type cutter struct {
	cr      bool // a CR ends a line too, alone or before LF (SSE); otherwise only LF does
	afterCR bool // the last line ended with a CR: an LF that follows belongs to it
	begun   start
}

// next returns the first line that ends in p. ok is false if none does.
func (c *cutter) next(p []byte) (head []byte, size int, rest []byte, ok bool, err error) {
	if c.afterCR && len(p) > 0 {
		c.afterCR = false
		if p[0] == '\n' {
			p = p[1:]
		}
	}
	end := bytes.IndexByte(p, '\n')
	if c.cr {
		line := p
		if end >= 0 {
			line = p[:end]
		}
		if cr := bytes.IndexByte(line, '\r'); cr >= 0 {
			end, c.afterCR = cr, true
		}
	}
	if end < 0 {
		if !c.begun.add(p) {
			return nil, 0, nil, false, ErrTooLong
		}
		return nil, 0, nil, false, nil
	}
	if c.begun.size == 0 && end <= MaxMessage { // the usual case: nothing is copied
		return p[:min(end, MaxHead)], end, p[end+1:], true, nil
	}
	if !c.begun.add(p[:end]) {
		return nil, 0, nil, false, ErrTooLong
	}
	head, size = c.begun.head(), c.begun.size
	c.begun.reset()
	return head, size, p[end+1:], true, nil
}

// Lines is NDJSON: a message a line; an empty line is a heartbeat.
type Lines struct{ lines cutter }

// Begun is how much of a line has come whose end has not.
func (l *Lines) Begun() int { return l.lines.begun.size }

// Next implements Parser.
func (l *Lines) Next(p []byte, _ bool) (Event, []byte, error) {
	head, size, rest, ok, err := l.lines.next(p)
	switch {
	case !ok:
		return Event{}, nil, err
	case size == 0 || size == 1 && head[0] == '\r':
		return Event{Kind: Beat}, rest, nil
	}
	return Event{Kind: Message, Head: head, Size: size}, rest, nil
}
