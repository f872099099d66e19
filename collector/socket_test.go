package collector

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What kernels of 2009, 2018 and 2025 write, shortened.
const (
	snmp2009 = "Ip: Forwarding DefaultTTL InReceives\nIp: 1 64 100\n" +
		"Icmp: InMsgs InErrors InDestUnreachs\nIcmp: 5 1 5\nIcmpMsg: InType3\nIcmpMsg: 5\n" +
		"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts\n" +
		"Tcp: 1 200 120000 -1 10 20 3 4 5 1000 2000 6 7 8\n" +
		"Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 1 2 3 4 5 6\n"
	snmp2025 = "Ip: Forwarding DefaultTTL InReceives OutTransmits\nIp: 2 64 100 7\n" +
		"Icmp: InMsgs InErrors InCsumErrors OutMsgs OutErrors OutRateLimitGlobal\nIcmp: 5 1 0 36 0 0\nIcmpMsg: InType3 OutType3\nIcmpMsg: 2 36\n" +
		"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\n" +
		"Tcp: 1 200 120000 -1 10 20 3 4 5 1000 2000 6 7 8 0\n" +
		"Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\nUdp: 1 2 3 4 5 6 0 0 0\n" +
		"UdpLite: InDatagrams InErrors\nUdpLite: 0 9\n"
	netstat2018 = "TcpExt: SyncookiesSent EmbryonicRsts ListenOverflows ListenDrops TCPTimeouts TCPSynRetrans\nTcpExt: 1 2 3 4 5 6\n" +
		"IpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 18446744073709551615 12\n"
	snmp6 = "Ip6InReceives                   \t16\nIp6InOctets                     \t1236\nIcmp6InMsgs                     \t2\n" +
		"Udp6InErrors                    \t0\nUdpLite6InErrors                \t1\n"
	sockstat  = "sockets: used 17\nTCP: inuse 5 orphan 1 tw 3 alloc 7 mem 2\nUDP: inuse 4 mem 1\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"
	sockstat6 = "TCP6: inuse 2\nUDP6: inuse 6\nUDPLITE6: inuse 0\nRAW6: inuse 0\nFRAG6: inuse 0 memory 0\n"
)

func tableText(t Table) string {
	var words []string
	for i, name := range t.Names {
		words = append(words, fmt.Sprintf("%s=%d", name, t.Values[i]))
	}
	return strings.Join(words, " ")
}

func TestNetstatRows(t *testing.T) {
	const tcp = "Tcp_ActiveOpens=10 Tcp_PassiveOpens=20 Tcp_CurrEstab=5 Tcp_InSegs=1000 Tcp_OutSegs=2000 Tcp_RetransSegs=6 Tcp_InErrs=7 Tcp_OutRsts=8"
	const udp = " Udp_InDatagrams=1 Udp_NoPorts=2 Udp_InErrors=3 Udp_OutDatagrams=4 Udp_RcvbufErrors=5 Udp_SndbufErrors=6"
	for _, tt := range []struct {
		name, text, want string
		bad              bool
	}{
		{"2009", snmp2009, "Ip_Forwarding=1 Icmp_InMsgs=5 Icmp_InErrors=1 " + tcp + udp, false},
		{"2018", netstat2018, "TcpExt_SyncookiesSent=1 TcpExt_ListenOverflows=3 TcpExt_ListenDrops=4 TcpExt_TCPTimeouts=5 TcpExt_TCPSynRetrans=6 " +
			"IpExt_InOctets=18446744073709551615 IpExt_OutOctets=12", false},
		{"2025", snmp2025, "Ip_Forwarding=2 Icmp_InMsgs=5 Icmp_InErrors=1 Icmp_OutMsgs=36 " + tcp + udp + " UdpLite_InErrors=9", false},
		{"negative", "Tcp: InSegs OutSegs\nTcp: -1 2\n", "Tcp_OutSegs=2", false},
		{"too large", "Tcp: InSegs OutSegs\nTcp: 18446744073709551616 2\n", "Tcp_OutSegs=2", false},
		{"no number", "Tcp: InSegs OutSegs\nTcp: nan 2\n", "Tcp_OutSegs=2", false},
		{"a value less", "Tcp: InSegs OutSegs\nTcp: 1\nUdp: NoPorts\nUdp: 2\n", "Udp_NoPorts=2", true},
		{"a value more", "Tcp: InSegs OutSegs\nTcp: 1 2 3\nUdp: NoPorts\nUdp: 2\n", "Udp_NoPorts=2", true},
		{"no values", "Tcp: InSegs OutSegs\nUdp: NoPorts\nUdp: 2\n", "Udp_NoPorts=2", true},
		{"no names", "Tcp: 1 2\nUdp: NoPorts\nUdp: 2\n", "Udp_NoPorts=2", true},
		{"torn", "Udp: NoPorts\nUdp: 2\nTcp: InSegs OutSegs\nTcp: 1 2", "Udp_NoPorts=2", true},
		{"twice", "Udp: NoPorts NoPorts\nUdp: 2 3\nUdp: NoPorts\nUdp: 4\n", "Udp_NoPorts=2", false},
		{"strange names", "A{b=\"c\"}: InErrors\nA{b=\"c\"}: 2\n", "", false},
		{"nothing", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var rows netstatRows
			var table tableBuilder
			var counters socketCounters
			for _, text := range []string{tt.text, netstat2018, tt.text, tt.text} {
				err := rows.parse([]byte(text), &table, &counters)
				got := tableText(table.table(nil))
				if text == tt.text && (got != tt.want || (err != nil) != tt.bad) {
					t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
				}
			}
		})
	}
	var rows netstatRows
	var table tableBuilder
	var counters socketCounters
	rows.parse([]byte(snmp2009), &table, &counters)
	for i, want := range []Number{Known(10), Known(20), Known(3), Known(8), Known(1000), Known(2000), Known(6), {}, {}, Known(5), {}, Known(5)} {
		if got := counters.now(i); got != want {
			t.Errorf("%s is %v, want %v", socketCounterNames[i], got, want)
		}
	}
}

func TestNetstatLines(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		bad        bool
	}{
		{snmp6, "Ip6_InOctets=1236 Icmp6_InMsgs=2 Udp6_InErrors=0 UdpLite6_InErrors=1", false},
		{"Ip6InOctets -1\nIcmp6InMsgs 2\n", "Icmp6_InMsgs=2", true},
		{"Ip6InOctets 1\nIp6InOctets 2\n", "Ip6_InOctets=1", false},
		{"Icmp6InMsgs 2\nIp6InOctets 1", "Icmp6_InMsgs=2", true},
		{"6 1\nsix 7\n\n", "", false},
		{"", "", false},
	} {
		var lines netstatLines
		var table tableBuilder
		for _, text := range []string{tt.text, snmp6, tt.text, tt.text} {
			err := lines.parse([]byte(text), &table, &socketCounters{})
			got := tableText(table.table(nil))
			if text == tt.text && (got != tt.want || (err != nil) != tt.bad) {
				t.Errorf("%q: %s, %v, want %s", text, got, err, tt.want)
			}
		}
	}
}

func TestParseSockstat(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		bad        bool
	}{
		{sockstat, "sockets_used=17 TCP_inuse=5 TCP_orphan=1 TCP_tw=3 TCP_alloc=7 TCP_mem=2 TCP_mem_bytes=8192 " +
			"UDP_inuse=4 UDP_mem=1 UDP_mem_bytes=4096 UDPLITE_inuse=0 RAW_inuse=0 FRAG_inuse=0 FRAG_memory=0", false},
		{sockstat6, "TCP6_inuse=2 UDP6_inuse=6 UDPLITE6_inuse=0 RAW6_inuse=0 FRAG6_inuse=0 FRAG6_memory=0", false},
		{"TCP: inuse -5 orphan 1\nUDP: inuse 4\n", "UDP_inuse=4", true},
		{"TCP: inuse 5 orphan\n", "TCP_inuse=5", true},
		{"TCP inuse 5\nUDP: inuse 4\n", "UDP_inuse=4", true},
		{"TCP: mem 18446744073709551615\n", "TCP_mem=18446744073709551615", false},
		{"TCP: inuse 5 inuse 6\n", "TCP_inuse=5", false},
		{"T\"P: inuse 5\n", "", false},
		{strings.Repeat("T", 100) + ": inuse 5\n", "", true},
		{"UDP: inuse 4\nTCP: inuse 5", "UDP_inuse=4", true},
		{"", "", true},
	} {
		var table tableBuilder
		err := parseSockstat([]byte(tt.text), 4096, &table)
		if got := tableText(table.table(nil)); got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%q: %s, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

func FuzzNetstat(f *testing.F) {
	f.Add([]byte(snmp2009), []byte(snmp2025))
	f.Add([]byte(netstat2018), []byte("TcpExt: InErrors\nTcpExt: 1\n"))
	f.Add([]byte(snmp6), []byte("Ip6InErrors 1\nIcmp6InErrors 3\n"))
	f.Add([]byte(sockstat), []byte(sockstat6))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var rows netstatRows
		var lines netstatLines
		var tables [3]tableBuilder
		var counters socketCounters
		for _, b := range [][]byte{first, second, first} {
			rows.parse(b, &tables[0], &counters)
			lines.parse(b, &tables[1], &counters)
			parseSockstat(b, 4096, &tables[2])
			for i := range tables {
				checkTable(t, tables[i].table(nil))
			}
		}
	})
}

// checkTable: each name is fit for a metric and there once.
func checkTable(t *testing.T, table Table) {
	t.Helper()
	if len(table.Names) != len(table.Values) {
		t.Fatalf("%d names, %d values", len(table.Names), len(table.Values))
	}
	names := make(map[string]bool)
	for _, name := range table.Names {
		if names[name] || !isSocketName([]byte(name)) {
			t.Errorf("%q twice, or no name", name)
		}
		names[name] = true
	}
}

// diagMessage is a message as the kernel sends it.
func diagMessage(kind uint16, sequence uint32, payload ...byte) []byte {
	b := make([]byte, diagHeader, diagHeader+len(payload)+3)
	binary.NativeEndian.PutUint32(b[0:], uint32(diagHeader+len(payload)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint32(b[8:], sequence)
	b = append(b, payload...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func diagCode(code syscall.Errno) []byte {
	return binary.NativeEndian.AppendUint32(nil, uint32(-int32(code)))
}

func TestParseDiag(t *testing.T) {
	socket := func(state byte) []byte { return diagMessage(diagGetTCP, diagSequence, 2, state, 0, 0) }
	short := diagMessage(diagGetTCP, diagSequence, 2, tcpListen)
	binary.NativeEndian.PutUint32(short, 15)
	long := diagMessage(diagGetTCP, diagSequence, 2, tcpListen)
	binary.NativeEndian.PutUint32(long, 1<<31)
	for _, tt := range []struct {
		name   string
		b      []byte
		listen uint64
		done   bool
		err    error
	}{
		{"nothing", nil, 0, false, nil},
		{"two", append(socket(tcpListen), socket(tcpListen)...), 2, false, nil},
		{"strange state", append(socket(tcpListen), socket(200)...), 1, false, nil},
		{"odd length", append(diagMessage(diagGetTCP, diagSequence, 2, tcpListen, 7), socket(tcpListen)...), 2, false, nil},
		{"done", append(socket(tcpListen), diagMessage(diagDone, diagSequence, 0, 0, 0, 0)...), 1, true, nil},
		{"done, bare", diagMessage(diagDone, diagSequence), 0, true, nil},
		{"done, failed", diagMessage(diagDone, diagSequence, diagCode(syscall.ENOENT)...), 0, true, syscall.ENOENT},
		{"refused", diagMessage(diagError, diagSequence, diagCode(syscall.EPERM)...), 0, true, syscall.EPERM},
		{"of another question", append(diagMessage(diagDone, 9), diagMessage(diagGetTCP, 9, 2, tcpListen)...), 0, false, nil},
		{"something else", diagMessage(77, diagSequence), 0, false, nil},
		{"no state", diagMessage(diagGetTCP, diagSequence, 2), 0, false, errDiag},
		{"too short", short, 0, false, errDiag},
		{"too long", long, 0, false, errDiag},
		{"torn", append(socket(tcpListen), 1, 2, 3), 1, false, errDiag},
		{"too many", bytes.Repeat(socket(tcpListen), 6), 5, false, errManySockets},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tally := diagTally{left: 5}
			done, err := tally.parseDiag(tt.b)
			if done != tt.done || !errors.Is(err, tt.err) || tally.counts[tcpListen] != tt.listen {
				t.Errorf("got %d listening, done %t, error %v", tally.counts[tcpListen], done, err)
			}
		})
	}
}

func FuzzDiag(f *testing.F) {
	f.Add(append(diagMessage(diagGetTCP, diagSequence, 2, 10, 0, 0), diagMessage(diagDone, diagSequence, 0, 0, 0, 0)...))
	f.Add(diagMessage(diagError, diagSequence, diagCode(syscall.EPERM)...))
	f.Add(diagMessage(diagGetTCP, diagSequence, 2, tcpNewSynReceived, 7))
	f.Add(append(diagListener("0.0.0.0", 80, 129, 128), diagListener("::1", 81, 5, 5)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		tally := diagTally{left: 100}
		tally.parseDiag(b)
		counts, full := tally.counts, tally.full
		if tally.ended > counts[tcpFinWait2] {
			t.Errorf("%d of %d in FIN-WAIT-2 have ended", tally.ended, counts[tcpFinWait2])
		}
		if len(full) > mostFullListeners || len(full) > int(counts[tcpListen]) || !slices.IsSortedFunc(full, compareListeners) {
			t.Errorf("full: %+v", full)
		}
		for _, l := range full {
			if _, err := netip.ParseAddr(l.Address); err != nil || l.Queue == 0 || l.Queue < l.Limit {
				t.Errorf("full: %+v, %v", l, err)
			}
		}
		sum := uint64(0)
		for _, n := range counts {
			sum += n
		}
		if sum > 100 || sum > uint64(len(b)/diagHeader) {
			t.Errorf("%d sockets in %d bytes", sum, len(b))
		}
	})
}

const tcpHead = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

func tcpLine(state string) string {
	return "   0: 0100007F:1F40 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000     0        0 12345 1 ffff 100 0 0 10 0\n"
}

func TestCountTCP(t *testing.T) {
	for _, tt := range []struct {
		text   string
		listen uint64
		bad    bool
	}{
		{tcpHead, 0, false},
		{tcpHead + tcpLine("0A") + tcpLine("01") + tcpLine("0A"), 2, false},
		{tcpHead + tcpLine("0A") + tcpLine("0C") + tcpLine("ZZ"), 1, false},
		{tcpHead + tcpLine("0A") + tcpLine("0A")[:60], 1, true},
		{tcpHead + tcpLine("0A") + "\n", 1, true},
		{tcpHead + strings.Repeat(tcpLine("0A"), 6), 5, true},
		{tcpHead + strings.Repeat("x", 300) + "\n", 0, true},
		{"", 0, true},
	} {
		var counts tcpCounts
		left := 5
		err := countTCP(bufio.NewReaderSize(strings.NewReader(tt.text), 256), &counts, &left)
		if counts[tcpListen] != tt.listen || (err != nil) != tt.bad {
			t.Errorf("%q: %d listen, %v", tt.text, counts[tcpListen], err)
		}
	}
	var counts tcpCounts
	left := 5
	countTCP(bufio.NewReader(strings.NewReader(tcpHead+tcpLine("03")+tcpLine("0C")+tcpLine("FF"))), &counts, &left)
	if counts[tcpSynReceived] != 2 {
		t.Errorf("got %v, want 2 half made", counts)
	}
}

func FuzzCountTCP(f *testing.F) {
	f.Add([]byte(tcpHead + tcpLine("0A") + tcpLine("01")))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var counts tcpCounts
		left := 100
		countTCP(bufio.NewReaderSize(bytes.NewReader(b), 64), &counts, &left)
		sum := uint64(0)
		for _, n := range counts {
			sum += n
		}
		if lines := bytes.Count(b, []byte("\n")); sum > 100 || sum > uint64(lines) {
			t.Errorf("%d sockets in %d lines", sum, lines)
		}
	})
}

func TestTCPStates(t *testing.T) {
	census := tcpCensus{known: true, established: Known(10), timeWait: Known(100)}
	for state := range census.counts {
		census.counts[state] = uint64(state)
	}
	census.counts[tcpEstablished], census.counts[tcpTimeWait] = 7, 90 // the kernel counts others too
	want := TCPStates{Established: Known(7), SynSent: Known(2), SynReceived: Known(3), FinWait: Known(9), TimeWait: Known(90),
		CloseWait: Known(8), LastAck: Known(9), Listen: Known(10), Closing: Known(11)}
	if got := census.states(Known(10), Known(100)); got != want {
		t.Errorf("at the census %+v, want %+v", got, want)
	}
	want.Established, want.TimeWait = Known(9), Known(0)
	if got := census.states(Known(12), Known(5)); got != want {
		t.Errorf("later %+v, want %+v", got, want)
	}
	want.Established, want.TimeWait = Known(7), Known(90)
	if got := census.states(Number{}, Number{}); got != want {
		t.Errorf("without the kernel's numbers %+v, want %+v", got, want)
	}
	census.without, census.ended = tcpLeaveOut(Known(mostCounted+1), Known(5)), 4
	want.Established, want.TimeWait = Known(60000), Known(96)
	if got := census.states(Known(60000), Known(100)); got != want {
		t.Errorf("without connections %+v, want %+v", got, want)
	}
	census.known = false
	if got := census.states(Known(1), Known(2)); got != (TCPStates{Established: Known(1), TimeWait: Known(2)}) {
		t.Errorf("without a census %+v", got)
	}
	for _, tt := range []struct {
		established, timeWait Number
		want                  uint32
	}{
		{Number{}, Number{}, 0}, {Known(mostCounted), Number{}, 0},
		{Number{}, Known(0), 1 << tcpTimeWait}, {Known(mostCounted + 1), Known(79_000), 1<<tcpTimeWait | 1<<tcpEstablished},
	} {
		if got := tcpLeaveOut(tt.established, tt.timeWait); got != tt.want {
			t.Errorf("of %v established and %v waiting: left out %b, want %b", tt.established, tt.timeWait, got, tt.want)
		}
	}
}

func TestCensusPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: 10 * time.Second, 5 * time.Millisecond: 10 * time.Second, 10 * time.Millisecond: 20 * time.Second,
		30 * time.Millisecond: time.Minute, 4 * time.Second: time.Minute,
	} {
		if got := censusPause(took); got != want {
			t.Errorf("after %v a pause of %v, want %v", took, got, want)
		}
	}
}
