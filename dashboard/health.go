package dashboard

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// A collector that has been silent for stuckIntervals intervals, and for stuckAfter at least, is stuck: a machine that is
// short of everything is a second late at times, and to kill its monitor then helps nobody.
const (
	stuckIntervals = 10
	stuckAfter     = 10 * time.Second
)

// Healthy is nil while snapshots come: the last one, or New where there was none yet, is less than ten intervals ago, or
// less than ten seconds where those are shorter. Else it says for how long none has come. Time that the machine was
// suspended does not count. It is what healthz answers, for a watchdog in the same process.
func (d *Dashboard) Healthy() error {
	since := d.made
	if newest := d.shown.Load(); newest != nil {
		since = newest.at
	}
	if silent := time.Since(since); silent >= max(stuckIntervals*d.config.Interval, stuckAfter) {
		return fmt.Errorf("no snapshot for %v: the collector is stuck", silent.Round(time.Second))
	}
	return nil
}

// Ready is nil when there is something to see and there will be: a snapshot has come, and Close has not been called. It
// is what readyz answers.
func (d *Dashboard) Ready() error {
	select {
	case <-d.closing:
		return errors.New("closing")
	default:
	}
	if d.shown.Load() == nil {
		return errors.New("no snapshot yet")
	}
	return nil
}

// healthz: the process answers, and its collector ticks.
func (d *Dashboard) healthz(c *fiber.Ctx) error { return probe(c, d.Healthy()) }

// readyz: there is something to see. Without a disk there still is, but not for as long, and that is said.
func (d *Dashboard) readyz(c *fiber.Ctx) error {
	if unkept := d.unkept(); unkept != "" && d.Ready() == nil {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.SendString("ok, but " + unkept + "\n")
	}
	return probe(c, d.Ready())
}

// unkept says that history is not kept as it was asked for, in words for anybody; "" where it is.
func (d *Dashboard) unkept() string {
	problem := d.history.State().Problem
	what, _, _ := strings.Cut(problem, ": ")
	if why, plain := plainEnd(problem); plain && problem != what {
		return what + ": " + why
	} else if what != "" {
		return what + ", and the log says why"
	}
	return ""
}

// probe answers in one line: whoever reads it is a machine, or in a hurry.
func probe(c *fiber.Ctx, err error) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if err != nil {
		return c.Status(fiber.StatusServiceUnavailable).SendString(err.Error() + "\n")
	}
	return c.SendString("ok\n")
}
