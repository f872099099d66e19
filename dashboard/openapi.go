package dashboard

import (
	_ "embed"

	"github.com/gofiber/fiber/v2"
)

// openapi describes every route for programs; a test holds it to the table of routes. It is the same on every host, and
// open to anybody: it says how to log in.
//
//go:embed openapi.json
var openapi []byte

func (d *Dashboard) getOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(openapi)
}
