package wire

type framing uint8

const (
	counted    framing = iota // left bytes more
	untilClose                // the end of the connection is the end
	size                      // chunked: in the hexadecimal size
	extension                 // behind it
	chunk                     // left bytes more of this chunk
	chunkEnd                  // the line end behind it
	trailer                   // at the beginning of a trailer line
	trailerLine
	ended
)

// A Body takes the framing off an answer's body (RFC 9112 §6 and §7.1), without copying.
type Body struct {
	framing framing
	digits  uint8 // of the size
	left    int64
}

// NewBody is the body that follows h.
func NewBody(h *Head) Body {
	switch {
	case h.Status == 204 || h.Status == 304:
		return Body{}
	case h.Status == 101:
		return Body{framing: untilClose}
	case h.Chunked:
		return Body{framing: size}
	case h.Length >= 0:
		return Body{left: h.Length}
	}
	return Body{framing: untilClose}
}

// Framed says whether the end of this body can be told from a cut.
func (b *Body) Framed() bool { return b.framing != untilClose }

// Next returns the first run of content in p and what lies behind it. done says that the body ends there. It may be
// called with nothing, to learn whether an empty body is done.
func (b *Body) Next(p []byte) (data, rest []byte, done bool, err error) {
	for {
		switch b.framing {
		case untilClose:
			return p, nil, false, nil
		case ended:
			return nil, p, true, nil
		case counted, chunk:
			n := int(min(b.left, int64(len(p))))
			b.left -= int64(n)
			data, p = p[:n], p[n:]
			switch {
			case b.framing == counted && b.left == 0:
				b.framing = ended
				return data, p, true, nil
			case b.framing == chunk && b.left == 0:
				b.framing = chunkEnd
			}
			if n > 0 || len(p) == 0 {
				return data, p, false, nil
			}
			continue
		}
		if len(p) == 0 {
			return nil, nil, false, nil
		}
		c := p[0]
		p = p[1:]
		if err := b.step(c); err != nil {
			return nil, nil, false, err
		}
	}
}

// step is one byte between the chunks.
func (b *Body) step(c byte) error {
	switch b.framing {
	case size:
		digit := int64(-1)
		switch {
		case '0' <= c && c <= '9':
			digit = int64(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			digit = int64(c|0x20-'a') + 10
		}
		switch {
		case digit >= 0 && b.digits < 15:
			b.left = b.left<<4 | digit
			b.digits++
			return nil
		case digit >= 0 || b.digits == 0:
			return malformed("chunk size with %q", c)
		}
		b.framing = extension
		if c != '\n' {
			return nil
		}
		fallthrough
	case extension:
		if c == '\n' {
			b.framing, b.digits = chunk, 0
			if b.left == 0 {
				b.framing = trailer
			}
		}
	case chunkEnd:
		switch c {
		case '\r':
		case '\n':
			b.framing = size
		default:
			return malformed("%q behind a chunk", c)
		}
	case trailer:
		switch c {
		case '\r':
		case '\n':
			b.framing = ended
		default:
			b.framing = trailerLine
		}
	case trailerLine:
		if c == '\n' {
			b.framing = trailer
		}
	}
	return nil
}
