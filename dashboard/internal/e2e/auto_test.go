package e2e

import (
	"strings"
	"testing"
)

// climbed waits until a rung of the ladder is in some state.
func (p *page) climbed(technique, how string) {
	p.t.Helper()
	p.until(technique+" is "+how, func(state) bool {
		return evaluate[string](p, `document.querySelector('[data-testid="auto-rungs"] [data-technique="`+technique+`"]')?.dataset.state ?? ""`) == how
	})
}

// The ladder begins with polling, goes up to what carries data, comes down when that stops, goes past what is refused, says
// why, and loses nothing on the way.
func TestAuto(t *testing.T) {
	t.Parallel()
	_, p := lab(t, "polling")
	p.expect("WebSocket connection", "404")
	// A browser behind something that refuses WebSockets, when told to.
	evaluate[bool](p, `(() => {
		const Real = WebSocket;
		const open = new Set();
		globalThis.refuse = false;
		globalThis.WebSocket = class extends Real {
			constructor(url, protocols) {
				super(refuse ? String(url).replace("/websocket", "/refused/websocket") : url, protocols);
				open.add(this);
			}
		};
		globalThis.cut = () => open.forEach((socket) => socket.close());
		return true;
	})()`)
	p.click("auto-start")
	p.climbed("websocket", "used")
	p.climbed("sse", "works")
	p.laneCounts("polling.auto", 20)
	evaluate[bool](p, `(refuse = true, cut(), true)`)
	p.climbed("websocket", "failed")
	p.climbed("sse", "used")
	before := p.laneFigure("polling.auto", "messages")
	p.until("messages come by it", func(state) bool { return p.laneFigure("polling.auto", "messages") != before })
	for _, figure := range []string{"missed", "duplicates"} {
		if got := p.laneFigure("polling.auto", figure); got != "0" {
			t.Errorf("%s %s", got, figure)
		}
	}
	p.click("auto-start")
	p.click("auto-start") // it begins with what worked last time, and does not get past what is refused
	p.climbed("sse", "used")
	p.click("auto-start")
	evaluate[bool](p, `(localStorage.removeItem("fivewire.auto"), true)`)
	p.click("auto-start")
	p.climbed("websocket", "refused")
	p.climbed("sse", "used")
	if got := p.text("auto-rungs"); !strings.Contains(got, "refused: its connection failed") {
		t.Errorf("the ladder says %q", got)
	}
	if got := p.text("auto-steps"); strings.Index(got, "WebSocket refused") > strings.Index(got, "polling in use") {
		t.Errorf("the newest is not above: %q", got)
	}
}
