package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var techniques = []string{"polling", "longpolling", "streaming", "sse", "websocket"}

// From the URL to numbers on screen, on every technique, at the first attempt: one that fails is made again after seconds. How
// long it takes is measured in the page, from the beginning of its loading to its first message, and told.
func TestPageGoesLive(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t)
	s.ready()
	for _, technique := range techniques {
		t.Run(technique, func(t *testing.T) {
			if technique != "websocket" {
				exhaustive(t)
			}
			p := newPage(t)
			p.moving(true)
			p.open(s.url + "?technique=" + technique)
			p.until("a message is there", func(s state) bool { return s.Messages > 0 })
			if n := p.text("reconnects"); n != "0" {
				t.Errorf("it has reconnected: %s", n)
			}
			// The page notes its first message as a performance mark.
			t.Logf("first message after %.0f ms", evaluate[float64](p, `performance.getEntriesByName("first-message")[0].startTime`))
			p.until("it is open", func(s state) bool { return s.Technique == technique && s.State == "open" })
			if host := p.text("hostname"); strings.TrimSpace(host) == "" {
				t.Error("the page does not say which host it shows")
			}
		})
	}
}

// All twenty ordered pairs, with messages every 100 ms, then all at once, then by keys: nothing is missed and nothing is taken twice.
func TestSwitching(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.open(s.url + "?technique=polling")
	p.live("polling")
	for _, from := range techniques {
		for _, to := range techniques {
			if from == to {
				continue
			}
			p.choose(from)
			p.live(from)
			before := p.state()
			p.choose(to)
			after := p.live(to)
			var first, last int
			fmt.Sscanf(before.LastID[strings.IndexByte(before.LastID, '-')+1:], "%d", &first)
			fmt.Sscanf(after.LastID[strings.IndexByte(after.LastID, '-')+1:], "%d", &last)
			if got := after.Messages - before.Messages; got != last-first {
				t.Errorf("%s to %s: %d messages from id %d to %d", from, to, got, first, last)
			}
			if after.Missed != 0 || after.Duplicates != 0 {
				t.Fatalf("%s to %s: %+v", from, to, after)
			}
		}
	}

	// Chosen faster than any of them comes up.
	for i := range 40 {
		p.choose(techniques[(i*3)%5])
	}
	p.choose("streaming")
	if after := p.live("streaming"); after.Missed != 0 || after.Duplicates != 0 {
		t.Errorf("got %+v", after)
	}
	eventually(t, "only one connection is left", func() bool { return strings.Count(body(t, s.url+"api/v1/viewers"), `"viewer":`) == 1 })
	// By keys.
	for i, technique := range techniques {
		p.press(fmt.Sprint(i + 1))
		p.live(technique)
	}
	p.press("?")
	if !evaluate[bool](p, `document.querySelector('[data-testid="help"]').open`) {
		t.Error("? does not open the help")
	}
}

// The server goes and comes back on the same address: the page says so, comes back by itself, and knows that there is
// a gap.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	address := s.address()
	p := newPage(t)
	p.expect("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "503", "WebSocket connection", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "404")
	p.open(s.url)
	p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	for _, technique := range techniques {
		t.Run(technique, func(t *testing.T) {
			if technique != "polling" && technique != "websocket" {
				exhaustive(t)
			}
			p.choose(technique)
			before := p.live(technique)
			s.stop(syscall.SIGTERM)
			p.until("the page notices", func(s state) bool { return s.State != "open" })
			s = start(p.t, "--interval", "100ms", "--listen", address) // the next one needs it
			s.ready()
			after := p.until("messages come again", func(s state) bool {
				return s.State == "open" && s.Messages > before.Messages && s.LastID[:6] != before.LastID[:6]
			})
			if after.Duplicates != before.Duplicates {
				t.Errorf("got %+v", after)
			}
			p.waits("the strip tells one reconnect, or several", `/^\s*(1 reconnect|(?!1 )[1-9]\d* reconnects)\s*$/.test(document.querySelector('[data-testid="reconnects"]').parentElement.textContent)`)
		})
	}
}

// The server comes back and reads at other times: the page and an embedded panel go by those.
func TestServerRestartsAtAnotherPace(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "200ms")
	s.ready()
	address := s.address()
	p, embedded := newPage(t), newPage(t)
	for p, path := range map[*page]string{p: "", embedded: "embed/cpu"} {
		p.expect("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "503", "WebSocket connection", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
		p.open(s.url + path)
		p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	}
	p.says("interval", "0.2 s")
	s.stop(syscall.SIGTERM)
	s = start(t, "--interval", "1m", "--listen", address)
	s.ready()
	p.says("interval", "1 min")
	time.Sleep(3 * time.Second) // fifteen of the intervals of before, and none of those of now
	if got := evaluate[string](p, `document.querySelector(".staleness").dataset.freshness`); got != "live" {
		t.Errorf("the page calls a reading of this minute %q", got)
	}
	embedded.waits("the embedded panel is live", `document.querySelector("[data-freshness]").dataset.freshness === "live"`)
}

// A page that has let go does not know what fires, and its title says so until it is back.
func TestTitleOfAPausedPage(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.open(s.url)
	p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	p.waits("its title has the host's name", `document.title.endsWith(" – fivewire") && !document.title.includes("❙❙")`)
	evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pagehide"))`)
	p.waits("its title says that it has let go", `/^❙❙ .* – fivewire$/.test(document.title)`)
	evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	p.live("sse")
	p.waits("its title says no more that it has let go", `!document.title.includes("❙❙")`)
}

// The network goes for a while and comes back: everything published meanwhile arrives.
func TestOffline(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
	p.open(s.url + "?technique=polling")
	for _, technique := range []string{"polling", "longpolling"} { // a browser's own switch does not cut what is open
		t.Run(technique, func(t *testing.T) {
			p.until("a message is there", func(s state) bool { return s.Messages > 0 })
			p.choose(technique)
			p.live(technique)
			p.offline(true)
			p.until("the page says that it is offline", func(s state) bool { return s.State == "offline" })
			time.Sleep(500 * time.Millisecond)
			p.offline(false)
			if after := p.live(technique); after.Missed != 0 || after.Duplicates != 0 {
				t.Errorf("got %+v", after)
			}
		})
	}
}

// Two techniques' pages side by side, in an owner's sub-path.
func TestSubPath(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--base-path", "/a/monitor", "--interval", "100ms")
	s.ready()
	if !strings.HasSuffix(s.url, "/a/monitor/") {
		t.Errorf("the URL is %s", s.url)
	}
	p := newPage(t)
	p.open(strings.TrimSuffix(s.url, "/") + "?technique=websocket")
	p.live("websocket")
}

// A page of another origin reads nothing, by any technique.
func TestForeignPage(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t)
	s.ready()
	other := start(t) // another origin: the same host on another port
	other.ready()
	p := newPage(t)
	p.expect("403", "WebSocket connection", "violates", "CORS", "Refused", "Fetch API", "ERR_", "Connecting to", "MIME type", "blocked", "404")
	p.open(other.url + "healthz") // a plain page, with no policy of its own in the way
	got := evaluate[string](p, `(async () => {
		const url = `+quote(s.url+"api/v1/")+`;
		const tries = {
			fetch: () => fetch(url + "polling").then((r) => r.text()),
			opaque: () => fetch(url + "polling", { mode: "no-cors" }).then((r) => r.text()).then((t) => { if (t === "") throw 0; }),
			eventsource: () => new Promise((yes, no) => { const e = new EventSource(url + "sse"); e.onmessage = yes; e.onerror = no; }),
			websocket: () => new Promise((yes, no) => { const w = new WebSocket(url.replace("http", "ws") + "websocket"); w.onmessage = yes; w.onerror = no; }),
			post: () => fetch(url + "viewers/x", { method: "POST", mode: "no-cors", body: '{"ping":1}' }).then((r) => r.text()).then((t) => { if (t === "") throw 0; }),
		};
		const open = [];
		for (const [name, attempt] of Object.entries(tries)) await attempt().then(() => open.push(name), () => {});
		return open.join(" ");
	})()`)
	if got != "" {
		t.Errorf("a foreign page can read by: %s", got)
	}
}

func body(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for range 1500 {
		if true() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("in half a minute it never came about that %s", what)
}

// A page that the browser puts aside lets go of its connection, and takes up where it was when it is shown again.
func TestPagePutAside(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.open(s.url)
	p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	for _, technique := range techniques {
		t.Run(technique, func(t *testing.T) {
			if technique != "polling" && technique != "websocket" {
				exhaustive(t)
			}
			p.choose(technique)
			before := p.live(technique)
			evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
			p.until("the page is paused", func(s state) bool { return s.State == "paused" })
			eventually(t, "it has let go", func() bool { return !strings.Contains(body(t, s.url+"api/v1/viewers"), `"viewer":`) })
			time.Sleep(time.Second)
			evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
			p.live(technique)
			after := p.until("it has what went by in that second", func(s state) bool { return s.Messages >= before.Messages+10 })
			if after.Missed != 0 || after.Duplicates != 0 {
				t.Errorf("got %+v after %+v", after, before)
			}
		})
	}
}

// The binary serves the files of the folder, every one of them, byte for byte.
func TestServedVerbatim(t *testing.T) {
	s := start(t)
	folder := filepath.Join("..", "..", "..", "assets")
	n := 0
	err := filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) == ".go" {
			return err
		}
		n++
		want, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		if got := body(t, s.url+filepath.ToSlash(name)); got != string(want) {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(want))
		}
		return nil
	})
	if err != nil || n < 10 {
		t.Errorf("%d files, %v", n, err)
	}
}
