package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// lab opens the wire lab of a server that publishes every 100 ms, with the page on a technique.
func lab(t *testing.T, technique string, args ...string) (*server, *page) {
	t.Helper()
	s := start(t, append([]string{"--interval", "100ms"}, args...)...)
	s.ready()
	p := newPage(t)
	p.view(1440, 1200, "dark")
	p.open(s.url + "?technique=" + technique + "#lab")
	p.live(technique)
	for _, technique := range techniques {
		p.laneCounts(technique, 5)
	}
	return s, p
}

// laneCounts waits until a lane shows so many messages.
func (p *page) laneCounts(lane string, messages int) {
	p.t.Helper()
	p.until(lane+" has messages", func(state) bool {
		return evaluate[int](p, `Number(document.querySelector('[data-testid="lane-`+lane+`-messages"]')?.textContent.replace(/\D/g, "") ?? -1)`) >= messages
	})
}

// held is who holds a connection, by technique.
func (s *server) held() string {
	s.t.Helper()
	var held []string
	for _, technique := range techniques {
		for range strings.Count(body(s.t, s.url+"api/v1/viewers"), `"technique":"`+technique+`"`) {
			held = append(held, technique)
		}
	}
	return strings.Join(held, " ")
}

// Two views of one page: by link, by key, by address, remembered; the wire lab holds each technique once, the page's own
// among them, and lets go when nobody looks.
func TestViews(t *testing.T) {
	s, p := lab(t, "sse")
	all := "longpolling streaming sse websocket"
	eventually(t, "each is held once", func() bool { return s.held() == all })
	p.choose("websocket")
	p.live("websocket")
	p.laneCounts("sse", 5)
	eventually(t, "each is still held once", func() bool { return s.held() == all })
	p.press("l")
	if !p.shown("verdict") && !p.shown("tiles") && p.shown("lab") {
		t.Error("the host is not shown")
	}
	eventually(t, "the page's own is left", func() bool { return s.held() == "websocket" })
	before := p.state()
	after := p.until("messages come by it", func(s state) bool { return s.Messages > before.Messages+5 })
	if after.Missed != 0 || after.Duplicates != 0 {
		t.Errorf("got %+v", after)
	}
	p.click("view-lab")
	p.laneCounts("polling", 5)
	p.open(s.url) // no view in the address
	p.live("websocket")
	if !p.shown("lab") || evaluate[string](p, `document.querySelector("#views [aria-current]").dataset.testid`) != "view-lab" {
		t.Error("the view is not remembered")
	}
	p.open(s.url + "#host")
	p.live("websocket")
	if p.shown("lab") {
		t.Error("the address does not count")
	}
	p = newPage(t)
	p.open(s.url + "#host")
	p.live("websocket")
	if evaluate[bool](p, `performance.getEntriesByType("resource").some((e) => e.name.includes("/js/lab/"))`) {
		t.Error("the host's page loads the wire lab")
	}
}

// laneFigure is what a lane's counter says.
func (p *page) laneFigure(lane, figure string) string {
	p.t.Helper()
	return p.text("lane-" + lane + "-" + figure)
}

// Each lane's counters move by themselves; none misses anything or gets it twice; ages come with how wrong they may be.
func TestLanes(t *testing.T) {
	_, p := lab(t, "sse")
	p.says("lanes-clock", "server clock ±")
	for _, technique := range techniques {
		p.laneCounts(technique, 20)
		p.says("lane-"+technique+"-age-50", "±")
		for _, figure := range []string{"missed", "duplicates"} {
			if got := p.laneFigure(technique, figure); got != "0" {
				t.Errorf("%s: %s %s", technique, got, figure)
			}
		}
		for _, figure := range []string{"requests", "connections", "bytes", "per-message"} {
			p.until(technique+" shows "+figure, func(state) bool { return !strings.HasPrefix(p.laneFigure(technique, figure), "—") })
		}
	}
}

// A variant is one more lane with connections of its own; taken away it lets go of them.
func TestLaneVariants(t *testing.T) {
	s, p := lab(t, "websocket")
	add := func(key string) {
		t.Helper()
		evaluate[bool](p, `(() => {
			const select = document.querySelector('[data-testid="lanes-add"]');
			select.value = `+quote(key)+`;
			return select.dispatchEvent(new Event("change")) && select.value === "";
		})()`)
		p.laneCounts(key, 3)
	}
	for _, key := range []string{"websocket.cbor", "websocket.plain", "polling.fast", "polling.locked", "polling.plain"} {
		add(key)
	}
	if got := strings.Count(body(t, s.url+"api/v1/viewers"), `"variant":"cbor"`); got != 1 {
		t.Errorf("%d viewers get CBOR", got)
	}
	evaluate[bool](p, `(document.querySelector('[data-testid="lane-websocket.cbor"] .tool').click(), true)`)
	eventually(t, "it has let go", func() bool { return !strings.Contains(body(t, s.url+"api/v1/viewers"), `"variant":"cbor"`) })
	if p.shown("lane-websocket.cbor") {
		t.Error("the lane is still there")
	}
}

// A lane that was stopped goes on where it was.
func TestLaneStops(t *testing.T) {
	s, p := lab(t, "sse")
	p.click("lane-streaming-pause")
	eventually(t, "it has let go", func() bool { return s.held() == "longpolling sse websocket" })
	p.laneCounts("sse", 30)
	p.click("lane-streaming-pause")
	p.laneCounts("streaming", 30)
	if missed := p.laneFigure("streaming", "missed"); missed != "0" {
		t.Errorf("%s missed", missed)
	}
	p.click("lanes-reset")
	p.until("it counts anew", func(state) bool { return len(p.laneFigure("sse", "messages")) == 1 })
}

// Time can be stopped, walked through arrow by arrow and lane by lane, and zoomed, by keys alone.
func TestLanesByKeyboard(t *testing.T) {
	_, p := lab(t, "sse")
	focus := func(lane string) {
		evaluate[bool](p, `(document.querySelector('[data-testid="lane-`+lane+`"] .lane-window').focus(), true)`)
	}
	tip := func() string {
		return evaluate[string](p, `[...document.querySelectorAll(".lane-tip:not([hidden])")].map((e) => e.closest(".lane").dataset.technique + ": " + e.textContent).join()`)
	}
	focus("polling")
	p.press(kb.ArrowLeft)
	p.until("time stands still", func(state) bool {
		return evaluate[string](p, `document.querySelector('[data-testid="lanes-freeze"]').ariaPressed`) == "true"
	})
	first := tip()
	if !strings.HasPrefix(first, "polling: ") {
		t.Errorf("the arrow is called %q", first)
	}
	seen := map[string]bool{}
	for range 6 {
		p.press(kb.ArrowLeft)
		text := tip()
		for _, kind := range []string{"request", "answer", "nothing new"} {
			if strings.Contains(text, kind) {
				seen[kind] = true
			}
		}
		if strings.Contains(text, "answer") && (!strings.Contains(text, "message") || !strings.Contains(text, "payload") || !strings.Contains(text, " old")) {
			t.Errorf("an answer is called %q", text)
		}
	}
	if !seen["request"] || !seen["answer"] {
		t.Errorf("going back it saw %v", seen)
	}
	p.press(kb.ArrowDown)
	if got := tip(); !strings.HasPrefix(got, "longpolling: ") {
		t.Errorf("below is %q", got)
	}
	p.press("+")
	if got := p.text("lanes-span"); got != "10 s" {
		t.Errorf("nearer shows %s", got)
	}
	p.press("---")
	if got := p.text("lanes-span"); got != "60 s" {
		t.Errorf("farther shows %s", got)
	}
	p.press(kb.Escape)
	if got := tip(); got != "" {
		t.Errorf("after Escape there is %q", got)
	}
	p.press(kb.Escape)
	if evaluate[string](p, `document.querySelector('[data-testid="lanes-freeze"]').ariaPressed`) != "false" {
		t.Error("time does not go on")
	}
}
