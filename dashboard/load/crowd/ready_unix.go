//go:build unix

package crowd

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// readWhenReady takes a buffer only when there is something to read: a viewer that waits has none.
func readWhenReady(conn *net.TCPConn, buffers *sync.Pool, take func([]byte)) (done bool, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false, nil
	}
	b := (*[16 << 10]byte)(nil)
	n := 0
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		b = buffers.Get().(*[16 << 10]byte)
		n, failed = syscall.Read(int(fd), b[:])
		if failed == syscall.EAGAIN {
			buffers.Put(b)
			b = nil
			return false
		}
		return true
	})
	if b != nil {
		defer buffers.Put(b)
	}
	switch {
	case err != nil:
		return true, err
	case failed != nil:
		return true, failed
	case n == 0:
		return true, io.EOF
	}
	take(b[:n])
	return true, nil
}

// await waits until there is something to read, or the end of it.
func await(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		return err != syscall.EAGAIN
	})
}

// readNow reads without waiting: what is not there is errNotNow.
func readNow(conn *net.TCPConn, b []byte) (n int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		n, failed = syscall.Read(int(fd), b)
		return true
	})
	switch {
	case err != nil:
		return 0, err
	case failed == syscall.EAGAIN || failed == syscall.EINTR:
		return 0, errNotNow
	case failed != nil:
		return 0, failed
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
