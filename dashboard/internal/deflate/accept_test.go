package deflate

import (
	"bytes"
	"testing"
)

func TestAcceptsGzip(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"GZip"}, true},
		{[]string{"identity"}, false},
		{[]string{"gzipped"}, false},
		{[]string{"*"}, false},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip; q=0.000"}, false},
		{[]string{"gzip ; Q=1"}, true},
		{[]string{"gzip;q=x"}, false},
		{[]string{"br;q=1, gzip;q=0.2"}, true},
		{[]string{"gzip;q=0, gzip"}, false},
		{[]string{"deflate, gzip"}, true},
		{[]string{"deflate", "gzip"}, true}, // several lines are one list
		{[]string{"deflate", "br, gzip;q=0"}, false},
		{[]string{"deflate", "br"}, false},
		{[]string{"identity, gzip;q=0.5"}, false}, // it would rather have it as it is
		{[]string{"gzip;q=0.5", "identity"}, false},
		{[]string{"identity, gzip"}, true},
		{[]string{"identity;q=0.5, gzip"}, true},
		{[]string{"gzip, identity;q=x"}, true},
		{[]string{"identity;q=0"}, false},
		{[]string{"identity;q=0, *"}, true}, // anything but as it is
		{[]string{"*;q=0.1", "identity;q=0"}, true},
		{[]string{"identity;q=0, *;q=0"}, false},
		{[]string{"gzip;q=0, identity;q=0, *"}, false},
		{[]string{"*;q=0, gzip"}, true},
	} {
		lines := make([][]byte, len(tt.lines))
		for i, line := range tt.lines {
			lines[i] = []byte(line)
		}
		if got := AcceptsGzip(lines); got != tt.want {
			t.Errorf("%q: got %v", tt.lines, got)
		}
	}
}

func FuzzAcceptsGzip(f *testing.F) {
	f.Add([]byte("gzip;q=0.5, br"))
	f.Add([]byte(",;=gzip"))
	f.Fuzz(func(t *testing.T, line []byte) {
		lower := bytes.ToLower(line)
		if AcceptsGzip([][]byte{line}) && !bytes.Contains(lower, []byte("gzip")) && !bytes.Contains(lower, []byte("identity")) {
			t.Errorf("%q does not name it", line)
		}
	})
}
