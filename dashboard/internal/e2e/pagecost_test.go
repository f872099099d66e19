package e2e

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

var pageCost = flag.Duration("pagecost", 0, "measure for so long what a page at a message a second, with everything in sight, takes of a core")

// A page at a message a second works once for each message, and a little in between for the age of what is shown: it does not
// lay itself out, style itself or run from frame to frame. With -pagecost 30s it tells the time that its main thread takes, as
// the browser counts it, with all of it, without the strip, and with charts alone.
func TestPageCost(t *testing.T) {
	if *pageCost == 0 {
		exhaustive(t)
	}
	needBrowser(t)
	url := showcase(t, 600, time.Second, nil) // it stops after the page has been heard, which asks it each two seconds
	p := newPage(t)
	p.moving(true)
	p.view(1440, 2600, "dark")
	p.open(url + "?technique=sse")
	p.live("sse")
	p.ticking()
	const messages = 3
	// The first seconds are for what comes once: history, and code that is compiled while it runs.
	p.until("it is warm", func(s state) bool { return s.Messages >= messages })
	for _, step := range []struct{ shown, do string }{
		{"all", `document.querySelector("#wire").open = true; 1`},
		{"the strip folded", `document.querySelector("#wire").open = false; 1`},
		{"the strip and tables folded: verdict, tiles and charts", `[...document.querySelectorAll(".table-panel:not([hidden]) button.fold")].map((b) => b.click()).length`},
	} {
		if n := evaluate[int](p, step.do); n == 0 {
			t.Fatalf("%s: nothing is folded or opened", step.shown)
		}
		before, came := p.metrics(), p.state().Messages
		if *pageCost > 0 {
			time.Sleep(*pageCost)
		}
		p.until("messages have come", func(s state) bool { return s.Messages >= came+messages })
		after, n := p.metrics(), float64(p.state().Messages-came)
		took := after["Timestamp"] - before["Timestamp"]
		spent := func(what string) float64 { return 100 * (after[what] - before[what]) / took }
		t.Logf("%s: %.1f %% of a core: script %.1f, layout %.1f, style %.1f; %.1f layouts a message", step.shown, spent("TaskDuration"),
			spent("ScriptDuration"), spent("LayoutDuration"), spent("RecalcStyleDuration"), (after["LayoutCount"]-before["LayoutCount"])/n)
		if most := 12 * (n + 1); after["LayoutCount"]-before["LayoutCount"] > most {
			t.Errorf("%g layouts for %g messages, want at most %g", after["LayoutCount"]-before["LayoutCount"], n, most)
		}
	}
}

// ticking has the browser count the time that the page's main thread works.
func (p *page) ticking() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
		return err
	}))
}

// metrics are what the browser counts of the page, by name.
func (p *page) metrics() map[string]float64 {
	p.t.Helper()
	all := make(map[string]float64)
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		result, err := cdp.Call(ctx, target, performance.GetMetrics, cdp.Empty{})
		if err == nil {
			for _, m := range result.Metrics {
				all[m.Name] = m.Value
			}
		}
		return err
	}))
	return all
}

// A lane draws each arrow where its canvas has been slid to, and begins the slide anew only at its end: to begin takes styles, and
// frames of the page. With -pagecost 10s it tells how many frames a second five lanes have at ten messages a second.
func TestLanesCost(t *testing.T) {
	if *pageCost == 0 {
		exhaustive(t)
	}
	_, p := lab(t, "sse")
	p.moving(true)
	type seen struct {
		Began          int     // slides
		Seconds        float64 // watched
		Draws, Frames  int
		Drawing, Slide float64 // ms of a draw; seconds of a slide
	}
	got := evaluate[seen](p, `new Promise((done) => {
		const seen = {Began: 0, Draws: 0, Frames: 0, Drawing: 0}, from = performance.now();
		const observer = new PerformanceObserver((list) => {
			for (const {name, duration} of list.getEntries()) if (name === "lanes") [seen.Draws, seen.Drawing] = [seen.Draws + 1, seen.Drawing + duration];
		});
		observer.observe({type: "measure"});
		let start = NaN;
		const look = () => {
			seen.Frames++;
			const [slide] = document.querySelector(".lane-window canvas").getAnimations();
			if (slide && typeof slide.startTime === "number" && slide.startTime !== start) [start, seen.Began] = [slide.startTime, seen.Began + 1];
			seen.Seconds = (performance.now() - from) / 1000;
			if (seen.Draws < 40 || seen.Seconds < `+quote(pageCost.Seconds())+`) return requestAnimationFrame(look);
			observer.disconnect();
			done({...seen, Slide: slide.effect.getTiming().duration / 1000, Drawing: seen.Drawing / seen.Draws});
		};
		look();
	})`)
	t.Logf("%.1f frames a second, %.1f draws of %.1f ms", float64(got.Frames)/got.Seconds, float64(got.Draws)/got.Seconds, got.Drawing)
	if most := 2 + int(got.Seconds/got.Slide); got.Began < 1 || got.Began > most {
		t.Errorf("in %.1f s the slide of %.1f s has begun %d times, want at most %d", got.Seconds, got.Slide, got.Began, most)
	}
}
