package fanout

import (
	"net"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Reading is meter.Probe's, for whoever works on the line now: of a line that is held by its descriptor. A goroutine's
// connection knows by itself.
func (l *line) Reading() (r meter.Reading, ok bool) {
	if l.fd == 0 {
		return r, false
	}
	return meter.ReadingOf(int(l.fd))
}

// probeOf asks about a connection that a goroutine holds.
func probeOf(conn net.Conn) meter.Probe {
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		conn = hijacked.UnsafeConn() // the server's wrapping hides it
	}
	return meter.ProbeOf(conn)
}

// closing asks the kernel for the last time. The connection is closed next.
func (l *line) closing(p meter.Probe) {
	if c := l.caller(); c != nil {
		c.Closing(p)
	} else {
		l.Account.Last(p)
	}
}

// record keeps what has left, of which the message's frame is the first if there is one in hand. b is the first of rest.
func (l *line) record(b []byte) {
	left := len(l.rest) - len(b)
	if p := l.said; p != nil && l.owed > 0 {
		n := min(int(l.owed), len(b))
		l.Account.Said(b[:n])
		if n == int(l.owed) {
			l.Account.Spoken([]meter.Span{p.payload}, []string{p.message.ID.String()})
		}
		b = b[n:]
	}
	if l.Account.Said(b); left == 0 && len(b) > 0 {
		l.Account.Spoken(nil, nil)
	}
}
