//go:build !linux

package fanout

import (
	"net"
	"syscall"
	"time"
)

// look is Linux's: what other kernels tell is not the same.
func (g *pair) look(time.Duration) error { return nil }

// full is likewise.
func (g *pair) full(time.Duration) {}

// disown is likewise.
func (g *pair) disown() {}

func socketOf(net.Conn) syscall.RawConn { return nil }
