package e2e

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/fivewire/fivewire/collector"
)

// Where the strip of cores has no reading it is hatched: before the server began, and in a gap. Where there is one it is not:
// from before the page was opened, too.
func TestHatching(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	const gone = 12 * time.Second
	var back atomic.Bool
	url := showcase(t, 200, 200*time.Millisecond, func(s *collector.Snapshot) {
		if !back.Load() {
			s.At = s.At.Add(-gone)
		}
		for i := range s.CPU.Cores {
			s.CPU.Cores[i].Busy = collector.Known(1) // far from the colours of the hatching
		}
	})
	p := newPage(t)
	p.view(1440, 3200, "dark")
	p.open(url + "?technique=sse")
	p.live("sse")
	p.expect("willReadFrequently")
	back.Store(true)
	// A row of pixels in the middle of the first core, as runs: b is busy, h is hatched by lines at their distance, x is neither.
	script := `(() => {
		const canvas = document.querySelector(".cores canvas");
		const pixel = document.createElement("canvas").getContext("2d");
		const ink = (name) => {
			pixel.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
			pixel.fillRect(0, 0, 1, 1);
			return [...pixel.getImageData(0, 0, 1, 1).data];
		};
		const near = (a, b) => [0, 1, 2].every((c) => Math.abs(a[c] - b[c]) <= 3);
		const [busy, none, line] = ["--heat-3", "--heat-none", "--heat-hatch"].map(ink);
		const between = (a) => [0, 1, 2].every((c) => a[c] >= Math.min(none[c], line[c]) - 3 && a[c] <= Math.max(none[c], line[c]) + 3);
		const cores = Number(getComputedStyle(canvas.parentElement).getPropertyValue("--cores"));
		if (!(cores > 0)) return "no core yet";
		const row = [...canvas.getContext("2d").getImageData(0, Math.floor(canvas.height / cores / 2), canvas.width, 1).data];
		let runs = [];
		for (let x = 0; x < canvas.width; x++) {
			const a = row.slice(4 * x, 4 * x + 4);
			if (a[3] === 0) continue; // below the axis of the chart
			const kind = near(a, busy) ? "b" : between(a) ? "h" : "x";
			if (runs.at(-1)?.kind !== kind) runs.push({ kind, length: 0, lines: 0, drawn: false });
			const run = runs.at(-1);
			run.length++;
			if (!near(a, none) && !run.drawn) run.lines++;
			run.drawn = !near(a, none);
		}
		const hatched = ({ kind, length, lines }) => kind !== "h" || Math.abs(lines - length / 6) <= 2 && lines > 1;
		return runs.map((run) => (hatched(run) ? run.kind : run.kind + "(" + run.lines + " lines in " + run.length + ")")).join(" ")
			+ (runs.find(({ kind }) => kind === "b")?.length > 0.1 * runs.reduce((all, { length }) => all + length, 0) ? ", long ago" : "");
	})()`
	for _, when := range []string{"opened", "opened again"} {
		got := ""
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			if got = evaluate[string](p, script); got == "h b h b, long ago" {
				break
			}
		}
		if got != "h b h b, long ago" {
			t.Errorf("%s, from left to right: %s", when, got)
		}
		p.open(url + "?technique=sse")
		p.live("sse")
	}
}

// What is old looks old: each swatch of a chart with it, and none of the wire strip, which is never old.
func showsStaleSwatches(t *testing.T) {
	p := display(t, nil)
	const script = `[...document.querySelectorAll(".swatch")].filter((e) => e.checkVisibility())
		.map((e) => (e.closest(".wire") ? "wire " : e.closest(".charts") ? "chart " : "? ") + getComputedStyle(e).opacity)`
	count := func(before string) map[string]int {
		n := make(map[string]int)
		for _, s := range evaluate[[]string](p, before+script) {
			n[s]++
		}
		return n
	}
	// Each in one go: the next message makes it fresh again, and a second without one, on a busy machine, stale.
	fresh := count(`document.documentElement.dataset.stale = "false"; `)
	if len(fresh) != 2 || fresh["wire 1"] != 3 || fresh["chart 1"] < 10 {
		t.Errorf("fresh: %v", fresh)
	}
	if got := count(`document.documentElement.dataset.stale = "true"; `); len(got) != 2 || got["wire 1"] != 3 || got["chart 0.5"] != fresh["chart 1"] {
		t.Errorf("stale: %v, fresh: %v", got, fresh)
	}
}

// Who hears the page hears what it comes to before how it came here, and is told of changes from outside of what is hidden.
func showsReadingOrder(t *testing.T) {
	p := display(t, nil)
	order := evaluate[[]string](p, `[...document.querySelectorAll("main > [id]")].map((e) => e.id)`)
	if got := strings.Join(order, " "); !strings.HasPrefix(got, "verdict alerts tiles wire charts") {
		t.Errorf("the order is %s", got)
	}
	if !evaluate[bool](p, `document.querySelector("section#verdict").getAttribute("aria-label") === "Verdict" &&
		document.querySelector("#verdict-announcer[aria-live=polite]").closest("[hidden], #verdict") === null`) {
		t.Error("the verdict is no landmark, or its changes are told from inside of it")
	}
}

// Whose logins they are stands beside them.
func showsUserScope(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) { s.Scopes.Users = collector.ScopeContainer })
	p.says("users", "Logged in this container")
}

// Below zero is no less a temperature; -0 is none.
func showsFrost(t *testing.T) {
	p := display(t, func(s *collector.Snapshot) {
		s.Sensors[0].Value, s.Sensors[1].Value = collector.Signed(-5.25), collector.Signed(-0.04)
	})
	p.says("sensors", "Package id 0coretemp-5.2 °C80.0 °C0.0 %")
	p.says("sensors", "nvme0.0 °C")
	got := evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="sensors"] tbody .gauge')].map((e) => getComputedStyle(e).visibility)`)
	if strings.Join(got, " ") != "visible visible hidden" { // a fan has no limit
		t.Errorf("the gauges are %q", got)
	}
}

// What canvases draw with is one colour, not a pair for light and dark: no canvas knows those, and it draws with whatever was set
// before, a mark of an alert in the colour of the ground.
func showsInks(t *testing.T) {
	p := display(t, nil)
	if got := evaluate[[]string](p, `(async () => {
		const { inks } = await import(new URL("js/chart/ink.js", document.baseURI));
		const read = inks(document.body, ["alarm", "warn", "technique", "panel", "ink", "ink-2", "chart-cross", "chart-grid", "chart-zero", "chart-label", "heat-0", "heat-none", "heat-hatch"]);
		return Object.entries(read).filter(([, ink]) => !ink.startsWith("rgb")).map(([name, ink]) => name + ": " + ink);
	})()`); len(got) > 0 {
		t.Errorf("these are no colours: %q", got)
	}
}

// On paper there is nothing to press, and each chart is drawn in inks for paper, the ones too that nobody has scrolled to.
func showsPaper(t *testing.T) {
	p := display(t, nil)
	p.expect("willReadFrequently")
	p.view(800, 400, "dark")
	evaluate[bool](p, `(scrollTo(0, 0), true)`)
	const drawn = `[...document.querySelectorAll("#charts-grid > figure:not([hidden])")].filter((root) => {
		const canvas = root.querySelector("canvas");
		const { data } = canvas.getContext("2d").getImageData(0, 0, 60, canvas.height); // words beside the axis
		let [n, dark] = [0, 0];
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) {
			n++;
			if (data[i] + data[i + 1] + data[i + 2] < 384) dark++;
		}
		return n > 20 && dark > n / 2;
	}).length`
	charts := evaluate[int](p, `document.querySelectorAll("#charts-grid > figure:not([hidden])").length`)
	if got := evaluate[int](p, drawn); got != 0 {
		t.Errorf("on a dark screen %d charts have dark words", got)
	}
	if got := evaluate[int](p, `(dispatchEvent(new Event("beforeprint")), `+drawn+`)`); got != charts {
		t.Errorf("on paper %d of %d charts can be read", got, charts)
	}
	evaluate[bool](p, `(dispatchEvent(new Event("afterprint")), true)`)
	if got := evaluate[int](p, drawn); got != 0 {
		t.Errorf("back on the screen %d charts have dark words", got)
	}
	p.print(true)
	got := evaluate[[]string](p, `[...document.querySelectorAll("main :is(button, a, select, input, summary)")].filter((e) => e.checkVisibility() && !e.closest("thead, .hidden, .alerts")).map((e) => e.id || e.className || e.textContent)`)
	p.print(false)
	if len(got) > 0 {
		t.Errorf("on paper there is %q to press", got)
	}
}

// print has the page look as it does on paper.
func (p *page) print(is bool) {
	p.t.Helper()
	media := ""
	if is {
		media = "print"
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
		return err
	}))
	if !is {
		p.likes()
	}
}
