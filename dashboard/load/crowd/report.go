package crowd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// A Report is what a run saw. Times are in milliseconds if their name does not say otherwise, memory is in bytes.
type Report struct {
	URL       string  `json:"url"`
	Technique string  `json:"technique"`
	Viewers   int     `json:"viewers"`
	Seconds   float64 `json:"seconds"`    // from when all were in or refused to the end
	ConnectMS float64 `json:"connect_ms"` // until all were in or refused; 0: they never were

	Connected  int   `json:"connected"`       // viewers that were in at least once
	Held       int   `json:"held"`            // viewers that were connected at the end
	Refused    int64 `json:"refused"`         // attempts
	Outside    int64 `json:"refused_viewers"` // those that were refused and never in
	Messages   int64 `json:"messages"`
	Numbered   int64 `json:"numbered"` // those that have a place in a sequence; of the others nothing can be missed, overdue or a duplicate
	Thinned    bool  `json:"thinned"`  // the server was asked to leave messages out: nothing is missed or overdue
	Missed     int64 `json:"missed"`
	Overdue    int64 `json:"overdue"` // messages that connected viewers had not at the end, and others had for 2 s
	Duplicates int64 `json:"duplicates"`
	Gaps       int64 `json:"gaps"` // the server's own word for messages lost

	Age    *Quantiles `json:"age_ms"`    // null: no message told its time
	Spread *Quantiles `json:"spread_ms"` // from the first viewer to the last, by message; null: none that all could have
	Bytes  InOut      `json:"bytes"`

	Replayed int64 `json:"replayed"` // messages that say they are older than the connection they came by: they have no age

	Reconnects int64            `json:"reconnects"` // attempts after the first
	Cuts       int64            `json:"cuts"`       // of those, by --cut-every
	Slow       *Slow            `json:"slow,omitempty"`
	Errors     map[string]int64 `json:"errors"`

	Client Process  `json:"client"`
	Server *Process `json:"server,omitempty"` // with --pid

	during           int64 // messages that came while it was measured
	youngest, oldest int64 // of those replayed, ns
}

// Quantiles of a distribution, right to 1.6 %; N is how many it has.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	N   int64   `json:"n"`
}

// InOut are bytes of heads, framing and messages, as the client sees them.
type InOut struct {
	In  int64 `json:"in"`
	Out int64 `json:"out"`
}

// Slow are the viewers that never read.
type Slow struct {
	Held int `json:"held"`
	Cut  int `json:"cut"` // by the server; 0 where that cannot be noticed
}

// A Process is what one cost while it was measured. Memory is resident: before the first viewer, with all that got in, at
// the end; and by viewer, of those that were connected then.
type Process struct {
	CPUMicroseconds float64 `json:"cpu_us_per_message"` // 0, as Cores, of less than half a second
	Cores           float64 `json:"cores"`              // 1 is one core's whole time
	MemoryBefore    int64   `json:"memory_before"`
	MemoryHeld      int64   `json:"memory_held"`
	MemoryAfter     int64   `json:"memory_after,omitempty"`
	MemoryPerViewer int64   `json:"memory_per_viewer"`
}

// report is taken while the viewers are still there.
func (w *watcher) report() *Report {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.tally
	now := time.Now().UnixNano()
	seconds := w.to.at.Sub(w.from.at).Seconds()
	// A short run keeps most of its messages.
	last := now - min(int64(settle), int64(c.Duration)/5)
	for _, r := range t.order {
		if r.viewers > 0 && r.first < last {
			t.settle(r)
		}
	}
	r := &Report{
		URL: c.target.url, Technique: c.Technique, Viewers: c.Viewers, Seconds: round(seconds), ConnectMS: round(c.opened.Seconds() * 1e3),
		Connected: t.connected, Held: c.served(), Refused: t.refused, Outside: c.outside(),
		Messages: t.messages, Numbered: t.numbered, Thinned: c.target.thinned, Missed: t.missed, Overdue: c.overdue(now), Duplicates: t.duplicates, Gaps: t.gaps,
		Age: t.age.quantiles(), Spread: t.spread.quantiles(), Bytes: InOut{t.in, t.out},
		Replayed: t.old, youngest: t.youngest, oldest: t.oldest, during: w.to.messages - w.from.messages,
		Reconnects: t.reconnects, Cuts: t.cuts, Errors: maps.Clone(t.errors),
		Client: w.process(w.to.own-w.from.own, w.ownBefore, w.ownHeld, 0),
	}
	if kind, n := c.unlined(); n > 0 {
		r.Errors[kind] = n
	}
	if c.Slow > 0 {
		r.Slow = &Slow{t.slowHeld, t.slowCut}
	}
	if len(w.procs) > 0 {
		p := w.process(w.to.cpu-w.from.cpu, w.before, w.held, w.after)
		r.Server = &p
	}
	return r
}

// served is how many viewers have been answered on the connection that they have, or on the one before where each answer ends
// one.
func (c *crowd) served() (n int) {
	for i := range c.viewers {
		if v := &c.viewers[i]; v.since > 0 && v.phase != away && v.phase != dialing && v.phase != gone {
			n++
		}
	}
	return n
}

// outside is how many viewers were refused and never in.
func (c *crowd) outside() (n int64) {
	for i := range c.viewers {
		if v := &c.viewers[i]; v.refused && !v.in {
			n++
		}
	}
	return n
}

// shapeless is how much may come without the end of a line before it is none of NDJSON's.
const shapeless = 64 << 10

// unlined counts the viewers of whose stream no line has ended, when nobody had any.
func (c *crowd) unlined() (kind string, n int64) {
	if c.tally.messages > 0 {
		return "", 0
	}
	kind = "no end of a line has come (hint: a message of streaming is a line)"
	for i := range c.viewers {
		if lines, is := c.viewers[i].parser.(*wire.Lines); is && lines.Begun() > 0 {
			n++
			if lines.Begun() >= shapeless {
				kind = "more than 64 kB and no end of a line: not NDJSON"
			}
		}
	}
	return kind, n
}

// shortest is the least time of which CPU is told: the kernel counts it in hundredths of a second.
const shortest = 500 * time.Millisecond

func (w *watcher) process(cpu time.Duration, before, held, after int64) Process {
	p := Process{MemoryBefore: before, MemoryHeld: held, MemoryAfter: after}
	if w.viewers > 0 {
		p.MemoryPerViewer = (held - before) / int64(w.viewers)
	}
	wall := w.to.at.Sub(w.from.at)
	if wall < shortest {
		return p
	}
	if n := w.to.messages - w.from.messages; n > 0 {
		p.CPUMicroseconds = round(float64(cpu.Nanoseconds()) / 1e3 / float64(n))
	}
	p.Cores = round(cpu.Seconds() / wall.Seconds())
	return p
}

// overdue counts what connected viewers have not got and others have had for a while.
func (c *crowd) overdue(now int64) int64 {
	if c.target.thinned || c.tally.newest == nil {
		return 0
	}
	grace := overdue
	if c.Technique == "polling" {
		grace += c.Pause
	}
	var newest *record
	for _, r := range c.tally.order {
		if r.epoch == c.tally.newest.epoch && r.seen < now-int64(grace) && (newest == nil || r.seq > newest.seq) {
			newest = r
		}
	}
	if newest == nil {
		return 0
	}
	sum := int64(0)
	for i := range c.viewers {
		v := &c.viewers[i]
		waiting := v.phase == holding || v.phase == reading || v.phase == idle || v.phase == asked && v.since > 0
		switch {
		case !waiting || v.since >= newest.seen:
		case v.last == nil:
			sum++
		case v.last.epoch == newest.epoch && v.last.seq < newest.seq:
			sum += int64(newest.seq - v.last.seq)
		}
	}
	return sum
}

func (h *histogram) quantiles() *Quantiles {
	if h.n == 0 {
		return nil
	}
	at := func(share float64) float64 { return round(float64(h.quantile(share)) / 1e6) }
	return &Quantiles{at(0.5), at(0.9), at(0.99), round(float64(h.max) / 1e6), h.n}
}

// round keeps what is worth reading.
func round(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 3, 64), 64)
	return r
}

// worst is the most frequent error.
func (r *Report) worst() string {
	kinds := r.kinds()
	if len(kinds) == 0 {
		return "it ended before anybody was answered"
	}
	return kinds[0]
}

// kinds are the errors, the most frequent first.
func (r *Report) kinds() []string {
	return slices.SortedFunc(maps.Keys(r.Errors), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Errors[b], r.Errors[a]), cmp.Compare(a, b))
	})
}

// JSON writes the report as one object.
func (r *Report) JSON(to io.Writer) error {
	out := json.NewEncoder(to)
	out.SetIndent("", "  ")
	return out.Encode(r)
}

// Table writes the report for people.
func (r *Report) Table(to io.Writer) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(out, name+"\t"+format+"\n", args...) }
	row("url", "%s", r.URL)
	row("technique", "%s, measured for %.1f s", r.Technique, r.Seconds)
	connected := ""
	if r.ConnectMS > 0 {
		connected = fmt.Sprintf(" in %.2f s", r.ConnectMS/1e3)
	}
	row("connected", "%d of %d%s, %d at the end", r.Connected, r.Viewers, connected, r.Held)
	refused := ""
	if r.Refused > 0 {
		refused = fmt.Sprintf(" (%s)", plural(int(r.Refused), "attempt", "attempts"))
	}
	row("refused", "%d%s", r.Outside, refused)
	row("messages", "%d", r.Messages)
	row("missed", "%s", r.told(r.Missed, r.Thinned))
	if r.Overdue > 0 {
		row("overdue", "%d: others had had them for %v when it ended", r.Overdue, overdue)
	}
	row("duplicates", "%s", r.told(r.Duplicates, false))
	if r.Gaps > 0 {
		row("gaps", "%d told by the server", r.Gaps)
	}
	row("age", "%s", r.Age.text(r.why("no message told its time")))
	row("first to last", "%s", r.Spread.text(r.why("no message that two viewers waited for")))
	row("bytes", "%s in, %s out", size(r.Bytes.In), size(r.Bytes.Out))
	cuts := ""
	if r.Cuts > 0 {
		cuts = fmt.Sprintf(", %s of their own", plural(int(r.Cuts), "cut", "cuts"))
	}
	row("reconnects", "%s%s", plural(int(r.Reconnects), "attempt", "attempts"), cuts)
	if r.Slow != nil {
		row("slow", "%d held, %d cut by the server", r.Slow.Held, r.Slow.Cut)
	}
	if r.Server != nil {
		row("server", "%s; resident %s, %s with all, %s at the end", r.Server.cpu(r.Seconds), size(r.Server.MemoryBefore), size(r.Server.MemoryHeld), size(r.Server.MemoryAfter))
	}
	if r.Client.MemoryHeld > 0 {
		row("this client", "%s; resident %s, %s a viewer", r.Client.cpu(r.Seconds), size(r.Client.MemoryHeld), size(r.Client.MemoryPerViewer))
	}
	if len(r.Errors) == 0 {
		row("errors", "none")
	}
	for i, kind := range r.kinds() {
		name := ""
		if i == 0 {
			name = "errors"
		}
		row(name, "%d × %s", r.Errors[kind], kind)
	}
	return out.Flush()
}

// told is a count that rests on the numbers of messages.
func (r *Report) told(n int64, thinned bool) string {
	switch {
	case r.Messages == 0:
		return "unknown: no message came"
	case r.Numbered == 0:
		return "unknown: no message has an id <epoch>-<seq>"
	case thinned:
		return "unknown: the server was asked to leave messages out"
	case r.Numbered < r.Messages:
		return fmt.Sprintf("%d (%d of the messages have an id <epoch>-<seq>)", n, r.Numbered)
	}
	return strconv.FormatInt(n, 10)
}

func (p *Process) cpu(seconds float64) string {
	if seconds < shortest.Seconds() {
		return fmt.Sprintf("CPU unknown: measured for less than %v", shortest)
	}
	return fmt.Sprintf("%.2f µs CPU a message, %.0f %% of a core", p.CPUMicroseconds, 100*p.Cores)
}

// why is the reason for which there is no age; without another, it is none.
func (r *Report) why(none string) string {
	switch {
	case r.Seconds == 0:
		return "nothing was measured yet"
	case r.during == 0:
		return "no message came while it was measured"
	case r.Replayed > 0 && r.Age == nil:
		return fmt.Sprintf("%s older than the connection, by their own time of %s to %s s ago: late, replayed, or the clocks differ",
			plural(int(r.Replayed), "message is", "messages are"), plain(float64(r.youngest)/1e9), plain(float64(r.oldest)/1e9))
	}
	return none
}

func (q *Quantiles) text(none string) string {
	if q == nil {
		return "unknown: " + none
	}
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  max %s ms (of %d)", plain(q.P50), plain(q.P90), plain(q.P99), plain(q.Max), q.N)
}

func ms(ns int64) string { return plain(float64(ns) / 1e6) }

// plain is a number with three digits that matter.
func plain(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func size(bytes int64) string {
	for _, unit := range []struct {
		name string
		is   int64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if bytes >= unit.is {
			return plain(float64(bytes)/float64(unit.is)) + " " + unit.name
		}
	}
	return strconv.FormatInt(bytes, 10) + " B"
}
