package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/collector/history"
	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/crowd"
	"github.com/fivewire/fivewire/dashboard/internal/fault"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/metrics"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// Config is what a Dashboard can be told. The zero Config works.
type Config struct {
	// Assets are the browser's files: assets.FS, or os.DirFS("assets") while they are being edited. Without them the
	// API is served, and a page that says how to add them.
	Assets fs.FS
	// Interval is the time between two snapshots, for the page: what it calls late, and how wide a gap is. It must be
	// the collector's. Default 1 s.
	Interval time.Duration
	// Heartbeat is how long a held connection may be silent. Default 15 s.
	Heartbeat time.Duration
	// Hold is how long a long poll waits when it does not say. Default 25 s.
	Hold time.Duration
	// WriteTimeout is how long a viewer on a held connection may take nothing of what there is for it, and how long the
	// answer to a parked poll may take as a whole, before the viewer is cut. Default 10 s.
	WriteTimeout time.Duration
	// Backlog is how far back a viewer can resume. Default 6 minutes, and never more than 16 MiB as they are kept: a sixth
	// or so of the messages.
	Backlog time.Duration
	// History keeps the numbers of snapshots, for charts of what was: one that was opened on disk, mostly. Whoever made it
	// closes it, after the Dashboard. Default one in memory.
	History *history.History
	// Lab allows what is there to be shown and not to be used: JSONP, an answer that a page runs as a script, faults
	// that are provoked, and a crowd of viewers that is connected from the page.
	Lab bool
	// Load is the command that is `fivewire load`, for that crowd: this program with "load" behind it, if it is fivewire.
	// Without it there is no crowd.
	Load []string
	// AlertURL is told of alerts; "" for nobody. It is a secret, since whoever has it can write there: it is never logged.
	AlertURL string
	// AlertFormat is "json", "slack" or "ntfy"; "" or "auto" goes by the host of AlertURL.
	AlertFormat string
	// AlertOff are rules that nobody wants, of AlertRules.
	AlertOff []string
	// Access is who may look, and by which URL; nil is whoever reaches it: a program that mounts the dashboard has its own
	// middleware in front. AccessConfig{Open: true, PublicURL: …} asks nobody either, and says which pages are ours: needed
	// where a proxy writes its own Host, or browsers come to loopback by a name that is not localhost.
	Access *Access
	// MaxConnections is how many Serve takes at a time. Default, and at most, as many as there are descriptors, less a reserve.
	// MaxPerAddress is how many of them one address may have, but for loopback and proxies that are trusted. Default as many
	// as there are.
	MaxConnections, MaxPerAddress int
	// MaxViewers is how many may hold a connection at a time, or wait for the answer to a long poll: the others are told so,
	// and can poll. Default as many as there are connections.
	MaxViewers int
	// TLS is spoken by Serve if it is there; nil is plain HTTP.
	TLS *TLS
	// Logger is told what goes wrong. Default slog.Default().
	Logger *slog.Logger

	portable bool // for tests: hold connections as where there is no epoll
	noRing   bool // likewise no io_uring
	// likewise how long the head of a request may take, how long a connection may be idle, and who serves connections
	headTimeout, idleTimeout, idleWorker time.Duration
}

// month is how far back a history goes, as far as it fits into memory.
const month = 30 * 24 * time.Hour

// goodbye is how long Close waits for viewers to be told.
const goodbye = 2 * time.Second

// A Dashboard shows snapshots to viewers. New makes one.
type Dashboard struct {
	config     Config
	log        *slog.Logger
	hub        *hub.Hub
	room       *transport.Room
	transports *transport.Server
	history    *history.History
	host       atomic.Pointer[collector.Host]
	table      processTable
	shown      atomic.Pointer[shown] // the newest snapshot; nil before the first
	first      chan struct{}         // closed with the first
	metrics    *metrics.Exporter
	sending    sending
	marking    marking
	looking    looking
	alerts     alerting
	watching   watching
	bundled    bundled
	alone      atomic.Bool              // this program is ours: Serve was called
	crowd      *crowd.Crowd             // nil where there cannot be one
	entrance   atomic.Pointer[entrance] // nil before Serve
	quiet      atomic.Int64             // answers that getPath holds
	made       time.Time                // when New was called
	guests     atomic.Pointer[channel]  // nil before the first link
	back       atomic.Pointer[func(net.Conn)]
	commands   auth.Rate
	logging    sync.Mutex  // over what Access remembers of the log
	expiry     *time.Timer // looks for passes that have ended; nil where there are none
	closing    chan struct{}
	close      sync.Once

	publishing sync.Mutex // over what follows
	encoder    *collector.Encoder
	json       []byte // of the last snapshot; its space is used again
}

// New makes a dashboard that has not been shown anything yet.
func New(config Config) *Dashboard {
	if config.Interval <= 0 {
		config.Interval = time.Second
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.headTimeout == 0 {
		config.headTimeout = headTimeout
	}
	if config.idleTimeout == 0 {
		config.idleTimeout = idleTimeout
	}
	if config.idleWorker == 0 {
		config.idleWorker = idleWorker
	}
	if config.History == nil {
		config.History = history.New(history.TiersFor(config.Interval, month)...)
	}
	h := hub.New(hub.Config{Backlog: config.Backlog})
	d := &Dashboard{
		config:   config,
		log:      config.Logger,
		made:     time.Now(),
		closing:  make(chan struct{}),
		first:    make(chan struct{}),
		hub:      h,
		room:     transport.NewRoom(config.MaxViewers),
		history:  config.History,
		encoder:  collector.NewEncoder(),
		metrics:  metrics.New(config.Logger),
		commands: auth.Rate{AtOnce: commandsAtOnce, Pause: commandsPause},
		looking:  looking{start: time.Now()},
	}
	d.transports = d.serverOf(h, config.Lab, nil)
	if config.Access != nil {
		config.Access.ended = d.expel
		d.expiry = time.AfterFunc(time.Hour, d.expire)
		d.expiry.Reset(expires)
	}
	d.beginAlerts()
	if config.Lab && len(config.Load) > 0 {
		d.crowd = crowd.New(crowd.Config{Command: config.Load, Environment: d.crowdKey, Prepare: d.settled, Logger: config.Logger})
	}
	return d
}

// expire ends what is held for passes whose time is over.
func (d *Dashboard) expire() {
	select {
	case <-d.closing:
		return
	default:
	}
	d.expel()
	d.expiry.Reset(expires)
}

// alive tells whether a pass still is one.
func (d *Dashboard) alive(p *auth.Pass) bool {
	return p == nil || d.config.Access != nil && d.config.Access.guard.Alive(p)
}

// serverOf serves a hub's messages.
func (d *Dashboard) serverOf(h *hub.Hub, lab bool, boxes *fault.Book) *transport.Server {
	return transport.New(h, transport.Config{
		Heartbeat:    d.config.Heartbeat,
		Hold:         d.config.Hold,
		WriteTimeout: d.config.WriteTimeout,
		Lab:          lab,
		Linked:       d.config.Lab && !lab,
		Boxes:        boxes,
		Portable:     d.config.portable,
		NoRing:       d.config.noRing,
		Settled:      d.settled,
		Room:         d.room,
		Alive:        d.alive,
		Ours:         func(c *fiber.Ctx, origin string) bool { return d.ours(c, origin, "") },
		Logger:       d.log,
	})
}

// settled gives back to the system what a wave of viewers has left in the heap, and what it has used of the program's
// file, so that what is resident then is what is needed: a thousand handshakes leave some megabytes behind. In somebody
// else's program that is not for us to do.
func (d *Dashboard) settled() {
	if d.alone.Load() {
		debug.FreeOSMemory()
		d.releaseFile()
	}
}

// Publish shows a snapshot to everybody. It encodes it once and waits for nobody; after Close it does nothing.
// It is made to be a collector's sink. A snapshot without a time is of now; a page calls others old by their At.
func (d *Dashboard) Publish(s collector.Snapshot) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("a snapshot made the dashboard panic and is left out", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if s.At.IsZero() {
		s.At = time.Now()
	}
	if s.Host != nil {
		d.host.Store(s.Host)
	}
	s.Self = d.withSent(s.Self)
	if problem := d.history.State().Problem; problem != "" {
		s.Sources = append(slices.Clip(s.Sources), collector.SourceState{Name: "history", Error: problem})
	}
	d.observe(&s)
	d.publishing.Lock()
	defer d.publishing.Unlock()
	d.watchAlerts(&s)
	s.Marks = d.withMarks(&s)
	d.json = d.encoder.Append(d.json[:0], &s)
	if d.hub.Publish(s.At, d.json) != nil {
		if d.shown.Swap(&shown{s, time.Now()}) == nil {
			close(d.first)
		}
		d.history.Append(s)
	}
	if g := d.guests.Load(); g != nil {
		d.publishTo(g, s)
	}
}

// Close ends every subscription, tells every viewer, and returns when all have been told, or after two seconds with an
// error. Call it before the shutdown of the app that Register was given: app.Shutdown waits for what is held, a long
// poll for as long as its hold. It is safe to call twice.
func (d *Dashboard) Close() error {
	d.close.Do(func() { close(d.closing) })
	if d.expiry != nil {
		d.expiry.Stop()
	}
	if d.crowd != nil {
		d.crowd.Close()
	}
	d.endAlerts()
	d.hub.Close()
	if g := d.guests.Load(); g != nil {
		g.hub.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := errors.Join(d.transports.Close(ctx), d.closeGuests(ctx)); err != nil {
		return fmt.Errorf("some viewers could not be told in %v: %w", goodbye, err)
	}
	return nil
}

// Version is the version of the module that this program was built from, "(devel)" where Go does not know.
func Version() string {
	const module = "github.com/fivewire/fivewire"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "(unknown)"
}
