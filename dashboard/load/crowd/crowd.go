// Package crowd is `fivewire load`: viewers by the thousand on one technique, and what they saw.
//
// # What is promised
//
// Run connects the viewers one after the other, holds them for the duration, ends them all and returns a Report. A
// viewer whose connection is refused, breaks off or ends comes back after a pause with its cursor, as a browser would;
// nothing that a server does ends a run early but that not one viewer got in.
//
// The clock starts when each viewer has been in or been refused once. Ages and the time from the first viewer to the
// last are of messages that came first after that, at viewers that were connected when they came: what is replayed to
// one that has just come back, or handed to one that is new, says how old the server's memory is and not how fast it is.
// An age is the arrival minus the message's at: its error is that of the two clocks, and at is cut to a millisecond.
//
// Missed are the holes in a viewer's sequence, duplicates what it has had before, over reconnects too. Both need ids
// of the form <epoch>-<seq>, in the message's envelope or as SSE's id. A message without id is counted, and no more.
//
// # What it costs
//
// On Linux one thread serves all viewers: an arrival is dated by the kernel (SO_TIMESTAMPNS), so that the queue in
// front of this program is not taken for the server's, and the thread may sleep a millisecond to find more to do. Of
// messages that waited in one socket together each has the date of the last. A viewer costs about a kilobyte.
// Elsewhere, and for https, each viewer is a goroutine, costs six, and seven by TLS, and arrivals are dated when they are read.
// The handshake of TLS is crypto/tls's; behind that of TLS 1.3 records are opened here, by keys and a few buffers that all share. Of a server of
// TLS 1.2 crypto/tls keeps the connection, with a buffer as large as the largest record so far.
//
// # The slow and the bad
//
// A slow viewer reads the head of its first answer and never again; that the server cuts it is no error. Each message
// is bounded, kinds of errors and messages that are remembered are too. What is no HTTP, no SSE, no WebSocket, is an
// error with a name.
package crowd

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"
)

// A Config says who looks at what, for how long. URL and Technique are needed, and Viewers and Duration.
type Config struct {
	URL       string // a dashboard's base, which ends with a slash, or any other URL as it is
	Raw       bool   // the URL is used as it is although it ends with a slash
	Technique string
	Viewers   int
	Rate      float64       // connects a second
	Ramp      time.Duration // or all of them within this
	Duration  time.Duration
	CutEvery  time.Duration // each viewer cuts itself so long after it came; 0 never
	Slow      int           // so many never read
	Every     time.Duration // what a dashboard is asked to thin messages to; 0 is all
	Pause     time.Duration // polling: between an answer and the next question; 0 is 1 s
	Header    []string      // "Name: value" for each request
	Key       string        // a dashboard's, and shown to none but one whose address ends with a slash; "" for none
	PIDs      []int         // processes whose CPU and memory are measured, on Linux

	// Progress is told how it goes, a line at a time; may be nil. Live says that a line may be written over; Objects
	// that each line is a Progress as JSON, once a second.
	Progress io.Writer
	Live     bool
	Cols     func() int // how wide the terminal is, for Live; 0 is unknown, and so is nil
	Objects  bool

	// For tests: a goroutine a viewer on Linux too, and another end than that of the duration.
	portable bool
	enough   func(*crowd) bool
}

// A crowd is one run. Everything below mu is the engine's, which holds it while it calls a viewer.
type crowd struct {
	Config
	target *target
	start  time.Time
	maker  *mrand.Rand // of pauses
	mask   [4]byte
	most   int // descriptors that viewers may have; 0 is unknown

	mu      sync.Mutex
	viewers []viewer
	// due is when each viewer wants to be called, in ns since start; 0 is never. It is apart from the viewers so
	// that looking through all of them is looking through little memory. soonest is not later than the first.
	due     []int64
	soonest int64
	out     []byte // what the viewer that was just called wants to say
	tally   tally
	untold  int // viewers that have been neither in nor refused yet
	held    int // viewers with a connection
	opened  time.Duration
}

// An engine moves bytes between the viewers and their sockets until the context ends.
type engine func(ctx context.Context, c *crowd) error

// Run is one run. The error is of a Config that cannot work, or that nobody got in; then there may be a report all
// the same.
func Run(ctx context.Context, config Config) (*Report, error) {
	c, err := newCrowd(config)
	if err != nil {
		return nil, err
	}
	if err := c.target.find(ctx); err != nil {
		return nil, err
	}
	procs, err := openProcesses(c.PIDs)
	if err != nil {
		return nil, err
	}
	w := &watcher{c: c, procs: procs, own: ownProcess()}
	w.before, w.ownBefore = w.memory()
	c.gather()
	run := native()
	if run == nil || c.target.tls || c.portable {
		run = portable
	}
	c.most = max(descriptors()-reserved, 0)
	c.start = time.Now()
	inner, stop := context.WithCancel(context.WithoutCancel(ctx)) // the report is of viewers that are still there
	defer stop()
	done := make(chan error, 1)
	go func() { done <- run(inner, c) }()
	early := w.watch(ctx, done)
	report := w.report()
	stop()
	if early == nil {
		early = <-done
	}
	if early == nil && report.Connected == 0 {
		early = fmt.Errorf("nobody could connect: %s", report.worst())
	}
	return report, early
}

func newCrowd(config Config) (*crowd, error) {
	t, err := newTarget(&config)
	if err != nil {
		return nil, err
	}
	c := &crowd{Config: config, target: t, maker: mrand.New(mrand.NewPCG(mrand.Uint64(), mrand.Uint64())), soonest: 1}
	if c.Pause <= 0 {
		c.Pause = time.Second
	}
	if c.Rate <= 0 {
		c.Rate = 1000
	}
	if c.Ramp > 0 {
		c.Rate = float64(c.Viewers) / c.Ramp.Seconds()
	}
	_, _ = rand.Read(c.mask[:]) // RFC 6455 §10.3; it never fails
	c.tally.init()
	return c, nil
}

// gather makes the viewers, whether they will get in or not. What that takes is a part of what they cost.
func (c *crowd) gather() {
	c.viewers, c.due, c.untold = make([]viewer, c.Viewers), make([]int64, c.Viewers), c.Viewers
	for i := range c.viewers {
		c.viewers[i] = viewer{c: c, index: int32(i), slow: i < c.Slow}
		c.due[i] = 1 + int64(float64(i)/c.Rate*1e9)
	}
}

// reserved is how many descriptors are not for viewers: what the processes cost is read by them.
const reserved = 8

// reserves tells whether a descriptor is one of those. The next is always the least that is free, so that all others are in
// use then.
func (c *crowd) reserves(fd int) bool { return c.most > 0 && fd >= c.most }

// now is the time on the clock of due.
func (c *crowd) now() int64 { return int64(time.Since(c.start)) + 1 }

// between is a random time.
func (c *crowd) between(from, to time.Duration) int64 {
	return int64(from) + c.maker.Int64N(int64(to-from)+1)
}

// nonce is a WebSocket key. One serves all viewers: it only shows that the server has read it (RFC 6455 §1.3).
func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// find resolves the host once, to an address where somebody listens, so that a mistyped port is told at once and not
// ten thousand times.
func (t *target) find(ctx context.Context) error {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return fmt.Errorf("%w (hint: the first line that the server printed says where it is)", err)
	}
	t.addr = conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	conn.Close()
	return nil
}

// plural is for sentences.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strings.TrimSpace(fmt.Sprint(n, " ", many))
}
