// Package hub carries messages from one publisher to any number of subscribers.
//
// # What is promised
//
// Publish encodes an envelope once; all subscribers share those bytes. Messages of one hub have one epoch and the
// sequence numbers 1, 2, 3, …, and every subscriber sees them in that order, none twice.
//
// The hub keeps a backlog of recent messages, bounded in time and in bytes. A subscriber owns no queue: it is a place
// in the backlog, and resuming after a cut is the same as reading on. So there is no moment between replay and live in
// which a message could be lost or doubled. Messages that nobody is likely to read any more are kept as what they differ
// in from another one; a reader does not notice.
//
// A subscriber that starts without a cursor gets the newest message, if there is one, and then what follows. One that
// starts with a cursor inside the backlog gets exactly what it missed and then what follows. One whose cursor cannot
// be resumed (another epoch, older than the backlog, or a number this epoch has not reached) gets the newest message
// marked as coming after a gap.
//
// Restart begins a new epoch in the same process, as a new process would: the backlog is empty, every subscription is at
// its end, and no cursor of before can be resumed.
//
// # What happens to the slow
//
// Publish never waits for a subscriber. A subscriber that has caught up once and then falls more than MaxPending
// messages behind, or that the backlog has moved past, loses what it had not read: its next message is the newest,
// marked as coming after a gap, and what it lost is counted, for itself and for the hub. For every subscription, at
// any moment: offered = delivered + thinned + dropped + pending.
//
// A subscription may Conflate instead: whenever more than one message waits for it, it gets the newest, and the others
// count as thinned. It asked for that, so there is no gap.
//
// # Limits
//
// This package knows no network, no HTTP and no snapshot: data is bytes that are JSON. It starts no goroutine.
package hub

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrClosed is returned by a subscription once its hub is closed and the subscription has read all there was, or its
// epoch has ended.
var ErrClosed = errors.New("hub closed")

// Config bounds a hub. The zero Config works.
type Config struct {
	Backlog      time.Duration // how far back a cursor can resume; default 6 minutes
	BacklogBytes int           // and at most this much, as it is kept; default 16 MiB. The newest message is always kept
	MaxPending   int           // how far a subscriber that was live may fall behind; default 64 messages
}

func (c *Config) setDefaults() {
	if c.Backlog <= 0 {
		c.Backlog = 6 * time.Minute
	}
	if c.BacklogBytes <= 0 {
		c.BacklogBytes = 16 << 20
	}
	if c.MaxPending <= 0 {
		c.MaxPending = 64
	}
}

// A Hub is made by New and safe for concurrent use.
type Hub struct {
	config Config
	done   chan struct{} // closed by Close

	mu            sync.Mutex
	closed        bool
	run           *run     // the epoch
	before        uint64   // messages of earlier epochs
	echoes        []string // for the next message
	backlog       []kept   // consecutive, the newest last
	bytes         int      // in backlog
	packer        packer
	subscriptions int
	waiting       map[chan struct{}]struct{} // who wants a token when there is something to read
	total         Counts                     // what became of messages in all subscriptions, those that have ended included
}

// A run is one epoch. A subscription belongs to one, and ends with it.
type run struct {
	hub   *Hub
	epoch string
	last  uint64 // sequence number of the newest message
}

// New starts an epoch.
func New(config Config) *Hub {
	config.setDefaults()
	h := &Hub{
		config:  config,
		done:    make(chan struct{}),
		waiting: make(map[chan struct{}]struct{}),
	}
	h.run = &run{hub: h, epoch: newEpoch()}
	return h
}

// newEpoch is six characters that no earlier process has used, save once in two billion.
func newEpoch() string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	var b [6]byte
	rand.Read(b[:]) // never fails since Go 1.24
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b[:])
}

// Epoch names this run of the hub.
func (h *Hub) Epoch() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run.epoch
}

// Done is closed when the hub is.
func (h *Hub) Done() <-chan struct{} { return h.done }

// Publish sends data, which must be one JSON value, to everybody. It copies data and waits for nobody.
// After Close it does nothing and returns nil.
func (h *Hub) Publish(at time.Time, data []byte) *Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.run.last++
	m := newMessage(Cursor{h.run.epoch, h.run.last}, at.UnixMilli(), data, h.echoes, false)
	h.echoes = nil
	h.backlog = append(h.backlog, kept{at: m.At, message: m})
	h.bytes += len(m.JSON)
	if old := len(h.backlog) - 1 - fresh; old >= 0 {
		k := &h.backlog[old]
		h.bytes -= k.size()
		h.packer.pack(k)
		h.bytes += k.size()
	}
	h.trim(m.At)
	h.wake()
	return m
}

// Bounds of what is echoed.
const (
	MostEchoes = 32 // in one message
	MostEcho   = 64 // bytes of one
)

// ErrEchoes says that the next message echoes as much as it may.
var ErrEchoes = fmt.Errorf("the next message echoes %d already", MostEchoes)

// Echo puts a word into the envelope of the next message, "echo":["word"], for everybody: who said it learns how long it
// takes from there to here and back, by its own clock alone. The word must be plain ASCII that JSON has no need to escape,
// and at most MostEcho bytes.
func (h *Hub) Echo(word string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.echoes) >= MostEchoes {
		return ErrEchoes
	}
	h.echoes = append(h.echoes, word)
	return nil
}

// Restart ends the epoch and begins another. What subscriptions had not read is lost to them, and counted as dropped.
// On a closed hub it does nothing.
func (h *Hub) Restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.before += h.run.last
	h.run = &run{hub: h, epoch: newEpoch()}
	h.backlog, h.bytes, h.echoes, h.packer.base = nil, 0, nil, nil
	h.wake()
}

// Notify puts a token into ready, which must have room for one, now, after each Publish, Restart, Wake and after Close,
// until stop is called. Nobody waits for a channel that is full.
func (h *Hub) Notify(ready chan struct{}) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notify(ready)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waiting, ready)
	}
}

// notify is Notify with mu held.
func (h *Hub) notify(ready chan struct{}) {
	h.waiting[ready] = struct{}{}
	token(ready)
}

// Wake gives a token to whoever waits, after subscriptions have been told to End.
func (h *Hub) Wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wake()
}

// wake is Wake with mu held.
func (h *Hub) wake() {
	for ready := range h.waiting {
		token(ready)
	}
}

func token(ready chan struct{}) {
	select {
	case ready <- struct{}{}:
	default:
	}
}

// trim forgets what is beyond the bounds. A wall clock that steps back keeps messages longer, never fewer than one;
// one that steps forward forgets early: both end in a gap at worst.
func (h *Hub) trim(now int64) {
	oldest := now - h.config.Backlog.Milliseconds()
	n := 0
	for n < len(h.backlog)-1 && (h.bytes > h.config.BacklogBytes || h.backlog[n].at < oldest) {
		h.bytes -= h.backlog[n].size()
		h.backlog[n] = kept{} // the array outlives the slice's start until append moves it
		n++
	}
	h.backlog = h.backlog[n:]
}

// first is the sequence number of the oldest message in the backlog; run.last+1 when it is empty. mu is held.
func (h *Hub) first() uint64 { return h.run.last + 1 - uint64(len(h.backlog)) }

// kept returns what is kept of message seq, which must be in the backlog. mu is held.
func (h *Hub) kept(seq uint64) *kept { return &h.backlog[seq-h.first()] }

// resumes tells whether a cursor can be. mu is held.
func (h *Hub) resumes(after Cursor) bool {
	return after.Epoch == h.run.epoch && after.Seq <= h.run.last && after.Seq+1 >= h.first()
}

// Behind is how many messages a reader at a cursor would get at once.
func (h *Hub) Behind(after Cursor) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.resumes(after) {
		return h.run.last - after.Seq
	}
	return min(h.run.last, 1)
}

// Close ends every subscription once it has read what is there. It is safe to call twice.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.done)
	h.wake()
}

// Stats is a hub's state at one moment.
type Stats struct {
	Subscriptions int
	Published     uint64 // in all epochs
	Delivered     uint64 // to subscribers, ever: each message once for each of them
	Thinned       uint64 // left out because subscribers asked for fewer, ever
	Dropped       uint64 // lost to slow subscribers, ever
	Newest        Cursor // the zero Cursor before the first message
	Backlog       int    // messages
	BacklogBytes  int    // as they are kept
}

// Stats counts.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Stats{
		Subscriptions: h.subscriptions,
		Published:     h.before + h.run.last,
		Delivered:     h.total.Delivered,
		Thinned:       h.total.Thinned,
		Dropped:       h.total.Dropped,
		Backlog:       len(h.backlog),
		BacklogBytes:  h.bytes,
	}
	if h.run.last > 0 {
		s.Newest = Cursor{h.run.epoch, h.run.last}
	}
	return s
}
