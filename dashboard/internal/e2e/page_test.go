package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is one tab. It is the only place that knows the browser's protocol and the page's markup.
type page struct {
	t   *testing.T
	ctx context.Context

	scheme string // of colours that the reader prefers; "" for what the browser does by itself
	moves  bool

	mu       sync.Mutex
	noise    []string // what the console said that it should not
	expected []string // what may be said: a test that cuts the server expects failed requests
}

// newPage opens an empty tab in a profile of its own, of somebody who does not want things to move: what slides costs half a
// processor, which the tests beside this one need (see moving). When the test ends the console must have been silent.
func newPage(t *testing.T) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(needBrowser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(func() { go cancel() }) // nothing of it is anybody else's: nobody has to wait until it is gone
	p := watch(t, ctx, (*page).listen)
	p.moving(false)
	return p
}

// another opens one more tab of the same profile: it shares storage and connections with p.
func (p *page) another() *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	more := watch(p.t, ctx, (*page).listen)
	more.moving(false)
	return more
}

// watch makes a page of a tab, with a way to hear what its console says.
func watch(t *testing.T, ctx context.Context, listen func(*page)) *page {
	t.Helper()
	p := &page{t: t, ctx: ctx}
	listen(p)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
	lines:
		for _, line := range p.noise {
			for _, expected := range p.expected {
				if strings.Contains(line, expected) {
					continue lines
				}
			}
			t.Errorf("the console says: %s", line)
		}
	})
	return p
}

// listen has the tab tell what its console says.
func (p *page) listen() {
	p.t.Helper()
	if err := chromedp.Listen(p.ctx, p.hear); err != nil {
		p.t.Fatal(err)
	}
	p.do(enableLog)
}

// enableLog has the browser tell of failed requests and of what a page's policy forbids.
var enableLog = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
	return err
})

// hear keeps what the console should not say.
func (p *page) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning {
			p.noise = append(p.noise, fmt.Sprintf("console.%s %s", ev.Type, arguments(ev.Args)))
		}
	case *runtime.EventExceptionThrown:
		p.noise = append(p.noise, "exception "+quote(ev.ExceptionDetails))
	case *log.EventEntryAdded: // failed requests and content security policy reports come here
		advice := ev.Entry.Source == log.EntrySourceRecommendation && strings.Contains(ev.Entry.Text, "forms") // Chromium's, about passwords
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning || advice {
			p.noise = append(p.noise, fmt.Sprintf("%s %s", ev.Entry.Source, ev.Entry.Text))
		}
	}
}

func arguments(args []*runtime.RemoteObject) string {
	var texts []string
	for _, a := range args {
		texts = append(texts, string(a.Value)+a.Description)
	}
	return strings.Join(texts, " ")
}

// expect allows the console to say something.
func (p *page) expect(text ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, text...)
}

// patience is how long a step may take: much longer than any does, because a page draws on the processor that all tests share.
const patience = time.Minute

func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// evaluate runs JavaScript in the page, waits for what it promises, and returns it.
func evaluate[T any](p *page, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%v in %s", err, script)
	}
	return v
}

// open goes to a URL.
func (p *page) open(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

// state is what the page says of itself for tests, in the data-… attributes of its root.
type state struct {
	Technique, State, LastID     string
	Messages, Missed, Duplicates int
}

func (p *page) state() state {
	p.t.Helper()
	return evaluate[state](p, `(() => {
		const d = document.documentElement?.dataset ?? {}; // a page that is being loaded anew has none for a moment
		return {Technique: d.technique ?? "", State: d.state ?? "", LastID: d.lastId ?? "",
			Messages: Number(d.messages ?? 0), Missed: Number(d.missed ?? 0), Duplicates: Number(d.duplicates ?? 0)};
	})()`)
}

// until waits for a state of the page.
func (p *page) until(what string, true func(state) bool) state {
	p.t.Helper()
	var last state
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if last = p.state(); true(last) {
			return last
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatalf("in a minute it never came about that %s: %+v", what, last)
	return last
}

// comes waits, in the page, until an expression is true there, and tells whether it did within the time.
func (p *page) comes(script string, within time.Duration) bool {
	p.t.Helper()
	look := chromedp.Evaluate[bool](`new Promise((done) => {
		const began = performance.now();
		const look = () => {
			const is = Boolean(`+script+`);
			if (is || performance.now() - began > 5000) done(is);
			else setTimeout(look, 20);
		};
		look();
	})`, chromedp.EvalAwaitPromise)
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		is, err := chromedp.Run(ctx, look)
		cancel()
		switch {
		case err != nil && strings.Contains(err.Error(), "navigated"): // the page was loaded anew meanwhile: ask the one that is there now
		case err != nil:
			p.t.Fatalf("%v in %s", err, script)
		case is:
			return true
		}
	}
	return false
}

// waits until an expression is true in the page.
func (p *page) waits(what, script string) {
	p.t.Helper()
	if !p.comes(script, time.Minute) {
		p.t.Fatalf("in a minute it never came about that %s; the page says %q", what, evaluate[string](p, `document.body.innerText`))
	}
}

// says waits until an element, by its data-testid, says something of the kind. White space does not count.
func (p *page) says(testid, want string) {
	p.t.Helper()
	text := `document.querySelector('[data-testid="` + testid + `"]').textContent.split(/\s+/).filter(Boolean).join(" ")`
	if !p.comes(text+`.includes(`+quote(want)+`)`, patience) {
		p.t.Errorf("%s says %q, want %q", testid, evaluate[string](p, text), want)
	}
}

// live waits until the page is open on a technique and messages come.
func (p *page) live(technique string) state {
	p.t.Helper()
	first := p.until("the page is live on "+technique, func(s state) bool { return s.Technique == technique && s.State == "open" && s.Messages > 0 })
	return p.until("messages come by "+technique, func(s state) bool { return s.Messages > first.Messages })
}

// choose clicks a technique in the switch.
func (p *page) choose(technique string) {
	p.t.Helper()
	evaluate[bool](p, `(document.querySelector('[data-testid="technique-`+technique+`"]').click(), true)`)
}

// press presses keys, anywhere.
func (p *page) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// text is what an element says, by its data-testid.
func (p *page) text(testid string) string {
	p.t.Helper()
	return evaluate[string](p, `document.querySelector('[data-testid="`+testid+`"]').textContent`)
}

// offline cuts the tab's network, or gives it back, and the browser says so to the page.
func (p *page) offline(off bool) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		type conditions struct {
			network.EmulateNetworkConditionsByRuleParams
			Offline bool `json:"offline"` // until Chromium 148 it was said here
		}
		var everything conditions
		everything.Offline = off
		everything.MatchedNetworkConditions = []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}
		byRule := cdp.Command[conditions, network.EmulateNetworkConditionsByRuleResult]{Method: network.CommandEmulateNetworkConditionsByRule}
		if _, err := cdp.Call(ctx, target, byRule, everything); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, network.OverrideNetworkState,
			network.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

// view sets size and colour scheme.
func (p *page) view(width, height int64, scheme string) {
	p.t.Helper()
	p.scheme = scheme
	p.do(chromedp.EmulateViewport(width, height))
	p.likes()
}

// moving has the page show things as they move, or still ones once a second.
func (p *page) moving(is bool) {
	p.t.Helper()
	p.moves = is
	p.likes()
}

// likes tells the page what its reader prefers.
func (p *page) likes() {
	p.t.Helper()
	motion := "reduce"
	if p.moves {
		motion = "no-preference"
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: p.scheme}, {Name: "prefers-reduced-motion", Value: motion}},
		})
		return err
	}))
}

// picture is what the tab looks like, PNG.
func (p *page) picture() []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	return png
}

// quote is a Go value as JavaScript.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// reload is what a reader does with F5.
var reload = chromedp.Reload()
