package collector

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"syscall"
	"time"
)

// The kernel's numbers of the states of TCP (include/net/tcp_states.h).
const (
	tcpEstablished = iota + 1
	tcpSynSent
	tcpSynReceived
	tcpFinWait1
	tcpFinWait2
	tcpTimeWait
	tcpClosed
	tcpCloseWait
	tcpLastAck
	tcpListen
	tcpClosing
	tcpNewSynReceived // a connection half made; shown as the one above
	tcpStateCount
)

const (
	// mostSockets bounds how many sockets are counted one by one.
	mostSockets = 200_000
	// mostCounted bounds how many connections are counted one by one where there is a choice: the kernel has a number of
	// them.
	mostCounted = 50_000
)

// tcpCounts counts sockets by the number of their state.
type tcpCounts [tcpStateCount]uint64

func (c *tcpCounts) add(state byte) {
	if state == tcpNewSynReceived {
		state = tcpSynReceived
	}
	if state < tcpStateCount {
		c[state]++
	}
}

// A diagTally is what answers of sock_diag come to.
type diagTally struct {
	counts tcpCounts
	ended  uint64       // of those in FIN-WAIT-2, the ones that no process holds: the kernel counts them with TIME-WAIT
	full   listenerList // listeners whose queue is full
	left   int          // so many messages more are read
}

// A tcpCensus is a count of the sockets by state, and what the kernel's own numbers were at that time.
type tcpCensus struct {
	counts      tcpCounts
	ended       uint64 // of a diagTally
	known       bool   // there was one
	without     uint32 // a bit for each state that was left out
	established Number
	timeWait    Number
}

// states is the census brought up to date with what the kernel's own numbers are now.
func (c *tcpCensus) states(established, timeWait Number) TCPStates {
	if !c.known {
		return TCPStates{Established: established, TimeWait: timeWait}
	}
	count := func(state int) Number { return Known(float64(c.counts[state])) }
	return TCPStates{
		Established: c.updated(tcpEstablished, c.established, established),
		SynSent:     count(tcpSynSent),
		SynReceived: count(tcpSynReceived),
		FinWait:     Known(float64(c.counts[tcpFinWait1] + c.counts[tcpFinWait2])),
		TimeWait:    c.waiting(timeWait),
		CloseWait:   count(tcpCloseWait),
		LastAck:     count(tcpLastAck),
		Listen:      count(tcpListen),
		Closing:     count(tcpClosing),
	}
}

// updated is what was counted, and what was added to the kernel's number since. That one may count sockets of other
// states too, or of other namespaces.
func (c *tcpCensus) updated(state int, then, now Number) Number {
	if c.without&(1<<state) != 0 {
		return now
	}
	n := float64(c.counts[state])
	before, ok := then.Get()
	after, ok2 := now.Get()
	if ok && ok2 {
		n = max(n+after-before, 0)
	}
	return Known(n)
}

// waiting is how many are in TIME-WAIT.
func (c *tcpCensus) waiting(now Number) Number {
	if n, ok := now.Get(); ok && c.without&(1<<tcpTimeWait) != 0 {
		return Known(max(n-float64(c.ended), 0))
	}
	return c.updated(tcpTimeWait, c.timeWait, now)
}

// isOld: the kernel's own numbers have moved by more than a tenth since, and not by a few. What moved may be sockets of other states or
// namespaces: newer kernels count those in CLOSE-WAIT as established, and hundreds of them may go at once. Of a state
// that is not counted nothing is old.
func (c *tcpCensus) isOld(established, timeWait Number) bool {
	counts := func(state int) bool { return c.without&(1<<state) == 0 }
	return c.known && (counts(tcpEstablished) && hasMoved(c.established, established) || counts(tcpTimeWait) && hasMoved(c.timeWait, timeWait))
}

func hasMoved(then, now Number) bool {
	before, ok := then.Get()
	after, ok2 := now.Get()
	return ok && ok2 && math.Abs(after-before) > max(before/10, fewSockets)
}

// fewSockets come and go on every host: they are not worth a census.
const fewSockets = 8

// tcpLeaveOut says which states need not be counted one by one, or are too many for it. A busy server has a hundred
// thousand sockets in TIME-WAIT, and the kernel knows how many.
func tcpLeaveOut(established, timeWait Number) (states uint32) {
	if n, _ := established.Get(); n > mostCounted {
		states |= 1 << tcpEstablished
	}
	if timeWait.known {
		states |= 1 << tcpTimeWait
	}
	return states
}

// earlyCensus is by how much sooner there may be a census when much has changed: it costs less than 0.5 % then.
const earlyCensus = 10

// longestCensusPause is how long to wait at most, and how long while nobody looks.
const longestCensusPause = time.Minute

// censusPause is how long to wait after a census that took so long: it is to cost less than 0.05 % of a processor, and
// more only where it takes more than 30 ms.
func censusPause(took time.Duration) time.Duration {
	return min(max(took*2000, 10*time.Second), longestCensusPause)
}

var (
	errManySockets = fmt.Errorf("more than %d TCP sockets: their states are not counted", mostSockets)
	errDiag        = errors.New("malformed answer of sock_diag")
)

// What is used of netlink(7) and sock_diag(7).
const (
	diagHeader    = 16 // bytes of struct nlmsghdr
	diagError     = 2  // NLMSG_ERROR
	diagDone      = 3  // NLMSG_DONE
	diagGetTCP    = 18 // TCPDIAG_GETSOCK
	diagDump      = 0x301
	diagRequest   = 76 // bytes of a header and a struct inet_diag_req
	diagSequence  = 1
	diagStates    = diagHeader + 52 // in a header and a struct inet_diag_req
	diagStateByte = diagHeader + 1  // in a header and a struct inet_diag_msg
	diagTimerByte = diagHeader + 2
	diagWaitTimer = 3 // of a socket that no process holds, in FIN-WAIT-2 or TIME-WAIT
)

// diagRequestFor asks for all TCP sockets that are in one of the states. It is the older form of the question: it has no
// family, and gets those of both in one walk through the kernel's table, which is what takes the time.
func diagRequestFor(states uint32) []byte {
	b := make([]byte, diagRequest)
	order := binary.NativeEndian
	order.PutUint32(b[0:], diagRequest)
	order.PutUint16(b[4:], diagGetTCP)
	order.PutUint16(b[6:], diagDump)
	order.PutUint32(b[8:], diagSequence)
	order.PutUint32(b[diagStates:], states)
	return b
}

// parseDiag counts the sockets in a part of the answer, and notes the listeners that are full; done says that it was the
// last one.
func (t *diagTally) parseDiag(b []byte) (done bool, err error) {
	order := binary.NativeEndian
	for len(b) > 0 {
		if len(b) < diagHeader {
			return false, errDiag
		}
		length := uint64(order.Uint32(b))
		if length < diagHeader || length > uint64(len(b)) {
			return false, errDiag
		}
		message := b[:length]
		b = b[min((length+3)&^3, uint64(len(b))):]
		if t.left--; t.left < 0 {
			return false, errManySockets
		}
		if order.Uint32(message[8:]) != diagSequence {
			continue
		}
		switch order.Uint16(message[4:]) {
		case diagDone, diagError:
			if len(message) < diagHeader+4 {
				return true, nil
			}
			if code := int32(order.Uint32(message[diagHeader:])); code < 0 && code > -4096 {
				return true, syscall.Errno(-code)
			}
			return true, nil
		case diagGetTCP:
			if len(message) <= diagTimerByte {
				return false, errDiag
			}
			state := message[diagStateByte]
			t.counts.add(state)
			if state == tcpFinWait2 && message[diagTimerByte] == diagWaitTimer {
				t.ended++
			}
			if state != tcpListen {
				continue
			}
			if l, full := parseFullListener(message); full {
				t.full.add(l)
			}
		}
	}
	return false, nil
}

// countTCP counts the sockets of /proc/net/tcp or tcp6: a line of names, and then for each socket a line with its
// state, two hexadecimal digits, as the fourth word.
func countTCP(r *bufio.Reader, counts *tcpCounts, left *int) error {
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 && !first {
			return nil
		}
		if err != nil {
			return fmt.Errorf("table of sockets: %w", err) // also one that is torn
		}
		if first {
			continue
		}
		if *left--; *left < 0 {
			return errManySockets
		}
		var word []byte
		for range 4 {
			word, line = cutWord(line)
		}
		if len(word) != 2 {
			return errors.New("table of sockets: a line without a state")
		}
		counts.add(tcpHexDigit(word[0])<<4 | tcpHexDigit(word[1]))
	}
}

// tcpHexDigit is the value of a digit; what is none counts as a state that there is not.
func tcpHexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 15
}
