package transport

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Long polling holds the answer until there is something to say. Every message still costs a request, but none comes
// late; what is published between an answer and the next request waits in the backlog and is answered together.
//
// The ways out of the wait:
//
//  1. there is a message after the cursor: 200, as in polling; at once when it was there already
//  2. the hold ends: 204, and the viewer asks again with the same cursor
//  3. the viewer leaves: nothing is sent, for nobody is there
//  4. the hub closes, or the viewer's pass has ended: 503 with Retry-After, and the connection is closed
func (s *Server) longpolling(c *fiber.Ctx) error {
	r, p := s.request(c, "jsonp")
	if p != nil {
		return p.Send(c)
	}
	if p := s.meets(c, "longpolling", &r); p != nil {
		return p.Send(c)
	}
	send, words := s.sendMessages, &s.words.longpolling
	jsonp := c.Query("as") == "jsonp"
	if jsonp {
		if p := s.refuseJSONP(c); p != nil {
			return p.Send(c)
		}
		send, words = s.sendJSONP, &s.words.longpollingJSONP
	}
	if p := s.crowded(c); p != nil {
		return p.Send(c)
	}
	if !jsonp && s.park(c, "longpolling", r) {
		return nil
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	account := s.begin(c, "longpolling", r)
	account.Variant(words.Variant, nil)
	sub := s.subscribe(r)
	defer sub.Close()
	defer s.Viewers.hold(r, words, sub).release()

	messages, err := take(sub)
	if len(messages) == 0 && err == nil && c.Method() != fiber.MethodHead { // which asks for the head there would be now
		gone, stop := watch(c.Context().Conn())
		messages, err = await(sub, gone, r.wait)
		stop()
	}
	switch {
	case len(messages) > 0 || err == nil:
		return send(c, account, r, messages, sub.Counts().Pending > 0)
	case errors.Is(err, errLeft):
		c.Context().SetConnectionClose()
		account.Answer(0, meter.Layout{})
		return c.SendStatus(fiber.StatusNoContent) // the server has to write something; it meets a closed connection
	default:
		c.Set(fiber.HeaderRetryAfter, retryAfter())
		c.Context().SetConnectionClose()
		err := over().Send(c)
		account.Answer(0, meter.Layout{Len: len(c.Response().Body())})
		return err
	}
}

// errLeft ends a wait when the viewer has gone.
var errLeft = errors.New("viewer left")

// await is the wait, apart from any socket: messages when there are some, neither messages nor error when the hold
// ends, errLeft when gone closes, hub.ErrClosed when the hub does.
func await(sub *hub.Subscription, gone <-chan struct{}, hold time.Duration) ([]*hub.Message, error) {
	timer := time.NewTimer(hold)
	defer timer.Stop()
	for {
		select {
		case <-sub.Ready():
			if messages, err := take(sub); len(messages) > 0 || err != nil {
				return messages, err
			}
		case <-timer.C:
			return nil, nil
		case <-gone:
			return nil, errLeft
		}
	}
}
