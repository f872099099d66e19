package dashboard

import (
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
)

// lookHolds is for how long somebody counts as looking after a request, or a message that reached somebody.
const lookHolds = time.Minute

// A looking remembers when somebody looked last.
type looking struct {
	start     time.Time
	last      atomic.Int64  // nanoseconds after start
	delivered atomic.Uint64 // messages, as of the last question
}

func (l *looking) note() { l.last.Store(int64(time.Since(l.start))) }

// Watched tells whether anybody looks at what is published, or did within the last minute: who holds a connection, polls,
// scrapes metrics or asks the API for anything, guests included. Probes of healthz and readyz do not count, and nobody
// counts who may not look: strangers cannot keep a collector busy. It is made to be a collector's.
func (d *Dashboard) Watched() bool {
	stats := d.stats()
	if d.looking.delivered.Swap(stats.Delivered) != stats.Delivered || stats.Subscriptions > 0 {
		d.looking.note()
	}
	return time.Since(d.looking.start)-time.Duration(d.looking.last.Load()) < lookHolds
}

// looks takes note of a request. Those of parked connections do not come here: the hub counts what they get.
func (d *Dashboard) looks(c *fiber.Ctx) error {
	if d.visitor(c).role.May(auth.Viewer) {
		d.looking.note()
	}
	return c.Next()
}
