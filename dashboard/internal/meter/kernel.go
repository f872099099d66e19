package meter

import (
	"math"
	"net"
	"syscall"
	"time"
)

// A Reading is what the kernel has counted on one connection since it began. The counts wrap.
type Reading struct {
	PacketsIn   uint32 // segments, those without data included
	PacketsOut  uint32 // likewise, and those sent again; Linux leaves out the SYN-ACK
	Retransmits uint32 // segments sent again
	RTT         time.Duration
	MinRTT      time.Duration // the least seen; RTT has the other end's delayed acknowledgements in it
	Unsent      uint32        // bytes that wait in the kernel until the other end has room
}

// A Probe asks the kernel about one connection. It costs a system call.
type Probe interface {
	// Reading is not ok where the kernel cannot tell, and when the connection is closed.
	Reading() (r Reading, ok bool)
}

// Kernel is what the kernel has counted of a viewer's connections (Linux: TCP_INFO).
type Kernel struct {
	Packets struct {
		In  int64 `json:"in"`
		Out int64 `json:"out"`
	} `json:"packets"`
	Retransmits int64   `json:"retransmits"`
	RTT         float64 `json:"rtt_ms"` // smoothed, of the connection that was asked last
	MinRTT      float64 `json:"min_rtt_ms"`
	Unsent      int64   `json:"unsent"` // bytes, of all connections that are open
}

// NotHere is what Figures say where the kernel cannot tell.
const NotHere = "not available here"

// add counts what has happened on a connection between two readings; open says that it is not closed.
func (k *Kernel) add(from, to Reading, open bool) {
	k.Packets.In += int64(to.PacketsIn - from.PacketsIn)
	k.Packets.Out += int64(to.PacketsOut - from.PacketsOut)
	k.Retransmits += int64(to.Retransmits - from.Retransmits)
	if to.RTT > 0 {
		k.RTT = milliseconds(to.RTT)
	}
	if min := milliseconds(to.MinRTT); min > 0 && (k.MinRTT == 0 || min < k.MinRTT) {
		k.MinRTT = min
	}
	if open {
		k.Unsent += int64(to.Unsent)
	}
}

func milliseconds(d time.Duration) float64 { return math.Round(float64(d)/1000) / 1000 }

// ProbeOf asks about a connection that is open here. Once it is closed, and where it is none of the kernel's or nil, it
// cannot tell.
func ProbeOf(conn net.Conn) Probe { return open{conn} }

type open struct{ net.Conn }

func (o open) Reading() (r Reading, ok bool) {
	for c := o.Conn; c != nil; c = below(c) { // TLS is none of the kernel's, and what is below it is
		sc, is := c.(syscall.Conn)
		if !is {
			continue
		}
		if raw, err := sc.SyscallConn(); err == nil {
			err = raw.Control(func(fd uintptr) { r, ok = ReadingOf(int(fd)) })
			return r, ok && err == nil
		}
	}
	return r, false
}

// Reading is Probe's.
func (c *Conn) Reading() (r Reading, ok bool) { return open{c.Conn}.Reading() }

// A trace is what a connection has to remember that carries what can be asked for.
type trace struct {
	last  Reading // when the request before was through
	known bool    // last is
	of    *Tally  // whose that request was; nil for nobody's
	final Reading // just before the connection was closed
	shut  bool    // final is known

	closed bool

	// What has passed since the request before, while somebody's exchanges are recorded.
	in, out strip
}

// closing takes the last reading there can be.
func (t *trace) closing(p Probe) {
	t.closed = true
	if r, ok := p.Reading(); ok {
		t.final, t.shut = r, true
	}
}

// reading is the newest there is.
func (t *trace) reading(p Probe) (Reading, bool) {
	if r, ok := p.Reading(); ok {
		return r, true
	}
	return t.final, t.shut
}

// left puts what came after the last request to that one's account: the acknowledgement of its answer, mostly.
func (t *trace) left() {
	if t.shut && t.known && t.of != nil {
		t.of.late(t.last, t.final)
		t.of = nil
	}
}

// Named tells whether anybody can ask for what the exchange has cost.
func (x *Exchange) Named() bool { return x.named != nil }

// Probe says how the kernel can be asked about the connection that the exchange is on, for as long as it is open. nil, as
// Taken.Exchange is for a crowd, is told for nothing.
func (x *Exchange) Probe(p Probe) {
	if x == nil || x.named == nil {
		return
	}
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	x.named.probe = p
}

// Last asks for the last time: the connection is about to be closed.
func (x *Exchange) Last(p Probe) {
	if x.named == nil {
		return
	}
	r, ok := p.Reading()
	x.tally.mu.Lock()
	defer x.tally.mu.Unlock()
	if x.named.probe = nil; ok {
		x.named.now, x.named.read = r, true
	}
}

// Ask asks the kernel about every connection that is open now, for the Figures that follow. It waits for whoever works
// on them.
func (t *Tally) Ask() {
	t.mu.Lock()
	open := make(map[*Exchange]Probe, len(t.open))
	for _, x := range t.open {
		if x.named.probe != nil {
			open[x] = x.named.probe
		}
	}
	t.mu.Unlock()
	for x, p := range open { // not locked: who works on a connection may be waiting for the tally
		r, ok := p.Reading()
		t.mu.Lock()
		if ok && x.named.probe != nil { // else it has ended meanwhile, and a newer one is there
			x.named.now, x.named.read = r, true
		}
		t.mu.Unlock()
	}
}
