// Polling asks again and again, whether there is anything or not: a message waits at the server until the next question
// comes, and most questions of a fast poller are answered with nothing.

package load

import (
	"context"
	"time"
)

// polling pauses after an answer, not between questions: on a slow line it asks less often instead of over and over.
func (w *watch) polling(ctx context.Context, after string) error {
	interval := w.Interval
	if interval <= 0 {
		interval = time.Second
	}
	for {
		cursor, _, err := w.ask(ctx, after, 0)
		if err != nil {
			return err
		}
		after = cursor
		if w.more {
			continue // what did not fit into this answer is there already
		}
		if err := pause(ctx, interval); err != nil {
			return err
		}
	}
}
