package meter

import (
	"net"
	"sync"
	"testing"
)

// A total is what its tallies come to, one that nobody remembers included: here on one connection that two viewers use,
// and a third of another total in between, which is no reason to count it anew.
func TestTotal(t *testing.T) {
	conn, say := pipe(t)
	var total Total
	a, b, other := Tally{Total: &total}, Tally{Total: &total}, Tally{Total: new(Total)}
	ask := func(tally *Tally) {
		say(100)
		tally.Begin(conn).Answer(2, body(70, 80))
		if tally.Total == &total && total.Totals().In%100 != 0 {
			t.Errorf("half a request is counted: %+v", total.Totals())
		}
		conn.Write(make([]byte, 230))
		conn.Idle()
	}
	ask(&a)
	ask(&b)
	if got, want := total.Totals(), (Totals{Requests: 2, Connections: 1, Messages: 4, In: 200, Out: 460}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for range 2 {
		ask(&other)
	}
	if got := other.Total.Totals().Connections; got != 1 {
		t.Errorf("the other total has %d connections, want 1", got)
	}
	say(200)
	x := a.Begin(conn)
	x.Hold(conn, 120)
	conn.Write(make([]byte, 120))
	conn.Write(make([]byte, 90))
	x.Sent(Span{4, 4 + 80}, 88)
	if got, want := total.Totals(), (Totals{Requests: 3, Connections: 1, Messages: 5, In: 400, Out: 670}); got != want {
		t.Errorf("while held: got %+v, want %+v", got, want)
	}
	say(16)
	x.Received(10)
	conn.Write(make([]byte, 5)) // a heartbeat
	x.End()
	x.End()
	if got, want := total.Totals(), (Totals{Requests: 3, Connections: 1, Messages: 5, In: 416, Out: 675}); got != want {
		t.Errorf("at the end: got %+v, want %+v", got, want)
	}
	sum := a.Figures().Bytes.Out.Total + b.Figures().Bytes.Out.Total
	if got := total.Totals().Out; got != sum {
		t.Errorf("the total is %d, its tallies %d", got, sum)
	}
}

func TestTotalOfForeignConnections(t *testing.T) {
	server, client := net.Pipe()
	defer server.Close()
	defer client.Close()
	var total Total
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			tally := Tally{Total: &total}
			for range 100 {
				tally.Begin(server).Answer(1, body(70, 80))
			}
		})
	}
	wait.Wait()
	if got, want := total.Totals(), (Totals{Requests: 800, Messages: 800, Out: 64_000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A connection that is taken counts as it did before, whoever uses it, and so does what comes back.
func TestTaken(t *testing.T) {
	for _, crowd := range []bool{true, false} {
		conn, say := pipe(t)
		var total Total
		tally := Tally{Total: &total, Crowd: crowd}
		say(100)
		tally.Begin(conn)
		var taken Taken
		conn.Take(&taken)
		for i := range 3 {
			if i > 0 {
				taken.Count(100, 0)
				taken.Ask(&tally)
			}
			if x := taken.Exchange(); (x == nil) != crowd {
				t.Errorf("crowd %v: while it waits there is an exchange: %v", crowd, x != nil)
			}
			taken.Answer(1, Layout{Len: 80, Payload: []Span{{5, 75}}})
			taken.Count(0, 230)
			taken.Answered(conn)
		}
		taken.Left()
		back := taken.Returned(conn.Conn, nil)
		other := Tally{Total: new(Total)}
		other.Begin(back).Answer(0, Layout{})
		back.Idle()
		back.Take(&taken)
		back = taken.Returned(conn.Conn, nil)
		back.in.Add(100)
		tally.Begin(back).Answer(1, Layout{Len: 80, Payload: []Span{{5, 75}}})
		back.Write(make([]byte, 230))
		back.Idle()
		if got, want := total.Totals(), (Totals{Requests: 4, Connections: 1, Messages: 4, In: 400, Out: 920}); got != want {
			t.Errorf("crowd %v: got %+v, want %+v", crowd, got, want)
		}
	}
}
