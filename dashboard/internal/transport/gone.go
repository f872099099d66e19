//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watch tells when the other end of a connection closes while a request that came by it waits. Nothing is read: a
// peek shows the end of the stream and leaves everything else, such as a next request sent early, where it is.
// stop must be called before the answer is written; gone is nil where the connection cannot be watched.
func watch(conn net.Conn) (gone <-chan struct{}, stop func()) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil, func() {}
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, func() {}
	}
	conn.SetReadDeadline(time.Time{}) // the server's is for the request that has arrived
	left, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		closed := false
		err := raw.Read(func(fd uintptr) bool {
			var peek [1]byte
			n, _, err := unix.Recvfrom(int(fd), peek[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
				return false // wait until there is something to see
			}
			closed = n == 0 || err != nil
			return true
		})
		if err == nil && closed {
			close(left)
		}
	}()
	return left, func() {
		conn.SetReadDeadline(time.Unix(1, 0))
		<-finished
		conn.SetReadDeadline(time.Time{})
	}
}
