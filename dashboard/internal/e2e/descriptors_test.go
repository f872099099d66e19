package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/load"
)

// With few descriptors, viewers are what there is no room for: they are told 503 and when to come again, those who are
// there live on, the host is read as before, and when some leave there is room for others.
func TestDescriptorsRunOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs a shell's ulimit as Linux has it")
	}
	if testing.Short() {
		t.Skip("lets the collector read for seconds")
	}
	t.Parallel() // it waits most of the time
	file := needBinary(t)
	s := startCommand(t, "sh", "-c", `ulimit -n 100; exec "$0" --listen 127.0.0.1:0 --interval 100ms`, file)
	s.ready()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	snapshots := make(chan collector.Snapshot, 10_000)
	watched := make(chan error, 1)
	go func() {
		c := load.Client{URL: s.url, Technique: "sse"}
		watched <- c.Watch(ctx, "", func(m load.Message) error {
			var message struct{ Data collector.Snapshot }
			err := json.Unmarshal(m.Raw, &message)
			snapshots <- message.Data
			return err
		})
	}()
	<-snapshots

	var held []net.Conn
	defer func() {
		for _, conn := range held {
			conn.Close()
		}
	}()
	fill := func() (refused int) {
		for range 200 {
			conn, status, again := s.ask()
			switch {
			case status == http.StatusOK:
				held = append(held, conn)
				continue
			case status != http.StatusServiceUnavailable || again == "":
				t.Errorf("refused with %d, Retry-After %q", status, again)
			}
			conn.Close()
			refused++
		}
		return refused
	}
	if refused := fill(); refused == 0 || len(held) < 20 {
		t.Fatalf("of 200, %d are held and %d refused", len(held), refused)
	}
	for began := time.Now(); time.Since(began) < 3*time.Second; { // by then what is read seldom has been read
		select {
		case shown := <-snapshots:
			for _, source := range shown.Sources {
				if strings.Contains(source.Error, "too many open files") { // a busy machine has other reasons
					t.Fatalf("%s: %s", source.Name, source.Error)
				}
			}
		case <-time.After(5 * time.Second):
			t.Fatal("who was there gets nothing any more")
		}
	}
	first := len(held)
	for _, conn := range held[:first/2] {
		conn.Close()
	}
	held = held[first/2:]
	for deadline := time.Now().Add(10 * time.Second); len(held) < first-2 && time.Now().Before(deadline); {
		fill()
	}
	if len(held) < first-2 {
		t.Errorf("after half of %d have left, there is room for %d", first, len(held))
	}
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Errorf("who was there was cut: %v", err)
	}
}

// ask connects as a viewer and returns the status of the answer, and its Retry-After.
func (s *server) ask() (conn net.Conn, status int, again string) {
	s.t.Helper()
	conn, err := net.DialTimeout("tcp", s.address(), 5*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "GET /api/v1/sse HTTP/1.1\r\nHost: %s\r\n\r\n", s.address())
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		conn.Close()
		s.t.Fatalf("no answer: %v", err)
	}
	conn.SetDeadline(time.Time{})
	return conn, answer.StatusCode, answer.Header.Get("Retry-After")
}
