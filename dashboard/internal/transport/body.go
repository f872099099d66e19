package transport

import (
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
)

// A Body is how a response that never ends is written, in words of somebody else's: Server.Body makes one. Those who hold
// the same Body share its frames.
type Body struct{ forms bodyForm }

// Body makes one of words, whose technique is one of the five: it is on that one's account.
func (s *Server) Body(words fanout.Words) Body { return Body{s.bodyFormOf(words)} }

// Hold answers a request with a Body, with streaming's parameters, promises and ways out; of messages that wait only the
// newest is sent, for it takes the place of those before.
func (s *Server) Hold(c *fiber.Ctx, contentType string, body Body) error {
	r, p := s.request(c)
	if p != nil {
		return p.Send(c)
	}
	if p := s.meets(c, body.forms.chunked.Technique, &r); p != nil {
		return p.Send(c)
	}
	r.conflate = true
	return s.hold(c, contentType, r, body.forms, nil)
}
