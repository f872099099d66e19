//go:build !unix

package crowd

import (
	"net"
	"sync"
)

// readWhenReady cannot be done here.
func readWhenReady(*net.TCPConn, *sync.Pool, func([]byte)) (done bool, err error) { return false, nil }
