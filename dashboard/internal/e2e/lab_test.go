package e2e

import (
	"strings"
	"testing"
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
