//go:build !unix

package crowd

import (
	"net"
	"sync"
)

// readWhenReady cannot be done here.
func readWhenReady(*net.TCPConn, *sync.Pool, func([]byte)) (done bool, err error) { return false, nil }

// await need not wait: readNow does.
func await(*net.TCPConn) error { return nil }

func readNow(conn *net.TCPConn, b []byte) (int, error) { return conn.Read(b) }
