package e2e

import "testing"

// laneState is how a lane says it is.
func (p *page) laneState(lane string) string {
	p.t.Helper()
	return evaluate[string](p, `document.querySelector('[data-testid="lane-`+lane+`"] .link')?.dataset.state ?? ""`)
}

// answered fails when a question to the server is not answered soon: a page without a free connection would wait for ever.
func (p *page) answered() {
	p.t.Helper()
	if got := evaluate[string](p, `fetch("healthz", { signal: AbortSignal.timeout(5000) }).then((r) => r.text(), String)`); got != "ok\n" {
		p.t.Errorf("a question to the server ends in %q", got)
	}
}

// claimed is how many connections a tab tells the others that it holds.
func (p *page) claimed() int {
	p.t.Helper()
	return evaluate[int](p, `new Promise((resolve) => {
		const channel = new BroadcastChannel("fivewire.slots");
		channel.onmessage = ({ data }) => {
			channel.close();
			resolve(data.held);
		};
		channel.postMessage({ tab: "asks", born: Infinity, held: 0, ask: true });
	})`)
}

// leaves begins a lesson and leaves it as soon as its stage is set.
func (p *page) leaves(lesson, absent string) {
	p.t.Helper()
	p.begins(lesson)
	p.waits(absent+" is off the stage", `document.querySelector('[data-testid="lane-`+absent+`"] .link')?.dataset.state === "paused"`)
	p.click("lesson-leave")
	p.says("lesson-status", "Left before its end")
}

// Two tabs of five lanes want six held connections and a few for questions; a browser has six. They share what there is, say
// who waits, and nobody hangs; what one gives back the other takes.
func TestTwoTabsOfFiveLanes(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	s, first := lab(t, "sse")
	for _, technique := range techniques {
		if got := first.laneState(technique); got != "open" {
			t.Errorf("alone, %s is %s", technique, got)
		}
	}
	if first.shown("lanes-full") {
		t.Errorf("alone, it says %q", first.text("lanes-full"))
	}
	first.leaves("late", "longpolling")
	for _, technique := range techniques {
		first.waits(technique+" is open again", `document.querySelector('[data-testid="lane-`+technique+`"] .link').dataset.state === "open"`)
	}
	if got := first.claimed(); got != 3 {
		t.Errorf("after a lesson, it says that it holds %d of its 3 connections", got)
	}

	second := first.another()
	second.view(1440, 1200, "dark")
	second.open(s.url + "?technique=sse#lab")
	second.live("sse")
	second.laneCounts("websocket", 5)
	second.says("lanes-full", "this tab holds 1, others hold 3")
	for _, technique := range []string{"polling", "sse", "websocket"} {
		second.laneCounts(technique, 5)
	}
	for _, technique := range []string{"longpolling", "streaming"} {
		if got := second.laneState(technique); got != "queued" {
			t.Errorf("in the second tab %s is %s", technique, got)
		}
	}
	second.leaves("late", "longpolling")
	second.begins("answers") // which needs both of those that wait
	second.says("lesson-status", "One of its lanes brought nothing")
	for _, technique := range []string{"longpolling", "streaming"} {
		if got := second.laneState(technique); got != "queued" {
			t.Errorf("in the second tab, after two lessons, %s is %s", technique, got)
		}
	}
	first.answered()
	second.answered()

	first.press("l") // it lets go of two
	for _, technique := range techniques {
		second.laneCounts(technique, 5)
	}
	if second.shown("lanes-full") {
		t.Errorf("with room enough, it says %q", second.text("lanes-full"))
	}
	first.answered()
	second.answered()

	first.press("l")
	first.says("lanes-full", "this tab holds 1, others hold 3")
	second.open("about:blank") // and a tab that is gone holds nothing
	for _, technique := range techniques {
		first.laneCounts(technique, 5)
	}
}

// More tabs than a browser has connections: those that come too late take a way that needs none, and say so.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t)
	s.ready()
	var tabs []*page
	for i := range 6 {
		var p *page
		if i == 0 {
			p = newPage(t)
		} else {
			p = tabs[0].another()
		}
		p.view(390, 500, "dark") // little to draw
		p.open(s.url + "?technique=sse")
		want := "sse"
		if i >= 4 { // two of the six are left for questions
			want = "websocket"
		}
		p.live(want)
		if got := p.shown("slots"); got != (i >= 4) {
			t.Errorf("tab %d warns: %v", i, got)
		}
		tabs = append(tabs, p)
	}
	late := tabs[5]
	tabs[4].choose("streaming") // who insists may have one of the two
	tabs[4].live("streaming")
	late.choose("streaming")
	late.says("slots", "streaming would take a connection that there is not: other tabs hold 5 of the 6")
	late.live("websocket")
	for _, p := range tabs {
		p.answered()
	}
	tabs[0].open("about:blank")
	late.until("there is room", func(state) bool {
		late.choose("streaming")
		return late.state().Technique == "streaming"
	})
	late.live("streaming")
}
