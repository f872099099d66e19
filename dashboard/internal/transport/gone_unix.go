//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peek returns how it can be seen that the other end of a connection has closed, or that it has said something. Nothing is
// read: a look at what is there shows the end of the stream and leaves everything else, such as a next request sent early,
// where it is. nil where the connection is more than its descriptor.
func peek(conn net.Conn) func() (closed bool) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return func() (closed bool) {
		err := raw.Read(func(fd uintptr) bool {
			var peek [1]byte
			n, _, err := unix.Recvfrom(int(fd), peek[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
				return false // wait until there is something to see
			}
			closed = n == 0 || err != nil
			return true
		})
		return err == nil && closed
	}
}
