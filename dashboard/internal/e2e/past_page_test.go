package e2e

import (
	"context"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/dashboard"
)

// turn is a turn of the wheel over the middle of a chart.
func (p *page) turn(chart string, across, down float64) {
	p.t.Helper()
	const nearly = 1e-3 // a zero would be left out, and the browser wants both
	x, y := p.place(chart, 0.5)
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: x, Y: y, DeltaX: across + nearly, DeltaY: down + nearly})
		return err
	}))
}

// pinch puts two fingers on a chart and moves them from one distance to another, in parts of its width.
func (p *page) pinch(chart string, from, to float64) {
	p.t.Helper()
	touch := func(kind input.DispatchTouchEventType, apart float64) {
		var points []*input.TouchPoint
		if apart > 0 {
			for _, side := range []float64{-0.5, 0.5} {
				x, y := p.place(chart, 0.5+side*apart)
				points = append(points, &input.TouchPoint{X: x, Y: y, ID: new(side + 1)})
			}
		}
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
			return err
		}))
	}
	touch(input.DispatchTouchEventTypeTouchStart, from)
	for step := 1.0; step <= 4; step++ {
		touch(input.DispatchTouchEventTypeTouchMove, from+(to-from)*step/4)
	}
	touch(input.DispatchTouchEventTypeTouchEnd, 0)
}

// letGo has the pointer point at nothing in a chart.
func (p *page) letGo(chart string) {
	p.t.Helper()
	evaluate[bool](p, `(document.querySelector('[data-testid="chart-`+chart+`"] canvas').dispatchEvent(new PointerEvent("pointerleave")), true)`)
}

// still is there when what was to be drawn is drawn.
const still = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))`

// take presses what hands something over, and keeps what it is in the page, by its name.
func (p *page) take(testid string) {
	p.t.Helper()
	evaluate[bool](p, `(async () => {
		if (!globalThis.taken) {
			globalThis.taken = new Map();
			let last;
			URL.createObjectURL = (blob) => { last = blob; return "#"; };
			HTMLAnchorElement.prototype.click = function () { if (this.download) taken.set(this.download, last); };
		}
		taken.clear();
		document.querySelector('[data-testid="`+testid+`"]').click();
		while (taken.size === 0) await new Promise((done) => setTimeout(done, 20));
		return true;
	})()`)
}

// What hands do on a chart, and what is taken away from it: on one page, of half an hour that stands still.
func TestChartsInHand(t *testing.T) {
	t.Parallel()
	at := time.Now().UTC().Add(-20 * time.Minute)
	say := func(d time.Duration) string { return at.Add(d).Format(time.RFC3339) }
	p, _ := hours(t, "&zone=utc&from="+say(-15*time.Minute)+"&to="+say(15*time.Minute))
	p.expect("503", "willReadFrequently") // there is no table of all processes, and pictures are looked at
	p.waits("there are charts", `performance.getEntriesByName("chart").length > 0`)
	for _, part := range []struct {
		name string
		test func(*testing.T, *page)
		more bool // of what others have shown
	}{
		{"crosshair", handCrosshair, false},
		{"single-cores", handCores, true},
		{"wheel-and-fingers", handWheel, false},
		{"described", handDescribed, true},
		{"taken", handTaken, false},
		{"lines-or-bands", handBands, true},
		{"core-or-total", handShare, false},
		{"differ", handDiffer, true},
		{"followed", handFollowed, false},
	} {
		t.Run(part.name, func(t *testing.T) {
			if part.more {
				exhaustive(t)
			}
			part.test(t, p)
		})
	}
}

// pointed is at: the moment that is told.
const pointed = `
	const [from, to] = ["from", "to"].map((end) => Date.parse(new URLSearchParams(location.search).get(end)));
	const clock = document.querySelector('[data-testid="charts-time"]').textContent.match(/\d\d:\d\d:\d\d/)[0];
	const at = [from, to].map((end) => Date.parse(new Date(end).toISOString().slice(0, 11) + clock + "Z")).find((at) => at >= from && at <= to);
`

// legends is what is wrong with the legends' values: each chart's numbers are taken, and compared at the moment that is told.
const legends = `(async () => {
	const { three, percent, bytes, rate } = await import(new URL("js/format.js", document.baseURI));
	const format = { number: three, ratio: percent, bytes, rate };
	` + pointed + `
	const wrong = [];
	let n = 0;
	for (const root of document.querySelectorAll("#charts-grid > figure:not([hidden])")) {
		taken.clear();
		root.querySelector('[data-testid$="-csv"]').click();
		while (taken.size === 0) await new Promise((done) => setTimeout(done, 20));
		const [head, ...rows] = (await [...taken.values()][0].text()).trimEnd().split("\r\n").map((line) => line.split(","));
		const row = rows.filter((row) => Number(row[1]) <= at).at(-1);
		const means = head.map((name, i) => [name, i]).filter(([name, i]) => i > 1 && !/\.(min|max)$/.test(name));
		[...root.querySelectorAll(".legend-value")].forEach((value, k) => {
			const text = row[means[k][1]];
			n++;
			if (value.textContent !== format[root.dataset.unit](text === "" ? NaN : Number(text))) wrong.push(means[k][0] + ": " + value.textContent + " for " + text + " at " + clock);
		});
	}
	return n < 10 ? [n + " values"] : wrong;
})()`

// The crosshair stands in all charts at once, and legends say the values at it.
func handCrosshair(t *testing.T, p *page) {
	p.mouse("cpu", 0.9, 0.9, 0) // the pointer is there, and the picture still
	p.waits("a moment is told", `/\d\d:\d\d:\d\d(,|$)/.test(document.querySelector('[data-testid="charts-time"]').textContent)`)
	p.letGo("cpu")
	p.waits("marks have come", `performance.getEntriesByType("resource").some(({ name }) => name.includes("api/v1/marks?"))`)
	evaluate[bool](p, `(async () => {
		globalThis.pixels = () => [...document.querySelectorAll("#charts-grid > figure:not([hidden]) .plot canvas")].map((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height));
		const same = ({ data }, k) => data.every((byte, i) => byte === before[k].data[i]);
		do {
			await `+still+`;
			globalThis.before = pixels();
			await new Promise((done) => setTimeout(done, 300)); // for marks to be drawn
		} while (!pixels().every(same));
		return true;
	})()`)
	told := p.text("charts-time")
	p.mouse("cpu", 0.3, 0.3, 0)
	p.waits("another moment is told", `document.querySelector('[data-testid="charts-time"]').textContent !== `+quote(told))
	// In each canvas: how many columns are others than before, how much of the height the most changed of them, and where in the
	// plot it is.
	got := evaluate[[][]float64](p, `(async () => {
		await `+still+`;
		return pixels().map(({ data, width, height }, k) => {
			const changed = new Array(width).fill(0);
			for (let i = 0; i < width * height; i++) if ([0, 1, 2, 3].some((c) => data[4 * i + c] !== before[k].data[4 * i + c])) changed[i % width]++;
			const most = Math.max(...changed);
			return [changed.filter((n) => n > 0).length, most / height, (changed.indexOf(most) / devicePixelRatio - 56) / (width / devicePixelRatio - 58)];
		});
	})()`)
	if len(got) < 5 {
		t.Errorf("there are %d charts", len(got))
	}
	for i, c := range got {
		if c[0] > 2 || c[1] < 0.6 || math.Abs(c[2]-0.3) > 0.03 || math.Abs(c[2]-got[0][2]) > 0.01 {
			t.Errorf("chart %d has %v changed columns, the most of them by %.2f, at %.3f; the first at %.3f", i, c[0], c[1], c[2], got[0][2])
		}
	}
	p.take("cpu-csv")
	if wrong := evaluate[[]string](p, legends); len(wrong) > 0 {
		t.Errorf("legends say %q", wrong)
	}
	p.letGo("cpu")
}

// Single cores are in history: their strip is whole in a time before the page was opened, and at the crosshair the busiest of
// them is named.
func handCores(t *testing.T, p *page) {
	p.waits("no core is without a reading", `document.querySelector(".cores-head").firstChild.textContent === "4 cores"`)
	p.mouse("cpu", 0.4, 0.4, 0)
	p.take("cpu-csv")
	eventually(t, "the busiest core of that moment is named", func() bool {
		return evaluate[bool](p, `(async () => {
			const { percent } = await import(new URL("js/format.js", document.baseURI));
			const [head, ...rows] = (await [...taken.values()][0].text()).trimEnd().split("\r\n").map((line) => line.split(","));
			`+pointed+`
			const row = rows.findLast(([, time]) => Number(time) <= at);
			if (!row) return false; // no moment is told yet
			const cores = head.map((name, i) => [name, Number(row[i])]).filter(([name]) => /^core\..*\.busy$/.test(name));
			const [name, busy] = cores.reduce((most, core) => (core[1] > most[1] ? core : most));
			return cores.length === 4 && document.querySelector(".cores-head").lastChild.textContent === "busiest: " + name.split(".")[1] + " " + percent(busy);
		})()`)
	})
	evaluate[bool](p, `(document.querySelector('[data-testid="chart-cpu"] canvas').dispatchEvent(new PointerEvent("pointerleave")), true)`)
}

// The wheel scales around the pointer and pans; fingers do as well; each is one step back.
func handWheel(t *testing.T, p *page) {
	back := func() {
		t.Helper()
		p.click("back")
		eventually(t, "one step back is the half hour", func() bool { return p.span() == 1800 })
	}
	began := p.query("from")
	evaluate[bool](p, `(document.querySelector('[data-testid="chart-cpu"] canvas').focus(), true)`)
	p.turn("cpu", 0, -200)
	eventually(t, "a turn of the wheel shows less", func() bool { s := p.span(); return s > 1000 && s < 1300 })
	if p.query("from") == began {
		t.Error("and not around the pointer")
	}
	back()
	p.turn("cpu", -120, 0)
	eventually(t, "across it goes to what was earlier", func() bool { return p.span() == 1800 && p.query("from") < began })
	back()
	p.pinch("memory", 0.2, 0.6)
	eventually(t, "fingers that part show less", func() bool { s := p.span(); return s > 500 && s < 700 })
	back()
	p.pinch("memory", 0.6, 0.3)
	eventually(t, "fingers that meet show more", func() bool { s := p.span(); return s > 3300 && s < 3900 })
	back()
}

// Who hears a chart is told what stands at the right edge of it, as who sees it is: not what came after.
func handDescribed(t *testing.T, p *page) {
	p.waits("each chart is described by what its legend says", `[...document.querySelectorAll("#charts-grid > figure:not([hidden])")].every((root) => {
		const label = root.querySelector("canvas").getAttribute("aria-label");
		return [...root.querySelectorAll(".legend-entry")].every((entry) => label.includes(entry.querySelector(".legend-name").textContent + " " + entry.querySelector(".legend-value").textContent));
	})`)
}

// A chart as a picture; all of it as numbers.
func handTaken(t *testing.T, p *page) {
	p.take("cpu-png")
	got := evaluate[map[string]float64](p, `(async () => {
		const [[name, blob]] = taken;
		const picture = await createImageBitmap(blob);
		const canvas = document.createElement("canvas");
		[canvas.width, canvas.height] = [picture.width, picture.height];
		const ctx = canvas.getContext("2d", { willReadFrequently: true });
		ctx.drawImage(picture, 0, 0);
		const chart = document.querySelector('[data-testid="chart-cpu"] canvas');
		const inks = (from, to) => new Set(new Uint32Array(ctx.getImageData(0, from, picture.width, to - from).data.buffer)).size;
		const head = picture.height - chart.height;
		return { named: Number(/^fivewire-.*-cpu-.*Z\.png$/.test(name)), wide: Number(picture.width === chart.width), head, title: inks(0, head), plot: inks(head, picture.height) };
	})()`)
	if got["named"] != 1 || got["wide"] != 1 || got["head"] < 30 || got["title"] < 10 || got["plot"] < 10 {
		t.Errorf("the picture: %v", got)
	}
	p.take("take-json")
	if got := evaluate[string](p, `(async () => {
		const [[name, blob]] = taken;
		const { host, from, to, charts, tables, snapshot } = JSON.parse(await blob.text());
		const shown = [...document.querySelectorAll("#charts-grid > figure:not([hidden])")].map((root) => root.dataset.chart);
		const query = new URLSearchParams(location.search);
		return [name.endsWith(".json"), host === document.querySelector(".host").textContent, from === Date.parse(query.get("from")), to === Date.parse(query.get("to")),
			charts.map(({ id }) => id).join() === shown.join().replace("cpu", "cpu,cores"), charts[1].series.map(({ name }) => name).join(" ") === "core.cpu0.busy core.cpu1.busy core.cpu2.busy core.cpu3.busy", charts.every(({ at, series }) => at.length > 300 && at[0] >= from && at.at(-1) <= to && series.every(({ avg, min, max }) => avg.length === at.length && min.length === at.length && max.length === at.length)),
			tables.length > 3 && tables.every(({ head, rows }) => rows.every((row) => row.length === head.length)), snapshot.cpu.busy >= 0].join(" ");
	})()`); got != "true true true true true true true true true" {
		t.Errorf("as JSON: %s", got)
	}
	p.take("take-csv")
	if got := evaluate[string](p, `(async () => {
		const text = await [...taken.values()][0].text();
		const parts = text.split("\r\n\r\n");
		const charts = parts.filter((part) => part.startsWith("time,unix_ms,"));
		return [charts.length === document.querySelectorAll("#charts-grid > figure:not([hidden])").length + 1 /* single cores */, charts.every((part) => part.trimEnd().split("\r\n").length > 300), parts.filter((part) => part.startsWith("# ")).length > 3].join(" ");
	})()`); got != "true true true" {
		t.Errorf("as CSV: %s", got)
	}
}

// Parts of a whole stand on each other, and fill it; or they are lines.
func handBands(t *testing.T, p *page) {
	const inked = `(() => {
		const canvas = document.querySelector('[data-testid="chart-memory"] canvas');
		const { data } = canvas.getContext("2d").getImageData(70, 10, canvas.width - 90, canvas.height - 50);
		let n = 0;
		for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n++;
		return n / (data.length / 4);
	})()`
	p.waits("the memory is full of bands", inked+` > 0.95`)
	p.set("stacked", "false")
	p.waits("there are lines", inked+` < 0.5`)
	p.set("stacked", "true")
	p.waits("there are bands again", inked+` > 0.95`)
}

// Processor time as a share of one core, or of all four.
func handShare(t *testing.T, p *page) {
	p.mouse("memory", 0.5, 0.5, 1)
	p.says("processes-note", "processes at the top at")
	const first = `parseFloat(document.querySelector("#processes tbody tr").children[document.querySelector('#processes [data-key="cpu"]').cellIndex].textContent)`
	core := evaluate[float64](p, first)
	p.set("measure-share", "total")
	p.waits("the shares are of four cores", `Math.abs(`+first+` / `+quote(core)+` - 0.25) < 0.02`)
	p.set("measure-share", "core")
	p.waits("the shares are of one core", first+` === `+quote(core))
	p.click("live")
	p.waits("it is live", `document.documentElement.dataset.live === "true"`)
}

// What other programs would say now, with the words for it; and it goes on.
func handDiffer(t *testing.T, p *page) {
	evaluate[bool](p, `(document.querySelectorAll(".differ").forEach((box) => { box.open = true; }), true)`)
	for list, most := range map[string]string{"memory": "7", "cpu": "6", "filesystems": "5"} {
		p.waits("there are values in "+list, `(() => {
			const box = document.querySelector('[data-testid="differ-`+list+`"]');
			const values = [...box.querySelectorAll("dd b")].map((value) => value.textContent);
			return values.filter((value) => /\d/.test(value)).length >= `+most+` && values.every((value) => value !== "") && !box.textContent.includes("differ.");
		})()`)
	}
	const busy = `document.querySelector('[data-testid="differ-cpu"] dd b').textContent`
	p.waits("it is what the tile says", busy+`.startsWith(document.querySelector('[data-testid="tile-cpu"] .figure-number').textContent)`)
	was := evaluate[string](p, busy)
	p.waits("it is of now", busy+` !== `+quote(was))
	evaluate[bool](p, `(document.querySelectorAll(".differ").forEach((box) => { box.open = false; }), true)`)
}

// Who is followed has a picture of what he used, which grows.
func handFollowed(t *testing.T, p *page) {
	evaluate[bool](p, `(document.querySelector("#processes tbody tr").click(), true)`)
	p.waits("a row is open", `document.querySelector('[data-testid="follow"]')?.checkVisibility()`)
	p.click("follow")
	const columns = `Math.min(...[...document.querySelectorAll("#followed canvas")].map((canvas) => {
		const { data, width } = canvas.getContext("2d").getImageData(0, 0, Math.max(1, canvas.width), Math.max(1, canvas.height));
		const inked = new Set();
		for (let i = 0; i < data.length / 4; i++) if (data[4 * i + 3] > 0) inked.add(i % width);
		return inked.size;
	}))`
	p.waits("there are pictures", `document.querySelectorAll("#followed canvas").length === 2 && `+columns+` > 0`)
	p.waits("they grow", columns+` > `+quote(evaluate[int](p, columns)))
	p.click("unfollow")
}

// What is done to a server shows on its page: a mark made there and one made by the program; that history is not on disk; and a
// link is good for as long as was said.
func TestMarkedAndShared(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	file := filepath.Join(t.TempDir(), "no-folder")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "--interval", "200ms", "--auth", "key", "--data-dir", filepath.Join(file, "data"))
	address, key, _ := strings.Cut(s.url, "#k=")
	eventually(t, "the host has been read", func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"api/v1/host", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+key)
		resp, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	p := newPage(t)
	p.expect("401", "willReadFrequently", "WebSocket connection", "ERR_INCOMPLETE_CHUNKED")
	p.view(1440, 900, "dark")
	p.open(address + "?technique=sse&range=1m#k=" + key)
	p.live("sse")
	p.says("notice", "history cannot be put on disk (not a directory); it goes on in memory")

	evaluate[bool](p, `import(new URL("js/chart/ink.js", document.baseURI)).then(({ inks }) => {
		const pen = document.createElement("canvas").getContext("2d");
		pen.fillStyle = inks(document.querySelector('[data-testid="chart-cpu"] canvas'), ["technique"]).technique;
		pen.fillRect(0, 0, 1, 1);
		globalThis.ink = [...pen.getImageData(0, 0, 1, 1).data];
		return true;
	})`)
	// The right ends of the flags of marks that somebody has made, as parts of the plot's width.
	const flags = `(() => {
		const canvas = document.querySelector('[data-testid="chart-cpu"] canvas');
		const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, 24);
		const ends = (y) => Array.from({ length: width - 1 }, (_, x) => x).filter((x) => {
			const inked = (x) => ink.every((v, c) => Math.abs(v - data[4 * (y * width + x) + c]) < 8);
			return inked(x) && !inked(x + 1);
		});
		return Array.from({ length: 24 }, (_, y) => ends(y)).reduce((a, b) => (b.length > a.length ? b : a)).map((x) => (x / devicePixelRatio - 60) / (canvas.clientWidth - 64));
	})()`
	p.waits("there are none", flags+`.length === 0`)
	for i, mark := range []struct {
		text string
		make func()
	}{
		{"deploy v2", func() {
			if !evaluate[bool](p, `fetch("api/v1/marks", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"text":"deploy v2"}' }).then((answer) => answer.status === 201)`) {
				t.Error("the page cannot make a mark")
			}
		}},
		{"by hand", func() {
			cmd := exec.Command(needBinary(t), "mark", "--url", address, "by hand")
			cmd.Env = append(os.Environ(), "FIVEWIRE_KEY="+key)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v, it says %q", err, out)
			}
		}},
	} {
		mark.make()
		p.waits("it is drawn, and has gone by a little", `((flags) => flags.length === `+quote(i+1)+` && flags.at(-1) < 0.97)(`+flags+`)`)
		p.click("live") // which is to stand still
		at := evaluate[float64](p, still+`.then(() => `+flags+`.at(-1))`)
		p.mouse("cpu", at, at, 0)
		p.says("charts-time", mark.text)
		p.letGo("cpu") // a crosshair through a flag makes two of it
		p.click("live")
	}

	// A browser gives a page that nobody sees no frames, and the page draws in nothing else.
	evaluate[bool](p, `(() => {
		globalThis.drawn = 0;
		for (const name of ["clearRect", "fill", "stroke", "fillRect", "drawImage"]) {
			const plain = CanvasRenderingContext2D.prototype[name];
			CanvasRenderingContext2D.prototype[name] = function (...args) {
				drawn++;
				return plain.apply(this, args);
			};
		}
		const frame = requestAnimationFrame.bind(globalThis);
		let hidden = false, put = [];
		globalThis.requestAnimationFrame = (job) => (hidden ? put.push(job) : frame(job));
		Object.defineProperty(document, "hidden", { get: () => hidden });
		Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
		globalThis.hide = (is) => {
			hidden = is;
			document.dispatchEvent(new Event("visibilitychange"));
			if (!is) put.splice(0).forEach(frame);
			return new Promise((done) => frame(() => frame(done)));
		};
		return true;
	})()`)
	p.waits("it draws", `drawn > 100`)
	before := evaluate[int](p, `hide(true).then(() => drawn)`)
	messages := p.state().Messages
	p.until("messages have come while nobody looks", func(s state) bool { return s.Messages > messages+10 })
	if n := evaluate[int](p, `drawn`) - before; n != 0 {
		t.Errorf("it draws for nobody, %d times", n)
	}
	evaluate[bool](p, `hide(false).then(() => true)`)
	p.waits("it draws again", `drawn > `+quote(before+100))

	// A link that is over before its page is there has shown nothing: one that lasts longer is tried.
	for _, lasts := range []string{"5s", "20s", "60s"} {
		link := evaluate[string](p, `fetch("api/v1/share", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"for":"`+lasts+`"}' }).then((answer) => answer.json()).then(({ url }) => url)`)
		q := newPage(t)
		q.expect("401", "503") // a poll that is held when its link is found to be over is told so
		q.open(strings.Replace(link, "#s=", "?technique=longpolling#s=", 1))
		q.waits("it is live, or over", `Number(document.documentElement.dataset.messages) > 0 || document.querySelector("#access").open`)
		if q.state().Messages == 0 {
			continue
		}
		q.waits("it is over, and somebody is asked", `document.querySelector("#access").open && !document.querySelector("#access-form").hidden`)
		return
	}
	t.Error("no link ever opens a page")
}

// Who wakes a page that was put aside for long finds what went by to the second: it takes no means for readings.
func TestPageSleptLong(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := dashboard.New(dashboard.Config{Assets: assets.FS, Backlog: time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	served, published := make(chan error, 1), make(chan struct{})
	go func() { served <- d.Serve(ctx, ln, "") }()
	var mu sync.Mutex
	n, at := 0, time.Now().UTC().Truncate(time.Second).Add(-2*time.Hour)
	publish := func(times int, change func(i int, s *collector.Snapshot)) {
		mu.Lock()
		defer mu.Unlock()
		for i := range times {
			s := collectortest.Snapshot(n % 1000)
			n, at = n+1, at.Add(time.Second)
			s.At = at
			if change != nil {
				change(i, &s)
			}
			d.Publish(s)
		}
	}
	publish(60, nil)
	go func() {
		defer close(published)
		for ctx.Err() == nil {
			publish(1, nil)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-published
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	p := newPage(t)
	p.view(1440, 900, "dark")
	p.open(url + "/?technique=sse&zone=utc")
	p.live("sse")
	evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`)
	p.until("the page is paused", func(s state) bool { return s.State == "paused" })
	var peak time.Time
	publish(2400, func(i int, s *collector.Snapshot) {
		if i == 600 {
			peak = s.At
			s.CPU.User = collector.Known(0.99)
		}
	})
	before := p.state()
	time.Sleep(1500 * time.Millisecond) // the server has no more of it than its history
	evaluate[bool](p, `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`)
	if after := p.live("sse"); after.Missed < before.Missed+2000 {
		t.Fatalf("it has missed %d messages: the server had all of them for it", after.Missed)
	}
	evaluate[bool](p, `(() => {
		const form = document.querySelector("#between");
		form.querySelector('[name="from"]').value = "`+peak.Add(-time.Minute).Format("2006-01-02T15:04:05")+`";
		form.querySelector('[name="to"]').value = "`+peak.Add(time.Minute).Format("2006-01-02T15:04:05")+`";
		form.requestSubmit();
		return true;
	})()`)
	eventually(t, "the two minutes are shown", func() bool { return p.span() == 120 })
	found := false
	for deadline := time.Now().Add(patience); !found && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) { // history is asked
		p.take("cpu-csv")
		found = evaluate[bool](p, `(async () => {
			const [head, ...rows] = (await [...taken.values()][0].text()).trimEnd().split("\r\n").map((line) => line.split(","));
			const user = head.indexOf("cpu.user");
			const high = rows.filter((row) => Number(row[user]) > 0.9).map((row) => Number(row[1]));
			return high.join() === "`+quote(peak.UnixMilli())+`" && rows.length > 110;
		})()`)
	}
	if !found {
		t.Error("the peak of a second is not among what the chart shows")
	}
}
