package transport

import (
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Streaming is one response that never ends: newline-delimited JSON, a message a line, an empty line for a heartbeat.
// The viewer cuts the lines apart itself, for a chunk on the wire is no message, and it reconnects by itself.
//
// The ways out:
//
//  1. the viewer leaves: the connection is closed
//  2. a line cannot be written in time: the connection is cut, in the middle of a chunk perhaps; the viewer resumes
//  3. the hub closes: the body is completed (the last, empty chunk) and the connection closed; the viewer sees an end
//
// Its older variants, for a browser that cannot read a response while it comes, are in files of their own:
// streaming_iframe.go, streaming_multipart.go.
func (s *Server) streaming(c *fiber.Ctx) error {
	r, p := s.request(c, "iframe", "multipart")
	if p != nil {
		return p.Send(c)
	}
	if p := s.meets(c, "streaming", &r); p != nil {
		return p.Send(c)
	}
	switch c.Query("as") {
	case "iframe":
		return s.iframe(c, r)
	case "multipart":
		return s.multipart(c, r)
	}
	return s.hold(c, "application/x-ndjson", r, s.forms.streaming, nil)
}

func streamingWords() fanout.Words {
	return fanout.Words{
		Technique: "streaming",
		Message:   func(b []byte, m *hub.Message) []byte { return append(append(b, m.JSON...), '\n') },
		Heartbeat: []byte("\n"),
	}
}
