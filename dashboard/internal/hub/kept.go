package hub

import (
	"bytes"
	"weak"
)

const (
	// fresh is how many messages before the newest are kept as they are: most who come back were away for seconds.
	fresh = 16
	// baseFor is how many messages are told from one base. Numbers drift away from it slowly, but lists change their order.
	baseFor = 32
)

// kept is a message in the backlog: as it was published, or packed.
type kept struct {
	at      int64    // Unix milliseconds
	message *Message // nil once it is packed

	id         Cursor
	echoes     []string
	start      int // where data begins in its JSON
	base       *Message
	difference []byte                // of its JSON from the base's
	again      weak.Pointer[Message] // unpacked, as long as somebody has it: who comes back at the same time shares it
}

// size is how much of the backlog's bytes it takes. A base counts as itself; it outlives its own place in the backlog by
// at most baseFor messages.
func (k *kept) size() int {
	if k.message != nil {
		return len(k.message.JSON)
	}
	return len(k.difference)
}

// whole is the message as it was published.
func (k *kept) whole() *Message {
	if k.message != nil {
		return k.message
	}
	if m := k.again.Value(); m != nil {
		return m
	}
	m := &Message{ID: k.id, At: k.at, echoes: k.echoes}
	m.JSON = appendText(make([]byte, 0, len(k.base.JSON)+len(k.difference)), k.base.JSON, k.difference)
	m.data = m.JSON[k.start : len(m.JSON)-1]
	k.again = weak.Make(m)
	return m
}

// A packer packs the messages of one hub, one after the other.
type packer struct {
	base    *Message
	told    int // from it
	index   index
	scratch []byte
}

// pack packs a message, or leaves it as it is: as the base of those that follow, when it has little in common with the
// base before.
func (p *packer) pack(k *kept) {
	m := k.message
	if p.base == nil || p.told == baseFor {
		p.begin(m)
		return
	}
	p.scratch = appendDifference(p.scratch[:0], p.base.JSON, m.JSON, &p.index)
	if len(p.scratch) > len(m.JSON)/2 {
		p.begin(m)
		return
	}
	p.told++
	*k = kept{
		at: m.At, id: m.ID, echoes: m.echoes, start: len(m.JSON) - 1 - len(m.data),
		base: p.base, difference: bytes.Clone(p.scratch), again: weak.Make(m),
	}
}

func (p *packer) begin(base *Message) {
	p.base, p.told = base, 0
	p.index.build(base.JSON)
}
