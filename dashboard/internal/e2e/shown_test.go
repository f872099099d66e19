package e2e

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fivewire/fivewire/collector"
)

// To open a page costs ten times what most tests want of it. What only has to be shown, and what can be folded back, is tested
// on tabs that are opened once.

// tab is used by one test after the other.
type tab struct {
	ctx  context.Context
	page atomic.Pointer[page] // of the test that has it
}

// newTab opens one until all tests are over.
func newTab() (*tab, error) {
	parent, err := browser()
	if err != nil {
		return nil, err
	}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	finally(cancel)
	shared := &tab{ctx: ctx}
	err = chromedp.Listen(ctx, func(ev any) {
		if p := shared.page.Load(); p != nil {
			p.hear(ev)
		}
	})
	if err == nil {
		err = chromedp.Do(ctx, enableLog)
	}
	return shared, err
}

// lend is the tab for a test: what its console says is that test's.
func (s *tab) lend(t *testing.T) *page {
	t.Helper()
	return watch(t, s.ctx, s.page.Store)
}

// window is a page of a made-up host that tests dress anew.
type window struct {
	*tab
	url   string
	dress atomic.Pointer[func(*collector.Snapshot)]
}

var windows = sync.OnceValues(func() (*window, error) {
	w := &window{}
	var err error
	if w.tab, err = newTab(); err != nil {
		return nil, err
	}
	url, stop, err := serveMadeUp(5, 200*time.Millisecond, func(s *collector.Snapshot) {
		if change := w.dress.Load(); change != nil && *change != nil {
			(*change)(s)
		}
	})
	if err != nil {
		return nil, err
	}
	w.url = url
	finally(func() { _ = stop() })
	return w, nil
})

// display shows a host whose snapshots go through change on the page that all who call it have, one after the other: they leave
// it as it was.
func display(t *testing.T, change func(*collector.Snapshot)) *page {
	t.Helper()
	w, err := windows()
	if err != nil {
		t.Fatal(err)
	}
	p := w.lend(t)
	p.view(1440, 3200, "dark")
	w.dress.Store(&change)
	if p.state().Messages == 0 {
		p.open(w.url + "?technique=sse")
		p.live("sse")
	}
	before := p.state().Messages
	p.until("the change has come", func(s state) bool { return s.Messages >= before+2 })
	// All parts are drawn within 900 ms, and then no more until the next message.
	evaluate[bool](p, `new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))), 950))`)
	return p
}

// What the collector knows gets onto the screen, and what it does not know leaves no hole: each of these shows another host on
// one page.
func TestShown(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	for _, part := range []struct {
		name string
		test func(*testing.T)
		more bool // of what others have shown
	}{
		{"scopes", showsScopes, false},
		{"pressure", showsPressure, false},
		{"disks", showsDisks, false},
		{"filesystems", showsFilesystems, false},
		{"networks", showsNetworks, false},
		{"nothing-there", showsNothingThere, false},
		{"containers-and-hardware", showsContainersAndHardware, false},
		{"facts", showsFacts, false},
		{"verdict", showsVerdict, false},
		{"missing", showsMissing, false},
		{"verdict-first", showsVerdictFirst, true},
		{"verdict-unknown", showsVerdictUnknown, true},
		{"zombies", showsZombies, true},
		{"narrow", showsNarrow, true},
		{"core-strip-no-reading", showsCoreStripNoReading, true},
		{"many-cores", showsManyCores, true},
		{"stale", showsStale, false},
		{"stale-swatches", showsStaleSwatches, true},
		{"inks", showsInks, false},
		{"paper", showsPaper, false},
		{"reading-order", showsReadingOrder, false},
		{"user-scope", showsUserScope, true},
		{"frost", showsFrost, true},
	} {
		t.Run(part.name, func(t *testing.T) {
			if part.more {
				exhaustive(t)
			}
			part.test(t)
		})
	}
}
