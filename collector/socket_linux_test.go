package collector

import (
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
		"proc/1/net/snmp": strings.Replace(snmp2025, "-1 10 20 3 4 5 1000 2000 6 7 8 0", "-1 20 20 2 4 9 3000 2000 6 7 8 0", 1),
		"proc/1/net/tcp":  "nobody looks at this now",
	}.over(t, host)
	second := read(t, source).Sockets
	for name, rate := range map[string]Number{"opened": second.Opened, "segments in": second.SegmentsIn} {
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
				for _, rate := range []Number{s.Opened, s.Accepted, s.Failed, s.Resets, s.SegmentsIn, s.SegmentsOut, s.Retransmits, s.ListenDrops} {
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

// In a network of its own the test knows each socket.
func TestTCPStatesInOwnNetwork(t *testing.T) {
	onOwnThread(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Logf("not tested: %v", err)
			return
		}
		testTCPStates(t)
	})
}

func testTCPStates(t *testing.T) {
	files := [2]string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"}
	byDiag, byFiles := &tcpReader{diag: true, files: files}, &tcpReader{files: files}
	check := func(when string, want map[int]uint64) {
		var wanted tcpCounts
		for state, n := range want {
			wanted[state] = n
		}
		for name, reader := range map[string]*tcpReader{"sock_diag": byDiag, "files": byFiles} {
			var c tcpCensus
			var err error
			for range 100 { // the last step of a handshake may take a moment
				c = tcpCensus{}
				if err = reader.count(&c); err == nil && c.counts == wanted {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if c.counts != wanted {
				t.Errorf("%s, %s: got %v, want %v, error %v", when, name, c.counts, wanted, err)
			}
		}
		if !byDiag.diag {
			t.Log("sock_diag is refused here")
		}
	}
	must := func(fd int, err error) int {
		if err != nil {
			t.Error(err)
			runtime.Goexit()
		}
		return fd
	}
	must(0, upLoopback())
	check("at the start", nil)

	ends := make(map[int][2]int) // of the connection of each family
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		var address unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8055}
		if family == unix.AF_INET6 {
			address = &unix.SockaddrInet6{Addr: [16]byte{15: 1}, Port: 8055}
		}
		listener := must(unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		defer unix.Close(listener)
		must(0, unix.Bind(listener, address))
		must(0, unix.Listen(listener, 5))
		client := must(unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		must(0, unix.Connect(client, address))
		server, _, err := unix.Accept(listener)
		must(0, err)
		ends[family] = [2]int{client, server}
	}
	check("connected", map[int]uint64{tcpListen: 2, tcpEstablished: 4})

	unix.Close(ends[unix.AF_INET][1])
	check("left by the server", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpFinWait2: 1, tcpCloseWait: 1})
	unix.Close(ends[unix.AF_INET][0])
	check("ended", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpTimeWait: 1})

	silent := must(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0))
	defer unix.Close(silent)
	must(0, blackHole(silent))
	unix.Connect(silent, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 8055})
	check("asked", map[int]uint64{tcpListen: 2, tcpEstablished: 2, tcpTimeWait: 1, tcpSynSent: 1, tcpSynReceived: 1})

	var c tcpCensus
	c.without = 1<<tcpEstablished | 1<<tcpTimeWait
	if err := byDiag.countDiag(&c); byDiag.diag && (err != nil || c.counts != (tcpCounts{tcpListen: 2, tcpSynSent: 1, tcpSynReceived: 1})) {
		t.Errorf("got %v, %v", c.counts, err)
	}
	for _, fd := range ends[unix.AF_INET6] {
		unix.Close(fd)
	}
}

// upLoopback makes 127.0.0.1 and ::1 work in a new network.
func upLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// blackHole has the socket drop all that it receives: nobody's answer reaches it.
func blackHole(fd int) error {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
}

func TestTCPReader(t *testing.T) {
	host := socketHost.write(t)
	r := newTCPReader(host)
	now := time.Now()
	states, err := r.read(now, Known(5), Known(3))
	if err != nil || states.Established != Known(2) {
		t.Errorf("got %+v, %v", states, err)
	}
	tree{"proc/1/net/tcp": tcpHead}.over(t, host)
	if states, _ := r.read(now.Add(9*time.Second), Known(5), Known(3)); states.Listen != Known(2) {
		t.Errorf("counted too soon: %+v", states)
	}
	if states, _ := r.read(now.Add(time.Minute), Known(5), Known(3)); states.Listen != Known(1) {
		t.Errorf("not counted again: %+v", states)
	}
	// Many that the kernel counts as established, and that are not, have gone at once.
	for i, step := range []struct {
		after                 time.Duration // since the census
		established, timeWait Number
		want                  bool // there is another one
	}{
		{900 * time.Millisecond, Known(0), Known(3), false}, // too soon
		{time.Second, Known(0), Known(3), true},
		{time.Second, Known(110), Known(3), false}, // not by more than a tenth
		{time.Second, Number{}, Number{}, false},
		{time.Second, Known(100), Known(4), true},
		{time.Second, Known(60), Known(4), true},
	} {
		now = now.Add(10 * time.Minute)
		tree{"proc/1/net/tcp": tcpHead}.over(t, host)
		r.read(now, Known(100), Known(3))
		tree{"proc/1/net/tcp": socketHost["proc/1/net/tcp"]}.over(t, host)
		states, err := r.read(now.Add(step.after), step.established, step.timeWait)
		if err != nil || (states.Listen == Known(2)) != step.want {
			t.Errorf("step %d: got %+v, %v", i, states, err)
		}
	}
	for err, refused := range map[error]bool{
		os.NewSyscallError("x", unix.EPERM): true, os.NewSyscallError("x", unix.EPROTONOSUPPORT): true, unix.ENOENT: true,
		unix.EAGAIN: false, unix.ENOBUFS: false, errManySockets: false, nil: false,
	} {
		if isRefused(err) != refused {
			t.Errorf("%v: refused %t", err, !refused)
		}
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

func BenchmarkTCPCensus(b *testing.B) {
	r := newTCPReader(hostRoots())
	for name, count := range map[string]func(*tcpCensus) error{"diag": r.countDiag, "files": r.countFiles} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := count(&tcpCensus{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
