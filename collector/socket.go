package collector

import (
	"context"
)

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
	Conntrack       Number    `json:"conntrack"` // entries of the connection tracker
	ConntrackLimit  Number    `json:"conntrack_limit"`
	// Netstat has /proc/net/snmp and netstat, names as in "Tcp_RetransSegs"; Sockstat /proc/net/sockstat, as in "TCP_inuse".
	Netstat  Table `json:"-"`
	Sockstat Table `json:"-"`
}

// TCPStates counts TCP sockets by state (RFC 9293 §3.3.2), IPv4 and IPv6 together.
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
	Orphans     Number `json:"orphans"` // without a process, not yet ended
}

func socketSource(r roots) Source {
	return Source{Name: "sockets", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
