package crowd_test

import (
	"context"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/load/crowd"
)

// The real server, on all five techniques, with viewers that cut themselves: nothing missed, nothing twice.
func TestDashboard(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	d := dashboard.New(dashboard.Config{})
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx, ln, "/monitor") }()
	published := make(chan struct{})
	go func() {
		defer close(published)
		for tick := time.NewTicker(50 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			d.Publish(collector.Snapshot{})
		}
	}()
	defer func() {
		stop()
		<-published
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	for _, technique := range []string{"polling", "longpolling", "streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			r, err := crowd.Run(t.Context(), crowd.Config{
				URL: url + "/monitor/", Technique: technique, Viewers: 20, Duration: 1500 * time.Millisecond, CutEvery: 400 * time.Millisecond, Pause: 50 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Connected != 20 || r.Messages < 100 || r.Missed != 0 || r.Duplicates != 0 || r.Gaps != 0 || r.Reconnects < 20 || len(r.Errors) != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}
