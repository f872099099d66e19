package e2e

import (
	"sync/atomic"
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// What fires is on the page and in its title; silenced, it is on the page and not in its title; and both are listed.
func TestAlertsPanel(t *testing.T) {
	t.Parallel()
	var kill atomic.Bool
	p := exhibit(t, func(s *collector.Snapshot) {
		s.Filesystems = nil // one of them is full, and fires after a while
		if kill.CompareAndSwap(true, false) {
			s.Marks = []collector.Mark{{At: s.At.UnixMilli(), Kind: collector.MarkOOM, Text: "the kernel killed <b>postgres</b>"}}
		}
	})
	p.says("alerts", "Alerts nothing fires")
	p.click("alerts-more")
	kill.Store(true)
	p.says("alerts-firing", "the kernel killed <b>postgres</b>")
	p.says("alerts-fired", "the kernel killed <b>postgres</b> and still does")
	title := func(want string) {
		t.Helper()
		eventually(t, "the title is "+want, func() bool { return evaluate[string](p, "document.title") == want })
	}
	title("● 1 test-host – fivewire")
	evaluate[bool](p, `(() => {
		const choice = document.querySelector('#alerts-firing select');
		choice.value = "1h";
		choice.dispatchEvent(new Event("change"));
		return true;
	})()`)
	p.says("alerts-firing", "silent until")
	title("test-host – fivewire")
	evaluate[bool](p, `(document.querySelector('#alerts-firing button').click(), true)`)
	title("● 1 test-host – fivewire")
	if n := evaluate[int](p, `document.querySelectorAll('#alerts-rules tr').length`); n != 10 {
		t.Errorf("%d rules are listed", n)
	}
}
