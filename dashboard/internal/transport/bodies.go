package transport

import (
	"sync"

	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// bodies makes the bodies of poll answers, each once for all who are answered the same.
type bodies struct {
	compressor *deflate.Compressor
	// write frames messages as a body; payload is where they are in it.
	write func(b []byte, messages []*hub.Message, more bool) (body []byte, payload []meter.Span)

	mu     sync.Mutex
	recent [recentBodies]*body
	next   int
}

// recentBodies are kept for others.
const recentBodies = 4

// A body is shared and never changed.
type body struct {
	first, last *hub.Message
	more        bool
	plain       []byte
	payload     []meter.Span // of plain

	once       sync.Once
	compressor *deflate.Compressor
	packed     []byte
	whole      []meter.Span // of packed
}

// of is the body that has messages; more says that there are others behind them.
func (b *bodies) of(messages []*hub.Message, more bool) *body {
	first, last := messages[0], messages[len(messages)-1]
	whole := last.ID.Seq-first.ID.Seq+1 == uint64(len(messages)) // nothing was left out in between
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.recent {
		if whole && r != nil && r.first == first && r.last == last && r.more == more {
			return r
		}
	}
	r := &body{first: first, last: last, more: more, compressor: b.compressor}
	r.plain, r.payload = b.write(nil, messages, more)
	if whole {
		b.recent[b.next] = r
		b.next = (b.next + 1) % recentBodies
	}
	return r
}

// bytes is the body as it is sent, and what of it is messages: compressed, all of it.
func (b *body) bytes(gzip bool) ([]byte, meter.Layout) {
	if !gzip {
		return b.plain, meter.Layout{Len: len(b.plain), Payload: b.payload}
	}
	b.once.Do(func() {
		b.packed = b.compressor.Gzip(nil, b.plain)
		b.whole = []meter.Span{{From: 0, To: len(b.packed)}}
	})
	return b.packed, meter.Layout{Len: len(b.packed), Payload: b.whole}
}
