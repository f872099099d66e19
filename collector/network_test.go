package collector

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// readTable has t read a list of interfaces, at a second of its life: names, each with its counters.
func (t *netTable) readTable(second int, list ...any) []Network {
	t.begin()
	for i := 0; i < len(list); i += 2 {
		c := list[i+1].(netCounters)
		t.add([]byte(list[i].(string)), &c)
	}
	t.end()
	return t.networks(time.Unix(0, 0).Add(time.Duration(second) * time.Second))
}

func TestNetworks(t *testing.T) {
	var table netTable
	table.readTable(0,
		"eth0", netCounters{netReceiveBytes: 1000, netTransmitBytes: 100, netReceivePackets: 10, netTransmitPackets: 1,
			netReceiveErrors: 1, netTransmitErrors: 2, netReceiveDrops: 3, netTransmitDrops: 4},
		"veth1", netCounters{netReceiveBytes: 1000})
	got := table.readTable(2,
		"eth0", netCounters{netReceiveBytes: 3000, netTransmitBytes: 300, netReceivePackets: 30, netTransmitPackets: 3,
			netReceiveErrors: 3, netTransmitErrors: 4, netReceiveDrops: 5, netTransmitDrops: 6},
		"veth1", netCounters{netReceiveBytes: 10}, // another one under the same name
		"veth2", netCounters{netReceiveBytes: 10})
	want := []Network{
		{Name: "eth0", ReceiveRate: Known(1000), TransmitRate: Known(100), ReceivePackets: Known(10), TransmitPackets: Known(1),
			ReceiveErrors: Known(1), TransmitErrors: Known(1), ReceiveDrops: Known(1), TransmitDrops: Known(1),
			Totals: NetworkTotals{ReceiveBytes: 3000, TransmitBytes: 300, ReceivePackets: 30, TransmitPackets: 3,
				ReceiveErrors: 3, TransmitErrors: 4, ReceiveDrops: 5, TransmitDrops: 6}},
		{Name: "veth1", Virtual: true, TransmitRate: Known(0), ReceivePackets: Known(0), TransmitPackets: Known(0),
			ReceiveErrors: Known(0), TransmitErrors: Known(0), ReceiveDrops: Known(0), TransmitDrops: Known(0),
			Totals: NetworkTotals{ReceiveBytes: 10}},
		{Name: "veth2", Virtual: true, Totals: NetworkTotals{ReceiveBytes: 10}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNetworksComeAndGo(t *testing.T) {
	var table netTable
	count := func(n uint64) netCounters { return netCounters{netReceiveBytes: n} }
	table.readTable(0, "a", count(1), "b", count(1), "c", count(1))
	got := table.readTable(1, "c", count(2), "a", count(2), "a", count(9)) // listed twice, and out of order
	if len(got) != 2 || got[0].Name != "c" || got[0].ReceiveRate != Known(1) || got[1].ReceiveRate != Known(1) {
		t.Errorf("got %+v", got)
	}
	got = table.readTable(2, "a", count(3), "b", count(9e9), "c", count(3))
	if len(got) != 3 || got[1].ReceiveRate != (Number{}) || got[2].ReceiveRate != Known(1) {
		t.Errorf("b was away, and receives %+v", got)
	}
	if len(table.byName) != 3 {
		t.Errorf("%d interfaces are remembered", len(table.byName))
	}

	table.know(t, "c", netFacts{index: 3})
	table.readTable(3, "c", count(4))
	table.begin()
	c := count(5000)
	table.add([]byte("c"), &c)
	table.end()
	table.know(t, "c", netFacts{index: 4})
	if got := table.networks(time.Unix(4, 0)); got[0].ReceiveRate != (Number{}) {
		t.Errorf("another interface has the name, and a rate: %+v", got)
	}
	if got := table.readTable(5, "c", count(5007)); got[0].ReceiveRate != Known(7) {
		t.Errorf("it never has one: %+v", got)
	}
	if table.readTable(6, "c", count(1)); !table.byName["c"].askedAt.IsZero() {
		t.Error("a counter went down, and nobody asks whether the interface is the same")
	}
}

func (t *netTable) know(tt *testing.T, name string, facts netFacts) {
	tt.Helper()
	t.byName[name].know(facts, time.Unix(1, 0))
}

func TestNetworksAreBounded(t *testing.T) {
	var table netTable
	for range 2 {
		table.begin()
		for i := range mostNetworks + 5 {
			if full := table.add(fmt.Appendf(nil, "eth%d", i), &netCounters{}); full != (i >= mostNetworks) {
				t.Fatalf("number %d: full %t", i, full)
			}
		}
		table.end()
		if got := table.networks(time.Now()); len(got) != mostNetworks || len(table.byName) != mostNetworks {
			t.Errorf("%d interfaces, %d remembered", len(got), len(table.byName))
		}
	}
}

func TestNetworkNames(t *testing.T) {
	var table netTable
	got := table.readTable(0, "eth\x01", netCounters{}, "eth\xff", netCounters{}, "eth\ufffd", netCounters{}, "größe", netCounters{})
	var names []string
	for _, n := range got {
		names = append(names, n.Name)
	}
	if strings.Join(names, " ") != "eth\ufffd eth\ufffd~2 eth\ufffd~3 größe" {
		t.Errorf("got %q", names)
	}
}

func TestVirtualNetworks(t *testing.T) {
	for _, tt := range []struct {
		name, names, hardware, want string
	}{
		{"server", "lo eth0 bond0 eth0.100 docker0 br-3f veth1 tun0 wlan0 enp3s0 lo1x",
			"eth0 wlan0 enp3s0", "lo bond0 eth0.100 docker0 br-3f veth1 tun0 lo1x"},
		{"container", "lo eth0 eth1 tunl0", "", "lo tunl0"},
		{"macOS", "lo0 en0 en1 utun3 awdl0 bridge100 gif0 stf0", "", "lo0 utun3 awdl0 bridge100 gif0 stf0"},
		{"passed-through tap", "lo tap0", "tap0", "lo tap0"},
		{"none", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var table netTable
			table.begin()
			for _, name := range strings.Fields(tt.names) {
				table.add([]byte(name), &netCounters{})
			}
			table.end()
			for _, name := range strings.Fields(tt.hardware) {
				table.know(t, name, netFacts{hardware: true})
			}
			var virtual []string
			for _, n := range table.networks(time.Now()) {
				if n.Virtual {
					virtual = append(virtual, n.Name)
				}
			}
			if got := strings.Join(virtual, " "); got != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
