package transport

import (
	"bytes"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Server-Sent Events are a stream that the browser understands by itself: it cuts the events apart, remembers the last
// id, reconnects after the retry time and says where it was, in Last-Event-ID. The format is the HTML standard's,
// section 9.2.
//
// The ways out:
//
//  1. the viewer leaves: the connection is closed
//  2. an event cannot be written in time: the connection is cut; an event without its empty line is ignored by the
//     browser, which comes back with the id before it
//  3. the hub closes: a last retry:, spread over some seconds, and the body is completed; the browser comes back then
func (s *Server) sse(c *fiber.Ctx) error {
	r, p := s.request(c)
	if p != nil {
		return p.Send(c)
	}
	// A browser that reconnects repeats the URL it began with and says in the header what it has got since.
	if last := c.Get("Last-Event-ID"); last != "" {
		if r.after, p = ParseAfter("Last-Event-ID", last); p != nil {
			return p.Send(c)
		}
	}
	if p := s.meets(c, "sse", &r); p != nil {
		return p.Send(c)
	}
	return s.hold(c, "text/event-stream", r, s.forms.sse, nil)
}

func sseWords() fanout.Words {
	return fanout.Words{
		Technique: "sse",
		Opening:   appendRetry,
		Message:   func(b []byte, m *hub.Message) []byte { return appendEvent(b, m.ID.String(), m.JSON) },
		Heartbeat: []byte(": heartbeat\n\n"),
		Farewell:  appendRetry,
	}
}

// appendRetry tells the browser how long to wait before it reconnects: another time for each, or all come at once.
func appendRetry(b []byte) []byte { return fmt.Appendf(b, "retry: %d\n\n", retryDelay()) }

// appendEvent frames a message. A line break in data, which JSON does not have but a careless publisher might, begins
// a data line of its own: CR, LF and CRLF all end a line.
func appendEvent(b []byte, id string, data []byte) []byte {
	b = append(b, "id: "...)
	b = append(b, id...)
	for rest, more := data, true; more; {
		line := rest
		i := bytes.IndexAny(rest, "\r\n")
		if more = i >= 0; more {
			line = rest[:i]
			if bytes.HasPrefix(rest[i:], []byte("\r\n")) {
				i++
			}
			rest = rest[i+1:]
		}
		b = append(b, "\ndata: "...)
		b = append(b, line...)
	}
	return append(b, "\n\n"...)
}
