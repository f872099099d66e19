package e2e

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/a11y.js
var accessibility string

// accessible holds what is on screen to WCAG AA as far as a program can: names, roles, ids, contrast.
func (p *page) accessible(where string) {
	p.t.Helper()
	p.expect("willReadFrequently")
	// What fades from one colour to another is neither for a moment.
	p.waits("nothing fades any more", `document.documentElement.dataset.phase === "live" && !document.getAnimations().some((a) => a instanceof CSSTransition && a.playState === "running")`)
	for _, problem := range evaluate[[]string](p, accessibility) {
		p.t.Errorf("%s: %s", where, problem)
	}
}

// tabbed goes through the page by the Tab key until it is round, and says what had the focus. Whatever has it must show it,
// and let it go.
func (p *page) tabbed(where string, most int) []string {
	p.t.Helper()
	const focused = `(() => {
		const e = document.activeElement;
		if (!e || e === document.body) return "";
		globalThis.visited ??= new Map();
		if (!visited.has(e)) visited.set(e, visited.size);
		const outlined = (x) => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) > 0;
		const shown = outlined(e) || outlined(e.closest("label")) || e.matches(".skip") || getComputedStyle(e).boxShadow !== "none";
		return visited.get(e) + " " + (shown ? "shown " : "unseen ") + (e.dataset.testid ?? e.id ?? "") + " " + e.localName + " " + (e.getAttribute("class") ?? "");
	})()`
	var path []string
	evaluate[bool](p, `(globalThis.visited = new Map(), document.activeElement?.blur(), true)`)
	last := ""
	for range most {
		p.press(kb.Tab)
		at := evaluate[string](p, focused)
		switch {
		case at == "" || len(path) > 3 && at == path[0]:
			return path
		case at == last:
			p.t.Errorf("%s: the Tab key does not leave %s", where, at)
			return path
		case strings.Contains(at, " unseen "):
			p.t.Errorf("%s: nobody sees that the focus is on %s", where, at)
		}
		path = append(path, at)
		last = at
	}
	return path
}

func TestAccessibleHost(t *testing.T) {
	t.Parallel()
	p := exhibit(t, nil)
	p.accessible("host, dark")
	if path := p.tabbed("host", 80); len(path) < 25 {
		t.Errorf("got %d stops of the Tab key, want 25 at least: %q", len(path), path)
	}
	p.press("?")
	p.waits("the help has words", `document.querySelector("#help-keys dd").textContent !== ""`)
	p.accessible("help")
	p.press(kb.Escape)
	p.press("i")
	p.speaks("zh-Hans")
	p.view(390, 844, "light")
	p.do(reload) // what fades from dark to light is neither for a moment
	p.live("sse")
	p.accessible("host, light, narrow, in Chinese")
}

// What is pressed with a finger is as large as WCAG wants at least, 24 × 24 pixels.
func TestTargetsOfAFinger(t *testing.T) {
	t.Parallel()
	p := exhibit(t, nil)
	p.do(chromedp.EmulateViewport(390, 6000, chromedp.EmulateMobile, chromedp.EmulateTouch)) // all of it in sight
	p.waits("the pointer is a finger, and there are processes", `matchMedia("(pointer: coarse)").matches && document.querySelector("#processes tbody tr")`)
	for _, small := range evaluate[[]string](p, `[...document.querySelectorAll("a, button, summary, input, select, #processes tbody tr:not(.detail)")].flatMap((e) => {
		const { width, height } = (e.closest("label") ?? e).getBoundingClientRect(); // what a label is for is pressed on it
		if (!e.checkVisibility({ visibilityProperty: true }) || e.closest("p, .hidden, .skip") || Math.min(width, height) > 23.99) return [];
		return [`+"`${e.localName} ${e.id || e.className || e.textContent.trim().slice(0, 30)}: ${width.toFixed(1)} × ${height.toFixed(1)}`"+`];
	})`) {
		t.Errorf("too small: %s", small)
	}
}

func TestAccessibleLab(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	_, p := lab(t, "sse")
	p.accessible("lab, dark")
	if path := p.tabbed("lab", 150); len(path) < 30 {
		t.Errorf("got %d stops of the Tab key, want 30 at least: %q", len(path), path)
	}
	p.press("i")
	p.speaks("zh-Hans")
	p.view(1440, 1200, "light")
	p.do(reload)
	p.live("sse")
	p.laneCounts("websocket", 3)
	for _, left := range evaluate[[]string](p, leftovers) {
		t.Errorf("left in English: %s", left)
	}
	p.accessible("lab, light, in Chinese")
}
