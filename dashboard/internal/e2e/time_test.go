package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// veteran is the URL of a server that has run for an hour and a half. Nobody changes anything there, so all share it.
var veteran = sync.OnceValues(func() (string, error) {
	url, stop, err := serveMadeUp(5400, time.Second, nil)
	if err == nil {
		finally(func() { _ = stop() })
	}
	return url, err
})

// hours is a page of such a server.
func hours(t *testing.T, query string) (p *page, url string) {
	t.Helper()
	p = newPage(t)
	url, err := veteran()
	if err != nil {
		t.Fatal(err)
	}
	p.view(1440, 3200, "dark")
	p.open(url + "?technique=sse" + query)
	p.live("sse")
	return p, url
}

// place is where in a chart's plot a part of its width is, in CSS pixels of the page.
func (p *page) place(chart string, share float64) (x, y float64) {
	p.t.Helper()
	box := evaluate[[]float64](p, `(() => { const r = document.querySelector('[data-testid="chart-`+chart+`"] canvas').getBoundingClientRect(); return [r.left + 60, r.width - 64, r.top + r.height / 2]; })()`)
	return box[0] + share*box[1], box[2]
}

// mouse is what a hand does with it, from one place in a chart's plot to another, in parts of its width.
func (p *page) mouse(chart string, from, to float64, clicks int64) {
	p.t.Helper()
	_, y := p.place(chart, from)
	at := func(share float64) float64 {
		x, _ := p.place(chart, share)
		return x
	}
	type step = input.DispatchMouseEventParams
	steps := []step{{Type: input.DispatchMouseEventTypeMouseMoved, X: at(from), Y: y}}
	for n := int64(1); n <= clicks; n++ {
		steps = append(steps, step{Type: input.DispatchMouseEventTypeMousePressed, X: at(from), Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: n})
		if from != to {
			steps = append(steps, step{Type: input.DispatchMouseEventTypeMouseMoved, X: at((from + to) / 2), Y: y, Button: input.MouseButtonLeft, Buttons: 1},
				step{Type: input.DispatchMouseEventTypeMouseMoved, X: at(to), Y: y, Button: input.MouseButtonLeft, Buttons: 1})
		}
		steps = append(steps, step{Type: input.DispatchMouseEventTypeMouseReleased, X: at(to), Y: y, Button: input.MouseButtonLeft, ClickCount: n})
	}
	for _, params := range steps {
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, input.DispatchMouseEvent, params)
			return err
		}))
	}
}

// query is what the page's address says.
func (p *page) query(key string) string {
	p.t.Helper()
	return evaluate[string](p, `new URLSearchParams(location.search).get(`+quote(key)+`) ?? ""`)
}

// span is the time in the address, in seconds: between two moments, or of a range that has no name; 0 where there is none.
func (p *page) span() float64 {
	p.t.Helper()
	if live, found := strings.CutSuffix(p.query("range"), "s"); found {
		seconds, _ := strconv.ParseFloat(live, 64)
		return seconds
	}
	from, err := time.Parse(time.RFC3339, p.query("from"))
	to, err2 := time.Parse(time.RFC3339, p.query("to"))
	if err != nil || err2 != nil {
		return 0
	}
	return to.Sub(from).Seconds()
}

// The hands' way: a range, a drag, a moment, its processes, and each step back.
func TestTimeTravel(t *testing.T) {
	t.Parallel()
	p, _ := hours(t, "")
	p.click("range-1h")
	eventually(t, "the charts reach back an hour", func() bool { return p.query("range") == "1h" && p.text("charts-time") != "" })
	p.mouse("cpu", 0.25, 0.5, 1)
	eventually(t, "the charts show what was dragged over", func() bool { s := p.span(); return s > 800 && s < 1000 })
	if evaluate[string](p, `document.documentElement.dataset.live`) != "false" {
		t.Error("a time that has passed is called live")
	}
	p.says("verdict-word", "then") // all of the page is of its end
	p.says("then", "ago the tables below the processes show now")
	p.mouse("memory", 0.5, 0.5, 1)
	p.says("then", "ago the tables below the processes show now")
	p.says("then-time", ":")
	p.says("verdict-word", "then")
	p.says("processes-note", "processes at the top at")
	p.says("chart-cpu", "running—") // of now, and in no history
	eventually(t, "the address says the moment", func() bool { return p.query("at") != "" })
	ago := evaluate[string](p, `document.querySelector('[data-field="then-ago"]').textContent`)
	if !strings.Contains(ago, "min") {
		t.Errorf("the moment is %q", ago)
	}
	// The table that the history has of it, as the server gives it.
	at, _ := time.Parse(time.RFC3339, p.query("at"))
	first := evaluate[string](p, `fetch("api/v1/processes?at=`+quote(at.UnixMilli())+`").then((r) => r.json()).then((a) => a.processes[0].name)`)
	if rows := p.text("processes"); !strings.Contains(rows, first) {
		t.Errorf("the table has no %s: %s", first, rows)
	}
	p.press(".")
	eventually(t, "a step later", func() bool { next, err := time.Parse(time.RFC3339, p.query("at")); return err == nil && next.After(at) })
	evaluate[bool](p, `(history.back(), history.back(), true)`)
	eventually(t, "the browser's back button goes back to the time before", func() bool { return p.query("at") == "" && p.span() > 800 })
	places := evaluate[int](p, `history.length`)
	p.mouse("cpu", 0.5, 0.5, 2)
	eventually(t, "a double click goes back to the hour", func() bool { return p.span() == 0 && p.query("at") == "" })
	if n := evaluate[int](p, `history.length`); n > places {
		t.Errorf("the back button leads to %d places more", n-places)
	}
}

// A moment that history does not answer for is not one that it has nothing of, and it is asked for again.
func TestMomentWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p, _ := hours(t, "")
	evaluate[bool](p, `(() => {
		const { fetch } = globalThis;
		globalThis.away = true;
		globalThis.fetch = (url, how) => (away && /history|processes/.test(String(url)) ? Promise.resolve(new Response('{"detail":"it is away"}', { status: 500 })) : fetch(url, how));
		return true;
	})()`)
	p.press("p")
	for _, place := range []string{"then", "verdict", "processes-note"} {
		p.says(place, "history does not answer: it is away")
	}
	evaluate[bool](p, `(away = false, true)`)
	p.says("processes-note", "processes at the top at")
	p.says("verdict", "most CPU")
	p.says("tile-cpu", "waiting for disks")
	p.press("i") // what is told of a moment that has passed is told in the language in use
	p.speaks("zh-Hans")
	p.says("verdict", "CPU 最多")
	p.says("tile-cpu", "CPU 忙碌")
	p.waits("no tile speaks English", `!document.querySelector("[data-testid=tile-cpu]").textContent.includes("waiting")`)
}

// The same by keys alone.
func TestTimeTravelByKeys(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p, _ := hours(t, "&range=1h")
	evaluate[bool](p, `(document.querySelector('[data-testid="chart-cpu"] canvas').focus(), true)`)
	p.press(kb.Home)
	p.press("+")
	eventually(t, "half of it is shown", func() bool { s := p.span(); return s > 1790 && s < 1810 })
	p.press(kb.ArrowRight)
	p.press(kb.Enter)
	p.says("then", "ago")
	p.press(kb.Escape) // lets the crosshair go
	p.press(kb.Escape)
	eventually(t, "it is live again", func() bool { return !p.shown("then") && p.query("at") == "" })
	// It has the numbers that the chart shows, which are coarse until those of this half hour have come.
	eventually(t, "the numbers are there as a table", func() bool {
		evaluate[bool](p, `(document.querySelector('[data-testid="numbers"][open] [data-testid="numbers-close"]')?.click(), true)`)
		p.click("cpu-numbers")
		return evaluate[int](p, `new Promise((done) => setTimeout(() => done(document.querySelectorAll('[data-testid="numbers"][open] tbody tr').length), 300))`) > 50
	})
}

// A link shows what it was made of; what means nothing in it is ignored with a word, and what is another's stays: what others put
// into links on their way is not even told.
func TestStateInAddress(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	at := time.Now().UTC().Truncate(time.Second).Add(-20 * time.Minute)
	say := func(d time.Duration) string { return at.Add(d).Format(time.RFC3339) }
	p, url := hours(t, "&from="+say(-10*time.Minute)+"&to="+say(5*time.Minute)+"&at="+say(0)+
		"&theme=light&zone=utc&traffic=bits&share=total&bands=lines&folded=load,users&sort=-memory&filter=post&mine=1&sorting=x")
	p.says("then-time", at.Format("15:04:05"))
	eventually(t, "the tiles of devices have that moment's figures too", func() bool {
		return evaluate[bool](p, `["disk", "network", "filesystem"].every((id) => /[0-9]/.test(document.querySelector("[data-testid=tile-" + id + "] .tile-figures").textContent))`)
	})
	got := evaluate[[]string](p, `[document.documentElement.dataset.theme, document.querySelector("#zone").value, document.querySelector("#measure-traffic").value,
		document.querySelector("#stacked").value, document.querySelector('[data-chart="load"]').dataset.folded,
		document.querySelector('#processes th[aria-sort]').dataset.key, document.querySelector("#processes-filter").value, new URLSearchParams(location.search).get("mine")]`)
	if want := `["light","utc","bits","false","true","memory","post","1"]`; quote(got) != want {
		t.Errorf("got %s, want %s", quote(got), want)
	}
	p.says("address-notice", "ignored: mine, sorting. There are range, from, ")
	if notice := p.text("address-notice"); strings.Contains(notice, "values") {
		t.Errorf("it says %q", notice)
	}
	p.click("live")
	eventually(t, "live is in the address", func() bool { return p.query("from") == "" && p.query("at") == "" })
	p.open(url + "?technique=carrier&range=1y&from=yesterday&theme=blue&at=2026-99-99T00:00&folded=nothing&compress=maybe&utm_source=chat#nowhere=else")
	p.live("sse")
	p.says("address-notice", "ignored: range, from, at, theme, folded, technique (polling, longpolling, streaming, sse, websocket), compress (auto, off), #nowhere (#host, #lab)")
	evaluate[bool](p, `(location.hash = "#processes", true)`)
	eventually(t, "a place on the page is one", func() bool { return !strings.Contains(p.text("address-notice"), "nowhere") })
}

// What is taken away opens from a file, with nothing but itself.
func TestTakenPage(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p, _ := hours(t, "&range=1h")
	eventually(t, "an hour is there", func() bool {
		return evaluate[string](p, `document.querySelector("#charts-waiting").textContent`) == ""
	})
	take := func() string {
		return evaluate[string](p, `new Promise((resolve) => { URL.createObjectURL = (blob) => { resolve(blob.text()); return "#taken"; }; document.querySelector('[data-testid="take-html"]').click(); })`)
	}
	html := take()
	file := filepath.Join(t.TempDir(), "taken.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	q := newPage(t)
	q.open("file://" + file)
	got := evaluate[map[string]int](q, `({ svgs: document.querySelectorAll("svg polyline").length, shades: document.querySelectorAll("svg path").length, rows: document.querySelectorAll("tbody tr").length,
		fetched: performance.getEntriesByType("resource").length, tables: document.querySelectorAll("table").length })`)
	if got["svgs"] < 10 || got["shades"] < 3 /* of single cores */ || got["rows"] < 10 || got["tables"] < 3 || got["fetched"] != 0 {
		t.Errorf("got %v", got)
	}
	before := evaluate[string](q, `document.querySelector("li b").textContent`)
	evaluate[bool](q, `(document.querySelector("figure").dispatchEvent(new PointerEvent("pointermove", { clientX: 300 })), true)`)
	if title := evaluate[string](q, `document.title`); !strings.Contains(title, ":") {
		t.Errorf("the pointer tells no time: %q, %q", title, before)
	}
	if host := evaluate[string](p, `document.querySelector(".host").textContent`); !strings.Contains(html, host) {
		t.Errorf("it does not say whose it is: %s", host)
	}
	p.mouse("memory", 0.5, 0.5, 1)
	p.says("then", "ago the tables below the processes show now")
	if html := take(); !strings.Contains(html, "the tables below the processes are of when it was taken") || strings.Contains(html, "show now") {
		t.Error("it tells of now, which is over when it is read")
	}
}

// A wall shows figures and nothing to press.
func TestWall(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p := exhibit(t, nil)
	p.open(evaluate[string](p, `location.origin + location.pathname + "?kiosk=1"`))
	p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	const toPress = `[...document.querySelectorAll("button, a, select, input, summary")].filter((e) => e.checkVisibility() && !e.closest(".hidden")).map((e) => e.id || e.className || e.textContent)`
	if got := evaluate[[]string](p, toPress); len(got) > 0 {
		t.Errorf("there is %q to press", got)
	}
	if !p.shown("tile-cpu") || !p.shown("chart-cpu") {
		t.Error("figures or charts are missing")
	}
	p.open(evaluate[string](p, `location.origin + location.pathname + "?kiosk=1&from=2020-01-01T00:00Z&to=2020-01-01T01:00Z"`))
	p.says("then", "history has nothing of this moment")
	if got := evaluate[[]string](p, toPress); len(got) > 0 {
		t.Errorf("in a time that has passed there is %q to press", got)
	}
}

// A process that is followed stays above the table; columns come and go as they are chosen; panels fold and change places.
func TestFollowColumnsArrange(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p := exhibit(t, nil)
	p.expect("503") // this server has no table of all processes
	p.waits("processes are listed", `document.querySelector("#processes tbody tr") !== null`)
	evaluate[bool](p, `(document.querySelector("#processes tbody tr").click(), true)`)
	eventually(t, "a row is open", func() bool { return p.shown("follow") })
	p.click("follow")
	name := evaluate[string](p, `document.querySelector("#processes tbody tr .name").textContent`)
	p.says("followed", "CPU")
	if got := p.text("followed"); !strings.Contains(got, name) {
		t.Errorf("followed is %q, want %s", got, name)
	}
	eventually(t, "who is followed is in the address", func() bool { return p.query("follow") != "" })
	evaluate[bool](p, `(document.querySelector("#columns-menu").open = true)`)
	eventually(t, "the menu says which columns there are", func() bool { return evaluate[bool](p, `document.querySelector('[data-testid="column-user"]').checked`) })
	p.click("column-user")
	eventually(t, "the columns are others", func() bool {
		return p.query("columns") == "-user" && evaluate[bool](p, `!document.querySelector('#processes [data-key="user"]').checkVisibility()`)
	})
	p.click("fold-memory")
	p.click("arrange")
	p.click("down-cpu")
	if got := evaluate[[]string](p, `[document.querySelector('[data-chart="memory"]').dataset.folded, document.querySelector("#charts-grid").firstElementChild.dataset.chart]`); quote(got) != `["true","memory"]` {
		t.Errorf("got %s", quote(got))
	}
	p.do(reload)
	p.until("a message is there", func(s state) bool { return s.Messages > 0 })
	if got := evaluate[[]string](p, `[document.querySelector('[data-chart="memory"]').dataset.folded, document.querySelector("#charts-grid").firstElementChild.dataset.chart, String(document.querySelector('#processes [data-key="user"]').checkVisibility())]`); quote(got) != `["true","memory","false"]` {
		t.Errorf("after a reload: %s", quote(got))
	}
	evaluate[bool](p, `(localStorage.clear(), true)`)
}
