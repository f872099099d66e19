package wsframe

import (
	"encoding/binary"
	"unicode/utf8"
)

// DefaultLimit is a Reader's Limit where none is given, in bytes.
const DefaultLimit = 4 << 10

// A Reader takes a viewer's bytes apart. The zero Reader is ready.
type Reader struct {
	Limit      int  // the longest message, in bytes as they are sent, all fragments together; DefaultLimit if 0
	Compressed bool // permessage-deflate was agreed on: RSV1 is legal on the first frame of a message

	ended bool
	more  *more // nil between messages
}

// more is what a Reader needs only while something is incomplete.
type more struct {
	err error // what ended the Reader; then the rest is zero

	op      Opcode // of the message that has begun; Continuation where none has
	message []byte // what has arrived of it, unmasked
	runes   int    // this many bytes of it are whole characters

	head   [14]byte // the next frame's header, as far as it has arrived
	headed int

	frame   header // the frame whose payload is arriving; no size where none is
	done    int    // bytes of its payload that have been taken
	control []byte // they, where it is a control frame
}

// A header is a frame's, taken apart.
type header struct {
	op     Opcode
	final  bool
	key    [4]byte
	length int // of the payload
	size   int // of the header itself, always above 0
}

// Feed takes the bytes that have arrived and calls each for every message and control frame that they complete. op is
// Text, Binary (both perhaps with Deflated), Close, Ping or Pong. The payload is valid until each returns. Text has been
// judged to be UTF-8, unless it is Deflated: then that is left to whoever inflates it.
//
// Feed unmasks in b itself: afterwards the bytes of b are the caller's again, and garbage.
//
// The error is an *Error, or what each returned. It is for good: Feed returns it again, and calls nobody. After a close
// frame Feed takes no notice of what follows and returns nil (RFC 6455 section 1.4). each must not call Feed.
func (r *Reader) Feed(b []byte, each func(op Opcode, payload []byte) error) error {
	for len(b) > 0 && !r.ended {
		rest, err := r.step(b, each)
		if err != nil {
			r.ended, r.more = true, &more{err: err}
		}
		b = rest
	}
	if r.ended && r.more != nil {
		return r.more.err
	}
	return nil
}

// step takes at most one frame from b and returns what is left.
func (r *Reader) step(b []byte, each func(Opcode, []byte) error) ([]byte, error) {
	m := r.more
	if m == nil || m.frame.size == 0 {
		h, n, err := r.header(b)
		if err != nil || h.size == 0 {
			return nil, err
		}
		b = b[n:]
		if h.length <= len(b) && (h.op.control() || h.final && h.op != Continuation) {
			payload := b[:h.length:h.length] // whole, and nothing has to be kept; each cannot append over what follows
			unmask(payload, h.key, 0)
			return b[h.length:], r.whole(h.op, payload, each)
		}
		m = r.keep()
		m.frame, m.done = h, 0
		if h.op != Continuation && !h.op.control() {
			m.op = h.op
		}
	}
	piece := b[:min(m.frame.length-m.done, len(b))]
	unmask(piece, m.frame.key, m.done)
	m.done += len(piece)
	return b[len(piece):], r.take(m, piece, each)
}

// take adds to what is incomplete, and hands it over when it no longer is.
func (r *Reader) take(m *more, piece []byte, each func(Opcode, []byte) error) error {
	frame := m.frame
	if m.done == frame.length {
		m.frame = header{}
	}
	if frame.op.control() {
		m.control = append(m.control, piece...)
		if m.done < frame.length {
			return nil
		}
		payload := m.control
		m.control = nil
		return r.whole(frame.op, payload, each)
	}
	m.message = append(m.message, piece...)
	last := frame.final && m.done == frame.length
	if m.op == Text && !m.text(last) {
		return notUTF8()
	}
	if !last {
		return nil
	}
	op, message := m.op, m.message
	r.more = nil
	return each(op, message)
}

// whole judges and hands over what was never in fragments.
func (r *Reader) whole(op Opcode, payload []byte, each func(Opcode, []byte) error) error {
	r.letGo()
	switch op {
	case Text:
		if !utf8.Valid(payload) {
			return notUTF8()
		}
	case Close:
		switch {
		case len(payload) == 1:
			return broken("a close frame with half a code")
		case len(payload) >= 2 && !sendable(CloseCode(payload)):
			return broken("a close code that must not be sent")
		case len(payload) > 2 && !utf8.Valid(payload[2:]):
			return &Error{InvalidPayload, "the reason for closing is not UTF-8"}
		}
		r.ended, r.more = true, nil
	}
	return each(op, payload)
}

func notUTF8() error { return &Error{InvalidPayload, "text that is not UTF-8"} }

// keep makes sure that there is somewhere to keep what is incomplete.
func (r *Reader) keep() *more {
	if r.more == nil {
		r.more = new(more)
	}
	return r.more
}

// letGo gives the memory back unless a message has begun.
func (r *Reader) letGo() {
	if m := r.more; m != nil && m.op == Continuation {
		r.more = nil
	}
}

// text judges the text that has come since it was last asked; a character may be cut in two unless it was the last.
func (m *more) text(last bool) bool {
	fresh := m.message[m.runes:]
	n := len(fresh)
	for back := 1; !last && back <= min(utf8.UTFMax-1, len(fresh)); back++ {
		if at := len(fresh) - back; utf8.RuneStart(fresh[at]) {
			if !utf8.FullRune(fresh[at:]) { // and it can still become one: FullRune knows
				n = at
			}
			break
		}
	}
	m.runes += n
	return utf8.Valid(fresh[:n])
}

// header is the next frame's, from what has been kept of it and b; n bytes of b belong to it. While some are missing
// its size is 0, and b has been kept.
func (r *Reader) header(b []byte) (h header, n int, err error) {
	head, before := b, 0
	if m := r.more; m != nil && m.headed > 0 {
		before = m.headed
		head = m.head[:before+copy(m.head[before:], b)]
	}
	h, err = r.parse(head)
	switch {
	case err != nil:
		return header{}, 0, err
	case h.size == 0:
		m := r.keep()
		m.headed = before + copy(m.head[before:], b)
		return header{}, 0, nil
	case before > 0:
		r.more.headed = 0
	}
	return h, h.size - before, nil
}

// parse reads a header byte by byte (RFC 6455 section 5.2): what is wrong is found with the byte that makes it wrong,
// however many have come, so that it is the same wherever the bytes were cut. The size is 0 while bytes are missing.
func (r *Reader) parse(b []byte) (header, error) {
	var begun Opcode
	var length int
	if r.more != nil {
		begun, length = r.more.op, len(r.more.message)
	}
	h := header{op: Opcode(b[0] & 0x0F), final: b[0]&final != 0}
	switch {
	case b[0]&0x30 != 0:
		return h, broken("a reserved bit is set")
	case h.op > Binary && h.op < Close || h.op > Pong:
		return h, broken("a reserved opcode")
	case b[0]&compressed != 0 && (!r.Compressed || h.op == Continuation || h.op.control()):
		return h, broken("RSV1 is set where it has no meaning")
	case h.op.control() && !h.final:
		return h, broken("a fragmented control frame")
	case h.op == Continuation && begun == Continuation:
		return h, broken("a continuation of nothing")
	case (h.op == Text || h.op == Binary) && begun != Continuation:
		return h, broken("a new message before the last has ended")
	}
	h.op |= Opcode(b[0] & compressed)
	if len(b) < 2 {
		return header{}, nil
	}
	if b[1]&masked == 0 {
		return h, broken("a frame that is not masked")
	}
	size, announced := 2, uint64(b[1]&0x7F)
	switch {
	case announced > maxControl && h.op.control():
		return h, broken("a control frame of more than 125 bytes")
	case announced == 126:
		if size += 2; len(b) < size {
			return header{}, nil
		}
		if announced = uint64(binary.BigEndian.Uint16(b[2:])); announced <= maxControl {
			return h, broken("a length that is not the shortest")
		}
	case announced == 127:
		if size += 8; len(b) < size {
			return header{}, nil
		}
		announced = binary.BigEndian.Uint64(b[2:])
		if announced>>63 != 0 {
			return h, broken("a length with its top bit set")
		}
		if announced < 1<<16 {
			return h, broken("a length that is not the shortest")
		}
	}
	if !h.op.control() && announced > uint64(max(0, r.limit()-length)) {
		return h, &Error{TooBig, "a message that is too long"}
	}
	if len(b) < size+len(h.key) {
		return header{}, nil
	}
	h.length, h.size = int(announced), size+copy(h.key[:], b[size:])
	return h, nil
}

func (r *Reader) limit() int {
	if r.Limit <= 0 {
		return DefaultLimit
	}
	return r.Limit
}
