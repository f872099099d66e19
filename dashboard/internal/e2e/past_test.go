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
