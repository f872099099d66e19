package fanout

import (
	"strconv"
	"sync"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Words is what a technique says. The functions append to b and return it; they are pure but for randomness, and may be
// called by several goroutines at a time.
type Words struct {
	Technique string
	Message   func(b []byte, m *hub.Message) []byte
	Opening   func(b []byte) []byte // after the head; nil for nothing
	Heartbeat []byte
	Farewell  func(b []byte) []byte // when the hub closes; nil for nothing
	// Steady heartbeats come at their time whether messages come or not, and a viewer that answers none of two in a row is
	// cut: a WebSocket's ping asks for a pong.
	Steady bool
}

// A Form is how Words are put on the wire, and the frames that all lines of that form share.
type Form struct {
	Words
	Chunked bool // each piece is a chunk of an HTTP/1.1 body (RFC 9112 section 7.1)

	mu     sync.Mutex
	lines  int // that use it now
	recent [recentFrames]frame
	next   int // where in recent the next frame goes
}

// recentFrames is how many frames are kept for others: the newest, and what those need who come back after a short cut.
const recentFrames = 8

// A frame is a message on the wire, shared by all lines of a form and never changed.
type frame struct {
	message *hub.Message
	bytes   []byte
	body    int // of bytes, without what makes it a chunk
}

// frame is m on the wire. It is built once for everybody who asks while it is recent.
func (f *Form) frame(m *hub.Message) frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range recentFrames {
		if r := f.recent[(f.next+recentFrames-1-i)%recentFrames]; r.message == m {
			return r
		}
	}
	const around = 128 // what frames have beside the message, generously
	bytes, body := f.piece(make([]byte, 0, len(m.JSON)+around), func(b []byte) []byte { return f.Message(b, m) })
	r := frame{m, bytes, body}
	f.recent[f.next] = r
	f.next = (f.next + 1) % recentFrames
	return r
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

// end appends what ends the body.
func (f *Form) end(b []byte) []byte {
	if f.Chunked {
		return append(b, "0\r\n\r\n"...)
	}
	return b
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
		f.recent = [recentFrames]frame{}
	}
}
