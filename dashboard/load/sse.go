// Server-Sent Events are streaming with rules for what programs otherwise agree on among themselves: each event carries
// its id, a header brings the last one back after a cut, and the server says how soon to come again.

package load

import (
	"context"
	"net/http"
)

// sse sends the cursor twice, in the header of a browser that reconnects and in the URL of one that comes for the
// first time. A caller who sets Last-Event-ID in Header, to something or to nil, has it his way.
func (w *watch) sse(ctx context.Context, after string) error {
	r, err := w.request(ctx, after, "text/event-stream")
	if err != nil {
		return err
	}
	r.Header.Set("Cache-Control", "no-store") // WHATWG HTML §9.2.2, the constructor's steps
	if _, own := r.Header["Last-Event-Id"]; !own && after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	x, err := w.send(r, headPatience, http.StatusOK)
	if err != nil {
		return err
	}
	defer x.Close()
	x.clock.Stop()
	if err := x.is("text/event-stream"); err != nil {
		return err
	}
	in := newEvents(x.Body, w.max, w.beat, w.Retry)
	for {
		e, err := in.next()
		if err != nil {
			return x.ended(err)
		}
		if e.name != "" && e.name != "message" {
			continue // as with EventSource's onmessage: other events are for those who know them
		}
		m := parseMessage(e.data)
		if e.id != "" {
			m.ID = e.id
		}
		if err := w.deliver(ctx, m); err != nil {
			return err
		}
	}
}
