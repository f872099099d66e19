package collector

import (
	"encoding/binary"
	"slices"
	"testing"
)

func TestAppendPIDs(t *testing.T) {
	entry := func(name string, extra int) []byte {
		b := make([]byte, 19+len(name)+1+extra)
		binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
		copy(b[19:], name)
		return b
	}
	all := slices.Concat(entry(".", 4), entry("..", 3), entry("1", 4), entry("self", 0), entry("22", 3), entry("007", 2), entry("0", 1),
		entry("2147483647", 1), entry("2147483648", 1), entry("-5", 1), entry("1x", 5), entry("", 5), entry("9", 0))
	if got := appendPIDs(nil, all); !slices.Equal(got, []int32{1, 22, 2147483647, 9}) {
		t.Errorf("got %d", got)
	}
	for n := range all {
		appendPIDs(nil, all[:n])
	}
}

func FuzzAppendPIDs(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x18\x00\x0412\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, pid := range appendPIDs(nil, b) {
			if pid <= 0 {
				t.Fatalf("PID %d", pid)
			}
		}
	})
}
