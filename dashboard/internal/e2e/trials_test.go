package e2e

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tries presses a claim's button and waits for what stands in its row then.
func (p *page) tries(trial string) string {
	p.t.Helper()
	row := `document.querySelector('[data-testid="trial-` + trial + `"]').closest("tr").lastElementChild.textContent`
	before := evaluate[string](p, row)
	p.click("trial-" + trial)
	p.waits(trial+" is over", `![`+quote(before)+`, "Measuring on real traffic …"].includes(`+row+`)`) // the shortest may be over before anybody looks
	return evaluate[string](p, row)
}

// told is the number that stands behind some words.
func told(t *testing.T, text, words string) float64 {
	t.Helper()
	match := regexp.MustCompile(`(?:^|; )` + regexp.QuoteMeta(words) + `: ([\d.,]+)`).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("%q has no %q", text, words)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(match[1], ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Each claim that no lesson is about has its measured line, and its sentence's figures.
func TestTrials(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	_, p := lab(t, "websocket")
	p.expect("426") // WebSocket's, when the ladder's trial has taken it away
	for _, trial := range []struct {
		name  string
		holds func(t *testing.T, text string)
	}{
		{"iframe", func(t *testing.T, text string) {
			if n := told(t, text, "messages handed over by its script"); n < 6 {
				t.Errorf("%v messages", n)
			}
			if n := told(t, text, "still loading, at each message"); n != 100 {
				t.Errorf("loading at %v %% of the messages", n)
			}
			if n := told(t, text, "elements in its document"); n > 12 {
				t.Errorf("%v elements", n)
			}
		}},
		{"multipart", func(t *testing.T, text string) {
			if n := told(t, text, "parts that came"); n < 6 {
				t.Errorf("%v parts", n)
			}
			if n := told(t, text, "framing a part, the opening included"); n < 60 || n > 120 {
				t.Errorf("%v bytes around a part", n)
			}
		}},
		{"jsonp", func(t *testing.T, text string) {
			if n := told(t, text, "calls of the function"); n != 5 {
				t.Errorf("%v calls", n)
			}
			if script, plain := told(t, text, "heads and framing a poll, JSONP"), told(t, text, "plain"); script < 300 || plain < 300 {
				t.Errorf("around a poll are %v B as a script, %v B plain", script, plain)
			}
		}},
		{"peaks", func(t *testing.T, text string) { // how sharp a peak is depends on how busy this machine is
			together, spread := told(t, text, "questions in the busiest tenth of a second, together"), told(t, text, "spread")
			if together <= spread || spread < 10 {
				t.Errorf("%v %% together, %v %% spread", together, spread)
			}
		}},
		{"ladder", func(t *testing.T, text string) {
			if !strings.HasPrefix(text, "climbed to: WebSocket; ") || strings.Contains(text, "gone down to: WebSocket") || !strings.HasSuffix(text, "missed: 0") {
				t.Errorf("got %q", text)
			}
		}},
		{"drop", func(t *testing.T, text string) {
			if back, missed := told(t, text, "came back"), told(t, text, "missed by the crowd"); back == 0 || missed != 0 {
				t.Errorf("%v came back, %v missed", back, missed)
			}
		}},
		{"origin", func(t *testing.T, text string) {
			refused, got, own := told(t, text, "refused, from elsewhere"), told(t, text, "messages they got"), told(t, text, "messages, WebSocket")
			if refused < 10 || got != 0 || own == 0 {
				t.Errorf("%v refused, %v messages; this page has %v", refused, got, own)
			}
		}},
	} {
		t.Run(trial.name, func(t *testing.T) {
			before := evaluate[string](p, stage)
			text := p.tries(trial.name)
			t.Log(text)
			trial.holds(t, text)
			p.waits("the lanes are as they were", stage+` === `+quote(before))
		})
	}
	t.Run("left", func(t *testing.T) {
		before := evaluate[string](p, stage)
		p.click("trial-ladder")
		p.waits("no lesson can begin", `document.querySelector('[data-testid="lesson-begin"]').disabled`)
		p.click("trial-ladder")
		p.says("claims-status", "Left before its end")
		p.waits("the lanes are as they were", stage+` === `+quote(before))
		p.waits("a lesson can begin", `!document.querySelector('[data-testid="lesson-begin"]').disabled`)
	})
}
