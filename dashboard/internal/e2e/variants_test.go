package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// received is what a test page has been handed: the messages' ids, each with how old the message was then, and the rest.
type received struct {
	IDs  []string
	Ages []float64 // ms
	Last string    // what was no message
	Ends int       // load events of the frame
	Size int       // nodes in the frame's document
}

// hear is a script that collects in window.got what fivewireIframe is called with.
const hear = `
	window.got = {IDs: [], Ages: [], Last: "", Ends: 0, Size: 0};
	window.take = (m) => { got.IDs.push(m.id); got.Ages.push(Date.now() - m.at); };
	window.fivewireIframe = (text) => { const m = JSON.parse(text); if (m.id) take(m); else got.Last = text; };
	window.watch = (src) => {
		const frame = document.createElement("iframe");
		frame.src = src;
		frame.addEventListener("load", () => got.Ends++);
		document.body.append(frame);
		return true;
	};`

// consecutive says what is wrong with ids that should follow each other.
func consecutive(t *testing.T, ids []string) {
	t.Helper()
	for i := 1; i < len(ids); i++ {
		if sequence(t, ids[i]) != sequence(t, ids[i-1])+1 {
			t.Errorf("%s comes behind %s", ids[i], ids[i-1])
		}
	}
}

func TestForeverIframe(t *testing.T) {
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.open(s.url)
	evaluate[bool](p, hear+`watch("api/v1/streaming?as=iframe&viewer=frame")`)
	got := untilGot(p, "messages come", func(r received) bool { return len(r.IDs) >= 20 })
	consecutive(t, got.IDs)
	t.Logf("%v", got.Ages)
	size := evaluate[int](p, `document.querySelector("iframe").contentDocument.querySelectorAll("*").length`)
	t.Logf("%d elements", size)
}

func untilGot(p *page, what string, true func(received) bool) received {
	p.t.Helper()
	var r received
	p.until(what, func(state) bool {
		r = evaluate[received](p, `got`)
		return true(r)
	})
	return r
}

func sequence(t *testing.T, id string) int {
	t.Helper()
	_, text, _ := strings.Cut(id, "-")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
