package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// Ten thousand come and go, on all five techniques, a thousand at a time: what the kernel counts for the process is back
// within a fifth, and goroutines and descriptors are back exactly.
func TestTenThousandComeAndGo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	t.Parallel() // it waits most of the time
	exhaustive(t)
	s := start(t)
	s.ready()
	s.visit(t, 10*len(load.Techniques())) // whatever is made for the first of each is there
	// Goroutines and descriptors are as of the last snapshot, a second ago, and the server keeps goroutines for two seconds;
	// those of the connection that asks are in all.
	before := s.figures(t)
	for was := (figures{}); was.goroutines != before.goroutines || was.descriptors != before.descriptors; before = s.figures(t) {
		was = before
		time.Sleep(2500 * time.Millisecond)
	}
	const rounds, at = 10, 1000
	for range rounds {
		s.visit(t, at)
	}
	after := s.figures(t)
	// It takes five seconds of calm until memory is given back.
	for deadline := time.Now().Add(40 * time.Second); !after.within(before); after = s.figures(t) {
		if time.Now().After(deadline) {
			t.Errorf("not everything is back")
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("before %+v, after %d viewers %+v", before, rounds*at, after)
}

// visit connects n viewers, each on one of the techniques, waits until each has an answer, and has them all leave: half
// of them say so, half cut the connection.
func (s *server) visit(t *testing.T, n int) {
	t.Helper()
	conns := make([]net.Conn, n)
	defer func() {
		for i, conn := range conns {
			if conn == nil {
				continue
			}
			if i%2 == 0 {
				conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
	}()
	failed := make(chan error, n)
	var connecting sync.WaitGroup
	const together = 8
	for worker := range together {
		connecting.Go(func() {
			for i := worker; i < n; i += together {
				var err error
				if conns[i], err = s.connect(load.Techniques()[i%len(load.Techniques())]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	connecting.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
}

// connect asks on a technique and reads the head of the answer.
func (s *server) connect(technique string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", s.address(), 10*time.Second)
	if err != nil {
		return nil, err
	}
	upgrade := ""
	if technique == "websocket" {
		upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "GET /api/v1/%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", technique, s.address(), upgrade)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("%s: got %d", technique, answer.StatusCode)
	}
	return conn, err
}

// figures are what a process has in use.
type figures struct{ resident, goroutines, descriptors int }

// within tells whether no more is in use than before: of memory, no more than a fifth.
func (f figures) within(before figures) bool {
	return f.goroutines <= before.goroutines && f.descriptors <= before.descriptors && f.resident <= before.resident*6/5
}

// figures are those of the server, as it tells them and, of its memory, as the kernel does.
func (s *server) figures(t *testing.T) figures {
	t.Helper()
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	metrics := body(t, s.url+"metrics")
	return figures{
		number(t, string(rollup), `(?m)^Rss: +(\d+) kB`) << 10,
		number(t, metrics, `(?m)^go_goroutines (\d+)`),
		number(t, metrics, `(?m)^process_open_fds (\d+)`),
	}
}

// number finds one in a text.
func number(t *testing.T, text, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %.200q", pattern, text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
