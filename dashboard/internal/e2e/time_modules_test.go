package e2e

import "testing"

// The pure half of time travel: which time is shown, by whose clock, and what history has answered for it.
func TestTimeModules(t *testing.T) {
	p := modules(t)
	const window = `const { Window } = await import(base + "time/window.js");
		const w = new Window();
		w.advance(1e12);
		const tell = () => [w.live, w.from - 1e12, w.to - 1e12, w.moment - 1e12].join(" ");`
	const zone = `const { learnServer, offset, roundTimes, useZone, momentOf } = await import(base + "zone.js");
		const iso = (list) => list.map((at) => new Date(at).toISOString().slice(5, 16)).join(" ");`
	tests := []struct{ name, script, want string }{
		{"follows", window + `w.choose("1m"); w.advance(1e12 + 5000); return tell();`, "true -55000 5000 NaN"},
		{"the-clock-set-back", window + `w.advance(1e12 - 3600000); return tell();`, "true -3900000 -3600000 NaN"},
		{"zoom-keeps-the-pointer", window + `w.scale(0.5, 1e12 - 150000); return tell();`, "false -225000 -75000 NaN"},
		{"zoomed-out-beyond-the-newest", window + `w.scale(0.5, 1e12 - 150000); w.scale(8, 1e12 - 100000); return tell();`, "true -1200000 0 NaN"},
		{"dragged", window + `w.show(1e12 - 90000, 1e12 - 30000); return tell();`, "false -90000 -30000 NaN"},
		{"dragged-too-short", window + `w.show(1e12 - 60001, 1e12 - 60000); return w.span;`, "10000"},
		{"dragged-backwards", window + `w.show(1e12 - 30000, 1e12 - 90000); return tell();`, "true -300000 0 NaN"},
		{"panned-and-back-to-now", window + `w.pan(-60000); const away = tell(); w.pan(90000); return away + ", " + tell();`, "false -360000 -60000 NaN, true -300000 0 NaN"},
		{"picked-stands", window + `w.pick(1e12 - 5000); w.advance(1e12 + 60000); return tell();`, "false -300000 0 -5000"},
		{"picked-outside-comes-into-sight", window + `w.pick(1e12 - 3600000); return tell();`, "false -3750000 -3450000 -3600000"},
		{"back", window + `w.show(1e12 - 90000, 1e12 - 30000); w.pick(1e12 - 40000); w.back(); const once = tell(); w.back(); w.back(); return once + ", " + tell();`,
			"false -90000 -30000 NaN, true -300000 0 NaN"},
		{"steps-are-one-way-back", window + `for (let i = 0; i < 9; i++) w.pan(-1000, false); w.settle(); w.back(); return tell() + w.canGoBack;`, "true -300000 0 NaNfalse"},
		{"resumed", window + `w.pick(1e12 - 5000); w.resume(); return tell();`, "true -300000 0 NaN"},

		// In Prague clocks went from 3 to 2 on 2026-10-25 and from 2 to 3 on 2026-03-29.
		{"autumn", zone + `learnServer({ name: "Europe/Prague" }); useZone("server");
			return iso(roundTimes(Date.UTC(2026, 9, 24, 20), Date.UTC(2026, 9, 25, 9), 3 * 3600000));`,
			"10-24T22:00 10-25T02:00 10-25T05:00 10-25T08:00"},
		{"spring", zone + `learnServer({ name: "Europe/Prague" }); useZone("server");
			return iso(roundTimes(Date.UTC(2026, 2, 27), Date.UTC(2026, 2, 31), 86400000));`, "03-27T23:00 03-28T23:00 03-29T22:00 03-30T22:00"},
		{"hours", zone + `learnServer({ name: "Europe/Prague" }); useZone("server");
			return roundTimes(Date.UTC(2026, 9, 25), Date.UTC(2026, 9, 25, 4), 3600000).length;`, "5"},
		{"half-an-hour", zone + `learnServer({ name: "Asia/Kolkata" }); useZone("server");
			return iso(roundTimes(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 2), 3600000));`, "01-01T00:30 01-01T01:30"},
		{"a-name-never-heard-of", zone + `learnServer({ name: "Nowhere/Else", offset_s: 3600 }); useZone("server"); return offset(0);`, "3600000"},
		{"what-clocks-show", zone + `learnServer({ name: "Europe/Prague" }); useZone("server"); return iso([momentOf(Date.UTC(2026, 6, 1, 12)), momentOf(Date.UTC(2026, 0, 1, 12))]);`,
			"07-01T10:00 01-01T11:00"},

		{"two-moments", zone + `learnServer({ name: "UTC" }); useZone("server"); const { between } = await import(base + "panel/charts.js");
			const at = (day, hour) => Date.UTC(2026, 10, day, hour), now = at(29, 12);
			return [[28, 23, 29, 1], [29, 1, 29, 2], [27, 1, 28, 2]].map(([a, b, c, d]) => between(at(a, b), at(c, d), now).replaceAll(/, 2026,?/g, "")).join("; ");`,
			"Nov 28 23:00:00 to Nov 29 01:00:00; 01:00:00 to 02:00:00; Nov 27 01:00:00 to Nov 28 02:00:00"},

		{"stretch", `const { Stretch } = await import(base + "time/stretch.js");
			const s = new Stretch({ at: [0, 60000, 70000, 120000], series: [{ name: "cpu.irq", avg: [1, 2, null, 3], min: [0, 1, null, 2], max: [5, 6, null, 7] }] }, 0, 120000, 60000);
			s.append(121000, 1000, { "cpu.irq": 4 }); s.append(126000, 1000, { "cpu.irq": 5 });
			const list = (column) => [...column.slice(s.from, s.to)].join();
			const told = (i) => [s.since(i), s.until(i)].join("…");
			if (told(0) + " " + told(1) !== "0…60000 60000…70000") return told(0) + " " + told(1);
			return [list(s.at), list(s.column("cpu.irq")), list(s.low("cpu.irq")), list(s.high("cpu.irq")), s.end].join(" ");`,
			"0,60000,70000,120000,121000,121001,126000 1,2,NaN,3,4,NaN,5 0,1,NaN,2,4,NaN,5 5,6,NaN,7,4,NaN,5 126000"},
		{"a-store-grows-to-its-end", `const { Store } = await import(base + "store.js");
			const store = new Store(2000, ["a"]);
			const told = [];
			for (let i = 0; i < 5000; i++) {
				store.append(1e12 + 1000 * i, 1000, i % 7 ? { a: i } : { a: i, b: -i });
				if ([999, 1999, 2999, 4999].includes(i)) {
					const whole = Array.from({ length: store.length }, (_, k) => store.value("a", store.from + k) - (i + 1 - store.length) - k);
					told.push(store.length, Math.max(...whole.map(Math.abs)), store.value("b", store.find(1e12 + 1000 * (i - (i % 7)))));
				}
			}
			return told.join(" ");`, "1000 0 -994 2000 0 -1995 2000 0 -2996 2000 0 -4998"},
		// Containers come and go all day, each with an interface of another name.
		{"a-store-forgets-devices", `const { Store } = await import(base + "store.js"); const { of, row } = await import(base + "series.js");
			const { Choice } = await import(base + "panel/choice.js");
			const root = document.createElement("figure"); root.innerHTML = '<b class="chart-title"></b>';
			const store = new Store(2000, ["cpu.busy", "swap.used"]);
			const choice = new Choice(root, "networks", () => {}), select = root.querySelector("select");
			const kept = of("network.receive_rate", "veth3");
			for (let i = 0; i < 1000; i++) {
				const s = { cpu: { busy: 0.5 }, networks: [{ name: "eth0", receive_rate: 1 }, { name: "veth" + Math.floor(i / 10), receive_rate: i }] };
				store.append(1e12 + 1000 * i, 1000, row(s));
				choice.offer(s);
				if (i === 35) select.value = "veth3";
				if (i % 60 === 59) store.drop(store.newest - 120e3, ["cpu.busy", "swap.used", kept]);
			}
			choice.offer({}); // networks could not be read
			const had = [...select.options].map(({ value }) => value).join();
			select.value = ""; choice.offer({ networks: [{ name: "eth0" }] });
			const names = [...store.names];
			return [names.filter((name) => /^network.veth.*receive/.test(name)).length, names.includes("swap.used"), store.value(kept, store.find(1e12 + 31e3)), store.value("network.eth0.receive_rate"),
				store.value("network.veth99.receive_rate"), had, [...select.options].map(({ value }) => value).join()].join(" ");`, "18 true 31 1 999 ,eth0,veth3,veth99 ,eth0"},
		{"what-readings-are-of", `const { Store } = await import(base + "store.js");
			const store = new Store(2000, ["a"]);
			for (const at of [10000, 11000, 12001, 20000, 21000]) store.append(at, 1000, { a: 1 });
			return [...Array(store.to).keys()].filter((i) => store.value("a", i) === 1).map((i) => [store.since(i), store.until(i)].join("…")).join(" ");`,
			"9000…10000 10000…11000 11000…12001 19000…20000 20000…21000"},
		{"single-cores", `const { historic, row } = await import(base + "series.js");
			const s = { cpu: { cores: Array.from({ length: 200 }, (_, n) => ({ name: "cpu" + n, busy: n / 200 })) } };
			const r = row(s);
			return [Object.keys(r).filter((name) => name.startsWith("core.")).length, r["core.cpu7.busy"], historic(["core.cpu7.busy", "core.cpu70.busy"], s)].join(" ");`,
			"64 0.035 core.cpu7.busy"},
		{"sampler-keeps-spikes", `const { Sampler } = await import(base + "chart/sampler.js"); const { Store } = await import(base + "store.js"); const { View } = await import(base + "chart/view.js");
			const store = new Store(2000, ["a"]);
			for (let i = 0; i < 1000; i++) store.append(i * 1000, 1000, { a: i === 617 ? 99 : 1 });
			const view = new View(); view.from = 0; view.to = 999000; view.width = 100;
			const s = new Sampler(1); s.run(store, ["a"], view);
			const all = (column) => [...column[0].slice(0, s.n)];
			return [s.n, Math.max(...all(s.highs)), Math.min(...all(s.lows)), Math.max(...all(s.ys)) > 10 && Math.max(...all(s.ys)) < 12].join(" ");`, "101 99 1 true"},
		// A span of no name that follows the newest reading, as any other does: a link to it is live too.
		{"address-of-any-span-live", window + `const { timeShown } = await import(base + "panel/address.js");
			const entry = timeShown(w, "5m"), told = [];
			const say = () => told.push(new URLSearchParams(entry.tell(false)).toString() || "-");
			w.show(1e12 - 100e3, 1e12 - 26543); w.resume(); say();
			const { span } = w, again = new URLSearchParams(entry.tell(false));
			w.choose("5m"); say(); told.push(new URLSearchParams(entry.tell(true)), entry.take(again).length, w.live, w.span === span);
			for (const range of ["70s", "90m", "1.5h", "1d", "1s", "99d", "0s", "1y", "70", "s", "-70s", "toString", "1e3s"]) told.push(entry.take(new URLSearchParams({ range })).join() || w.span / 1000);
			return told.join(" ");`, "range=73.457s - range=5m 0 true true 70 5400 5400 86400 10 2764800 range range range range range range range"},
		{"address-strays", `const { strays } = await import(base + "panel/address.js");
			const told = (search, fragment = "") => { const { values, names } = strays(new URLSearchParams(search), fragment, ["range", "at"], { technique: ["sse", "polling"], kiosk: ["1"] }, ["#host", "#lab"]); return [values.map(({ name, may }) => name + "=" + may.join("|")).join("+"), names.join("+")].join("/"); };
			return [told("range=1h&technique=sse&kiosk=1", "#lab"), told("technique=carrier&kiosk=&at=x"), told("keys=1&mine=1&mine=2&constructor=1"),
				told("utm_source=chat&utm_medium=x&fbclid=1&gclid=2&msclkid=3&_=4&1732838400=&0.73&lastEventId=5&key=6&apikey=7&token=8&access_token=9&k=10&s=11"), told("", "#k=secret&more"), told("", "#" + "a".repeat(99)).length].join(" ");`,
			"/ technique=sse|polling+kiosk=1/ /keys+mine+constructor / #k=#host|#lab/ 44"},
		{"address-notice", `const { timeShown } = await import(base + "panel/address.js"); const { Ignored } = await import(base + "panel/ignored.js"); const { Window } = await import(base + "time/window.js");
			const notice = document.createElement("p"); notice.id = "address-notice"; document.body.replaceChildren(notice);
			const ignored = new Ignored(), entry = timeShown(new Window(), "5m");
			const [early, late] = ["2026-11-28T03:12:07Z", "2026-11-28T03:13:07Z"];
			return ["from=" + early, "to=" + late, "from=" + late + "&to=" + early, "from=" + early + "&to=" + late, "range=1h&range=6h", "mine=1&mine=2"].map((search) => {
				const query = new URLSearchParams(search);
				ignored.show(entry.take(query), query, entry.keys);
				return notice.textContent.replace(/^.*ignored: /, "").replace(/ There are .*/, "") || "-";
			}).join(" / ");`, "from; from and to go together, and from is the earlier / to; from and to go together, and from is the earlier / " +
			"from, to; from and to go together, and from is the earlier / - / The address says more than once what counts once, the first time: range / mine."},
		{"nothing-behind-the-last-row", `const { Stretch } = await import(base + "time/stretch.js");
			const told = [];
			for (const [at, until, end] of [[[1e12, 1e12 + 1e3], 1e12 + 2e3, 1e12 + 60e3], [[1e12], 1e12 + 600e3, 1e12 + 660e3], [[1e12, 1e12 + 1e3], 1e12 + 2e3, 1e12 + 3e3], [[], undefined, 1e12]]) {
				const values = at.map(() => 0.25), stretch = new Stretch({ at, until, series: [{ name: "a", avg: values, min: values, max: values }] }, 1e12 - 60e3, end, 500);
				const shown = (moment) => stretch.value("a", stretch.find(moment));
				told.push([shown(1e12 - 1), shown(1e12 + 1e3), shown(1e12 + 1999), shown(end)].join(" "), stretch.length === 0 || stretch.append(end + 1000, 1000, { a: 7 }) && shown(end + 1000));
			}
			const late = new Stretch({ at: [1e12], until: 1e12 + 1e3, series: [{ name: "a", avg: [1], min: [1], max: [1] }] }, 1e12 - 60e3, 1e12 + 4e3, 500); // a reading on the gap's very moment
			told.push([1e3, 1e3, 2e3].map((at) => late.append(1e12 + at, 1000, { a: at })).join(" "), [0, 1e3, 2e3].map((at) => late.value("a", late.find(1e12 + at))).join(" "), late.length, late.end - 1e12);
			return told.join("; ");`, "NaN 0.25 0.25 NaN; 7; NaN 0.25 0.25 0.25; 7; NaN 0.25 0.25 0.25; 7; NaN NaN NaN NaN; true; true false true; 1 1000 2000; 3; 4000"},
		{"figures-say-that-they-are-means", `const { Stretch } = await import(base + "time/stretch.js"); const { Store } = await import(base + "store.js"); const { ofMeans } = await import(base + "panel/charts.js");
			const live = new Store(10, ["a"]); for (const at of [1e12, 1e12 + 1000]) live.append(at, 1000, { a: 1 });
			const slow = new Store(10, ["a"]); slow.append(1e12, 120e3, { a: 1 });
			const day = new Stretch({ at: [0, 180e3], until: 360e3, series: [{ name: "a", avg: [1, 2], min: [1, 2], max: [1, 2] }] }, 0, 300e3, 180e3);
			day.append(301e3, 1000, { a: 3 });
			const fine = new Stretch({ at: [0, 1000], until: 2000, series: [{ name: "a", avg: [1, 2], min: [1, 2], max: [1, 2] }] }, 0, 2000, 1000);
			const told = (store, moment, own = live) => ofMeans("then", store.mean(store.find(moment)), own);
			return [told(day, 180e3), told(day, 301e3), told(day, -1), told(day, 180e3, slow), told(fine, 1000), told(live, 1e12)].join("; ");`,
			"then, means of 3 min; then; then; then; then; then"},
		// A day that ends in a restart: the point of 3 min there has readings of before and behind.
		{"no-legend-of-a-moment-without-readings", window + `const { Charts } = await import(base + "panel/charts.js"); const { entries } = await import(base + "panel/chartentries.js"); const { Store } = await import(base + "store.js"); const { Frame } = await import(base + "frame.js");
			document.body.innerHTML = '<div id="charts-grid"></div><p data-field="time"></p>';
			document.body.append(...new DOMParser().parseFromString(await (await fetch(new URL("..", base))).text(), "text/html").querySelectorAll("template"));
			const store = new Store(10, ["cpu.user", "core.cpu0.busy"]); store.append(1e12 - 100e3, 180e3, { "cpu.user": 0.5, "core.cpu0.busy": 0.25 });
			const frame = new Frame(), charts = new Charts(store, w, { show: () => store, waiting: false }, frame, entries.filter(({ id }) => id === "cpu"));
			charts.show({ cpu: { cores: [{ name: "cpu0", busy: 0.25 }] } }); w.advance(1e12);
			w.show(1e12 - 3600e3, 1e12 - 30e3);
			const told = async () => {
				charts.describe();
				frame.draw(charts.draw);
				for (let frames = 0; frames < 2; frames++) await new Promise((done) => frame.mark(done)); // legends are behind the drawing
				return [document.querySelector(".legend-value").textContent, document.querySelector(".cores-head").lastChild.textContent || "-", /user 50/.test(document.querySelector(".plot canvas").getAttribute("aria-label"))].join(" ");
			};
			const out = [];
			for (const at of [NaN, 1e12 - 30e3, 1e12 - 40e3]) {
				charts.without(at);
				out.push(await told());
			}
			return out.join("; ");`, "50.0 % busiest: cpu0 25.0 % true; — - false; 50.0 % busiest: cpu0 25.0 % true"},
		{"archive-asks-nothing-before-the-first-reading", `const { Window } = await import(base + "time/window.js"); const { Archive } = await import(base + "time/archive.js"); const { Store } = await import(base + "store.js");
			const w = new Window(); w.restore({ span: 3600e3, end: 1e12, moment: 1e12 });
			const archive = new Archive(() => new Promise(() => {}), new Store(10, ["a"]), () => ["a"], () => {});
			archive.show(w, 600); const before = archive.waiting;
			w.advance(2e12); archive.show(w, 600);
			return [before, archive.waiting].join(" ");`, "false true"},
		{"archive-drops-what-is-later-than-now", window + `const { Archive } = await import(base + "time/archive.js"); const { Store } = await import(base + "store.js");
			const store = new Store(10, ["a"]); store.append(1e12, 1000, { a: 1 });
			let changed, asked = 0;
			const archive = new Archive(async (names, from, to) => { asked++; return { at: [from, to], series: [{ name: "a", avg: [1, 2], min: [1, 2], max: [1, 2] }] }; }, store, () => ["a"], () => changed());
			const told = [];
			w.choose("6h");
			for (const at of [1e12, 1e12 + 1000, 1e12 - 3600e3, 1e12 - 3599e3]) { // the third by a clock that was set back
				store.append(at, 1000, { a: 3 }); archive.append(at, 1000, { a: 3 }); w.advance(at);
				if (archive.show(w, 600) === store || archive.waiting) { await new Promise((done) => { changed = done; archive.show(w, 600); }); }
				told.push(asked, archive.show(w, 600).newest === at);
			}
			return told.join(" ");`, "1 true 1 true 2 true 2 true"},
		{"archive-asks-once-and-gives-up-what-nobody-needs", window + `const { Archive } = await import(base + "time/archive.js"); const { Store } = await import(base + "store.js");
			const asked = []; const store = new Store(10, ["a"]); store.append(1e12, 1000, { a: 1 });
			let changed; const done = new Promise((resolve) => { changed = resolve; });
			const archive = new Archive((names, from, to, points, signal) => { asked.push(signal); return Promise.resolve({ at: [from, to], series: [{ name: "a", avg: [1, 2], min: [1, 2], max: [1, 2] }] }); }, store, () => ["a"], () => changed());
			w.choose("6h"); archive.show(w, 600); w.choose("24h"); archive.show(w, 600); archive.show(w, 600);
			await done;
			const first = archive.show(w, 600); w.choose("1h"); const inside = archive.show(w, 600) === first;
			w.choose("24h");
			return [asked.length, first !== store, inside, archive.show(w, 600) === first, archive.waiting].join(" ");`, "1 true true true false"},
	}
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// A click enters the history of the browser when no second one has come; a double click enters it once, with where it leads.
func TestDoubleClick(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const timers = []; // what waits, called by hand
		globalThis.setTimeout = (f) => timers.push(f); globalThis.clearTimeout = (n) => { timers[n - 1] = () => {}; };
		const rest = () => timers.splice(0).forEach((f) => f());
		const { gestures } = await import(base + "chart/gestures.js"); const { Window, spans } = await import(base + "time/window.js");
		const { Address, timeShown } = await import(base + "panel/address.js");
		const w = new Window(), chart = document.createElement("p");
		w.advance(1e12);
		const address = new Address([timeShown(w, "5m")], () => {});
		w.follow((chosen) => chosen && address.changed(true));
		gestures(chart, { point() {}, pick: (x) => w.pick(1e12 - 1000 * x, false), settle: () => w.settle(), back: () => { w.undo(); w.back(); }, scale: (by) => w.scale(by, 1e12, false), pan() {}, select() {} });
		let before = history.length;
		const told = [];
		const tell = () => { const query = new URLSearchParams(location.search); told.push([history.length - before, w.span / 1000, query.has("from"), Number.isNaN(w.moment) ? "-" : (1e12 - w.moment) / 1000, query.has("at")].join(" ")); before = history.length; };
		const click = (x, detail) => chart.dispatchEvent(new MouseEvent("click", { clientX: x, detail }));
		const double = (x) => { click(x, 1); click(x, 2); chart.dispatchEvent(new MouseEvent("dblclick", { clientX: x, cancelable: true })); rest(); };
		w.show(1e12 - 200e3, 1e12 - 100e3); tell();
		double(120); tell(); // from the zoom to all
		w.show(1e12 - 200e3, 1e12 - 100e3); tell();
		click(150, 1); rest(); tell();
		click(160, 1); tell(); rest(); tell();
		double(130); double(130); tell(); // from one moment to the one before, and to the zoom
		return told.join("; ");
	})()`)
	if want := "1 100 true - false; 1 300 false - false; 1 100 true - false; 1 100 true 150 true; 0 100 true 160 true; 1 100 true 160 true; 2 100 true - false"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What is taken away tells what happened, when it was taken and of when its figures are, and in which zone.
func TestTakenModules(t *testing.T) {
	p := modules(t)
	const view = `const { page } = await import(base + "export/page.js"); const { csv, json } = await import(base + "export/view.js");
		const view = { host: "h", system: "s", taken: 9000, told: 3000, zone: "UTC", from: 1000, to: 5000, moment: 3000, verdict: "v", tiles: [], tables: [{ title: "T", note: "", head: ["a"], rows: [["b"]] }], snapshot: {},
			marks: [{ at: 2000, kind: "note", text: "deploy <v2>" }],
			charts: [{ id: "pressure", title: "Pressure", unit: "ratio", at: [1000, 3000, 5000], series: [{ name: "p", title: "P", ink: "a", avg: [0, 0.5, 1], min: [0, 0.5, 1], max: [0, 0.5, 1] }] }] };
		let stacked = false, banded = false;
		const taken = () => {
			const html = page(view, { title: "t", lang: "en", lines: ["times in UTC"], told: "figures of 3", happened: "What happened", mark: ({ at, text }) => at + " " + text, name: (at) => "t" + at, format: (chart, v) => 100 * v + " %", upTo: (mean, most) => mean + " to " + most,
				stacked: () => stacked, mirrored: () => false, scale: [], top: (chart, most) => most }, new Proxy({}, { get: () => "red" }));
			const doc = new DOMParser().parseFromString(html, "text/html");
			const text = (what) => [...doc.querySelectorAll(what)].map((e) => e.textContent).join("|");
			if (banded) return [[...doc.querySelectorAll(".band")].map((e) => e.getAttribute("points")).join("|"), text(".top"), text("figure li"), JSON.parse(text("#data")).charts[0].series.join("|")].join("; ");
			return [text("h2"), text(".top"), text("figure li"), text("svg title"), text(".marks li"), text("p")].join("; ");
		};`
	tests := []struct{ name, script, want string }{
		{"a-page-of-a-moment", `return taken();`, "Pressure|What happened|T; 100 %; t3000|P 50 %; 2000 deploy <v2>; 2000 deploy <v2>; times in UTC|figures of 3|v|t1000t5000|"},
		{"a-page-of-now", `view.moment = NaN; view.marks = []; return taken();`, "Pressure|T; 100 %; t5000|P 100 %; ; ; times in UTC|figures of 3|v|t1000t5000|"},
		// A spike of a second in a row of minutes is there, in lines and in a stack; where nothing varies there is no band.
		{"a-page-of-means", `banded = true; const [chart] = view.charts, [series] = chart.series; Object.assign(series, { avg: [0.25, 0.5, null], min: [0, 0.5, null], max: [1, 0.5, null] });
			const lines = taken(); stacked = true; const parts = taken(); chart.whole = { ...series, avg: [0.5, 0.5, 0.5], min: [0, 0, 0], max: [0.5, 2, 0.5] };
			return [lines, parts, taken()].join(" / ");`,
			"0.0,0.0 500.0,90.0 500.0,90.0 0.0,180.0; 100 %; t3000|P 50 %; 25 % to 100 %,50 %, / " +
				"; 50 %; t3000|P 50 %; 25 % to 100 %,50 %, / " +
				"0.0,135.0 500.0,0.0 1000.0,135.0 1000.0,135.0 500.0,135.0 0.0,135.0; 200 %; t3000|P 50 %; 25 % to 100 %,50 %,"},
		{"as-csv", `return csv(view).split("\r\n\r\n")[1];`, "# marks\r\ntime,unix_ms,kind,text\r\n1970-01-01T00:00:02.000Z,2000,note,deploy <v2>"},
		{"as-json", `const file = JSON.parse(json(view)); return JSON.stringify([file.marks, file.taken, file.moment, file.zone]);`, `[[{"at":2000,"kind":"note","text":"deploy <v2>"}],9000,3000,"UTC"]`},
		{"zones", `const { useZone, learnServer, zoneSaid } = await import(base + "zone.js");
			const said = []; useZone("utc"); said.push(zoneSaid(0)); useZone("server");
			for (const told of [{ name: "Asia/Shanghai", offset_s: 28800 }, { offset_s: 19800 }, { offset_s: -12600 }, { offset_s: 0 }]) { learnServer(told); said.push(zoneSaid(0)); }
			return said.join(" ");`, "UTC Asia/Shanghai UTC+05:30 UTC-03:30 UTC"},
	}
	for _, test := range tests {
		got := evaluate[any](p, `(async () => { `+view+test.script+` })().then(String)`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
