package dashboard

import (
	"net"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// route is one row of the table of URLs. What has no role is not there for anybody: see Register.
type route struct {
	method, path string
	role         auth.Role // the least that may
	takes        string    // the names of its query's parameters: see parameters.go
	handle       fiber.Handler
}

// routes is every URL below the base path, in the order they are tried.
func (d *Dashboard) routes() []route {
	table := []route{
		{"GET", "/healthz", auth.Anybody, "*", d.healthz},
		{"GET", "/readyz", auth.Anybody, "*", d.readyz},
		{"GET", "/metrics", auth.Viewer, "*", d.toldNoGuest(d.getMetrics)},
		{"GET", "/api/v1/config", auth.Viewer, "", d.getConfig},
		{"GET", "/api/v1/host", auth.Viewer, "", d.getHost},
		{"GET", "/api/v1/history", auth.Viewer, "series at from to points only", d.getHistory},
		{"GET", "/api/v1/marks", auth.Viewer, "from to", d.getMarks},
		{"POST", "/api/v1/marks", auth.Presenter, "", d.postMarks},
		{"GET", "/api/v1/alerts", auth.Viewer, "", d.getAlerts},
		{"POST", "/api/v1/alerts", auth.Operator, "", d.postAlerts},
		{"GET", "/api/v1/processes", auth.Viewer, "at pid sort limit tree", d.getProcesses},
		{"GET", "/api/v1/viewers", auth.Viewer, "", d.toldNoGuest(d.getViewers)},
		{"POST", "/api/v1/viewers/:id", auth.Viewer, "", d.postViewer},
		{"GET", "/api/v1/wire", auth.Viewer, "viewer technique exchanges", d.getWire},
		{"GET", "/api/v1/load", auth.Viewer, "", d.withCrowd(d.toldNoGuest(d.getLoad))},
		{"POST", "/api/v1/load", auth.Presenter, "", d.withCrowd(d.postLoad)},
		{"DELETE", "/api/v1/load", auth.Presenter, "", d.withCrowd(d.deleteLoad)},
		{"GET", "/api/v1/faults", auth.Viewer, "viewer", d.inLab(d.getFaults)},
		{"POST", "/api/v1/faults", auth.Presenter, "", d.inLab(d.postFaults)},
		{"GET", "/api/v1/code/:technique", auth.Viewer, "", d.inLab(d.getCode)},
		{"GET", "/api/v1/path", auth.Viewer, "silent *", d.inLab(d.getPath)},
		{"GET", "/api/v1/openapi.json", auth.Anybody, "", d.getOpenAPI},
	}
	table = append(table, []route{
		{"GET", "/api/v1/login", auth.Anybody, "", d.getLogin},
		{"POST", "/api/v1/login", auth.Anybody, "", d.postLogin},
		{"DELETE", "/api/v1/login", auth.Anybody, "", d.deleteLogin},
		{"GET", "/api/v1/share", auth.Operator, "", d.shares(d.getShares)},
		{"POST", "/api/v1/share", auth.Operator, "", d.shares(d.postShare)},
		{"DELETE", "/api/v1/share", auth.Operator, "", d.shares(d.deleteShare)},
		{"DELETE", "/api/v1/share/:id", auth.Operator, "", d.shares(d.deleteShare)},
	}...)
	for _, t := range transport.All() {
		table = append(table, route{"GET", "/api/v1/" + t.Name, auth.Viewer, transport.Parameters, func(c *fiber.Ctx) error { return t.Serve(d.channel(c).transports, c) }})
	}
	return append(table,
		route{"ALL", "/api/v1/:technique", auth.Anybody, "*", d.noTechnique},
		route{"ALL", "/api/*", auth.Anybody, "*", d.nothingHere},
		route{"GET", "/watch", auth.Viewer, "cols rows color after every viewer compress", d.getWatch},
		route{"GET", "/embed/:panel", auth.Anybody, "*", d.getEmbed},
		route{"GET", "/", auth.Anybody, "*", d.getAsset}, // Fiber does not find it below a group by the star alone
		route{"GET", "/*", auth.Anybody, "*", d.getAsset},
	)
}

// Register puts the dashboard below a router: an app, or a group with a prefix and the owner's own middleware, such as
// a login, in front. Everything below that prefix is the dashboard's from then on, so an app that has URLs of its own
// gives it a group.
func (d *Dashboard) Register(router fiber.Router) {
	// A group, so that the rules hold for our URLs and for nobody else's.
	own := router.Group("", recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: d.panicked}), d.headers, d.notRebound, d.identify)
	own.Use("/api", d.sameOrigin)
	own.Use("/watch", d.sameOrigin)
	own.Use("/metrics", d.sameOrigin)
	for _, r := range d.routes() {
		handlers := []fiber.Handler{d.looks, d.only(r)}
		if r.path == "/healthz" || r.path == "/readyz" { // which look at nothing
			handlers = handlers[1:]
		}
		if r.method == "ALL" {
			own.All(r.path, handlers...)
		} else {
			own.Add(r.method, r.path, handlers...)
		}
		if r.method == fiber.MethodGet {
			own.Add(fiber.MethodHead, r.path, handlers...)
		}
	}
}

// headers are on every answer: no guessing at content types, and no other origin may load what is here.
func (d *Dashboard) headers(c *fiber.Ctx) error {
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	return c.Next()
}

// notRebound refuses a browser that a name in somebody's DNS has led to loopback (DNS rebinding), also in a program that does
// not look at Host: it is of no name of ours, and of the very port that was come to. A proxy on this machine passes such
// names on too, but with its own port or none, so what is behind one goes on.
func (d *Dashboard) notRebound(c *fiber.Ctx) error {
	tcp, ok := c.Context().LocalAddr().(*net.TCPAddr)
	host := string(c.Request().Header.Host())
	if !ok || !tcp.IP.IsLoopback() || d.config.Access.hosts(gate.Hosts{}).Allow(host) || gate.Port(host) != tcp.Port {
		return c.Next()
	}
	return problem.New(fiber.StatusMisdirectedRequest, "this dashboard does not answer to that Host on this machine; open it as localhost (hint: PublicURL or AllowHosts of Config.Access for another)").Send(c)
}

// sameOrigin refuses pages of other origins, in every mode: a WebSocket is open to all of them otherwise.
func (d *Dashboard) sameOrigin(c *fiber.Ctx) error {
	if p := d.foreign(c); p != nil {
		return p.Send(c)
	}
	return c.Next()
}

// foreign is what is wrong with a request of a page of another origin; nil for one that is not.
func (d *Dashboard) foreign(c *fiber.Ctx) *problem.Problem {
	h := &c.Request().Header
	if !d.ours(c, string(h.Peek("Origin")), string(h.Peek("Sec-Fetch-Site"))) {
		return problem.New(fiber.StatusForbidden, "this request comes from a page of another origin, and only the dashboard's own pages may read it")
	}
	return nil
}

// ours tells whether a page of an origin is one of ours, by the way that a request came, and what the browser says of it
// itself (Sec-Fetch-Site). Each is "" for nothing said.
func (d *Dashboard) ours(c *fiber.Ctx, origin, site string) bool {
	host, way := string(c.Request().Header.Host()), d.visitor(c).way
	public := d.config.Access.origin()
	ours := gate.SameOriginBehind(origin, site, host, way.Host)
	if public != "" {
		ours = gate.SameOriginAs(public, origin) || (origin == "" || d.config.Access.alsoAt(host, way)) && gate.SameOrigin(origin, site, host)
	}
	return ours && !gate.Plain(public, origin, d.config.TLS != nil)
}

// panicked logs what recover caught; the answer is a 500 by the app's own error handler.
func (d *Dashboard) panicked(_ *fiber.Ctx, p any) {
	d.log.Error("panic in a handler", "panic", p, "stack", string(debug.Stack()))
}

// noTechnique refuses what is no resource of the API, and the wrong method on one that is.
func (d *Dashboard) noTechnique(c *fiber.Ctx) error {
	name := c.Params("technique")
	var methods []string
	for _, r := range d.routes() {
		if r.path == "/api/v1/"+name {
			methods = append(methods, r.method)
			if r.method == fiber.MethodGet {
				methods = append(methods, fiber.MethodHead)
			}
		}
	}
	if len(methods) > 0 {
		c.Set(fiber.HeaderAllow, strings.Join(methods, ", "))
		p := problem.New(fiber.StatusMethodNotAllowed, "this URL does not take that method")
		p.Allowed = methods
		return p.Send(c)
	}
	p := problem.New(fiber.StatusNotFound, "there is no technique and no other resource of this name")
	p.Allowed = d.resources()
	return p.Send(c)
}

// resources are the names below api/v1, the techniques first.
func (d *Dashboard) resources() []string {
	names := techniqueNames()
	for _, r := range d.routes() {
		name, ours := strings.CutPrefix(r.path, "/api/v1/")
		if name, _, _ = strings.Cut(name, "/"); ours && !strings.HasPrefix(name, ":") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (d *Dashboard) nothingHere(c *fiber.Ctx) error {
	return problem.New(fiber.StatusNotFound, "there is nothing at this URL").Send(c)
}

func techniqueNames() []string {
	var names []string
	for _, t := range transport.All() {
		names = append(names, t.Name)
	}
	return names
}
