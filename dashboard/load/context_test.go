package load

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// The context ends it at once, with its cause, wherever it is.
func TestContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone := errors.New("viewer gone")
	for _, where := range []string{"before", "connecting", "held", "inside"} {
		t.Run(where, func(t *testing.T) {
			each(t, func(t *testing.T, c *Client) {
				c.Interval = time.Hour
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				c.URL = (&fake{messages: texts(), end: hold}).serve(t)
				switch where {
				case "before":
					cancel(gone)
				case "connecting":
					c.URL = "http://" + silent.Addr().String()
					fallthrough
				case "held":
					time.AfterFunc(20*time.Millisecond, func() { cancel(gone) })
				}
				start, n := time.Now(), 0
				err := c.Watch(ctx, "", func(Message) error {
					if n++; where == "inside" {
						cancel(gone)
					}
					return nil
				})
				if err != gone || time.Since(start) > 10*time.Second {
					t.Errorf("got %v after %v, want the cause at once", err, time.Since(start))
				}
				if where == "inside" && n != 1 {
					t.Errorf("got %d messages, want none after the end", n)
				}
			})
		})
	}
}

func TestDeadline(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{end: hold}).serve(t)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := c.Watch(ctx, "", nil); err != context.DeadlineExceeded {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
