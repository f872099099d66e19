package dashboard

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/load"
)

// Two dashboards in somebody's app, each with a collector of its own and viewers on all five: when they have been closed,
// and their collectors have ended, not a goroutine and not a descriptor of theirs is left.
func TestNothingIsLeftBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the host twice a tick")
	}
	once := func() {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		ctx, stop := context.WithCancel(t.Context())
		var collecting, watching sync.WaitGroup
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		seen := make(chan string, 10_000)
		for _, prefix := range []string{"/a", "/b"} {
			s := mounted(t, app, prefix)
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			collecting.Go(func() {
				c := collector.Collector{Interval: 100 * time.Millisecond}
				c.Run(ctx, s.Publish)
			})
			for _, technique := range load.Techniques() {
				watching.Go(func() {
					c := load.Client{URL: "http://" + ln.Addr().String() + prefix + "/", Technique: technique, Interval: 100 * time.Millisecond}
					c.Watch(ctx, "", func(load.Message) error { seen <- prefix + technique; return nil })
				})
			}
		}
		served := make(chan error, 1)
		go func() { served <- app.Listener(ln) }()
		defer func() {
			if err := app.ShutdownWithTimeout(time.Minute); err != nil {
				t.Error(err)
			}
			<-served
			stop()
			watching.Wait()
			collecting.Wait()
		}()
		all := map[string]bool{}
		late := time.After(time.Minute)
		for len(all) < 2*len(load.Techniques()) {
			select {
			case who := <-seen:
				all[who] = true
			case <-late:
				t.Fatalf("only %v see something", all)
			}
		}
	}
	once() // what the runtime and libraries open once, for ever, is open now
	running := goleak.IgnoreCurrent()
	before := descriptors(t)
	once()
	eventually(t, "all descriptors are closed", func() bool { return descriptors(t) <= before })
	goleak.VerifyNone(t, append(ofFasthttp(), running)...)
}
