package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/chromedp"
)

var heap = flag.Duration("heap", 0, "hold the page's heap after so long to 1.1 of what it was after a minute")

// What the lab shows is bounded, so what it keeps of ten messages a second on five lanes is, too. By default some hundred go by,
// while buffers and caches still fill: a page that kept its messages would grow by ten megabytes. With -heap 10m what there is after
// ten minutes is held to what there was after the first.
func TestHeap(t *testing.T) {
	t.Parallel()
	if *heap == 0 {
		exhaustive(t)
	}
	_, p := lab(t, "sse")
	p.keepsHeap()
}

// So is what the host view keeps: a window of readings, however long it stays open. Ten readings a second fill in six minutes what
// one a second fills in an hour.
func TestHostHeap(t *testing.T) {
	t.Parallel()
	if *heap == 0 {
		exhaustive(t)
	}
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.view(1440, 3200, "dark")
	p.open(s.url + "?technique=sse")
	p.live("sse")
	p.keepsHeap()
}

// keepsHeap holds what the page has of objects and nodes to what it had.
func (p *page) keepsHeap() {
	t := p.t
	t.Helper()
	watched := func(messages int, long time.Duration) float64 {
		before := p.state().Messages
		if *heap > 0 {
			time.Sleep(long)
		}
		p.until("messages have come", func(s state) bool { return s.Messages >= before+messages })
		return p.heap()
	}
	before := watched(40, time.Minute)
	nodes := p.nodes()
	came := p.state().Messages
	after := watched(100, *heap-time.Minute)
	t.Logf("%.2f MB, then %.2f MB %d messages later; %d nodes, then %d", before/1e6, after/1e6, p.state().Messages-came, nodes, p.nodes())
	most := before + 3e6
	if *heap > 0 {
		most = 1.1 * before
		if n := p.nodes(); float64(n) > 1.1*float64(nodes) {
			t.Errorf("the document has grown from %d nodes to %d", nodes, n)
		}
	}
	if after > most {
		t.Errorf("the heap has grown from %.2f MB to %.2f MB", before/1e6, after/1e6)
	}
}

// heap is how many bytes the page's objects have, without those that nobody refers to any more. What the engine makes of the
// page's functions is no object of the page: it compiles and throws away as it likes, a megabyte up or down from one minute to
// the next. Nor is what the browser keeps beside it: the nodes are counted, and much of the rest is kept for who looks on, as
// this test does.
func (p *page) heap() float64 {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	var text strings.Builder
	if err := chromedp.Listen(ctx, func(event any) {
		if chunk, ok := event.(*heapprofiler.EventAddHeapSnapshotChunk); ok {
			text.WriteString(chunk.Chunk)
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, heapprofiler.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, heapprofiler.TakeHeapSnapshot, heapprofiler.TakeHeapSnapshotParams{})
		return err
	}))
	var snapshot struct {
		Snapshot struct {
			Meta struct {
				Fields []string `json:"node_fields"`
				Types  []any    `json:"node_types"`
			}
		}
		Nodes []float64
	}
	if err := json.Unmarshal([]byte(text.String()), &snapshot); err != nil {
		p.t.Fatal(err)
	}
	meta := snapshot.Snapshot.Meta
	place := func(name string) int {
		for i, field := range meta.Fields {
			if field == name {
				return i
			}
		}
		p.t.Fatalf("a node has no %s: %q", name, meta.Fields)
		return 0
	}
	kind, size, used := place("type"), place("self_size"), 0.0
	names := meta.Types[kind].([]any)
	for nodes := snapshot.Nodes; len(nodes) >= len(meta.Fields); nodes = nodes[len(meta.Fields):] {
		switch names[int(nodes[kind])] {
		case "code", "native", "hidden", "synthetic":
		default:
			used += nodes[size]
		}
	}
	return used
}

// nodes is how many nodes of documents there are, those that were taken out and are still kept included.
func (p *page) nodes() int64 {
	p.t.Helper()
	var n int64
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		counters, err := cdp.Call(ctx, target, memory.GetDOMCounters, cdp.Empty{})
		if err == nil {
			n = counters.Nodes
		}
		return err
	}))
	return n
}
