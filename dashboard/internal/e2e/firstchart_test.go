package e2e

import (
	"context"
	"flag"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/collectortest"
	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard"
)

var firstChart = flag.Int("firstchart", 0, "open the page so many times, with a month of history on disk, and tell how soon there is a chart")

// A page that is opened shows what was before it came. With -firstchart 10 it tells how long that takes from the start of the
// navigation, as the browser marks it, with a month on disk: for the usual range, which is of the last minutes, and for all of
// the month; and what of it was waiting for an answer, one of them after the other.
func TestFirstChart(t *testing.T) {
	if *firstChart == 0 {
		exhaustive(t)
	}
	needBrowser(t)
	past, times := 2*time.Hour, 1
	if *firstChart > 0 {
		past, times = 30*24*time.Hour, *firstChart
	}
	url := grown(t, past)
	for _, query := range []string{"", "&range=30d"} {
		var took, worked []float64
		var way string
		for range times {
			p := newPage(t)
			p.view(1440, 900, "dark")
			p.ticking()
			p.unobserved()
			before := p.metrics()["TaskDuration"]
			p.open(url + "?technique=sse" + query)
			p.waits("a chart is drawn", `performance.getEntriesByName("chart").length > 0`)
			worked = append(worked, 1000*(p.metrics()["TaskDuration"]-before))
			took = append(took, evaluate[float64](p, `performance.getEntriesByName("chart")[0].startTime`))
			way = evaluate[string](p, waterfall)
		}
		slices.Sort(took)
		slices.Sort(worked)
		t.Logf("%q: a chart %.0f ms after the start, median of %d (%.0f to %.0f), %.0f of them work; the last: %s", query, took[len(took)/2], len(took), took[0], took[len(took)-1], worked[len(worked)/2], way)
	}
}

// unobserved ends what tests have the browser tell of each request and each rule: to tell who asked, it reads all of a script again.
func (p *page) unobserved() {
	p.t.Helper()
	for _, end := range []cdp.Command[cdp.Empty, cdp.Empty]{network.Disable, css.Disable, dom.Disable} {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, end, cdp.Empty{})
			return err
		}))
	}
}

// waterfall is what the page had to wait for, with the milliseconds when each was asked for and was there.
const waterfall = `[...performance.getEntriesByType("navigation").map((e) => ["page", e.startTime, e.responseEnd]),
	...performance.getEntriesByType("navigation").map((e) => ["modules", e.domInteractive, e.domContentLoadedEventEnd]),
	...performance.getEntriesByType("resource").filter((e) => e.name.includes("/api/")).map((e) => [e.name.split("/api/v1/")[1].slice(0, 20), e.startTime, e.responseEnd]),
	...performance.getEntriesByType("mark").map((e) => [e.name, e.startTime, e.startTime])]
	.map(([what, from, to]) => what + " " + Math.round(from) + "-" + Math.round(to)).join("; ")`

// grown serves a made-up host whose history on disk goes back so far: by the minute, and for the last hour by the second. It is
// read as after a restart.
func grown(t *testing.T, past time.Duration) (url string) {
	t.Helper()
	dir, now := t.TempDir(), time.Now().Truncate(time.Second)
	h, err := history.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	snapshot := func(at time.Time) collector.Snapshot {
		s := collectortest.Snapshot(n % 1000)
		n++
		s.At = at
		return s
	}
	for at := now.Add(-past); at.Before(now); {
		h.Append(snapshot(at))
		if now.Sub(at) > time.Hour+time.Minute {
			at = at.Add(time.Minute)
		} else {
			at = at.Add(time.Second)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if h, err = history.Open(dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := dashboard.New(dashboard.Config{Assets: assets.FS, History: h})
	ctx, cancel := context.WithCancel(context.Background())
	served, published := make(chan error, 1), make(chan struct{})
	go func() { served <- d.Serve(ctx, ln, "") }()
	d.Publish(snapshot(time.Now()))
	go func() {
		defer close(published)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case at := <-tick.C:
				d.Publish(snapshot(at))
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-published
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return url + "/"
}
