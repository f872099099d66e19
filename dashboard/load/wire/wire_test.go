package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is what a parser made of pieces, as text.
func told(technique string, pieces ...[]byte) []string {
	var all []string
	parser := New(technique)
	for i, p := range pieces {
		for {
			e, rest, err := parser.Next(p, i == len(pieces)-1)
			switch {
			case errors.Is(err, ErrFormat):
				return append(all, "format")
			case errors.Is(err, ErrTooLong):
				return append(all, "too long")
			case err != nil:
				return append(all, "unknown error "+err.Error())
			}
			if e.Kind == None {
				break
			}
			all = append(all, describe(e))
			p = rest
		}
	}
	if a, ok := parser.(*Answer); ok && a.More() {
		all = append(all, "more")
	}
	return all
}

func describe(e Event) string {
	kind := map[Kind]string{Message: "message", Beat: "beat", Retry: "retry", Ping: "ping", Close: "close"}[e.Kind]
	s := kind
	switch e.Kind {
	case Message:
		s += fmt.Sprintf(" %d %q", e.Size, e.Head)
		if len(e.ID) > 0 {
			s += fmt.Sprintf(" id %q", e.ID)
		}
	case Retry:
		s += fmt.Sprint(" ", e.Number)
	case Ping:
		s += fmt.Sprintf(" %q", e.Head)
	case Close:
		s += fmt.Sprintf(" %d %q", e.Number, e.Head)
	}
	return s
}

// single bytes, and every cut in two.
func splits(input string) [][][]byte {
	var bytewise [][]byte
	for i := range len(input) {
		bytewise = append(bytewise, []byte(input[i:i+1]))
	}
	all := [][][]byte{bytewise}
	for i := range len(input) + 1 {
		all = append(all, [][]byte{[]byte(input[:i]), []byte(input[i:])})
	}
	return all
}

const (
	one  = `{"id":"k3f9a1-1042","at":1763638612345,"data":{"id":"x","a":[{"id":"k-1"},{}]}}`
	gap  = `{"id":"k3f9a1-1050","at":1763638612345,"gap":true,"data":{}}`
	said = `"word-1","` + "0123456789012345678901234567890123456789012345678901234567890123" + `"],"data":{}}`
	echo = `{"id":"k3f9a1-1043","at":1763638612345,"echo":[` + said
	head = `{"id":"k3f9a1-1042","at":1763638612345,"data":`
)

func frame(first byte, payload string) string {
	switch n := len(payload); {
	case n < 126:
		return string([]byte{first, byte(n)}) + payload
	case n < 1<<16:
		return string([]byte{first, 126, byte(n >> 8), byte(n)}) + payload
	default:
		return string([]byte{first, 127, 0, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}) + payload
	}
}

type row struct {
	technique, input string
	want             []string
}

func rows() []row {
	long := one[:len(one)-1] + `,"more":"` + strings.Repeat("x", 300) + `"}`
	message := func(size int, head, id string) string {
		s := fmt.Sprintf("message %d %q", size, head[:min(len(head), MaxHead)])
		if id != "" {
			s += fmt.Sprintf(" id %q", id)
		}
		return s
	}
	return []row{
		{"streaming", one + "\n\n" + gap + "\r\n\r\nhalf", []string{message(len(one), one, ""), "beat", message(len(gap)+1, gap+"\r", ""), "beat"}},
		{"streaming", long + "\n", []string{message(len(long), long, "")}},
		{"streaming", "", nil},

		{"sse", "retry: 1500\n\nid: k-1\ndata: a\n\n: beat\n\ndata: b\n\n", []string{"retry 1500", message(1, "a", "k-1"), "beat", message(1, "b", "")}},
		{"sse", "\uFEFFdata:a\r\rdata\r\n\r\n", []string{message(1, "a", ""), message(0, "", "")}},
		{"sse", "data: a\ndata:  b\nid\n\nid: 7\n\ndata: c\n\nid: x\x00\ndata: d\n\n", []string{message(4, "a\n b", ""), message(1, "c", "7"), message(1, "d", "")}},
		{"sse", "id: 1\ndata: a\n\ndata: b\n\n", []string{message(1, "a", "1"), message(1, "b", "")}},
		{"sse", "event: x\nfoo: bar\ndata: 1\nretry: no\nretry: 99999999999\n\n", []string{"retry 300000", message(1, "1", "")}},
		{"sse", "data: " + long + "\n\ndata: half", []string{message(len(long), long[:MaxHead-len("data: ")], "")}},
		{"sse", "data: " + long + "\ndata: x\n\n", []string{message(len(long)+2, long[:MaxHead-len("data: ")], "")}},
		{"sse", "id: " + strings.Repeat("9", maxID+1) + "\ndata: a\n\n", []string{message(1, "a", "")}},

		{"longpolling", `{"messages":[` + one + `],"cursor":"k3f9a1-1042"}`, []string{message(0, head, "")}},
		{"polling", `{"messages":[` + echo + `],"cursor":"k3f9a1-1043"}`, []string{message(0, echo[:len(echo)-len(said)], "")}},
		{"polling", `{"messages":[` + one + `,` + echo + `,` + gap + `],"cursor":"k3f9a1-1050"}`,
			[]string{message(0, head, ""), message(0, echo[:len(echo)-len(said)], ""), message(0, gap[:len(gap)-len("{}}")], "")}},
		{"longpolling", `{"messages":[` + one + `,` + gap + `],"cursor":"k3f9a1-1050","more":true}`, []string{message(0, head, ""), message(0, gap[:len(gap)-len("{}}")], ""), "more"}},
		{"polling", `{"messages":[],"cursor":"k3f9a1-1042"}`, nil},
		{"polling", `{"messages":[{"other":1}]}`, nil},
		{"polling", `{"messages":[{"id":"{"id":"` + one + `]}`, []string{message(0, head, "")}},
		{"longpolling", one, []string{message(len(one), one, "")}},
		{"longpolling", long, []string{message(len(long), long, "")}},
		{"longpolling", `{"mess`, []string{message(6, `{"mess`, "")}},
		{"longpolling", "", nil},

		{"websocket", frame(0x81, one) + frame(0x89, "p") + frame(0x82, long), []string{message(len(one), one, ""), `ping "p"`, message(len(long), long, "")}},
		{"websocket", frame(0x01, "ab") + frame(0x89, "") + frame(0x00, "") + frame(0x80, "c"), []string{`ping ""`, message(3, "abc", "")}},
		{"websocket", frame(0x8a, "pong") + frame(0x81, "") + frame(0x88, "\x03\xe9going"), []string{message(0, "", ""), `close 1001 "going"`}},
		{"websocket", frame(0x88, ""), []string{`close 1005 ""`}},
		{"websocket", frame(0x88, "x"), []string{"format"}},
		{"websocket", frame(0xc1, "rsv"), []string{"format"}},
		{"websocket", "\x81\x81", []string{"format"}},
		{"websocket", frame(0x80, "x"), []string{"format"}},
		{"websocket", frame(0x01, "x") + frame(0x81, "y"), []string{"format"}},
		{"websocket", frame(0x83, "x"), []string{"format"}},
		{"websocket", frame(0x09, "x"), []string{"format"}},
		{"websocket", frame(0x8b, "x"), []string{"format"}},
		{"websocket", frame(0x89, strings.Repeat("x", 126)), []string{"format"}},
		{"websocket", frame(0x82, strings.Repeat("x", 70000)), []string{message(70000, strings.Repeat("x", MaxHead), "")}},
		{"websocket", "\x82\x7f\x00\x00\x00\x00\x01\x00\x00\x01", []string{"too long"}},
		{"websocket", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", []string{"too long"}},
	}
}

func TestEverySplit(t *testing.T) {
	for _, r := range rows() {
		if got := told(r.technique, []byte(r.input)); !slices.Equal(got, r.want) {
			t.Errorf("%s %.80q:\ngot  %q\nwant %q", r.technique, r.input, got, r.want)
			continue
		}
		if len(r.input) > 5000 {
			continue
		}
		for i, pieces := range splits(r.input) {
			if len(pieces) == 0 {
				continue
			}
			if got := told(r.technique, pieces...); !slices.Equal(got, r.want) {
				t.Errorf("%s %.80q, cut %d:\ngot  %q\nwant %q", r.technique, r.input, i, got, r.want)
				break
			}
		}
	}
}

func TestTooLong(t *testing.T) {
	piece := []byte(strings.Repeat("x", 1<<20))
	for technique, before := range map[string]string{"streaming": "", "sse": "data: ", "longpolling": ""} {
		pieces := [][]byte{[]byte(before)}
		for range MaxMessage>>20 + 1 {
			pieces = append(pieces, piece)
		}
		if got := told(technique, pieces...); !slices.Equal(got, []string{"too long"}) {
			t.Errorf("%s: %.200q", technique, got)
		}
	}
}

func TestEnvelope(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{
		{one, "k3f9a1-1042 1763638612345 false"},
		{gap, "k3f9a1-1050 1763638612345 true"},
		{`{"pub":{"data":` + one, "k3f9a1-1042 1763638612345 false"},
		{`{"id":"a-1","at":0}`, "a-1 0 false"},
		{`{"id":"a-1","at":5,"text":1}`, "a-1 5 false"},
		{`{"id":"{"id":"a-1","at":5,`, "a-1 5 false"},
		{`{"id":"a-1","at":05,"data":`, ""},
		{`{"id":"a-1","at":1234567890123456789,"data":`, ""},
		{`{"id":"A-1","at":5,"data":`, ""},
		{`{"id":"","at":5,"data":`, ""},
		{`{"id":"a-1","at":,"data":`, ""},
		{`{"id":"` + strings.Repeat("a", 65) + `","at":5,"data":`, ""},
		{`{"id":"a-1","at":5`, ""},
		{``, ""},
	} {
		e, ok := FindEnvelope([]byte(c.text))
		got := ""
		if ok {
			got = fmt.Sprintf("%s %d %t", e.ID, e.At, e.Gap)
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestSplitID(t *testing.T) {
	for id, want := range map[string]string{
		"k3f9a1-1042": "k3f9a1 1042", "a-0": "a 0", "a-b-1": "", "a-01": "", "-1": "", "a-": "", "a": "", "": "",
		"1763638612:0": "", "a-123456789012345678": "a 123456789012345678", "a-1234567890123456789": "", // more than anybody counts to
		"-": "", "a-+1": "", "a-1 ": "", "0193b3f2-7c1e-7000-8000-000000000001": "",
	} {
		epoch, seq, ok := SplitID(id)
		got := ""
		if ok {
			got = fmt.Sprint(epoch, " ", seq)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

// FuzzSplit: no input makes a parser panic, loop, or find something else because of where it was cut.
func FuzzSplit(f *testing.F) {
	names := []string{"longpolling", "streaming", "sse", "websocket"}
	for _, r := range rows() {
		if len(r.input) < 5000 {
			f.Add(uint8(max(slices.Index(names, r.technique), 0)), uint16(len(r.input)/2), uint16(3), []byte(r.input))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, a, b uint16, input []byte) {
		technique := names[int(which)%len(names)]
		i := min(int(a), len(input))
		j := i + min(int(b), len(input)-i)
		want := told(technique, input)
		if got := told(technique, input[:i:i], input[i:j:j], input[j:]); !slices.Equal(got, want) {
			t.Errorf("%s %q cut at %d and %d:\ngot  %q\nwant %q", technique, input, i, j, got, want)
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	message := head + `{` + strings.Repeat(`"name":[1,2,{"x":"y"}],`, 500) + `"end":0}}`
	for technique, input := range map[string]string{
		"sse": "id: k3f9a1-1042\ndata: " + message + "\n\n", "streaming": message + "\n", "websocket": frame(0x81, message),
		"longpolling": `{"messages":[` + message + `],"cursor":"k3f9a1-1042"}`,
	} {
		b.Run(technique, func(b *testing.B) {
			b.ReportAllocs()
			parser, p := New(technique), []byte(input)
			for b.Loop() {
				if a, ok := parser.(*Answer); ok {
					a.Reset()
				}
				e, _, err := parser.Next(p, true)
				if e.Kind != Message || err != nil {
					b.Fatal(e, err)
				}
			}
		})
	}
}
