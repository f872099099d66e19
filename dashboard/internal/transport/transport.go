// Package transport is the five ways a message travels to a viewer: polling, longpolling, streaming, sse, websocket.
//
// # What is promised
//
// All five carry the same bytes, take the same parameters and keep the hub's promises: in order, none twice, resumed
// after a cursor, a gap marked where something is lost. They differ in how they ask, frame, wait and end, and each
// file holds one of them whole, above its helpers; the browser's half is the twin file assets/js/transport/<name>.js,
// the Go client's dashboard/load/<name>.go. What a technique has variants of is in files behind its own
// (streaming_iframe.go, …): they keep the same promises.
//
//	after=CURSOR  the id of the last message the viewer has; without it the newest message comes first
//	every=500ms   at most one message in this time; what is left out is no loss
//	viewer=ID     the viewer's own name for itself, for the meter and for commands
//	wait=25s      long polling only: how long the answer may be held
//	compress=off  not even if the request's head offers to take it compressed
//	as=VARIANT    in another form, where the technique has one
//
// A command sets every, or conflate, for what its viewer holds and for what it asks from then on. Of the two that say
// every, the last one counts: the command on what is held, the request's own every= when it asks again with one.
//
// # What happens to the slow
//
// A held connection has one frame in flight: package fanout writes it. While it cannot be written the subscription
// falls behind, the hub drops for it what is too old, and after Config.WriteTimeout without progress the connection is
// cut. Nobody else waits.
//
// # How they end
//
// When the hub closes, whoever waits is told in the technique's own words, and Close returns when all have been: a
// long poll answers 503 with Retry-After, a stream ends its body, SSE sends a last retry: first, a WebSocket closes
// with 1001.
package transport

import (
	"context"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/wsframe"
)

// A Transport is one technique: its name, which is also its URL, and what answers there.
type Transport struct {
	Name  string
	Serve func(*Server, *fiber.Ctx) error
}

// All lists the five in the order of their age.
func All() []Transport {
	return []Transport{
		{"polling", (*Server).polling},
		{"longpolling", (*Server).longpolling},
		{"streaming", (*Server).streaming},
		{"sse", (*Server).sse},
		{"websocket", (*Server).websocket},
	}
}

// Config is the patience of the five. The zero Config works.
type Config struct {
	// Heartbeat is how long a held connection may be silent: longer than a message usually takes, shorter than the
	// idle limits of proxies, which begin at 30 s. Default 15 s.
	Heartbeat time.Duration
	// Hold is how long a long poll waits when it does not say. Default 25 s, for the same reason.
	Hold time.Duration
	// WriteTimeout is how long a held connection may take nothing while there is something for it, and how long the whole
	// answer to a parked poll may take to leave. Default 10 s.
	WriteTimeout time.Duration
	// Lab allows what is there to be shown and not to be used: JSONP, faults, echoes.
	Lab bool
	// Linked says that it is not allowed here because who is served came by a link.
	Linked bool
	// Boxes are the others', where both are served on the same connections: one that was taken out of its middlebox comes back
	// in one, for the next request on it may be somebody else's. nil with Lab, which has its own, and where there is none.
	Boxes *fault.Book
	// Portable holds every connection in goroutines, as platforms without epoll do.
	Portable bool
	// NoRing holds none by io_uring, as where the kernel refuses it.
	NoRing bool
	// Settled is called when many held connections have begun or ended and it is quiet again. nil for nothing.
	Settled func()
	// Room is for those who hold something; nil for everybody.
	Room *Room
	// Alive tells whether a pass still is one; it may be called with locks held. Default: all are.
	Alive func(*auth.Pass) bool
	// Ours tells whether pages of an origin are the dashboard's own, for a request that says no more. Default: those of Host.
	Ours func(c *fiber.Ctx, origin string) bool
	// Logger is told of panics. Default slog.Default().
	Logger *slog.Logger
}

// A Server answers viewers of one hub.
type Server struct {
	Viewers *Viewers

	config Config
	hub    *hub.Hub
	start  time.Time // now is since then
	fanout *fanout.Fanout
	faults *fault.Book // nil without the lab
	boxes  *fault.Book // that connections come back in; nil where they have none
	forms  struct {
		streaming, iframe, multipart, sse bodyForm
		websocket, websocketCBOR          socketForm
	}
	words      struct{ longpolling, longpollingJSONP fanout.Words }
	compressor deflate.Compressor
	bodies     bodies
	jsonp      bodies
	inflaters  sync.Pool    // of *wsframe.Inflater
	waiting    atomic.Int64 // long polls that a handler holds

	back    atomic.Pointer[func(net.Conn)]
	seed    maphash.Seed
	recalls atomic.Uint64
	headsMu sync.Mutex
	heads   map[string]*answers

	questionsMu sync.Mutex
	questions   [recentQuestions]*question
}

// New serves h.
func New(h *hub.Hub, config Config) *Server {
	if config.Heartbeat <= 0 {
		config.Heartbeat = 15 * time.Second
	}
	if config.Hold <= 0 {
		config.Hold = 25 * time.Second
	}
	if config.WriteTimeout <= 0 {
		config.WriteTimeout = 10 * time.Second
	}
	if config.Alive == nil {
		config.Alive = func(*auth.Pass) bool { return true }
	}
	if config.Ours == nil {
		config.Ours = func(c *fiber.Ctx, origin string) bool {
			return gate.SameOrigin(origin, "", string(c.Request().Header.Host()))
		}
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	s := &Server{
		Viewers: newViewers(),
		config:  config,
		hub:     h,
		start:   time.Now(),
		seed:    maphash.MakeSeed(),
		heads:   make(map[string]*answers),
		fanout: fanout.New(h, fanout.Config{
			Heartbeat:    config.Heartbeat,
			WriteTimeout: config.WriteTimeout,
			Portable:     config.Portable,
			NoRing:       config.NoRing,
			Settled:      config.Settled,
			Logger:       config.Logger,
		}),
	}
	s.Viewers.alive, s.Viewers.room = config.Alive, config.Room
	s.boxes = config.Boxes
	if config.Lab {
		s.faults = fault.Open(s.broken)
		s.boxes = s.faults
	}
	s.forms.streaming, s.forms.sse = s.bodyFormOf(streamingWords()), s.bodyFormOf(sseWords())
	s.forms.iframe, s.forms.multipart = s.bodyFormOf(iframeWords()), s.bodyFormOf(multipartWords())
	s.words.longpolling.Technique = "longpolling"
	s.words.longpollingJSONP = fanout.Words{Technique: "longpolling", Variant: "jsonp"}
	s.forms.websocket = s.socketFormOf("", wsframe.Text, textOf)
	s.forms.websocketCBOR = s.socketFormOf("cbor", wsframe.Binary, binaryOf)
	s.bodies.compressor, s.bodies.write = &s.compressor, appendMessages
	s.jsonp.compressor, s.jsonp.write = &s.compressor, appendJSONP
	s.inflaters.New = func() any { return new(wsframe.Inflater) }
	return s
}

func (s *Server) now() time.Duration { return time.Since(s.start) }

// Own says that the server that takes connections is our own, and how it serves one that was parked between two polls
// and got another request. In a program that listens by itself none is parked: every poll goes through its middleware.
func (s *Server) Own(back func(net.Conn)) { s.back.Store(&back) }

// Config is the patience in force.
func (s *Server) Config() Config { return s.config }

// Close waits until everybody has been told that the hub is closed, or ctx ends. The hub must be closed before.
func (s *Server) Close(ctx context.Context) error {
	defer s.Viewers.endRecordings()
	if s.faults != nil { // what is broken on purpose keeps nobody from hearing it
		s.faults.Close()
		defer s.faults.Release()
	}
	if err := s.fanout.Close(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.waiting.Load() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// begin puts a request on its viewer's account.
func (s *Server) begin(c *fiber.Ctx, technique string, r request) *meter.Exchange {
	return s.Viewers.tally(r.viewer, technique).Begin(c.Context().Conn())
}

// retryDelay is when a viewer should come back after a restart, in milliseconds: spread, so that they do not all knock at once.
func retryDelay() int64 { return 500 + rand.Int64N(2500) }
