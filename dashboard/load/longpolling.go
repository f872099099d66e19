// Long polling asks once and is kept waiting until there is something: a message comes at once, but each costs a whole
// question and answer, and those that come between an answer and the next question arrive together.

package load

import (
	"context"
	"time"
)

// usualHold is how long a server holds a question that does not say: most proxies give up on it after 30 s.
const usualHold = 25 * time.Second

// longpolling asks again at once. Only after an answer without news that did not come out of a hold either does it
// wait a moment, or a server that cannot hold would be asked as fast as the wire allows.
func (w *watch) longpolling(ctx context.Context, after string) error {
	hold, wait := usualHold, ""
	if w.Wait > 0 {
		hold, wait = w.Wait, w.Wait.String()
	}
	for {
		asked := time.Now()
		cursor, news, err := w.ask(ctx, after, hold, "wait", wait)
		if err != nil {
			return err
		}
		after = cursor
		if !news {
			if err := pause(ctx, min(hold, time.Second)-time.Since(asked)); err != nil {
				return err
			}
		}
	}
}
