//go:build !linux

package fanout

import "net"

// shards are Linux's.
type shards struct{}

func (*shards) close() {}

func (*shards) reroute(func(Owner) Through) {}

// detach is Linux's: elsewhere every line has its goroutines.
func (*Fanout) detach(*line, net.Conn, []byte, []byte) bool { return false }

// CanPark tells whether connections can be parked here.
func (*Fanout) CanPark() bool { return false }
