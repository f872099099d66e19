package meter

import (
	"net"
	"testing"
	"time"
)

// a counting kernel: what a test says it has counted.
type counting struct {
	says   Reading
	closed bool
	asked  int
}

func (c *counting) Reading() (Reading, bool) {
	c.asked++
	return c.says, !c.closed
}

// Each request has what was counted since the one before, whoever's that was; what comes last is the last one's.
func TestPacketsOfSharedConnection(t *testing.T) {
	conn, say := pipe(t)
	k := new(counting)
	var a, b Tally
	ask := func(tally *Tally, in, out uint32) {
		say(10)
		if tally != nil {
			tally.Begin(conn).Answer(0, Layout{})
		}
		k.says.PacketsIn += in
		k.says.PacketsOut += out
		conn.Write(make([]byte, 10))
		conn.answered(k)
	}
	ask(&a, 3, 1) // the connection's beginning too
	ask(&b, 2, 2)
	ask(nil, 50, 70) // a file
	ask(&a, 4, 5)
	k.says.PacketsIn++ // the acknowledgement, and the end of the connection
	k.says.Retransmits = 7
	conn.Closing(k)
	k.closed = true
	conn.Idle()
	conn.Idle()
	for _, test := range []struct {
		tally            *Tally
		in, out, retries int64
	}{{&a, 8, 6, 7}, {&b, 2, 2, 0}} {
		f := test.tally.Figures()
		if f.Kernel == nil || f.Packets.In != test.in || f.Packets.Out != test.out || f.Retransmits != test.retries || f.TCP != "" {
			t.Errorf("got %+v, %q, want %+v", f.Kernel, f.TCP, test)
		}
	}
}

// After a crowd has used a connection, what it had is not the next one's.
func TestPacketsAfterACrowd(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	served, err := Listener{Listener: ln}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	conn := served.(*Conn)
	if _, ok := conn.Reading(); !ok {
		t.Skip("this kernel does not tell")
	}
	crowd, named := Tally{Crowd: true}, Tally{}
	b := make([]byte, 10)
	for _, tally := range []*Tally{&crowd, &crowd, &crowd, &named} {
		client.Write(b)
		conn.Read(b)
		x := tally.Begin(conn)
		x.Answer(0, Layout{})
		conn.Write(b)
		client.Read(b)
		conn.Idle()
	}
	if k := named.Figures().Kernel; k == nil || k.Packets.In > 2 || k.Packets.Out < 1 || k.Packets.Out > 2 {
		t.Errorf("got %+v", k)
	}
	if k := crowd.Figures().Kernel; k != nil {
		t.Errorf("the kernel was asked for a crowd: %+v", k)
	}
}

// A held connection is asked when somebody wants to know, and before it is closed; the last reading stays.
func TestPacketsOfHeldConnection(t *testing.T) {
	conn, say := pipe(t)
	var tally Tally
	say(10)
	x := tally.Begin(conn)
	x.Hold(conn, 5)
	x.Early(0)
	k := &counting{says: Reading{PacketsIn: 3, PacketsOut: 4, RTT: 1500 * time.Microsecond, MinRTT: 70 * time.Microsecond, Unsent: 9000}}
	x.Probe(k)
	if f := tally.Figures(); f.Kernel != nil || f.TCP != NotHere {
		t.Errorf("before anybody asks: got %+v", f)
	}
	tally.Ask()
	if f := tally.Figures(); f.Kernel == nil || f.Packets.In != 3 || f.Packets.Out != 4 || f.RTT != 1.5 || f.MinRTT != 0.07 || f.Unsent != 9000 {
		t.Errorf("while held: got %+v", f.Kernel)
	}
	k.says.PacketsOut = 6
	x.Last(k)
	k.says.PacketsOut = 100 // that number is another connection's now
	tally.Ask()
	x.End()
	if f := tally.Figures(); f.Kernel == nil || f.Packets.Out != 6 || f.Unsent != 0 {
		t.Errorf("after the end: got %+v", f.Kernel)
	}
	if k.asked != 2 {
		t.Errorf("it was asked %d times, want 2", k.asked)
	}
}

// Counts wrap.
func TestPacketsWrap(t *testing.T) {
	var k Kernel
	k.add(Reading{PacketsIn: ^uint32(0)}, Reading{PacketsIn: 4}, false)
	if k.Packets.In != 5 {
		t.Errorf("got %d, want 5", k.Packets.In)
	}
}

// Who is one of a crowd costs no question and keeps nothing.
func TestCrowdIsNotAsked(t *testing.T) {
	conn, say := pipe(t)
	conn.taps = new(Taps)
	k := new(counting)
	tally := Tally{Crowd: true}
	for range 3 {
		say(10)
		x := tally.Begin(conn)
		x.Probe(k)
		x.Heard(make([]byte, 10))
		x.Said(make([]byte, 10))
		x.Answer(0, Layout{})
		conn.Write(make([]byte, 10))
		conn.answered(k)
	}
	tally.Ask()
	if k.asked != 0 || conn.more.Load() != nil {
		t.Errorf("asked %d times, kept %+v", k.asked, conn.more.Load())
	}
}
