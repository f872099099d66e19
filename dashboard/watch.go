package dashboard

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/text"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// plainText is what a terminal gets.
const plainText = "text/plain; charset=utf-8"

// mostScreens is how many sizes of terminals share their pictures; one of another size has its own.
const mostScreens = 16

// watching makes pictures of messages, each once for all terminals of a size.
type watching struct {
	mu      sync.Mutex
	last    *hub.Message // that was read last
	read    collector.Snapshot
	screens map[text.Screen]transport.Body
}

// readsText tells whether who asks for the page is no browser, by what it says that it accepts: a browser that goes to an
// address names text/html, and curl and its like do not.
func readsText(accept string) bool {
	for element := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(element, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "text/html", "application/xhtml+xml":
			return false
		}
	}
	return true
}

// getText is the page for who reads text: as of now.
func (d *Dashboard) getText(c *fiber.Ctx) error {
	if p := d.foreign(c); p != nil { // which may have the page in a link, and this nowhere
		return p.Send(c)
	}
	v := d.visitor(c)
	if !v.role.May(auth.Viewer) {
		return d.denied(c, v, auth.Viewer).Send(c)
	}
	screen, p := screenOf(c, text.Screen{Cols: text.UsualCols})
	if p != nil {
		return p.Send(c)
	}
	screen.Rows = 0
	d.awaitFirst()
	newest := d.shown.Load()
	if newest == nil {
		c.Set(fiber.HeaderRetryAfter, "1")
		return problem.New(fiber.StatusServiceUnavailable, "there is no snapshot yet").Send(c)
	}
	shown := newest.snapshot
	if v.redacted() {
		shown = redacted(shown)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, plainText)
	return c.Send(text.Page(nil, text.View{Host: d.host.Load(), Snapshot: &shown, Firing: alert.Sentences(d.alerts.watch.States(time.Now())), Footer: onlyNow(c)}, screen))
}

// onlyNow says that this is no past, to who has an address of one: the page in a browser would show it.
func onlyNow(c *fiber.Ctx) string {
	for _, name := range []string{"at", "from", "to"} {
		if c.Query(name) != "" {
			return "this is now: " + name + "= is for the page in a browser; api/v1/history has what was"
		}
	}
	return ""
}

// awaitFirst waits for the first snapshot, at most for as long as one takes to come: who starts the program and asks at once
// is a person.
func (d *Dashboard) awaitFirst() {
	late := time.NewTimer(d.config.Interval)
	defer late.Stop()
	select {
	case <-d.first:
	case <-d.closing:
	case <-late.C:
	}
}

// getWatch is a picture for each message, drawn over the one before: one held connection more.
func (d *Dashboard) getWatch(c *fiber.Ctx) error {
	if d.visitor(c).redacted() { // its pictures are of what all others get
		return problem.New(fiber.StatusForbidden, "this is not for who came by a link").Send(c)
	}
	screen, p := screenOf(c, text.Screen{Cols: text.UsualCols, Rows: text.UsualRows, Color: true})
	if p != nil {
		return p.Send(c)
	}
	return d.transports.Hold(c, plainText, d.pictures(screen))
}

// screenOf reads cols=, rows= and color=.
func screenOf(c *fiber.Ctx, usual text.Screen) (text.Screen, *problem.Problem) {
	for _, n := range []struct {
		name        string
		least, most int
		value       *int
	}{{"cols", text.LeastCols, text.MostCols, &usual.Cols}, {"rows", text.LeastRows, text.MostRows, &usual.Rows}} {
		written := string([]byte(c.Query(n.name)))
		if written == "" {
			continue
		}
		v, err := strconv.Atoi(written)
		if err != nil || v < n.least || v > n.most {
			return usual, problem.Bad(n.name, strconv.QuoteToASCII(written[:min(len(written), 64)])+" is no size of a terminal", fmt.Sprintf("%d to %d", n.least, n.most))
		}
		*n.value = v
	}
	switch written := string([]byte(c.Query("color"))); written {
	case "":
	case "on", "off":
		usual.Color = written == "on"
	default:
		return usual, problem.Bad("color", strconv.QuoteToASCII(written[:min(len(written), 64)])+" is neither", "on", "off")
	}
	return usual, nil
}

// pictures is how messages look on a screen.
func (d *Dashboard) pictures(screen text.Screen) transport.Body {
	w := &d.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if body, there := w.screens[screen]; there {
		return body
	}
	body := d.transports.Body(fanout.Words{
		Technique: "streaming",
		Variant:   "terminal",
		Opening:   func(b []byte) []byte { return append(b, text.Clear...) },
		Message:   func(b []byte, m *hub.Message) []byte { return d.picture(b, m, screen) },
		Heartbeat: []byte(text.Nothing),
		Farewell:  func(b []byte) []byte { return append(b, "\r\nfivewire is going away\r\n"...) },
		Payload:   text.Drawn,
	})
	if len(w.screens) < mostScreens {
		if w.screens == nil {
			w.screens = make(map[text.Screen]transport.Body)
		}
		w.screens[screen] = body
	}
	return body
}

// picture draws a message.
func (d *Dashboard) picture(b []byte, m *hub.Message, screen text.Screen) []byte {
	snapshot := d.watching.snapshot(m)
	return text.Picture(b, text.View{Host: d.host.Load(), Snapshot: &snapshot, Firing: alert.Sentences(d.alerts.watch.States(time.Now())), Footer: "Ctrl-C ends this"}, screen)
}

// snapshot reads a message, once for all sizes.
func (w *watching) snapshot(m *hub.Message) collector.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == m {
		return w.read
	}
	var message struct{ Data collector.Snapshot }
	_ = json.Unmarshal(m.JSON, &message) // it is of our own making; what cannot be read is not shown
	message.Data.At = time.UnixMilli(m.At)
	w.last, w.read = m, message.Data
	return w.read
}
