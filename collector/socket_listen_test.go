package collector

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"syscall"
	"testing"
	"time"
)

// diagListener is what the kernel says of a socket that listens.
func diagListener(address string, port uint16, queue, limit uint32) []byte {
	b := make([]byte, diagEnd-diagHeader)
	a := netip.MustParseAddr(address)
	b[0] = syscall.AF_INET
	if a.Is6() {
		b[0] = syscall.AF_INET6
	}
	b[1] = tcpListen
	binary.BigEndian.PutUint16(b[diagPort-diagHeader:], port)
	copy(b[diagSource-diagHeader:], a.AsSlice())
	binary.NativeEndian.PutUint32(b[diagQueue-diagHeader:], queue)
	binary.NativeEndian.PutUint32(b[diagLimit-diagHeader:], limit)
	return diagMessage(diagGetTCP, diagSequence, b...)
}

func TestFullListeners(t *testing.T) {
	messages := func(all ...[]byte) (b []byte) {
		for _, m := range all {
			b = append(b, m...)
		}
		return b
	}
	connected := diagListener("127.0.0.1", 80, 5, 0) // of it these are bytes
	connected[diagStateByte] = tcpEstablished
	many := []byte{}
	for i := range uint32(20) {
		many = append(many, diagListener("0.0.0.0", uint16(1000+i), 100+i, 100)...)
	}
	var longest listenerList
	for i := range uint32(mostFullListeners) {
		longest = append(longest, Listener{"0.0.0.0", uint16(1019 - i), 119 - i, 100})
	}
	for _, tt := range []struct {
		name string
		b    []byte
		want listenerList
	}{
		{"not full", diagListener("0.0.0.0", 80, 127, 128), nil},
		{"empty, and no room either", diagListener("0.0.0.0", 80, 0, 0), nil},
		{"at the limit", diagListener("127.0.0.1", 80, 128, 128), listenerList{{"127.0.0.1", 80, 128, 128}}},
		{"above it", diagListener("::", 8080, 129, 128), listenerList{{"::", 8080, 129, 128}}},
		{"no room at all", diagListener("::1", 81, 1, 0), listenerList{{"::1", 81, 1, 0}}},
		{"IPv4 by IPv6", diagListener("::ffff:192.0.2.1", 81, 1, 0), listenerList{{"192.0.2.1", 81, 1, 0}}},
		{"the longest first", messages(diagListener("0.0.0.0", 80, 5, 5), diagListener("0.0.0.0", 443, 511, 511), diagListener("0.0.0.0", 81, 5, 5), diagListener("0.0.0.0", 80, 5, 5)),
			listenerList{{"0.0.0.0", 443, 511, 511}, {"0.0.0.0", 80, 5, 5}, {"0.0.0.0", 80, 5, 5}, {"0.0.0.0", 81, 5, 5}}},
		{"no listener", connected, nil},
		{"cut short", diagMessage(diagGetTCP, diagSequence, diagListener("0.0.0.0", 80, 9, 5)[diagHeader:diagEnd-1]...), nil},
		{"too many", many, longest},
	} {
		tally := diagTally{left: 100}
		if _, err := tally.parseDiag(tt.b); err != nil || !reflect.DeepEqual(tally.full, tt.want) {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, tally.full, err, tt.want)
		}
	}
}

func TestListenersPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{0: 0, time.Millisecond: 200 * time.Millisecond, time.Second: 10 * time.Second} {
		if got := listenersPause(took); got != want {
			t.Errorf("after %v a pause of %v, want %v", took, got, want)
		}
	}
}
