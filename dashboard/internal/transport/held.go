package transport

import (
	"net"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// mostNoise is what a viewer may send on a connection that only goes down before it is cut.
const mostNoise = 64 << 10

// A held connection is one response that does not end: head, then chunks as they come (RFC 9112 section 7.1), written
// by one goroutine with a deadline each, while another reads to notice that the viewer leaves.
//
// It takes the connection from the server instead of handing it a body to copy: so every write is a system call with
// our own deadline, the viewer's leaving is seen at once and not at the second write after it, and the owner's
// middleware cannot mistake an endless body for one to buffer, hash or compress.
type held struct {
	conn     net.Conn
	account  *meter.Exchange
	timeout  time.Duration
	chunked  bool // not for HTTP/1.0, where the body ends with the connection
	buf      []byte
	left     chan struct{} // closed when the viewer has gone
	finished chan struct{} // closed when the reader has ended
}

// hold answers the request with a head and lets talk write the body for as long as it likes. talk runs in a goroutine
// of its own; the request and its context are gone by then.
func (s *Server) hold(c *fiber.Ctx, technique, contentType string, r request, talk func(*held, *hub.Subscription)) error {
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderCacheControl, "no-store, no-transform") // a transforming proxy would collect to compress
	c.Set("X-Accel-Buffering", "no")                          // nginx: pass every write on at once
	if c.Method() == fiber.MethodHead {
		return nil
	}
	account := s.begin(c, technique, r)
	ctx := c.Context()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(conn net.Conn) {
		s.held.Add(1)
		defer s.held.Add(-1)
		defer account.End()
		defer s.guard(technique)
		sub := s.hub.Subscribe(r.after, r.every)
		defer sub.Close()
		defer s.Viewers.hold(r.viewer, technique, sub)()

		h := &held{
			conn:     conn,
			account:  account,
			timeout:  s.config.WriteTimeout,
			chunked:  ctx.Request.Header.IsHTTP11(),
			left:     make(chan struct{}),
			finished: make(chan struct{}),
		}
		// The head is written here and not before, so that what middleware set after the handler is in it.
		if err := h.head(&ctx.Response); err != nil {
			return
		}
		go func() {
			defer s.guard(technique)
			h.read()
		}()
		defer h.release()
		talk(h, sub)
	})
	return nil
}

// head writes the status line and the header fields at once: a viewer must know that it is connected before the first
// message.
func (h *held) head(response *fasthttp.Response) error {
	header := &response.Header
	if h.chunked {
		header.SetContentLength(-1) // Transfer-Encoding: chunked
	} else {
		header.SetContentLength(-2) // the body ends with the connection
		header.SetConnectionClose()
	}
	head := header.Header()
	h.account.Hold(len(head))
	h.conn.SetWriteDeadline(time.Now().Add(h.timeout))
	_, err := h.conn.Write(head)
	return err
}

// send writes one frame as one chunk, in one system call.
func (h *held) send(frame []byte) error {
	h.buf = h.buf[:0]
	if h.chunked {
		h.buf = strconv.AppendUint(h.buf, uint64(len(frame)), 16)
		h.buf = append(h.buf, "\r\n"...)
	}
	h.buf = append(h.buf, frame...)
	if h.chunked {
		h.buf = append(h.buf, "\r\n"...)
	}
	h.conn.SetWriteDeadline(time.Now().Add(h.timeout))
	_, err := h.conn.Write(h.buf)
	return err
}

// message sends a frame that carries m.
func (h *held) message(m *hub.Message, frame []byte) error {
	if err := h.send(frame); err != nil {
		return err
	}
	h.account.Sent(len(m.JSON), len(frame))
	return nil
}

// end completes the body, so that the viewer can tell an end from a cut.
func (h *held) end() {
	if h.chunked {
		h.conn.SetWriteDeadline(time.Now().Add(h.timeout))
		h.conn.Write([]byte("0\r\n\r\n"))
	}
}

// read notices that the viewer leaves; what it says on a one-way connection is read and forgotten, up to a bound.
func (h *held) read() {
	defer close(h.finished)
	defer close(h.left)
	var scrap [512]byte
	for noise := 0; noise <= mostNoise; {
		n, err := h.conn.Read(scrap[:])
		if err != nil {
			return
		}
		noise += n
	}
}

// release stops the reader and waits for it: the server takes the connection's memory back for others.
func (h *held) release() {
	h.conn.SetReadDeadline(time.Unix(1, 0))
	<-h.finished
}
