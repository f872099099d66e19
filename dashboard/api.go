package dashboard

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// sendJSON answers with v, which nobody may keep.
func sendJSON(c *fiber.Ctx, v any) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(v)
}

// getConfig is what the page needs to know before it connects.
func (d *Dashboard) getConfig(c *fiber.Ctx) error {
	patience := d.transports.Config()
	of := d.channel(c).hub
	stats := of.Stats()
	return sendJSON(c, map[string]any{
		"version":      Version(),
		"interval_ms":  d.config.Interval.Milliseconds(),
		"heartbeat_ms": patience.Heartbeat.Milliseconds(),
		"hold_ms":      patience.Hold.Milliseconds(),
		"epoch":        of.Epoch(),
		"cursor":       stats.Newest.String(),
		"techniques":   techniqueNames(),
		"lab":          d.config.Lab,
		"guest":        d.visitor(c).redacted(),
		"full":         d.room.Full(),
		"now":          time.Now().UnixMilli(),
		"zone":         zoneOf(time.Now()),
	})
}

// getHost is what the machine is.
func (d *Dashboard) getHost(c *fiber.Ctx) error {
	host := d.host.Load()
	if host == nil {
		c.Set(fiber.HeaderRetryAfter, "1")
		return problem.New(fiber.StatusServiceUnavailable, "the host's facts have not been read yet").Send(c)
	}
	return sendJSON(c, host)
}

// The points of a chart when the page does not say, and how far back it begins.
const (
	defaultPoints = 600
	defaultSpan   = 5 * time.Minute
	mostNumbers   = 100_000 // series times points: an answer is built while the next snapshot waits to be kept
)

// getHistory is columns for charts; without series, the names there are, or were around a moment.
func (d *Dashboard) getHistory(c *fiber.Ctx) error {
	if c.Query("series") == "" {
		names := d.history.Names
		if c.Context().QueryArgs().Has("at") {
			at, p := queryInt(c, "at", 0, "Unix milliseconds")
			if p != nil {
				return p.Send(c)
			}
			names = func() []history.Series { return d.history.NamesAround(time.UnixMilli(at)) }
		}
		return sendJSON(c, map[string]any{"series": names(), "tiers": d.history.Tiers(), "state": d.history.State()})
	}
	from, to, p := d.span(c, defaultSpan)
	if p != nil {
		return p.Send(c)
	}
	points, p := queryInt(c, "points", defaultPoints, "a number of points, 1 to 5000")
	if p != nil {
		return p.Send(c)
	}
	if points < 1 || points > history.MaxPoints {
		return problem.Bad("points", strconv.FormatInt(points, 10)+" points", fmt.Sprintf("1 to %d", history.MaxPoints)).Send(c)
	}
	series := strings.Split(c.Query("series"), ",")
	if n := slices.Compact(slices.Sorted(slices.Values(series))); len(n) < len(series) {
		return problem.Bad("series", "a name stands there twice", "each name once").Send(c)
	}
	if len(series)*int(points) > mostNumbers {
		return problem.Bad("series", fmt.Sprintf("%d series of %d points are too much for one answer", len(series), points),
			fmt.Sprintf("series times points up to %d", mostNumbers)).Send(c)
	}
	only := c.Query("only")
	if only != "" && only != "avg" {
		return problem.Bad("only", strconv.QuoteToASCII(only[:min(len(only), 64)])+" is nothing that may come alone", "avg").Send(c)
	}
	result, err := d.history.Query(series, time.UnixMilli(from), time.UnixMilli(to), int(points))
	if err != nil {
		return historyProblem(err).Send(c)
	}
	if only == "avg" {
		result.Means()
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(result.AppendJSON(nil))
}

// queryInt reads a whole number from the query.
func queryInt(c *fiber.Ctx, name string, otherwise int64, allowed string) (int64, *problem.Problem) {
	text := c.Query(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<52 {
		return 0, problem.Bad(name, strconv.QuoteToASCII(text[:min(len(text), 64)])+" is not a number that fits here", allowed)
	}
	return n, nil
}

// getViewers is who holds a connection, and why others do no more.
func (d *Dashboard) getViewers(c *fiber.Ctx) error {
	return sendJSON(c, map[string]any{"viewers": d.viewers(), "ended": d.ended()})
}

// postViewer is how a viewer says upwards what a WebSocket viewer says in-band.
func (d *Dashboard) postViewer(c *fiber.Ctx) error {
	id := string([]byte(c.Params("id")))
	if p := transport.CheckViewer(id); p != nil {
		return p.Send(c)
	}
	transports := d.channel(c).transports
	if p := transports.Through(c, id, ""); p != nil {
		return p.Send(c)
	}
	body, p := jsonBody(c)
	if p != nil {
		return p.Send(c)
	}
	account := transports.Said(id, c.Context().Conn())
	account.Received(len(body))
	defer func() { account.Answer(0, meter.Layout{Len: len(c.Response().Body())}) }()
	answer, p := transports.Command(id, body)
	if p != nil {
		return p.Send(c)
	}
	if answer == nil {
		return c.SendStatus(fiber.StatusNoContent)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(answer)
}

func historyProblem(err error) *problem.Problem {
	var unknown *history.UnknownSeriesError
	if errors.As(err, &unknown) {
		return problem.Bad("series", err.Error(), "names from api/v1/history, separated by commas")
	}
	return problem.New(fiber.StatusBadRequest, err.Error())
}
