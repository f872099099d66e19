//go:build linux

package dashboard

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// A cut is a reset, whichever way the connection was held when it came.
func TestCutIsAReset(t *testing.T) {
	plain := func() (*site, net.Conn, error) {
		s := open(t, Config{Lab: true}, "")
		s.publish(1)
		return s, s.dial(), nil
	}
	byTLS := func() (*site, net.Conn, error) {
		s, _, pool := secured(t)
		conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: pool})
		return s, conn, err
	}
	const slow = `{"viewer":"me","fault":{"delay":"1ms"}}`
	for name, c := range map[string]struct {
		dial   func() (*site, net.Conn, error)
		before string
	}{"plain": {plain, ""}, "plain, slow": {plain, slow}, "TLS": {byTLS, ""}, "TLS, slow": {byTLS, slow}} {
		s, conn, err := c.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if c.before != "" {
			s.breaks(c.before)
		}
		fmt.Fprintf(conn, "GET /api/v1/streaming?viewer=me HTTP/1.1\r\nHost: %s\r\n\r\n", s.addr)
		eventually(t, "it is held", func() bool { return len(s.transports.Viewers.List()) == 1 })
		s.breaks(`{"technique":"streaming","fault":{"cut":"once"}}`)
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: got %v, want a reset", name, err)
		}
		eventually(t, "nobody is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
	}
}
