package dashboard

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
	"github.com/fivewire/fivewire/dashboard/load"
)

func TestProbes(t *testing.T) {
	s := open(t, Config{}, "")
	if status, body, _ := s.get("healthz"); status != 200 || body != "ok\n" {
		t.Errorf("healthz: got %d %q", status, body)
	}
	if status, _, _ := s.get("readyz"); status != 503 {
		t.Errorf("readyz before the first snapshot: got %d", status)
	}
	if status, _, header := s.get("api/v1/host"); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("host before the first snapshot: got %d", status)
	}
	s.Publish(collector.Snapshot{At: time.Now(), Host: &collector.Host{Hostname: "mon"}})
	if status, body, _ := s.get("readyz"); status != 200 || body != "ok\n" {
		t.Errorf("readyz: got %d %q", status, body)
	}
	if status, body, _ := s.get("api/v1/host"); status != 200 || !strings.Contains(body, `"hostname":"mon"`) {
		t.Errorf("host: got %d %q", status, body)
	}
}

func TestConfigTellsThePage(t *testing.T) {
	s := open(t, Config{Interval: 250 * time.Millisecond}, "")
	s.publish(2)
	_, body, _ := s.get("api/v1/config")
	var got struct {
		Version    string
		IntervalMS int `json:"interval_ms"`
		Epoch      string
		Cursor     string
		Techniques []string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got.IntervalMS != 250 || got.Epoch != s.hub.Epoch() || got.Cursor != s.cursor(2) || len(got.Techniques) != 5 || got.Version == "" {
		t.Errorf("got %+v", got)
	}
}

func TestUnknownURLs(t *testing.T) {
	t.Parallel()
	s := open(t, Config{}, "")
	for path, want := range map[string]int{
		"api/v1/carrierpigeon":                         404, // which exist is told below
		"api/v1/wire?viewer=x&technique=ip":            400,
		"api/v1/streaming?as=smoke":                    400,
		"api/v1/wire":                                  400,
		"api/v1/sse/more":                              404,
		"api/v1/history?series=cpu.busy&points=0":      400,
		"api/v1/history?series=cpu.busy&from=2&to=1":   400,
		"api/v1/history?series=a,a":                    400,
		"api/v1/history?series=a,b,c&points=5000&to=x": 400,
		"api/v2/sse":                                   404,
		"api/":                                         404,
		"nothing.js":                                   404,
		"assets.go":                                    404,
		"..%2f..%2fetc%2fpasswd":                       404,
		"js/../../main.go":                             404,
		"%00.js":                                       404,
	} {
		status, body, header := s.get(path)
		if status != want || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d %s", path, status, body)
		}
		if want == 400 && !strings.Contains(body, `"parameter":`) {
			t.Errorf("%s: %s names no parameter", path, body)
		}
	}
	if _, body, _ := s.get("api/v1/carrierpigeon"); !strings.Contains(body, `"allowed":["polling","longpolling","streaming","sse","websocket","config",`) || strings.Count(body, `"marks"`) != 1 {
		t.Errorf("got %s", body)
	}
}

// post says a command and returns status and body.
func (s *site) post(path, contentType, body string, header ...string) (int, string) {
	s.t.Helper()
	client := http.DefaultClient
	if s.trust != nil {
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}}
	}
	defer client.CloseIdleConnections()
	status, answer, _ := ask(s.t, client, "POST", s.url+path, body, append([]string{"Content-Type", contentType}, header...)...)
	return status, answer
}

// ask makes a request with header lines, given as name and value in turn, and reads the answer.
func ask(t testing.TB, client *http.Client, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer), resp.Header
}

func TestCommandsByPost(t *testing.T) {
	t.Parallel()
	s := open(t, Config{}, "")
	s.get("api/v1/polling?viewer=me")
	const kind = "application/json"
	if status, body := s.post("api/v1/viewers/me", kind, `{"ping":7}`); status != 200 || !strings.HasPrefix(body, `{"pong":7,`) {
		t.Errorf("got %d %s", status, body)
	}
	for name, got := range map[string]func() (int, string){
		"400 not-a-command": func() (int, string) { return s.post("api/v1/viewers/me", kind, `{"kill":1}`) },
		"400 bad-id":        func() (int, string) { return s.post("api/v1/viewers/a%20b", kind, `{"ping":1}`) },
		"404 not-here":      func() (int, string) { return s.post("api/v1/viewers/you", kind, `{"set":{"every":"1s"}}`) },
		"415 not-json":      func() (int, string) { return s.post("api/v1/viewers/me", "text/plain", `{"ping":1}`) },
		"413 too-long": func() (int, string) {
			return s.post("api/v1/viewers/me", kind, `{"ping":"`+strings.Repeat("x", 5000)+`"}`)
		},
		"403 foreign": func() (int, string) {
			return s.post("api/v1/viewers/me", kind, `{"ping":1}`, "Origin", "http://evil.example")
		},
	} {
		want, what, _ := strings.Cut(name, " ")
		if status, body := got(); fmt.Sprint(status) != want {
			t.Errorf("%s: got %d %s", what, status, body)
		}
	}
}

// A few bytes that unpack to gigabytes are refused as they are.
func TestPackedCommandsAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, Config{}, "")
	for _, packing := range []string{"gzip", "br", "deflate", "zstd"} {
		if status, body := s.post("api/v1/viewers/me", "application/json", "\x1f\x8b\x08\x00", "Content-Encoding", packing); status != 415 {
			t.Errorf("%s: got %d %s", packing, status, body)
		}
	}
}

func TestWrongMethod(t *testing.T) {
	s := open(t, Config{}, "")
	for _, path := range []string{"api/v1/sse", "api/v1/config", "healthz"} {
		if status, body := s.post(path, "application/json", `{}`); status != 405 || !strings.Contains(body, `"status":405`) {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
}

// A command thins what is held already, on every technique that holds.
func TestSetEvery(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(1)
		c := s.client(technique)
		c.Viewer = "thin"
		go func() {
			asked := func() int64 { return s.transports.Viewers.Wire("thin")[technique].Requests }
			eventually(t, "it is there", func() bool {
				return technique == "polling" && asked() > 0 || s.hub.Stats().Subscriptions > 0
			})
			if status, body := s.post("api/v1/viewers/thin", "application/json", `{"set":{"every":"3s"}}`); status != 204 {
				t.Errorf("got %d %s", status, body)
			}
			if technique == "polling" { // the poll that is under way was asked before
				under := asked()
				eventually(t, "it asks again", func() bool { return asked() >= under+2 })
			}
			s.publish(9)
		}()
		equal(t, s.watch(c, s.cursor(1), 3), "4 7 10")
	})
}

func TestViewersAreListed(t *testing.T) {
	s := open(t, Config{Lab: true}, "")
	s.publish(1)
	c := s.client("sse")
	c.Viewer = "laptop-7"
	done := make(chan error)
	ctx := t.Context()
	go func() {
		done <- c.Watch(ctx, "", func(load.Message) error {
			_, body, _ := s.get("api/v1/viewers")
			if !strings.Contains(body, `"viewer":"`+transport.Short("laptop-7")+`","technique":"sse"`) {
				t.Errorf("got %s", body)
			}
			// The meter takes the name that is listed.
			if _, body, _ := s.get("api/v1/wire?viewer=" + transport.Short("laptop-7")); !strings.Contains(body, `"transports":{"sse":{"requests":1,`) {
				t.Errorf("got %s", body)
			}
			if status, body, _ := s.get("api/v1/wire?exchanges=1&viewer=" + transport.Short("laptop-7")); status != 400 || !strings.Contains(body, "own ID") {
				t.Errorf("got %d %s", status, body)
			}
			if _, body, _ := s.get("api/v1/wire?viewer=" + transport.Short("laptop-7")); !strings.Contains(body, `"transports":{"sse":{`) {
				t.Errorf("asked for its exchanges, it is another: %s", body)
			}
			return errEnough
		})
	}()
	if err := <-done; !errors.Is(err, errEnough) {
		t.Error(err)
	}
}

// The list says which way each connection is held.
func TestViewersShowTheWay(t *testing.T) {
	for _, held := range []string{"", byEpoll, byGoroutine} {
		for _, technique := range []string{"longpolling", "streaming", "sse", "websocket"} {
			t.Run(technique+held, func(t *testing.T) {
				want := "io_uring epoll" // where the kernel refuses the first
				switch {
				case held == byGoroutine || runtime.GOOS != "linux":
					if want = "goroutine"; technique == "longpolling" { // it waits in a handler
						want = ""
					}
				case held == byEpoll:
					want = "epoll"
				}
				s := open(t, Config{Hold: 20 * time.Second}, "")
				s.publish(1)
				s.ask(technique, s.cursor(1))
				var list struct{ Viewers []transport.Held }
				eventually(t, "it is listed", func() bool {
					_, text, _ := s.get("api/v1/viewers")
					if err := json.Unmarshal([]byte(text), &list); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
					return len(list.Viewers) == 1 && (list.Viewers[0].Way != "" || want == "")
				})
				if !t.Failed() && !strings.Contains(want, list.Viewers[0].Way) {
					t.Errorf("held by %q, want %q", list.Viewers[0].Way, want)
				}
			})
		}
	}
}

// The browser gets what the folder holds, byte for byte, and asks again only whether it has changed.
func TestAssets(t *testing.T) {
	t.Parallel()
	files := os.DirFS("../assets")
	s := open(t, Config{Assets: files}, "")
	n := 0
	err := filepath.WalkDir("../assets", func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) == ".go" {
			return err
		}
		if n++; testing.Short() && n%10 != 0 {
			return nil
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), "../assets/")
		want, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		status, body, header := s.get(name)
		if status != 200 || body != string(want) {
			t.Errorf("%s: got %d and %d bytes, want %d", name, status, len(body), len(want))
		}
		if header.Get("Content-Security-Policy") == "" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: got %v", name, header)
		}
		if status, body, _ := s.get(name, "If-None-Match", header.Get("ETag")); status != 304 || body != "" {
			t.Errorf("%s again: got %d and %d bytes", name, status, len(body))
		}
		return nil
	})
	if err != nil || n < 10 {
		t.Errorf("%d files, %v", n, err)
	}
	_, root, _ := s.get("")
	_, index, _ := s.get("index.html")
	if root != index {
		t.Error("the root is not index.html")
	}
}

// Compiled in, a page's modules come as one file, compressed for who can take it so, and what is loaded later as another; of a folder
// that is being edited, each comes as it is.
func TestBundles(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Assets: assets.FS}, "")
	for _, address := range []string{"js/main.js?bundle", "js/embed.js?bundle", "js/lab/lab.js?bundle=js/main.js"} {
		name, _, _ := strings.Cut(address, "?")
		status, plain, header := s.get(address)
		if status != 200 || !strings.Contains(plain, "{ // "+name+"\n") || header.Get("Content-Encoding") != "" || !strings.Contains(header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: got %d and %d bytes, %v", address, status, len(plain), header)
		}
		if _, refused, header := s.get(address, "Accept-Encoding", "gzip;q=0"); refused != plain || header.Get("Content-Encoding") != "" {
			t.Errorf("%s where gzip is refused: got %d bytes, %v", address, len(refused), header)
		}
		status, packed, header := s.get(address, "Accept-Encoding", "gzip, br")
		if unpacked, err := fasthttp.AppendGunzipBytes(nil, []byte(packed)); status != 200 || err != nil || string(unpacked) != plain || header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s compressed: got %d and %d bytes, %v, %v", address, status, len(packed), err, header)
		}
		if status, body, _ := s.get(address, "If-None-Match", header.Get("ETag")); status != 304 || body != "" {
			t.Errorf("%s again: got %d and %d bytes", address, status, len(body))
		}
	}
	as := func(s *site, address string) string {
		t.Helper()
		name, _, _ := strings.Cut(address, "?")
		want, err := os.ReadFile("../assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, body, _ := s.get(address); body == string(want) {
			return "file"
		}
		return "bundle"
	}
	edited := open(t, Config{Assets: os.DirFS("../assets")}, "")
	for _, test := range []struct {
		s             *site
		address, want string
	}{
		{s, "js/main.js?bundle", "bundle"}, {s, "js/main.js", "file"}, {s, "js/main.js?v=2", "file"}, {s, "js/api.js?bundle", "file"},
		{s, "js/api.js?bundle=js/main.js", "file"}, {s, "js/lab/lab.js?bundle=js/embed.js", "file"}, {edited, "js/main.js?bundle", "file"},
	} {
		if got := as(test.s, test.address); got != test.want {
			t.Errorf("%s: got a %s, want a %s", test.address, got, test.want)
		}
	}
}

func TestWithoutAssets(t *testing.T) {
	s := open(t, Config{}, "")
	if status, body, _ := s.get(""); status != 200 || !strings.Contains(body, "assets.FS") {
		t.Errorf("got %d %s", status, body)
	}
}

// Under a sub-path everything is below it, and the path without its slash leads there.
func TestBasePath(t *testing.T) {
	s := open(t, Config{Assets: fstest.MapFS{"index.html": {Data: []byte("page")}}}, "/a/monitor")
	s.publish(1)
	if _, body, _ := s.get(""); body != "page" {
		t.Errorf("got %q", body)
	}
	equal(t, s.watch(s.client("websocket"), "", 1), "1")
	s.url = strings.TrimSuffix(s.url, "/")
	if status, _, header := s.get(""); status != 308 || header.Get("Location") != "monitor/" {
		t.Errorf("got %d to %q", status, header.Get("Location"))
	}
	s.url = "http://" + s.addr
	if status, _, _ := s.get("/api/v1/polling"); status != 404 {
		t.Errorf("outside of the base path: got %d", status)
	}
}

// mounted is a dashboard in somebody else's app, below a prefix and behind their middleware.
func mounted(t *testing.T, app *fiber.App, prefix string, middleware ...fiber.Handler) *site {
	d := New(Config{Heartbeat: 100 * time.Millisecond, Hold: 300 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Assets: fstest.MapFS{"index.html": {Data: []byte("page of " + prefix)}}})
	d.Register(app.Group(prefix, middleware...))
	return &site{Dashboard: d, t: t}
}

func TestTwoDashboardsInOneApp(t *testing.T) {
	t.Parallel()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	a := mounted(t, app, "/a")
	b := mounted(t, app, "/b", func(c *fiber.Ctx) error {
		if c.Get("Authorization") != "Bearer sesame" {
			return c.SendStatus(401)
		}
		c.Set("X-Owner", "yes")
		return c.Next()
	})
	app.Get("/mine", func(c *fiber.Ctx) error { return c.SendString("mine") })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln)
	for prefix, s := range map[string]*site{"/a/": a, "/b/": b} {
		s.addr = ln.Addr().String()
		s.url = "http://" + s.addr + prefix
	}
	a.publish(1)
	b.publish(2)
	each(t, func(t *testing.T, technique string) {
		equal(t, a.watch(a.client(technique), "", 1), "1")
		c := b.client(technique)
		var refused *load.StatusError
		if err := c.Watch(t.Context(), "", nil); !errors.As(err, &refused) || refused.Status != 401 {
			t.Errorf("past the owner's middleware: got %v", err)
		}
		c.Header = http.Header{"Authorization": {"Bearer sesame"}}
		equal(t, b.watch(c, "", 1), "2")
	})
	if status, body, _ := a.get(""); status != 200 || body != "page of /a" {
		t.Errorf("got %d %q", status, body)
	}
	a.url = strings.TrimSuffix(a.url, "/")
	if status, _, header := a.get(""); status != 308 || header.Get("Location") != "a/" {
		t.Errorf("without the slash: got %d to %q", status, header.Get("Location"))
	}
	a.url = "http://" + a.addr + "/mine"
	if status, body, header := a.get(""); status != 200 || body != "mine" || header.Get("X-Content-Type-Options") != "" {
		t.Errorf("the owner's own URL: got %d %q %v", status, body, header)
	}
	for _, s := range []*site{a, b} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closed twice: %v", err)
		}
	}
	if err := app.ShutdownWithTimeout(time.Minute); err != nil {
		t.Error(err)
	}
}

// Requests that are none, sent raw: each is refused or cut, and the server goes on.
func TestMalformedRequests(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(1)
	for name, request := range map[string]string{
		"binary":          "\x00\x01\x02\x03\r\n\r\n",
		"no-host":         "GET /api/v1/polling HTTP/1.1\r\n\r\n",
		"absolute":        "GET http://evil.example/api/v1/polling HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"fragment":        "GET /healthz#x HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"two-hosts":       "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
		"huge-head":       "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n",
		"huge-body":       "POST /api/v1/viewers/me HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n",
		"trace":           "TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"put":             "PUT /api/v1/viewers/me HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n",
		"half-an-upgrade": "GET /api/v1/websocket HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\n\r\n",
		"no-key":          "GET /api/v1/websocket HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"chunked":         "POST /api/v1/viewers/me HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{\"ping\":1}\r\n0\r\n\r\n",
		"chunked-get":     "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two-lengths":     "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"lengths-turned":  "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"identity":        "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n0",
		"folded":          "GET /api/v1/polling HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\n\r\n",
		"short-key":       "GET /api/v1/websocket HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
		"two-keys":        "GET /api/v1/websocket HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		"old-protocol":    "GET /api/v1/polling HTTP/9.9\r\nHost: HOST\r\n\r\n",
		"forwarded-host":  "GET /api/v1/polling HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn := s.dial()
			defer conn.Close()
			io.WriteString(conn, strings.ReplaceAll(request, "HOST", s.addr))
			answer := make([]byte, 4096)
			n, err := conn.Read(answer)
			if !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) && (n > 0 || !errors.Is(err, io.EOF)) {
				t.Errorf("got %q, %v", answer[:n], err)
			}
			if bytes.Contains(answer, []byte("evil.example")) {
				t.Errorf("the answer repeats what was sent: %q", answer[:n])
			}
		})
	}
	equal(t, s.watch(s.client("sse"), "", 1), "1")
}

// say sends a request as it stands, and returns what comes until the connection ends or says nothing more.
func (s *site) say(request string) string {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	io.WriteString(conn, strings.ReplaceAll(request, "HOST", s.addr))
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// A proxy that asks in HTTP/1.0 cannot pass a WebSocket on, though it repeats the viewer's Upgrade: it is told, and not
// answered 101, which it would take for the end.
func TestUpgradeInHTTP10(t *testing.T) {
	s := open(t, Config{}, "")
	got := s.say("GET /api/v1/websocket HTTP/1.0\r\nHost: HOST\r\n" + handshake + "\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 426 ") || !strings.Contains(got, "HTTP/1.0") {
		t.Errorf("got %q", got)
	}
}

// What is meant for a proxy is not taken, by whatever name, and the answer says so.
func TestNoProxy(t *testing.T) {
	s := open(t, Config{}, "")
	got := s.say("GET http://HOST/healthz HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 421 ") || !strings.Contains(got, "no proxy") || strings.Contains(got, "address it printed") {
		t.Errorf("got %q", got)
	}
}

// Who asks before sending a body is told at once that it is too large, or to go on.
func TestExpect(t *testing.T) {
	s := open(t, Config{}, "")
	const head = "POST /api/v1/viewers/me HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n"
	if got := s.say(head + "Content-Length: 1000000\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 413 ") {
		t.Errorf("got %q", got)
	}
	if got := s.say(head + "Content-Length: 10\r\n\r\n{\"ping\":1}"); !strings.HasPrefix(got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ") || strings.Contains(got, "413") {
		t.Errorf("got %q", got)
	}
}

// A method that is not taken is answered with those that are.
func TestAllow(t *testing.T) {
	s := open(t, Config{}, "")
	for path, want := range map[string]string{"sse": "GET, HEAD", "marks": "GET, HEAD, POST", "openapi.json": "GET, HEAD"} {
		got := s.say("DELETE /api/v1/" + path + " HTTP/1.1\r\nHost: HOST\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 405 ") || !strings.Contains(got, "\r\nAllow: "+want+"\r\n") {
			t.Errorf("%s: got %q", path, got)
		}
	}
}

// HEAD answers GET's head, of a poll with the length of its body, and holds nothing.
func TestHead(t *testing.T) {
	t.Parallel()
	heads := map[string]string{
		"polling": "200 application/json; charset=utf-8 gzip", "longpolling": "200 application/json; charset=utf-8 gzip",
		"streaming": "200 application/x-ndjson gzip", "sse": "200 text/event-stream gzip",
	}
	ask := func(s *site, method, path string, body bool) (head string, length int64) {
		req, err := http.NewRequest(method, s.url+"api/v1/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Accept-Encoding", "gzip")
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer http.DefaultClient.CloseIdleConnections()
		defer resp.Body.Close()
		if got, err := io.ReadAll(io.LimitReader(resp.Body, 1)); !body && (err != nil || len(got) > 0) {
			t.Errorf("%s %s: got a body", method, path)
		}
		return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Content-Type"), " ", resp.Header.Get("Content-Encoding"))), resp.ContentLength
	}
	each(t, func(t *testing.T, technique string) {
		if technique == "websocket" {
			return // has no HTTP body to leave out: answered 426 like any other plain request
		}
		s := open(t, Config{Lab: true}, "")
		s.publish(1)
		head, length := ask(s, "HEAD", technique, false)
		get, body := ask(s, "GET", technique, true)
		if head != heads[technique] || head != get || length != body {
			t.Errorf("HEAD: got %s, %d bytes; GET: %s, %d bytes", head, length, get, body)
		}
		eventually(t, "nothing is held", func() bool { return s.hub.Stats().Subscriptions == 0 })
		if !strings.Contains(technique, "polling") {
			return
		}
		if head, length := ask(s, "HEAD", technique+"?wait=20s&after="+s.cursor(1), false); head != "204" || length > 0 {
			t.Errorf("with nothing new: got %s, %d bytes", head, length)
		}
		head, length = ask(s, "HEAD", technique+"?as=jsonp", false)
		get, body = ask(s, "GET", technique+"?as=jsonp", true)
		if head != "200 application/javascript; charset=utf-8 gzip" || head != get || length != body {
			t.Errorf("JSONP: HEAD: got %s, %d bytes; GET: %s, %d bytes", head, length, get, body)
		}
	})
}

// Each parameter may stand there once, however it is spelled and whatever it says the second time.
func TestParametersOnce(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(1)
	for _, technique := range load.Techniques() {
		for name, value := range map[string]string{"after": s.cursor(1), "every": "1s", "viewer": "me", "wait": "0s", "compress": "off", "as": ""} {
			for _, again := range []string{name + "=" + value, fmt.Sprintf("%%%02x%s=x", name[0], name[1:]), name} {
				status, body, _ := s.get("api/v1/" + technique + "?" + name + "=" + value + "&_=1&" + again)
				if status != 400 || !strings.Contains(body, `"parameter":"`+name+`"`) || !strings.Contains(body, `"allowed":["once"]`) {
					t.Errorf("%s, %s and %s: got %d %s", technique, name, again, status, body)
				}
			}
		}
	}
	for _, path := range []string{"wire?viewer=a&viewer=b", "history?points=1&points=2", "processes?limit=1&limit=1"} {
		if status, body, _ := s.get("api/v1/" + path); status != 400 || !strings.Contains(body, `"parameter":`) {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
	if status, _, _ := s.get("api/v1/polling?after=" + s.cursor(1) + "&every=1s&viewer=me&compress=off"); status != 204 {
		t.Errorf("each once: got %d", status)
	}
}

func TestUnixSocket(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fw.sock")
	for range 2 { // the second finds the file of the first, which nobody listens on
		ln, url, err := Listen("unix:" + file)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v, %v", info, err)
		}
		if _, _, err := Listen("unix:" + file); err == nil {
			t.Error("two listen on one socket")
		}
		ln.(*net.UnixListener).SetUnlinkOnClose(false)
		s := serveOn(t, New(Config{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}), ln, url, "")
		s.publish(1)
		client := &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", file)
			},
			DisableKeepAlives: true,
		}}
		resp, err := client.Get("http://localhost/readyz")
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("got %v, %v", resp, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		if err := s.end(); err != nil {
			t.Error(err)
		}
	}
}

// Fiber reuses a request's memory for later ones: whatever is kept of a request must be a copy, in an app that is not
// Immutable too.
func TestNothingIsKeptUncopied(t *testing.T) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	s := mounted(t, app, "/m")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln)
	s.addr, s.url = ln.Addr().String(), "http://"+ln.Addr().String()+"/m/"
	s.publish(1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 5)
	for _, technique := range load.Techniques() {
		c := s.client(technique)
		c.Viewer = "keeper-" + technique
		go func() { ended <- c.Watch(ctx, "", func(load.Message) error { return nil }) }()
		eventually(t, c.Viewer+" is known", func() bool { return s.transports.Viewers.Wire(c.Viewer) != nil })
	}
	eventually(t, "four are held", func() bool { return len(s.transports.Viewers.List()) == 4 })

	conn := s.dial()
	go io.Copy(io.Discard, conn)
	for i := range 5000 {
		fmt.Fprintf(conn, "GET /m/api/v1/polling?viewer=other%05d-XXXXXXXXX&after=zzzzzz-%d HTTP/1.1\r\nHost: x\r\n\r\n", i, i)
	}
	eventually(t, "all were answered", func() bool { return s.transports.Viewers.Wire("other04999-XXXXXXXXX") != nil })
	for _, technique := range load.Techniques() {
		if s.transports.Viewers.Wire("keeper-" + technique)[technique].Messages == 0 {
			t.Errorf("keeper-%s has been overwritten", technique)
		}
	}
	for _, held := range s.transports.Viewers.List() {
		if held.Viewer != transport.Short("keeper-"+held.Technique) {
			t.Errorf("got %+v", held)
		}
	}
	cancel()
	for range 5 {
		<-ended
	}
	if err := errors.Join(s.Close(), app.ShutdownWithTimeout(time.Minute)); err != nil {
		t.Error(err)
	}
}
