package meter

import (
	"net"
	"testing"
)

// pipe is a metered connection and its other end, which swallows and sends what it is told to.
func pipe(t *testing.T) (conn *Conn, say func(n int)) {
	server, client := net.Pipe()
	t.Cleanup(func() { server.Close(); client.Close() })
	go func() {
		buf := make([]byte, 1024)
		for {
			if _, err := client.Read(buf); err != nil {
				return
			}
		}
	}()
	conn = &Conn{Conn: server, books: books{Counter: new(Counter)}}
	return conn, func(n int) {
		t.Helper()
		go client.Write(make([]byte, n))
		for buf := make([]byte, n); n > 0; {
			got, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			n -= got
		}
	}
}

// body is so many bytes, of which payload are a message, behind the first.
func body(payload, length int) Layout { return Layout{Len: length, Payload: []Span{{1, 1 + payload}}} }

func check(t *testing.T, what string, got, want Bytes) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
	if got.Total != got.Head+got.Framing+got.Payload {
		t.Errorf("%s: %+v does not add up", what, got)
	}
}

// Three requests on one connection: a metered one, a file in between that is nobody's, and a metered one again.
func TestKeepAlive(t *testing.T) {
	conn, say := pipe(t)
	var tally Tally
	ask := func(request, head, payload, length int) {
		say(request)
		tally.Begin(conn).Answer(1, body(payload, length))
		conn.Write(make([]byte, head+length))
		conn.Idle()
	}
	ask(100, 150, 70, 80)
	say(5000) // a file
	conn.Write(make([]byte, 9000))
	conn.Idle()
	ask(110, 150, 40, 50)

	f := tally.Figures()
	check(t, "in", f.Bytes.In, Bytes{Total: 210, Head: 210})
	check(t, "out", f.Bytes.Out, Bytes{Total: 430, Head: 300, Framing: 20, Payload: 110})
	if f.Requests != 2 || f.Connections != 1 || f.Messages != 2 || f.Measured != "socket" {
		t.Errorf("got %+v", f)
	}
}

// What is said in a request's body is no head.
func TestSaidInARequest(t *testing.T) {
	conn, say := pipe(t)
	var tally Tally
	say(140)
	x := tally.Begin(conn)
	x.Received(40)
	x.Answer(0, Layout{Len: 20})
	conn.Write(make([]byte, 120))
	conn.Idle()

	f := tally.Figures()
	check(t, "in", f.Bytes.In, Bytes{Total: 140, Head: 100, Payload: 40})
	check(t, "out", f.Bytes.Out, Bytes{Total: 120, Head: 100, Framing: 20})
}

// Two viewers of one browser take turns on its two connections: each has used two, however often.
func TestConnectionsInTurns(t *testing.T) {
	var viewers [2]Tally
	var conns [2]*Conn
	var say [2]func(int)
	for i := range conns {
		conns[i], say[i] = pipe(t)
	}
	for turn := range 12 {
		i := turn % 3 % 2
		say[i](100)
		viewers[turn%2].Begin(conns[i]).Answer(1, body(10, 20))
		conns[i].Write(make([]byte, 120))
		conns[i].Idle()
	}
	for i := range viewers {
		if f := viewers[i].Figures(); f.Requests != 6 || f.Connections != 2 {
			t.Errorf("viewer %d: got %d requests by %d connections, want 6 by 2", i, f.Requests, f.Connections)
		}
	}
}

// A proxy has dozens of connections and takes any of them: each counts once, however often it comes, while others come
// and go.
func TestConnectionsOfAProxy(t *testing.T) {
	var tally Tally
	ask := func(conn *Conn, say func(int)) {
		say(100)
		tally.Begin(conn).Answer(1, body(10, 20))
		conn.Write(make([]byte, 120))
		conn.Idle()
	}
	const kept, others = 40, 100
	var conns [kept]*Conn
	var say [kept]func(int)
	for i := range conns {
		conns[i], say[i] = pipe(t)
	}
	for turn := range others {
		for i := range conns {
			ask(conns[(i*7+turn)%kept], say[(i*7+turn)%kept])
		}
		ask(pipe(t))
	}
	if got := tally.Figures().Connections; got != kept+others {
		t.Errorf("got %d connections, want %d", got, kept+others)
	}
}

// A held connection can be read at any moment, and ends once.
func TestHeld(t *testing.T) {
	conn, say := pipe(t)
	var tally Tally
	say(200)
	x := tally.Begin(conn)
	x.Hold(conn, 120)
	conn.Write(make([]byte, 120))
	f := tally.Figures()
	check(t, "in at first", f.Bytes.In, Bytes{Total: 200, Head: 200})
	check(t, "out at first", f.Bytes.Out, Bytes{Total: 120, Head: 120})

	conn.Write(make([]byte, 90))
	x.Sent(Span{4, 4 + 80}, 88)
	say(16)
	x.Received(10)
	f = tally.Figures()
	check(t, "in while held", f.Bytes.In, Bytes{Total: 216, Head: 200, Framing: 6, Payload: 10})
	check(t, "out while held", f.Bytes.Out, Bytes{Total: 210, Head: 120, Framing: 10, Payload: 80})

	conn.Idle() // the server closes it; the holder accounts for it
	x.End()
	x.End()
	if got := tally.Figures(); got != f {
		t.Errorf("after the end: got %+v, want %+v", got, f)
	}
}

// In a program that listens by itself heads cannot be seen, and the figures say so.
func TestForeignConnection(t *testing.T) {
	server, client := net.Pipe()
	defer server.Close()
	defer client.Close()
	var tally Tally
	tally.Begin(server).Answer(1, body(70, 80))
	f := tally.Figures()
	check(t, "out", f.Bytes.Out, Bytes{Total: 80, Framing: 10, Payload: 70})
	if f.Measured != "body" || f.Requests != 1 || f.Messages != 1 {
		t.Errorf("got %+v", f)
	}
}

// A request whose connection dies before the answer leaves is counted with what did happen.
func TestCutBeforeTheAnswer(t *testing.T) {
	conn, say := pipe(t)
	var tally Tally
	say(100)
	tally.Begin(conn).Answer(1, body(70, 80))
	check(t, "out", tally.Figures().Bytes.Out, Bytes{})
	conn.Idle()
	check(t, "in", tally.Figures().Bytes.In, Bytes{Total: 100, Head: 100})
	check(t, "out", tally.Figures().Bytes.Out, Bytes{})
}
