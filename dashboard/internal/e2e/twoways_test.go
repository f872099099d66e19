package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// What the page says upwards is a few bytes on a WebSocket and a whole request elsewhere, both as the server counted them;
// and every technique obeys.
func labTwoWays(t *testing.T, _ *server, p *page) {
	evaluate[bool](p, `(document.querySelector('[data-testid="twoways-every"]').selectedIndex = 2, true)`) // one message in 500 ms
	p.click("twoways-send")
	row := func(technique string) []string {
		// What is out of sight is not drawn, and panels above it grow.
		return evaluate[[]string](p, `document.querySelector("#lab-twoways").scrollIntoView(), [...document.querySelectorAll('[data-testid="twoways"] tr[data-lane="`+technique+`"] td')].map((e) => e.dataset.value ?? e.textContent)`)
	}
	const frame = len(`{"set":{"every":"500ms"}}`)
	for _, technique := range techniques {
		p.until(technique+" obeys", func(state) bool { return row(technique)[4] != "—" })
		got := row(technique)
		var up int
		fmt.Sscan(got[1], &up)
		if technique == "websocket" {
			// The command, masked and perhaps compressed, behind a head of six bytes; perhaps a pong of six, too.
			if got[0] != "in-band frame" || up < frame || up > frame+24 || got[2] != "0 B" {
				t.Errorf("%s: got %q", technique, got)
			}
		} else if got[0] != "POST of its own" || up < 200 || got[2] == "0 B" {
			t.Errorf("%s: got %q", technique, got)
		}
		p.until(technique+" gets one message in 500 ms", func(state) bool {
			var ms float64
			fmt.Sscan(strings.TrimSuffix(row(technique)[4], " ms"), &ms)
			return ms > 400 && ms < 900
		})
		for _, figure := range []string{"missed", "duplicates"} { // what is left out on request is not missed
			if n := p.laneFigure(technique, figure); n != "0" {
				t.Errorf("%s: %s %s", technique, n, figure)
			}
		}
	}
	// The host's page wants everything again, also of those messages that wait.
	evaluate[bool](p, `(document.querySelector('[data-testid="fault-lane-sse-conflate"] input').click(), true)`)
	evaluate[bool](p, `(() => {
		const { fetch } = window;
		window.said = [];
		window.fetch = (url, init) => {
			if (init?.method === "POST") said.push(init.body);
			return fetch(url, init);
		};
		return true;
	})()`)
	p.press("l")
	p.waits("the server is told", `said.includes('{"set":{"every":"0ms","conflate":false}}')`)
	place := func(s state) (n int) {
		fmt.Sscan(s.LastID[strings.LastIndex(s.LastID, "-")+1:], &n)
		return n
	}
	mark := p.state()
	p.until("none is left out", func(s state) bool {
		made := place(s) - place(mark)
		if made < 10 {
			return false
		}
		got := s.Messages - mark.Messages
		mark = s
		return got == made
	})
}
