package wsframe

import (
	"compress/flate"
	"errors"
	"io"
	"slices"
)

// An Inflater inflates the messages of viewers that may not take a context over from one message to the next
// (client_no_context_takeover, RFC 7692 section 7.1.1.2): every message stands alone, so one Inflater serves any number
// of viewers, one message after another. The zero Inflater is ready; after its first message it holds about 40 KB. It
// must not be copied.
type Inflater struct {
	source source
	reader io.ReadCloser
}

// Append appends what message inflates to, at most limit bytes. The error is an *Error: TooBig beyond limit, or
// InvalidPayload; then dst comes back as it was. Whether text is UTF-8 is the caller's to judge.
//
// It never makes more than twice the room that it fills, and reads message once. A message that ends early, with a
// DEFLATE block that says it is the last one, is legal (section 7.2.3.4); what follows that block is not read.
func (i *Inflater) Append(dst, message []byte, limit int) ([]byte, error) {
	i.source = source{message, tail}
	defer func() { i.source = source{} }() // the message is not ours to keep
	if i.reader == nil {
		i.reader = flate.NewReader(&i.source)
	} else {
		i.reader.(flate.Resetter).Reset(&i.source, nil) // never fails
	}
	start, most := len(dst), len(dst)+limit
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, 256)
		}
		n, err := i.reader.Read(dst[len(dst):min(cap(dst), most+1)]) // one byte more shows that there is more
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > most:
			return dst[:start], &Error{TooBig, "a message that is too long once it is inflated"}
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst[:start], &Error{InvalidPayload, "a message that does not inflate"}
		}
	}
}

// tail is what the sender has taken off (RFC 7692 section 7.2.2), and an empty last block: without it the standard
// library waits for more.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// A source is a message and its tail. It is an io.ByteReader, so that flate puts no buffer of 4 KB before it.
type source struct {
	message []byte
	tail    string
}

func (s *source) ReadByte() (byte, error) {
	var b [1]byte
	_, err := s.Read(b[:])
	return b[0], err
}

func (s *source) Read(b []byte) (int, error) {
	n := copy(b, s.message)
	s.message = s.message[n:]
	if n == 0 {
		n = copy(b, s.tail)
		s.tail = s.tail[n:]
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
