package transport

import (
	"net"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// bodyForm is how an endless HTTP response is written: in chunks, compressed or not, or not in chunks for HTTP/1.0, where
// the body ends with the connection.
type bodyForm struct{ chunked, gzip, plain *fanout.Form }

func (s *Server) bodyFormOf(words fanout.Words) bodyForm {
	return bodyForm{
		chunked: &fanout.Form{Words: words, Chunked: true},
		gzip:    &fanout.Form{Words: words, Chunked: true, Encoding: fanout.Gzip, Compressor: &s.compressor},
		plain:   &fanout.Form{Words: words},
	}
}

// hold answers the request with a response that does not end. The request and its context are gone by then.
//
// It takes the connection from the server instead of handing it a body to copy: so every write is a system call of our
// own, the viewer's leaving is seen at once and not at the second write after it, and the owner's middleware cannot
// mistake an endless body for one to buffer, hash or compress.
// opening is what this viewer alone is told first; nil for nothing.
func (s *Server) hold(c *fiber.Ctx, contentType string, r request, forms bodyForm, opening func(b []byte) []byte) error {
	if p := s.crowded(c); p != nil {
		return p.Send(c)
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderCacheControl, "no-store, no-transform") // a transforming proxy would collect to compress
	c.Set("X-Accel-Buffering", "no")                          // nginx: pass every write on at once
	form := forms.plain
	if c.Context().Request.Header.IsHTTP11() {
		form = forms.chunked
		if r.gzip {
			form = forms.gzip
			c.Set(fiber.HeaderContentEncoding, "gzip")
		}
	}
	if c.Method() == fiber.MethodHead {
		return nil
	}
	s.holds(c, form.Technique, r)
	account := s.begin(c, form.Technique, r)
	ctx := c.Context()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(conn net.Conn) {
		// The head is taken here and not before, so that what middleware set after the handler is in it.
		s.line(conn, r, account, head(&ctx.Response, form.Chunked), fanout.Line{Form: form, Opening: opening})
	})
	return nil
}

// head is the status line and the header fields. It is written at once: a viewer must know that it is connected before
// the first message.
func head(response *fasthttp.Response, chunked bool) []byte {
	header := &response.Header
	if chunked {
		header.SetContentLength(-1) // Transfer-Encoding: chunked
	} else {
		header.SetContentLength(-2) // the body ends with the connection
		header.SetConnectionClose()
	}
	return append([]byte(nil), header.Header()...) // a copy: the server uses its memory again
}

// line hands a connection to the fan-out, and lists it for as long as it lives. Of l, what others know is filled in.
func (s *Server) line(conn net.Conn, r request, account *meter.Exchange, head []byte, l fanout.Line) {
	account.Variant(l.Form.Variant, l.Form.Heard)
	account.Hold(conn, len(head))
	l.Sub, l.Account = s.subscribe(r), account
	h := s.Viewers.hold(r, &l.Form.Words, l.Sub)
	h.account = account
	l.Owner = h
	if e, ok := l.Ear.(*ear); ok {
		e.holding = h
	}
	s.fanout.Hold(conn, head, l)
	if h.by() != fanout.ByGoroutine && s.faulty(r.viewer, l.Form.Technique) { // it came between a fault and those it concerns
		s.reroute()
	}
}
