package e2e

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// lab opens the wire lab of a server that publishes every 100 ms, with the page on a technique.
func lab(t *testing.T, technique string, args ...string) (*server, *page) {
	t.Helper()
	needBrowser(t)
	s := start(t, append([]string{"--interval", "100ms"}, args...)...)
	s.ready()
	p := newPage(t)
	p.view(1440, 1200, "dark")
	p.open(s.url + "?technique=" + technique + "#lab")
	p.live(technique)
	for _, technique := range techniques {
		p.laneCounts(technique, 5)
	}
	return s, p
}

// laneCounts waits until a lane shows so many messages.
func (p *page) laneCounts(lane string, messages int) {
	p.t.Helper()
	p.waits(lane+" has messages", `Number(document.querySelector('[data-testid="lane-`+lane+`-messages"]')?.textContent.replace(/\D/g, "") ?? -1) >= `+quote(messages))
}

// held is who holds a connection, by technique.
func (s *server) held() string {
	s.t.Helper()
	var held []string
	for _, technique := range techniques {
		for range strings.Count(body(s.t, s.url+"api/v1/viewers"), `"technique":"`+technique+`"`) {
			held = append(held, technique)
		}
	}
	return strings.Join(held, " ")
}

// Two views of one page: by link, by key, by address, remembered; the wire lab holds each technique once, the page's own
// among them, and lets go when nobody looks.
func TestViews(t *testing.T) {
	t.Parallel()
	s, p := lab(t, "sse")
	all := "longpolling streaming sse websocket"
	eventually(t, "each is held once", func() bool { return s.held() == all })
	p.choose("websocket")
	p.live("websocket")
	p.laneCounts("sse", 5)
	eventually(t, "each is still held once", func() bool { return s.held() == all })
	p.press("l")
	if !p.shown("verdict") && !p.shown("tiles") && p.shown("lab") {
		t.Error("the host is not shown")
	}
	eventually(t, "the page's own is left", func() bool { return s.held() == "websocket" })
	before := p.state()
	after := p.until("messages come by it", func(s state) bool { return s.Messages > before.Messages+5 })
	if after.Missed != 0 || after.Duplicates != 0 {
		t.Errorf("got %+v", after)
	}
	p.click("view-lab")
	p.laneCounts("polling", 5)
	t.Run("opened-anew", func(t *testing.T) {
		exhaustive(t)
		p.open(s.url) // no view in the address
		p.live("websocket")
		if !p.shown("lab") || evaluate[string](p, `document.querySelector("#views [aria-current]").dataset.testid`) != "view-lab" {
			t.Error("the view is not remembered")
		}
		p.open(s.url + "#host")
		p.live("websocket")
		if p.shown("lab") {
			t.Error("the address does not count")
		}
		p = p.another()
		p.open(s.url + "#host")
		p.live("websocket")
		if evaluate[bool](p, `performance.getEntriesByType("resource").some((e) => e.name.includes("/js/lab/"))`) {
			t.Error("the host's page loads the wire lab")
		}
	})
}

// What the panels of the lab show and do, on one page: each leaves it as it was, but the last.
func TestLab(t *testing.T) {
	t.Parallel()
	s, p := lab(t, "sse")
	for _, part := range []struct {
		name string
		test func(*testing.T, *server, *page)
		more bool // of what others have shown
	}{
		{"lanes", labLanes, false},
		{"projector", labOnAProjector, false},
		{"costs", labCosts, false},
		{"lane-stops", labStops, false},
		{"lanes-by-keyboard", labByKeyboard, false},
		{"code", labCode, true},
		{"inspector", labInspector, true},
		{"two-ways", labTwoWays, true},
	} {
		t.Run(part.name, func(t *testing.T) {
			if part.more {
				exhaustive(t)
			}
			part.test(t, s, p)
		})
	}
}

// laneFigure is what a lane's counter says.
func (p *page) laneFigure(lane, figure string) string {
	p.t.Helper()
	return p.text("lane-" + lane + "-" + figure)
}

// Each lane's counters move by themselves; none misses anything or gets it twice; ages come with how wrong they may be.
func labLanes(t *testing.T, _ *server, p *page) {
	p.moving(true)
	p.says("lanes-clock", "server clock ±")
	for _, technique := range techniques {
		p.laneCounts(technique, 20)
		p.says("lane-"+technique+"-age-50", "±")
		for _, figure := range []string{"missed", "duplicates"} {
			if got := p.laneFigure(technique, figure); got != "0" {
				t.Errorf("%s: %s %s", technique, got, figure)
			}
		}
		for _, figure := range []string{"requests", "connections", "bytes", "per-message"} {
			p.until(technique+" shows "+figure, func(state) bool { return !strings.HasPrefix(p.laneFigure(technique, figure), "—") })
		}
	}
	p.moving(false)
}

// On a projector all five lanes are on the screen at once, below what stays above them, and the scale that their saw-teeth share
// can be read there as well.
func labOnAProjector(t *testing.T, _ *server, p *page) {
	p.view(1024, 768, "dark")
	got := evaluate[string](p, `(() => {
		const at = (selector) => [...document.querySelectorAll("#lab-lanes " + selector)].map((e) => e.getBoundingClientRect());
		const lanes = at(".lane"), [scale] = at(".lane-scale"), [panel] = at(".lanes"), [axis] = at(".lane-axis");
		const said = lanes.length !== 5 || lanes[4].bottom - lanes[0].top > 680 ? "lanes of " + lanes.map(({ height }) => Math.round(height)) + " px" : "";
		const within = scale.width > 0 && scale.left >= panel.left && scale.right <= panel.right && scale.top >= panel.bottom && scale.bottom <= axis.bottom;
		return said + (within ? "" : " the scale is not there");
	})()`)
	if got != "" {
		t.Error(got)
	}
	p.view(1440, 1200, "dark")
}

// A variant is one more lane with connections of its own; taken away it lets go of them.
func TestLaneVariants(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	s, p := lab(t, "websocket")
	add := func(key string) {
		t.Helper()
		evaluate[bool](p, `(() => {
			const select = document.querySelector('[data-testid="lanes-add"]');
			select.value = `+quote(key)+`;
			return select.dispatchEvent(new Event("change")) && select.value === "";
		})()`)
		p.laneCounts(key, 3)
	}
	for _, key := range []string{"websocket.cbor", "websocket.plain", "polling.fast", "polling.locked", "polling.plain"} {
		add(key)
	}
	if got := strings.Count(body(t, s.url+"api/v1/viewers"), `"variant":"cbor"`); got != 1 {
		t.Errorf("%d viewers get CBOR", got)
	}
	evaluate[bool](p, `(document.querySelector('[data-testid="lane-websocket.cbor"] .tool').click(), true)`)
	eventually(t, "it has let go", func() bool { return !strings.Contains(body(t, s.url+"api/v1/viewers"), `"variant":"cbor"`) })
	if p.shown("lane-websocket.cbor") {
		t.Error("the lane is still there")
	}
}

// A lane that was stopped goes on where it was.
func labStops(t *testing.T, s *server, p *page) {
	p.click("lane-streaming-pause")
	eventually(t, "it has let go", func() bool { return s.held() == "longpolling sse websocket" })
	p.laneCounts("sse", 30)
	p.click("lane-streaming-pause")
	p.laneCounts("streaming", 30)
	if missed := p.laneFigure("streaming", "missed"); missed != "0" {
		t.Errorf("%s missed", missed)
	}
	counted := func() int {
		n, err := strconv.Atoi(strings.ReplaceAll(p.laneFigure("sse", "messages"), ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := counted()
	p.click("lanes-reset")
	p.until("it counts anew", func(state) bool { return counted() < before })
}

// Time can be stopped, walked through arrow by arrow and lane by lane, and zoomed, by keys alone.
func labByKeyboard(t *testing.T, _ *server, p *page) {
	focus := func(lane string) {
		evaluate[bool](p, `(document.querySelector('[data-testid="lane-`+lane+`"] .lane-window').focus(), true)`)
	}
	tip := func() string {
		return evaluate[string](p, `[...document.querySelectorAll(".lane-tip:not([hidden])")].map((e) => e.closest(".lane").dataset.technique + ": " + e.textContent).join()`)
	}
	p.click("lane-longpolling-pause") // it has nothing to show of the time that is walked through
	now, err := strconv.Atoi(strings.ReplaceAll(p.laneFigure("polling", "messages"), ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	p.laneCounts("polling", now+30)
	focus("polling")
	p.press(kb.ArrowLeft)
	p.until("time stands still", func(state) bool {
		return evaluate[string](p, `document.querySelector('[data-testid="lanes-freeze"]').ariaPressed`) == "true"
	})
	first := tip()
	if !strings.HasPrefix(first, "polling: ") {
		t.Errorf("the arrow is called %q", first)
	}
	seen := map[string]bool{}
	for range 6 {
		p.press(kb.ArrowLeft)
		text := tip()
		for _, kind := range []string{"request", "answer", "nothing new"} {
			if strings.Contains(text, kind) {
				seen[kind] = true
			}
		}
		if strings.Contains(text, "answer") && (!strings.Contains(text, "message") || !strings.Contains(text, "payload") || !strings.Contains(text, " old")) {
			t.Errorf("an answer is called %q", text)
		}
	}
	if !seen["request"] || !seen["answer"] {
		t.Errorf("going back it saw %v", seen)
	}
	p.press("+")
	if got := p.text("lanes-span"); got != "10 s" {
		t.Errorf("nearer shows %s", got)
	}
	for _, technique := range techniques[1:] { // where the next arrow is far away too
		p.press(kb.ArrowDown)
		if got := tip(); !strings.HasPrefix(got, technique+": ") {
			t.Errorf("below is %q, want one of %s", got, technique)
		}
	}
	p.press("---")
	if got := p.text("lanes-span"); got != "60 s" {
		t.Errorf("farther shows %s", got)
	}
	p.press(kb.Escape)
	if got := tip(); got != "" {
		t.Errorf("after Escape there is %q", got)
	}
	p.press(kb.Escape)
	if evaluate[string](p, `document.querySelector('[data-testid="lanes-freeze"]').ariaPressed`) != "false" {
		t.Error("time does not go on")
	}
	p.press("++")
	p.click("lane-longpolling-pause")
}

// costs is a row of the cost table, by column: whole numbers, as they were before they were written.
func (p *page) costs(lane string) map[string]float64 {
	p.t.Helper()
	return evaluate[map[string]float64](p, `(() => {
		const cells = document.querySelectorAll('[data-testid="costs"] tbody:first-of-type tr[data-lane="`+lane+`"] td');
		const numbers = [...cells].map((cell) => [cell.dataset.key, Number(cell.dataset.value)]);
		return Object.fromEntries(numbers.filter(([, value]) => !Number.isNaN(value)));
	})()`)
}

type way struct{ Total, Head, Framing, Payload float64 }

// wire is what the server has of a viewer on a technique.
func (s *server) wire(viewer, technique string) (requests, connections, messages float64, in, out way) {
	s.t.Helper()
	var answer struct {
		Transports map[string]struct {
			Requests, Connections, Messages float64
			Bytes                           struct{ In, Out way }
		}
	}
	if err := json.Unmarshal([]byte(body(s.t, s.url+"api/v1/wire?viewer="+viewer)), &answer); err != nil {
		s.t.Fatal(err)
	}
	f := answer.Transports[technique]
	return f.Requests, f.Connections, f.Messages, f.Bytes.In, f.Bytes.Out
}

// What the cost table says is what the meter has.
func labCosts(t *testing.T, s *server, p *page) {
	for _, technique := range techniques {
		p.laneCounts(technique, 20)
	}
	for _, technique := range techniques {
		if technique == "sse" { // the page's own cannot be stopped
			continue
		}
		p.click("lane-" + technique + "-pause")
		viewer := evaluate[string](p, `document.querySelector('[data-testid="lane-`+technique+`"]').dataset.viewer`)
		got, want := map[string]float64{}, map[string]float64{}
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			requests, connections, messages, in, out := s.wire(viewer, technique)
			want = map[string]float64{"messages": messages, "requests": requests / messages, "connections": connections,
				"payload": (in.Payload + out.Payload) / messages, "framing": (in.Framing + out.Framing) / messages,
				"heads": (in.Head + out.Head) / messages, "total": (in.Total + out.Total) / messages,
				"efficiency": (in.Payload + out.Payload) / (in.Total + out.Total)}
			if want["framing"] == 0 { // it is compressed together with the messages: nobody knows it
				delete(want, "framing")
			}
			got = p.costs(technique)
			for _, other := range []string{"median", "p99", "missed", "duplicates", "packets"} {
				delete(got, other)
			}
			for key, v := range got { // a division's last digit is its own affair
				if math.Abs(v-want[key]) < 1e-9*v {
					got[key] = want[key]
				}
			}
			if quote(got) == quote(want) {
				break
			}
		}
		if quote(got) != quote(want) || want["messages"] < 20 {
			t.Errorf("%s: got %s, want %s", technique, quote(got), quote(want))
		}
	}
	for _, technique := range techniques {
		if technique != "sse" {
			p.click("lane-" + technique + "-pause")
		}
	}
}

// The best of each column are marked, a column sorts both ways and back, and a pinned run stays as it was.
func TestCostTable(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	_, p := lab(t, "sse")
	p.until("the table is filled", func(state) bool { return p.costs("polling")["total"] > 0 && p.costs("websocket")["total"] > 0 })
	if got := evaluate[string](p, `[...document.querySelectorAll('[data-testid="costs"] td[data-key="heads"][data-best="true"]')].map((e) => e.closest("tr").dataset.lane + e.textContent[0]).join()`); got == "" ||
		strings.Contains(got, "polling") || !strings.Contains(got, "★") {
		t.Errorf("the fewest bytes of heads has %s", got)
	}
	order := func() string {
		return evaluate[string](p, `[...document.querySelectorAll('[data-testid="costs"] tbody:first-of-type tr[data-lane]')].map((e) => e.dataset.lane).join()`)
	}
	sort := `(document.querySelector('[data-testid="costs"] th[data-key="requests"] button').click(), document.querySelector('[data-testid="costs"] th[data-key="requests"]').ariaSort)`
	ends := func(list string, at int) string { return strings.Split(list, ",")[at] }
	asks := func(lane string) bool { return strings.HasSuffix(lane, "polling") }
	if got := evaluate[string](p, sort); got != "ascending" || asks(ends(order(), 0)) || !asks(ends(order(), 4)) {
		t.Errorf("%s: %s", got, order())
	}
	if got := evaluate[string](p, sort); got != "descending" || !asks(ends(order(), 0)) || asks(ends(order(), 4)) {
		t.Errorf("%s: %s", got, order())
	}
	if got := evaluate[string](p, sort); got != "none" || order() != strings.Join(techniques, ",") {
		t.Errorf("%s: %s", got, order())
	}
	p.click("costs-pin")
	pinned := `document.querySelector('[data-testid="costs"] tbody:last-of-type tr[data-lane="sse"]').textContent`
	before := evaluate[string](p, pinned)
	p.click("lanes-reset")
	p.until("the run goes on", func(state) bool { return p.costs("sse")["messages"] > 3 })
	if got := evaluate[string](p, pinned); got != before {
		t.Errorf("the pinned run says %s, before %s", got, before)
	}
}

// Polls that are swept through the source's interval see every age there can be; polls that are locked to its beat see one.
func TestPollingPhase(t *testing.T) {
	p := modules(t)
	const polls = `(async () => {
		const { connect } = await import(base + "transport/polling.js");
		const interval = 64; // and each question is answered at once
		const ages = (phase) => new Promise((done) => {
			const stop = new AbortController(), asked = [];
			globalThis.fetch = async () => {
				asked.push(performance.now());
				if (asked.length === 40) {
					stop.abort();
					done(asked.map((at) => (at - asked[0] + interval / 16) % interval));
				}
				return new Response(null, { status: 204 });
			};
			connect({ base: new URL("http" + "://x/"), viewer: "v", cursor: () => "", every: () => 0, compress: "", interval: () => interval, signal: stop.signal,
				phase: () => phase, message() {}, exchange() {}, state() {} });
		});
		// How many of the forty ask in the busiest eighth of the interval.
		const busiest = (list) => Math.max(...Object.values(Object.groupBy(list, (age) => Math.floor(age / (interval / 8)))).map((part) => part.length));
		return [busiest(await ages("sweep")), busiest(await ages("lock"))];
	})()`
	var got []float64
	for range 5 { // a busy machine asks late, in one try or the other
		if got = evaluate[[]float64](p, polls); got[0] <= 16 && got[1] >= 20 {
			break
		}
	}
	if got[0] > 16 || got[1] < 20 {
		t.Errorf("of forty swept polls %v ask at one time, of locked ones %v; want few, and most", got[0], got[1])
	}
}
