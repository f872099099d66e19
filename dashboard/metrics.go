package dashboard

import (
	runtimemetrics "runtime/metrics"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/metrics"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// shown is a snapshot that was published, and when.
type shown struct {
	snapshot collector.Snapshot
	at       time.Time
}

// getMetrics is the newest snapshot for Prometheus.
func (d *Dashboard) getMetrics(c *fiber.Ctx) error {
	newest := d.shown.Load()
	if newest == nil {
		c.Set(fiber.HeaderRetryAfter, "1")
		return problem.New(fiber.StatusServiceUnavailable, "there is no snapshot yet").Send(c)
	}
	page, err := d.metrics.Page(&newest.snapshot, func() metrics.Facts {
		now := time.Now()
		asks, wrong, slowed := d.tries()
		return metrics.Facts{
			Now:     now,
			Age:     now.Sub(newest.at),
			Version: Version(),
			Hub:     d.stats(),
			Viewers: d.holding(),
			Wire:    d.totals(),
			GCs:     collections(),
			Alerts:  d.alerts.watch.States(now),
			Notices: d.notices(),

			Asks: asks, WrongTries: wrong, SlowedTries: slowed,
		}
	}, c.Get(fiber.HeaderAccept), deflate.AcceptsGzip(c.Request().Header.PeekAll(fiber.HeaderAcceptEncoding)))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderVary, "Accept, Accept-Encoding")
	c.Set(fiber.HeaderContentType, page.ContentType)
	if page.Encoding != "" {
		c.Set(fiber.HeaderContentEncoding, page.Encoding)
	}
	return c.Send(page.Body)
}

// collections counts garbage collections since the process began.
func collections() uint64 {
	sample := []runtimemetrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	runtimemetrics.Read(sample)
	if sample[0].Value.Kind() != runtimemetrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// sending remembers what viewers had cost when the last snapshot was published.
type sending struct {
	mu    sync.Mutex
	at    time.Time
	bytes int64
}

// withSent is own with the bytes per second that went to viewers since the snapshot before, as the meter has them. It
// is a copy: a part is shared with other snapshots, and perhaps with other dashboards. One that says already what was
// sent is left alone.
func (d *Dashboard) withSent(own *collector.Self) *collector.Self {
	bytes, now := d.sent(), time.Now()
	s := &d.sending
	s.mu.Lock()
	defer s.mu.Unlock()
	before, sent := s.at, bytes-s.bytes
	s.at, s.bytes = now, bytes
	if own == nil || before.IsZero() {
		return own
	}
	if _, known := own.Sent.Get(); known {
		return own
	}
	with := *own
	with.Sent = collector.Known(float64(sent) / now.Sub(before).Seconds())
	return &with
}
