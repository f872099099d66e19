package transport

import (
	"net"
	"os"
	"time"
)

// watch tells when the other end of a connection closes while a request that came by it waits. stop must be called before
// the answer is written; gone is nil where the connection cannot be watched.
func watch(conn net.Conn) (gone <-chan struct{}, stop func()) {
	look := ahead(conn)
	if look == nil {
		look = peek(conn)
	}
	if look == nil {
		return nil, func() {}
	}
	conn.SetReadDeadline(time.Time{}) // the server's is for the request that has arrived
	left, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		if look() {
			close(left)
		}
	}()
	return left, func() {
		conn.SetReadDeadline(time.Unix(1, 0))
		<-finished
		conn.SetReadDeadline(time.Time{})
	}
}

// ahead is peek for a connection that has a layer, such as TLS, which can read ahead: whether the other end has closed
// stands in what it has said. nil for any other.
func ahead(conn net.Conn) func() (closed bool) {
	for conn != nil {
		if layer, ok := conn.(interface{ Ahead() error }); ok {
			return func() bool {
				err := layer.Ahead()
				return err != nil && !os.IsTimeout(err)
			}
		}
		layer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = layer.NetConn()
	}
	return nil
}
