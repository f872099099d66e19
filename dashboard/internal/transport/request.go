package transport

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

// The longest a viewer may ask us to wait: proxies give up on silence after 30 s to 100 s. And to thin its messages to:
// a poll knows when its last message was only while that is in the backlog.
const (
	longestWait  = time.Minute
	longestEvery = time.Minute
)

// Parameters are the names that request reads, on all five.
const Parameters = "after every viewer wait compress as"

// request is what a viewer asks for, the same on all five. It holds copies: the server reuses the request's memory.
type request struct {
	after  hub.Cursor
	every  time.Duration
	set    change // what the viewer's commands had set when it asked
	wait   time.Duration
	viewer string
	pass   *auth.Pass // of who asks; nil for who needs none

	saysEvery bool // by itself, whatever commands have set
	conflate  bool
	// How the viewer's messages may be compressed, by what its head offers and unless it says compress=off.
	gzip bool
	off  bool
}

// request reads the parameters, with the copy that keeps them past the end of the handler. variants are what as= may name.
func (s *Server) request(c *fiber.Ctx, variants ...string) (request, *problem.Problem) {
	args := c.Context().QueryArgs()
	r, p := s.parse(func(name string) (string, bool) {
		return string(args.Peek(name)), args.Has(name) // string() copies
	}, variants...)
	r.gzip = !r.off && deflate.AcceptsGzip(c.Request().Header.PeekAll(fiber.HeaderAcceptEncoding))
	r.pass = passOf(c)
	if r.viewer == "" {
		r.viewer = anonymous(c.Context().RemoteAddr())
	}
	return r, p
}

// follow has a request be as the viewer's commands have set, but for what it says itself: what is said last counts.
func (r *request) follow(set change) {
	r.set = set
	r.conflate = set.conflate != nil && *set.conflate
	switch {
	case r.saysEvery:
	case set.every != nil:
		r.every = *set.every
	default:
		r.every = 0
	}
}

// subscribe begins to read for a request.
func (s *Server) subscribe(r request) *hub.Subscription {
	sub := new(hub.Subscription)
	s.again(sub, r)
	return sub
}

// again is subscribe with a subscription that has not begun, or is closed.
func (s *Server) again(sub *hub.Subscription, r request) {
	s.hub.Again(sub, r.after, r.every)
	if r.conflate {
		sub.Conflate(true)
	}
}

// parse is the pure half of request.
func (s *Server) parse(query func(name string) (string, bool), variants ...string) (r request, p *problem.Problem) {
	if text, _ := query("as"); text != "" && !slices.Contains(variants, text) {
		return r, problem.Bad("as", quote(text)+" is no variant of this technique", append(slices.Clip(variants), "nothing: leave it out")...)
	}
	if text, ok := query("after"); ok && text != "" {
		if r.after, p = ParseAfter("after", text); p != nil {
			return r, p
		}
	}
	if text, ok := query("viewer"); ok {
		if p := CheckViewer(text); p != nil {
			return r, p
		}
		r.viewer = text
	}
	if text, ok := query("every"); ok {
		if r.every, p = parseDuration("every", text, longestEvery); p != nil {
			return r, p
		}
		r.saysEvery = true
	}
	r.follow(s.Viewers.setBy(r.viewer))
	if text, ok := query("compress"); ok {
		if r.off = text == "off"; !r.off && text != "auto" {
			return r, problem.Bad("compress", quote(text)+" is neither", "auto", "off")
		}
	}
	r.wait = s.config.Hold
	if text, ok := query("wait"); ok {
		if r.wait, p = parseDuration("wait", text, longestWait); p != nil {
			return r, p
		}
	}
	return r, nil
}

// ParseAfter reads a cursor that came as the named parameter or header field.
func ParseAfter(name, text string) (hub.Cursor, *problem.Problem) {
	cursor, err := hub.ParseCursor(text)
	if err != nil {
		return cursor, problem.Bad(name, quote(text)+" is not a cursor",
			"the id of a message, such as k3f9a1-1042", "nothing, to begin with the newest message")
	}
	return cursor, nil
}

var viewerForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// CheckViewer says whether a viewer may call itself that.
func CheckViewer(id string) *problem.Problem {
	if !viewerForm.MatchString(id) {
		return problem.Bad("viewer", quote(id)+" is not a viewer's id", "1 to 64 of A-Z a-z 0-9 _ . -")
	}
	return nil
}

func parseDuration(name, text string, longest time.Duration) (time.Duration, *problem.Problem) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longest {
		return 0, problem.Bad(name, quote(text)+" is not a duration that fits here", "0s to "+longest.String(), "such as 500ms or 2s")
	}
	return d, nil
}

// quote shows what came, bounded and harmless wherever it is printed.
func quote(text string) string {
	const most = 64
	cut := ""
	if len(text) > most {
		text, cut = text[:most], "…"
	}
	return strconv.QuoteToASCII(text) + cut
}

// anonymous names a viewer that has not named itself after its address. No viewer can choose a name with a ~.
func anonymous(addr net.Addr) string { return "~" + addr.String() }
