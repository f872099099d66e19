package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/chromedp"
)

// The pure modules of the wire lab.

// The server's clock is known as well as the answers allow, and never further off than it says.
func TestLabClock(t *testing.T) {
	p := modules(t)
	tests := []struct{ name, script, want string }{
		{"nothing-yet", ``, "NaN NaN"},
		{"messages-alone-bound-one-side", `c.observe(1000, 1060); c.observe(2000, 2055)`, "55 NaN"},
		// Asked at 100, answered at 110, by a server that was 1000 ahead and looked at 1105.4: whole milliseconds.
		{"one-answer", `c.sample(100, 1105, 110)`, "-1000.5 5.5"},
		{"a-quick-answer-counts-more", `c.sample(100, 1105, 110); c.sample(200, 1201, 202)`, "-1000.5 1.5"},
		{"a-message-narrows-it", `c.sample(100, 1105, 110); c.observe(1150, 150.5)`, "-1002.8 3.3"},
		{"a-slow-answer-takes-nothing-back", `c.sample(100, 1101, 102); c.sample(105, 1155, 205)`, "-1000.5 1.5"},
		{"ways-of-different-length", `c.sample(100, 1190, 201)`, "-1040 51"},
		{"set-forward", `c.sample(100, 1101, 102); c.sample(200, 61201, 202)`, "-61000.5 1.5"},
		{"set-back", `c.sample(100, 61101, 102); c.sample(200, 1201, 202)`, "-1000.5 1.5"},
		{"drift-widens-it", `c.sample(0, 1001, 2); c.observe(0, 20002)`, "-1000.5 2.5"},
	}
	for _, test := range tests {
		got := evaluate[string](p, `(async () => {
			const { Clock } = await import(base + "lab/clock.js");
			const c = new Clock();
			`+test.script+`;
			return [c.offset, c.error].map((v) => Math.round(v * 10) / 10).join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// However the answers come, the true offset is within the error of the estimate.
func TestLabClockHoldsWhatItPromises(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Clock } = await import(base + "lab/clock.js");
		let seed = 1;
		const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
		for (let run = 0; run < 200; run++) {
			const c = new Clock(), truth = -1e12 + 1000 * random(), skew = 1 + 40e-6 * (2 * random() - 1);
			const server = (local) => Math.floor(local * skew - truth);
			for (let now = 0, i = 0; i < 300; i++) {
				now += 2000 * random();
				const [there, back] = [30 * random() ** 4, 30 * random() ** 4];
				if (i % 3) c.sample(now, server(now + there), now + there + back);
				else c.observe(server(now), now + back);
				const is = now - (now * skew - truth);
				if (c.error + 0.03 < Math.abs(c.offset - is)) return "run " + run + ": off by " + (c.offset - is) + ", says " + c.error;
			}
			if (!(c.error < 3)) return "run " + run + ": knows no better than " + c.error;
		}
		return "";
	})()`)
	if got != "" {
		t.Error(got)
	}
}

// What a lane has cost since it was set to zero.
func TestLabFigures(t *testing.T) {
	p := modules(t)
	got := evaluate[map[string]any](p, `(async () => {
		const { since, total, without } = await import(base + "lab/figures.js");
		const held = (request, connection, n) => {
			const { requests, connections, messages } = since(total(answer(n + 2), ["sse"]), without(total(answer(n), ["sse"]), { request, connection }));
			return [requests, connections, messages];
		};
		const figures = (n, more) => ({ requests: n, connections: 1, messages: 2 * n, rtt_ms: n / 10,
			bytes: { in: { total: n, head: n, framing: 0, payload: 0 }, out: { total: 100 * n, head: 0, framing: n, payload: 99 * n } }, ...more });
		const answer = (n) => ({ transports: { sse: figures(n, { packets: { in: n, out: 2 * n } }), polling: figures(10 * n) } });
		const said = { ...answer(3), commands: figures(2, { packets: { in: 7, out: 7 } }) };
		const one = total(answer(3), ["sse"]), both = total(answer(3), ["sse", "polling"]);
		return { one, both: [both.requests, both.messages, both.bytes.out.total, both.packets ?? "unknown"], none: total({}, ["sse"]).bytes.out.total,
			said: (({ requests, connections, messages, bytes, packets }) => [requests, connections, messages, bytes.in.total, bytes.out.total, packets.in])(total(said, ["sse"])),
			since: since(one, total(answer(1), ["sse"])), all: since(one, null) === one,
			held: [held(true, true, 1), held(false, true, 1), held(false, false, 1), held(true, false, 0)] };
	})()`)
	if want := `{"all":true,"both":[33,66,3300,"unknown"],"held":[[3,1,4],[2,1,4],[2,0,4],[2,0,4]],"none":0,` +
		`"one":{"bytes":{"in":{"framing":0,"head":3,"payload":0,"total":3},"out":{"framing":3,"head":0,"payload":297,"total":300}},"connections":1,"messages":6,"packets":{"in":3,"out":6},"requests":3,"rtt_ms":0.3},"said":[5,1,6,5,500,3],` +
		`"since":{"bytes":{"in":{"framing":0,"head":2,"payload":0,"total":2},"out":{"framing":2,"head":0,"payload":198,"total":200}},"connections":0,"messages":4,"packets":{"in":2,"out":4},"requests":2,"rtt_ms":0.3}}`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// What was counted before the server was started again, or forgot the viewer, is kept, and what is counted now is added to it.
func TestLabFiguresOverARestart(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, script, want string }{
		{"one-meter", `take(3, 1); take(5, 1)`, "5"},
		{"another-meter", `take(400, 1); take(2, 2); take(9, 2)`, "409"},
		{"another-meter-that-has-more", `take(4, 1); take(9, 2)`, "13"},
		{"not-heard-of-yet", `take(400, 1); take(0, 2); take(0, 2); take(2, 2)`, "402"},
		{"twice", `take(4, 1); take(0, 2); take(3, 3); take(5, 3)`, "9"},
		{"forgotten", `take(4, 1); take(0, 1); take(2, 1)`, "6"},
		{"does-not-say", `take(4); take(6); take(2)`, "8"},
	} {
		got := evaluate[string](p, `(async () => {
			const { Account, total } = await import(base + "lab/figures.js");
			const account = new Account();
			const way = (n) => ({ total: n, head: n, framing: 0, payload: 0 });
			const take = (n, since = NaN) => account.take(total(n === 0 ? { transports: {} } :
				{ transports: { sse: { requests: n, connections: n, messages: n, bytes: { in: way(n), out: way(n) }, packets: { in: n, out: n } } } }, ["sse"]), since);
			`+test.script+`;
			const { requests, connections, messages, bytes, packets } = account.sum;
			return [...new Set([requests, connections, messages, bytes.in.total, bytes.out.head, packets?.out])].join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// The ring of deliveries forgets the oldest, a copy stands still, and a tooth is as high as things got old.
func TestLabDeliveries(t *testing.T) {
	p := modules(t)
	got := evaluate[[]any](p, `(async () => {
		const { Deliveries } = await import(base + "lab/deliveries.js");
		const d = new Deliveries(4), out = [d.peak(0, 0)];
		for (let i = 1; i <= 6; i++) d.add(1000 * i, 1000 * i + 10);
		const copy = d.copy();
		d.add(7000, 9010);
		d.add(8000, 9010);
		out.push(d.start, d.end, d.received[d.slot(7)], copy.end, copy.at[copy.slot(5)], copy.peak(0, 0), copy.peak(5500, 4), d.peak(8000, 0));
		return out;
	})()`)
	if want := `[null,4,8,9010,6,6000,1010,1006,3010]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// What the server's CBOR says is what its JSON says.
func TestDecodeCBOR(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.expect("404") // a page without an icon
	p.open(s.url + "healthz")
	evaluate[bool](p, `(globalThis.base = `+quote(s.url+"js/")+`, true)`)
	got := evaluate[string](p, `(async () => {
		const { decode } = await import(base + "transport/cbor.js");
		const cursor = (await (await fetch("api/v1/polling")).json()).cursor;
		const wait = (protocols) => new Promise((done, failed) => {
			const socket = new WebSocket(new URL("api/v1/websocket", location.href.replace("http", "ws")), protocols);
			socket.binaryType = "arraybuffer";
			socket.onerror = failed;
			const all = {};
			socket.onmessage = ({ data }) => {
				const message = typeof data === "string" ? JSON.parse(data) : decode(data);
				all[message.id] = JSON.stringify(message);
				if (Object.keys(all).length === 20) { // neither begins with the other
					socket.close();
					done(all);
				}
			};
		});
		const [a, b] = await Promise.all([wait(["fivewire.cbor"]), wait([])]);
		const both = Object.keys(a).filter((id) => id in b);
		if (both.length < 2) return "they have " + both.length + " messages in common";
		for (const id of both) if (a[id] !== b[id]) return a[id] + " is not " + b[id];
		const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)).buffer;
		// RFC 8949, appendix A
		return ["00", "17", "1818", "1903e8", "1b000000e8d4a51000", "20", "3903e7", "f90000", "f93c00", "f97bff", "f90001", "f9c400", "fa47c35000",
			"fb3ff199999999999a", "f97c00", "f4", "f5", "f6", "64f0908591", "83010203", "a26161016162820203"].map((hex) => JSON.stringify(decode(bytes(hex))) ).join(" ");
	})()`)
	if want := `0 23 24 1000 1000000000000 -1 -1000 0 1 65504 5.960464477539063e-8 -4 100000 1.1 null false true null "𐅑" [1,2,3] {"a":1,"b":[2,3]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A share is a bound where something else is in it that nobody can tell apart, and a whole number keeps its zeros.
func TestLabBounds(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { columns } = await import(base + "lab/cost.js");
		const { written } = await import(base + "lab/lessons.js");
		const efficiency = columns.find(({ id }) => id === "efficiency");
		return [
			efficiency.write(0.5, { framing: NaN }), efficiency.write(0.5, { framing: 8 }), efficiency.write(NaN, { framing: NaN }),
			...[100, 20, 0, 12000, 1.5, 0.25, 120.7, NaN].map((v) => written({ unit: "count" }, v)),
		].join(" | ");
	})()`)
	if want := "≤ 50.0 % | 50.0 % | — | 100 | 20 | 0 | 12,000 | 1.5 | 0.25 | 121 | —"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Trouble is told from what a lane does anyway, and timed from the last fresh message to the next.
func TestLabRecovery(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, script, want string }{
		{"nothing-happens", `for (let t = 0; t < 5000; t += 1000) { r.message(t, 20); r.look(t + 900, 920); }`, "fine NaN 0 0"},
		{"a-cut-shorter-than-an-interval", `r.message(0, 20); r.message(1000, 20); r.message(2100, 120);`, "fine NaN 0 0"},
		{"stands-still", `r.message(0, 20); r.look(1000, 1020); r.look(2500, 2520); r.look(4000, 4020);`, "trouble NaN 1 0"},
		{"stood-still", `r.message(0, 20); r.look(2500, 2520); r.message(5000, 4020); r.message(5000, 3020); r.message(5000, 20);`, "recovered 5000 1 2"},
		{"nobody-looked", `r.message(0, 20); r.message(5000, 20);`, "recovered 5000 1 0"},
		{"late-ever-after", `for (let t = 0; t < 9000; t += 1000) r.message(t + 3000, 3000);`, "trouble NaN 1 9"},
		{"twice", `r.message(0, 20); r.message(4000, 20); r.message(5000, 20); r.message(8000, 20);`, "recovered 4000 2 0"},
	} {
		got := evaluate[string](p, `(async () => {
			const { Recovery } = await import(base + "lab/recovery.js");
			const r = new Recovery(0, {messages: 9, missed: 0, duplicates: 0, reconnects: 1}, {age: 20, peak: 1020, spread: 10}, 1000);
			`+test.script+`;
			return [r.state, r.longest, r.times, r.late].join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// timers is a page's time that goes on only when it is told to: pass(ms).
const timers = `
	globalThis.really ??= globalThis.setTimeout;
	let now = 0, ids = 0;
	const due = new Map();
	const settle = () => new Promise((resolve) => really.call(globalThis, resolve));
	globalThis.setTimeout = (run, ms = 0) => (due.set(++ids, { at: now + ms, run }), ids);
	globalThis.clearTimeout = (id) => due.delete(id);
	const pass = async (ms) => {
		const end = now + ms;
		for (;;) {
			await settle();
			const [next] = [...due].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
			if (!next) break;
			due.delete(next[0]);
			now = next[1].at;
			next[1].run();
		}
		now = end;
	};
`

// A lab that is closed and opened while a question is under way asks no oftener than one that stays open.
func TestLabAsksOneAtATime(t *testing.T) {
	p := modules(t)
	for _, module := range []string{"Pings", "Loop"} {
		got := evaluate[string](p, `(async () => {
			`+timers+`
			const { `+module+` } = await import(base + "lab/`+strings.ToLower(module)+`.js");
			const answers = [], counts = [];
			const asking = new `+module+`({
				on: () => {}, config: {}, lanes: [{ viewer: { id: "somebody" } }], clock: { sample: () => {} },
				api: { command: () => new Promise((resolve) => answers.push(resolve)) },
			});
			for (let i = 0; i < 3; i++) {
				asking.start();
				asking.stop();
			}
			asking.start();
			for (let round = 0; round < 3; round++) {
				counts.push(answers.length);
				for (const answer of answers.splice(0)) answer({ at: 0 });
				await pass(2000);
			}
			return counts.join(" ");
		})()`)
		if want := "4 1 1"; got != want {
			t.Errorf("%s: questions under way are %s, want %s", module, got, want)
		}
	}
}

// What was refused is tried again after a pause that is doubled each time, and begins anew after a fall.
func TestLadderTriesAgain(t *testing.T) {
	p := modules(t)
	ladder := func(techniques, lane, script string) string {
		return evaluate[string](p, `(async () => {
			`+timers+`
			const { Ladder } = await import(base + "lab/ladder.js");
			const tried = [], pauses = [];
			let heard;
			const viewer = { listen: ({ onState }) => ((heard = onState), () => {}), switchTo: () => {} };
			const slots = { give: () => {}, take: (key) => key === "probe.sse" ? (tried.push(now / 1000), false) : !key.startsWith("probe.") };
			const ladder = new Ladder({ viewer, running: true, key: "polling.auto", technique: "`+lane+`" },
				{ slots, config: { techniques: `+techniques+`, interval: 1000 }, tell: () => {} }, () => {});
			`+script+`
		})()`)
	}
	got := ladder(`["polling", "longpolling", "streaming", "sse"]`, "streaming", `
		await pass(220_000);
		heard("streaming", "closed"); // it falls after 2 s and an interval
		await pass(100_000);
		ladder.stop();
		await pass(1_000_000);
		return tried.join(" ");`)
	if want := "0 30 90 210 253 313"; got != want {
		t.Errorf("tried after %s s, want %s", got, want)
	}
	got = ladder(`["polling"]`, "polling", `
		for (let i = 0; i < 5; i++) {
			await settle();
			for (const { at } of due.values()) pauses.push(at - now);
			await pass(pauses.at(-1));
		}
		return pauses.join(" ");`)
	if want := "30000 30000 30000 30000 30000"; got != want {
		t.Errorf("nothing is refused, and the pauses are %s, want %s", got, want)
	}
}

// Where no connection is left for a rung below, the next one is taken: the lowest holds none.
func TestLadderFallsPastWhatHasNoConnection(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		`+timers+`
		const { Ladder } = await import(base + "lab/ladder.js");
		const went = [];
		let heard, free = 0;
		const viewer = { listen: ({ onState }) => ((heard = onState), () => {}), switchTo: (technique) => went.push(technique) };
		const slots = { give: () => {}, take: (key) => !key.startsWith("probe.") && free-- > 0 };
		const ladder = new Ladder({ viewer, running: true, key: "polling.auto", technique: "websocket" },
			{ slots, config: { techniques: ["polling", "longpolling", "streaming", "sse", "websocket"], interval: 1000 }, tell: () => {} }, () => {});
		for (const rung of ladder.rungs) if (rung.state !== "used") rung.state = "works";
		heard("websocket", "closed");
		await pass(4000);
		return went.concat(ladder.rungs.map(({ state }) => state)).join(" ");
	})()`)
	if want := "polling used refused refused refused failed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Who climbs waits while its lane stands still, or something else has the stage; a trial's own ladder climbs on its stage.
func TestLadderWaitsForItsTurn(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		`+timers+`
		const { Ladder } = await import(base + "lab/ladder.js");
		const out = [];
		for (const stage of ["", "ladder"]) {
			let tried = 0;
			const slots = { give() {}, take: () => (tried++, false) };
			const lane = { viewer: { listen: () => () => {} }, running: false, key: "polling.auto", technique: "polling" };
			const lab = { playing: stage, slots, config: { techniques: ["polling", "sse"], interval: 1000 }, tell() {} };
			const ladder = new Ladder(lane, lab, () => {});
			const after = async (change) => {
				change();
				await pass(1000);
				out.push(tried);
			};
			await after(() => {});
			await after(() => { lane.running = true; lab.playing = "six"; });
			await after(() => { lab.playing = stage; });
			await after(() => ladder.stop());
		}
		return out.map(String);
	})()`)
	if want := []string{"0", "0", "1", "1", "0", "0", "1", "1"}; quote(got) != quote(want) {
		t.Errorf("it has tried %s, want %s", got, want)
	}
}

// There is one ladder on a lane: a trial that climbs stops Auto, which says so, and cannot be started in the middle of a play.
func TestAutoGivesWayToATrial(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Auto }, { load }] = await Promise.all(["lab/auto.js", "words/words.js"].map((name) => import(base + name)));
		await load("auto");
		const root = document.createElement("div"), listeners = {}, out = [];
		const lab = { lanes: [], playing: "", on: (type, listener) => (listeners[type] = listener), lane: () => lab.lanes[0], remove: () => (lab.lanes = []),
			add: () => (lab.lanes = [{ key: "polling.auto", technique: "polling", running: true, viewer: { listen: () => () => {} } }])[0],
			slots: { give() {}, take: () => false }, config: { techniques: ["polling", "sse"], interval: 1000 } };
		new Auto(root, lab);
		const button = root.querySelector('[data-testid="auto-start"]'), said = root.querySelector(".panel-foot");
		const plays = (name, ...lanes) => {
			lab.playing = name;
			listeners.plays({ name, lanes });
			out.push([lab.lanes.length, button.disabled, said.hidden || said.dataset.say].join(" "));
		};
		button.click();
		plays("six", "websocket");
		plays("");
		plays("ladder", "polling.auto");
		plays("");
		button.click();
		plays("");
		button.click();
		return out;
	})()`)
	if want := []string{"1 false true", "1 false true", "0 true auto.taken", "0 false auto.taken", "1 false true"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A lane that stands still may have a connection that somebody took for it: stopping gives that back, too.
func TestLaneGivesBack(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Lane } = await import(base + "lab/lane.js");
		const given = [];
		const lab = { base: new URL(base), config: { interval: 1000 }, clock: {}, tell() {}, slots: { give: (key) => given.push(key) }, api: { wire: async () => ({}) } };
		const lane = new Lane({ key: "polling.auto", technique: "polling", variant: "auto" }, lab);
		lane.stop();
		lane.page = true; // its connection is the page's
		lane.stop();
		return given.join(" ");
	})()`)
	if want := "polling.auto"; got != want {
		t.Errorf("gives back %q, want %q", got, want)
	}
}

// Who wants the newest alone of what waits says so again to a server that was started again: that has not heard of it.
func TestLaneSaysAgainWhatItWants(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Lane } = await import(base + "lab/lane.js");
		let listener;
		const said = [], clock = { observe() {}, server: (now) => now };
		const lane = new Lane({ key: "sse", technique: "sse", variant: "" }, { base: new URL(base), config: { interval: 1000 }, clock, tell() {}, slots: { give() {} },
			api: { command: async (id, command) => said.push(at + " " + JSON.stringify(command)) } });
		const viewer = lane.viewer = { id: "v", technique: "sse", state: "open", counts: {}, conflate: false, listen: (l) => ((listener = l), () => {}), say: () => false, start() {} };
		lane.start();
		let at = "";
		for ([at, viewer.conflate] of [["e-1", false], ["f-1", false], ["f-2", true], ["g-1", true], ["g-2", true]]) {
			const [epoch, seq] = at.split("-");
			listener.onMessage({ id: at, epoch, seq: Number(seq), at: 0, received: 0, size: 1, data: {} });
		}
		return said;
	})()`)
	if want := []string{`g-1 {"set":{"conflate":true}}`}; quote(got) != quote(want) {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// What a viewer wants is what the server has said yes to; meanwhile, and of what was made before, numbers may be left out.
func TestThinIsWantedOnceItIsHeard(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ thin }, { Refused }] = await Promise.all(["lab/thin.js", "api.js"].map((name) => import(base + name)));
		const viewer = { id: "v", every: 500, conflate: false, lenient: NaN }, out = [];
		const tell = () => out.push([viewer.every, viewer.conflate, viewer.lenient].join(" "));
		let answer = async () => ({ at: 7 });
		const api = { command: () => (tell(), answer()) };
		for (const [wanted, status] of [[{ conflate: true }], [{ every: 0, conflate: false }], [{ conflate: true }, 403], [{ conflate: true }, 0]]) {
			if (status !== undefined) answer = async () => { throw new Refused(status, ""); };
			await thin(api, viewer, wanted).catch(() => {});
			tell();
		}
		return out;
	})()`)
	if want := []string{"500 false Infinity", "500 true 7", "0 true Infinity", "0 false 7", "0 false Infinity", "0 false 7", "0 false Infinity", "0 false Infinity"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A lane that wanted fewer messages is not comparable until it is set to zero, though it wants all of them by now.
func TestLaneWasThin(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Lane } = await import(base + "lab/lane.js");
		let listener;
		const lane = new Lane({ key: "sse", technique: "sse", variant: "" }, { base: new URL(base), config: { interval: 1000 }, clock: { observe() {}, server: (now) => now },
			tell() {}, slots: { give() {} }, api: { wire: async () => ({}) } });
		const viewer = lane.viewer = { id: "v", technique: "sse", state: "open", counts: {}, every: 0, conflate: false, listen: (l) => ((listener = l), () => {}), start() {} };
		lane.start();
		const out = [], come = (more) => {
			Object.assign(viewer, more);
			listener.onMessage({ id: "e-1", epoch: "e", seq: 1, at: 0, received: 0, size: 1, data: {} });
			out.push(lane.thin);
		};
		come({});
		come({ every: 2000 });
		come({ every: 500, conflate: true });
		come({ every: 0, conflate: false });
		await lane.resetCounts();
		come({});
		return out;
	})()`)
	if want := []string{"", "2000 false", "2000 true", "2000 true", ""}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is in force could not be asked once: when it can be again, nothing is wrong any more. A wish that was refused stays said.
func TestFaultsAreHeardAgain(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Faults } = await import(base + "lab/faults.js");
		const root = document.createElement("div"), said = [], fails = { get: false, post: false };
		const answer = (how) => async () => {
			if (fails[how]) throw new Error("not now");
			return { faults: [{ fault: { cut: "5s" }, names: [], since: 0, until: 9 }], inside: {} };
		};
		const panel = new Faults(root, { on: () => {}, tell() {}, lanes: [], config: { techniques: [] }, clock: { server: (at) => at }, api: { get: answer("get"), post: answer("post") } });
		const after = async (act, get, post) => {
			Object.assign(fails, { get, post });
			act();
			await new Promise((resolve) => setTimeout(resolve));
			said.push(root.querySelector('[data-testid="faults-status"]').dataset.bad);
		};
		const wish = () => root.querySelector('[data-testid="faults-clear"]').click(), look = () => panel.show(0);
		await after(wish, false, false);
		await after(look, true, false);
		await after(look, false, false);
		await after(wish, false, true);
		await after(look, false, false);
		await after(wish, false, false);
		return said.join(" ");
	})()`)
	if want := "false true false true true false"; got != want {
		t.Errorf("something is wrong: %s, want %s", got, want)
	}
}

// What somebody else breaks is learnt while the lab is on screen, though nobody looks at the panel; where there is nothing to
// break it is not asked again.
func TestFaultsOfOthers(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		`+timers+`
		const { Faults } = await import(base + "lab/faults.js");
		const { Deliveries } = await import(base + "lab/deliveries.js");
		const { Refused } = await import(base + "api.js");
		const root = document.createElement("div"), out = [];
		const lane = { key: "sse", technique: "sse", variant: "", broken: false, counts: {}, deliveries: new Deliveries(), viewer: { id: "v" } };
		let faults = [], asked = 0, none = false;
		const get = async () => {
			asked++;
			if (none) throw new Refused(409, "there is no middlebox");
			return { faults, inside: {} };
		};
		const panel = new Faults(root, { on() {}, tell() {}, lanes: [lane], config: { techniques: [] }, clock: { server: (at) => at }, api: { get, command: async () => {}, login: async () => ({ role: "operator" }) } });
		const tell = async (ms) => {
			await pass(ms);
			out.push(root.querySelectorAll('[data-testid="faults-list"] li').length, lane.broken);
		};
		panel.opened();
		await tell(0);
		faults = [{ fault: { delay: "300ms" }, names: ["delay"], since: 0, until: 9 }];
		await tell(5000);
		none = true;
		await tell(5000);
		asked = 0;
		await pass(60_000);
		out.push(asked);
		none = false;
		panel.opened();
		await pass(0);
		panel.closed();
		asked = 0;
		await pass(60_000);
		out.push(asked);
		return out.join(" ");
	})()`)
	if want := "0 false 1 true 1 true 0 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A hidden page goes on asking while its lanes count, and once more when they have let go: what is over by the time it is shown
// has broken what they counted.
func TestFaultsOfAHiddenPage(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		`+timers+`
		const { Faults } = await import(base + "lab/faults.js");
		const root = document.createElement("div"), out = [];
		const lane = { key: "sse", technique: "sse", variant: "", broken: false, began: 1000, counts: {}, viewer: { id: "v", state: "open" } };
		let hidden = true, over = [], asked = 0;
		Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
		const get = async () => (asked++, { faults: [], over, inside: {} });
		const panel = new Faults(root, { on() {}, tell() {}, lanes: [lane], config: { techniques: [] }, clock: { server: () => 1000 }, api: { get, login: async () => ({ role: "viewer" }) } });
		panel.opened();
		await pass(4000);
		out.push(asked, lane.broken);
		lane.viewer.state = "paused";
		over = [{ fault: {}, names: [], since: 1100, until: 1200 }];
		await pass(4000);
		out.push(asked, lane.broken);
		await pass(60_000);
		out.push(asked);
		hidden = false;
		await pass(3000);
		out.push(asked);
		panel.closed();
		delete document.hidden;
		return out.join(" ");
	})()`)
	if want := "2 false 3 true 3 4"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a lane was not there for, because it was stopped or the page was hidden for long, has no age.
func TestLabAgeOfWhatWaited(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Lane } = await import(base + "lab/lane.js");
		const clock = { observe() {}, server: (now) => now }; // both clocks are one
		const lane = new Lane({ key: "sse", technique: "sse", variant: "" }, { base: new URL(base), config: { interval: 1000 }, clock, tell() {}, slots: { give() {} }, api: { wire: async () => ({}) } });
		let listener;
		const counts = { messages: 0, missed: 0, duplicates: 0, reconnects: 0 };
		await lane.adopt({ id: "v", technique: "sse", state: "open", counts, listen: (l) => ((listener = l), () => {}), renew() {} });
		const ages = [];
		lane.ages.add = (at) => ages.push(at);
		const now = performance.now();
		const come = (...all) => all.forEach((at) => listener.onMessage({ at, received: performance.now(), id: "e-1", size: 1, data: {} }));
		come(now + 1, now + 2); // the first had waited for whoever would come
		listener.onState("sse", "connecting"); // a connection that failed makes things late indeed
		come(now + 3);
		listener.onState("sse", "paused");
		while (performance.now() < now + 50) await new Promise((resolve) => setTimeout(resolve, 10));
		listener.onState("sse", "connecting");
		listener.onState("sse", "open");
		come(now + 4, now + 5, performance.now() + 1);
		return ages.map((at) => Math.round(at - now) > 49 ? "new" : Math.round(at - now)).join(" ");
	})()`)
	if want := "2 3 new"; got != want {
		t.Errorf("got ages of %q, want %q", got, want)
	}
}

// What a lane caught up on, because it was stopped or the page was hidden, came in one answer: it does not count, or every message
// would be cheaper for it.
func TestLabCostOfWhatWaited(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Lane } = await import(base + "lab/lane.js");
		const clock = { observe() {}, server: (now) => now };
		let meter = [0, 0], listener;
		const way = (total) => ({ total, head: 0, framing: 0, payload: 0 });
		const wire = async () => ({ since: 1, transports: { polling: { requests: meter[0], connections: 1, messages: meter[1], bytes: { in: way(0), out: way(100 * meter[0]) } } } });
		const lane = new Lane({ key: "polling", technique: "polling", variant: "" }, { base: new URL(base), config: { interval: 1000 }, clock, tell() {}, slots: { give() {} }, api: { wire } });
		const counts = { messages: 0, missed: 0, duplicates: 0, reconnects: 0 };
		lane.viewer = { id: "v", technique: "polling", state: "open", counts, listen: (l) => ((listener = l), () => {}), start() {}, stop() {} };
		const out = [];
		const looks = async (requests, messages, age = 0) => {
			meter = [meter[0] + requests, meter[1] + messages];
			listener.onMessage({ at: performance.now() - age, received: performance.now(), id: "e-1", size: 1, data: {} });
			await lane.measure();
			out.push(lane.figures.requests + "/" + lane.figures.messages + "/" + lane.figures.bytes.out.total);
		};
		const again = async () => {
			await looks(1, 15, 60_000); // all that was made meanwhile
			await looks(1, 1); // since
			await looks(1, 1);
		};
		lane.start();
		await looks(10, 10);
		lane.stop();
		lane.start();
		await again();
		listener.onState("polling", "paused");
		listener.onState("polling", "connecting");
		await again();
		lane.stop();
		lane.start();
		await lane.resetCounts(); // who sets to zero wants it counted from now on
		await looks(1, 1);
		return out.join(" ");
	})()`)
	if want := "10/10/1000 10/10/1000 10/10/1000 11/11/1100 11/11/1100 11/11/1100 12/12/1200 1/1/100"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A page that lets go in the background holds nothing, and the diagram says so; a lane that was stopped needs no word.
func TestLabInTheBackground(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Lane }, { Picture }, { TimeView }, { load }] = await Promise.all(["lab/lane.js", "lab/picture.js", "lab/timeview.js", "words/words.js"].map((name) => import(base + name)));
		await load("lanes");
		const clock = { offset: 0, observe() {}, server: (now) => now };
		const lane = new Lane({ key: "sse", technique: "sse", variant: "" }, { base: new URL(base), config: { interval: 1000 }, clock, tell() {}, slots: { give() {} }, api: { wire: async () => ({}) } });
		let listener;
		lane.viewer = { id: "v", technique: "sse", state: "open", counts: {}, listen: (l) => ((listener = l), () => {}), start() {}, stop: () => listener.onState("sse", "paused") };
		const { exchanges: e } = lane;
		const wait = async (ms) => { for (const end = performance.now() + ms; performance.now() < end;) await new Promise((resolve) => setTimeout(resolve, 10)); };
		const held = () => Array.from({ length: e.held }, (_, i) => e.to[e.hold(i)] === Infinity ? "held" : "over").join(" ");
		const out = [], written = [];
		lane.start();
		listener.onExchange("sse", { at: performance.now(), dir: "down", kind: "open", messages: 0, payload: 0 });
		listener.onState("sse", "open");
		out.push(held());
		listener.onState("sse", "paused"); // a lesson has stopped the page's viewer
		listener.onState("sse", "connecting");
		out.push(lane.away.length);
		Object.defineProperty(document, "hidden", { value: true, configurable: true });
		listener.onState("sse", "paused");
		delete document.hidden;
		await wait(300);
		listener.onState("sse", "connecting");
		out.push(held());
		lane.stop();
		lane.start();
		out.push(lane.away.map(({ from, to }) => to - from >= 300 && to <= performance.now()).join());
		const { fillText } = CanvasRenderingContext2D.prototype;
		CanvasRenderingContext2D.prototype.fillText = (text) => written.push(text);
		const view = new TimeView(), picture = new Picture(lane, view, clock, () => {});
		for (let i = 0; i < 9; i++) view.zoom(1);
		lane.away[0].from -= 20_000; // there is room for words
		picture.window.style.cssText = "position: fixed; inset: 0 auto auto 0; inline-size: 1000px; block-size: 100px";
		picture.window.firstChild.style.cssText = "inline-size: 100%; block-size: 100%";
		document.body.append(picture.window);
		try {
			for (let i = 0; i < 400 && written.length === 0; i++) {
				await wait(50);
				picture.draw();
			}
		} finally {
			CanvasRenderingContext2D.prototype.fillText = fillText;
			picture.window.remove();
		}
		return [...out, written[0]].map(String);
	})()`)
	if want := []string{"held", "0", "over", "true", "in the background"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The ages in a report are those that the cost table's percentiles are of: what a lane caught up on is in neither.
func TestReportAgesAreTheTables(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Report } = await import(base + "lab/report.js");
		const { Ages } = await import(base + "age.js");
		const { Deliveries } = await import(base + "lab/deliveries.js");
		const root = document.createElement("div"), ages = new Ages(3), deliveries = new Deliveries();
		for (const [at, received] of [[1000, 21_660], [2000, 2010], [3000, 3030.5], [4000, 4020], [5000, 5040]]) {
			deliveries.add(at, received);
			if (received - at < 1000) ages.add(at, received);
		}
		new Report(root, { lanes: [{ key: "sse", ages, deliveries, newest: null }], clock: { offset: 10, error: 1 }, config: {}, panel() {}, api: { host: async () => null } });
		const form = root.querySelector('[data-testid="report-form"]');
		form.value = "json";
		root.querySelector('[data-testid="report-make"]').click();
		await new Promise((done) => setTimeout(done));
		return JSON.stringify(JSON.parse(root.querySelector('[data-testid="report-text"]').textContent).ages) + " " + ages.percentiles([1], 10);
	})()`)
	if want := `[{"lane":"sse","at":[3000,4000,5000],"age_ms":[20.5,10,30]}] 0.03`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A line that the table does not compare says why in the report, in each of its forms, and for how long it has counted.
func TestReportSaysWhatIsNotCompared(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Report }, { Costs }, { columns }, { load }] = await Promise.all(["lab/report.js", "lab/costs.js", "lab/cost.js", "words/words.js"].map((name) => import(base + name)));
		await load("lab", "costs", "report");
		const values = Object.fromEntries(columns.map(({ id }) => [id, NaN]));
		const line = (key, more) => ({ key, technique: key, variant: "", values, seconds: 60, broken: false, running: true, thin: "", ...more });
		const costs = Object.create(Costs.prototype, { runs: { value: [{ at: 0, seconds: 60, lines: [line("sse"), line("websocket", { broken: true }), line("polling", { seconds: 90 }), line("streaming")] }] } });
		const root = document.createElement("div");
		new Report(root, { lanes: [], clock: { offset: 10, error: 1 }, config: {}, panel: (name) => name === "costs" ? costs : undefined, api: { host: async () => null, get: async () => null } });
		root.querySelector('[data-testid="report-make"]').click();
		await new Promise((done) => setTimeout(done));
		const form = root.querySelector('[data-testid="report-form"]');
		const text = (name) => {
			form.value = name;
			form.dispatchEvent(new Event("change"));
			return root.querySelector('[data-testid="report-text"]').textContent;
		};
		return [...JSON.parse(text("json")).tables.costs.map(({ seconds, apart }) => seconds + " " + apart),
			...text("csv").split(/\s*\n/).filter((line) => line.startsWith("costs,")).slice(0, 3).map((line) => line.split(",").slice(-2).join(" ")),
			text("markdown").includes("no star: broken on purpose while it counted |")];
	})().then((all) => all.map(String))`)
	if want := []string{"60 ", "60 no star: broken on purpose while it counted", "90 no star: counted 90 s, most others 60 s", "60 ", "seconds apart", "60 ",
		"60 no star: broken on purpose while it counted", "true"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A lesson has its lanes as their kinds are, whatever was chosen for them, and gives that back; and a lane that waits for a
// connection is no lane that plays.
func TestLabStage(t *testing.T) {
	p := modules(t)
	got := evaluate[[]any](p, `(async () => {
		const { play } = await import(base + "lab/play.js");
		const said = [], seen = [];
		let messages = 0;
		const viewer = { id: "v", phase: "lock", every: 500, conflate: true, get counts() { return { messages: messages++ }; } };
		const lane = { key: "polling", page: true, running: true, queued: false, phase: "sweep", viewer };
		const waits = { key: "sse", running: false, queued: true, phase: "jitter", viewer: { ...viewer }, stop() { this.queued = false; } };
		const lab = {
			lanes: [lane, waits], isOpen: true, plays: () => {}, addEventListener: () => {}, clock: { server: (at) => at }, lane: (key) => lab.lanes.find((lane) => lane.key === key),
			launch: (lane) => { lane.queued = !lane.running; },
			api: { command: async (id, { set }) => said.push(id + " " + set.every + " " + set.conflate), wire: async () => ({}), get: async () => ({ faults: [] }) },
		};
		const how = () => [viewer.phase, viewer.every, viewer.conflate, waits.queued].join(" ");
		const run = async () => { seen.push(how()); return []; };
		for (const lanes of [["polling"], ["polling", "sse"]]) {
			const { said } = await play(lab, { name: "n", claims: [], lanes, run }, 1, new AbortController().signal, () => {});
			seen.push(said.key, how());
		}
		return [...seen, ...said];
	})()`)
	if want := `["sweep 0 false false","lessons.done","lock 500 true true","lessons.nothing_came","lock 500 true true",` +
		`"v 0ms false","v 500ms true","v 0ms false","v 0ms false","v 500ms true","v 500ms true"]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// Who may only look is told before a lesson that breaks something, is offered no mending and no breaking, and told why; and a
// refusal does not stay.
func TestLabForWhoOnlyLooks(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const [{ play }, { Faults }] = await Promise.all(["lab/play.js", "lab/faults.js"].map((name) => import(base + name)));
		`+timers+`
		const root = document.createElement("div"), out = [];
		const lab = new EventTarget();
		const { Refused } = await import(base + "api.js");
		const refuse = async () => { throw new Refused(403, "no"); };
		let role = "viewer", runs = 0, faults = [];
		const entry = { technique: "sse", fault: { mute: true }, names: ["mute"], since: 0, until: 9 };
		Object.assign(lab, { lanes: [], isOpen: true, plays() {}, tell() {}, on() {}, clock: { server: (at) => at }, config: { techniques: [], interval: 1000 },
			api: { login: async () => ({ role }), command: async () => {}, post: refuse, wire: async () => ({}), get: async () => ({ faults, inside: {} }) } });
		for (role of ["viewer", "presenter"]) {
			const run = async () => (runs++, []);
			lab.lanes = [{ viewer: { id: "v" }, page: true }];
			const { said } = await play(lab, { name: "n", claims: [], lanes: [], needs: "faults", run }, 1, new AbortController().signal, () => {});
			out.push(said.key, runs);
			lab.lanes = [];
		}
		const lane = { key: "sse", technique: "sse", running: true, viewer: { id: "v", get counts() { return { messages: runs++ }; } } };
		Object.assign(lab, { lanes: [lane], lane: () => lane, launch() {} });
		const tries = async (stage) => { await stage.fault("sse", { mute: true }).catch((error) => out.push(error.message)); return []; };
		await play(lab, { name: "n", claims: [], lanes: ["sse"], run: tries }, 1, new AbortController().signal, () => {});
		role = "viewer";
		faults = [entry];
		const panel = new Faults(root, lab);
		const status = () => root.querySelector('[data-testid="faults-status"]').dataset.bad;
		lab.lanes = [{ viewer: { id: "v" }, technique: "websocket", key: "websocket", variant: "", counts: {} }];
		panel.opened();
		await pass(3000);
		out.push(root.querySelector('[data-testid="faults-list"] button').hidden);
		const offered = () => [...root.querySelectorAll("form :is(button, select)")].filter(({ disabled }) => !disabled).length;
		const may = () => out.push(offered() > 10 ? "all" : offered(), root.querySelector('[data-testid="faults-looks"]').hidden);
		may();
		role = "presenter";
		panel.opened();
		await pass(0);
		may();
		root.querySelector('[data-testid="faults-clear"]').click();
		await pass(1000);
		out.push(status());
		await pass(20_000);
		out.push(status());
		panel.closed();
		return out.join(" ");
	})()`)
	if want := "lessons.needs_presenter 0 lessons.done 1 lessons.needs_presenter true 0 false all true true false"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What somebody else broke while a lesson measured, before it, in its middle or at its end, is said, and so is a server that was
// started again, or a new epoch, or a lane that was changed under it; a fault of its own is none of that, nor one that concerns it not.
func TestLabMeasuredUndisturbed(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, before, script, want string }{
		{"nobody", ``, ``, "done"},
		{"everybody-before", `faults.push({})`, ``, "foreign"},
		{"everybody-at-the-end", ``, `faults.push({})`, "foreign"},
		{"everybody-in-between", ``, `lab.dispatchEvent(new CustomEvent("faults", { detail: { faults: [{}] } }))`, "foreign"},
		{"short-in-between", ``, `over.push({ until: 1001 })`, "foreign"},
		{"over-before", `over.push({ until: 999 })`, ``, "done"},
		{"its-own-that-is-over", ``, `await stage.fault("sse", { mute: true }); over.push({ viewer: "v", technique: "sse", until: 1001 })`, "done"},
		{"its-viewer", ``, `faults.push({ viewer: "v" })`, "foreign"},
		{"its-technique", ``, `faults.push({ technique: "sse" })`, "foreign"},
		{"another-viewer", ``, `faults.push({ viewer: "#123" })`, "done"},
		{"another-technique", ``, `faults.push({ technique: "polling" })`, "done"},
		{"the-crowd's-technique", ``, `await stage.crowd("polling", 1, 1); faults.push({ technique: "polling" })`, "foreign"},
		{"a-technique-that-it-uses", ``, `faults.push({ technique: "streaming" })`, "foreign"},
		{"its-crowd-was-stopped", ``, `crowd.reason = "stopped"; await stage.crowd("sse", 1, 1)`, "foreign"},
		{"another's-crowd", ``, `crowd.began = 2; await stage.crowd("sse", 1, 1)`, "foreign"},
		{"its-own", ``, `await stage.fault("sse", { mute: true }); faults.push({ viewer: "v", technique: "sse" })`, "done"},
		{"its-own-and-another", ``, `await stage.fault("sse", { mute: true }); faults.push({ viewer: "v" })`, "foreign"},
		{"no-faults-here", `refused = 404`, ``, "done"},
		{"cannot-be-asked", ``, `refused = 500`, "failed"},
		{"another-server", ``, `since++`, "anew"},
		{"another-epoch", ``, `epoch = "f"`, "anew"},
		{"set-to-zero-by-itself", ``, `await stage.watch(0.01)`, "done"},
		{"set-to-zero", ``, `lab.dispatchEvent(new CustomEvent("reset", { detail: { lane } }))`, "disturbed"},
		{"another-set-to-zero", ``, `lab.dispatchEvent(new CustomEvent("reset", { detail: { lane: {} } }))`, "done"},
		{"stopped", ``, `lane.running = false; state(); lane.running = true`, "disturbed"},
		{"another-state", ``, `state()`, "done"},
		{"another-viewer's", ``, `lane.viewer = { ...lane.viewer, id: "w" }`, "disturbed"},
		{"thinner", ``, `lane.viewer.every = 2000`, "disturbed"},
		{"the-newest-alone", ``, `lane.viewer.conflate = true`, "disturbed"},
		{"thinner-by-itself", ``, `await stage.conflate("sse")`, "done"},
		{"climbs", ``, `lane.technique = "websocket"`, "done"},
		{"the-page-goes-over", `lane.page = true`, `lane.technique = "websocket"`, "disturbed"},
		{"hidden", ``, `Object.defineProperty(document, "hidden", { value: true, configurable: true }); document.dispatchEvent(new Event("visibilitychange")); delete document.hidden`, "disturbed"},
	} {
		got := evaluate[string](p, `(async () => {
			const { play } = await import(base + "lab/play.js");
			const { Refused } = await import(base + "api.js");
			let messages = 0, since = 1, epoch = "e", refused = 0, crowd = { began: 1, running: false, reason: "time" };
			const faults = [], over = [];
			const state = () => lab.dispatchEvent(new CustomEvent("state", { detail: { lane, state: lane.running ? "open" : "paused" } }));
			const lane = { key: "sse", technique: "sse", running: true, counts: {}, ages: { percentiles: () => [] }, async measure() {},
				resetCounts: () => lab.dispatchEvent(new CustomEvent("reset", { detail: { lane } })), queued: false, get newest() { return { epoch, received: 1 }; },
				viewer: { id: "v", every: 0, conflate: false, get counts() { return { messages: messages++ }; } }, provoke() {} };
			const lab = new EventTarget();
			const get = async () => {
				if (refused) throw new Refused(refused, "no");
				return { faults, over, ...crowd };
			};
			Object.assign(lab, { lanes: [lane], isOpen: true, config: { interval: 1000 }, plays() {}, tell() {}, lane: () => lane, launch() {}, clock: { server: () => 1000 },
				api: { wire: async () => ({ since }), get, post: async () => ({ began: 1, running: true }), command: async () => {} } });
			`+test.before+`;
			const run = async (stage) => { `+test.script+`; return [{}]; };
			const { answers, said } = await play(lab, { name: "n", claims: [], lanes: ["sse"], uses: ["streaming"], run }, 1, new AbortController().signal, () => {});
			return said.key + " " + answers.length;
		})()`)
		want := "lessons." + test.want + " 1"
		if test.want == "failed" {
			want = "lessons.failed 0"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", test.name, got, want)
		}
	}
}

// A fault that was heard there and not answered here is taken away like any other; one that was refused was never there.
func TestStageHealsWhatWasNotAnswered(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { play } = await import(base + "lab/play.js");
		const { Refused } = await import(base + "api.js");
		const said = [];
		let messages = 0, status = 0;
		const lane = { key: "sse", technique: "sse", running: true, viewer: { id: "v", get counts() { return { messages: messages++ }; } }, provoke() {} };
		const lab = new EventTarget();
		const post = async (name, { fault }) => {
			said.push(JSON.stringify(fault));
			if (fault) throw new Refused(status, "no");
		};
		Object.assign(lab, { lanes: [lane], isOpen: true, config: { interval: 1000 }, plays() {}, tell() {}, lane: () => lane, launch() {}, clock: { server: () => 1000 },
			api: { wire: async () => ({}), get: async () => ({ faults: [] }), post } });
		for (status of [0, 500]) await play(lab, { name: "n", claims: [], lanes: ["sse"], run: (stage) => stage.fault("sse", { mute: true }) }, 1, new AbortController().signal, () => {});
		return said.join(" ");
	})()`)
	if want := `{"mute":true} null {"mute":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A lesson's question on a lane's own connection is answered by its own answer.
func TestStageHearsItsOwnAnswer(t *testing.T) {
	p := modules(t)
	got := evaluate[float64](p, `(async () => {
		const { Stage } = await import(base + "lab/stage.js");
		const lab = new EventTarget(), answer = (pong) => lab.dispatchEvent(new CustomEvent("answer", { detail: { lane, answer: { pong } } }));
		const say = ({ ping }) => {
			answer(1); // to what Two ways has said
			setTimeout(() => answer(ping), 100);
		};
		let messages = 0;
		const lane = { key: "websocket", running: true, viewer: { say, get counts() { return { messages: messages++ }; } } };
		Object.assign(lab, { lanes: [lane], lane: () => lane, launch() {} });
		const stage = new Stage(lab, { lanes: ["websocket"] }, new AbortController().signal, () => {});
		await stage.set();
		return stage.answered("websocket");
	})()`)
	if got < 0.09 {
		t.Errorf("it was answered after %v s, and the answer came after 0.1 s", got)
	}
}

// With a source that is too slow for its formula a lesson says so.
func TestLessonsOfASlowSource(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const out = [];
		for (const name of ["late", "phase", "together", "thin"]) {
			const { default: lesson } = await import(base + "lab/lesson/" + name + ".js");
			for (const interval of [1, 20]) {
				const figures = { messages: 1, bytes: { out: { total: 1000 } } };
				const stage = { interval, sweep: 15 / 16, watch: async () => () => ({ median: 1, counts: {}, figures }), async fault() {}, async sleep() {}, async conflate() {} };
				out.push(await lesson.run(stage, Math.min(60, lesson.seconds(interval))).then(() => "ran", ({ message }) => message));
			}
		}
		return out;
	})()`)
	for i, how := range got {
		if want := []string{"ran", "lessons.too_slow"}[i%2]; how != want {
			t.Errorf("%d: got %s, want %s", i, how, want)
		}
	}
}

// What a lesson expects of a lane that sweeps is of the time that really lies between its questions.
func TestLabExpectsWhatSweeps(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { sweep } = await import(base + "transport/polling.js");
		const stage = { interval: 1, sweep, watch: async () => () => ({ answers: 1, empty: 1, requests: 1, seconds: 1, counts: { messages: 1, missed: 0 }, median: 0 }) };
		const out = [];
		for (const name of ["empty", "slow", "late", "phase"]) {
			const { default: lesson } = await import(base + "lab/lesson/" + name + ".js");
			for (const { expected, formula } of await lesson.run(stage, 30)) if (expected) out.push(formula + " = " + expected.toFixed(4));
		}
		return out.join(", ");
	})()`)
	if want := "1 − 15/16 · P/T = 0.8125, 16/15 · 1/P = 5.3333, 15/16 · P/T = 4.6875, 16/15 · 1/P = 0.2133, d + 15/16 · P/2 = 0.4688, d + 15/16 · P/2 = 0.4688"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a lesson measures in one unit is drawn on one scale, with what was expected and predicted of it.
func TestLessonBars(t *testing.T) {
	p := modules(t)
	got := evaluate[[]any](p, `(async () => {
		const { longest } = await import(base + "lab/lessons.js");
		const bars = (number, ...answers) => Object.fromEntries(longest(answers, { number, choice: "" }));
		return [
			bars(500, { unit: "s", measured: 0.4, expected: 0.45, guessed: true }, { unit: "s", measured: 0.002, expected: null }, { unit: "bytes", measured: 7, expected: 9 }),
			bars(300, { unit: "s", measured: 0.4, expected: 0.45, guessed: true }, { unit: "s", measured: 2 }, { choice: "same" }),
			bars(NaN, { measured: NaN, expected: 6, guessed: true }, { measured: Infinity }, { unit: "share", measured: 0 }),
		];
	})()`)
	if want := `[{"bytes":9,"s":0.5},{"s":2},{"count":6}]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// What came out that is no number stands where it was measured, and where something was expected of it or predicted is nothing.
func TestLessonWords(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ written }, { load }] = await Promise.all(["lab/lessons.js", "words/words.js"].map((name) => import(base + name)));
		await load("lessons");
		return [{ text: "HTTP/2" }, { text: "" }, { technique: "sse" }, { unit: "bytes" }].flatMap((answer) => [NaN, undefined, null].map((v) => written(answer, v)));
	})()`)
	if want := []string{"HTTP/2", "HTTP/2", "—", "—", "—", "—", "SSE", "SSE", "—", "—", "—", "—"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What was broken, wanted fewer messages, has counted for another time than most, or does not run is not compared with the others.
func TestLabCompares(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, lines, want string }{
		{"alike", `[60], [60.5], [61]`, `60.5: , , `},
		{"added-later", `[60], [60], [12]`, `60: , , time`},
		{"added-long-ago", `[600], [600], [560]`, `600: , , `},
		{"two-of-different-times", `[60], [12]`, `60: , time`},
		{"just-begun", `[0.5], [2], [3]`, `2: , , `},
		{"one-broken", `[60], [60, true], [60]`, `60: , fault, `},
		{"all-broken", `[60, true], [60, true], [12, true]`, `60: , , time`},
		{"broken-but-for-one-that-never-ran", `[60, true], [0], [60, true]`, `60: , time, `},
		{"a-lesson-has-stopped-the-others", `[40, false, false], [5], [40, false, false], [40, false, false], [5]`, `5: stopped, , stopped, stopped, `},
		{"stopped-and-broken", `[60, true], [60, false, false]`, `60: , stopped`},
		{"nobody-runs", `[60, false, false], [12, false, false]`, `60: , time`},
		{"one-thinner", `[60], [60, false, true, "2000"], [60]`, `60: , thin, `},
		{"all-as-thin", `[60, false, true, "2000"], [60, false, true, "2000"]`, `60: , `},
		{"all-thinner-in-ways-of-their-own", `[60, false, true, "2000"], [60, false, true, "5000"]`, `60: thin, thin`},
		{"broken-and-thinner", `[60], [60, true, true, "2000"], [60]`, `60: , fault, `},
		{"nobody", ``, `0: `},
	} {
		got := evaluate[string](p, `(async () => {
			const { compare } = await import(base + "lab/cost.js");
			const { usual, why } = compare([`+test.lines+`].map(([seconds, broken = false, running = true, thin = ""]) => ({ seconds, broken, running, thin })));
			return usual + ": " + why.join(", ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Who is not compared has no star, though he would be the best, and his row says why.
func TestCostStars(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Costs }, { load }] = await Promise.all(["lab/costs.js", "words/words.js"].map((name) => import(base + name)));
		await load("costs", "lab");
		const root = document.createElement("div");
		const lane = (key, age, seconds, broken, thin = "") => ({ key, technique: key, variant: "", began: 0, seconds, broken, thin, running: true, figures: null,
			counts: { messages: 1, missed: 0, duplicates: 0, reconnects: 0 }, ages: { percentiles: () => [age, age] } });
		new Costs(root, { lanes: [lane("sse", 0.1, 60, true), lane("polling", 0.2, 12, false), lane("longpolling", 0.1, 60, false, "2000 false"), lane("streaming", 0.3, 60, false), lane("websocket", 0.4, 60, false)],
			clock: { offset: 0 }, on() {} }).show();
		return [...root.querySelectorAll("tr[data-lane]")].map((row) => {
			const cell = row.querySelector('[data-key="median"]');
			const why = row.querySelector(".costs-apart");
			return [row.dataset.lane, cell.dataset.best, why.hidden ? "" : why.textContent].join(" ");
		});
	})()`)
	if want := []string{"sse false no star: broken on purpose while it counted", "polling false no star: counted 12 s, most others 60 s",
		"longpolling false no star: it wanted fewer messages while it counted", "streaming true ", "websocket false "}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A double click pins one run.
func TestLabPinsOnce(t *testing.T) {
	p := modules(t)
	got := evaluate[int](p, `(async () => {
		const { Costs } = await import(base + "lab/costs.js");
		const root = document.createElement("div");
		new Costs(root, { lanes: [], clock: { offset: 0 }, on() {} });
		const pin = root.querySelector('[data-testid="costs-pin"]');
		pin.click();
		pin.click();
		return root.querySelectorAll("tbody").length;
	})()`)
	if got != 2 { // the one that goes on, and what was pinned
		t.Errorf("there are %d runs, want 2", got)
	}
}

// What was measured of the fault before stays where another one is refused, and nobody hears of that one.
func TestFaultsWatchWhatIsAccepted(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Faults } = await import(base + "lab/faults.js");
		const { Deliveries } = await import(base + "lab/deliveries.js");
		const root = document.createElement("div"), out = [];
		let refuse = false, told = 0, provoked = 0;
		const lane = { key: "sse", technique: "sse", variant: "", running: true, counts: { messages: 0, missed: 0, duplicates: 0, reconnects: 0 },
			deliveries: new Deliveries(), viewer: { id: "v", conflate: false }, provoke: () => provoked++, staleness: () => 0 };
		const post = async () => {
			if (refuse) throw new Error("no");
		};
		new Faults(root, { lanes: [lane], lane: () => lane, clock: { offset: 0, server: (now) => now }, config: { interval: 1000, techniques: ["sse"] }, on() {},
			tell: (type) => (told += Number(type === "fault")), api: { post, get: async () => ({ faults: [], inside: {} }) } });
		const row = () => root.querySelector('[data-testid="fault-lane-sse"]').dataset.state;
		const apply = async () => {
			root.querySelector("form").requestSubmit();
			await new Promise((done) => setTimeout(done, 50));
			out.push([row(), told, provoked].join(" "));
		};
		document.body.append(root);
		refuse = true;
		await apply();
		refuse = false;
		await apply();
		lane.counts.missed = 3;
		refuse = true;
		await apply();
		out.push(root.querySelector('[data-testid="fault-lane-sse-missed"]').textContent);
		root.remove();
		return out;
	})()`)
	if want := []string{" 0 0", "fine 1 1", "fine 1 1", "3"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A cut that only the server's meter has seen is told, of what cuts alone.
func TestFaultsTellOfUnseenCuts(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Faults }, { Deliveries }] = await Promise.all(["lab/faults.js", "lab/deliveries.js"].map((name) => import(base + name)));
		const root = document.createElement("div"), listeners = {}, out = [];
		const lane = { key: "longpolling", technique: "longpolling", variant: "", running: true, counts: {}, figures: { connections: 7 },
			deliveries: new Deliveries(), viewer: { id: "v" }, provoke() {}, staleness: () => 0 };
		const panel = new Faults(root, { lanes: [lane], lane: () => lane, clock: { offset: 0, server: (now) => now }, config: { interval: 1000, techniques: [] },
			on: (type, listener) => (listeners[type] = listener), tell() {}, api: { post: async () => {}, get: async () => ({ faults: [], inside: {} }) } });
		for (const preset of ["cable", "satellite"]) {
			lane.figures = { connections: 7 };
			root.querySelector('[data-testid="faults-' + preset + '"]').click();
			await new Promise((done) => setTimeout(done));
			listeners.figures?.({ lane, figures: { connections: 8 } });
			panel.show(performance.now());
			await new Promise((done) => setTimeout(done));
			out.push(root.querySelector('[data-testid="fault-lane-longpolling"]').dataset.state);
		}
		return out;
	})()`)
	if want := []string{"again", "fine"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A lane counts as broken while what is broken concerns it, whoever broke it and however often it is set to zero; and so it does
// when that was over before anybody asked.
func TestFaultsConcernLanes(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Faults } = await import(base + "lab/faults.js");
		const root = document.createElement("div"), listeners = {};
		const lanes = ["sse", "websocket"].map((key) => ({ key, technique: key, variant: "", broken: false, began: 1000, viewer: { id: key }, counts: {} }));
		let over = [], faults = [{ technique: "sse", fault: { delay: "1s" }, names: [], since: 0, until: 0 }];
		const lab = { lanes, clock: { offset: 0, server: (now) => now }, config: { interval: 1000, techniques: ["sse", "websocket"] },
			on: (type, listener) => (listeners[type] = listener), tell() {}, api: { post: async () => ({ faults, over, inside: {} }), get: async () => ({ faults, over, inside: {} }) } };
		new Faults(root, lab);
		const out = [];
		const look = async () => {
			await new Promise((done) => setTimeout(done));
			out.push(lanes.map(({ broken }) => broken).join(" "));
			for (const lane of lanes) lane.broken = false;
		};
		document.body.append(root);
		root.querySelector('[data-testid="faults-clear"]').click();
		await look();
		for (const lane of lanes) listeners.reset({ lane });
		await look();
		faults = [];
		for (const lane of lanes) listeners.reset({ lane });
		await look();
		over = [{ technique: "websocket", fault: {}, names: [], since: 900, until: 1100 }, { technique: "sse", fault: {}, names: [], since: 900, until: 990 }];
		root.querySelector('[data-testid="faults-clear"]').click();
		await look();
		root.remove();
		return out;
	})()`)
	if want := []string{"true false", "true false", "false false", "false true"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A picture that is taken away is forgotten, with its canvas and its lane.
func TestPictureIsForgotten(t *testing.T) {
	p := modules(t)
	evaluate[bool](p, `(async () => {
		const { Picture } = await import(base + "lab/picture.js");
		const { TimeView } = await import(base + "lab/timeview.js");
		const { Exchanges } = await import(base + "exchanges.js");
		const { Deliveries } = await import(base + "lab/deliveries.js");
		const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
		const lane = { technique: "sse", provoked: [], away: [], exchanges: new Exchanges([false, false, true, true, true]), deliveries: new Deliveries(8) };
		const picture = new Picture(lane, new TimeView(), { offset: 0 }, () => picture.exchanges);
		globalThis.kept = { lane: new WeakRef(lane), picture: new WeakRef(picture) };
		picture.window.style.cssText = "inline-size: 200px; block-size: 100px";
		document.body.append(picture.window);
		await frame();
		picture.draw();
		await frame();
		picture.window.remove();
		return true;
	})()`)
	for end := time.Now().Add(20 * time.Second); ; {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, heapprofiler.CollectGarbage, cdp.Empty{})
			return err
		}))
		if evaluate[bool](p, `!kept.picture.deref() && !kept.lane.deref()`) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it is still kept")
		}
	}
}

// The doctor holds no connection that there is not, and gives back what it had.
func TestDoctorAsksForAConnection(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { load } = await import(base + "words/words.js");
		const { Doctor } = await import(base + "lab/doctor.js");
		await load("doctor");
		let room = 0, asked = 0;
		const held = new Set();
		const root = document.createElement("div");
		new Doctor(root, {
			base: new URL(base), config: { techniques: [], interval: 1000 }, api: { config: async () => { asked++; throw new Error("ill"); } },
			slots: { take: (key) => held.size < room && held.add(key), give: (key) => held.delete(key) },
		});
		const out = [];
		for (room of [0, 1]) {
			root.querySelector('[data-testid="doctor-start"]').click();
			out.push(String(held.size));
			await new Promise((resolve) => setTimeout(resolve));
			out.push(asked + " " + held.size + " " + root.querySelector('[data-testid="doctor-status"]').textContent);
		}
		return out;
	})()`)
	if want := `["0","0 0 Tabs of this page hold all the connections that this browser can spare. Close some of them first.","1","1 0 The server cannot be asked: ill"]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// A cut, a delay and a restart that happened are told, and a lane that is late under a fault has not recovered.
func TestLabVerdict(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, script, want string }{
		{"nothing", `beat(0, 5, 22);`, "fine: nothing to notice here NaN"},
		{"one-late-message", `beat(0, 5, 22); r.message(5100, 300); beat(6, 9, 22);`, "fine: nothing to notice here NaN"},
		{"cut", `beat(0, 3, 22); r.broke(2400); r.up(2700); beat(3, 6, 22);`, "cut: cut, back after 300 ms 1000"},
		{"cut-and-asked-in-vain", `beat(0, 3, 22); r.broke(2400); r.broke(2500); r.up(2700); beat(3, 6, 22);`, "cut: cut, back after 300 ms 1000"},
		{"cut-before-a-message", `r.broke(100); r.message(1000, 22);`, "cut: cut, back after 900 ms 1500"},
		{"cut-still", `beat(0, 3, 22); r.broke(2400); r.look(3000, 1000);`, "broken: cut, not back yet NaN"},
		{"cut-twice", `beat(0, 3, 22); r.broke(2400); r.up(2700); r.broke(2800); beat(3, 6, 22);`, "cut: cut 2 times, last back after 200 ms 1000"},
		{"cut-for-long", `beat(0, 3, 22); r.broke(2400); r.look(6000, 4000); r.up(7400); beat(8, 9, 22);`, "recovered: cut, back after 5.00 s 6000"},
		{"cut-and-asked-again-by-the-browser", `r = make({ connections: 7 }); beat(0, 3, 22); r.counted(7); r.counted(9); beat(3, 6, 22);`, "again: cut; the browser asked again by itself NaN"},
		{"nothing-cuts", `r.counted(7); beat(0, 3, 22); r.counted(9);`, "fine: nothing to notice here NaN"},
		{"delay", `beat(0, 6, 1020);`, "late: late by 1.00 s NaN"},
		{"delay-within-the-ups-and-downs", `beat(0, 6, 40);`, "fine: nothing to notice here NaN"},
		{"delay-mended", `beat(0, 6, 1020); r.inForce(false, 6000); beat(6, 9, 20);`, "recovered: recovered NaN"},
		{"buffer", `for (const at of [6000, 12000]) for (let age = 5520; age > 0; age -= 1000) r.message(at, age);`, "late: late by 2.50 s 6000"},
		{"restart", `r = make({ own: false }); r.broke(0); r.look(4000, 4500); r.up(5000); r.message(5100, 20);`, "recovered: cut, back after 5.00 s; not by this page 5600"},
	} {
		got := evaluate[string](p, `(async () => {
			const [{ Recovery }, { verdict }, { load }] = await Promise.all(["lab/recovery.js", "lab/faultrow.js", "words/words.js"].map((name) => import(base + name)));
			await load("faults");
			const make = (more) => new Recovery(0, {messages: 9, missed: 0, duplicates: 0, reconnects: 1}, {age: 20, peak: 1020, spread: 10}, 1000, { last: -500, ...more });
			let r = make({});
			const beat = (from, to, age) => { for (let t = from; t < to; t++) r.message(1000 * t, age); };
			`+test.script+`;
			return r.state + ": " + verdict(r) + " " + r.longest;
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// What is usual for a lane is told by the middle of its ages, and how far they go by themselves.
func TestLabUsual(t *testing.T) {
	p := modules(t)
	got := evaluate[[]any](p, `(async () => {
		const [{ usual }, { Deliveries }] = await Promise.all(["lab/recovery.js", "lab/deliveries.js"].map((name) => import(base + name)));
		const d = new Deliveries();
		d.add(0, 900);
		for (let i = 1; i <= 11; i++) d.add(1000 * i - i, 1000 * i + 100);
		return [usual(new Deliveries(), 0, 0, 0), usual(d, 1000, 100, 0), usual(d, 1000, 100, 50)];
	})()`)
	if want := `[{"age":0,"peak":0,"spread":0},{"age":6,"peak":1005,"spread":4},{"age":6,"peak":1005,"spread":50}]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// A connection that breaks by itself is watched, and its row says that this page did not ask for it.
func TestFaultsWatchWhatBreaks(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const [{ Faults }, { Deliveries }, { load }] = await Promise.all(["lab/faults.js", "lab/deliveries.js", "words/words.js"].map((name) => import(base + name)));
		await load("faults", "lab");
		const root = document.createElement("div"), listeners = {};
		const counts = { messages: 1, missed: 0, duplicates: 0, reconnects: 0 };
		const make = (key, newest) => ({ key, technique: key, variant: "", viewer: { id: key, interval: 1000 }, counts, newest, running: true, deliveries: new Deliveries(), staleness: () => 100 });
		const lanes = [make("sse", { received: 900 }), make("streaming", null)];
		const api = { get: async () => ({ faults: [], inside: {} }) };
		const panel = new Faults(root, { tell() {}, on: (type, listener) => (listeners[type] ??= []).push(listener), lanes, config: { techniques: [], interval: 1000 }, clock: { server: (at) => at, offset: 0 }, api });
		const happens = (at, dir, kind) => lanes.forEach((lane) => listeners.exchange.forEach((listener) => listener({ lane, exchange: { at, dir, kind } })));
		happens(1000, "down", "error");
		happens(1500, "up", "request");
		happens(1600, "down", "reply");
		happens(2000, "down", "open");
		panel.show(2000);
		await new Promise((resolve) => setTimeout(resolve));
		const state = (key) => root.querySelector('[data-testid="fault-lane-' + key + '-state"]').textContent;
		return state("sse") + " | " + state("streaming");
	})()`)
	if want := "cut, back after 1.00 s; not by this page | —"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What each preset breaks stands beside it for everybody to read, and the firewall is one that keeps a WebSocket out.
func TestFaultPresets(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const [{ Faults }, { presets }, { load }] = await Promise.all(["lab/faults.js", "lab/presets.js", "words/words.js"].map((name) => import(base + name)));
		await load("faults");
		const root = document.createElement("div");
		new Faults(root, { on: () => {}, lanes: [], config: { techniques: [] }, clock: { server: (at) => at }, api: {} });
		const mute = presets.filter(({ name }) => !root.querySelector("#" + root.querySelector('[data-testid="faults-' + name + '"]').getAttribute("aria-describedby"))?.textContent);
		const does = (name) => JSON.stringify(presets.find((preset) => preset.name === name).fault);
		return mute.map(({ name }) => name).join() + does("firewall") + does("drop");
	})()`)
	if want := `{"refuse_upgrade":true,"cut":"once"}{"mute":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is broken and how the lanes come through it stand above what breaks it; and from a lesson a button leads to the lanes.
func TestLabShowsCauseWithEffect(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Faults }, { Lessons }] = await Promise.all(["lab/faults.js", "lab/lessons.js"].map((name) => import(base + name)));
		const faults = document.createElement("div"), lessons = document.createElement("div"), lanes = document.createElement("div");
		const lab = { on: () => {}, lanes: [], config: { techniques: [], interval: 1000 }, clock: { server: (at) => at }, api: {}, playing: "", lesson: { choose() {} } };
		new Faults(faults, lab);
		new Lessons(lessons, lab);
		const out = [...faults.querySelectorAll('[data-testid="faults-list"], table, [data-testid="faults-presets"]')].map((e) => e.dataset.testid ?? e.localName);
		lanes.id = "lab-lanes";
		lanes.scrollIntoView = () => out.push("to the lanes");
		document.body.append(lanes);
		lessons.querySelector('[data-testid="lesson-lanes"]').click();
		lanes.remove();
		return out;
	})()`)
	if want := []string{"faults-list", "table", "faults-presets", "to the lanes"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// On a narrow screen the presets, a long way to scroll past, are folded; elsewhere they are open.
func TestFaultPresetsFold(t *testing.T) {
	p := modules(t)
	got := evaluate[[]bool](p, `(async () => {
		const { Faults } = await import(base + "lab/faults.js");
		const real = globalThis.matchMedia;
		try {
			return [true, false].map((matches) => {
				globalThis.matchMedia = () => ({ matches });
				const root = document.createElement("div");
				new Faults(root, { on: () => {}, lanes: [], config: { techniques: [] }, clock: { server: (at) => at }, api: {} });
				return root.querySelector('[data-testid="faults-tunnel"]').closest("details").open;
			});
		} finally {
			globalThis.matchMedia = real;
		}
	})()`)
	if quote(got) != "[false,true]" {
		t.Errorf("narrow and wide, they are open: %v", got)
	}
}

// A lane that is not connected says whether its request is out or has failed, or nobody has asked yet.
func TestLabRequest(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ happens, want string }{
		{"request open messages error", ""},
		{"request open end", ""},
		{"request open error request", "asked"},
		{"request open error request error", "failed"},
		{"request open error request command reply", "asked"},
		{"request error request error request", "asked"},
		{"request open error request open", ""},
		{"request empty request error", "failed"},
	} {
		got := evaluate[string](p, `(async () => {
			const { request } = await import(base + "lab/lane.js");
			return `+quote(test.happens)+`.split(" ").reduce(request, "");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.happens, got, test.want)
		}
	}
}

// What is not shown, because the lab is off or who asks came by a link, is not asked for again and again.
func TestLabAsksForWhatItGets(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { Inspector } = await import(base + "lab/inspector.js");
		const { Crowd } = await import(base + "lab/crowd.js");
		const { configured } = await import(base + "config.js");
		const { Loop } = await import(base + "lab/loop.js");
		Object.defineProperty(document, "hidden", { configurable: true, value: false });
		const asked = [];
		for (const answer of [{ lab: true, guest: false }, { lab: true, guest: true }, { lab: false, guest: true }]) {
			const config = await configured({ config: async () => answer });
			const questions = new Set();
			const ask = (name) => (name && questions.add(name), new Promise(() => {}));
			const lane = { key: "sse", technique: "sse", variant: "", page: true, viewer: { id: "me" } };
			const lab = { config, lanes: [lane], on() {}, api: { get: ask, login: ask, command: () => ask("command") } };
			new Inspector(document.createElement("div"), lab).show();
			new Crowd(document.createElement("div"), lab).opened();
			const loop = new Loop(lab);
			loop.start();
			loop.stop();
			asked.push([...questions].sort().join());
			if (config.shut) for (const name of ["jsonp", "peaks"]) {
				const { default: trial } = await import(base + "lab/trial/" + name + ".js");
				asked.push(await trial.run({ lab }, 1).then(String, (why) => why.message));
			}
		}
		delete document.hidden;
		return asked;
	})()`)
	if want := "command,load,wire||lab.no_guest|lab.no_guest||lab.off|lab.off"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}
