package dashboard

import (
	"errors"
	"math"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// visitorKey is where the visitor of a request is.
type visitorKey struct{}

// identify says who asks, before anything else is done for a request.
func (d *Dashboard) identify(c *fiber.Ctx) error {
	a := d.config.Access
	if a == nil {
		return c.Next()
	}
	h := &c.Request().Header
	forwarded, bearer, bearers := false, "", 0
	for name, value := range h.All() {
		if gate.Forwards(string(name)) {
			forwarded = true
		}
		if strings.EqualFold(string(name), fiber.HeaderAuthorization) {
			bearers++
			if scheme, token, ok := strings.Cut(string(value), " "); ok && strings.EqualFold(scheme, "Bearer") {
				bearer = strings.TrimSpace(token)
			}
		}
	}
	way := a.proxies.Way(c.Context().RemoteAddr(), forwarded, func(name string) string {
		var lines []string
		for _, line := range h.PeekAll(name) {
			lines = append(lines, string(line))
		}
		return strings.Join(lines, ",")
	})
	if a.Remote() && !(gate.Hosts{}).Allow(string(h.Host())) { // a proxy that says nothing of itself has passed on what a browser calls us
		way.Local = false
	}
	if bearers > 1 {
		bearer = ""
	}
	v := a.visit(way, bearer, string(h.Cookie(a.cookie)))
	c.Locals(visitorKey{}, v)
	if v.pass != nil {
		transport.Bear(c, v.pass)
	}
	return c.Next()
}

// visitor is who asks; everybody is an operator where nobody is asked.
func (d *Dashboard) visitor(c *fiber.Ctx) visitor {
	if d.config.Access == nil {
		return visitor{role: auth.Operator}
	}
	v, _ := c.Locals(visitorKey{}).(visitor) // without one: nobody
	return v
}

// only is a row's handler for who may, and asks for what there is: a row that says nobody's role is there for nobody.
func (d *Dashboard) only(r route) fiber.Handler {
	takes := parametersOf(r.takes)
	return func(c *fiber.Ctx) error {
		v := d.visitor(c)
		if !v.role.May(r.role) {
			return d.denied(c, v, r.role).Send(c)
		}
		if m := c.Method(); m != fiber.MethodGet && m != fiber.MethodHead {
			if wait, ok := d.commands.Allow(d.client(c, v)); !ok {
				c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
				return problem.New(fiber.StatusTooManyRequests, "that is too often: "+strconv.Itoa(commandsAtOnce)+" at once, and one more every "+commandsPause.String()).Send(c)
			}
		}
		if p := takes.check(c); p != nil {
			return p.Send(c)
		}
		return r.handle(c)
	}
}

// What is said by POST and DELETE: so many at once, and one more after each pause, for each client.
const (
	commandsAtOnce = 200
	commandsPause  = 20 * time.Millisecond
)

// client is whom to count what is said for.
func (d *Dashboard) client(c *fiber.Ctx, v visitor) string {
	if v.way.Client.IsValid() {
		return auth.Client(v.way.Client)
	}
	if tcp, ok := c.Context().RemoteAddr().(*net.TCPAddr); ok {
		return auth.Client(tcp.AddrPort().Addr())
	}
	return ""
}

// denied is what is said to who may not.
func (d *Dashboard) denied(c *fiber.Ctx, v visitor, needed auth.Role) *problem.Problem {
	c.Set(fiber.HeaderCacheControl, "no-store")
	switch {
	case needed == auth.Undeclared:
		return problem.New(fiber.StatusForbidden, "this is for nobody")
	case v.role > auth.Anybody:
		return problem.New(fiber.StatusForbidden, "this is for the role "+needed.String()+"; yours is "+v.role.String())
	case errors.Is(v.err, auth.ErrSlowed):
		return d.slowed(c, v)
	case errors.Is(v.err, auth.ErrWrong):
		d.tellTries(v)
	}
	c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="fivewire"`)
	detail := "log in first: open the page, or send Authorization: Bearer KEY"
	if len(c.Request().Header.Peek(fiber.HeaderAuthorization)) > 0 && v.err != nil { // it is that, whichever way it came
		detail = v.err.Error()
		if errors.Is(v.err, auth.ErrEnded) {
			detail += " (hint: ask for another link, or log in again)"
		}
	} else if key, password := d.config.Access.guard.Ways(); !key && password {
		detail = `log in first: open the page, or POST {"user":"NAME","password":"PASSWORD"} to api/v1/login and send the cookie of its answer`
	} else if !key {
		detail = "this came through a proxy that this dashboard was not told of, so nobody can tell that it is from this machine, and there is no key (hint: start it with --public-url and --trust-proxy, or --auth key; --auth off where the proxy asks who it is)"
	}
	return problem.New(fiber.StatusUnauthorized, detail)
}

// slowed says when to try again.
func (d *Dashboard) slowed(c *fiber.Ctx, v visitor) *problem.Problem {
	d.tellTries(v)
	wait := d.config.Access.guard.Wait(auth.Client(v.way.Client))
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	return problem.New(fiber.StatusTooManyRequests, auth.ErrSlowed.Error())
}

func (d *Dashboard) tellTries(v visitor) {
	d.logging.Lock()
	defer d.logging.Unlock()
	d.config.Access.tell(v.way.Client, time.Now())
}

// standing is what a visitor is told of itself.
func (d *Dashboard) standing(v visitor) map[string]any {
	answer := map[string]any{"role": v.role.String(), "redacted": v.redacted(), "asked": d.config.Access.asks(), "key": false, "password": false}
	if a := d.config.Access; a.asks() {
		answer["key"], answer["password"] = a.guard.Ways()
	}
	if v.pass != nil {
		answer["until"] = v.pass.Until.UnixMilli()
	}
	return answer
}

// getLogin is who asks, and what could be shown.
func (d *Dashboard) getLogin(c *fiber.Ctx) error { return sendJSON(c, d.standing(d.visitor(c))) }

// postLogin gives who shows a key, a password or a link's token a cookie, which opens all five techniques.
func (d *Dashboard) postLogin(c *fiber.Ctx) error {
	a := d.config.Access
	if !a.asks() {
		return problem.New(fiber.StatusConflict, "nobody is asked here: whoever reaches this dashboard may look").Send(c)
	}
	var shown struct{ Key, User, Password, Share string }
	ways := []string{`{"key":"KEY"}`, `{"user":"NAME","password":"PASSWORD"}`, `{"share":"TOKEN"}`}
	if p := readJSON(c, &shown); p != nil {
		if p.Parameter == "body" {
			p.Allowed = append(ways, p.Allowed...)
		}
		return p.Send(c)
	}
	v := d.visitor(c)
	from := auth.Client(v.way.Client)
	var err error
	switch {
	case shown.Key != "" && shown.User+shown.Password+shown.Share == "":
		v.pass, err = a.guard.Key(shown.Key, from)
	case shown.User != "" && shown.Key+shown.Share == "":
		v.pass, err = a.guard.Password(shown.User, shown.Password, from)
	case shown.Share != "" && shown.Key+shown.User+shown.Password == "":
		v.pass, err = a.guard.Shared(shown.Share, from)
	default:
		return problem.Bad("body", "one way to log in is wanted", ways...).Send(c)
	}
	switch {
	case errors.Is(err, auth.ErrSlowed):
		return d.slowed(c, v).Send(c)
	case err != nil:
		d.tellTries(v)
		return problem.New(fiber.StatusUnauthorized, err.Error()).Send(c)
	}
	v.role = v.pass.Role
	c.Cookie(d.cookie(c, v, a.guard.Token(v.pass)))
	return sendJSON(c, d.standing(v))
}

// deleteLogin ends the pass that a request comes with. What its bearer holds ends too.
func (d *Dashboard) deleteLogin(c *fiber.Ctx) error {
	a, v := d.config.Access, d.visitor(c)
	if a != nil && v.pass != nil {
		a.guard.Revoke(v.pass)
	}
	if a != nil {
		cookie := d.cookie(c, v, "")
		cookie.Expires = time.Unix(0, 0)
		c.Cookie(cookie)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// cookie is for the dashboard and nothing else below its host.
func (d *Dashboard) cookie(c *fiber.Ctx, v visitor, value string) *fiber.Cookie {
	a := d.config.Access
	cookie := &fiber.Cookie{
		Name: a.cookie, Value: value, Path: d.outside(c, v) + "/", HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
		Secure: a.config.TLS || v.way.TLS || a.public != nil && a.public.Scheme == "https",
	}
	if v.pass != nil {
		cookie.Expires = v.pass.Until
	}
	return cookie
}

// outside is the path of the dashboard as a browser sees it, without a slash at its end.
func (d *Dashboard) outside(c *fiber.Ctx, v visitor) string {
	if a := d.config.Access; a != nil && a.public != nil {
		return strings.TrimRight(a.public.Path, "/")
	}
	at, _, _ := strings.Cut(c.Path(), "/api/v1/")
	if !gate.PathForm(at) {
		at = ""
	}
	return v.way.Prefix + at
}
