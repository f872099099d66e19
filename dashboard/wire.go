package dashboard

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// A wireAnswer is what a viewer's messages have cost, and its last exchanges if they were asked for.
type wireAnswer struct {
	Viewer     string                   `json:"viewer"`
	Since      int64                    `json:"since"` // Unix milliseconds: when this meter began, at nothing
	Transports map[string]meter.Figures `json:"transports"`
	Commands   *meter.Figures           `json:"commands,omitempty"` // that came by requests of their own
	CPU        string                   `json:"cpu"`
	Recording  *transport.Recording     `json:"recording,omitempty"`
	Exchanges  *[]meter.Recorded        `json:"exchanges,omitempty"`
}

// noCPU is why there is no figure.
const noCPU = "not measurable for one viewer: a message is framed and compressed once for all of them; measure a crowd"

// getWire is what a viewer's messages have cost, by technique.
func (d *Dashboard) getWire(c *fiber.Ctx) error {
	id := string([]byte(c.Query("viewer")))
	if p := transport.CheckViewer(id); p != nil {
		return p.Send(c)
	}
	technique := c.Query("technique")
	if technique != "" && !slices.Contains(techniqueNames(), technique) {
		return problem.Bad("technique", strconv.QuoteToASCII(technique[:min(len(technique), 64)])+" is no technique", techniqueNames()...).Send(c)
	}
	allowed := fmt.Sprintf("how many of the last exchanges, up to %d; 0 for none", meter.MostExchanges)
	n, p := queryInt(c, "exchanges", 0, allowed)
	if p != nil {
		return p.Send(c)
	}
	if n > meter.MostExchanges {
		return problem.Bad("exchanges", fmt.Sprintf("%d exchanges", n), allowed).Send(c)
	}
	answer := wireAnswer{Viewer: id, Since: d.made.UnixMilli(), CPU: noCPU}
	viewers := d.channel(c).transports.Viewers
	if answer.Transports = viewers.Wire(id); answer.Transports == nil && !d.visitor(c).redacted() { // as viewers tells it, to who may ask there
		if listed := viewers.Listed(id); listed != "" {
			if n > 0 {
				return problem.Bad("viewer", id+" is the name that viewers lists, and exchanges are told by the viewer's own ID alone").Send(c)
			}
			id = listed
			answer.Transports = viewers.Wire(id)
		}
	}
	if n > 0 {
		if d.visitor(c).redacted() {
			return problem.New(fiber.StatusNotFound, "exchanges are not shown by a link: log in with a key or a password").Send(c)
		}
		if !d.config.Lab {
			return problem.New(fiber.StatusNotFound, "exchanges are recorded in the lab only, and this dashboard's lab is off: start it with --lab on").Send(c)
		}
		recording, p := d.transports.Viewers.Record(id, int(n), technique)
		if p != nil {
			c.Set(fiber.HeaderRetryAfter, "60")
			return p.Send(c)
		}
		answer.Recording, answer.Exchanges = &recording, &recording.Exchanges
	}
	if answer.Transports == nil {
		answer.Transports = map[string]meter.Figures{}
	}
	if said, ok := viewers.Said(id); ok {
		answer.Commands = &said
	}
	if technique != "" {
		for name := range answer.Transports {
			if name != technique {
				delete(answer.Transports, name)
			}
		}
	}
	return sendJSON(c, answer)
}
