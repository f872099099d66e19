package collector

import (
	"os"
	"strings"
	"testing"
)

// lookup is a namespace that has these interfaces, with their addresses and one index, and lo.
func lookup(interfaces map[string]string, index uint64) interfaceLookup {
	return func(name string) (uint64, [6]byte, bool) {
		var address [6]byte
		if name == "lo" {
			return 1, address, true
		}
		text, ok := interfaces[name]
		if !ok {
			return 0, address, true
		}
		copy(address[:], text)
		return index, address, true
	}
}

// A container that has the host's /sys, but a network of its own, has lo and eth0 there too.
func TestFactsOfTheHostsInterfaces(t *testing.T) {
	host := netHost.with("proc/1/net/dev", netDev("1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0", "7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0")).
		with("sys/class/net/eth0/address", "02:42:00:00:00:01\n").with("sys/class/net/lo/address", "00:00:00:00:00:00\n")
	for _, tt := range []struct {
		name string
		own  interfaceLookup
		want string // the state of eth0
	}{
		{"its own", lookup(map[string]string{"eth0": "\x02\x42\x00\x00\x00\x01"}, 2), "up"},
		{"another index", lookup(map[string]string{"eth0": "\x02\x42\x00\x00\x00\x01"}, 7), ""},
		{"the same index by chance", lookup(map[string]string{"eth0": "\x02\x42\x00\x00\x00\x02"}, 2), ""},
		{"gone", lookup(nil, 2), ""},
		{"not to be asked", func(string) (uint64, [6]byte, bool) { return 0, [6]byte{}, false }, "up"},
	} {
		n := newNetworkReader(host.write(t))
		n.own = tt.own
		s := Source{Read: n.read}
		for range 2 {
			got := read(t, s).Networks[1]
			if got.State != tt.want || (got.MTU == Number{}) != (tt.want == "") {
				t.Errorf("%s: got %+v", tt.name, got)
			}
		}
	}
}

func TestIsOwn(t *testing.T) {
	own := lookup(map[string]string{"a": "\x01\x02\x03\x04\x05\x06", "tun": ""}, 3)
	for _, tt := range []struct {
		name    string
		index   uint64
		address string
		want    bool
	}{
		{"a", 3, "01:02:03:04:05:06\n", true},
		{"a", 3, "01:02:03:04:05:06:07:08\n", true}, // InfiniBand's has 20 bytes
		{"a", 3, "01:02:03:04:05:07\n", false},
		{"a", 4, "01:02:03:04:05:06\n", false},
		{"a", 3, "", true}, {"a", 3, "x", true}, {"a", 3, "0", true},
		{"tun", 3, "\n", true}, {"tun", 3, "00:00:00:00:00:00\n", true}, {"tun", 3, "00:00:00:00", true},
		{"b", 3, "01:02:03:04:05:06\n", false},
	} {
		if got := own.isOwn(tt.name, tt.index, []byte(tt.address)); got != tt.want {
			t.Errorf("%+v: got %t", tt, got)
		}
	}
}

// The interfaces of this machine are ours.
func TestOwnInterface(t *testing.T) {
	if _, _, known := ownInterface("none-such"); !known {
		t.Skip("it is not allowed")
	}
	names, _ := os.ReadDir("/sys/class/net")
	table, _ := os.ReadFile("/proc/net/dev")
	for _, name := range names {
		dir := "/sys/class/net/" + name.Name()
		index, ok := parseUint([]byte(rawText(dir, "ifindex")))
		if !ok || !strings.Contains(string(table), name.Name()+":") {
			continue
		}
		if own := interfaceLookup(ownInterface); !own.isOwn(name.Name(), index, []byte(rawText(dir, "address"))) || own.isOwn(name.Name(), index+1000, nil) {
			t.Errorf("%s is not ours", name.Name())
		}
	}
}
