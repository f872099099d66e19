package collector

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/net"
)

func TestNetworksOf(t *testing.T) {
	before := map[string]net.IOCountersStat{
		"eth0":  {Name: "eth0", BytesRecv: 1000, BytesSent: 100, PacketsRecv: 10, PacketsSent: 1, Errin: 1, Errout: 2, Dropin: 3, Dropout: 4},
		"veth1": {Name: "veth1", BytesRecv: 1000},
	}
	after := []net.IOCountersStat{
		{Name: "eth0", BytesRecv: 3000, BytesSent: 300, PacketsRecv: 30, PacketsSent: 3, Errin: 3, Errout: 4, Dropin: 5, Dropout: 6},
		{Name: "veth1", BytesRecv: 10}, // another one under the same name
		{Name: "veth2", BytesRecv: 10},
	}
	got := networksOf(before, after, 2*time.Second, map[string]bool{"veth1": true})
	want := []Network{
		{Name: "eth0", ReceiveRate: Known(1000), TransmitRate: Known(100), ReceivePackets: Known(10), TransmitPackets: Known(1),
			ReceiveErrors: Known(1), TransmitErrors: Known(1), ReceiveDrops: Known(1), TransmitDrops: Known(1)},
		{Name: "veth1", Virtual: true, TransmitRate: Known(0), ReceivePackets: Known(0), TransmitPackets: Known(0),
			ReceiveErrors: Known(0), TransmitErrors: Known(0), ReceiveDrops: Known(0), TransmitDrops: Known(0)},
		{Name: "veth2"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestVirtualInterfaces(t *testing.T) {
	for _, tt := range []struct {
		name, names, hardware, want string
	}{
		{"server", "lo eth0 bond0 eth0.100 docker0 br-3f veth1 tun0 wlan0 enp3s0 lo1x",
			"eth0 wlan0 enp3s0", "bond0 br-3f docker0 eth0.100 lo lo1x tun0 veth1"},
		{"container", "lo eth0 eth1 tunl0", "", "lo tunl0"},
		{"macOS", "lo0 en0 en1 utun3 awdl0 bridge100 gif0 stf0", "", "awdl0 bridge100 gif0 lo0 stf0 utun3"},
		{"passed-through tap", "lo tap0", "tap0", "lo tap0"},
		{"none", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hardware := make(map[string]bool)
			for _, name := range strings.Fields(tt.hardware) {
				hardware[name] = true
			}
			got := slices.Sorted(maps.Keys(virtualInterfaces(strings.Fields(tt.names), hardware)))
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestNetworkSource(t *testing.T) {
	host := aHost.write(t)
	source := networkSource(host)
	first := read(t, source).Networks
	if want := []Network{{Name: "lo", Virtual: true}, {Name: "eth0"}}; !slices.Equal(first, want) {
		t.Errorf("got %v, want %v", first, want)
	}
	time.Sleep(time.Millisecond)
	later := aHost.with("proc/1/net/dev", netDev("5000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0", "7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0")+
		"wlan0: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n")
	later.over(t, host)
	second := read(t, source).Networks
	if rate, ok := second[1].ReceiveRate.Get(); !ok || rate <= 0 {
		t.Errorf("eth0 receives %v", second[1].ReceiveRate)
	}
	if len(second) != 3 || second[2].ReceiveRate != (Number{}) {
		t.Errorf("got %v, want wlan0 without rates", second)
	}
}
