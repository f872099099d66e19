package transport

import (
	"testing"

	"github.com/valyala/fasthttp"
)

// What is accepted may be said in one line or in several: they are one list.
func TestEncodings(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{"deflate, gzip"}, true},
		{[]string{"deflate", "gzip"}, true},
		{[]string{"deflate", "br, gzip;q=0"}, false},
		{[]string{"deflate", "br"}, false},
	} {
		var h fasthttp.RequestHeader
		for _, line := range test.lines {
			h.Add("Accept-Encoding", line)
		}
		if got := acceptsGzip(encodings(&h)); got != test.want {
			t.Errorf("%q: got %v", test.lines, got)
		}
	}
}
