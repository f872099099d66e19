package meter

import (
	"net"
	"slices"
)

// An Exchange is one request with its answer, or one held connection. It counts messages as they are handed over and
// takes the bytes around them from the connection.
type Exchange struct {
	tally             *Tally
	conn              *Counter // nil where the connection does not count
	startIn, startOut int64

	// Guarded by tally.mu.
	messages, payloadIn, payloadOut int64
	body                            int64                             // answered: length of the response body
	told                            struct{ messages, in, out int64 } // what the tally's Total has of this exchange
	headIn, headOut                 int32                             // held: known when the head has passed
	held, ended                     bool

	named *named // nil for one of a crowd
}

// named is what is known of an exchange that can be asked for. Guarded by tally.mu.
type named struct {
	probe     Probe   // nil where there is none, and when the last reading was taken
	base, now Reading // at the beginning, and when the kernel was asked last
	read      bool    // it was asked, and has told
	// What TLS had added at the beginning.
	startIn, startOut int64
	reel
}

// A Layout says which of so many bytes are messages. The others are framing.
type Layout struct {
	Len     int
	Payload []Span // in order
}

// A Span is the bytes from From up to To.
type Span struct{ From, To int }

func (s Span) size() int64 { return int64(s.To - s.From) }

// Begin starts an exchange on the connection that a request came by. A request that is answered in full must be
// followed by Answer, a held one by Hold and End.
func (t *Tally) Begin(conn net.Conn) *Exchange {
	x := new(Exchange)
	if !t.Crowd {
		x.named = new(named)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if c, ok := conn.(*Conn); ok {
		t.asked(&c.books)
		t.begin(x, &c.books, c)
		return x
	}
	t.body = true
	t.asked(nil)
	if t.begin(x, nil, nil); x.named != nil { // what others have asked on it before is not known
		x.named.base, _ = ProbeOf(conn).Reading()
	}
	return x
}

// asked counts a request, and the connection that it came by if that counts. mu is held.
func (t *Tally) asked(c *books) {
	t.sum.Requests++
	if t.Total != nil {
		t.Total.requests.Add(1)
	}
	if c == nil {
		return
	}
	c.pays(t)
	if t.Crowd {
		return
	}
	if i := slices.Index(t.conns, c.Counter); i >= 0 { // it goes to the end of the list
		t.conns = slices.Delete(t.conns, i, i+1)
	} else if t.sum.Connections++; len(t.conns) == mostConns {
		t.conns = slices.Delete(t.conns, 0, 1)
	}
	t.conns = append(t.conns, c.Counter)
}

// pays says whose the connection is from now on. Each Total counts it once, whoever has used it meanwhile.
func (c *books) pays(t *Tally) {
	last := c.payer
	c.payer = t
	if last != nil && last.Total == t.Total {
		return
	}
	if last != nil && last.Total != nil && !c.before.has(last.Total) {
		c.before = &payers{last.Total, c.before}
	}
	if t.Total != nil && !c.before.has(t.Total) {
		t.Total.connections.Add(1)
	}
}

// begin opens an exchange for a request that has been asked; c and p as in named.begin, nil where the connection does not
// count. mu is held.
func (t *Tally) begin(x *Exchange, c *books, p Probe) {
	x.tally = t
	if c != nil {
		x.on(c)
		if x.named != nil {
			x.named.begin(c, p)
		}
	}
	if !t.Crowd {
		t.open = append(t.open, x)
	}
}

// on makes an exchange that of the request in a connection's hand.
func (x *Exchange) on(c *books) {
	x.conn, x.startIn, x.startOut = c.Counter, c.startIn, c.startOut
	c.request = x
}

// begin is where the kernel's counts stand, which p can ask; nil for one that will be named later. On a connection that is
// new they are all of this exchange; where nobody has asked before, because a crowd has used the connection, they begin
// now.
func (n *named) begin(c *books, p Probe) {
	n.probe = p
	m := c.more.Load()
	switch {
	case m != nil && m.known:
		n.base = m.last
	case p != nil && (c.startIn != 0 || c.startOut != 0):
		n.base, _ = p.Reading()
	}
	if t := c.tls; t != nil {
		n.startIn, n.startOut = t.startIn, t.startOut
	}
	n.began = now()
}

// Answer says what the response's body holds: so many messages, and where. The bytes of the head follow when the
// connection is idle again.
func (x *Exchange) Answer(messages int, body Layout) {
	x.tally.mu.Lock()
	x.messages, x.payloadOut, x.body = int64(messages), 0, int64(body.Len)
	for _, s := range body.Payload {
		x.payloadOut += s.size()
	}
	if x.named != nil {
		x.named.layout = body.Payload
	}
	x.tally.mu.Unlock()
	if x.conn == nil {
		x.End()
	}
}

// Hold says that the connection that the exchange began on is held from here on: what came in was the request, and
// what goes out first, head bytes, is the response's head.
func (x *Exchange) Hold(conn net.Conn, head int) {
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		conn = hijacked.UnsafeConn() // the server's wrapping hides it
	}
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.held = true
	if x.conn != nil {
		x.headIn = int32(x.conn.in.Load() - x.startIn)
		x.headOut = int32(x.conn.out.Load()-x.startOut) + int32(head)
	}
	c, ok := conn.(*Conn)
	if !ok {
		return
	}
	if m := c.more.Load(); m != nil && x.named != nil {
		x.named.heard, x.named.said = m.in, m.out
	}
	c.letGo() // the holder ends the exchange, not the server
}

// Early says, once, that so many bytes of what came in before Hold were sent behind the request.
func (x *Exchange) Early(n int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.headIn = max(x.headIn-int32(n), 0)
	if x.named != nil {
		x.named.heard.cut(int64(x.headIn))
		x.opened()
	}
}

// Passed counts bytes that came in or left by a held connection that has been taken from its Conn.
func (x *Exchange) Passed(in, out int) {
	if x.conn == nil {
		return
	}
	if in > 0 {
		x.conn.in.Add(int64(in))
	}
	if out > 0 {
		x.conn.out.Add(int64(out))
	}
}

// Sent counts a message that was written to a held connection in a frame. Where the connection does not count, body is
// the frame's length.
func (x *Exchange) Sent(payload Span, body int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.messages++
	x.payloadOut += payload.size()
	x.body += int64(body)
	x.tell()
}

// tell brings the tally's Total up to date. tally.mu is held.
func (x *Exchange) tell() {
	total := x.tally.Total
	if total == nil {
		return
	}
	in, out := x.passed()
	total.messages.Add(x.messages - x.told.messages)
	if in != x.told.in {
		total.in.Add(in - x.told.in)
	}
	total.out.Add(out - x.told.out)
	x.told.messages, x.told.in, x.told.out = x.messages, in, out
}

// passed is all bytes of the exchange so far. tally.mu is held.
func (x *Exchange) passed() (in, out int64) {
	if x.conn == nil {
		return x.payloadIn, x.body
	}
	return x.conn.in.Load() - x.startIn, x.conn.out.Load() - x.startOut
}

// In is how many bytes have come in by a held connection; 0 where that cannot be seen.
func (x *Exchange) In() int64 {
	if x.conn == nil {
		return 0
	}
	return x.conn.in.Load() - x.startIn
}

// Received counts what a viewer said on a held connection, or in a request's body, before Answer.
func (x *Exchange) Received(payload int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.payloadIn += int64(payload)
}

// End closes the account of this exchange. It is safe to call twice.
func (x *Exchange) End() {
	t := x.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.ended {
		return
	}
	x.ended = true
	if i := slices.Index(t.open, x); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
	}
	x.tell()
	in, out := x.bytes()
	t.sum.Messages += x.messages
	t.sum.Bytes.In.add(in)
	t.sum.Bytes.Out.add(out)
	if x.named == nil {
		return
	}
	if x.named.read {
		t.kernel.add(x.named.base, x.named.now, false)
		t.known = true
	}
	x.close(in, out)
}

// bytes splits what the exchange has cost so far. tally.mu is held.
func (x *Exchange) bytes() (in, out Bytes) {
	in.Total, out.Total = x.passed()
	in.Payload, out.Payload = x.payloadIn, x.payloadOut
	if x.conn == nil {
		out.Framing = out.Total - out.Payload
		return in, out
	}
	if x.held {
		in.Head, out.Head = int64(x.headIn), min(int64(x.headOut), out.Total)
	} else {
		in.Payload = min(in.Payload, in.Total)
		in.Head, out.Head = in.Total-in.Payload, max(out.Total-x.body, 0)
		// Until the answer has left, its messages have not been paid for.
		out.Payload = min(out.Payload, out.Total-out.Head)
	}
	in.Framing = max(in.Total-in.Head-in.Payload, 0)
	out.Framing = max(out.Total-out.Head-out.Payload, 0)
	if t := x.conn.tls; t != nil && x.named != nil {
		in.TLS, out.TLS = t.In.Load()-x.named.startIn, t.Out.Load()-x.named.startOut
	}
	return in, out
}
