package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// maxHeadBytes is the longest head that is read.
const maxHeadBytes = 32 << 10

// A Head is the status line and what of the header decides how to go on (RFC 9112). Slices are valid until the
// HeadReader is fed again.
type Head struct {
	Status  int
	Length  int64 // of the body; -1 is not said
	Chunked bool
	Close   bool // the connection serves no further request

	Type, Encoding, ETag, Modified, RetryAfter, Accept, Extensions, Location []byte
}

// A HeadReader collects a head. It holds nothing when the head came in one piece.
type HeadReader struct {
	buf []byte
	h   Head
}

// Feed returns the head when it is complete, and what of p lies behind it. Informational answers (1xx but 101) are
// passed over.
func (r *HeadReader) Feed(p []byte) (*Head, []byte, error) {
	for {
		all, before := p, len(r.buf)
		if before > 0 {
			r.buf = append(r.buf, p[:min(len(p), maxHeadBytes+4-before)]...)
			all = r.buf
		}
		n := endOfHead(all, max(before-3, 0))
		switch {
		case n < 0 && len(all) >= maxHeadBytes || n > maxHeadBytes:
			return nil, nil, ErrTooLong
		case n < 0 && before == 0 && len(p) > 0:
			r.buf = append(r.buf, p...)
			return nil, nil, nil
		case n < 0:
			return nil, nil, nil
		}
		r.buf = nil
		p = p[n-before:]
		if err := r.h.parse(all[:n]); err != nil {
			return nil, nil, err
		}
		if r.h.Status >= 200 || r.h.Status == 101 {
			return &r.h, p, nil
		}
	}
}

// endOfHead is the length of the head in p, or -1. Lines end with CRLF, or with LF alone (RFC 9112 §2.2).
func endOfHead(p []byte, from int) int {
	for {
		i := bytes.IndexByte(p[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		switch rest := p[from:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return from + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return from + 2
		}
	}
}

func (h *Head) parse(p []byte) error {
	*h = Head{Length: -1}
	line, p, _ := bytes.Cut(p, []byte{'\n'})
	version, rest, _ := bytes.Cut(bytes.TrimSuffix(line, []byte{'\r'}), []byte{' '})
	code, _, _ := bytes.Cut(rest, []byte{' '})
	status, err := strconv.ParseUint(string(code), 10, 16)
	if string(version) != "HTTP/1.1" && string(version) != "HTTP/1.0" || err != nil || len(code) != 3 || status < 100 {
		return malformed("status line %.60q", line)
	}
	h.Status, h.Close = int(status), string(version) == "HTTP/1.0"
	for len(p) > 0 {
		line, p, _ = bytes.Cut(p, []byte{'\n'})
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		if err := h.field(name, bytes.TrimSpace(value)); err != nil {
			return err
		}
	}
	if h.Chunked {
		h.Length = -1 // RFC 9112 §6.3, rule 3
	}
	return nil
}

// field is a switch on the length first: most fields of most heads are none of ours, and there are many heads.
func (h *Head) field(name, value []byte) error {
	is := func(text string) bool { return len(name) == len(text) && strings.EqualFold(string(name), text) }
	switch len(name) {
	case 4:
		if is("etag") {
			h.ETag = value
		}
	case 8:
		if is("location") {
			h.Location = value
		}
	case 10:
		if is("connection") {
			switch {
			case token(value, "close"):
				h.Close = true
			case token(value, "keep-alive"):
				h.Close = false
			}
		}
	case 11:
		if is("retry-after") {
			h.RetryAfter = value
		}
	case 12:
		if is("content-type") {
			h.Type = value
		}
	case 13:
		if is("last-modified") {
			h.Modified = value
		}
	case 14:
		if is("content-length") {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 || h.Length >= 0 && h.Length != n {
				return malformed("content length %.30q", value)
			}
			h.Length = n
		}
	case 16:
		if is("content-encoding") {
			h.Encoding = value
		}
	case 17:
		if is("transfer-encoding") {
			if !strings.EqualFold(string(value), "chunked") {
				return malformed("transfer encoding %.30q", value)
			}
			h.Chunked = true
		}
	case 20:
		if is("sec-websocket-accept") {
			h.Accept = value
		}
	case 24:
		if is("sec-websocket-extensions") {
			h.Extensions = value
		}
	}
	return nil
}

// token says whether a comma-separated list holds one.
func token(list []byte, want string) bool {
	for part := range bytes.SplitSeq(list, []byte{','}) {
		if strings.EqualFold(string(bytes.TrimSpace(part)), want) {
			return true
		}
	}
	return false
}
