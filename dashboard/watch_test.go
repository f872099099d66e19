package dashboard

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
)

// One URL: a page for browsers, text for everybody else.
func TestTextByAccept(t *testing.T) {
	s := open(t, Config{Interval: time.Millisecond}, "/monitor")
	if status, _, header := s.get("", "Accept", "*/*"); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("before there is a snapshot: %d", status)
	}
	s.Publish(collectortest.Snapshot(3))
	for _, tt := range []struct{ accept, kind, has string }{
		{"*/*", "text/plain", "test-host"},
		{"", "text/plain", "postgres"},
		{"application/json, text/plain;q=0.5", "text/plain", "filesystem"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/plain", "dashboard.Config.Assets"}, // there are none here
	} {
		status, body, header := s.get("", "Accept", tt.accept)
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), tt.kind) || !strings.Contains(body, tt.has) || !strings.Contains(header.Get("Vary"), "Accept") {
			t.Errorf("%q: got %d %s, Vary %q: %.200s", tt.accept, status, header.Get("Content-Type"), header.Get("Vary"), body)
		}
	}
	_, body, _ := s.get("?cols=60", "Accept", "*/*")
	for line := range strings.Lines(body) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 60 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for query, want := range map[string]string{"?at=1763638612345": "this is now: at= ", "?range=1h&from=1&to=2": "this is now: from= ", "?to=2": "this is now: to= "} {
		if status, body, _ := s.get(query, "Accept", "*/*"); status != 200 || !strings.Contains(body, want) || !strings.HasSuffix(body, "api/v1/history has what was\n") {
			t.Errorf("%s: got %d %s", query, status, body)
		}
	}
	if strings.Contains(body, "this is now") {
		t.Errorf("says so to who asks for now: %s", body)
	}
	for _, query := range []string{"?cols=10", "?cols=wide", "?color=red", "watch?rows=0", "watch?cols=401", "watch?rows=1e3", "watch?cols=80&cols=90", "watch?after=nowhere"} {
		status, body, _ := s.get(query, "Accept", "*/*")
		if status != 400 || !strings.Contains(body, "allowed") {
			t.Errorf("%s: got %d %s", query, status, body)
		}
	}
}

// Who asks for text before there is any waits for the first snapshot.
func TestTextWaitsForTheFirst(t *testing.T) {
	s := open(t, Config{Interval: time.Hour}, "")
	answered := make(chan int, 1)
	go func() {
		status, _, _ := s.get("", "Accept", "*/*")
		answered <- status
	}()
	select {
	case status := <-answered:
		t.Fatalf("before the first: got %d", status)
	case <-time.After(100 * time.Millisecond): // without a wait it has answered by then, or else passes for once
	}
	s.Publish(collectortest.Snapshot(3))
	if status := <-answered; status != 200 {
		t.Errorf("got %d", status)
	}
}

// A terminal holds one connection: a picture for each message, and goodbye.
func TestWatch(t *testing.T) {
	for _, how := range []string{"", byEpoll, byGoroutine} {
		t.Run("held"+how, func(t *testing.T) {
			s := open(t, Config{AlertOff: alert.Names()}, "")
			s.Publish(collectortest.Snapshot(0))
			resp, err := http.Get(s.url + "watch?cols=100&rows=30&viewer=term")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
				t.Fatalf("got %d, %v", resp.StatusCode, resp.Header)
			}
			in := bufio.NewReader(resp.Body)
			picture := func() string {
				t.Helper()
				var b strings.Builder
				for !strings.HasSuffix(b.String(), "\x1b[J") && !strings.HasSuffix(b.String(), "going away\r\n") {
					c, err := in.ReadByte()
					if err != nil {
						t.Fatalf("%v after %q", err, b.String())
					}
					b.WriteByte(c)
				}
				return b.String()
			}
			if first := picture(); !strings.HasPrefix(first, "\x1b[H\x1b[2J") || strings.Count(first, "\r\n") >= 30 || !strings.Contains(first, "test-host") {
				t.Errorf("the first picture is %q", first)
			}
			eventually(t, "it is on the list", func() bool {
				_, body, _ := s.get("api/v1/viewers")
				return strings.Contains(body, `"terminal"`)
			})
			for n := 1; n < 4; n++ {
				s.Publish(collectortest.Snapshot(n))
				if next := picture(); !strings.Contains(next, "2026-01-01 00:00:0"+string(rune('0'+n))) {
					t.Errorf("picture %d is %q", n, next)
				}
			}
			eventually(t, "four messages are on its account", func() bool {
				_, body, _ := s.get("api/v1/wire?viewer=term")
				return strings.Contains(body, `"messages":4`)
			})
			go s.Close()
			if last := picture(); !strings.HasSuffix(last, "fivewire is going away\r\n") {
				t.Errorf("at the end: %q", last)
			}
			if _, err := in.ReadByte(); err != io.EOF {
				t.Errorf("and then %v", err)
			}
		})
	}
}

// Who does not read gets the newest picture, and holds up nobody; who never reads again is cut.
func TestWatchSlow(t *testing.T) {
	s := open(t, Config{WriteTimeout: 300 * time.Millisecond}, "")
	s.Publish(collectortest.Snapshot(0))
	conn := s.dial()
	conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	io.WriteString(conn, "GET /watch?cols=400&rows=300&viewer=slow HTTP/1.1\r\nHost: "+s.addr+"\r\n\r\n")
	large := collectortest.Snapshot(0)
	list := make([]collector.Process, 300)
	for i := range list {
		list[i] = collector.Process{PID: int32(i), Command: strings.Repeat("x", 400)}
	}
	large.Processes = &collector.Processes{Top: list}
	n := 0
	eventually(t, "the one who does not read is cut", func() bool {
		n++
		large.At = large.At.Add(time.Second)
		s.Publish(large)
		_, body, _ := s.get("api/v1/viewers")
		return n > 10 && !strings.Contains(body, `"slow"`)
	})
}
