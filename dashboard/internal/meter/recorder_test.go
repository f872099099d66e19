package meter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// recorded is a tally that is recorded, on a connection whose listener knows of it.
func recorded(t *testing.T) (*Tally, *Recorder, *Conn, func(int)) {
	conn, say := pipe(t)
	conn.taps = new(Taps)
	conn.taps.Open()
	tally, r := &Tally{Technique: "test"}, new(Recorder)
	tally.Record(r)
	return tally, r, conn, say
}

// kinds is an exchange in short.
func kinds(e Recorded) string {
	var b strings.Builder
	for _, p := range e.Parts {
		fmt.Fprintf(&b, "%s.%s:%d/%d ", p.Dir, p.Kind, len(p.Seen), p.Bytes)
	}
	return strings.TrimSpace(b.String())
}

func wantKinds(t *testing.T, r *Recorder, want ...string) {
	t.Helper()
	var got []string
	for _, e := range r.Last(MostExchanges, "") {
		got = append(got, kinds(e))
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRecordAnswer(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(100)
	x := tally.Begin(conn)
	x.Note([]string{"e-1", "e-2"})
	x.Answer(2, Layout{Len: 50, Payload: []Span{{10, 20}, {21, 40}}})
	conn.Write(make([]byte, 80))
	conn.Write(make([]byte, 50))
	conn.Idle()
	wantKinds(t, r, "in.head:100/100 out.head:80/80 out.framing:10/10 out.payload:10/10 out.framing:1/1 out.payload:19/19 out.framing:10/10")
	if e := r.Last(1, "test")[0]; len(e.Messages) != 2 || e.Began == 0 || e.At < e.Began {
		t.Errorf("got %+v", e)
	}
	if got := r.Last(1, "another"); len(got) != 0 {
		t.Errorf("got %+v of another technique", got)
	}
}

func TestRecordSaidInARequest(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(100)
	x := tally.Begin(conn)
	x.Received(40)
	x.Answer(0, Layout{})
	conn.Write(make([]byte, 80))
	conn.Idle()
	wantKinds(t, r, "in.head:60/60 in.payload:40/40 out.head:80/80")
}

// A recording that begins when the request has come knows how many bytes that was, and not which.
func TestRecordFromTheMiddle(t *testing.T) {
	conn, say := pipe(t)
	conn.taps = new(Taps)
	var tally Tally
	r := new(Recorder)
	say(60)
	conn.taps.Open()
	say(40) // the rest of the head
	tally.Record(r)
	tally.Begin(conn).Answer(0, Layout{})
	conn.Write(make([]byte, 30))
	conn.Idle()
	wantKinds(t, r, "in.head:0/100 out.head:30/30")
}

// An answer that was cut has no messages that can be told apart.
func TestRecordCutAnswer(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(10)
	tally.Begin(conn).Answer(1, Layout{Len: 100, Payload: []Span{{10, 90}}})
	conn.Write(make([]byte, 60))
	conn.Idle()
	f := tally.Figures()
	wantKinds(t, r, "in.head:10/10 out.payload:60/60")
	check(t, "out", f.Bytes.Out, Bytes{Total: 60, Payload: 60})
}

func TestRecordHeld(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(100)
	x := tally.Begin(conn)
	x.Variant("odd", nil)
	x.Hold(conn, 30)
	x.Early(20) // of the 100
	x.Heard(make([]byte, 20))
	x.Understood() // the heads have not been recorded: it comes behind them
	out := func(n int) {
		x.Passed(0, n)
		x.Said(make([]byte, n))
	}
	out(20)
	out(15)
	x.Spoken(nil, nil)
	out(50)
	x.Spoken([]Span{{5, 45}}, []string{"e-1"})
	x.Passed(7, 0)
	x.Heard(make([]byte, 7))
	x.Understood()
	out(9)
	x.End()
	x.End()
	wantKinds(t, r,
		"in.head:80/80 in.framing:20/20 out.head:30/30 out.framing:5/5",
		"out.framing:5/5 out.payload:40/40 out.framing:5/5",
		"in.framing:7/7",
		"out.framing:9/9")
	if e := r.Last(1, "")[0]; e.Variant != "odd" {
		t.Errorf("got %+v", e)
	}
}

// What a viewer says is told apart when it is whole, and as counted.
func TestRecordHeard(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(10)
	x := tally.Begin(conn)
	// Whole are lines; payload is what is before the line's end.
	x.Variant("", func(b []byte) (int, []Span) {
		i := bytes.IndexByte(b, '\n')
		return i + 1, []Span{{0, max(i, 0)}}
	})
	conn.Write(make([]byte, 20)) // a handshake: the head leaves before the connection is held
	x.Hold(conn, 0)
	x.Early(0)
	hear := func(text string, payload int) {
		x.Passed(len(text), 0)
		x.Heard([]byte(text))
		x.Received(payload)
		x.Understood()
	}
	hear("abc", 0)
	hear("de\n", 5)
	hear("bad\n", 0)                                   // breaks the protocol, and is not counted as payload
	hear(strings.Repeat("x", mostOfOne+10)+"\n", 1000) // too long to be kept
	wantKinds(t, r,
		"in.head:10/10 out.head:20/20",
		"in.payload:5/5 in.framing:1/1",
		"in.framing:4/4",
		fmt.Sprintf("in.framing:%d/%d in.payload:989/1000", mostOfOne+11-1000, mostOfOne+11-1000))
	in := tally.Figures().Bytes.In
	check(t, "in", in, Bytes{Total: 10 + 10 + mostOfOne + 11, Head: 10, Payload: 1005, Framing: 1 + 4 + mostOfOne + 11 - 1000})
}

// However much passes, a recorder keeps so much.
func TestRecorderIsBounded(t *testing.T) {
	tally, r, conn, say := recorded(t)
	for n := range 100 {
		say(100)
		x := tally.Begin(conn)
		x.Answer(0, Layout{Len: 3000 * n})
		conn.Write(make([]byte, 3000*n+10))
		conn.Idle()
	}
	last := r.Last(MostExchanges, "")
	kept := 0
	for _, e := range last {
		kept += e.size()
	}
	if kept > mostKept || r.kept != kept || len(last) == 0 || last[len(last)-1].N != 100 {
		t.Errorf("%d exchanges of %d bytes are kept, it says %d", len(last), kept, r.kept)
	}
	if p := last[len(last)-1].Parts; len(p[2].Seen) > mostOfOne || p[2].Bytes != 3000*99 {
		t.Errorf("got %d bytes of %d", len(p[2].Seen), p[2].Bytes)
	}
	for range 100 {
		say(1)
		tally.Begin(conn).Answer(0, Layout{})
		conn.Write([]byte("x"))
		conn.Idle()
	}
	if n := len(r.list); n != MostExchanges {
		t.Errorf("%d small exchanges are kept, want %d", n, MostExchanges)
	}
}

// A stopped recording keeps nothing of what is under way, and a new one begins with what follows.
func TestRecordStops(t *testing.T) {
	tally, r, conn, say := recorded(t)
	say(10)
	x := tally.Begin(conn)
	x.Hold(conn, 5)
	x.Early(0)
	tally.Record(nil)
	x.Said(make([]byte, 5))
	x.Spoken(nil, nil)
	x.End()
	wantKinds(t, r)
	if x.Recorded() {
		t.Error("it is recorded still")
	}
}

func TestPartAsJSON(t *testing.T) {
	for _, test := range []struct {
		name string
		part Part
		want string
	}{
		{"text", Part{"out", "framing", 4, []byte("a<\n!"), false}, `{"dir":"out","kind":"framing","bytes":4,"text":"a\u003c\n!"}`},
		{"binary", Part{"out", "framing", 2, []byte("\x81\xff"), false}, `{"dir":"out","kind":"framing","bytes":2,"base64":"gf8="}`},
		{"cut", Part{"in", "head", 9, []byte("abc"), true}, `{"dir":"in","kind":"head","bytes":9,"text":"abc","cut":true,"redacted":true}`},
		{"cut-in-a-character", Part{"in", "payload", 9, []byte("ab\xe2\x82"), false}, `{"dir":"in","kind":"payload","bytes":9,"text":"ab","cut":true}`},
		{"unseen", Part{"in", "head", 9, nil, false}, `{"dir":"in","kind":"head","bytes":9,"text":"","cut":true}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if b, err := json.Marshal(test.part); err != nil || string(b) != test.want {
				t.Errorf("got %s, %v, want %s", b, err, test.want)
			}
		})
	}
}
