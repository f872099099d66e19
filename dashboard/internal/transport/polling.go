package transport

import (
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Polling answers at once with whatever there is after the cursor. The viewer asks again when it likes: it pays a
// request each time and is as late as it is patient.
//
// Nothing waits here, so there is one way out:
//
//  1. the answer: 200 {"messages":[…],"cursor":"…"} with what is after the cursor, or 204 when there is nothing new; when
//     there is more than fits into one answer, "more":true says to ask again at once
//
// Its older variant, for a page that cannot ask but load scripts, is in polling_jsonp.go.
func (s *Server) polling(c *fiber.Ctx) error {
	r, p := s.request(c, "jsonp")
	if p != nil {
		return p.Send(c)
	}
	if p := s.meets(c, "polling", &r); p != nil {
		return p.Send(c)
	}
	send, variant := s.sendMessages, ""
	if c.Query("as") == "jsonp" {
		variant = "jsonp"
		if p := s.refuseJSONP(c); p != nil {
			return p.Send(c)
		}
		send = s.sendJSONP
	} else if s.park(c, "polling", r) {
		return nil
	}
	account := s.begin(c, "polling", r)
	account.Variant(variant, nil)
	sub := s.subscribe(r)
	defer sub.Close()
	messages, _ := take(sub) // a closed hub still answers with what it has
	return send(c, account, r, messages, sub.Counts().Pending > 0)
}

// mostAnswer bounds what one answer copies of the backlog, in bytes: viewers that ask and do not read would otherwise
// hold the whole of it, each.
const mostAnswer = 256 << 10

// take is what is there now, up to an answer full.
func take(sub *hub.Subscription) ([]*hub.Message, error) {
	var messages []*hub.Message
	for size := 0; size < mostAnswer; {
		m, err := sub.Next()
		if m == nil || err != nil {
			return messages, err
		}
		messages = append(messages, m)
		size += len(m.JSON)
	}
	return messages, nil
}

// sendMessages answers a poll: an object, so that it can grow, with the cursor to ask with next.
func (s *Server) sendMessages(c *fiber.Ctx, account *meter.Exchange, r request, messages []*hub.Message, more bool) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")
	if len(messages) == 0 {
		account.Answer(0, meter.Layout{})
		return c.SendStatus(fiber.StatusNoContent)
	}
	return sendBody(c, account, r, s.bodies.of(messages, more), messages, "application/json; charset=utf-8")
}

// sendBody answers with a body that has those messages; HEAD with its head, in which there are none.
func sendBody(c *fiber.Ctx, account *meter.Exchange, r request, b *body, messages []*hub.Message, contentType string) error {
	text, layout := b.bytes(r.gzip)
	if r.gzip {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	if c.Method() == fiber.MethodHead {
		account.Answer(0, meter.Layout{})
	} else {
		note(account, messages)
		account.Answer(len(messages), layout)
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(text)
}

// note says which messages an answer has, if anybody wants to know.
func note(account *meter.Exchange, messages []*hub.Message) {
	if !account.Recorded() {
		return
	}
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID.String()
	}
	account.Note(ids)
}

// appendMessages frames messages as a poll's body; payload is where they are in b then.
func appendMessages(b []byte, messages []*hub.Message, more bool) (body []byte, payload []meter.Span) {
	return appendAnswer(b, messages, more, func(b, json []byte) []byte { return append(b, json...) })
}

// appendAnswer is appendMessages where each message is put as write puts it.
func appendAnswer(b []byte, messages []*hub.Message, more bool, write func(b, json []byte) []byte) (body []byte, payload []meter.Span) {
	b = append(b, `{"messages":[`...)
	payload = make([]meter.Span, len(messages))
	for i, m := range messages {
		if i > 0 {
			b = append(b, ',')
		}
		payload[i].From = len(b)
		b = write(b, m.JSON)
		payload[i].To = len(b)
	}
	b = append(b, `],"cursor":"`...)
	b = append(b, messages[len(messages)-1].ID.String()...)
	b = append(b, '"')
	if more {
		b = append(b, `,"more":true`...)
	}
	return append(b, '}'), payload
}
