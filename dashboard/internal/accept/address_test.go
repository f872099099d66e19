package accept

import (
	"net"
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	a := &Addresses{Max: 2, Free: func(addr netip.Addr) bool { return addr == netip.MustParseAddr("192.0.2.9") }}
	from := func(text string) (func(), bool) {
		return a.enter(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(text), 1)))
	}
	first, _ := from("192.0.2.7")
	if _, ok := from("::ffff:192.0.2.7"); !ok {
		t.Error("the second is refused")
	}
	if _, ok := from("192.0.2.7"); ok {
		t.Error("the third comes in")
	}
	for range 10 {
		for _, free := range []string{"192.0.2.9", "127.0.0.1", "::1"} {
			if _, ok := from(free); !ok {
				t.Errorf("%s is refused", free)
			}
		}
	}
	for text, want := range map[string]int{"192.0.2.7": 2, "::ffff:192.0.2.7": 2, "192.0.2.8": 0, "192.0.2.9": -1, "::1": -1} {
		n, bounded := a.taken(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(text), 2)))
		if !bounded {
			n = -1
		}
		if n != want {
			t.Errorf("%s has %d, want %d", text, n, want)
		}
	}
	if _, ok := from("192.0.2.8"); !ok {
		t.Error("another address is refused")
	}
	first()
	if _, ok := from("192.0.2.7"); !ok {
		t.Error("there is no room after one has left")
	}
	from("2001:db8::1")
	from("2001:db8::2")
	if _, ok := from("2001:db8::ffff:1"); ok {
		t.Error("the third of a network of IPv6 comes in")
	}
	if _, ok := a.enter(&net.UnixAddr{Name: "x"}); !ok {
		t.Error("a socket is refused")
	}
	var nobody *Addresses
	if _, ok := nobody.enter(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7)}); !ok {
		t.Error("nobody's bound refuses")
	}
}
