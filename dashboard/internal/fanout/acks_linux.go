package fanout

import (
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/accept"
)

// own takes the watch over what is acknowledged from the kernel.
func own(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 0) }

// disown gives that watch back where a middlebox will close the connection: once the line has ended nobody else looks whether
// the viewer takes what is still inside. mu is not held.
func (g *pair) disown() {
	if b, ok := bare(g.conn).(interface{ Bare() bool }); g.socket == nil || !ok || b.Bare() {
		return
	}
	g.socket.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(accept.Unacknowledged.Milliseconds()))
	})
}

// outgoing is how many bytes the other end has not acknowledged (tcp(7), SIOCOUTQ).
func outgoing(fd int32) (int, error) {
	var n int32
	if _, _, errno := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCOUTQ, uintptr(unsafe.Pointer(&n))); errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// underWay tells whether there are such bytes, and what is known of it then. Most of the time there are none, and that
// takes one short system call.
func underWay(fd int) (s sight, any bool) {
	if n, err := outgoing(int32(fd)); err != nil || n == 0 {
		return s, false
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil { // a Unix socket: nothing is under way there
		return s, false
	}
	return sight{info.Bytes_acked, time.Duration(info.Last_ack_recv) * time.Millisecond, info.Probes > 0 || info.Retransmits > 0}, true
}

// looked goes on after a look: it sees whether the line's viewer still takes something. mu is held.
func (s *shard) looked(o *op, now time.Duration) error {
	if err := s.look(o.line, o.err == nil && o.n > 0, now); err != nil {
		return err
	}
	return s.passed(o.line, now)
}

// look judges a line that had bytes under way a moment ago, if any. mu is held.
func (s *shard) look(l *line, any bool, now time.Duration) error {
	var is sight
	if any {
		is, any = underWay(int(l.fd))
	}
	was, known := s.behind[l]
	switch {
	case !any && known:
		delete(s.behind, l)
	case any && !known:
		s.behind[l] = ack{is.acked, now}
	case any:
		var err error
		s.behind[l], err = l.still(was, is, now)
		return err
	}
	return nil
}

// pass is the line's. mu is held.
func (s *shard) pass(l *line, now time.Duration) error {
	err := l.pass(now)
	if err != nil && l.reason == Slow {
		if is, any := underWay(int(l.fd)); any {
			l.full(is, now)
		}
	}
	return err
}

// full asks about a connection that has taken nothing for as long as it may. mu is held.
func (g *pair) full(now time.Duration) {
	if g.socket == nil {
		return
	}
	g.socket.Control(func(fd uintptr) {
		if is, any := underWay(int(fd)); any {
			g.line.full(is, now)
		}
	})
}

// look is like a shard's. What is more than its descriptor, such as a middlebox, is left to the kernel. mu is held.
func (g *pair) look(now time.Duration) error {
	if g.socket == nil { // until the middlebox is gone
		g.socket = socketOf(g.conn)
	}
	if g.socket == nil {
		return nil
	}
	var is sight
	var any bool
	g.socket.Control(func(fd uintptr) { is, any = underWay(int(fd)) })
	switch {
	case !any:
		g.behind = nil
	case g.behind == nil:
		g.behind = &ack{is.acked, now}
	default:
		var err error
		*g.behind, err = g.line.still(*g.behind, is, now)
		return err
	}
	return nil
}

// socketOf is what is below a connection, taken over from the kernel's watch; nil for what is more than its descriptor.
func socketOf(conn net.Conn) syscall.RawConn {
	conn = bare(conn)
	for {
		if b, ok := conn.(interface{ Bare() bool }); ok && !b.Bare() {
			return nil
		}
		if sc, ok := conn.(syscall.Conn); ok {
			if raw, err := sc.SyscallConn(); err == nil {
				raw.Control(func(fd uintptr) { own(int(fd)) })
				return raw
			}
		}
		layer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = layer.NetConn()
	}
}
