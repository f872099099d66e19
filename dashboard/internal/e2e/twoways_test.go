package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// What the page says upwards is a few bytes on a WebSocket and a whole request elsewhere, both as the server counted them;
// and every technique obeys.
func labTwoWays(t *testing.T, _ *server, p *page) {
	evaluate[bool](p, `(document.querySelector('[data-testid="twoways-every"]').selectedIndex = 2, true)`) // one message in 500 ms
	p.click("twoways-send")
	row := func(technique string) []string {
		// What is out of sight is not drawn, and panels above it grow.
		return evaluate[[]string](p, `document.querySelector("#lab-twoways").scrollIntoView(), [...document.querySelectorAll('[data-testid="twoways"] tr[data-lane="`+technique+`"] td')].map((e) => e.dataset.value ?? e.textContent)`)
	}
	const frame = len(`{"set":{"every":"500ms"},"ping":1}`)
	for _, technique := range techniques {
		p.until(technique+" obeys", func(state) bool { return row(technique)[4] != "—" })
		got := row(technique)
		var up int
		fmt.Sscan(got[1], &up)
		if technique == "websocket" {
			// The command, masked and perhaps compressed, behind a head of six bytes; perhaps a pong of six, too.
			if got[0] != "in-band frame" || up < frame || up > frame+24 || got[2] != "31 B" { // {"pong":1,"at":1763638612345} behind a head of two
				t.Errorf("%s: got %q", technique, got)
			}
		} else if got[0] != "POST of its own" || up < 200 || got[2] == "0 B" {
			t.Errorf("%s: got %q", technique, got)
		}
		p.until(technique+" gets one message in 500 ms", func(state) bool {
			var ms float64
			fmt.Sscan(strings.TrimSuffix(row(technique)[4], " ms"), &ms)
			return ms > 400 && ms < 900
		})
		for _, figure := range []string{"missed", "duplicates"} { // what is left out on request is not missed
			if n := p.laneFigure(technique, figure); n != "0" {
				t.Errorf("%s: %s %s", technique, n, figure)
			}
		}
	}
	// The host's page wants everything again, also of those messages that wait.
	evaluate[bool](p, `(document.querySelector('[data-testid="fault-lane-sse-conflate"] input').click(), true)`)
	evaluate[bool](p, `(() => {
		const { fetch } = window;
		window.said = [];
		window.fetch = (url, init) => {
			if (init?.method === "POST") said.push(init.body);
			return fetch(url, init);
		};
		return true;
	})()`)
	p.press("l")
	p.waits("the server is told", `said.includes('{"set":{"every":"0ms","conflate":false},"ping":0}')`)
	place := func(s state) (n int) {
		fmt.Sscan(s.LastID[strings.LastIndex(s.LastID, "-")+1:], &n)
		return n
	}
	mark := p.state()
	p.until("none is left out", func(s state) bool {
		made := place(s) - place(mark)
		if made < 10 {
			return false
		}
		got := s.Messages - mark.Messages
		mark = s
		return got == made
	})
}

// What was said is obeyed when the first message that is left out was due, or the first came that would have been left out: not
// when as much time as was asked for has passed once more.
func TestTwoWaysObeyed(t *testing.T) {
	p := modules(t)
	for _, test := range []struct {
		name   string
		before int    // milliseconds between two messages
		choice int    // of no message in between, or one in 2, 5, 10 seconds
		at     string // when messages were made, the first one before it was said
		want   string
	}{
		{"at-once", 0, 2, "-400 4600 9600", "620 ms"},
		{"under-way", 0, 2, "-400 600 5600 10600", "1.62 s"},
		{"not-yet", 0, 2, "-400 600 1600 2600", "—"},
		{"several-at-a-time", 0, 1, "-2400 -1400 -400 1600 3600", "620 ms"},
		{"even-less", 2000, 2, "-1400 3600 8600", "620 ms"},
		{"more", 5000, 1, "-400 1600 3600", "1.62 s"},
		{"all", 5000, 0, "-400 600 1600", "620 ms"},
		{"again", 5000, 2, "-400 4600 9600", "4.62 s"},
	} {
		got := evaluate[string](p, `(async () => {
			const { TwoWays } = await import(base + "lab/twoways.js");
			const root = document.createElement("div"), listeners = {};
			const made = `+quote(test.at)+`.split(" ").map((at) => ({ at: Number(at), received: Number(at) + 20 }));
			const { now } = performance;
			performance.now = () => 0;
			try {
				const lane = { key: "sse", technique: "sse", variant: "", running: true, viewer: { every: `+quote(test.before)+` }, newest: null, setEvery: async () => ({ inBand: false }) };
				const ways = new TwoWays(root, { lanes: [lane], config: { interval: 1000 }, on: (type, listener) => (listeners[type] = listener),
					api: { wire: async () => ({ transports: {} }) } });
				root.querySelector("select").selectedIndex = `+quote(test.choice)+`;
				lane.newest = made.findLast(({ received }) => received < 0);
				root.querySelector("button").click();
				await new Promise((done) => setTimeout(done, 20));
				for (const message of made.filter(({ received }) => received > 0)) listeners.message({ lane, message });
				ways.show();
			} finally {
				performance.now = now;
			}
			return root.querySelectorAll("[data-lane] td")[3].textContent;
		})()`)
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// What the server refuses is said in the row; where nobody answered there is nothing to say.
func TestTwoWaysRefused(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ TwoWays }, { Refused }, { load }] = await Promise.all(["lab/twoways.js", "api.js", "words/words.js"].map((name) => import(base + name)));
		await load("twoways");
		const root = document.createElement("div"), out = [];
		let status;
		const setEvery = async () => { throw new Refused(status, "1m at most"); };
		const lane = { key: "sse", technique: "sse", variant: "", running: true, viewer: { every: 0 }, newest: null, setEvery };
		new TwoWays(root, { lanes: [lane], config: { interval: 10_000 }, on() {}, api: { wire: async () => ({ transports: {} }) } });
		for (status of [400, 0]) {
			root.querySelector("button").click();
			await new Promise((done) => setTimeout(done, 20));
			out.push(root.querySelectorAll("[data-lane] td")[0].textContent);
		}
		return out;
	})()`)
	if want := []string{"refused: 1m at most", "—"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Numbers that are left out are no loss as long as the server leaves some out: until it has answered that it does no longer, on
// the connection itself too; and if it refuses, what was holds.
func TestTwoWaysUntilItIsAnswered(t *testing.T) {
	p := modules(t)
	for _, test := range []struct {
		name           string
		before, wanted int
		inBand         bool
		answer         string // to what was said in-band; or what the request threw
		want           string // every before the answer and after it, and how it ended
	}{
		{"thinner", 0, 5000, true, `{ pong: 1 }`, "5000 5000 true"},
		{"all-of-them", 5000, 0, true, `{ pong: 1 }`, "5000 0 true"},
		{"less-thin", 5000, 2000, true, `{ pong: 1 }`, "2000 2000 true"},
		{"refused", 0, 600_000, true, `{ problem: { status: 400, detail: "too long" } }`, "600000 0 too long"},
		{"another-answer-first", 5000, 0, true, `{ pong: 7 }`, "5000 5000 "},
		{"request", 5000, 0, false, `null`, "5000 0 false"},
		{"request-refused", 0, 600_000, false, `new Refused(400, "too long")`, "600000 0 too long"},
		{"request-for-all-refused", 5000, 0, false, `new Refused(429, "too often")`, "5000 5000 too often"},
		{"request-lost", 0, 5000, false, `new Refused(0, "nothing")`, "5000 5000 nothing"},
	} {
		got := evaluate[string](p, `(async () => {
			`+timers+`
			const [{ Lane }, { Refused }] = await Promise.all(["lab/lane.js", "api.js"].map((name) => import(base + name)));
			const lab = new EventTarget(), answer = `+test.answer+`;
			const command = async () => { if (answer) throw answer; return null; };
			Object.assign(lab, { base: new URL(base), config: { interval: 1000 }, clock: {}, slots: { give() {} }, api: { command },
				tell: (type, detail) => lab.dispatchEvent(new CustomEvent(type, { detail })) });
			const lane = new Lane({ key: "websocket", technique: "websocket", variant: "" }, lab);
			lane.viewer = { id: "v", technique: "websocket", every: `+quote(test.before)+`, say: () => `+quote(test.inBand)+` };
			const said = lane.setEvery(`+quote(test.wanted)+`).then(({ inBand }) => inBand, ({ message }) => message);
			const out = [lane.viewer.every];
			if (`+quote(test.inBand)+`) lab.tell("answer", { lane, answer });
			await pass(20_000);
			const how = await said;
			return [...out, lane.viewer.every, how].join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
