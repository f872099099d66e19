package e2e

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// stage is which lanes there are and how each is: what a lesson must leave as it was.
const stage = `[...document.querySelectorAll('[data-testid^="lane-"][data-testid$="-messages"]')].map((e) => e.dataset.testid).join(" ")`

// reach presses the Tab key until that control has the focus.
func (p *page) reach(testid string) {
	p.t.Helper()
	for range 120 {
		if evaluate[string](p, `document.activeElement?.dataset?.testid ?? ""`) == testid {
			return
		}
		p.press(kb.Tab)
	}
	p.t.Fatalf("the Tab key does not come to %s", testid)
}

// came is a lesson's figure: measured, expected and predicted, as they stand in the table.
func (p *page) came(figure string) []string {
	p.t.Helper()
	return evaluate[[]string](p, `[...document.querySelectorAll('[data-testid="lesson-table"] tr[data-figure="`+figure+`"] td')].map((e) => e.textContent)`)
}

// Through a lesson by keys alone: choose it, predict, measure, and read what came out beside what was expected and said.
func TestLessonByKeys(t *testing.T) {
	_, p := lab(t, "sse")
	before := evaluate[string](p, stage)
	p.reach("lesson-choice")
	p.press("Asking for") // a list is chosen from by its letters
	p.press(kb.Tab)
	if got := evaluate[string](p, `document.querySelector('[data-testid="lesson-choice"]').value`); got != "empty" {
		t.Fatalf("got the lesson %q, want empty", got)
	}
	p.reach("lesson-guess")
	p.press("70")
	p.press(kb.Enter)
	p.says("lesson-status", "Measuring")
	if got := evaluate[string](p, stage); got != "lane-polling.fast-messages" && !strings.Contains(got, "polling.fast") {
		t.Errorf("during the lesson the lanes are %s", got)
	}
	p.waits("the lesson is over", `document.querySelector('[data-testid="lesson-status"]').textContent === "Measured."`)
	if !evaluate[bool](p, `document.activeElement === document.querySelector('[data-testid="lesson-results"]')`) {
		t.Error("who uses keys is not brought to what came out")
	}
	got := p.came("empty")
	if len(got) != 3 || !strings.HasPrefix(got[1], "80.0 %") || got[2] != "70.0 %" {
		t.Fatalf("got %q, want what was measured, 80 %% and 70 %%", got)
	}
	if share, err := strconv.ParseFloat(strings.TrimSuffix(got[0], " %"), 64); err != nil || share <= 0 || share >= 100 { // how much depends on how busy this machine is
		t.Errorf("got %q empty answers", got[0])
	}
	p.says("claims-table", "empty answers: "+got[0])
	p.waits("the lanes are as they were", stage+` === `+quote(before))
}

// Who leaves in the middle, by the button, for another lesson or for the host, finds everything as it was.
func TestLessonLeft(t *testing.T) {
	_, p := lab(t, "sse")
	before := evaluate[string](p, stage)
	begin := func() {
		evaluate[bool](p, `(() => {
			const choice = document.querySelector('[data-testid="lesson-choice"]');
			choice.value = "slow";
			choice.dispatchEvent(new Event("change"));
			document.querySelector('[data-testid="lesson-guess"]').value = "5";
			document.querySelector('[data-testid="lesson-begin"]').click();
			return true;
		})()`)
		p.waits("the lesson has its lane", stage+`.includes("polling.slow")`)
	}
	begin()
	p.click("lesson-leave")
	p.says("lesson-status", "Left before its end")
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	begin()
	p.click("claim-13-again") // another lesson
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	begin()
	p.press("l") // to the host
	p.press("l")
	p.waits("the lanes are as they were", stage+` === `+quote(before))
	for _, technique := range techniques {
		p.laneCounts(technique, 3)
	}
}

// What the server counts on its socket is what the specification says: a frame's head is 4 bytes at these lengths.
func TestLessonFraming(t *testing.T) {
	_, p := lab(t, "sse")
	evaluate[bool](p, `(() => {
		const choice = document.querySelector('[data-testid="lesson-choice"]');
		choice.value = "framing";
		choice.dispatchEvent(new Event("change"));
		document.querySelector('[data-testid="lesson-guess-sse"]').click();
		document.querySelector('[data-testid="lesson-begin"]').click();
		return true;
	})()`)
	p.waits("the lesson is over", `document.querySelector('[data-testid="lesson-status"]').textContent === "Measured."`)
	websocket, sse := p.came("framing_websocket"), p.came("framing_sse")
	if len(websocket) != 3 || !strings.HasPrefix(websocket[0], "4 B") || !strings.HasPrefix(websocket[1], "4 B") {
		t.Errorf("got %q, want 4 B measured and expected", websocket)
	}
	if n, err := strconv.ParseFloat(strings.TrimSuffix(sse[0], " B"), 64); err != nil || math.Abs(n-32) > 12 {
		t.Errorf("got %q for SSE, want some 32 B", sse)
	}
	p.says("lesson-results", "SSE wraps more")
}
