//go:build linux

package dashboard

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
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

// Whoever has just come is cut like the others, and once: while a connection goes from the server to the fan-out it is always
// somebody's.
func TestCutWhileItIsTaken(t *testing.T) {
	s := open(t, Config{Lab: true}, "")
	s.publish(1)
	book := s.transports.Faults()
	once := fault.Once
	for i := range 300 {
		viewer := fmt.Sprint("me", i)
		conn := s.dial()
		fmt.Fprintf(conn, "GET /api/v1/streaming?viewer=%s HTTP/1.1\r\nHost: %s\r\n\r\n", viewer, s.addr)
		for deadline := time.Now().Add(late); len(s.transports.Viewers.List()) == 0 && time.Now().Before(deadline); {
			runtime.Gosched() // to sleep is to come too late
		}
		if _, err := book.Set(fault.Scope{Technique: "streaming"}, fault.Fault{Cut: &once}, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("connection %d: got %v, want a reset", i, err)
		}
		eventually(t, "nobody is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
		book.ClearAll()
	}
}

// A long poll that is cut is counted as any other connection is, with its reason; one that ends by itself is not.
func TestCutPollIsCounted(t *testing.T) {
	s := open(t, Config{Hold: time.Minute}, "")
	s.publish(1)
	for _, says := range []string{"", strings.Repeat("n", 16<<10)} {
		conn := s.dial()
		fmt.Fprintf(conn, "GET /api/v1/longpolling?after=%s HTTP/1.1\r\nHost: %s\r\n\r\n", s.cursor(1), s.addr)
		eventually(t, "it is parked", func() bool {
			list := s.transports.Viewers.List()
			return len(list) == 1 && list[0].Way != ""
		})
		io.WriteString(conn, says) // more than a request may be
		if says == "" {
			conn.Close()
		}
		eventually(t, "it has ended", func() bool { return len(s.transports.Viewers.List()) == 0 })
	}
	eventually(t, "it is counted", func() bool {
		return maps.Equal(s.transports.Viewers.Ended()["longpolling"], map[fanout.Reason]uint64{fanout.Broke: 1})
	})
}
