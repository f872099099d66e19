package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/dashboard/internal/accept"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
	"github.com/fivewire/fivewire/dashboard/internal/resident"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// Limits of one HTTP request. A viewer's request is small; a stream is no request any more once it has begun.
const (
	headLimit     = 8 << 10
	bodyLimit     = 64 << 10
	headTimeout   = 10 * time.Second
	idleTimeout   = 75 * time.Second
	answerTimeout = 15 * time.Second
	started       = 10 * time.Second       // by then what only the start uses has been used
	idleWorker    = 2 * time.Second        // a goroutine that waits for the next connection has a stack
	closeTimeout  = 800 * time.Millisecond // with Close's two seconds: gone within three
)

// FewestDescriptors is how many files and connections a process has to be allowed that serves a dashboard alone: with less,
// reading the host takes them all, and whoever comes is not answered.
const FewestDescriptors = 96

// CheckDescriptors tells whether there may be as many.
func CheckDescriptors() error {
	if n := accept.Descriptors(); n < FewestDescriptors {
		return fmt.Errorf("only %d files and connections may be open, and fivewire needs %d (hint: ulimit -n, or LimitNOFILE=65536 in a unit)", n, FewestDescriptors)
	}
	return nil
}

// Listen opens what --listen names: host:port, [::1]:port or unix:/path. Port 0 picks a free one. url is where a
// browser finds it, without a base path.
func Listen(address string) (ln net.Listener, url string, err error) {
	if file, isSocket := strings.CutPrefix(address, "unix:"); isSocket {
		ln, err = listenSocket(file)
	} else if _, _, wrong := net.SplitHostPort(address); wrong != nil {
		err = fmt.Errorf("%q is not an address: want host:port, [::1]:port or unix:/path", address)
	} else {
		ln, err = net.Listen("tcp", address)
	}
	if err != nil {
		return nil, "", err
	}
	return ln, URL(ln.Addr()), nil
}

// URL is where a browser on this machine finds who listens there, without a base path; unix:/path where none does.
func URL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "unix:" + addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "127.0.0.1"
	} else if tcp.Zone != "" {
		host += "%25" + tcp.Zone // RFC 6874
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// ErrListening is that somebody listens on a Unix socket, and answers. It is an EADDRINUSE.
var ErrListening = fmt.Errorf("somebody listens there: %w", syscall.EADDRINUSE)

// listenSocket opens a Unix socket that only this user may connect to. A socket file that nobody listens on any more
// is in the way of nobody and replaced.
func listenSocket(file string) (net.Listener, error) {
	if info, err := os.Lstat(file); err == nil && info.Mode()&fs.ModeSocket != 0 {
		conn, err := net.Dial("unix", file)
		if err == nil {
			conn.Close()
			return nil, fmt.Errorf("listen unix %s: %w", file, ErrListening)
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("listen unix %s: %w", file, syscall.EADDRINUSE)
		}
		os.Remove(file)
	}
	ln, err := net.Listen("unix", file)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(file, 0o600); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// Serve serves the dashboard alone on ln, below base ("" or "/monitor"), until ctx ends; then it tells every viewer and
// returns nil within three seconds. It closes d.
func (d *Dashboard) Serve(ctx context.Context, ln net.Listener, base string) error {
	d.alone.Store(true)
	hosts := d.config.Access.hosts(gate.Listening(ln.Addr()))
	app := d.app(hosts, base)
	d.own(func(conn net.Conn) { app.Server().ServeConn(conn) })
	if d.crowd != nil && d.config.TLS == nil { // whose certificate its viewers could not check
		d.crowd.Serve(crowdAt(ln.Addr(), base))
	}
	failed := make(chan error, 1)
	listener := accept.Wrap(ln, d.config.MaxConnections, &accept.Addresses{Max: d.config.MaxPerAddress, Free: d.config.Access.proxy}, d.log)
	d.entrance.Store(&entrance{listener, crowdFrom(ln.Addr())})
	var connections net.Listener = listener
	if d.config.TLS != nil {
		connections = d.config.TLS.listener(connections, hosts)
	}
	if faults := d.transports.Faults(); faults != nil {
		connections = fault.Listener{Listener: connections, Book: faults}
	}
	go func() {
		failed <- app.Listener(meter.Listener{Listener: connections, Taps: &d.transports.Viewers.Taps})
	}()
	defer d.slim()()
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve %v: %w", ln.Addr(), err), d.Close())
	case <-ctx.Done():
	}
	if err := d.Close(); err != nil {
		d.log.Warn("closing", "error", err)
	}
	// Who accepts counts as one of those that a shutdown waits for, and it looks every 100 ms: so that ends first.
	connections.Close()
	<-failed
	err := app.ShutdownWithTimeout(closeTimeout)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// slim gives back the memory that only the start needs: soon, and when everything that is done once a minute has been done
// once. Then, and for good, what of the program's file nothing but the garbage collector has used.
func (d *Dashboard) slim() (stop func()) {
	soon, later := time.AfterFunc(started, d.settled), time.AfterFunc(7*started, d.settled)
	ever := resident.AfterCollections(started, d.releaseFile)
	return func() {
		soon.Stop()
		later.Stop()
		ever()
	}
}

// releaseFile gives back what is in memory of the program's file; what is in use comes back.
func (d *Dashboard) releaseFile() {
	if err := resident.Release(); err != nil {
		d.log.Debug("the program's file stays in memory", "error", err)
	}
}

// app is a Fiber app that is strict about everything it can be strict about.
func (d *Dashboard) app(hosts gate.Hosts, base string) *fiber.App {
	app := fiber.New(fiber.Config{
		AppName:               "fivewire",
		DisableStartupMessage: true,
		Immutable:             true,
		CaseSensitive:         true,
		StrictRouting:         true,
		ReadBufferSize:        headLimit,
		ReduceMemoryUsage:     true, // a connection that waits for its next request keeps no buffers
		BodyLimit:             bodyLimit,
		ReadTimeout:           d.config.headTimeout,
		IdleTimeout:           d.config.idleTimeout,
		WriteTimeout:          answerTimeout, // from the end of the handler; held connections have left by then
		ErrorHandler:          d.failed,
	})
	server := app.Server()
	// When a request's last byte has left, what the connection counted is that request's. A held connection is
	// accounted for by whoever holds it.
	server.ConnState = func(conn net.Conn, state fasthttp.ConnState) {
		if c, ok := conn.(*meter.Conn); ok && (state == fasthttp.StateIdle || state == fasthttp.StateClosed) {
			if box := transport.Middlebox(c); box != nil {
				box.Answered()
			}
			c.Idle()
			c.Served()
		}
	}
	server.ExpectHandler = func(ctx *fasthttp.RequestCtx) int {
		if ctx.Request.Header.ContentLength() > bodyLimit { // before it is sent, and not behind a word to go on
			return fiber.StatusRequestEntityTooLarge
		}
		return fiber.StatusContinue
	}
	server.MaxIdleWorkerDuration = d.config.idleWorker
	server.Logger = quiet{} // it logs what clients send; nothing of theirs may reach the log raw
	app.Use(recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: d.panicked}), func(c *fiber.Ctx) error {
		if box := transport.Middlebox(c.Context().Conn()); box != nil {
			box.Unbind() // what the last request was, this one may not be
		}
		if p := refused(c, hosts); p != nil {
			return p.Send(c)
		}
		return c.Next()
	})
	// Fiber answers a method that it does not know before it asks anybody.
	handle := server.Handler
	server.Handler = func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			handle(ctx)
			return
		}
		c := app.AcquireCtx(ctx)
		defer app.ReleaseCtx(c)
		p := refused(c, hosts)
		if p == nil {
			p = problem.New(fiber.StatusBadRequest, "no URL takes that method")
		}
		_ = p.Send(c)
	}
	if base = strings.Trim(base, "/"); base != "" {
		d.Register(app.Group("/" + path.Clean(base)))
	} else {
		d.Register(app)
	}
	return app
}

// refused is what is wrong with a request before anybody asks what it wants; nil for nothing.
func refused(c *fiber.Ctx, hosts gate.Hosts) *problem.Problem {
	h := &c.Request().Header
	// What two servers could read in two ways is not read at all.
	if protocol := string(h.Protocol()); !gate.Framed(h.RawHeaders()) || protocol != "HTTP/1.1" && protocol != "HTTP/1.0" {
		c.Context().SetConnectionClose()
		return problem.New(fiber.StatusBadRequest, "want HTTP/1.1 or 1.0, a body with Content-Length and without Transfer-Encoding, and each header field in one line")
	}
	if strings.Contains(string(h.RequestURI()), "#") { // some would cut it off, and some take it for the path (RFC 9112 section 3.2.1)
		return problem.New(fiber.StatusBadRequest, "a request's target has no #: that part of a URL stays in the browser (hint: %23 in a value)")
	}
	if !strings.HasPrefix(string(h.RequestURI()), "/") {
		return problem.New(fiber.StatusMisdirectedRequest, "a request's target begins with / here: this dashboard is no proxy, not to itself either (hint: leave the dashboard out of the client's proxy settings, such as http_proxy, or no_proxy for its host)")
	}
	if !hosts.Allow(string(h.Host())) {
		return problem.New(fiber.StatusMisdirectedRequest, "this dashboard does not answer to that Host; open it by the address it printed (hint: --public-url or --allow-host for another, and --trust-proxy or --auth key where a proxy passes it on)")
	}
	return nil
}

// quiet drops fasthttp's own log lines: they quote requests.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// failed answers what Fiber itself refuses, and panics, with the status alone: its own texts quote the request.
func (d *Dashboard) failed(c *fiber.Ctx, err error) error {
	status := fiber.StatusInternalServerError
	var e *fiber.Error
	if errors.As(err, &e) {
		status = e.Code
	}
	detail := map[int]string{
		fiber.StatusNotFound:                    "there is nothing at this URL",
		fiber.StatusMethodNotAllowed:            "this URL does not take that method",
		fiber.StatusRequestEntityTooLarge:       fmt.Sprintf("a body is at most %d bytes", bodyLimit),
		fiber.StatusRequestHeaderFieldsTooLarge: fmt.Sprintf("a request's head is at most %d bytes", headLimit),
		fiber.StatusRequestTimeout:              "the request took too long to arrive",
		fiber.StatusBadRequest:                  "not an HTTP request",
	}[status]
	if status == fiber.StatusInternalServerError {
		d.log.Error("a request failed", "path", c.Path(), "error", err)
		detail = "this request hit a fault of the server; it is in its log"
	}
	return problem.New(status, detail).Send(c)
}
