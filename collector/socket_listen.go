package collector

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// mostFullListeners bounds the list of them: it is to name who is in trouble.
const mostFullListeners = 8

// A Listener is a TCP socket that connections are made to.
type Listener struct {
	Address string `json:"address"` // "127.0.0.1"; "0.0.0.0" and "::" for all
	Port    uint16 `json:"port"`
	Queue   uint32 `json:"queue"` // connections that are made and that its program has not accepted
	Limit   uint32 `json:"limit"` // what its program asked for, or the system's limit if that is less (listen(2))
}

// isFull: the kernel drops what would make another connection once there is one more than the limit
// (sk_acceptq_is_full in include/net/sock.h). At the limit it has been, or is about to be: the program may have accepted
// one meanwhile.
func (l *Listener) isFull() bool { return l.Queue > 0 && l.Queue >= l.Limit }

// A listenerList has those that are full, the longest queues first.
type listenerList []Listener

func (l *listenerList) add(one Listener) {
	i, _ := slices.BinarySearchFunc(*l, one, compareListeners)
	if i == mostFullListeners {
		return
	}
	*l = slices.Insert((*l)[:min(len(*l), mostFullListeners-1)], i, one)
}

func compareListeners(a, b Listener) int {
	return cmp.Or(cmp.Compare(b.Queue, a.Queue), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Address, b.Address))
}

// Places in a message of sock_diag's: a header and a struct inet_diag_msg.
const (
	diagPort   = diagHeader + 4  // in the order of the network
	diagSource = diagHeader + 8  // 4 bytes of it for IPv4, 16 for IPv6
	diagQueue  = diagHeader + 56 // of a listener the length of its queue
	diagLimit  = diagHeader + 60 // of a listener that of its queue
	diagEnd    = diagHeader + 72
)

// parseFullListener reads a message about a socket that listens, if it is full; one that is too short for that is an older
// kernel's.
func parseFullListener(message []byte) (l Listener, full bool) {
	if len(message) < diagEnd {
		return l, false
	}
	l.Queue = binary.NativeEndian.Uint32(message[diagQueue:])
	l.Limit = binary.NativeEndian.Uint32(message[diagLimit:])
	if !l.isFull() {
		return l, false // as nearly all are: for these no text is made
	}
	address := netip.AddrFrom4([4]byte(message[diagSource:]))
	if message[diagHeader] != syscall.AF_INET {
		address = netip.AddrFrom16([16]byte(message[diagSource:])).Unmap()
	}
	l.Address = address.String()
	l.Port = binary.BigEndian.Uint16(message[diagPort:])
	return l, true
}

// listenersPause is how long to wait, after looking at the listeners took so long, before they are looked at again
// between two censuses: it is to cost less than 0.5 % of a processor.
func listenersPause(took time.Duration) time.Duration {
	return min(took*200, 10*time.Second)
}
