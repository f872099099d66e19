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
	exhaustive(t)
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
	p.climbed("sse", "works") // nothing is in use
	p.click("auto-start")     // it begins from below again, and does not get past what is refused
	p.climbed("websocket", "refused")
	p.climbed("sse", "used")
	if got := p.text("auto-rungs"); !strings.Contains(got, "refused: its connection failed") {
		t.Errorf("the ladder says %q", got)
	}
	if got := p.text("auto-steps"); strings.Index(got, "WebSocket refused") > strings.Index(got, "polling in use") {
		t.Errorf("the newest is not above: %q", got)
	}
}

// Each rung is tried in its turn, whatever worked last time; after stop none is in use; and what became of them is told in the
// reader's language, climbing or not.
func TestAutoStopped(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Auto }, { load, speak }] = await Promise.all(["lab/auto.js", "words/words.js"].map((name) => import(base + name)));
		await load("auto");
		localStorage.setItem("fivewire.auto", "sse");
		const root = document.createElement("div"), tried = [];
		const lane = { key: "polling.auto", technique: "polling", running: true, viewer: { listen: () => () => {} } };
		const slots = { give() {}, take: (key) => (tried.push(key), false) };
		new Auto(root, { on() {}, add: () => lane, lane: () => lane, remove() {}, slots, config: { techniques: ["polling", "streaming", "sse"], interval: 1000 } });
		const click = () => root.querySelector('[data-testid="auto-start"]').click();
		const rungs = () => [...root.querySelectorAll(".rung")].map((rung) => rung.dataset.state + ": " + rung.querySelector(".rung-state").textContent).join(" | ");
		click();
		await new Promise((done) => setTimeout(done));
		const out = [tried.join(" "), rungs()];
		click();
		out.push(rungs());
		await speak("zh");
		out.push(rungs());
		return out;
	})()`)
	const refused = "refused: refused: the browser has no connection for it | refused: refused: the browser has no connection for it | "
	if want := []string{"probe.streaming probe.sse", refused + "used: in use", refused + "works: carries data",
		"refused: 被拒绝: 浏览器没有可用的连接 | refused: 被拒绝: 浏览器没有可用的连接 | works: 可送达数据"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A lane that has climbed has the glyph of what it is on, in every table.
func TestAutoGlyphs(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ FaultRow }, { TwoWays }] = await Promise.all(["lab/faultrow.js", "lab/twoways.js"].map((name) => import(base + name)));
		const lane = { key: "polling.auto", technique: "polling", variant: "auto", viewer: {} };
		const row = new FaultRow(lane, () => {}), root = document.createElement("div");
		const ways = new TwoWays(root, { lanes: [lane], on() {}, config: { interval: 1000 } });
		const show = () => {
			row.show(0, undefined, NaN, undefined);
			ways.show();
			return [row.element, root.querySelector("[data-lane]")].map((at) => at.dataset.technique + " " + at.querySelector("use").getAttribute("href"));
		};
		const before = show();
		lane.technique = "websocket";
		return [...before, ...show()];
	})()`)
	if want := []string{"polling #glyph-polling", "polling #glyph-polling", "websocket #glyph-websocket", "websocket #glyph-websocket"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
