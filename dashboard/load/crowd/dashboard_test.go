package crowd_test

import (
	"bytes"
	"context"
	"encoding/json"
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
	base := dashboardURL(t)
	for _, technique := range []string{"polling", "longpolling", "streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			t.Parallel()
			r, err := crowd.Run(t.Context(), crowd.Config{
				URL: base, Technique: technique, Viewers: 20, Duration: 1500 * time.Millisecond, CutEvery: 400 * time.Millisecond, Pause: 50 * time.Millisecond,
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

// What a program that attends is told are objects, a line each, in the order of the phases, and the last one agrees with
// the report.
func TestProgress(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	var out bytes.Buffer
	r, err := crowd.Run(t.Context(), crowd.Config{
		URL: dashboardURL(t), Technique: "sse", Viewers: 20, Duration: 2500 * time.Millisecond, Progress: &out, Objects: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	var last crowd.Progress
	order := map[string]int{"connecting": 1, "measuring": 2, "done": 3}
	n, at := 0, 0
	for in := json.NewDecoder(&out); in.More(); n++ {
		last = crowd.Progress{}
		if err := in.Decode(&last); err != nil {
			t.Fatal(err)
		}
		if order[last.Phase] < at || order[last.Phase] == 0 {
			t.Errorf("%q comes too late", last.Phase)
		}
		at = order[last.Phase]
	}
	if n < 3 || last.Phase != "done" || last.Held != 20 || last.Messages < r.Messages-20 || last.Missed != 0 || last.Age == nil || last.Age.P99 < last.Age.P50 {
		t.Errorf("%d objects, the last is %+v, and the report %+v", n, last, r)
	}
}

// dashboardURL is a dashboard's, with twenty messages a second, until the test ends.
func dashboardURL(t *testing.T) string {
	t.Helper()
	d := dashboard.New(dashboard.Config{})
	ln, url, err := dashboard.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx, ln, "/monitor") }()
	published := make(chan struct{})
	go func() {
		defer close(published)
		for tick := time.NewTicker(50 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			d.Publish(collector.Snapshot{})
		}
	}()
	t.Cleanup(func() {
		stop()
		<-published
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return url + "/monitor/"
}
