package dashboard

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// A channel is a hub of its own, with messages that leave out what is not for guests, and who gets them. There is one as
// soon as the first link is handed out: a message is made once for all who get it, so it cannot be redacted on its way.
type channel struct {
	hub        *hub.Hub
	transports *transport.Server
}

// redact has a channel for guests from now on.
func (d *Dashboard) redact() {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if d.guests.Load() != nil {
		return
	}
	h := hub.New(hub.Config{Backlog: d.config.Backlog})
	g := &channel{h, d.serverOf(h, false, d.transports.Faults())}
	if back := d.back.Load(); back != nil {
		g.transports.Own(*back)
	}
	if s := d.shown.Load(); s != nil {
		d.publishTo(g, s.snapshot)
	}
	d.guests.Store(g)
	select {
	case <-d.closing:
		h.Close()
	default:
	}
}

// publishTo shows a snapshot to guests. publishing is held.
func (d *Dashboard) publishTo(g *channel, s collector.Snapshot) {
	s = redacted(s)
	d.json = d.encoder.Append(d.json[:0], &s)
	g.hub.Publish(s.At, d.json)
}

// redacted is a snapshot without what people have typed and who they are: command lines, names of users, and who is logged
// in. What is left of a process is its kernel's name for it, and of an error that a source fails with what tells no path and
// no host.
func redacted(s collector.Snapshot) collector.Snapshot {
	s.Users = nil
	s.Sources = withoutPlaces(s.Sources)
	if s.Processes != nil {
		p := *s.Processes
		p.Top = withoutPeople(p.Top)
		s.Processes = &p
	}
	return s
}

func withoutPeople(list []collector.Process) []collector.Process {
	list = slices.Clone(list)
	for i := range list {
		list[i].Command, list[i].User = "", ""
	}
	return list
}

// withoutPlaces is what is told of sources. What is missing has a reason of the program's own.
func withoutPlaces(list []collector.SourceState) []collector.SourceState {
	list = slices.Clone(list)
	for i := range list {
		s := &list[i]
		if s.Missing {
			continue
		}
		head, _, _ := strings.Cut(s.Error, ": ")
		why, plain := plainEnd(s.Error)
		if s.Error = why; !plain {
			s.Error = "a link does not show why"
		}
		if s.Name == "history" { // its errors begin with where it is
			s.Error = head + ": " + s.Error
		}
	}
	return list
}

// plainEnd is what an error ends with, which is what the system says, "permission denied", if that is plain words.
func plainEnd(text string) (end string, plain bool) {
	end, _, _ = strings.Cut(text[strings.LastIndex(text, ": ")+1:], ";") // several may be in a line
	words := strings.Fields(end)
	if len(words) < 2 || slices.ContainsFunc(words, func(word string) bool { return !isPlain(strings.TrimSuffix(word, ",")) }) {
		return "", false
	}
	return strings.Join(words, " "), true
}

// isPlain tells whether a word is of letters alone, or a time: no path, no address, no host's whole name.
func isPlain(word string) bool {
	if _, err := time.ParseDuration(word); err == nil {
		return true
	}
	return word == "read-only" || !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
}

// channel is the one that a request belongs to.
func (d *Dashboard) channel(c *fiber.Ctx) channel {
	if d.visitor(c).redacted() {
		if g := d.guests.Load(); g != nil {
			return *g
		}
		d.redact() // not before there is a link, but then somebody has one
		return *d.guests.Load()
	}
	return channel{d.hub, d.transports}
}

// toldNoGuest is a handler for what a link does not show: who else is here, and figures of the program itself.
func (d *Dashboard) toldNoGuest(handle fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if d.visitor(c).redacted() {
			return problem.New(fiber.StatusForbidden, "a link does not show this: log in with a key or a password").Send(c)
		}
		return handle(c)
	}
}

// own says how a connection that was parked is served again, on all channels.
func (d *Dashboard) own(back func(net.Conn)) {
	d.back.Store(&back)
	d.transports.Own(back)
}

// expel ends what is held for passes that have ended, on all channels.
func (d *Dashboard) expel() {
	d.transports.Expel()
	if g := d.guests.Load(); g != nil {
		g.transports.Expel()
	}
}

// closeGuests tells guests what Close tells the others.
func (d *Dashboard) closeGuests(ctx context.Context) error {
	g := d.guests.Load()
	if g == nil {
		return nil
	}
	return g.transports.Close(ctx)
}

// expires is how late a held connection may end after the pass it was opened with.
const expires = 2 * time.Second

// holding counts who holds a connection, guests included, by technique.
func (d *Dashboard) holding() map[string]int {
	n := d.transports.Viewers.Holding()
	if g := d.guests.Load(); g != nil {
		for technique, more := range g.transports.Viewers.Holding() {
			n[technique] += more
		}
	}
	return n
}

// ended counts held connections that have ended, guests' included, by technique and reason.
func (d *Dashboard) ended() map[string]map[fanout.Reason]uint64 {
	ended := d.transports.Viewers.Ended()
	if g := d.guests.Load(); g != nil {
		for technique, reasons := range g.transports.Viewers.Ended() {
			for reason, n := range reasons {
				ended[technique][reason] += n
			}
		}
	}
	return ended
}

// stats are the hub's, with those who subscribe to the guests' and what they were given. What is published and kept is
// the same for all, and counted once.
func (d *Dashboard) stats() hub.Stats {
	stats := d.hub.Stats()
	if g := d.guests.Load(); g != nil {
		more := g.hub.Stats()
		stats.Subscriptions += more.Subscriptions
		stats.Delivered += more.Delivered
		stats.Thinned += more.Thinned
		stats.Dropped += more.Dropped
	}
	return stats
}

// totals are what viewers have cost, guests included, by technique.
func (d *Dashboard) totals() map[string]meter.Totals {
	totals := d.transports.Viewers.Totals()
	if g := d.guests.Load(); g != nil {
		for technique, more := range g.transports.Viewers.Totals() {
			totals[technique] = totals[technique].Plus(more)
		}
	}
	return totals
}

// sent is how many bytes have gone to viewers, guests included.
func (d *Dashboard) sent() int64 {
	bytes := d.transports.Viewers.Sent()
	if g := d.guests.Load(); g != nil {
		bytes += g.transports.Viewers.Sent()
	}
	return bytes
}

// viewers is who holds a connection, guests behind the others.
func (d *Dashboard) viewers() []transport.Held {
	list := d.transports.Viewers.List()
	if g := d.guests.Load(); g != nil {
		list = append(list, g.transports.Viewers.List()...)
	}
	return list
}
