package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A head that does not arrive is waited for only so long, however it does not: not at all, half of it, or byte by byte.
func TestSlowHeads(t *testing.T) {
	t.Parallel()
	s := open(t, Config{headTimeout: 200 * time.Millisecond, idleTimeout: time.Hour}, "")
	for name, head := range map[string]string{"nothing": "", "half": "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A", "no-end": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"} {
		t.Run(name, func(t *testing.T) {
			conn := s.dial()
			io.WriteString(conn, head)
			answer, err := io.ReadAll(conn)
			if text := string(answer); err != nil || text != "" && !strings.HasPrefix(text, "HTTP/1.1 408 ") {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
	t.Run("byte-by-byte", func(t *testing.T) {
		conn := s.dial()
		ended := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, conn)
			ended <- err
		}()
		io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ")
		for drip := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-drip.C:
				io.WriteString(conn, "a")
			case err := <-ended:
				drip.Stop()
				if e, ok := err.(net.Error); ok && e.Timeout() {
					t.Errorf("it is waited for as long as bytes come: %v", err)
				}
				return
			}
		}
	})
}

// A connection that has had its answer and is silent is closed, without a word.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	s := open(t, Config{headTimeout: time.Hour, idleTimeout: 200 * time.Millisecond}, "")
	s.publish(1)
	conn := s.dial()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answer, err := http.ReadResponse(r, nil)
	if err != nil || answer.StatusCode != 200 || answer.Close {
		t.Fatalf("got %+v, %v", answer, err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v", rest, err)
	}
}

// What README says of both.
func TestPatience(t *testing.T) {
	d := New(Config{})
	defer d.Close()
	if c := d.config; c.headTimeout != 10*time.Second || c.idleTimeout != 75*time.Second {
		t.Errorf("a head may take %v, a connection be idle for %v", c.headTimeout, c.idleTimeout)
	}
}
