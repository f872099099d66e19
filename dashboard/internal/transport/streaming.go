package transport

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// Streaming is one response that never ends: newline-delimited JSON, a message a line, an empty line for a heartbeat.
// The viewer cuts the lines apart itself, for a chunk on the wire is no message, and it reconnects by itself.
//
// The ways out are deliver's:
//
//  1. the viewer leaves: the connection is closed
//  2. a line cannot be written in time: the connection is cut, in the middle of a chunk perhaps; the viewer resumes
//  3. the hub closes: the body is completed (the last, empty chunk) and the connection closed; the viewer sees an end
func (s *Server) streaming(c *fiber.Ctx) error {
	r, p := s.request(c)
	if p != nil {
		return p.Send(c)
	}
	if as := c.Query("as"); as != "" {
		return problem.Bad("as", quote(as)+" is no form of streaming", "nothing: leave it out for newline-delimited JSON").Send(c)
	}
	return s.hold(c, "streaming", "application/x-ndjson", r, func(h *held, sub *hub.Subscription) {
		var frame []byte
		err := deliver(sub, h.left, s.config.Heartbeat, outlet{
			message: func(m *hub.Message) error {
				frame = append(append(frame[:0], m.JSON...), '\n')
				return h.message(m, frame)
			},
			heartbeat: func() error { return h.send([]byte("\n")) },
		})
		if errors.Is(err, hub.ErrClosed) {
			h.end()
		}
	})
}
