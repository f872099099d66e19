package load

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// parsed is everything a stream said, in its order: "id|name|data" of an event, ": " of a comment, "retry 5ms".
func parsed(r io.Reader, limit int) (all []string, err error) {
	in := newEvents(r, limit, func() { all = append(all, ":") }, func(d time.Duration) { all = append(all, "retry "+d.String()) })
	for {
		e, err := in.next()
		if err != nil {
			return all, err
		}
		all = append(all, fmt.Sprintf("%s|%s|%s", e.id, e.name, e.data))
	}
}

// The grammar, line by line (WHATWG HTML §9.2.5 and §9.2.6).
func TestEvents(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		cut      bool
	}{
		{name: "nothing"},
		{name: "one", in: "data: a\n\n", want: []string{"||a"}},
		{name: "all fields", in: "event: tick\nid: k-1\ndata: a\n\n", want: []string{"k-1|tick|a"}},
		{name: "more lines of data", in: "data: a\ndata\ndata: b\n\n", want: []string{"||a\n\nb"}},
		{name: "one space is no content", in: "data:a\n\ndata:  a\n\ndata:\ta\n\n", want: []string{"||a", "|| a", "||\ta"}},
		{name: "colons", in: "data: a:b: c\n\ndata::\n\n", want: []string{"||a:b: c", "||:"}},
		{name: "empty data is data", in: "data\n\ndata:\n\ndata: \n\n", want: []string{"||", "||", "||"}},
		{name: "two empty lines of data", in: "data\ndata\n\n", want: []string{"||\n"}},
		{name: "no data, no event", in: "event: tick\n\nid: k-1\n\n\n\ndata: a\n\n", want: []string{"k-1||a"}},
		{name: "name does not outlive its event", in: "event: x\ndata: a\n\ndata: b\n\n", want: []string{"|x|a", "||b"}},
		{name: "name does not outlive an event without data", in: "event: x\n\ndata: b\n\n", want: []string{"||b"}},
		{name: "id does", in: "id: k-1\ndata: a\n\ndata: b\n\n", want: []string{"k-1||a", "k-1||b"}},
		{name: "id can be taken back", in: "id: k-1\ndata: a\n\nid\ndata: b\n\n", want: []string{"k-1||a", "||b"}},
		{name: "id with NUL", in: "id: k-1\ndata: a\n\nid: k\x00-2\ndata: b\n\n", want: []string{"k-1||a", "k-1||b"}},
		{name: "last one wins", in: "id: 1\nid: 2\nevent: x\nevent: y\ndata: a\n\n", want: []string{"2|y|a"}},
		{name: "comments", in: ": hi\n:\n:data: x\ndata: a\n: between\ndata: b\n\n", want: []string{":", ":", ":", ":", "||a\nb"}},
		{name: "unknown fields", in: "date: x\n data: x\nDATA: x\ndata : x\ndata: a\n\n", want: []string{"||a"}},
		{name: "retry", in: "retry: 2500\n\nretry:0\n\n", want: []string{"retry 2.5s", "retry 0s"}},
		{name: "retry is digits only", in: "retry: -1\nretry: 1s\nretry: 1.5\nretry\nretry:  5\nretry: 5 \nretry: ٣\n\n"},
		{name: "retry beyond reason", in: "retry: 99999999999999999999\n\n", want: []string{"retry 24h0m0s"}},
		{name: "byte order mark", in: "\uFEFFdata: a\n\n", want: []string{"||a"}},
		{name: "only one", in: "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", want: []string{"||b"}},
		{name: "only at the start", in: "data: a\n\n\uFEFFdata: b\n\n", want: []string{"||a"}},
		{name: "before a comment", in: "\uFEFF: hi\n\n", want: []string{":"}},
		{name: "cr", in: "id: 1\rdata: a\r\rdata: b\r\r", want: []string{"1||a", "1||b"}},
		{name: "crlf", in: "id: 1\r\ndata: a\r\n\r\ndata: b\r\n\r\n", want: []string{"1||a", "1||b"}},
		{name: "mixed", in: "data: a\r\rdata: b\n\r\ndata: c\r\n\n", want: []string{"||a", "||b", "||c"}},
		{name: "crlf is one end", in: "data: a\r\ndata: b\r\n\r\n", want: []string{"||a\nb"}},
		{name: "no dispatch without a blank line", in: "data: a\n\ndata: b\n", want: []string{"||a"}, cut: true},
		{name: "nor inside a line", in: "data: a\n\ndata: b", want: []string{"||a"}, cut: true},
		{name: "nor of an id", in: "data: a\n\nid: 2\n", want: []string{"||a"}, cut: true},
		{name: "a comment at the end is no event", in: "data: a\n\n:\n", want: []string{"||a", ":"}},
		{name: "utf-8", in: "data: größe 服务器 🖥\n\n", want: []string{"||größe 服务器 🖥"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantErr := io.EOF
			if tt.cut {
				wantErr = io.ErrUnexpectedEOF
			}
			for i := range len(tt.in) + 1 {
				got, err := parsed(parts([]byte(tt.in), i), 100)
				if !slices.Equal(got, tt.want) || err != wantErr {
					t.Fatalf("%q cut at %d: got %q and %v, want %q and %v", tt.in, i, got, err, tt.want, wantErr)
				}
			}
		})
	}
}

// An event of many lines is bounded like one of one.
func TestEventLimit(t *testing.T) {
	const limit = 100_000
	endless := io.LimitReader(repeat("data: 0123456789\n"), 2*limit)
	if _, err := parsed(endless, limit); err != ErrTooLong {
		t.Errorf("got %v, want %v", err, ErrTooLong)
	}
}

// encode frames events as a server does: each line of the data in a field of its own.
func encode(events []event, end string) []byte {
	var b bytes.Buffer
	for _, e := range events {
		fmt.Fprintf(&b, "id: %s%s", e.id, end)
		fmt.Fprintf(&b, "event: %s%s", e.name, end)
		for line := range strings.SplitSeq(string(e.data), "\n") {
			fmt.Fprintf(&b, "data: %s%s", line, end)
		}
		b.WriteString(end)
	}
	return b.Bytes()
}

// FuzzEvents: any bytes parse, in any pieces to the same; and what was framed from arbitrary texts comes back as it was.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("\uFEFFid: 1\ndata: a\r\n\r\n: hi\nretry: 10\n"), "k-1", "tick", "{\n}")
	f.Add([]byte("data\r\rdata:\x00\xff\n\n"), "", "", "")
	f.Add([]byte("id: \x00\nevent\n\ndata: x"), "größe", " x ", "\n\n服务器")
	f.Fuzz(func(t *testing.T, in []byte, id, name, data string) {
		want, wantErr := parsed(bytes.NewReader(in), maxMessage)
		for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(in)), iotest.HalfReader(bytes.NewReader(in)), parts(in, len(in)/2)} {
			if got, err := parsed(r, maxMessage); !slices.Equal(got, want) || err != wantErr {
				t.Fatalf("got %q and %v, want %q and %v", got, err, want, wantErr)
			}
		}
		// What SSE cannot carry is left out: a line end in a field, a CR in data, a NUL in an id.
		id = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(id)
		name = strings.NewReplacer("\r", "", "\n", "").Replace(name)
		data = strings.ReplaceAll(data, "\r", "")
		sent := []event{{id: id, name: name, data: []byte(data)}, {id: "2", data: []byte(data + data)}}
		for _, end := range []string{"\n", "\r", "\r\n"} {
			in := newEvents(bytes.NewReader(encode(sent, end)), maxMessage, nil, nil)
			for _, want := range sent {
				got, err := in.next()
				if err != nil || got.id != want.id || got.name != want.name || !bytes.Equal(got.data, want.data) {
					t.Fatalf("end %q: got %q, %v, want %q", end, got, err, want)
				}
			}
			if _, err := in.next(); err != io.EOF {
				t.Fatalf("end %q: got %v behind the last event, want %v", end, err, io.EOF)
			}
		}
	})
}
