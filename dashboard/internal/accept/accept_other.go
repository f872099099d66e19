//go:build !linux

package accept

import (
	"net"
	"time"
)

// setUserTimeout is Linux's; elsewhere keep-alive probes and write deadlines notice a vanished peer.
func setUserTimeout(*net.TCPConn, time.Duration) {}
