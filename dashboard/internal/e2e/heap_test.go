package e2e

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var heap = flag.Duration("heap", 0, "hold the page's heap in the lab after so long to 1.1 of what it was after a minute")

// What the lab shows is bounded, so what it keeps of ten messages a second on five lanes is, too. By default some hundred go by,
// while buffers and caches still fill: a page that kept its messages would grow by ten megabytes. With -heap 10m what there is after
// ten minutes is held to what there was after the first.
func TestHeap(t *testing.T) {
	t.Parallel()
	if *heap == 0 {
		exhaustive(t)
	}
	_, p := lab(t, "sse")
	watched := func(messages int, long time.Duration) float64 {
		before := p.state().Messages
		if *heap > 0 {
			time.Sleep(long)
		}
		p.until("messages have come", func(s state) bool { return s.Messages >= before+messages })
		return p.heap()
	}
	before := watched(40, time.Minute)
	after := watched(100, *heap-time.Minute)
	t.Logf("%.2f MB, then %.2f MB", before/1e6, after/1e6)
	most := before + 3e6
	if *heap > 0 {
		most = 1.1 * before
	}
	if after > most {
		t.Errorf("the heap has grown from %.2f MB to %.2f MB", before/1e6, after/1e6)
	}
}

// heap is how many bytes the page's objects have, without those that nobody refers to any more.
func (p *page) heap() float64 {
	p.t.Helper()
	var used float64
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for range 2 { // what the first frees may have held others
			if _, err := cdp.Call(ctx, target, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				return err
			}
		}
		usage, err := cdp.Call(ctx, target, runtime.GetHeapUsage, cdp.Empty{})
		if err == nil {
			used = float64(usage.UsedSize)
		}
		return err
	}))
	return used
}
