package transport

import (
	"bytes"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// answers makes whole responses to polls, each once for all who get it: they share the head that the server's
// middleware gave the first of them.
type answers struct {
	base   fasthttp.ResponseHeader // what middleware set; not to be changed
	bodies *bodies

	mu     sync.Mutex
	recent [recentAnswers]answer
	next   int
	full   fasthttp.ResponseHeader // of 200
	packed fasthttp.ResponseHeader // of 200, compressed
	empty  fasthttp.ResponseHeader // of 204
}

// recentAnswers is how many are kept for others, and freshAnswer for how long: their head says the time.
const (
	recentAnswers = 4
	freshAnswer   = time.Second
	mostAnswers   = 64 // heads that are told apart
)

// An answer is a response with messages. It is shared and never changed.
type answer struct {
	of    *body
	gzip  bool
	made  time.Duration
	bytes []byte
	body  meter.Layout
}

// answersFor finds those that have the same head, or makes them.
func (s *Server) answersFor(header *fasthttp.ResponseHeader) *answers {
	a := &answers{bodies: &s.bodies}
	header.CopyTo(&a.base)
	a.base.Del(fiber.HeaderContentLength)
	_, key, _ := bytes.Cut(a.base.Header(), []byte("Date: ")) // behind the status line and the date
	_, key, _ = bytes.Cut(key, []byte("\r\n"))
	s.headsMu.Lock()
	defer s.headsMu.Unlock()
	if known := s.heads[string(key)]; known != nil {
		return known
	}
	for _, h := range []*fasthttp.ResponseHeader{&a.full, &a.packed, &a.empty} {
		a.base.CopyTo(h)
		h.Set(fiber.HeaderCacheControl, "no-store")
		h.Set("X-Accel-Buffering", "no")
	}
	a.full.SetContentType("application/json; charset=utf-8")
	a.packed.SetContentType("application/json; charset=utf-8")
	a.packed.SetContentEncoding("gzip")
	a.empty.SetStatusCode(fiber.StatusNoContent)
	if len(s.heads) < mostAnswers {
		s.heads[string(key)] = a
	}
	return a
}

// with is the response that has messages.
func (a *answers) with(messages []*hub.Message, more, gzip bool, now time.Duration) answer {
	of := a.bodies.of(messages, more)
	bytes, layout := of.bytes(gzip)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.recent {
		if r.of == of && r.gzip == gzip && now-r.made < freshAnswer {
			return r
		}
	}
	r := answer{of: of, gzip: gzip, made: now, body: layout}
	h := &a.full
	if gzip {
		h = &a.packed
	}
	h.SetContentLength(len(bytes))
	r.bytes = append(append(make([]byte, 0, 512+len(bytes)), h.Header()...), bytes...)
	a.recent[a.next] = r
	a.next = (a.next + 1) % recentAnswers
	return r
}

// none is the response that has nothing.
func (a *answers) none() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return bytes.Clone(a.empty.Header())
}

// goodbye is the response when nothing comes any more; body is the length of its body.
func (a *answers) goodbye() (response []byte, body int) {
	text, err := json.Marshal(over())
	if err != nil {
		return nil, 0
	}
	text = append(text, '\n')
	a.mu.Lock()
	defer a.mu.Unlock()
	var h fasthttp.ResponseHeader
	a.base.CopyTo(&h)
	h.SetStatusCode(fiber.StatusServiceUnavailable)
	h.Set(fiber.HeaderRetryAfter, retryAfter())
	h.SetContentType("application/problem+json")
	h.Set(fiber.HeaderCacheControl, "no-store")
	h.SetConnectionClose()
	h.SetContentLength(len(text))
	return append(bytes.Clone(h.Header()), text...), len(text)
}

// heldEnded is true when the hub has closed, and of whose pass has ended: see Expel.
const heldEnded = "what was held has ended; ask again"

func over() *problem.Problem { return problem.New(fiber.StatusServiceUnavailable, heldEnded) }

// retryAfter is when to ask again, in seconds.
func retryAfter() string { return strconv.FormatInt(1+retryDelay()/1000, 10) }
