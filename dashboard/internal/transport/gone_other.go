//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import "net"

// watch cannot see a connection close without reading from it here: a long poll's viewer is missed when it is answered.
func watch(net.Conn) (gone <-chan struct{}, stop func()) { return nil, func() {} }
