// Streaming asks once and gets one answer that never ends, one message a line: the pieces in which it arrives are not
// the messages, and when it breaks off nobody resumes it but the program that reads it.

package load

import (
	"context"
	"net/http"
)

// streaming reads NDJSON. An empty line is a heartbeat.
func (w *watch) streaming(ctx context.Context, after string) error {
	r, err := w.request(ctx, after, "application/x-ndjson")
	if err != nil {
		return err
	}
	x, err := w.send(r, headPatience, http.StatusOK)
	if err != nil {
		return err
	}
	defer x.Close()
	x.clock.Stop()
	if err := x.is("application/x-ndjson", "application/ndjson", "application/jsonl"); err != nil {
		return err
	}
	in := lines{r: x.Body, max: w.max}
	for {
		line, err := in.next()
		if err != nil {
			return x.ended(err)
		}
		if len(line) == 0 {
			w.beat()
			continue
		}
		if err := w.deliver(ctx, parseMessage(line)); err != nil {
			return err
		}
	}
}
