//go:build !unix

package crowd

import (
	"net"
	"sync"
)

// readWhenReady cannot be done here.
func readWhenReady(*net.TCPConn, *sync.Pool, func([]byte)) (done bool, err error) { return false, nil }

// await waits until there is something to read, or the end of it: a raw reader who has read nothing is called again then.
func await(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil // readNow waits
	}
	called := false
	return raw.Read(func(uintptr) bool {
		before := called
		called = true
		return before
	})
}

func readNow(conn *net.TCPConn, b []byte) (int, error) { return conn.Read(b) }
