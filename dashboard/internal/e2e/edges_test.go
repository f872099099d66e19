package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// A table that goes on below its edge says so, above all on a phone, where no scroll bar does: the details of a process
// with a long command line are longer than the box they open in.
func TestEdges(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	p := exhibit(t, func(s *collector.Snapshot) {
		s.Processes.Top[0].PID, s.Processes.Top[0].CPU = 4242, collector.Known(50)
		s.Processes.Top[0].Command = strings.Repeat("--flag=value ", 200)
		top := s.Processes.Top[0]
		s.Processes.One = func(context.Context, int32) (collector.Process, bool, error) { return top, true, nil }
	})
	p.view(390, 844, "dark")
	edges := func() string {
		return evaluate[string](p, `(({ dataset: { above, below } }) => (above === undefined ? "" : "above ") + (below === undefined ? "" : "below"))(document.querySelector("#processes").parentElement)`)
	}
	shade := func(of string) bool {
		return evaluate[bool](p, `(({ content, backgroundImage }) => content !== "none" && backgroundImage.startsWith("linear-gradient"))(getComputedStyle(`+of+`))`)
	}
	below, above := `document.querySelector("#processes").parentElement, "::after"`, `document.querySelector("#processes thead th"), "::after"`

	eventually(t, "the details open", func() bool { // once the panel has been seen, and has rows
		return evaluate[bool](p, `(() => {
			const row = document.querySelector("#processes tbody tr");
			document.querySelector("#processes").scrollIntoView();
			if (row && row.ariaExpanded !== "true") row.click();
			return document.querySelector(".detail")?.checkVisibility() ?? false;
		})()`)
	})
	eventually(t, "there is more below", func() bool { return edges() == "below" && shade(below) && !shade(above) })
	scroll := func(share string) {
		evaluate[bool](p, `((box) => { box.scrollTop = (box.scrollHeight - box.clientHeight) * `+share+`; return true; })(document.querySelector("#processes").parentElement)`)
	}
	eventually(t, "there is more on both sides", func() bool { // rows come and go meanwhile
		scroll("0.5")
		return edges() == "above below" && shade(below) && shade(above)
	})
	eventually(t, "there is no more below", func() bool {
		scroll("1")
		return edges() == "above " && !shade(below) && shade(above)
	})

	// What fits says nothing.
	p.view(1440, 900, "dark")
	if got := evaluate[string](p, `[...document.querySelectorAll(".table-scroll")].filter((box) => box.checkVisibility() && box.scrollHeight <= box.clientHeight && (box.hasAttribute("data-below") || box.hasAttribute("data-above"))).map((box) => box.firstElementChild.className).join()`); got != "" {
		t.Errorf("%s fit, and say that they go on", got)
	}
}
