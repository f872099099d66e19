//go:build linux

package dashboard

import (
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
	for _, before := range []string{"", `{"viewer":"me","fault":{"delay":"1ms"}}`} {
		s := open(t, Config{Lab: true}, "")
		s.publish(1)
		if before != "" {
			s.breaks(before)
		}
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /api/v1/streaming?viewer=me HTTP/1.1\r\nHost: %s\r\n\r\n", s.addr)
		eventually(t, "it is held", func() bool { return len(s.transports.Viewers.List()) == 1 })
		s.breaks(`{"technique":"streaming","fault":{"cut":"once"}}`)
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, conn); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after %q: got %v, want a reset", before, err)
		}
		eventually(t, "nobody is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
	}
}
