package dashboard

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// shortestShare is for trying out.
const shortestShare = time.Second

// shares is a handler for links, which there are where somebody is asked who he is.
func (d *Dashboard) shares(handle fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !d.config.Access.asks() {
			return problem.New(fiber.StatusConflict, "nobody is asked here, so there is nothing to share: whoever reaches this dashboard may look (hint: --auth key)").Send(c)
		}
		return handle(c)
	}
}

// A shared is a link that is out, as it is told.
type shared struct {
	ID    string `json:"id"`
	Until int64  `json:"until"` // Unix milliseconds
	URL   string `json:"url,omitempty"`
}

// getShares lists the links that are out. What they open with is not told again.
func (d *Dashboard) getShares(c *fiber.Ctx) error {
	list := []shared{}
	for _, s := range d.config.Access.guard.Shares() {
		list = append(list, shared{ID: s.ID, Until: s.Until.UnixMilli()})
	}
	return sendJSON(c, map[string]any{"shares": list})
}

// postShare makes a link that lets who has it look, without command lines and names of users, until its time is over.
func (d *Dashboard) postShare(c *fiber.Ctx) error {
	var wanted struct {
		For string `json:"for"`
	}
	if p := readJSON(c, &wanted); p != nil {
		return p.Send(c)
	}
	lasts, err := time.ParseDuration(wanted.For)
	if err != nil || lasts < shortestShare || lasts > auth.LongestShare {
		return problem.Bad("for", "not a duration that fits here", "1s to "+auth.LongestShare.String(), "such as 24h").Send(c)
	}
	d.redact()
	token, s, err := d.config.Access.guard.Share(time.Now().Add(lasts))
	if errors.Is(err, auth.ErrFull) {
		return problem.New(fiber.StatusTooManyRequests, err.Error()).Send(c)
	}
	if err != nil {
		return err
	}
	c.Status(fiber.StatusCreated)
	return sendJSON(c, shared{s.ID, s.Until.UnixMilli(), d.address(c) + "#s=" + token})
}

// deleteShare takes a link back, or all of them: who looks by it is told goodbye.
func (d *Dashboard) deleteShare(c *fiber.Ctx) error {
	if id := c.Params("id"); !d.config.Access.guard.Unshare(id) && id != "" {
		return problem.New(fiber.StatusNotFound, "no such link is out").Send(c)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// address is where a browser finds the dashboard, as far as it is known: what it was told, or what this request says.
func (d *Dashboard) address(c *fiber.Ctx) string {
	a, v := d.config.Access, d.visitor(c)
	if origin := a.origin(); origin != "" {
		return origin + d.outside(c, v) + "/"
	}
	scheme := "http://"
	if a.config.TLS || v.way.TLS {
		scheme = "https://"
	}
	return scheme + string(c.Request().Header.Host()) + d.outside(c, v) + "/" // the Host was judged before
}
