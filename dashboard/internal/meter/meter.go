// Package meter counts what each viewer's messages cost, on the socket.
//
// # What is promised
//
// Every byte of a metered request or held connection is counted once, in both directions, as the server's side of the
// connection read and wrote it: total = head + framing + payload, exactly. Payload is the messages as they were
// published, and what a viewer said; head is request line, status line and header fields with the empty line behind
// them, and a WebSocket's handshake; framing is everything else that a technique puts around its messages: chunk sizes,
// id: and data:, frame heads, heartbeats, the envelope of a poll's answer.
//
// The counters of a connection that is still held are read where it stands, so figures are never late.
//
// Bytes are those that HTTP sees. TCP and IP add theirs below, and are not counted. What TLS adds is counted apart, and no
// part of the total: the heads of its records and what makes them safe, handshake, tickets, alerts. total + tls is what
// TCP has carried. On a connection that several requests share, each has what came from the end of the one before to its
// own end; the first has the handshake, if it is metered and no page or file, and the last the goodbye. Nobody's is
// counted for a crowd.
//
// Where the connection is not a Conn (a dashboard mounted in a program that listens by itself), heads cannot be seen:
// they are counted as nothing, and Figures.Measured says so.
//
// # What the kernel knows
//
// Packets, retransmissions and round-trip times are the kernel's own counts (TCP_INFO, Linux). On a connection that
// several requests share, each has what was counted from the end of the one before to its own end. So the
// acknowledgement of an answer is the next request's, or its own if it was the last. The first has the connection's
// beginning, without the SYN-ACK, which Linux does not count; what follows the closing of our side is nobody's.
//
// The kernel is asked at the end of each request and each connection of a viewer that has a name, and of all its open
// connections when Tally.Ask is called. It is never asked for a crowd.
//
// # What is recorded
//
// A Recorder keeps the last exchanges of one viewer with their bytes, while somebody asks for them; see there. The parts
// of what it keeps add up to what the counters have counted meanwhile.
package meter

import (
	"sync"
	"sync/atomic"
)

// Bytes is one direction's bytes by what they were for.
type Bytes struct {
	Total   int64 `json:"total"`
	Head    int64 `json:"head"`
	Framing int64 `json:"framing"`
	Payload int64 `json:"payload"`
	TLS     int64 `json:"tls,omitempty"` // beside Total; 0 without TLS
}

func (b *Bytes) add(o Bytes) {
	b.Total += o.Total
	b.Head += o.Head
	b.Framing += o.Framing
	b.Payload += o.Payload
	b.TLS += o.TLS
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
	*Kernel         // nil where the kernel cannot tell
	TCP      string `json:"tcp,omitempty"` // NotHere then
}

// A Total is the sum over all tallies that point to it, those that are forgotten included, and never goes down. The
// bytes of a held connection count with the next message, those of an answer when it has left. The zero Total is ready.
type Total struct{ requests, connections, messages, in, out atomic.Int64 }

// Totals is a Total at one moment.
type Totals struct{ Requests, Connections, Messages, In, Out int64 }

// Plus is the sum of both.
func (t Totals) Plus(more Totals) Totals {
	return Totals{t.Requests + more.Requests, t.Connections + more.Connections, t.Messages + more.Messages, t.In + more.In, t.Out + more.Out}
}

// Totals reads the sum. It waits for nobody, so the figures may be of moments a little apart.
func (t *Total) Totals() Totals {
	return Totals{t.requests.Load(), t.connections.Load(), t.messages.Load(), t.in.Load(), t.out.Load()}
}

// A Tally adds up exchanges. The zero Tally is ready; it is safe for concurrent use.
type Tally struct {
	Technique string // what recorded exchanges are called
	Total     *Total // nil, or what also counts them; not to be changed once there was an exchange
	// Crowd is many viewers whose figures nobody will ask for: only Total is counted, and Figures lacks what is under
	// way. Not to be changed once there was an exchange.
	Crowd bool

	recorder atomic.Pointer[Recorder] // nil for none
	spare    sync.Pool                // of *Exchange: a crowd's that have ended

	mu     sync.Mutex
	sum    Figures // without Kernel
	kernel Kernel  // of what has ended
	known  bool    // kernel is of something
	body   bool    // at least one exchange was not on a Conn
	open   []*Exchange
	// The connections that the last requests came by, the one of the last request at the end. A browser's lanes take turns
	// on the few it has, and one that comes back is no other connection.
	conns []*Counter
}

// mostConns is how many connections a tally tells apart: browsers have six to a host, proxies dozens.
const mostConns = 64

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
	f.Kernel, f.TCP = t.readings()
	f.Measured = "socket"
	if t.body {
		f.Measured = "body"
	}
	return f
}

// readings is what the kernel has counted, as far as it was asked. mu is held.
func (t *Tally) readings() (*Kernel, string) {
	k, known := t.kernel, t.known
	for _, x := range t.open {
		if x.named.read {
			k.add(x.named.base, x.named.now, true)
			known = true
		}
	}
	switch {
	case known:
		return &k, ""
	case t.sum.Requests == 0:
		return nil, ""
	}
	return nil, NotHere
}

// late counts what happened on a connection after its last request.
func (t *Tally) late(from, to Reading) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kernel.add(from, to, false)
	t.known = true
}

// goodbye counts what TLS has added after a connection's last request.
func (t *Tally) goodbye(o *Overhead) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Bytes.In.TLS += o.In.Load() - o.startIn
	t.sum.Bytes.Out.TLS += o.Out.Load() - o.startOut
}
