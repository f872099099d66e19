package load

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readLines returns all lines, and what came behind the last.
func readLines(l lines) (all []string, err error) {
	for {
		line, err := l.next()
		if err != nil {
			return all, err
		}
		all = append(all, string(line))
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		name, in string
		cr       bool
		want     []string
		err      error
	}{
		{name: "nothing", err: io.EOF},
		{name: "two", in: "{}\n[]\n", want: []string{"{}", "[]"}, err: io.EOF},
		{name: "heartbeats", in: "\n\n{}\n\n", want: []string{"", "", "{}", ""}, err: io.EOF},
		{name: "crlf", in: "{}\r\n\r\n", want: []string{"{}", ""}, err: io.EOF},
		{name: "cr is content", in: "a\rb\n\r\r\n", want: []string{"a\rb", "\r"}, err: io.EOF},
		{name: "unfinished", in: "{}\n{", want: []string{"{}"}, err: io.ErrUnexpectedEOF},
		{name: "utf-8", in: "größe\n服务器\n", want: []string{"größe", "服务器"}, err: io.EOF},
		{name: "all three ends", cr: true, in: "a\rb\nc\r\nd\n\re\r\r\n", want: []string{"a", "b", "c", "d", "", "e", ""}, err: io.EOF},
		{name: "cr at the very end", cr: true, in: "a\r", want: []string{"a"}, err: io.EOF},
		{name: "unfinished after cr", cr: true, in: "a\rb", want: []string{"a"}, err: io.ErrUnexpectedEOF},
		{name: "ends far apart", cr: true, in: strings.Repeat("x", 5000) + "\r" + strings.Repeat("y", 3000) + "\n",
			want: []string{strings.Repeat("x", 5000), strings.Repeat("y", 3000)}, err: io.EOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readLines(lines{r: strings.NewReader(tt.in), max: 100_000, cr: tt.cr})
			if !slices.Equal(got, tt.want) || err != tt.err {
				t.Errorf("got %q and %v, want %q and %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// A line of the most bytes there may be, and one of a byte more, with and without the CR that does not count.
func TestLineLimit(t *testing.T) {
	const limit = 100_000
	full := strings.Repeat("x", limit)
	for _, tt := range []struct {
		in  string
		err error
	}{
		{full + "\n", io.EOF}, {full + "\r\n", io.EOF}, {full + "x\n", ErrTooLong}, {full + "x", io.ErrUnexpectedEOF},
		{full + "xx", ErrTooLong}, {full + "x\r\n", ErrTooLong},
	} {
		got, err := readLines(lines{r: strings.NewReader(tt.in), max: limit})
		if err != tt.err || err == io.EOF && (len(got) != 1 || len(got[0]) != limit) {
			t.Errorf("%d bytes: got %d lines and %v, want %v", len(tt.in), len(got), err, tt.err)
		}
	}
}

// The buffer is bounded by the longest line, not by the stream.
func TestLinesBuffer(t *testing.T) {
	l := lines{r: io.LimitReader(repeat("0123456789\n"), 1<<20), max: 100}
	for {
		if _, err := l.next(); err != nil {
			break
		}
	}
	if len(l.buf) != 4096 {
		t.Errorf("got a buffer of %d bytes for lines of 10", len(l.buf))
	}
}

type repeat string

func (r repeat) Read(p []byte) (int, error) { return copy(p, r), nil }

func TestLinesErrors(t *testing.T) {
	gone := errors.New("gone")
	got, err := readLines(lines{r: io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(gone)), max: 100})
	if !slices.Equal(got, []string{"a"}) || err != gone {
		t.Errorf("got %q and %v, want the reader's error after the last whole line", got, err)
	}
	if _, err := readLines(lines{r: idle{}, max: 100}); err != io.ErrNoProgress {
		t.Errorf("got %v of a reader that does nothing, want %v", err, io.ErrNoProgress)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// parts is a reader that gives b in two pieces, cut at i.
func parts(b []byte, i int) io.Reader {
	return io.MultiReader(bytes.NewReader(b[:i]), bytes.NewReader(b[i:]))
}

// FuzzLines: wherever the network cuts a stream, the lines are the same, and they are those that a plain split of the
// whole gives.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "\n", "a\nb\n", "größe\r\n服务器 🖥\n\n", "\r\n\r", "a\rb\r\n\n\rc", "{\"id\":\"k-1\"}\n{\"id"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, cr := range []bool{false, true} {
			plain := string(in)
			if cr {
				plain = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(plain)
			}
			want := strings.Split(plain, "\n")
			rest := want[len(want)-1]
			want = want[:len(want)-1]
			if !cr {
				for i := range want {
					want[i] = strings.TrimSuffix(want[i], "\r")
				}
			}
			wantErr := io.EOF
			if rest != "" {
				wantErr = io.ErrUnexpectedEOF
			}
			readers := []io.Reader{iotest.OneByteReader(bytes.NewReader(in)), iotest.DataErrReader(bytes.NewReader(in))}
			for i := 0; i <= min(len(in), 500); i++ {
				readers = append(readers, parts(in, i))
			}
			for i, r := range readers {
				got, err := readLines(lines{r: r, max: maxMessage, cr: cr})
				if !slices.Equal(got, want) || err != wantErr {
					t.Fatalf("cr %t, reader %d: got %q and %v, want %q and %v", cr, i, got, err, want, wantErr)
				}
			}
		}
	})
}
