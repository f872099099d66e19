package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var reference = flag.Duration("reference", 0, "measure README's table of reference for so long, and print it as Markdown")

// A line of the table: what one technique has cost, as the server's meter says, and how old messages were in the page.
type line struct {
	Technique                                                 string
	Requests, Messages, Missed, Head, Framing, Payload, Total int
	Median, P99                                               float64 // ms
}

// TestReference is the comparison that README shows: the five at three paces, in a browser, on the real binary, all at the
// same time and at their true pace: nothing is compressed in time, so nothing has to be said for it. By default it takes
// five seconds at one pace, to hold that the counts agree with what the page has got; with -reference 10m it prints the
// table.
func TestReference(t *testing.T) {
	paces, long := []string{"100ms", "1s", "5s"}, *reference
	if long == 0 {
		exhaustive(t)
		paces, long = []string{"100ms"}, 5*time.Second
	}
	needBrowser(t)
	type run struct {
		pace              string
		plain, compressed *page
	}
	var runs []run
	for _, pace := range paces {
		s := start(t, "--interval", pace)
		s.ready()
		// A browser has six connections for a host and a port: by another name there are six more.
		runs = append(runs, run{pace, watchers(t, s.url, "off"), watchers(t, strings.Replace(s.url, "127.0.0.1", "localhost", 1), "")})
	}
	if long > 15*time.Second {
		time.Sleep(long - 15*time.Second)
	}
	time.Sleep(min(long, 15*time.Second))
	var out strings.Builder
	fmt.Fprintf(&out, "| message each | | requests | heads, B | framing, B | payload, B | all, B | all, compressed, B | age p50, ms | age p99, ms |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, r := range runs {
		plain, compressed := r.plain.watched(), r.compressed.watched()
		for i, l := range plain {
			c := compressed[i]
			if l.Messages < 10 && long > time.Minute || l.Messages == 0 || l.Missed != 0 || c.Missed != 0 || l.Total != l.Head+l.Framing+l.Payload {
				t.Errorf("%s, %s: got %+v", r.pace, l.Technique, l)
			}
			if held := l.Technique != "polling" && l.Technique != "longpolling"; held && l.Requests != 1 || !held && l.Requests < l.Messages/3 {
				t.Errorf("%s, %s: %d requests for %d messages", r.pace, l.Technique, l.Requests, l.Messages)
			}
			if r.pace == "100ms" && long >= 5*time.Second && c.Total*2 > l.Total*max(c.Messages, 1)/l.Messages {
				t.Errorf("%s, %s: %d bytes for %d messages compressed, %d for %d plain", r.pace, l.Technique, c.Total, c.Messages, l.Total, l.Messages)
			}
			each := func(n, of int) string { return fmt.Sprintf("%.0f", float64(n)/float64(max(of, 1))) }
			fmt.Fprintf(&out, "| %s | %s | %.2f | %s | %s | %s | %s | %s | %.0f | %.0f |\n", strings.ReplaceAll(r.pace, "ms", " ms"), l.Technique,
				float64(l.Requests)/float64(max(l.Messages, 1)), each(l.Head, l.Messages), each(l.Framing, l.Messages), each(l.Payload, l.Messages),
				each(l.Total, l.Messages), each(c.Total, c.Messages), l.Median, l.P99)
		}
	}
	if *reference == 0 {
		return
	}
	version, _ := exec.Command("chromium", "--version").Output()
	fmt.Fprintf(os.Stdout, "\nFor each message delivered, both ways, %v at each pace at the same time; %s, %s, %s, %d × CPU, %s\n\n%s\n", long, time.Now().Format(time.DateOnly),
		strings.TrimSpace(string(version)), goruntime.Version(), goruntime.NumCPU(), goruntime.GOOS+"/"+goruntime.GOARCH, &out)
}

// watchers is a page with nothing in it but a viewer of each technique.
func watchers(t *testing.T, url, compress string) *page {
	t.Helper()
	p := newPage(t)
	p.expect("404") // a page without an icon
	p.open(url + "healthz")
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		// A tab that is not in front has slow timers, and polling would be late.
		_, err := cdp.Call(ctx, target, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
	evaluate[bool](p, `(async () => {
		const base = new URL("api/v1/", location.href);
		const { Viewer } = await import(new URL("js/viewer.js", location.href).href);
		const { Clock } = await import(new URL("js/lab/clock.js", location.href).href);
		const config = await (await fetch(new URL("config", base))).json();
		globalThis.base = base;
		globalThis.clock = new Clock();
		const sample = async () => {
			const asked = performance.now();
			const { now } = await (await fetch(new URL("config", base), { cache: "no-store" })).json();
			clock.sample(asked, now, performance.now());
		};
		setInterval(() => void sample(), 2000);
		await sample();
		globalThis.watching = config.techniques.map((technique) => {
			const viewer = new Viewer({ base, technique, interval: () => config.interval_ms, compress: `+quote(compress)+`, phase: "sweep" });
			const raw = [];
			// The first had been waiting for us: its age says nothing about the technique.
			viewer.listen({ onMessage: ({ at, received }) => raw.push(received - at), onExchange() {}, onState() {} });
			viewer.start();
			return { technique, viewer, raw };
		});
		return true;
	})()`)
	return p
}

// watched is what the viewers of a page have cost, in the order of the techniques.
func (p *page) watched() []line {
	p.t.Helper()
	text := evaluate[string](p, `(async () => {
		const lines = [];
		for (const { technique, viewer, raw } of watching) {
			const figures = (await (await fetch(new URL("wire?viewer=" + viewer.id, base))).json()).transports[technique];
			const ages = raw.slice(1).map((age) => age - clock.offset).sort((a, b) => a - b);
			const at = (share) => (ages.length ? Math.max(0, ages[Math.min(ages.length - 1, Math.ceil(share * ages.length) - 1)]) : 0);
			const both = (part) => figures.bytes.in[part] + figures.bytes.out[part];
			lines.push({ technique, requests: figures.requests, messages: figures.messages, missed: viewer.counts.missed,
				head: both("head"), framing: both("framing"), payload: both("payload"), total: both("total"), median: at(0.5), p99: at(0.99) });
		}
		return JSON.stringify(lines);
	})()`)
	var lines []line
	if err := json.Unmarshal([]byte(text), &lines); err != nil {
		p.t.Fatal(err)
	}
	return lines
}
