package load_test

import (
	"context"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/fivewire/fivewire/dashboard/load"
)

// A program that prints how a dashboard on this machine is doing, for as long as it runs.
func ExampleClient_Follow() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	defer stop()
	viewer := &load.Client{URL: "http://127.0.0.1:8055/", Technique: "sse"}
	tally, err := viewer.Follow(ctx, "", func(m load.Message) error {
		fmt.Printf("%s %s\n", m.ID, m.Raw)
		return nil
	})
	fmt.Println(tally.Messages, "messages,", tally.Missed, "missed:", err)
}
