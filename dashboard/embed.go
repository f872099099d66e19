package dashboard

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// panels are those of the page that a page elsewhere may have alone in a frame, as assets/js/embed.js names them too.
var panels = []string{
	"verdict", "tiles", "alerts", "cpu", "memory", "pressure", "network", "disk", "load", "processes", "disks", "filesystems",
	"networks", "sockets", "containers", "units", "sensors", "gpus", "batteries", "users",
}

// element is the one file that pages of other origins may load: it makes the frame. It is the same for everybody.
const element = "js/element.js"

// getEmbed is a page with one panel. What it shows it asks for by itself, as the page does.
func (d *Dashboard) getEmbed(c *fiber.Ctx) error {
	d.guardDocument(c, d.config.Access.embedders())
	at, _, _ := strings.Cut(c.OriginalURL(), "?")
	if strings.HasSuffix(at, "/") { // its URLs are relative
		return d.nothingHere(c)
	}
	if !slices.Contains(panels, c.Params("panel")) {
		p := problem.New(fiber.StatusNotFound, "there is no panel of this name")
		p.Allowed = panels
		return p.Send(c)
	}
	return d.sendAsset(c, "embed.html")
}
