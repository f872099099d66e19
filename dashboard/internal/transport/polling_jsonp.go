package transport

import (
	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// JSONP is polling, and long polling, by script elements: the answer is a script that calls a function of the page. It is
// from the time before a page could ask other origins for anything but scripts, and that is its danger too: who
// includes it runs it, and whoever includes it reads it.
//
//	window.fivewireJSONP = ({messages, cursor}) => {…};
//	script.src = "api/v1/polling?as=jsonp&after=" + cursor;    // a new element for each request
//
// So here it is tame: the function has one name, the lab must be on, and the request must prove that a page of ours made
// it. A page learns of a refusal by the element's error event, and nothing more; of 503, when the hub closes, likewise.
// An element cannot be told 204 either: nothing new is an empty list, with the cursor that was asked with.
//
// The connection is not parked between two requests: each goes through the server.
const jsonpFunction = "fivewireJSONP"

// refuseJSONP says why a request is not answered; nil is a request that is.
func (s *Server) refuseJSONP(c *fiber.Ctx) *problem.Problem {
	h := &c.Request().Header
	page, said := gate.Proven(string(h.Peek("Origin")), string(h.Peek("Referer")), string(h.Peek("Sec-Fetch-Site")))
	switch {
	case !s.config.Lab:
		return s.noLab("JSONP is there to be shown")
	case !said || page != "" && !s.config.Ours(c, page):
		return problem.New(fiber.StatusForbidden, "JSONP is a script, and is given only to the dashboard's own pages: "+
			"the request needs Sec-Fetch-Site: same-origin, or an Origin or Referer of this origin")
	}
	return nil
}

// sendJSONP is sendMessages for JSONP.
func (s *Server) sendJSONP(c *fiber.Ctx, account *meter.Exchange, r request, messages []*hub.Message, more bool) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff") // it is a script, and nothing else
	of := s.jsonp.of
	if len(messages) == 0 {
		of = func([]*hub.Message, bool) *body {
			return &body{compressor: &s.compressor, plain: appendCall(nil, func(b []byte) []byte {
				return append(b, `{"messages":[],"cursor":"`+r.after.String()+`"}`...)
			})}
		}
	}
	return sendBody(c, account, r, of(messages, more), messages, "application/javascript; charset=utf-8")
}

// appendJSONP frames messages as a script. What stands around them in the object has nothing that a script could take for
// its own.
func appendJSONP(b []byte, messages []*hub.Message, more bool) (body []byte, payload []meter.Span) {
	body = appendCall(b, func(b []byte) []byte {
		b, payload = appendAnswer(b, messages, more, appendForScript)
		return b
	})
	return body, payload
}

// appendCall is the script that calls with what object appends. The comment in front is for readers that would take its
// first bytes for another format.
func appendCall(b []byte, object func(b []byte) []byte) []byte {
	b = append(b, "/**/"+jsonpFunction+"("...)
	return append(object(b), ");"...)
}
