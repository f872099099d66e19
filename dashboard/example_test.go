package dashboard_test

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard"
)

// A dashboard in somebody's own Fiber app, below a path of its choice and behind its own login.
func Example() {
	app := fiber.New()
	requireAdmin := func(c *fiber.Ctx) error { return c.Next() } // the app's own

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d := dashboard.New(dashboard.Config{Assets: assets.FS})
	d.Register(app.Group("/monitor", requireAdmin))
	go new(collector.Collector).Run(ctx, d.Publish)
	context.AfterFunc(ctx, func() {
		d.Close() // viewers are told first, or Shutdown waits for those that are held
		app.Shutdown()
	})

	if err := app.Listen("127.0.0.1:3000"); err != nil {
		log.Print(err)
	}
}
