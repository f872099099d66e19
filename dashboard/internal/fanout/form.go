package fanout

import (
	"bytes"
	"strconv"
	"sync"
	"unsafe"

	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Words is what a technique says. The functions append to b and return it; they are pure but for randomness, and may be
// called by several goroutines at a time.
type Words struct {
	Technique string
	Variant   string // of the technique; "" for the form that needs no asking for
	Message   func(b []byte, m *hub.Message) []byte
	Opening   func(b []byte) []byte // after the head; nil for nothing
	Heartbeat []byte
	Farewell  func(b []byte) []byte // when the hub closes; nil for nothing
	// Packed appends a compressed message. Then Message is what is compressed, and what is packed has the rest of the
	// frame around it. nil for a message that is sent as it is.
	Packed func(b, part []byte) []byte
	// Plain is, of a form whose messages are Packed, what Message is of others. nil if that is the same.
	Plain func(b []byte, m *hub.Message) []byte
	// Payload finds the message in its frame where it does not stand there as it was published. nil if it does.
	Payload func(frame []byte) (from, to int)
	// Heard tells payload from framing in what a viewer says: the first so many bytes are whole, and where it is in them.
	// nil if viewers have nothing to say.
	Heard func(b []byte) (whole int, payload []meter.Span)
	// Steady heartbeats ask for an answer, as a WebSocket's ping for a pong: they come into the silence, at every fourth's time
	// though messages come, and again when one is not answered. A viewer that answers none of two in a row is cut.
	Steady bool
}

// An Encoding is what compresses a form's messages: each once, whoever gets it.
type Encoding uint8

// The encodings.
const (
	Identity Encoding = iota // nothing does
	Gzip                     // all that is said is one gzip file (RFC 1952): Content-Encoding: gzip
	Deflate                  // messages are, each in its frame, with those before it as context: permessage-deflate (RFC 7692)
	Alone                    // likewise, each by itself: server_no_context_takeover
)

// A Form is how Words are put on the wire, and the frames that all lines of that form share.
type Form struct {
	Words
	Chunked    bool // each piece is a chunk of an HTTP/1.1 body (RFC 9112 section 7.1)
	Encoding   Encoding
	Compressor *deflate.Compressor // shared with other forms; not needed for Identity

	mu     sync.Mutex
	lines  int // that use it now
	newest *frame
	gap    *frame // the newest that was wanted as coming after a gap
	recent [recentFrames]*frame
	next   int           // where in recent the next frame goes
	chain  deflate.Chain // of the messages that were the newest
}

// recentFrames is how many frames are kept for others: the newest, and what those need who come back after a short cut.
const recentFrames = 8

// A frame is a message on the wire, shared by all lines of a form. Its bytes are never changed.
type frame struct {
	piece

	// Of a compressed one, instead.
	block *deflate.Block
	parts [2]part // guarded by the form's mu
}

// A part is a compressed message with what is around it. Who has it does not hold on to the frame.
type part struct {
	packed *byte // the first byte of what is packed
	*piece       // nil if nobody has wanted it
}

// A piece is a message's bytes on the wire.
type piece struct {
	message *hub.Message
	bytes   []byte
	body    int        // of bytes, without what makes it a chunk
	payload meter.Span // of bytes, what the message has become
}

// frame is m on the wire. It is built once for everybody who asks while it is recent. Who comes back and wants older
// ones takes none away from those who are up to date.
func (f *Form) frame(m *hub.Message) *frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range []*frame{f.newest, f.gap} {
		if r != nil && r.message == m {
			return r
		}
	}
	for _, r := range f.recent {
		if r != nil && r.message == m {
			return r
		}
	}
	r := &frame{piece: piece{message: m}}
	old := f.newest != nil && m.ID.Epoch == f.newest.message.ID.Epoch && m.ID.Seq < f.newest.message.ID.Seq
	if f.Encoding == Identity {
		const around = 128 // what frames have beside the message, generously
		r.bytes, r.body = f.piece(make([]byte, 0, len(m.JSON)+around), func(b []byte) []byte { return f.Message(b, m) })
		r.payload = f.find(r.bytes, m.JSON)
	} else if old && f.newest.message.ID.Seq-m.ID.Seq > recentFrames {
		return r // to compress the whole backlog for each who asks for it would take longer than to send it: those of late are shared
	}
	chain := new(deflate.Chain)
	switch {
	case m.Gap:
		f.gap = r
	case old:
		f.keep(r)
	default:
		f.keep(f.newest)
		f.newest, chain = r, &f.chain
	}
	if f.Encoding != Identity {
		chain.Compressor, chain.Messages = f.Compressor, f.Encoding != Gzip
		r.block = chain.Next(f.Message(nil, m))
	}
	return r
}

// keep puts a frame among the recent ones. mu is held.
func (f *Form) keep(r *frame) {
	if r != nil {
		f.recent[f.next] = r
		f.next = (f.next + 1) % recentFrames
	}
}

// write is m on the wire for a line that stands at stream. What is compressed together with the message, such as its id:
// line, is counted with it: nobody can tell them apart.
func (f *Form) write(m *hub.Message, stream *deflate.Stream) *piece {
	r := f.frame(m)
	if f.Encoding != Identity && r.block == nil {
		return f.plain(m, stream)
	}
	var packed []byte
	switch f.Encoding {
	case Identity:
		return &r.piece
	case Alone:
		packed = r.block.Key()
	default:
		packed = stream.Add(r.block)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range r.parts {
		p := &r.parts[i]
		if p.piece == nil {
			p.piece, p.packed = &piece{message: m}, unsafe.SliceData(packed)
			p.bytes, p.body = f.piece(nil, func(b []byte) []byte {
				if f.Packed != nil {
					return f.Packed(b, packed)
				}
				return append(b, packed...)
			})
			p.payload = span(p.bytes, packed)
		}
		if p.packed == unsafe.SliceData(packed) {
			return p.piece
		}
	}
	panic("a block with more than two parts")
}

// plain is an old message in a compressed stream, as it is.
func (f *Form) plain(m *hub.Message, stream *deflate.Stream) *piece {
	const around = 256
	p := &piece{message: m}
	p.bytes, p.body = f.piece(make([]byte, 0, len(m.JSON)+around), func(b []byte) []byte {
		switch {
		case f.Encoding == Gzip:
			return stream.AddPlain(b, f.Message(nil, m))
		case f.Plain != nil:
			return f.Plain(b, m)
		}
		return f.Message(b, m)
	})
	p.payload = f.find(p.bytes, m.JSON)
	return p
}

// find is where the message is in its frame.
func (f *Form) find(frame, json []byte) meter.Span {
	if f.Payload != nil {
		from, to := f.Payload(frame)
		return meter.Span{From: from, To: to}
	}
	return span(frame, json)
}

// span is where part is in b. A part with something in between, such as the heads of stored blocks, is from its first
// bytes to its last.
func span(b, part []byte) meter.Span {
	const enough = 64
	n := min(len(part), enough)
	if from := bytes.Index(b, part[:n]); from >= 0 {
		if to := bytes.LastIndex(b, part[len(part)-n:]) + n; to-from >= len(part) {
			return meter.Span{From: from, To: to}
		}
	}
	return meter.Span{}
}

// say appends something that is no message, for one line alone.
func (f *Form) say(b []byte, stream *deflate.Stream, words func([]byte) []byte) []byte {
	b, _ = f.piece(b, func(b []byte) []byte {
		if f.Encoding == Gzip {
			return stream.AddPlain(b, words(nil))
		}
		return words(b)
	})
	return b
}

// open appends what comes first.
func (f *Form) open(b []byte, stream *deflate.Stream) []byte {
	if f.Encoding == Gzip {
		b, _ = f.piece(b, func(b []byte) []byte { return append(b, deflate.GzipHeader...) })
	}
	if f.Opening != nil {
		b = f.say(b, stream, f.Opening)
	}
	return b
}

// end appends what comes last.
func (f *Form) end(b []byte, stream *deflate.Stream) []byte {
	if f.Farewell != nil {
		b = f.say(b, stream, f.Farewell)
	}
	if f.Encoding == Gzip {
		b, _ = f.piece(b, stream.AppendEnd)
	}
	if f.Chunked {
		b = append(b, "0\r\n\r\n"...)
	}
	return b
}

// piece appends what content appends, as a chunk if the form has chunks; body is how long it is without.
func (f *Form) piece(b []byte, content func([]byte) []byte) (bytes []byte, body int) {
	if !f.Chunked {
		start := len(b)
		b = content(b)
		return b, len(b) - start
	}
	// The size comes first and is known last: room is left for it, and it is moved up to its content.
	const room = 8
	start := len(b)
	b = content(append(b, "00000000\r\n"...))
	body = len(b) - start - room - 2
	if body == 0 { // an empty chunk would end the body
		return b[:start], 0
	}
	var digits [16]byte
	size := strconv.AppendUint(digits[:0], uint64(body), 16)
	copy(b[start:], size)
	copy(b[start+len(size):], b[start+room:])
	return append(b[:len(b)-room+len(size)], "\r\n"...), body
}

// began and ended count lines: without one, frames are let go.
func (f *Form) began() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines++
}

func (f *Form) ended() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines--; f.lines == 0 {
		f.newest, f.gap, f.recent, f.chain = nil, nil, [recentFrames]*frame{}, deflate.Chain{}
	}
}
