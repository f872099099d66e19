package crowd

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
)

// secure shakes hands. What is left of it is crypto/tls's connection where the server speaks TLS 1.2, and our own otherwise,
// which is a quarter of that.
func secure(ctx context.Context, conn *net.TCPConn, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var traffic secrets
	config = config.Clone()
	config.KeyLogWriter = &traffic
	c := tls.Client(&exact{TCPConn: conn}, config)
	if err := c.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	is := c.ConnectionState()
	if is.Version != tls.VersionTLS13 {
		return c, nil
	}
	s, err := newSealed(conn, is.CipherSuite, traffic.server, traffic.client)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// An exact socket hands out a record and nothing behind it: who takes over after the handshake finds all that follows.
type exact struct {
	*net.TCPConn
	head [recordHead]byte
	n    int // of head
	left int // of the record behind it
}

func (e *exact) Read(b []byte) (n int, err error) {
	if e.left > 0 {
		n, err = e.TCPConn.Read(b[:min(len(b), e.left)])
		e.left -= n
		return n, err
	}
	n, err = e.TCPConn.Read(b[:min(len(b), recordHead-e.n)])
	if e.n += copy(e.head[e.n:], b[:n]); e.n == recordHead {
		e.left, e.n = int(binary.BigEndian.Uint16(e.head[3:])), 0
	}
	return n, err
}

// NetConn is the socket, for who reads nothing.
func (e *exact) NetConn() net.Conn { return e.TCPConn }

// secrets are what the handshake has agreed on, of TLS 1.3: told to nobody else, and as crypto/tls writes them (RFC 9850).
type secrets struct{ client, server []byte }

func (s *secrets) Write(line []byte) (int, error) {
	fields := bytes.Fields(line) // a label, the client's random, the secret
	if len(fields) != 3 {
		return len(line), nil
	}
	secret, err := hex.DecodeString(string(fields[2]))
	switch string(fields[0]) {
	case "CLIENT_TRAFFIC_SECRET_0":
		s.client = secret
	case "SERVER_TRAFFIC_SECRET_0":
		s.server = secret
	}
	return len(line), err
}
