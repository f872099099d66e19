package crowd

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// mostReading is how many read by TLS at a time. The others wait: when a message comes for all, each would have a buffer.
const mostReading = 8

// few are buffers that are not in use; nil for one that has not been made yet.
type few chan *[16 << 10]byte

// A secured connection speaks TLS over a socket that TLS never waits for: who waits for the socket has no buffer, and
// a stack that shrinks.
type secured struct {
	*tls.Conn
	socket *socket
	more   bool // TLS may have taken what comes next from the socket already
}

// A socket is TLS's side of it.
type socket struct {
	*net.TCPConn
	shaken bool // the handshake, which waits, is through
}

// errNotNow is what TLS is told when nothing has come. It takes it for nothing worse, because it is temporary.
var errNotNow net.Error = notNow{}

type notNow struct{}

func (notNow) Error() string   { return "nothing has come" }
func (notNow) Timeout() bool   { return true }
func (notNow) Temporary() bool { return true }

// secure shakes hands, in a goroutine of its own: to check a certificate takes a large stack, which ends with it.
func secure(ctx context.Context, conn *net.TCPConn, config *tls.Config) (net.Conn, error) {
	s := &secured{socket: &socket{TCPConn: conn}, more: true}
	s.Conn = tls.Client(s.socket, config)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan error)
	go func() { done <- s.HandshakeContext(ctx) }()
	if err := <-done; err != nil {
		conn.Close()
		return nil, err
	}
	s.socket.shaken = true
	return s, nil
}

// NetConn is the socket, for who reads nothing.
func (s *secured) NetConn() net.Conn { return s.socket.TCPConn }

func (s *socket) Read(b []byte) (int, error) {
	if s.shaken {
		return readNow(s.TCPConn, b)
	}
	return s.TCPConn.Read(b)
}

// read waits for bytes and hands them to take.
func (s *secured) read(buffers few, take func([]byte)) error {
	for {
		if !s.more {
			if err := await(s.socket.TCPConn); err != nil {
				return err
			}
		}
		b := <-buffers
		if b == nil {
			b = new([16 << 10]byte)
		}
		n, err := s.Conn.Read(b[:])
		if s.more = n > 0; n > 0 {
			take(b[:n])
		}
		buffers <- b
		if n > 0 {
			return nil // the error comes again
		}
		if !errors.Is(err, errNotNow) {
			return err
		}
	}
}
