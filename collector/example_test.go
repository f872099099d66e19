package collector_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A source of one's own: a name, and a function that returns a part or an error.
func ExampleSource() {
	uptime := collector.Source{Name: "uptime", Read: func(context.Context) (collector.Part, error) {
		seconds := 42.0 // read it here
		return collector.PartFunc(func(s *collector.Snapshot) { s.Uptime = collector.Known(seconds) }), nil
	}}
	broken := collector.Source{Name: "memory", Read: func(context.Context) (collector.Part, error) {
		panic("torn file")
	}}

	ctx, cancel := context.WithCancel(context.Background())
	c := collector.Collector{
		Interval: 10 * time.Millisecond,
		Sources:  []collector.Source{uptime, broken},
		Logger:   slog.New(slog.DiscardHandler),
	}
	err := c.Run(ctx, func(s collector.Snapshot) {
		seconds, known := s.Uptime.Get()
		fmt.Println(seconds, known)
		for _, state := range s.Sources {
			fmt.Println(state.Name, "-", state.Error)
		}
		cancel() // one is enough
	})
	fmt.Println(err)
	// Output:
	// 42 true
	// memory - panic: torn file
	// <nil>
}
