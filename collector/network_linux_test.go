package collector

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// netHost is a server with a card, a card that is down, a bond and a bridge.
var netHost = tree{
	"proc/1/net/dev": netDev("1000 10 1 2 3 4 5 6 2000 20 7 8 9 10 11 12", "7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0") +
		"  eth1: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n bond0:1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n",
	"sys/class/net/lo/ifindex":      "1\n",
	"sys/class/net/lo/operstate":    "unknown\n",
	"sys/class/net/lo/mtu":          "65536\n",
	"sys/class/net/lo/carrier":      "1\n",
	"sys/class/net/eth0/ifindex":    "2\n",
	"sys/class/net/eth0/operstate":  "up\n",
	"sys/class/net/eth0/mtu":        "1500\n",
	"sys/class/net/eth0/carrier":    "1\n",
	"sys/class/net/eth0/speed":      "10000\n",
	"sys/class/net/eth0/device/":    "",
	"sys/class/net/eth1/ifindex":    "3\n",
	"sys/class/net/eth1/operstate":  "down\n",
	"sys/class/net/eth1/speed":      "-1\n",
	"sys/class/net/eth1/carrier":    "", // the kernel's EINVAL
	"sys/class/net/eth1/device/":    "",
	"sys/class/net/bond0/ifindex":   "4\n",
	"sys/class/net/bond0/operstate": "strange\n",
	"sys/class/net/bond0/speed":     "4294967295\n",
}

func TestNetworkSource(t *testing.T) {
	host := netHost.write(t)
	source := networkSource(host)
	got := read(t, source).Networks
	want := []Network{
		{Name: "lo", Virtual: true, MTU: Known(65536), Carrier: Known(1)},
		{Name: "eth0", State: "up", Speed: Known(1.25e9), MTU: Known(1500), Carrier: Known(1)},
		{Name: "eth1", State: "down"},
		{Name: "bond0", Virtual: true},
	}
	totals := got[1].Totals
	for i := range got {
		got[i].Totals = NetworkTotals{}
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if want := (NetworkTotals{
		ReceiveBytes: 1000, ReceivePackets: 10, ReceiveErrors: 1, ReceiveDrops: 2,
		ReceiveFIFO: Known(3), ReceiveFrame: Known(4), ReceiveCompressed: Known(5), ReceiveMulticast: Known(6),
		TransmitBytes: 2000, TransmitPackets: 20, TransmitErrors: 7, TransmitDrops: 8,
		TransmitFIFO: Known(9), TransmitCollisions: Known(10), TransmitCarrier: Known(11), TransmitCompressed: Known(12),
	}); totals != want {
		t.Errorf("got  %+v\nwant %+v", totals, want)
	}

	time.Sleep(time.Millisecond)
	netHost.with("proc/1/net/dev", netDev("5000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0", "7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0")+
		"wlan0: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n").with("sys/class/net/wlan0/ifindex", "9\n").over(t, host)
	second := read(t, source).Networks
	if rate, ok := second[1].ReceiveRate.Get(); !ok || rate <= 0 {
		t.Errorf("eth0 receives %v", second[1].ReceiveRate)
	}
	if len(second) != 3 || second[2].ReceiveRate != (Number{}) || second[1].State != "up" {
		t.Errorf("got %v, want wlan0 without rates", second)
	}
}

// A container that is given the host's /proc but not its /sys has other interfaces there, some with the same names.
func TestNetworkFactsOfAnotherNamespace(t *testing.T) {
	foreign := tree{
		"proc/1/net/dev":            netHost["proc/1/net/dev"],
		"sys/class/net/eth0/":       "",
		"sys/class/net/eth0/device": "",
	}
	for _, name := range []string{"ifindex", "operstate", "mtu"} {
		foreign["sys/class/net/eth0/"+name] = netHost["sys/class/net/eth0/"+name]
	}
	source := networkSource(foreign.write(t))
	read(t, source)
	for _, n := range read(t, source).Networks {
		if n.State != "" || n.MTU != (Number{}) || n.Virtual != (n.Name == "lo") {
			t.Errorf("got %+v", n)
		}
	}
}

func TestParseNetDev(t *testing.T) {
	head := netDev("", "")
	head = head[:strings.Index(head, "    lo:")]
	const columns = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18446744073709551615"
	for _, tt := range []struct{ name, text, want, err string }{
		{"good", head + "  eth0: " + columns + "\n", "eth0", ""},
		{"touching", head + "  eth0:" + columns + "\n", "eth0", ""},
		{"alias", head + "eth0:1:" + columns + "\n", "eth0:1", ""},
		{"odd", head + " a-b.100@\xc3\xa9!: " + columns + "\n", "a-b.100@\xc3\xa9!", ""},
		{"a column more", head + "eth0: " + columns + " 7\n", "eth0", ""},
		{"no interfaces", head, "", ""},
		{"a column less", head + "eth0: " + columns[2:] + "\nlo: " + columns + "\n", "lo", "malformed"},
		{"negative", head + "eth0: -" + columns + "\nlo: " + columns + "\n", "lo", "malformed"},
		{"too large", head + "eth0: " + columns + "0\nlo: " + columns + "\n", "lo", "malformed"},
		{"no name", head + ": " + columns + "\n", "", "malformed"},
		{"torn", head + "lo: " + columns + "\neth0: " + columns, "lo", "malformed"},
		{"no head", "lo: " + columns + "\n", "", "no table"},
		{"empty", "", "", "no table"},
		{"too many", head + manyNetworks(columns), "", "more than 512"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var table netTable
			table.begin()
			err := parseNetDev([]byte(tt.text), &table)
			table.end()
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if tt.name == "too many" {
				return
			}
			var names []string
			for _, d := range table.devices {
				names = append(names, d.name)
				if d.after != (netCounters{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1<<64 - 1}) {
					t.Errorf("%s has %v", d.name, d.after)
				}
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func manyNetworks(columns string) string {
	var b strings.Builder
	for i := range mostNetworks + 1 {
		fmt.Fprintf(&b, "veth%d: %s\n", i, columns)
	}
	return b.String()
}

// A file that is cut anywhere, between two whole ones, makes no rate that there was not.
func TestTornNetDev(t *testing.T) {
	host := netHost.write(t)
	path := host.ofNet("dev")
	whole := netHost["proc/1/net/dev"]
	source := networkSource(host)
	for n := range cuts(whole) {
		for _, text := range []string{whole[:n], whole} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			part, err := safeRead(t.Context(), source)
			if part == nil && err == nil || text == whole && err != nil {
				t.Fatalf("%q: part %v, error %v", text, part, err)
			}
			if part == nil {
				continue
			}
			for _, network := range part.(*networkPart).networks {
				for _, rate := range []Number{network.ReceiveRate, network.TransmitRate, network.TransmitDrops} {
					if v, _ := rate.Get(); v != 0 {
						t.Fatalf("after %q: %+v", text, network)
					}
				}
			}
		}
	}
}

func FuzzNetDev(f *testing.F) {
	f.Add([]byte(netHost["proc/1/net/dev"]), []byte(aHost["proc/1/net/dev"]))
	f.Add([]byte("|\n|\n:1\n"), []byte("|\n|\na:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var table netTable
		for at, text := range [][]byte{first, second, first} {
			table.begin()
			parseNetDev(text, &table)
			table.end()
			networks := table.networks(time.Unix(int64(at), 0))
			checkNumbers(t, networks)
			names := make(map[string]bool)
			for _, n := range networks {
				if names[n.Name] || n.Name == "" {
					t.Errorf("%q twice, or no name", n.Name)
				}
				names[n.Name] = true
			}
			if len(networks) > mostNetworks {
				t.Errorf("%d interfaces", len(networks))
			}
			if _, err := json.Marshal(networks); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestNetworkAllocs(t *testing.T) {
	for name, r := range map[string]roots{"fixture": netHost.write(t), "here": hostRoots()} {
		source := networkSource(r)
		read(t, source)
		read(t, source)
		if n := testing.AllocsPerRun(100, func() { source.Read(t.Context()) }); n > 2 {
			t.Errorf("%s: %g allocations, want 2", name, n)
		}
	}
}

func BenchmarkNetworks(b *testing.B) {
	source := networkSource(hostRoots())
	b.ReportAllocs()
	for b.Loop() {
		source.Read(b.Context())
	}
}

func BenchmarkNetworkFacts(b *testing.B) {
	n := newNetworkReader(hostRoots())
	n.read(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		n.readFactsOf("eth0")
	}
}
