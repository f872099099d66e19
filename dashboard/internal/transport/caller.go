package transport

import (
	"bytes"
	"errors"
	"hash/maphash"
	"net"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// A caller answers one connection that polls, from its first request on. Between two requests nothing runs for it, and
// an answer that others get as well is made once.
//
// It answers requests that are those bytes that the server, with all its middleware, has let through once, but for the
// cursor: the same Host, Origin, credentials and parameters get the same verdict. Whatever else comes on the connection
// goes back to the server, which judges it anew. Who changes what is let through must call Server.Recall.
//
// There may be ten thousand, each waiting: what is the same for many is in their question, and the rest is one piece of
// memory.
type caller struct {
	*question
	conn    meter.Taken
	sub     hub.Subscription // of the request in hand, if there is one
	holding holding          // likewise; not listed unless that may wait
	until   time.Duration    // of the hold
	asked   bool             // a request is in hand
	last    bool             // and there will be no other on this connection: its answer says so
	kernel  *kernel          // nil for one of a crowd
}

// A question is what is asked again and again, but for the cursor. A crowd shares one; it does not change.
type question struct {
	server  *Server
	long    bool    // its answer may wait
	request request // as the first was read, without cursor and viewer
	hash    uint64  // of the request without its cursor
	recall  uint64  // Server.recalls at the first request
	heads   *answers
}

// recentQuestions are kept for others of a crowd.
const recentQuestions = 8

// share is a question that others have as well, if one has been asked lately.
func (s *Server) share(q question) *question {
	crowd := isAnonymous(q.request.viewer)
	q.request.after, q.request.set, q.request.viewer = hub.Cursor{}, change{}, ""
	s.questionsMu.Lock()
	defer s.questionsMu.Unlock()
	for _, known := range s.questions {
		if crowd && known != nil && *known == q {
			return known
		}
	}
	own := new(question)
	*own = q
	if crowd {
		copy(s.questions[1:], s.questions[:])
		s.questions[0] = own
	}
	return own
}

// A kernel is how it can be asked about a parked connection.
type kernel struct{ meter.Probe }

// park takes over the connection of a poll, if this is our own server's and can be. It tells whether it has.
func (s *Server) park(c *fiber.Ctx, technique string, r request) bool {
	conn, ours := c.Context().Conn().(*meter.Conn)
	q := &c.Context().Request
	if !ours || s.back.Load() == nil || !s.fanout.CanPark() || !q.Header.IsHTTP11() || c.Method() != fiber.MethodGet ||
		bytes.Contains(bytes.ToLower(q.Header.Peek(fiber.HeaderConnection)), []byte("close")) || q.Header.ConnectionClose() ||
		len(q.Body()) > 0 || s.hub.Behind(r.after) > mostParked || s.faulty(r.viewer, technique) {
		return false
	}
	if _, err := conn.SyscallConn(); err != nil { // TLS: it is more than its descriptor
		return false
	}
	hash, _, ok := s.hash(bytes.Join([][]byte{[]byte("GET "), q.Header.RequestURI(), []byte(" HTTP/1.1\r\n"), q.Header.RawHeaders()}, nil))
	if !ok {
		return false
	}
	// A viewer that polls rarely, or asks for other things in between, is not worth the way there and back.
	if long := technique == "longpolling"; !long && conn.Mark != hash {
		conn.Mark = hash
		return false
	}
	what := question{server: s, long: technique == "longpolling", request: r, hash: hash, recall: s.recalls.Load()}
	if !isAnonymous(r.viewer) {
		s.begin(c, technique, r)
	}
	ctx := c.Context()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(raw net.Conn) {
		what.heads = s.answersFor(&ctx.Response.Header)
		call := &caller{question: s.share(what), holding: holding{viewers: s.Viewers, viewer: r.viewer, pass: r.pass, words: &s.words.longpolling}}
		call.holding.sub = &call.sub
		conn.Take(&call.conn)
		if isAnonymous(r.viewer) {
			call.conn.Ask(call.tally())
		}
		call.begin(r, s.fanout.Now())
		if !s.fanout.Park(raw, call) {
			call.alone(raw, conn)
		} else if s.faulty(r.viewer, technique) { // it came between a fault and those it concerns
			s.reroute()
		}
	})
	return true
}

// alone answers the one request in hand on a connection that cannot be parked: there is no descriptor to spare for it, or it has
// become more than one. Its server closes it then, for what had been sent behind the request is lost.
func (c *caller) alone(raw net.Conn, conn *meter.Conn) {
	c.server.waiting.Add(1)
	defer c.server.waiting.Add(-1)
	c.last = true
	response := c.await(conn)
	if len(response) == 0 {
		c.Done(fanout.Left)
		return
	}
	raw.SetWriteDeadline(time.Now().Add(c.server.config.WriteTimeout)) // the server's is over with the request
	if _, err := raw.Write(response); err == nil {
		c.Answered(conn)
	}
	c.Done(fanout.Closed)
}

// await waits for the answer; nothing when the viewer has left.
func (c *caller) await(conn net.Conn) (response []byte) {
	gone, stop := watch(conn)
	defer stop()
	for {
		now := c.server.fanout.Now()
		if response, _ := c.Answer(now); len(response) > 0 { // the hub may have closed meanwhile
			return response
		}
		due := time.NewTimer(c.until - now)
		select {
		case <-c.sub.Ready():
		case <-due.C:
		case <-gone:
			due.Stop()
			return nil
		}
		due.Stop()
	}
}

// mostParked is how many messages an answer may have that is made while others wait for theirs. Longer ones are made by
// a handler of the server.
const mostParked = 3

// Recall makes every parked connection go back to the server with its next request: what is let through has changed.
func (s *Server) Recall() { s.recalls.Add(1) }

// hash is of a whole request without its cursor; not ok when b is no such request, or more than one.
func (s *Server) hash(b []byte) (hash uint64, cursor []byte, ok bool) {
	before, cursor, after, ok := cutCursor(b)
	if !ok {
		return 0, nil, false
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.Write(before)
	h.WriteByte(0)
	h.Write(after)
	return h.Sum64(), cursor, true
}

// cutCursor cuts a request with a cursor into what is before it, the cursor, and what is behind it.
func cutCursor(b []byte) (before, cursor, after []byte, ok bool) {
	line := bytes.IndexByte(b, '\n')
	i := bytes.Index(b, []byte("after="))
	if i < 1 || i > line || b[i-1] != '?' && b[i-1] != '&' || !bytes.HasPrefix(b, []byte("GET /")) {
		return nil, nil, nil, false
	}
	i += len("after=")
	n := bytes.IndexAny(b[i:], "& \n")
	if n < 1 || bytes.IndexByte(b[i+n:line], '#') >= 0 || bytes.Contains(b[i+n:line], []byte("after=")) {
		return nil, nil, nil, false
	}
	return b[:i], b[i : i+n], b[i+n:], true
}

// holdStep is the grid on which long holds end, each a little earlier than it may: at an end all lines are looked at, and
// thousands that come one by one would have that done as often.
const holdStep = 250 * time.Millisecond

// begin takes a request in hand, which is on the account already.
func (c *caller) begin(r request, now time.Duration) {
	if c.asked = true; c.kernel != nil {
		c.conn.Exchange().Probe(c.kernel)
	}
	c.server.again(&c.sub, r)
	if c.long {
		c.holding.again(r.set)
		if c.until = now + r.wait; r.wait >= 10*holdStep {
			c.until -= c.until % holdStep
		}
	}
}

// tally is whose account its requests are on.
func (c *caller) tally() *meter.Tally {
	return c.server.Viewers.tally(c.holding.viewer, c.technique())
}

func (c *caller) technique() string {
	if c.long {
		return "longpolling"
	}
	return "polling"
}

// errOther says that a request is not like the first.
var errOther = errors.New("another request")

// Ask is fanout.Caller's.
func (c *caller) Ask(b []byte, now time.Duration) error {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	switch {
	case end < 0:
		return fanout.ErrMore
	case end+4 != len(b):
		return errOther
	}
	hash, text, ok := c.server.hash(b)
	if !ok || hash != c.hash || c.recall != c.server.recalls.Load() || !c.server.config.Alive(c.request.pass) || c.long && c.server.config.Room.Full() {
		return errOther
	}
	after, err := hub.ParseCursor(string(text))
	if err != nil || c.server.hub.Behind(after) > mostParked {
		return errOther
	}
	r := c.request
	r.after = after
	r.follow(c.server.Viewers.setBy(c.holding.viewer))
	c.conn.Ask(c.tally())
	if x := c.conn.Exchange(); x.Recorded() {
		x.Heard(b)
	}
	c.begin(r, now)
	return nil
}

// Answer is fanout.Caller's.
func (c *caller) Answer(now time.Duration) (response []byte, last bool) {
	if !c.asked {
		select {
		case <-c.server.hub.Done():
			return nil, true
		default:
			return nil, false
		}
	}
	messages, err := take(&c.sub)
	switch {
	case len(messages) > 0:
		a := c.heads.with(messages, c.sub.Counts().Pending > 0, c.request.gzip, now)
		note(c.conn.Exchange(), messages)
		return c.answer(len(messages), a.body, a.bytes), false
	case !c.long || err == nil && now >= c.until:
		return c.answer(0, meter.Layout{}, c.heads.none()), false
	case err != nil:
		b, body := c.heads.goodbye()
		return c.answer(0, meter.Layout{Len: body}, b), true
	}
	return nil, false
}

// answer puts a response to the account of the request in hand.
func (c *caller) answer(messages int, body meter.Layout, response []byte) []byte {
	if c.last {
		response = saysClose(response)
	}
	c.conn.Answer(messages, body)
	if x := c.conn.Exchange(); x.Recorded() {
		x.Said(response)
	}
	return response
}

// saysClose is a response that says that its connection ends with it.
func saysClose(response []byte) []byte {
	said := []byte("Connection: close\r\n")
	if head, _, _ := bytes.Cut(response, []byte("\r\n\r\n")); bytes.Contains(head, said[:len(said)-2]) {
		return response
	}
	line := bytes.IndexByte(response, '\n') + 1
	return slices.Concat(response[:line], said, response[line:])
}

// Answered is fanout.Caller's.
func (c *caller) Answered(p meter.Probe) {
	c.conn.Answered(p)
	c.release()
}

// Named is fanout.Caller's.
func (c *caller) Named() bool { return !isAnonymous(c.holding.viewer) }

// Parked is fanout.Caller's.
func (c *caller) Parked(p meter.Probe) {
	if c.kernel = (&kernel{p}); c.asked {
		c.conn.Exchange().Probe(c.kernel)
	}
}

// Closing is fanout.Caller's.
func (c *caller) Closing(p meter.Probe) { c.conn.Closing(p) }

func (c *caller) release() {
	if !c.asked {
		return
	}
	c.asked = false
	c.sub.Close()
	if c.long {
		c.holding.release()
	}
}

// Due is fanout.Caller's.
func (c *caller) Due() (at time.Duration, idle bool) {
	if !c.asked {
		return 0, true
	}
	return c.until, false
}

// Count is fanout.Caller's.
func (c *caller) Count(in, out int) { c.conn.Count(in, out) }

// Back is fanout.Caller's.
func (c *caller) Back(conn net.Conn, early []byte) {
	if _, is := conn.(*fault.Conn); !is && c.server.boxes != nil { // it was taken out of the one it had
		conn = c.server.boxes.Wrap(conn)
	}
	back := c.conn.Returned(conn, early)
	back.Mark = c.hash // it has polled so before
	(*c.server.back.Load())(back)
}

// Began is fanout.Owner's.
func (c *caller) Began(way fanout.Way) {
	if c.long {
		c.holding.Began(way)
	}
}

// Done is fanout.Owner's.
func (c *caller) Done(reason fanout.Reason) {
	if c.asked { // it left while it waited
		c.conn.Answer(0, meter.Layout{})
		c.Answered(meter.ProbeOf(nil))
	}
	c.conn.Left()
	switch reason { // who has its answers, or leaves, ends nothing: it asks again when it likes
	case fanout.Slow, fanout.Silent, fanout.Broke, fanout.Fault:
		c.server.Viewers.lost(c.technique(), reason)
	}
}
