package load

import (
	"bytes"
	"io"
)

// lines cuts a stream of bytes into lines, however the pieces of the stream fall. No byte is searched again
// when the next piece comes, and there is one buffer, as large as the longest line made it.
type lines struct {
	r   io.Reader
	max int  // bytes of a line without its end
	cr  bool // a CR ends a line too, alone or before LF (SSE). Otherwise only LF does, and a CR before it is no content

	buf      []byte
	from, to int  // what was read and not yet given out: buf[from:to]
	searched int  // so many bytes from from on hold no end of line
	afterCR  bool // the last line ended with a CR: an LF that follows belongs to it
	err      error
}

// next returns the next line without its end; it is valid until the next call. After the last line it returns io.EOF,
// or io.ErrUnexpectedEOF if an unfinished one follows it, which is never given out: nobody knows what is missing.
func (l *lines) next() ([]byte, error) {
	for {
		if l.afterCR && l.from < l.to {
			l.afterCR = false
			if l.buf[l.from] == '\n' {
				l.from++
			}
		}
		if n := l.end(l.buf[l.from+l.searched : l.to]); n >= 0 {
			line := l.buf[l.from : l.from+l.searched+n]
			l.from += len(line) + 1
			l.searched = 0
			l.afterCR = l.cr && l.buf[l.from-1] == '\r'
			if !l.cr {
				line = bytes.TrimSuffix(line, []byte{'\r'})
			}
			if len(line) > l.max {
				return nil, ErrTooLong
			}
			return line, nil
		}
		l.searched = l.to - l.from
		switch {
		case l.searched > l.max+1: // room for a CR that is no content
			return nil, ErrTooLong
		case l.err == io.EOF && l.searched > 0:
			return nil, io.ErrUnexpectedEOF
		case l.err != nil:
			return nil, l.err
		}
		l.fill()
	}
}

// end is the place of the first end of line in b, or -1.
func (l *lines) end(b []byte) int {
	if !l.cr {
		return bytes.IndexByte(b, '\n')
	}
	// Two searches at full speed beat one for either byte; in steps, so that a stream of CRs is not searched to its end
	// for an LF at each of them.
	const step = 1024
	for at := 0; at < len(b); at += step {
		part := b[at:min(at+step, len(b))]
		lf := bytes.IndexByte(part, '\n')
		if lf >= 0 {
			part = part[:lf]
		}
		if cr := bytes.IndexByte(part, '\r'); cr >= 0 {
			return at + cr
		}
		if lf >= 0 {
			return at + lf
		}
	}
	return -1
}

// fill reads once more, into the free end of the buffer: by moving what is left to its beginning, or by doubling it.
func (l *lines) fill() {
	if l.from > 0 {
		l.to = copy(l.buf, l.buf[l.from:l.to])
		l.from = 0
	}
	if l.to == len(l.buf) {
		bigger := make([]byte, max(2*len(l.buf), 4096))
		copy(bigger, l.buf)
		l.buf = bigger
	}
	// A reader may return nothing and no error, but not for ever (the same patience as bufio's).
	for range 100 {
		n, err := l.r.Read(l.buf[l.to:])
		l.to += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}
