package e2e

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/fivewire/fivewire/assets"
)

// The modules that are pure are imported into an empty page of the dashboard's own origin and called with tables.

// library is a tab on a server of the modules.
type library struct {
	*tab
	url string
}

var libraries = sync.OnceValues(func() (*library, error) {
	shared, err := newTab()
	if err != nil {
		return nil, err
	}
	server := httptest.NewServer(http.FileServerFS(assets.FS))
	finally(server.CloseClientConnections)
	return &library{shared, server.URL + "/"}, nil
})

// modules is a page in which import(base + "…") works, with modules that nobody has imported before. There is one tab for all:
// tests of modules are not parallel.
func modules(t *testing.T) *page {
	t.Helper()
	needBrowser(t)
	l, err := libraries()
	if err != nil {
		t.Fatal(err)
	}
	p := l.lend(t)
	p.expect("404") // a page without an icon
	p.open(l.url + "css/tokens.css")
	evaluate[bool](p, `(globalThis.base = `+quote(l.url+"js/")+`, localStorage.clear(), true)`)
	return p
}

// The same lines come out wherever the chunks are cut, inside characters too.
func TestLines(t *testing.T) {
	p := modules(t)
	text := "{\"a\":1}\n\n{\"name\":\"žluť €🦊\"}\n{\"b\":\"\u2028\"}\nrest"
	got := evaluate[[]string](p, `(async () => {
		const { Lines } = await import(base + "transport/lines.js");
		const bytes = Uint8Array.from(atob(`+quote(base64.StdEncoding.EncodeToString([]byte(text)))+`), (c) => c.charCodeAt(0));
		const results = new Set();
		for (let i = 0; i <= bytes.length; i++) {
			for (let j = i; j <= bytes.length; j++) {
				const lines = new Lines();
				results.add(JSON.stringify([bytes.slice(0, i), bytes.slice(i, j), bytes.slice(j)].flatMap((chunk) => lines.push(chunk))));
			}
		}
		const lines = new Lines();
		results.add(JSON.stringify([...bytes].flatMap((byte) => lines.push(Uint8Array.of(byte)))));
		return [...results];
	})()`)
	want := `["{\"a\":1}","","{\"name\":\"žluť €🦊\"}","{\"b\":\"` + "\u2028" + `\"}"]`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q alone", got, want)
	}
}

func TestBackoff(t *testing.T) {
	p := modules(t)
	got := evaluate[[]float64](p, `(async () => {
		const { Backoff } = await import(base + "transport/backoff.js");
		const most = new Backoff(() => 1), least = new Backoff(() => 0);
		const out = Array.from({ length: 8 }, () => most.next());
		out.push(most.next(60_000), least.next(), least.next(700));
		const real = performance.now;
		try {
			for (const held of [999, 2000, 6000, 0, 3_600_000]) {
				performance.now = () => 1;
				most.opened();
				performance.now = () => 1 + held;
				out.push(most.next());
			}
		} finally {
			performance.now = real;
		}
		return out;
	})()`)
	want := []float64{500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 90000, 100, 800, 30000, 8000, 500, 1000, 500}
	if quote(got) != quote(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What a page takes, leaves and counts, by the ids alone.
func TestSequence(t *testing.T) {
	p := modules(t)
	tests := []struct {
		name string
		// each message is [connection, id, gap]
		play string
		want string
	}{
		{"in-order", `[[0,"e-1"],[0,"e-2"],[0,"e-3"]]`, `e-1 e-2 e-3 messages=3 missed=0 duplicates=0`},
		{"starts-anywhere", `[[0,"e-41"],[0,"e-42"]]`, `e-41 e-42 messages=2 missed=0 duplicates=0`},
		{"handover", `[[0,"e-1"],[0,"e-2"],[1,"e-2"],[0,"e-3"],[1,"e-3"],[1,"e-4"]]`, `e-1 e-2 e-3 e-4 messages=4 missed=0 duplicates=0`},
		{"duplicate", `[[0,"e-1"],[0,"e-2"],[0,"e-2"],[0,"e-1"],[0,"e-3"]]`, `e-1 e-2 e-3 messages=3 missed=0 duplicates=2`},
		{"hole", `[[0,"e-1"],[0,"e-5"]]`, `e-1 gap:e-5 messages=2 missed=3 duplicates=0`},
		{"gap", `[[0,"e-1"],[0,"e-9",true]]`, `e-1 gap:e-9 messages=2 missed=7 duplicates=0`},
		{"restart", `[[0,"e-7"],[1,"f-3",true],[1,"f-4"]]`, `e-7 gap:f-3 f-4 messages=3 missed=2 duplicates=0`},
		{"thinned", `[[0,"e-1",false,true],[0,"e-6",false,true],[0,"e-9"],[0,"e-10"]]`, `e-1 e-6 e-9 e-10 messages=4 missed=0 duplicates=0`},
		{"thinned-no-longer", `[[0,"e-1",false,true],[0,"e-3"],[0,"e-6"]]`, `e-1 e-3 gap:e-6 messages=3 missed=2 duplicates=0`},
		{"gap-while-thinned", `[[0,"e-1",false,true],[0,"e-9",true,true]]`, `e-1 gap:e-9 messages=2 missed=7 duplicates=0`},
		{"restart-from-the-first", `[[0,"e-7"],[1,"f-1",true]]`, `e-7 gap:f-1 messages=2 missed=0 duplicates=0`},
	}
	for _, test := range tests {
		got := evaluate[string](p, `(async () => {
			const { Sequence } = await import(base + "sequence.js");
			const { toMessage } = await import(base + "message.js");
			const sequence = new Sequence();
			const links = [{ epoch: "", seq: 0 }, { epoch: "", seq: 0 }];
			const out = [];
			for (const [link, id, gap, thinned = false] of `+test.play+`) {
				const message = toMessage({ id, at: 0, gap, data: {} }, 0);
				if (sequence.take(message, links[link], thinned)) out.push((message.gap ? "gap:" : "") + id);
			}
			const { messages, missed, duplicates } = sequence.counts;
			return [...out, "messages=" + messages, "missed=" + missed, "duplicates=" + duplicates].join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// What the charts draw of a snapshot, and of history.
func TestSeries(t *testing.T) {
	p := modules(t)
	got := evaluate[map[string]any](p, `(async () => {
		const { row } = await import(base + "series.js");
		const r = row({
			disks: [{ name: "sda", counted: true, read_rate: 1, write_rate: 2 }, { name: "dm-0", counted: false, read_rate: 1, write_rate: 2 },
				{ name: "sdb", counted: true, read_rate: null, write_rate: 4 }],
			networks: [{ name: "lo", virtual: true, receive_rate: 5 }, { name: "eth0", virtual: false, receive_rate: 7 }],
		});
		const { pressure, worst, columns } = await import(base + "series.js");
		const stall = (some, full) => ({ some, full });
		const worsts = [{ io: stall(0.5, 0.4), memory: stall(0.9, 0.1), cpu: stall(0.3, 0) }, { io: stall(0.5, 0.1), cpu: stall(0.3, 0.3) }, { io: stall(null, null) }, undefined]
			.map((p) => worst(pressure({ pressure: p })));
		const past = columns({ at: [1, 2], series: [{ name: "pressure.io.full", avg: [0.25, null] }] });
		return { worsts, past: past.columns["pressure.worst"], read: r["disk.read_rate"], write: r["disk.write_rate"], dm: r["disk.dm-0.write_rate"], network: r["network.receive_rate"], sent: r["network.transmit_rate"] };
	})()`)
	if want := `{"dm":2,"network":7,"past":[0.25,null],"read":1,"sent":null,"worsts":["pressure.io.full","pressure.cpu.some",null,null],"write":6}`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

func TestProcessList(t *testing.T) {
	p := modules(t)
	tests := []struct{ name, script, want string }{
		{"filter-name", `list.filter(filter("GRE"))`, "2"},
		{"filter-user", `list.filter(filter(" ann "))`, "3 4"},
		{"filter-command", `list.filter(filter("--port"))`, "3"},
		{"filter-service", `list.filter(filter("ssh.service"))`, "5"},
		{"filter-container", `list.filter(filter("0f3a"))`, "4"},
		{"filter-pid-is-whole", `list.filter(filter("5"))`, "5"},
		{"filter-nothing", `list.filter(filter(" "))`, "1 2 3 4 5"},
		{"filter-no-pattern", `list.filter(filter(".*"))`, ""},
		{"by-cpu", `list.toSorted(order("cpu", -1))`, "3 2 5 1 4"},
		{"by-cpu-with-children", `list.map((p) => (p.pid === 4 ? { ...p, children_cpu: 0.7 } : p)).toSorted(order("cpu", -1))`, "3 4 2 5 1"},
		{"by-cpu-upwards", `list.toSorted(order("cpu", 1))`, "4 5 1 2 3"},
		{"by-io", `list.toSorted(order("io", -1))`, "4 2 5 1 3"},
		{"by-part-of", `list.toSorted(order("service", 1))`, "3 1 4 2 5"},
		{"by-name", `list.toSorted(order("name", 1))`, "1 4 3 2 5"},
		{"branches-keep-ancestors", `branches(tree, (p) => p.pid === 4)`, "1 2 4"},
		{"branches-keep-all-that-fit", `branches(tree, (p) => p.pid === 4 || p.pid === 6)`, "1 2 4 5 6"},
		{"branches-keep-no-children", `branches(tree, (p) => p.pid === 2)`, "1 2"},
		{"branches-of-nothing", `branches(tree, () => false)`, ""},
		{"branches-all", `branches(tree, () => true)`, "1 2 3 4 5 6 7"},
	}
	for _, test := range tests {
		got := evaluate[string](p, `(async () => {
			const { filter, order, branches } = await import(base + "processlist.js");
			const make = (pid, name, user, cpu, memory, more) => ({ pid, name, user, cpu, memory, command: "", state: "", threads: 1, started: 0, ...more });
			const list = [make(1, "init", "root", 0.1, 1, { service: "init.scope", read_rate: 0, write_rate: null }),
				make(2, "postgres", "pg", 0.5, 9, { service: "postgresql.service", read_rate: 4, write_rate: 4 }), make(3, "node", "ann", 1.2, 5, { command: "node --port 1" }),
				make(4, "node", "ann", null, 6, { container: "0f3a9c", service: "docker.service", read_rate: 9, write_rate: 1 }), make(5, "sshd", "root", 0.1004, 2, { service: "ssh.service", read_rate: 1, write_rate: null })];
			list[3].service = "";
			list[3].container = "m-0f3a9c";
			const tree = [[1, 0], [2, 1], [3, 2], [4, 2], [5, 1], [6, 2], [7, 0]].map(([pid, depth]) => ({ pid, depth }));
			return (`+test.script+`).map((p) => p.pid).join(" ");
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestFormat(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { bits, moment } = await import(base + "format.js");
		const noon = new Date(2026, 10, 20, 12, 0, 5).getTime();
		return [bits(125e6), bits(312.5e6), bits(1250), bits(null), moment(noon, noon + 3600_000), moment(noon, noon + 86_400_000), moment(null, noon)];
	})()`)
	if want := `["1 Gbit/s","2.5 Gbit/s","10 kbit/s","—","12:00:05","Nov 20, 2026 12:00","—"]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
}

// The top of an axis is rounded in the unit it is told in: three digits of bytes are others than three of GiB. One that is round is
// told once, whatever is left of it when floats are divided.
func TestAxisTop(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ view, unit, want string }{
		{`{ height: 200, max: 23.54 * 2 ** 30 }`, "bytes", "8 GiB, 16 GiB, 23.54 GiB, 0"},
		{`{ height: 200, max: 1 }`, "ratio", "20 %, 40 %, 60 %, 80 %, 100 %, 0"},
	} {
		got := evaluate[string](p, `(async () => {
			const [{ drawValues }, { View }] = await Promise.all(["axis", "view"].map((name) => import(base + "chart/" + name + ".js")));
			const told = [], view = Object.assign(new View(), { left: 80, top: 0, width: 500, size: 12, ...`+test.view+` });
			drawValues({ fillText: (text) => told.push(text), beginPath() {}, moveTo() {}, lineTo() {}, stroke() {} }, { hair: 1, crisp: (v) => v }, view, "`+test.unit+`", {});
			return told.join(", ");
		})()`)
		if got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// A question is asked at once and again after its answer, never twice at a time, and not when nobody wants to know.
func TestRepeat(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { Repeat } = await import(base + "repeat.js");
		const log = [];
		const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
		let answer;
		const repeat = new Repeat(20, (signal) => {
			log.push("ask");
			signal.addEventListener("abort", () => log.push("abort"));
			return new Promise((resolve) => (answer = resolve));
		});
		await wait(30);
		repeat.want(true);
		repeat.want(true);
		await wait(60);
		log.push("answer");
		answer();
		await wait(60);
		repeat.anew();
		repeat.want(false);
		answer();
		await wait(60);
		return log.join(" ");
	})()`)
	if want := "ask answer ask abort abort ask abort"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A source without a panel is told of above all; of history, whether it is on disk all the same.
func TestSourcesWithoutAPanel(t *testing.T) {
	p := modules(t)
	tests := []struct{ name, source, want string }{
		{"in-memory-only", `{ name: "history", error: "history is in memory only: mkdir: not a directory" }`,
			"history cannot be put on disk (not a directory); it goes on in memory"},
		{"cannot-be-written", `{ name: "history", error: "history cannot be written and goes on in memory: no space left on device" }`,
			"history cannot be put on disk (no space left on device); it goes on in memory"},
		{"grows", `{ name: "history", error: "history is written, and its file grows: it cannot be written anew: open history.v1.new: is a directory" }`,
			"history is put on disk, but its file cannot be written anew and grows (is a directory)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := evaluate[string](p, `(async () => {
				const { Sources } = await import(base + "panel/sources.js");
				const notice = document.createElement("p");
				notice.id = "notice";
				document.body.replaceChildren(notice);
				new Sources().show([`+test.source+`]);
				return notice.hidden ? "" : notice.textContent;
			})()`); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What a proxy says while there is no server behind it is forgotten when there is one: that history, marks or the meter do not
// exist, that there is too much to do. And a page that nobody sees stays let go when the network comes back.
func TestComesBack(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, script, want string }{
		{"history", `
			const { Past } = await import(base + "past.js");
			const { Store } = await import(base + "store.js");
			let asked = 0;
			const past = new Past({ series: async () => { asked++; throw new Refused(404, ""); } }, new Store(10, []), () => {});
			await past.begin(1e12, 1000, {});
			await past.begin(1e12 + 60_000, 1000, {});
			return asked;`, "2"},
		{"marks", `
			const { Marks } = await import(base + "time/marks.js");
			const real = setTimeout;
			globalThis.setTimeout = (f, ms) => real(f, ms / 1000);
			const ask = async (status) => {
				let asked = 0;
				const marks = new Marks({ marks: async () => { asked++; throw new Refused(status, ""); } }, () => {});
				for (let i = 0; i < 20; i++) {
					marks.cover(0, 1000);
					await new Promise((done) => real(done, 20));
				}
				return asked > 1;
			};
			const again = [await ask(429), await ask(503), await ask(404)];
			globalThis.setTimeout = real;
			return again;`, "true,true,false"},
		{"meter", `
			const { OwnViewer } = await import(base + "panel/ownviewer.js");
			let asked = 0;
			const own = new OwnViewer({ api: { wire: async () => { asked++; throw new Refused(404, ""); } }, wire: { open: true }, meter: { show() {} } }, () => {});
			own.viewer = { technique: "sse", id: "x" };
			await own.ask();
			await own.ask();
			const before = asked;
			own.anew();
			await own.ask();
			return [before, asked];`, "1,2"},
		{"hidden", `
			const { Viewer } = await import(base + "viewer.js");
			const viewer = new Viewer({ base: new URL(base), technique: "polling" });
			viewer.start();
			dispatchEvent(new PageTransitionEvent("pagehide"));
			dispatchEvent(new Event("online"));
			const state = viewer.state;
			viewer.stop();
			return state;`, "paused"},
	} {
		got := evaluate[string](p, `(async () => { const { Refused } = await import(base + "api.js"); `+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// What one panel cannot show, of a newer server perhaps, takes nothing away from those that are drawn behind it.
func TestFrameGoesOn(t *testing.T) {
	p := modules(t)
	p.expect("that has no shape")
	got := evaluate[string](p, `(async () => {
		const { Frame } = await import(base + "frame.js");
		const real = requestAnimationFrame;
		globalThis.requestAnimationFrame = (job) => setTimeout(() => job(performance.now()));
		const frame = new Frame();
		const done = [];
		frame.mark(() => { throw new Error("that has no shape"); });
		frame.mark(() => done.push("text"));
		frame.draw(() => { throw new Error("that has no shape"); });
		frame.draw(() => done.push("picture"));
		await new Promise((resolve) => setTimeout(resolve, 100));
		globalThis.requestAnimationFrame = real;
		return done.join();
	})()`)
	if want := "picture,text"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Who can read an answer's head leaves the server alone for as long as it asks for. (EventSource and WebSocket show no head.)
func TestRetryAfter(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const plain = { fetch: fetch.bind(globalThis), setTimeout: setTimeout.bind(globalThis) };
		const patient = {};
		for (const technique of ["polling", "longpolling", "streaming"]) {
			const { connect } = await import(base + "transport/" + technique + ".js");
			const end = new AbortController();
			globalThis.fetch = async () => new Response("", { status: 503, headers: { "Retry-After": "20" } });
			const waits = new Promise((done) => (globalThis.setTimeout = (_, ms) => done(ms)));
			connect({ base: new URL(base), viewer: "x", cursor: () => "", every: () => 0, compress: "", interval: () => 1000, phase: () => "lock",
				exchange() {}, state() {}, message() {}, signal: end.signal });
			patient[technique] = (await waits) >= 20_000;
			end.abort();
			Object.assign(globalThis, plain);
		}
		return JSON.stringify(patient);
	})()`)
	if want := `{"polling":true,"longpolling":true,"streaming":true}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
