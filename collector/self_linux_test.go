package collector

import (
	"os"
	"testing"
)

func TestParseStatm(t *testing.T) {
	for _, tt := range []struct {
		file              string
		virtual, resident uint64
		ok                bool
	}{
		{"307200 6100 2048 512 0 9000 0\n", 307200, 6100, true},
		{"307200 6100", 307200, 6100, true},
		{"0 0 0 0 0 0 0\n", 0, 0, true},
		{"", 0, 0, false},
		{"307200\n6100", 0, 0, false},
		{"6100 307200 0\n", 0, 0, false},
		{"-1 5 0\n", 0, 0, false},
		{"99999999999999999999 5\n", 0, 0, false},
		{"9999999999999999999 5\n", 0, 0, false},
	} {
		virtual, resident, ok := parseStatm([]byte(tt.file))
		if virtual != tt.virtual || resident != tt.resident || ok != tt.ok {
			t.Errorf("%q: got %d, %d, %t", tt.file, virtual, resident, ok)
		}
	}
}

func FuzzParseStatm(f *testing.F) {
	f.Add([]byte("307200 6100 2048 512 0 9000 0\n"))
	f.Add([]byte("18446744073709551615 1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if virtual, resident, ok := parseStatm(b); ok && resident > virtual || !ok && virtual+resident > 0 {
			t.Errorf("%q: %d, %d, %t", b, virtual, resident, ok)
		}
	})
}

// Where the size of /proc/self/fd does not tell (before Linux 6.2), they are listed.
func TestCountDescriptors(t *testing.T) {
	before, ok := countDescriptors("/proc/self/fd").Get()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after, _ := countDescriptors("/proc/self/fd").Get(); !ok || after != before+1 {
		t.Errorf("%g descriptors, and one more is %g", before, after)
	}
	if n := countDescriptors("/proc/self/none"); n != (Number{}) {
		t.Errorf("got %v of a directory that is not there", n)
	}
}
