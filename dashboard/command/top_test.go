package command

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/load"
)

// paper is what is printed on.
type paper struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// waits until something is on it.
func (p *paper) waits(t *testing.T, want string) {
	t.Helper()
	for range 6000 {
		if strings.Contains(p.String(), want) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("in half a minute there was no %q", want)
}

// serving is a dashboard on a free port.
func serving(t *testing.T) (*dashboard.Dashboard, *remote) {
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := dashboard.New(dashboard.Config{AlertOff: alert.Names()[3:4], Logger: slog.New(slog.DiscardHandler)}) // its filesystems are full
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx, ln, "") }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	r, err := dial(url+"/", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.client.CloseIdleConnections)
	return d, r
}

// The technique is switched by keys while messages come, and each of them is shown.
func TestTopSwitches(t *testing.T) {
	keystrokes, snapshots := "1234515x4q", 3
	if testing.Short() {
		keystrokes, snapshots = "152xq", 1
	}
	d, r := serving(t)
	d.Publish(collectortest.Snapshot(0))
	var out paper
	keys := make(chan byte)
	m := monitor{remote: r, technique: "sse", out: &out, live: true, keys: keys, size: func() (int, int) { return 80, 24 }}
	ended := make(chan error, 1)
	go func() { ended <- m.run(t.Context()) }()
	n := 0
	for i, key := range keystrokes {
		for range snapshots {
			out.waits(t, fmt.Sprintf("00:00:%02d UTC", n))
			n++
			d.Publish(collectortest.Snapshot(n))
		}
		if i == 4 {
			killed := collectortest.Snapshot(n)
			killed.At = killed.At.Add(500 * time.Millisecond)
			killed.Marks = []collector.Mark{{At: 1, Kind: collector.MarkOOM, Text: "the kernel killed postgres"}}
			d.Publish(killed)
			out.waits(t, "! the kernel killed postgres (since ")
		}
		keys <- byte(key)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if !strings.Contains(out.String(), fmt.Sprintf("00:00:%02d UTC", i)) {
			t.Errorf("message %d was not shown", i)
		}
	}
	if text := out.String(); !strings.Contains(text, "websocket, ") || m.missed != 0 || strings.Contains(text, "\x1b[3") {
		t.Errorf("%d missed; the end is %q", m.missed, text[max(len(text)-200, 0):])
	}
}

// Without a terminal it is pages, and with --once one.
func TestTopWithoutTerminal(t *testing.T) {
	d, r := serving(t)
	d.Publish(collectortest.Snapshot(7))
	for _, technique := range []string{"polling", "longpolling", "streaming", "sse", "websocket"} {
		var out paper
		m := monitor{remote: r, technique: technique, once: true, out: &out, size: func() (int, int) { return 80, 24 }}
		if err := m.run(t.Context()); err != nil {
			t.Errorf("%s: %v", technique, err)
		}
		if text := out.String(); strings.Count(text, "00:00:07 UTC") != 1 || strings.Contains(text, "\x1b") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s: %q", technique, text)
		}
	}
	r.base = "http://127.0.0.1:1/"
	m := monitor{remote: r, technique: "sse", once: true, out: new(paper), size: func() (int, int) { return 80, 24 }}
	if err := m.run(t.Context()); err == nil || !strings.Contains(err.Error(), "is a dashboard there?") {
		t.Errorf("where nobody is: %v", err)
	}
}

func TestTopOfTerminals(t *testing.T) {
	for _, tt := range []struct {
		system          string
		env             map[string]string
		canDraw, isUTF8 bool
	}{
		{"linux", map[string]string{"TERM": "xterm-256color", "LANG": "C.UTF-8"}, true, true},
		{"linux", map[string]string{"TERM": "xterm"}, true, true},
		{"linux", map[string]string{"TERM": "dumb", "LANG": "de_DE.utf8"}, false, true},
		{"linux", map[string]string{}, false, true},
		{"windows", map[string]string{}, true, true},
		{"linux", map[string]string{"TERM": "linux", "LC_ALL": "C", "LANG": "C.UTF-8"}, true, false},
		{"linux", map[string]string{"TERM": "linux", "LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "C.UTF-8"}, true, false},
		{"linux", map[string]string{"TERM": "linux", "LC_CTYPE": "C.UTF-8", "LANG": "POSIX"}, true, true},
	} {
		getenv := func(name string) string { return tt.env[name] }
		if draw, utf8 := canDraw(tt.system, getenv), speaksUTF8(getenv); draw != tt.canDraw || utf8 != tt.isUTF8 {
			t.Errorf("%s %v: it can draw is %v, it speaks UTF-8 is %v", tt.system, tt.env, draw, utf8)
		}
	}
}

// Over a restart it says what happened, and counts down; and afterwards that there was a gap.
func TestTopOfLoss(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	_, err = http.Get("http://" + address + "/a/long/path")
	why := reason(err)
	if err == nil || !strings.Contains(why, "refused") || !strings.HasSuffix(why, " ("+address+")") || strings.Contains(why, "path") {
		t.Errorf("got %q of %v", why, err)
	}
	if why := reason(fmt.Errorf("sse: %w", io.ErrUnexpectedEOF)); why != "sse: unexpected EOF" {
		t.Errorf("got %q", why)
	}
	synctest.Test(t, func(t *testing.T) {
		m := monitor{technique: "sse", out: io.Discard, size: func() (int, int) { return 80, 24 }, lost: why, again: time.Now().Add(3 * time.Second)}
		for _, want := range []string{"in 3 s: ", "in 2 s: ", "in 1 s: ", "in 0 s: ", "in 0 s: "} {
			if got := m.status(); got != "no connection, again "+want+why {
				t.Errorf("got %q", got)
			}
			time.Sleep(time.Second)
		}
		for i := range 2 {
			if err := m.take(t.Context(), load.Message{ID: "b-1", At: 1, Gap: i == 0, Raw: []byte(`{"data":{}}`)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := m.status(); !strings.HasPrefix(got, "sse, 2 messages, 0 missed, 1 gap; ") {
			t.Errorf("got %q", got)
		}
	})
}
