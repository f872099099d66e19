package e2e

import "testing"

// What the page knows of the time before, and how it asks for the rest.
func TestPastModules(t *testing.T) {
	p := modules(t)
	// An evening of a minute, a night, and a reading in the morning. The server says since when it knows.
	const night = `const { Past } = await import(base + "past.js"); const { Store } = await import(base + "store.js");
		const { Archive } = await import(base + "time/archive.js"); const { Window } = await import(base + "time/window.js");
		const awake = async (morning, since) => {
			const asked = [];
			const api = { series: async () => ({ series: [{ name: "cpu.busy" }], tiers: [{ every_ms: 1000 }, { every_ms: 10000, from: since }] }),
				history: async (names, from, to, points) => { asked.push([from - morning, to - morning, points].join()); return { at: [from], series: [{ name: "cpu.busy", avg: [1], min: [1], max: [1] }] }; } };
			const store = new Store(9000, ["cpu.busy"]);
			for (let i = 60; i >= 0; i--) store.append(1e12 - 1000 * i, 1000, { "cpu.busy": 1 });
			const begun = new Past(api, store, () => {}).begin(morning, 1000, {});
			store.append(morning, 1000, { "cpu.busy": 1 });
			await begun;
			const archive = new Archive(() => new Promise(() => {}), store, () => ["cpu.busy"], () => {});
			const w = new Window();
			w.advance(morning);
			w.show((1e12 + morning) / 2 - 10000, (1e12 + morning) / 2 + 10000);
			archive.show(w, 600);
			return [asked.join(" "), store.at[store.from] - 1e12, archive.waiting].join(" ");
		};`
	tests := []struct{ name, script, want string }{
		{"a-night-is-the-archive's", night + `return awake(1e12 + 8 * 3600e3, 1e12 - 3600e3);`, "-900000,0,900 27900000 true"},
		{"a-nap-is-filled", night + `return awake(1e12 + 600e3, 1e12 - 3600e3);`, "-600000,0,601 -60000 false"},
		{"who-knows-less-takes-nothing-away", night + `return awake(1e12 + 8 * 3600e3, 1e12 + 8 * 3600e3 - 1000);`, "-900000,0,900 -60000 false"},
	}
	// A screen may have more pixels than an answer has points: it is content with the finest there is.
	tests = append(tests, struct{ name, script, want string }{"wider-than-an-answer", `const { Archive } = await import(base + "time/archive.js");
		const { Store } = await import(base + "store.js"); const { Window } = await import(base + "time/window.js");
		const told = [];
		for (const series of [1, 90]) for (const from of [1e12 - 3600e3, 1e12 - 30 * 24 * 3600e3 - 0.3]) {
			let asked = 0;
			const names = Array.from({ length: series }, (_, n) => "s" + n);
			const store = new Store(10, names);
			store.append(1e12, 1000, { s0: 1 });
			const archive = new Archive(async () => { asked++; return { at: [1, 2], series: [] }; }, store, () => names, () => {});
			const w = new Window();
			w.advance(1e12);
			w.show(from, 1e12 - 600e3);
			for (let i = 0; i < 20; i++) { archive.show(w, 3840); await new Promise((done) => setTimeout(done, 10)); }
			told.push(asked, archive.waiting);
		}
		return told.join(" ");`, "1 false 1 false 1 false 1 false"})
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A gap stays one where rows are thinned: it is one row among hundreds, right behind the last reading.
func TestThinnedGaps(t *testing.T) {
	p := modules(t)
	got := evaluate[[]int](p, `(async () => {
		const { Sampler } = await import(base + "chart/sampler.js"); const { Store } = await import(base + "store.js"); const { View } = await import(base + "chart/view.js");
		const store = new Store(2000, ["a", "b", "c"]);
		for (let i = 0; i < 1000; i++) {
			store.append(100 * i + (i < 500 ? 0 : 550000) + (i < 750 ? 0 : 3000), 100, { a: 1, b: i > 600 && i < 700 ? null : 2, c: i === 900 ? 9 : 3 });
		}
		const view = new View();
		[view.from, view.to, view.width] = [0, 700000, 100];
		const s = new Sampler(3);
		s.run(store, ["a", "b", "c"], view);
		const points = (column) => [...column.slice(0, s.n)];
		return [...s.ys.map((column) => points(column).filter(Number.isNaN).length), points(s.at).filter((at, i, all) => at < all[i - 1]).length, Math.max(...points(s.highs[2]).filter((v) => v === v))];
	})()`)
	// A long one and one that is shorter than a pixel; what is unknown of one series alone is none.
	if want := "[2,2,2,0,9]"; quote(got) != want {
		t.Errorf("gaps of three series, points out of order, the peak: got %s, want %s", quote(got), want)
	}
}

// Marks of the time shown are asked for once, with all that came after it: what comes from then on comes with messages.
func TestMarksAskedFor(t *testing.T) {
	p := modules(t)
	const server = `globalThis.plain ??= setTimeout;
		globalThis.setTimeout = (f, ms) => plain(f, ms / 20); // it waits for a hand to come to rest
		const { Marks } = await import(base + "time/marks.js");
		const asked = [], there = [-50, -40, -30, -20, -10].map((at) => ({ at, kind: "note", text: "" }));
		let told = 0;
		const marks = new Marks({ marks: async (from, to) => {
			asked.push(from + "…" + to);
			const found = there.filter(({ at }) => at >= from && at <= to);
			return found.length > 2 ? { marks: found.slice(-2), more: true } : { marks: found };
		} }, (list) => { told = list.length; });
		for (const mark of there) mark.at += 1000;
		const cover = async (from, newest) => {
			marks.cover(1000 + from, 1000 + newest);
			await new Promise((done) => plain(done, 60));
		};`
	tests := []struct{ name, script, want string }{
		{"while-messages-come-fast", `
			let newest = 1e6;
			for (let i = 0; i < 400 && asked.length === 0; i++) {
				marks.cover(newest - 1e5, newest);
				newest += 10;
				await new Promise((done) => plain(done, 2));
			}
			return asked.join(" ");`, "900000…1000000"},
		{"up-to-now-however-old-the-window", `there.splice(0, 4); await cover(-45, 0); await cover(-25, 5); return asked.join(" ") + " " + told;`, "955…1000 1"},
		{"more-than-one-answer-has", `for (let i = 0; i < 5; i++) await cover(-45, 0); return asked.join(" ") + " " + told;`, "955…1000 955…980 955…970 4"},
		{"then-what-is-older", `there.splice(0, 3); await cover(-25, 0); await cover(-45, 9); return asked.join(" ");`, "975…1000 955…975"},
		{"many-of-one-moment-end", `there.forEach((mark) => { mark.at = 1000; mark.text = String(Math.random()); }); for (let i = 0; i < 4; i++) await cover(-45, 0); return asked.length;`, "1"},
		{"after-a-gap", `there.splice(0, 3); await cover(-25, 0); marks.miss(); await cover(-5, 90); await cover(-25, 95); return asked.join(" ");`, "975…1000 995…1090 975…995"},
	}
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+server+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A moment is asked for in requests whose heads a server reads, whatever the host has; what it has forgotten meanwhile, or
// cannot tell, takes nothing else away.
func TestMomentModules(t *testing.T) {
	p := modules(t)
	const server = `const { API } = await import(base + "api.js"); const { History } = await import(base + "time/history.js"); const { thenAt } = await import(base + "time/then.js");
		const count = (n) => Array.from({ length: n }, (_, i) => i);
		const now = {
			disks: count(60).map((i) => ({ name: "nvme" + i + "n1", counted: i < 40 })),
			networks: count(200).map((i) => ({ name: i > 0 ? "veth0123456" + i : "eth0", virtual: i > 0 })),
			filesystems: count(90).map((i) => ({ mount: "/srv/with a long name/" + i, read_only: i === 1, stale: i === 2, used_ratio: 1 })),
		};
		let there = ["cpu.busy", "cpu.user", "memory.used", "self.cpu",
			...now.disks.flatMap(({ name }) => ["read_rate", "write_rate", "busy", "reads", "queue"].map((figure) => "disk." + name + "." + figure)),
			...now.networks.flatMap(({ name }) => ["receive_rate", "transmit_rate"].map((figure) => "network." + name + "." + figure)),
			...now.filesystems.map(({ mount }) => "filesystem." + mount + ".used_ratio")];
		const asked = [], heads = [];
		const answer = (status, body) => new Response(JSON.stringify(body), { status });
		let broken = "", gone = [], forgot = false; // gone: what there was and is no more; forgot: history has its numbers no more
		globalThis.fetch = async (url) => {
			heads.push(url.href.length - url.origin.length);
			if (broken && url.pathname.endsWith(broken)) return answer(500, { detail: broken + " is broken" });
			if (url.pathname.endsWith("processes")) return tables++, answer(200, { at: 990, processes: [{ pid: 1, name: "init" }] });
			if (!url.searchParams.has("series")) return answer(200, { series: [...there, ...url.searchParams.get("at") === "1000" ? gone : []].map((name) => ({ name, unit: "" })) });
			const names = url.searchParams.get("series").split(",");
			if (names.some((name) => !there.includes(name) && !(gone.includes(name) && !forgot && url.searchParams.get("to") === "1000"))) return answer(400, { detail: "unknown series" });
			asked.push(...names);
			const [from, to] = ["from", "to"].map((key) => Number(url.searchParams.get(key)));
			const begun = rows.filter(([at]) => at >= from && at <= to);
			const column = (name) => begun.map(([, known]) => (known ? [...there, ...gone].indexOf(name) : null));
			return answer(200, { at: begun.map(([at]) => at), until: begun.length > 0 && length ? begun.at(-1)[0] + length : undefined, series: names.map((name) => ({ name, unit: "", avg: column(name), min: column(name), max: column(name) })) });
		};
		let tables = 0; // asked for
		let length, rows = [[980, false], [990, true]]; // as history answers: those that begin in the time asked for
		const api = new API(new URL("http://host/api/v1/")), history = new History(api);
		const ask = () => thenAt(api, history, 1000, now, new AbortController().signal);`
	tests := []struct{ name, script, want string }{
		{"many-devices", `const { snapshot: s, failed } = await ask();
			const known = (list, figure) => list.filter((d) => d[figure] === there.indexOf(d.name ? (list === s.disks ? "disk." : "network.") + d.name + "." + figure : "filesystem." + d.mount + "." + figure)).length;
			return [s.cpu.busy, s.cpu.user, s.memory.used, known(s.disks, "busy"), known(s.disks, "write_rate"), known(s.networks, "receive_rate"), known(s.filesystems, "used_ratio"),
				s.disks.length, s.networks.length, s.filesystems.length, failed, asked.length, asked.filter((name) => /veth\w{8}|queue|self/.test(name)).length, Math.max(...heads) < 4000].join(" ");`,
			"0 1 2 40 40 1 88 40 1 88  213 0 true"},
		{"a-device-is-forgotten", `await ask(); gone = there.filter((name) => name.startsWith("disk.nvme0n1")); there = there.filter((name) => !gone.includes(name)); forgot = true;
			const { snapshot: s, failed } = await ask(); return [s.disks.length, s.disks[0].busy, s.disks[1].busy >= 0, failed].join(" ");`, "40  true "},
		// They are there no more: history and the sums have them, and so has the list of what there was at that moment.
		{"devices-are-gone", `await history.series(); gone.push("filesystem./mnt/x.y.used_ratio", "disk.usb.busy", "disk.read_rate", "network.receive_rate", "network.veth1.receive_rate", "network.usb0.receive_rate", "network.usb0.receive_packets");
			const { inShort } = await import(base + "panel/tiles.js");
			const { snapshot: s } = await ask(); const place = (name) => [...there, ...gone].indexOf(name);
			const [disk, filesystem, network] = [s.disks.at(-1), s.filesystems.at(-1), s.networks.at(-1)];
			return [disk.name, disk.busy === place("disk.usb.busy"), filesystem.mount, filesystem.used_ratio === place("filesystem./mnt/x.y.used_ratio"),
				s.sums["disk.read_rate"] === place("disk.read_rate"), s.networks.length, network.name, network.receive_rate === place("network.usb0.receive_rate"), inShort({ filesystems: [{ mount: "/", used_ratio: 0.5 }, { mount: "/mnt/x", used_ratio: 1 }] }, [])].join(" ");`,
			"usb true /mnt/x.y true true 2 usb0 true /mnt/x full to 100 %"},
		// A row is of the time from its beginning to the next one's.
		{"the-row-that-has-the-moment", `const told = [];
			const taken = async (list, at) => { rows = list.map((at) => [at, true]); told.push((await thenAt(api, history, at, now, new AbortController().signal)).taken); };
			const minutes = [600e3, 660e3, 720e3], tens = [600e3, 610e3, 620e3];
			for (const at of [631e3, 659e3, 660e3, 689e3, 700e3]) await taken(minutes, at);
			for (const at of [607e3, 609e3, 611e3]) await taken(tens, at);
			await taken(minutes, 541e3); await taken(minutes, 1000e3);
			return told.map((at) => at / 1000).join(" ");`, "600 600 660 660 660 600 600 610 NaN NaN"},
		// What came before or comes after is not of then: neither a row that is over, nor a table of processes near it.
		{"nothing-was-measured", `const told = [], second = (at) => [at, true];
			for (const [list, step, at] of [[[980e3, 981e3, 982e3], 1000, 984e3], [[980e3, 981e3, 982e3], 1000, 985e3], [[975e3], 10e3, 999e3], [[960e3], 60e3, 1000e3], [[900e3], 10e3, 1000e3], [[1000.9e3], 1000, 1000e3], [[1010e3], 1000, 1000e3]]) {
				rows = list.map(second); length = step;
				const { taken, snapshot, processes } = await thenAt(api, history, at, now, new AbortController().signal);
				told.push(taken / 1000 + (snapshot ? "+" : "-") + (processes ? "+" : "-") + tables);
				tables = 0;
			}
			return told.join(" ");`, "982++1 NaN--0 975++1 960++1 NaN--0 NaN--0 NaN--0"}, // whose table is not asked for: a browser's console tells of each that there is not
		{"what-charts-say-below", `there = ["cpu.busy", "cpu.iowait", "cpu.forks", "frequency.mean", "paging.swap_in", "container.working_set"]; now.cpu = { busy: 1, running: 3, cores: [{ name: "cpu0", busy: 1 }, { name: "cpu1", busy: 1 }] };
			const { snapshot: s } = await ask(); return JSON.stringify([s.cpu, s.frequency, s.paging, s.container]);`,
			`[{"busy":0,"iowait":1,"forks":2,"idle":0,"cores":[{"name":"cpu0"},{"name":"cpu1"}]},{"mean":3},{"swap_in":4},{"working_set":5}]`},
		{"no-numbers", `broken = "history"; const { snapshot, processes, listed, failed } = await ask(); return [snapshot, processes.length, listed, failed.message].join(" ");`, " 1 990 history is broken"},
		{"no-processes", `broken = "processes"; const { snapshot: s, processes, failed } = await ask(); return [s.cpu.busy, processes, failed.message].join(" ");`, "0  processes is broken"},
		{"no-answer", `const fetched = []; globalThis.fetch = async (url) => { fetched.push(url.pathname.split("/").at(-1)); throw new Error("timed out"); };
			return ask().catch((error) => error.message + ", asked " + fetched.join(" "));`, "/api/v1/history: timed out, asked history"},
		{"nothing", `globalThis.fetch = async () => answer(500, { detail: "all is broken" }); return ask().catch((error) => error.message);`, "all is broken"},
	}
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+server+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// What stands below a chart is of the moment that the chart's legend is of: what history does not have is unknown, and what
// the tables show is still of now.
func TestFiguresOfThen(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		document.body.innerHTML = '<section data-chart="cpu"></section><section data-chart="memory"></section><section id="filesystems"></section>';
		const { Facts } = await import(base + "panel/facts.js"); const { Differ } = await import(base + "panel/differ.js");
		const { load } = await import(base + "words/words.js");
		const facts = new Facts(), differ = new Differ(() => load("differ"));
		const now = { cpu: { busy: 0.9, forks: 7, running: 3 }, memory: { used: 1024 }, filesystems: [{ mount: "/", used_ratio: 0.5 }] };
		const then = { past: true, cpu: { busy: 0.1, forks: 2 } };
		const shown = (place, what) => [...document.querySelector(place).querySelectorAll(what)].filter((e) => !e.closest("[hidden]")).map((e) => e.textContent).join(" ");
		const told = [];
		for (const box of document.querySelectorAll("details")) box.open = true;
		for (const [charted, listed] of [[now, now], [then, now], [{ past: true }, now], [now, now]]) {
			facts.show(charted);
			differ.show(charted, listed);
			told.push([shown('[data-chart="cpu"]', ".figure-text"), ...["cpu", "memory", "filesystems"].map((name) => document.querySelector('[data-testid="differ-' + name + '"] b').textContent)].join(", "));
		}
		return told.join("; ");
	})()`)
	of := "7/s 3, 90.0 %, 1.00 KiB, 50.0 %"
	if want := of + "; 2/s —, 10.0 %, not computed here, 50.0 %; — —, not computed here, not computed here, 50.0 %; " + of; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The bar and the figures are of the same moment, also when nobody answers for the next one. A key held down goes through many
// moments and leads to one place of the browser's.
func TestThenBar(t *testing.T) {
	p := modules(t)
	const bar = `document.body.innerHTML = '<aside id="then"><b data-field="then-time"></b><i data-field="then-ago"></i><i data-field="then-note"></i></aside><button id="then-live"></button><button id="then-earlier"></button><button id="then-later"></button>';
		const { API } = await import(base + "api.js"); const { History } = await import(base + "time/history.js"); const { Window } = await import(base + "time/window.js");
		const { ThenBar } = await import(base + "panel/then.js"); const { say } = await import(base + "words/words.js");
		let away = false, broken = ""; // "": all
		globalThis.fetch = async (url) => {
			if (away && url.pathname.includes(broken)) return new Response('{"detail":"it is away"}', { status: 500 });
			if (url.pathname.endsWith("processes")) return new Response(JSON.stringify({ at: 1, processes: [{ pid: 1, name: "init" }] }));
			if (!url.searchParams.has("series")) return new Response(JSON.stringify({ series: [{ name: "cpu.busy", unit: "" }] }));
			return new Response(JSON.stringify({ at: [Number(url.searchParams.get("from"))], series: [{ name: "cpu.busy", unit: "", avg: [0.5], min: [0.5], max: [0.5] }] }));
		};
		const api = new API(new URL("http://host/api/v1/")), w = new Window(), note = document.querySelector("[data-field=then-note]");
		w.advance(1e12);
		const places = []; w.follow((chosen) => chosen && places.push(w.moment - 1e12));
		let got;
		const next = () => new Promise((done) => { got = done; });
		const then = new ThenBar(w, api, new History(api), () => ({}), (it) => got?.(it));`
	tests := []struct{ name, script, want string }{
		{"nobody-answers", bar + `
			let found = next(); w.pick(1e12 - 5000); const before = await found;
			await new Promise((done) => setTimeout(done)); const asked = note.textContent === say("host.then_asking");
			away = true; found = next(); w.pick(1e12 - 9000); const asking = note.textContent === say("host.then_asking");
			const after = await found;
			return [before.snapshot.cpu.busy, before.processes.length, asked, asking, after.at - 1e12, after.snapshot, after.processes, !!after.failed].join(" ");`,
			"0.5 1 false true -9000   true"},
		{"asked-again", bar + `
			const real = setTimeout, later = []; // what waits for seconds, called by hand
			globalThis.setTimeout = (f, ms) => (ms >= 1000 ? later.push(f) : real(f, ms));
			const said = () => new Promise((done) => real(() => done(note.textContent))), told = [];
			for (broken of ["", "processes"]) { // all, or one of both
				away = true; let found = next(); w.pick(w.told - 5000 || 1e12 - 5000); const first = await found, why = await said();
				found = next(); later.pop()(); const second = await found;
				away = false; found = next(); later.pop()(); const third = await found;
				told.push([!!first.failed, why === say("host.then_failed", { why: "it is away" }), !!second.failed, third.failed, third.at - first.at, third.processes.length, (await said()) === say("host.then_rest"), later.length].join(" "));
			}
			w.resume();
			return told.join(", ");`, "true true true  0 1 true 0, true true true  0 1 true 0"},
		// What stands still in the past is of its end, all of it: no figure of now beside charts of then.
		{"a-time-that-stands-still", bar + `
			const there = () => document.documentElement.dataset.then;
			let found = next(); w.show(1e12 - 90e3, 1e12 - 30e3); const dragged = [(await found).at - 1e12, there(), w.moment].join(" ");
			found = next(); w.resume(); const live = [await found, there()].join(" ");
			w.pause(); then.show(); const paused = there();
			found = next(); w.advance(1e12 + 1000); then.show(); const past = [(await found).at - 1e12, there()].join(" ");
			then.step(-1); const stepped = w.moment - 1e12;
			found = next(); w.restore({ span: 60e3, end: 1e12 + 9e9, moment: NaN }); const future = [await found, there()].join(" ");
			return [dragged, live, paused, past, stepped, future].join(", ");`, "-30000 true NaN,  false, false, 0 true, -1000,  false"},
		{"a-key-held-down", bar + `
			const timers = new Map(); let n = 0; // what waits, called by hand
			globalThis.setTimeout = (f) => (timers.set(++n, f), n); globalThis.clearTimeout = (id) => timers.delete(id);
			const rest = () => { const now = [...timers.values()]; timers.clear(); now.forEach((f) => f()); };
			const up = () => document.dispatchEvent(new KeyboardEvent("keyup", { key: "," }));
			w.pick(1e12 - 10000); rest();
			for (let i = 0; i < 9; i++) then.step(-1);
			const held = places.join();
			up(); up(); then.step(1); then.step(1); rest(); rest();
			w.back(); const once = w.moment - 1e12; w.back(); const twice = w.moment - 1e12;
			return [held, places.join(), once, twice].join(" ");`, "-10000 -10000,-37000,-31000,-37000,-10000 -37000 -10000"},
	}
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// df rounds up, of bytes and of inodes, and what is whole stays so.
func TestDiskDefinitions(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `import(base + "panel/differ.js").then(({ definitions }) => {
		const said = (f) => definitions.filesystems.filter(({ tool }) => ["fivewire", "df", "df -i"].includes(tool)).map(({ value }) => value({ filesystems: f ? [{ mount: "/", ...f }] : [] }) ?? "?").join(", ");
		return [said({ used_ratio: 0.28, used: 280001, available: 719999, total: 1100000, inodes_total: 1000, inodes_used: 1 }), said({ used_ratio: 0.07, used: 7, available: 93, total: 110, inodes_total: 0, inodes_used: 0 }),
			said({ used_ratio: null, used: 0, available: 0, total: 5 }), said(null)].join("; ");
	})`)
	if want := "28.0 %, 29 %, 1 %; 7.0 %, 7 %, ?; ?, -, ?; ?, ?, ?"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
