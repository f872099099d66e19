package collector

import "time"

// Sockets is what the host's connections do. Rates are per second.
type Sockets struct {
	Used            Number    `json:"used"` // of all families
	TCP             TCPStates `json:"tcp"`
	UDP             Number    `json:"udp"`      // in use
	Opened          Number    `json:"opened"`   // connections this host made
	Accepted        Number    `json:"accepted"` // connections it was asked for and took
	Failed          Number    `json:"failed"`   // attempts that came to nothing
	Resets          Number    `json:"resets"`   // sent
	SegmentsIn      Number    `json:"segments_in"`
	SegmentsOut     Number    `json:"segments_out"`
	Retransmits     Number    `json:"retransmits"`      // segments sent again
	ListenOverflows Number    `json:"listen_overflows"` // refused because a queue was full
	ListenDrops     Number    `json:"listen_drops"`
	UDPDrops        Number    `json:"udp_drops"` // datagrams that came and were dropped: a program's receive buffer was full
	// FullListeners are those whose queue is full, at most 8, the longest first; looked at each second while connections
	// are refused, and with TCPStates otherwise. They are only known where sock_diag(7) answers for the host.
	FullListeners  []Listener `json:"full_listeners,omitempty"`
	Conntrack      Number     `json:"conntrack"` // entries of the connection tracker
	ConntrackLimit Number     `json:"conntrack_limit"`
	// Netstat has what node_exporter takes of /proc/net/snmp, netstat and snmp6, names as in "Tcp_RetransSegs"; Sockstat
	// has /proc/net/sockstat and sockstat6, as in "TCP_inuse", and "TCP_mem_bytes" beside the kernel's "TCP_mem" in pages.
	Netstat  Table `json:"-"`
	Sockstat Table `json:"-"`
	// Softnet is by processor; at most five seconds old.
	Softnet []Softnet `json:"-"`
}

// TCPStates counts TCP sockets by state (RFC 9293 §3.3.2), IPv4 and IPv6 together.
//
// Established, TimeWait and Orphans are as of now. The others are counted every 10 s, and up to every 60 s where that
// takes long; at the same time Established and TimeWait are set right. In between these two follow the kernel's own
// numbers: tcpCurrEstab, which newer kernels let count CLOSE-WAIT too (RFC 4022), and tw in /proc/net/sockstat, which
// has those in FIN-WAIT-2 that no process holds. Where sock_diag(7) answers, TimeWait is never counted one by one, but is
// tw without as many of those as there were. Beyond 50 000 Established is the kernel's number as it is.
type TCPStates struct {
	Established Number `json:"established"`
	SynSent     Number `json:"syn_sent"`
	SynReceived Number `json:"syn_received"`
	FinWait     Number `json:"fin_wait"` // 1 and 2
	TimeWait    Number `json:"time_wait"`
	CloseWait   Number `json:"close_wait"`
	LastAck     Number `json:"last_ack"`
	Listen      Number `json:"listen"`
	Closing     Number `json:"closing"`
	Orphans     Number `json:"orphans"` // without a process, not yet ended; of the whole machine
}

func socketSource(r roots) Source {
	return Source{Name: "sockets", Every: time.Second, Idle: time.Second, Read: newSocketReader(r).read}
}

type socketPart struct {
	sockets Sockets
	rows    [32]uint64 // of Sockstat: it has some 20
	counts  [64]uint64 // of Netstat: it has some 50
}

func (p *socketPart) AddTo(s *Snapshot) { s.Sockets = &p.sockets }

// socketCounters are the counters of TCP and UDP that a snapshot has rates of, and the number of connections.
type socketCounters struct {
	values [len(socketCounterNames)]uint64
	known  [len(socketCounterNames)]bool
}

const (
	socketOpened = iota
	socketAccepted
	socketFailed
	socketResets
	socketSegmentsIn
	socketSegmentsOut
	socketRetransmits
	socketListenOverflows
	socketListenDrops
	socketUDPDrops
	socketUDP6Drops
	socketConnections // no counter: how many there are
)

// socketCounterNames are their names in /proc/net/snmp, netstat and snmp6 (RFC 4022; net/ipv4/proc.c).
var socketCounterNames = [...]string{
	socketOpened:          "Tcp_ActiveOpens",
	socketAccepted:        "Tcp_PassiveOpens",
	socketFailed:          "Tcp_AttemptFails",
	socketResets:          "Tcp_OutRsts",
	socketSegmentsIn:      "Tcp_InSegs",
	socketSegmentsOut:     "Tcp_OutSegs",
	socketRetransmits:     "Tcp_RetransSegs",
	socketListenOverflows: "TcpExt_ListenOverflows",
	socketListenDrops:     "TcpExt_ListenDrops",
	socketUDPDrops:        "Udp_RcvbufErrors",
	socketUDP6Drops:       "Udp6_RcvbufErrors",
	socketConnections:     "Tcp_CurrEstab",
}

func (c *socketCounters) set(i int, v uint64) { c.values[i], c.known[i] = v, true }

func (c *socketCounters) now(i int) Number {
	if !c.known[i] {
		return Number{}
	}
	return Known(float64(c.values[i]))
}

// rates fills in the rates between two readings.
func (s *Sockets) rates(before, after *socketCounters, elapsed time.Duration) {
	rate := func(i int) Number {
		if !before.known[i] || !after.known[i] {
			return Number{}
		}
		return perSecond(before.values[i], after.values[i], elapsed)
	}
	s.Opened, s.Accepted, s.Failed, s.Resets = rate(socketOpened), rate(socketAccepted), rate(socketFailed), rate(socketResets)
	s.SegmentsIn, s.SegmentsOut, s.Retransmits = rate(socketSegmentsIn), rate(socketSegmentsOut), rate(socketRetransmits)
	s.ListenOverflows, s.ListenDrops = rate(socketListenOverflows), rate(socketListenDrops)
	s.UDPDrops = socketSum(rate(socketUDPDrops), rate(socketUDP6Drops))
}

// socketSum is of IPv4 and IPv6: one of them may be switched off.
func socketSum(a, b Number) Number {
	v, ok := a.Get()
	w, ok2 := b.Get()
	if !ok && !ok2 {
		return Number{}
	}
	return Known(v + w)
}

// socketNumber is what a table says under a name.
func socketNumber(t Table, name string) Number {
	if v, ok := t.Get(name); ok {
		return Known(float64(v))
	}
	return Number{}
}
