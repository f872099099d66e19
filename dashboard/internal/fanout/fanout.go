// Package fanout holds connections by the thousand and writes one frame to all of them.
//
// # What is promised
//
// A Line is a held connection with its place in the hub's backlog. Whatever the technique, its Form puts each message
// into a frame once, and every line of that form is written the same bytes. A line is written its opening, then each
// message as the hub hands it out, heartbeats into the silence, and a farewell when the hub closes. Frames are never
// mixed: what was begun is finished before anything else, answers to what the viewer says included.
//
// There are three ways to hold a line, and a line behaves the same on all:
//
//	io_uring   Linux: the connection is taken from its server and kept as a descriptor, and epoll tells what is ready. A
//	           shard for each processor reads and writes thousands of them without waiting, many by one system call. A
//	           line costs less than a kilobyte and no goroutine
//	epoll      the same, each by a system call of its own: where the kernel is older than 5.6, or it, a container's
//	           seccomp profile or its limit of locked memory refuses io_uring
//	goroutine  everywhere, and for connections that are more than a descriptor (TLS, a middlebox): two goroutines a line.
//	           Reroute has lines change over to it
//
// # What happens to the slow
//
// A line has no queue. What does not fit into the kernel's buffer stays as the rest of one shared frame, and the line
// is written on when there is room; the messages meanwhile wait in the hub's backlog, which moves a reader that is too
// far behind to the newest message. A line that takes no byte for WriteTimeout, or over TLS no piece of a few kilobytes,
// is cut. So is one, on Linux, whose viewer has acknowledged nothing for half as long again of what the kernel took for it: what
// the kernel takes is more than most messages, and says nothing of who reads. Nobody else waits: a write to a full connection
// returns at once.
//
// # How a line ends
//
// Done is called once, with the reason: the viewer left, it was too slow, it was silent too long, it broke the rules of
// its technique, the hub closed, or the server had a fault. A viewer that vanishes without a word was silent: what is
// under way to it is not acknowledged, and where there is nothing the kernel asks (see package accept).
package fanout

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// A Reason is why a line has ended.
type Reason uint8

// The reasons. Their names are those of api/v1/viewers and of metrics.
const (
	Left   Reason = iota + 1 // the viewer closed the connection, or it broke
	Slow                     // it took nothing for WriteTimeout, or half as long again of what the kernel had for it
	Silent                   // nothing was heard from it for as long as its form allows, or no acknowledgement
	Broke                    // it said what its technique does not allow
	Closed                   // the hub closed, and it was told, unless there was no time left
	Fault                    // ours
)

func (r Reason) String() string {
	return [...]string{"", "left", "slow", "silent", "broke", "closed", "fault"}[r]
}

// MarshalText is String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// A Way is how a line is held.
type Way uint8

// The three ways.
const (
	ByRing Way = iota + 1
	ByEpoll
	ByGoroutine
)

func (w Way) String() string { return [...]string{"", "io_uring", "epoll", "goroutine"}[w] }

// An Ear hears what a viewer says. Its calls come one at a time, never from two goroutines at once.
type Ear interface {
	// Hear takes bytes as they came; they are its to change, and not to keep. What it returns is written after the
	// frame in hand. With an error it ends the line, once the answer is written.
	Hear(b []byte) (answer []byte, err error)
}

// An Owner is told what becomes of its line.
type Owner interface {
	Began(Way)   // before the first byte, and again when it is held another way
	Done(Reason) // once, when the connection is closed, or before it goes Back
}

// A Line is a held connection with what goes over it. From Hold on nothing else calls Sub's Next and Close.
type Line struct {
	Form    *Form
	Sub     *hub.Subscription
	Account *meter.Exchange
	Ear     Ear // nil for a connection that only goes down: what comes is counted, and too much ends it
	Owner   Owner
	Opening func(b []byte) []byte // said behind the form's own, to this line alone; nil for nothing
}

// Config bounds a Fanout.
type Config struct {
	Heartbeat    time.Duration // how long a line may be silent
	WriteTimeout time.Duration // how long a line may take nothing while there is something to write
	Portable     bool          // hold all lines in goroutines
	NoRing       bool          // hold none by io_uring
	Settled      func()        // called when many lines have begun or ended and it is quiet again; nil for nothing
	Logger       *slog.Logger

	linger time.Duration // for tests, which tell whether it is waited for by making it long; 0 for lingers
}

// A Fanout is made by New and safe for concurrent use.
type Fanout struct {
	config Config
	hub    *hub.Hub
	start  time.Time // times of lines are since then

	mu     sync.Mutex
	closed bool
	shards *shards             // nil before the first line that has a place there
	poor   bool                // there was no room for shards; it has been logged
	plain  bool                // there is no io_uring; likewise
	apart  map[cutter]struct{} // lines that have no place there
	open   int                 // lines that have not ended
	wave   int                 // lines that have begun or ended since it was quiet
	quiet  *time.Timer         // runs while there is a wave
	again  bool                // one has ended a while ago
}

// New serves h. All its settings must be given.
func New(h *hub.Hub, config Config) *Fanout {
	if config.linger == 0 {
		config.linger = lingers
	}
	return &Fanout{config: config, hub: h, start: time.Now(), apart: make(map[cutter]struct{})}
}

// Hold writes to a connection from now until it ends, head first. Where it can take the connection from its server it
// returns at once, and the server may close what it has left; else it returns when the connection has ended.
func (f *Fanout) Hold(conn net.Conn, head []byte, of Line) {
	l := &line{Line: of, fanout: f}
	if !f.lineBegins() { // too late to say anything
		conn.Close()
		l.Sub.Close()
		l.Owner.Done(Closed)
		return
	}
	early := earlyBytes(conn)
	l.Account.Early(len(early))
	if !f.config.Portable && f.detach(l, conn, head, early) {
		return
	}
	f.serve(l, conn, head, early)
}

// Park holds a connection that is asked again and again, from its first request on. It tells whether it could; if not,
// the connection is still its owner's, to answer and to close: what had been sent behind the request is read and forgotten.
func (f *Fanout) Park(conn net.Conn, of Caller) bool {
	if f.config.Portable || !f.lineBegins() {
		return false
	}
	if f.detach(&line{Line: Line{Owner: of}, fanout: f}, conn, nil, earlyBytes(conn)) {
		return true
	}
	f.lineEnds()
	return false
}

// earlyBytes is what was sent behind the request and read with it: the server's buffer has it. A deadline that is over
// tells what is there without waiting for more.
func earlyBytes(conn net.Conn) (early []byte) {
	conn.SetReadDeadline(time.Unix(1, 0))
	defer conn.SetReadDeadline(time.Time{})
	var b [512]byte
	for len(early) <= mostNoise {
		n, err := conn.Read(b[:])
		early = append(early, b[:n]...)
		if err != nil {
			break
		}
	}
	return early
}

// lineBegins counts a line, unless the fan-out is closed.
func (f *Fanout) lineBegins() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.open++
	f.moved()
	return true
}

// A wave is so many lines that begin or end with no more than calm in between.
const (
	wave = 500
	calm = 5 * time.Second
	// aftermath is how long the server keeps goroutines for the next connections, and then some.
	aftermath = 20 * time.Second
)

// moved tells Settled when a wave is over. mu is held.
func (f *Fanout) moved() {
	if f.config.Settled == nil || f.closed {
		return
	}
	f.wave++
	if f.quiet != nil {
		f.quiet.Reset(calm)
		return
	}
	f.quiet = time.AfterFunc(calm, f.calmed)
}

// calmed ends a wave. What the server keeps for the next one, it lets go of later: so Settled is called once more.
func (f *Fanout) calmed() {
	f.mu.Lock()
	settled := f.wave >= wave || f.again
	f.again, f.wave, f.quiet = f.wave >= wave, 0, nil
	if f.again && !f.closed {
		f.quiet = time.AfterFunc(aftermath, f.calmed)
	}
	f.mu.Unlock()
	if settled {
		f.config.Settled()
	}
}

func (f *Fanout) lineEnds() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
	f.moved()
}

// Close returns when every line has ended, or ctx has: then the rest are cut. The hub must be closed before. It is safe
// to call twice.
func (f *Fanout) Close(ctx context.Context) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var err error
	f.mu.Lock()
	for f.open > 0 && err == nil { // who comes late is told as well
		f.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			err = ctx.Err()
		}
		f.mu.Lock()
	}
	f.closed = true
	apart := slices.Collect(maps.Keys(f.apart))
	shards := f.shards
	f.shards = nil
	if f.quiet != nil {
		f.quiet.Stop()
	}
	f.mu.Unlock()
	for _, c := range apart {
		c.cut(Closed)
	}
	if shards != nil {
		shards.close()
	}
	return err
}

// A cutter ends a line that a goroutine works for, whatever that is doing.
type cutter interface{ cut(Reason) }

// holds lists a line for Close, until leave.
func (f *Fanout) holds(c cutter) (leave func()) {
	f.mu.Lock()
	f.apart[c] = struct{}{}
	late := f.closed
	f.mu.Unlock()
	if late {
		c.cut(Closed)
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.apart, c)
	}
}

// Now is the time that Callers are told.
func (f *Fanout) Now() time.Duration { return f.now() }

// now is the time of lines.
func (f *Fanout) now() time.Duration { return time.Since(f.start) }

// tick is how often time limits are looked at: often enough for the shortest of them, and seldom otherwise.
func (f *Fanout) tick() time.Duration {
	return min(max(min(f.config.Heartbeat, f.config.WriteTimeout)/8, 10*time.Millisecond), time.Second)
}

// fault logs a panic on behalf of a line. The line is ended by its caller.
func (f *Fanout) fault(l *line, p any) {
	technique := "polls" // one of the two: its Caller knows
	if l.Form != nil {
		technique = l.Form.Technique
	}
	f.config.Logger.Error("panic in a held connection", "technique", technique, "panic", p, "stack", string(debug.Stack()))
}
