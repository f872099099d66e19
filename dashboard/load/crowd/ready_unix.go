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
