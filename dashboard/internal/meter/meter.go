// Package meter counts what each viewer's messages cost, on the socket.
//
// # What is promised
//
// Every byte of a metered request or held connection is counted once, in both directions, as the server's side of the
// connection read and wrote it: total = head + framing + payload, exactly. Payload is the messages as they were
// published; head is request line, status line and header fields with the empty line behind them, and a WebSocket's
// handshake; framing is everything else that a technique puts around its messages: chunk sizes, id: and data:,
// frame heads, heartbeats, the envelope of a poll's answer.
//
// The counters of a connection that is still held are read where it stands, so figures are never late.
//
// Bytes are those that HTTP sees. TCP, IP and TLS add theirs below.
//
// Where the connection is not a Conn (a dashboard mounted in a program that listens by itself), heads cannot be seen:
// they are counted as nothing, and Figures.Measured says so.
package meter

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// Bytes is one direction's bytes by what they were for.
type Bytes struct {
	Total   int64 `json:"total"`
	Head    int64 `json:"head"`
	Framing int64 `json:"framing"`
	Payload int64 `json:"payload"`
}

func (b *Bytes) add(o Bytes) {
	b.Total += o.Total
	b.Head += o.Head
	b.Framing += o.Framing
	b.Payload += o.Payload
}

// Figures is what one viewer's use of one technique has cost so far.
type Figures struct {
	Requests    int64 `json:"requests"`
	Connections int64 `json:"connections"`
	Messages    int64 `json:"messages"`
	Bytes       struct {
		In  Bytes `json:"in"`
		Out Bytes `json:"out"`
	} `json:"bytes"`
	// Measured is "socket", or "body" where heads could not be seen.
	Measured string `json:"measured"`
}

// A Total is the sum over all tallies that point to it, those that are forgotten included, and never goes down. The
// bytes of a held connection count with the next message, those of an answer when it has left. The zero Total is ready.
type Total struct{ requests, connections, messages, in, out atomic.Int64 }

// Totals is a Total at one moment.
type Totals struct{ Requests, Connections, Messages, In, Out int64 }

// Totals reads the sum. It waits for nobody, so the figures may be of moments a little apart.
func (t *Total) Totals() Totals {
	return Totals{t.requests.Load(), t.connections.Load(), t.messages.Load(), t.in.Load(), t.out.Load()}
}

// A Tally adds up exchanges. The zero Tally is ready; it is safe for concurrent use.
type Tally struct {
	Total *Total // nil, or what also counts them; not to be changed once there was an exchange
	// Crowd is many viewers whose figures nobody will ask for: only Total is counted, and Figures lacks what is under
	// way. Not to be changed once there was an exchange.
	Crowd bool

	mu   sync.Mutex
	sum  Figures
	body bool // at least one exchange was not on a Conn
	open []*Exchange
}

// An Exchange is one request with its answer, or one held connection. It counts messages as they are handed over and
// takes the bytes around them from the connection.
type Exchange struct {
	tally             *Tally
	conn              *Counter // nil where the connection does not count
	startIn, startOut int64

	// Guarded by tally.mu.
	messages, payloadIn, payloadOut int64
	headIn, headOut                 int64 // held: known when the head has passed
	body                            int64 // answered: length of the response body
	held, ended                     bool
	told                            struct{ messages, in, out int64 } // what the tally's Total has of this exchange
}

// Begin starts an exchange on the connection that a request came by. A request that is answered in full must be
// followed by Answer, a held one by Hold and End.
func (t *Tally) Begin(conn net.Conn) *Exchange {
	x := &Exchange{tally: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Requests++
	if t.Total != nil {
		t.Total.requests.Add(1)
	}
	if c, ok := conn.(*Conn); ok {
		x.conn, x.startIn, x.startOut = c.Counter, c.startIn, c.startOut
		c.request = x
		if t.Total != nil && (c.payer == nil || c.payer.Total != t.Total) {
			t.Total.connections.Add(1)
		}
		if c.payer != t {
			c.payer = t
			t.sum.Connections++
		}
	} else {
		t.body = true
	}
	if !t.Crowd {
		t.open = append(t.open, x)
	}
	return x
}

// Answer says what the response's body holds: so many messages, their bytes, and its whole length. The bytes of the
// head follow when the connection is idle again.
func (x *Exchange) Answer(messages, payload, body int) {
	x.tally.mu.Lock()
	x.messages, x.payloadOut, x.body = int64(messages), int64(payload), int64(body)
	x.tally.mu.Unlock()
	if x.conn == nil {
		x.End()
	}
}

// Hold says that the connection that the exchange began on is held from here on: what came in was the request, and
// what goes out first, head bytes, is the response's head.
func (x *Exchange) Hold(conn net.Conn, head int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.held = true
	if x.conn != nil {
		x.headIn = x.conn.in.Load() - x.startIn
		x.headOut = x.conn.out.Load() - x.startOut + int64(head)
	}
	if c, ok := conn.(*Conn); ok {
		c.request = nil // the holder ends it, not the server
	}
}

// Early says that so many bytes of what came in before Hold were sent behind the request.
func (x *Exchange) Early(n int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.headIn = max(x.headIn-int64(n), 0)
}

// Read counts bytes that came in by a held connection that has been taken from its Conn.
func (x *Exchange) Read(n int) {
	if x.conn != nil {
		x.conn.in.Add(int64(n))
	}
}

// Wrote counts bytes that left by a held connection that has been taken from its Conn.
func (x *Exchange) Wrote(n int) {
	if x.conn != nil {
		x.conn.out.Add(int64(n))
	}
}

// Sent counts a message that was written to a held connection, with frame bytes in all.
func (x *Exchange) Sent(payload, frame int) {
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.messages++
	x.payloadOut += int64(payload)
	x.body += int64(frame)
	x.tell()
}

// tell brings the tally's Total up to date. tally.mu is held.
func (x *Exchange) tell() {
	total := x.tally.Total
	if total == nil {
		return
	}
	in, out := x.bytes()
	total.messages.Add(x.messages - x.told.messages)
	total.in.Add(in.Total - x.told.in)
	total.out.Add(out.Total - x.told.out)
	x.told.messages, x.told.in, x.told.out = x.messages, in.Total, out.Total
}

// In is how many bytes have come in by a held connection; 0 where that cannot be seen.
func (x *Exchange) In() int64 {
	if x.conn == nil {
		return 0
	}
	return x.conn.in.Load() - x.startIn
}

// Received counts what a viewer said on a held connection.
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
}

// bytes splits what the exchange has cost so far. tally.mu is held.
func (x *Exchange) bytes() (in, out Bytes) {
	if x.conn == nil {
		return Bytes{Total: x.payloadIn, Payload: x.payloadIn},
			Bytes{Total: x.body, Framing: x.body - x.payloadOut, Payload: x.payloadOut}
	}
	in.Total, in.Payload = x.conn.in.Load()-x.startIn, x.payloadIn
	out.Total, out.Payload = x.conn.out.Load()-x.startOut, x.payloadOut
	if x.held {
		in.Head, out.Head = x.headIn, min(x.headOut, out.Total)
	} else {
		in.Head, out.Head = in.Total, max(out.Total-x.body, 0)
		// Until the answer has left, its messages have not been paid for.
		out.Payload = min(out.Payload, out.Total-out.Head)
	}
	in.Framing = max(in.Total-in.Head-in.Payload, 0)
	out.Framing = max(out.Total-out.Head-out.Payload, 0)
	return in, out
}

// Figures is the sum over all exchanges, those under way included.
func (t *Tally) Figures() Figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.sum
	for _, x := range t.open {
		in, out := x.bytes()
		f.Messages += x.messages
		f.Bytes.In.add(in)
		f.Bytes.Out.add(out)
	}
	f.Measured = "socket"
	if t.body {
		f.Measured = "body"
	}
	return f
}
