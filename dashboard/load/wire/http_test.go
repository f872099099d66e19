package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// answered reads one answer out of pieces: head, body, what is behind it.
func answered(pieces ...[]byte) string {
	var (
		r      HeadReader
		body   *Body
		text   strings.Builder
		behind []byte
		done   bool
	)
	for _, p := range pieces {
		if body == nil {
			h, rest, err := r.Feed(p)
			if err != nil {
				return "bad head: " + reason(err)
			}
			if h == nil {
				continue
			}
			fmt.Fprintf(&text, "%d length %d chunked %t close %t %s%s%s%s%s|", h.Status, h.Length, h.Chunked, h.Close, h.Type, h.ETag, h.Modified, h.RetryAfter, h.Accept)
			b := NewBody(h)
			body, p = &b, rest
		}
		for !done {
			data, rest, end, err := body.Next(p)
			if err != nil {
				return text.String() + " bad body: " + reason(err)
			}
			text.Write(data)
			done, p = end, rest
			if len(p) == 0 {
				break
			}
		}
		if done {
			behind = append(behind, p...)
		}
	}
	if done {
		fmt.Fprintf(&text, "|%s", behind)
	}
	return text.String()
}

func reason(err error) string {
	switch {
	case errors.Is(err, ErrFormat):
		return "format"
	case errors.Is(err, ErrTooLong):
		return "too long"
	}
	return "unknown error " + err.Error()
}

var answers = []struct{ input, want string }{
	{"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\nabcdef", "200 length 3 chunked false close false a/b|abc|def"},
	{"HTTP/1.1 200 OK\ncontent-length:0\n\nx", "200 length 0 chunked false close false ||x"},
	{"HTTP/1.0 200 OK\r\n\r\nabc", "200 length -1 chunked false close true |abc"},
	{"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na", "200 length 1 chunked false close false |a|"},
	{"HTTP/1.1 204 \r\nETag: \"x\"\r\nLast-Modified: now\r\n\r\nnext", "204 length -1 chunked false close false \"x\"now||next"},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "304 length 9 chunked false close false ||"},
	{"HTTP/1.1 503 No\r\nRetry-After: 2\r\nConnection: foo, close\r\nContent-Length: 1\r\n\r\n!", "503 length 1 chunked false close true 2|!|"},
	{"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switch\r\nSec-WebSocket-Accept: k\r\n\r\nframes", "101 length -1 chunked false close false k|frames"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nnext", "200 length -1 chunked true close false |abc0123456789|next"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n", "200 length -1 chunked true close false |ab|"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", "200 length -1 chunked true close false | bad body: format"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab", "200 length -1 chunked true close false |a bad body: format"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", "200 length -1 chunked true close false | bad body: format"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "bad head: format"},
	{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "bad head: format"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "bad head: format"},
	{"HTTP/2 200 OK\r\n\r\n", "bad head: format"},
	{"HTTP/1.1 20 OK\r\n\r\n", "bad head: format"},
	{"SSH-2.0\r\n\r\n", "bad head: format"},
	{"HTTP/1.1 200 OK\r\nhalf", ""},
}

func TestAnswers(t *testing.T) {
	for _, c := range answers {
		if got := answered([]byte(c.input)); got != c.want {
			t.Errorf("%q:\ngot  %q\nwant %q", c.input, got, c.want)
			continue
		}
		for i, pieces := range splits(c.input) {
			if got := answered(pieces...); got != c.want {
				t.Errorf("%q, cut %d:\ngot  %q\nwant %q", c.input, i, got, c.want)
				break
			}
		}
	}
	long := strings.Repeat("X: y\r\n", maxHeadBytes/6+1)
	for _, pieces := range [][][]byte{{[]byte("HTTP/1.1 200 OK\r\n" + long)}, {[]byte("HTTP/1.1 200 OK\r\n"), []byte(long)}, {[]byte("HTTP/1.1 200 OK\r\n"), []byte(long + "\r\n")}} {
		if got := answered(pieces...); got != "bad head: too long" {
			t.Errorf("a long head: %.100q", got)
		}
	}
}

// FuzzAnswer: as FuzzSplit, for heads and bodies.
func FuzzAnswer(f *testing.F) {
	for _, c := range answers {
		f.Add(uint16(len(c.input)/2), uint16(3), []byte(c.input))
	}
	f.Fuzz(func(t *testing.T, a, b uint16, input []byte) {
		i := min(int(a), len(input))
		j := i + min(int(b), len(input)-i)
		want := answered(input)
		if got := answered(input[:i:i], input[i:j:j], input[j:]); got != want {
			t.Errorf("%q cut at %d and %d:\ngot  %q\nwant %q", input, i, j, got, want)
		}
	})
}
