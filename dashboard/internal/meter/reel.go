package meter

// A reel is what a Recorder needs of an exchange that is under way.
type reel struct {
	began   int64    // Unix milliseconds
	variant string   // of the technique
	ids     []string // of an answer's messages
	layout  []Span   // of an answer's body

	heard, said strip // what has passed and is not recorded yet
	opened      bool  // held: the heads have been recorded, or have passed unseen
	mark        int64 // payloadIn when heard began
	split       func(b []byte) (whole int, payload []Span)
}

// Variant says by which variant of its technique the exchange goes; "" is none. split, if not nil, tells payload from
// framing in what a viewer says on a held connection: the first so many bytes are whole frames, and where their payload is.
func (x *Exchange) Variant(name string, split func(b []byte) (whole int, payload []Span)) {
	if x.named == nil {
		return
	}
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.named.variant, x.named.split = name, split
}

// Recorded tells whether somebody wants the bytes of this exchange; not of nil. Only then the methods below need be called.
func (x *Exchange) Recorded() bool {
	return x != nil && x.named != nil && x.conn != nil && x.tally.recorder.Load() != nil
}

// Note says which messages an answer has.
func (x *Exchange) Note(ids []string) {
	x.change(func(n *named) { n.ids = ids })
}

// Heard is bytes that have come in. They are copied.
func (x *Exchange) Heard(b []byte) {
	x.change(func(n *named) {
		if x.held && n.heard.n == 0 {
			n.mark = x.payloadIn
		}
		n.heard.add(b)
	})
}

// Said is bytes that have gone out. They are copied.
func (x *Exchange) Said(b []byte) {
	x.change(func(n *named) { n.said.add(b) })
}

// change does something to what is recorded, if it is.
func (x *Exchange) change(do func(n *named)) {
	if !x.Recorded() {
		return
	}
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	if !x.ended {
		do(x.named)
	}
}

// opened is called when the connection is held from now on. A WebSocket's head has left by then; another's comes with
// what is said first. tally.mu is held.
func (x *Exchange) opened() {
	n := x.named
	if n.opened = !x.Recorded(); n.opened {
		n.heard, n.said = strip{}, strip{}
		return
	}
	if out := x.conn.out.Load() - x.startOut; out >= int64(x.headOut) {
		n.said.cut(out)
		x.spoken(nil, nil)
	}
}

// Spoken says that what was Said since the last time is a message with that id, or several, and where it is in it; or no
// message.
func (x *Exchange) Spoken(payload []Span, ids []string) {
	x.change(func(*named) { x.spoken(payload, ids) })
}

func (x *Exchange) spoken(payload []Span, ids []string) {
	n := x.named
	if n.said.n == 0 {
		return
	}
	e := Recorded{Messages: ids}
	head := int64(0)
	if !n.opened {
		n.opened = true
		head = int64(x.headOut)
		e.Began = n.began
		e.Parts = n.heard.parts("in", int64(x.headIn), nil)
		n.heard = strip{}
	}
	e.Parts = append(e.Parts, n.said.parts("out", head, payload)...)
	n.said = strip{}
	x.record(e)
}

// Understood says that what was Heard has been dealt with: what of it is whole is recorded.
func (x *Exchange) Understood() {
	x.change(func(n *named) {
		whole, payload := len(n.heard.seen), []Span(nil)
		switch {
		case n.heard.n == 0 || !n.opened:
			return
		case int64(whole) < n.heard.n: // too long to be looked at
			x.listened(n.heard.n, x.loose())
			return
		case n.split != nil:
			if whole, payload = n.split(n.heard.seen); whole == 0 {
				return
			}
		}
		x.listened(int64(whole), payload)
	})
}

// loose is the payload in what was heard, where it is not known which bytes it is.
func (x *Exchange) loose() []Span {
	n := x.named
	if size := min(x.payloadIn-n.mark, n.heard.n); size > 0 {
		return []Span{{int(n.heard.n - size), int(n.heard.n)}}
	}
	return nil
}

// listened records the first whole bytes of what was heard.
func (x *Exchange) listened(whole int64, payload []Span) {
	n := x.named
	size := int64(0)
	for _, s := range payload {
		size += s.size()
	}
	if size != x.payloadIn-n.mark { // it has not all been counted: what breaks the protocol is no payload
		payload = x.loose()
	}
	first := strip{whole, n.heard.seen[:min(whole, int64(len(n.heard.seen)))]}
	parts := first.parts("in", 0, payload)
	rest := append([]byte(nil), n.heard.seen[len(first.seen):]...)
	n.heard, n.mark = strip{n.heard.n - whole, rest}, x.payloadIn
	x.record(Recorded{Parts: parts})
}

// close records what is left when the exchange ends. tally.mu is held.
func (x *Exchange) close(in, out Bytes) {
	n := x.named
	switch {
	case x.conn == nil || x.tally.recorder.Load() == nil:
	case x.held:
		x.spoken(nil, nil)
		if n.heard.n > 0 {
			x.listened(n.heard.n, x.loose())
		}
	default:
		n.heard.cut(in.Total)
		n.said.cut(out.Total)
		payload := n.layout
		if out.Payload != x.payloadOut || out.Total != out.Head+x.body { // it was cut
			payload = []Span{{0, int(out.Payload)}}
		}
		e := Recorded{Began: n.began, Messages: n.ids, Parts: n.heard.parts("in", in.Head, []Span{{0, int(in.Payload)}})}
		e.Parts = append(e.Parts, n.said.parts("out", out.Head, payload)...)
		x.record(e)
	}
	n.reel = reel{}
}

// record hands an exchange over. tally.mu is held.
func (x *Exchange) record(e Recorded) {
	if r := x.tally.recorder.Load(); r != nil {
		e.Technique, e.Variant, e.At = x.tally.Technique, x.named.variant, now()
		r.add(e)
	}
}
