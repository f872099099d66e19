package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// comesThrough is a row of the faults panel: how a lane comes through.
type comesThrough struct {
	State                           string
	Took                            float64 // ms without fresh data
	Missed, Late, Twice, Reconnects int
	Inside                          string
}

func (p *page) comesThrough(lane string) comesThrough {
	p.t.Helper()
	return evaluate[comesThrough](p, `(() => {
		const row = document.querySelector('[data-testid="fault-lane-`+lane+`"]');
		const text = (id) => row.querySelector('[data-testid="fault-lane-`+lane+`-' + id + '"]').textContent;
		const number = (id) => Number(text(id).replace(/\D/g, "")) || 0;
		return {State: row.dataset.state, Took: Number(row.dataset.took) || 0, Missed: number("missed"), Late: number("late"),
			Twice: number("twice"), Reconnects: number("reconnects"), Inside: text("inside")};
	})()`)
}

// lanesAre waits until each of some lanes is as it should be.
func (p *page) lanesAre(what string, lanes []string, is func(comesThrough) bool) map[string]comesThrough {
	p.t.Helper()
	got := map[string]comesThrough{}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); { // who was refused again and again waits for half a minute
		all := true
		for _, lane := range lanes {
			got[lane] = p.comesThrough(lane)
			all = all && is(got[lane])
		}
		if all {
			return got
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("it never came about that %v %s: %+v", lanes, what, got)
	return got
}

// breakOwn breaks a combination of one's own.
func (p *page) breakOwn(values map[string]string) {
	p.t.Helper()
	evaluate[bool](p, `(document.querySelector('[data-testid="faults-own"]').open = true)`)
	for _, name := range []string{"delay", "jitter", "throttle", "buffer", "stall", "cut", "mute", "refuse_upgrade", "forget"} {
		evaluate[bool](p, fmt.Sprintf(`(document.querySelector('[data-testid="faults-value-%s"]').value = %s, true)`, name, quote(values[name])))
	}
	p.click("faults-apply")
	p.until("it is in force", func(state) bool { return strings.Contains(p.text("faults-list"), "everybody") })
}

func (p *page) mends() {
	p.t.Helper()
	p.click("faults-clear")
	p.until("nothing is broken", func(state) bool { return p.text("faults-status") == "Nothing is broken on purpose." })
}

// Each fault on each technique in a real browser, with what the technique promises: whatever is broken and mended, every
// lane comes back, misses nothing and gets nothing twice.
func TestFaults(t *testing.T) {
	t.Parallel()
	_, p := lab(t, "sse")
	p.expect("net::ERR_", "WebSocket connection", "Failed to load resource")
	evaluate[bool](p, `(document.querySelector("#lab-faults").scrollIntoView(), true)`)
	held := []string{"streaming", "sse", "websocket"}
	fine := func(c comesThrough) bool {
		return c.State == "fine" || c.State == "again" || c.State == "cut" || c.State == "recovered"
	}
	whole := func(t *testing.T, got map[string]comesThrough) {
		t.Helper()
		for lane, c := range got {
			if c.Missed != 0 || c.Twice != 0 {
				t.Errorf("%s: got %+v, want nothing missed and nothing twice", lane, c)
			}
		}
	}
	settle := func() { // what is usual is judged by what was before
		p.mends()
		p.lanesAre("are well", techniques, func(c comesThrough) bool { return c.State != "trouble" })
		time.Sleep(time.Second)
	}

	t.Run("cut", func(t *testing.T) {
		p.click("faults-cable")
		who := append(slices.Clone(held), "polling") // a browser asks a long poll again without a word: nothing of the answer had come
		whole(t, p.lanesAre("are connected again", who, func(c comesThrough) bool { return c.Reconnects == 1 && fine(c) }))
		whole(t, p.lanesAre("are well", techniques, fine))
		settle()
	})
	t.Run("stall", func(t *testing.T) {
		exhaustive(t)
		p.breakOwn(map[string]string{"stall": `"3s"`})
		got := p.lanesAre("have recovered", techniques, func(c comesThrough) bool { return c.State == "recovered" })
		whole(t, got)
		for lane, c := range got {
			if c.Took < 2000 || c.Late == 0 && lane != "polling" && lane != "longpolling" {
				t.Errorf("%s: got %+v, want 2 s without fresh data at least, and what came late", lane, c)
			}
		}
		settle()
	})
	t.Run("delay", func(t *testing.T) {
		exhaustive(t)
		p.breakOwn(map[string]string{"delay": `"1s"`, "jitter": `"50ms"`})
		p.lanesAre("get everything late", techniques, func(c comesThrough) bool { return c.State == "trouble" && c.Late > 5 })
		p.mends()
		whole(t, p.lanesAre("have recovered", techniques, func(c comesThrough) bool { return c.State == "recovered" }))
		settle()
	})
	t.Run("proxy", func(t *testing.T) {
		exhaustive(t)
		p.click("faults-proxy")
		p.lanesAre("are in trouble", held, func(c comesThrough) bool { return c.State == "trouble" && c.Took > 2500 })
		p.lanesAre("are well", []string{"polling", "longpolling"}, fine)
		p.mends()
		whole(t, p.lanesAre("have recovered", techniques, fine))
		settle()
	})
	t.Run("mute", func(t *testing.T) {
		exhaustive(t)
		p.click("faults-drop")
		p.lanesAre("are in trouble", techniques, func(c comesThrough) bool { return c.State == "trouble" && c.Took > 1500 })
		p.mends()
		whole(t, p.lanesAre("have recovered", techniques, func(c comesThrough) bool { return c.State == "recovered" }))
		settle()
	})
	t.Run("thin", func(t *testing.T) {
		exhaustive(t)
		p.breakOwn(map[string]string{"throttle": `500`})
		p.lanesAre("are in trouble, and bytes in the middlebox", held, func(c comesThrough) bool { return c.State == "trouble" && c.Inside != "—" && c.Inside != "0 B" })
		p.mends()
		whole(t, p.lanesAre("have recovered", techniques, fine))
		settle()
	})
	t.Run("forget", func(t *testing.T) {
		exhaustive(t)
		p.click("faults-amnesia")
		p.lanesAre("are connected again", held, func(c comesThrough) bool { return c.Reconnects == 1 && fine(c) })
		p.lanesAre("are well", techniques, fine)
		settle()
	})
	t.Run("restart", func(t *testing.T) {
		exhaustive(t)
		epoch, _, _ := strings.Cut(p.state().LastID, "-")
		p.click("faults-deploy")
		p.until("there is another epoch", func(s state) bool { return !strings.HasPrefix(s.LastID, epoch) })
		p.lanesAre("are connected again", held, func(c comesThrough) bool { return c.Reconnects == 1 && fine(c) })
		p.lanesAre("are well", techniques, fine)
	})
}

// A fault for one lane is that lane's alone; who asks for the newest only is not behind on a link that is too thin; the
// closed loop is measured for each lane.
func TestFaultForOneLane(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	_, p := lab(t, "sse")
	evaluate[bool](p, `(document.querySelector("#lab-faults").scrollIntoView(), true)`)
	p.until("the loop is closed on every lane", func(state) bool {
		return !slices.ContainsFunc(techniques, func(lane string) bool { return p.text("fault-lane-"+lane+"-loop") == "—" })
	})
	evaluate[bool](p, `(document.querySelector('[data-testid="faults-who"]').value = "lane:websocket", true)`)
	evaluate[bool](p, `(document.querySelector('[data-testid="fault-lane-websocket-conflate"]').click(), true)`)
	p.click("faults-thin")
	p.until("it is in force for that lane", func(state) bool { return strings.Contains(p.text("faults-list"), "WebSocket") })
	time.Sleep(2 * time.Second)
	for _, lane := range []string{"polling", "longpolling", "streaming", "sse"} {
		if c := p.comesThrough(lane); c.State != "" {
			t.Errorf("%s: got %+v", lane, c)
		}
	}
	if c := p.comesThrough("websocket"); c.Missed != 0 || c.Twice != 0 {
		t.Errorf("got %+v: what is left out on request is not missed", c)
	}
	evaluate[bool](p, `(document.querySelector('[data-testid="faults-list"] button').click(), true)`)
	p.until("it is mended", func(state) bool { return p.text("faults-status") == "Nothing is broken on purpose." })
	p.lanesAre("is well", []string{"websocket"}, func(c comesThrough) bool { return c.State != "trouble" })
}
