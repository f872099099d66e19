package collector

import (
	"fmt"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

const conntrackStat = "entries  clashres found new\n0000001f  00000000 00000000 00000000\n0000001f  00000000 00000000 00000000\n"

// socketHost is a host that has its /proc elsewhere.
var socketHost = tree{
	"proc/1/net/snmp":                           snmp2025,
	"proc/1/net/netstat":                        netstat2018,
	"proc/1/net/snmp6":                          snmp6,
	"proc/1/net/sockstat":                       sockstat,
	"proc/1/net/sockstat6":                      sockstat6,
	"proc/1/net/tcp":                            tcpHead + tcpLine("0A") + tcpLine("01") + tcpLine("01") + tcpLine("04") + tcpLine("05"),
	"proc/1/net/tcp6":                           tcpHead + tcpLine("0A") + tcpLine("08") + tcpLine("06") + tcpLine("02"),
	"proc/1/net/stat/nf_conntrack":              conntrackStat,
	"proc/sys/net/netfilter/nf_conntrack_count": "7\n", // of the namespace of this process
	"proc/sys/net/netfilter/nf_conntrack_max":   "262144\n",
}

func TestSocketSource(t *testing.T) {
	host := socketHost.write(t)
	source := socketSource(host)
	first := read(t, source).Sockets
	want := Sockets{
		Used: Known(17), UDP: Known(10), Conntrack: Known(31), ConntrackLimit: Known(262144),
		TCP: TCPStates{Established: Known(2), SynSent: Known(1), SynReceived: Known(0), FinWait: Known(2), TimeWait: Known(1),
			CloseWait: Known(1), LastAck: Known(0), Listen: Known(2), Closing: Known(0), Orphans: Known(1)},
	}
	got := *first
	got.Netstat, got.Sockstat = Table{}, Table{}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if names := tableText(first.Netstat); !strings.Contains(names, "Tcp_CurrEstab=5 ") || !strings.Contains(names, " UdpLite6_InErrors=1") {
		t.Errorf("netstat %s", names)
	}
	if names := tableText(first.Sockstat); !strings.Contains(names, "TCP_tw=3 ") || !strings.Contains(names, " FRAG6_memory=0") {
		t.Errorf("sockstat %s", names)
	}

	time.Sleep(time.Millisecond)
	tree{
		"proc/1/net/snmp": strings.NewReplacer("-1 10 20 3 4 5 1000 2000 6 7 8 0", "-1 20 20 2 4 9 3000 2000 6 7 8 0",
			"Udp: 1 2 3 4 5 6", "Udp: 1 2 93 4 95 6").Replace(snmp2025),
		"proc/1/net/tcp": "nobody looks at this now",
	}.over(t, host)
	second := read(t, source).Sockets
	for name, rate := range map[string]Number{"opened": second.Opened, "segments in": second.SegmentsIn, "datagrams dropped": second.UDPDrops} {
		if v, _ := rate.Get(); v <= 0 {
			t.Errorf("%s: %v", name, rate)
		}
	}
	if second.Accepted != Known(0) || second.Failed != (Number{}) || second.ListenDrops != Known(0) {
		t.Errorf("got %+v", second)
	}
	if second.TCP.Established != Known(6) || second.TCP.CloseWait != Known(1) {
		t.Errorf("4 connections more, and now %+v", second.TCP)
	}
	if tableText(first.Netstat) == tableText(second.Netstat) || &first.Netstat.Names[0] != &second.Netstat.Names[0] {
		t.Error("tables share their values, or not their names")
	}
}

func TestSocketSourceWithLess(t *testing.T) {
	t.Parallel()
	without := func(names ...string) tree {
		host := maps.Clone(socketHost)
		for _, name := range names {
			delete(host, name)
		}
		return host
	}
	for _, tt := range []struct {
		name string
		host tree
		err  string
		ok   func(*Sockets) bool
	}{
		{"no IPv6", without("proc/1/net/sockstat6", "proc/1/net/tcp6", "proc/1/net/snmp6"), "",
			func(s *Sockets) bool { return s.UDP == Known(4) && s.TCP.Listen == Known(1) }},
		{"no netstat", without("proc/1/net/netstat"), "", func(s *Sockets) bool { return s.TCP.Listen == Known(2) }},
		{"no conntrack", without("proc/1/net/stat/nf_conntrack"), "",
			func(s *Sockets) bool { return s.Conntrack == Number{} && s.ConntrackLimit == Number{} }},
		{"no sockstat", without("proc/1/net/sockstat", "proc/1/net/sockstat6"), "",
			func(s *Sockets) bool { return s.Used == Number{} && s.UDP == Number{} && s.TCP.TimeWait == Known(1) }},
		{"no table of sockets", without("proc/1/net/tcp", "proc/1/net/tcp6"), "read sockets: open ",
			func(s *Sockets) bool {
				return s.TCP.Listen == Number{} && s.TCP.Established == Known(5) && s.TCP.TimeWait == Known(3)
			}},
		{"torn table of sockets", socketHost.with("proc/1/net/tcp", tcpHead+tcpLine("01")[:30]), "read sockets: table of sockets: EOF",
			func(s *Sockets) bool { return s.TCP.Listen == Number{} }},
		{"directory", without("proc/1/net/snmp").with("proc/1/net/snmp/", ""), "is a directory",
			func(s *Sockets) bool { return s.TCP.Listen == Known(2) && s.Used == Known(17) }},
		{"nothing", tree{"proc/": ""}, "does not count", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := socketSource(tt.host.write(t))
			for range 2 {
				part, err := source.Read(t.Context())
				if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				if tt.ok == nil {
					if part != nil || !isMissing(err) {
						t.Errorf("got %v, %v", part, err)
					}
				} else if s := &part.(*socketPart).sockets; !tt.ok(s) {
					t.Errorf("got %+v", s)
				}
			}
		})
	}
}

// A file that is cut anywhere, between two whole ones, makes no rate that there was not.
func TestTornSockets(t *testing.T) {
	t.Parallel()
	host := socketHost.write(t)
	source := socketSource(host)
	for _, name := range []string{"snmp", "netstat", "snmp6", "sockstat", "sockstat6", "stat/nf_conntrack"} {
		path, whole := host.ofNet(name), socketHost["proc/1/net/"+name]
		for n := range cuts(whole) {
			for _, text := range []string{whole[:n], whole} {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				part, err := safeRead(t.Context(), source)
				if part == nil || text == whole && err != nil {
					t.Fatalf("%s, %q: part %v, error %v", name, text, part, err)
				}
				s := &part.(*socketPart).sockets
				for _, rate := range []Number{s.Opened, s.Accepted, s.Failed, s.Resets, s.SegmentsIn, s.SegmentsOut, s.Retransmits, s.ListenDrops, s.UDPDrops} {
					if v, _ := rate.Get(); v != 0 {
						t.Fatalf("%s, after %q: %+v", name, text, s)
					}
				}
				checkTable(t, s.Netstat)
				checkTable(t, s.Sockstat)
			}
		}
	}
}

func TestConntrack(t *testing.T) {
	for text, want := range map[string]Number{
		conntrackStat: Known(31), "": {}, "entries\n": {}, "entries\n1": {}, "entries\nxyz\n": {}, "found\n1\n": {},
		"entries\nffffffffffffffffff\n": {},
	} {
		if got := parseConntrackStat([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]Number{"7\n": Known(7), "7": {}, "-7\n": {}, "7 7\n": {}, "": {}, "\n": {}} {
		if got := parseConntrack([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzConntrack(f *testing.F) {
	f.Add([]byte(conntrackStat))
	f.Add([]byte("7\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkNumbers(t, []Number{parseConntrack(b), parseConntrackStat(b)})
	})
}

// Whatever else goes on here, what this test has open is counted.
func TestSocketsHere(t *testing.T) {
	listening, connected := 0.0, 0.0
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("not counted: %v", err)
			continue
		}
		defer listener.Close()
		client, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		server, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		listening, connected = listening+1, connected+2
	}
	s := read(t, socketSource(hostRoots())).Sockets
	listen, ok := s.TCP.Listen.Get()
	established, ok2 := s.TCP.Established.Get()
	if !ok || !ok2 || listen < listening || established < connected {
		t.Errorf("%g listen and %g are connected, but %+v", listening, connected, s.TCP)
	}
	if used, _ := s.Used.Get(); used < listening+connected {
		t.Errorf("%g in use", used)
	}
}

func TestSocketAllocs(t *testing.T) {
	for name, r := range map[string]roots{"fixture": socketHost.write(t), "here": hostRoots()} {
		source := socketSource(r)
		read(t, source)
		read(t, source)
		if n := testing.AllocsPerRun(100, func() { source.Read(t.Context()) }); n > 3 {
			t.Errorf("%s: %g allocations, want 3", name, n)
		}
	}
}

func BenchmarkSockets(b *testing.B) {
	source := socketSource(hostRoots())
	source.Read(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		source.Read(b.Context())
	}
}
