package dashboard

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/load"
	"github.com/fivewire/fivewire/dashboard/load/crowd"
)

// Shutting a Fiber app down leaves two sleepers of fasthttp behind: the clock for Date lines, which is one for the
// process, and a worker pool's cleaner in its last sleep. Neither holds anything of ours.
//
// This binary is `fivewire load` too, for the lab's crowd.
func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // what is parallel here waits more than it works
	if len(os.Args) > 1 && os.Args[1] == "load" {
		var command crowd.Command
		parser, err := kong.New(&command)
		if err == nil {
			_, err = parser.Parse(os.Args[2:])
		}
		if err == nil {
			err = command.Run()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, ofFasthttp()...)
}

// ofFasthttp are goroutines of its own: one for ever, and one of each server that ends by and by.
func ofFasthttp() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	}
}

// site is a dashboard that is being served, and what a test does with it.
type site struct {
	*Dashboard
	t    testing.TB
	url  string
	addr string
	end  func() error // ends Serve and says what it returned
	n    int          // snapshots published

	trust *x509.CertPool // of a site that speaks TLS

	window []byte // what a compressed WebSocket has said
}

// open serves a dashboard on a free port until the test ends. Its patience is short: nothing here waits for the
// defaults.
func open(t *testing.T, config Config, base string) *site {
	t.Helper()
	if config.Heartbeat == 0 {
		config.Heartbeat = 100 * time.Millisecond
	}
	if config.Hold == 0 {
		config.Hold = 300 * time.Millisecond
	}
	config.portable = config.portable || strings.Contains(t.Name(), byGoroutine)
	config.noRing = config.noRing || strings.Contains(t.Name(), byEpoll)
	config.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	ln, url, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, New(config), ln, url, base)
}

func serveOn(t testing.TB, d *Dashboard, ln net.Listener, url, base string) *site {
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx, ln, base) }()
	s := &site{Dashboard: d, t: t, url: url + base + "/", addr: ln.Addr().String()}
	s.end = sync.OnceValue(func() error {
		http.DefaultClient.CloseIdleConnections() // or the shutdown waits until it looks again whether they are gone
		cancel()
		return <-served
	})
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// publish shows n more snapshots, a second apart on their own clock.
func (s *site) publish(n int) {
	for range n {
		s.n++
		s.Publish(collector.Snapshot{
			At:     time.UnixMilli(1763638612000).Add(time.Duration(s.n) * time.Second),
			Uptime: collector.Known(float64(s.n)),
		})
	}
}

// cursor is the id of message n.
func (s *site) cursor(n int) string { return fmt.Sprint(s.hub.Epoch(), "-", n) }

func (s *site) client(technique string) *load.Client {
	return &load.Client{URL: s.url, Technique: technique, Interval: 5 * time.Millisecond}
}

// late is when somebody who waits for a connection gives it up: a machine may be busy.
const late = time.Minute

// dial has a connection that nobody has said anything on yet.
func (s *site) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(late))
	return conn
}

// handshake is what a request has more that is to become a WebSocket.
const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// each runs a test on all five, and on those that hold connections in the other ways of holding them.
func each(t *testing.T, test func(t *testing.T, technique string)) {
	for _, technique := range load.Techniques() {
		t.Run(technique, func(t *testing.T) { test(t, technique) })
	}
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		if testing.Short() {
			break
		}
		t.Run(technique+byEpoll, func(t *testing.T) { test(t, technique) })
		t.Run(technique+byGoroutine, func(t *testing.T) { test(t, technique) })
	}
}

// These are in the name of a test whose site holds connections by goroutines, or without io_uring.
const byGoroutine, byEpoll = "-by-goroutine", "-by-epoll"

// eventually waits for something that others bring about.
func eventually(t testing.TB, what string, true func() bool) {
	t.Helper()
	for range 6000 {
		if true() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("in half a minute it never came about that %s", what)
}

// stopwatch begins to measure time as this process has it: a tick that comes late, because the machine has stopped the process or
// let it wait, counts as one in time. What it returns ends it.
func stopwatch() (took func() time.Duration) {
	const tick = 5 * time.Millisecond
	over, ticks := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-time.After(tick):
			case <-over:
				ticks <- n
				return
			}
		}
	}()
	return func() time.Duration {
		close(over)
		return time.Duration(<-ticks) * tick
	}
}

// get answers a GET with status and body.
func (s *site) get(path string, header ...string) (int, string, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if path == "" { // a browser's; others get text
		req.Header.Set("Accept", "text/html")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}
