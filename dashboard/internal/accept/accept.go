// Package accept takes connections from a listener that must not die.
//
// # What is promised
//
// Accept returns an error only when the listener is closed. When descriptors or memory run out it waits, five
// milliseconds at first and a second at most, and tries again: those who are connected live on, and new ones come in
// as soon as there is room.
//
// It does not come to that by connections alone: some descriptors are reserved, a quarter of all and 128 at most, for
// those who read the host, for connections that change hands and have two of them meanwhile, and for saying no. Who
// would take one of those is told 503 with Retry-After, and closed.
//
// Nobody has all of them: an address may have only so many, if Wrap was told so, and who would be one more is told the
// same.
//
// Who comes in a crowd waits in the kernel's queue, which costs nothing, and not each in a goroutine: while many
// connections have not been served for the first time, the next is taken a millisecond later.
//
// Each connection is bounded: a reader that has stopped reading gets a small kernel buffer, not megabytes of it, and
// a peer that vanished without a word is noticed within some 30 seconds.
package accept

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// sendBuffer bounds what the kernel keeps for a viewer that does not read. Linux doubles it for its own
	// bookkeeping (socket(7), SO_SNDBUF); left alone, it would grow to tcp_wmem's 4 MB.
	sendBuffer   = 64 << 10
	mostReserved = 128
	refusal      = 100 * time.Millisecond
	crowd        = 64               // connections that wait for their first answer
	pace         = time.Millisecond // from one to the next when there is one
	recount      = 100 * time.Millisecond
	remind       = time.Minute // until the log is told again that viewers are refused

	shortestPause, longestPause = 5 * time.Millisecond, time.Second
)

// Unacknowledged is how long sent bytes may stay without an answer (tcp(7), TCP_USER_TIMEOUT).
const Unacknowledged = 15 * time.Second

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// full is answered to a connection too many. It is written without reading the request: the point is to spend nothing.
var full = []byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Type: text/plain\r\n" +
	"Content-Length: 28\r\nConnection: close\r\n\r\nfivewire: too many viewers\r\n")

// A Listener accepts for ever. Wrap makes one.
type Listener struct {
	net.Listener
	max  int64 // connections; 0 is as many as there are descriptors, which bound them in any case
	by   *Addresses
	open atomic.Int64
	// unserved have not been answered yet, nor been taken over.
	unserved atomic.Int64
	leaves   func() // gives the place of one back whose address is not bounded: the same for all of them
	// refusing holds a token for each connection that is being told that there is no room.
	refusing chan struct{}
	closed   chan struct{}
	once     sync.Once
	log      *slog.Logger

	mu      sync.Mutex
	others  int       // descriptors that are no connections of ours
	counted time.Time // when
	told    time.Time // when the log was told that connections are refused
}

// Wrap bounds ln to max connections at a time, and to as many as leave the reserve alone; 0 is the latter only. by bounds
// each address; nil for none.
func Wrap(ln net.Listener, max int, by *Addresses, log *slog.Logger) *Listener {
	spare := reserve(Descriptors()) / 2
	l := &Listener{Listener: ln, max: int64(max), by: by, refusing: make(chan struct{}, spare+1), closed: make(chan struct{}), log: log}
	l.leaves = func() { l.open.Add(-1) }
	return l
}

// A room is whether there is some for a new connection.
type room uint8

const (
	enough room = iota
	scarce      // only for saying that there is none
	barred      // not for this address
	none
)

// room is for one more. The limit may have been raised since the start: prlimit(1).
func (l *Listener) room() room {
	open := int(l.open.Load())
	bound := l.max > 0 && open >= int(l.max)
	all := Descriptors()
	// Those who are being told are no others, and count for who would stay alone: or a crowd that is refused would have all
	// of it but the first closed without a word. That they are not too many is attend's to see to.
	refusing := len(l.refusing)
	switch left, reserve := all-open-l.otherDescriptors(open+refusing), reserve(all); {
	case left-refusing > reserve && !bound:
		return enough
	case left > reserve/2:
		return scarce
	}
	return none
}

// reserve is how many of all descriptors are not for viewers. Half of it is for refusals.
func reserve(all int) int { return min(all/4, mostReserved) }

// otherDescriptors is how many of those that are open are no connections. It is counted now and then: where the kernel
// lists them and does not count, that takes milliseconds with thousands.
func (l *Listener) otherDescriptors(open int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.counted.IsZero() || now.Sub(l.counted) >= recount {
		l.counted, l.others = now, max(openDescriptors()-open, 0)
	}
	return l.others
}

// Open is how many connections there are.
func (l *Listener) Open() int { return int(l.open.Load()) }

// OpenOf is how many a peer's address has; bounded tells whether there is a most.
func (l *Listener) OpenOf(peer net.Addr) (n int, bounded bool) { return l.by.taken(peer) }

// Accept returns the next connection, or net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	pause := time.Duration(0)
	for {
		if l.unserved.Load() >= crowd {
			time.Sleep(pace)
		}
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			if room := l.room(); room != enough {
				l.refuse(c, room)
				continue
			}
			leave, ok := l.by.enter(c.RemoteAddr())
			if !ok {
				l.refuse(c, barred)
				continue
			}
			Tune(c)
			l.open.Add(1)
			l.unserved.Add(1)
			return &conn{Conn: c, listener: l, release: l.releaseOf(leave)}, nil
		case errors.Is(err, net.ErrClosed):
			return nil, err
		default:
			pause = min(max(2*pause, shortestPause), longestPause)
			if pause == shortestPause {
				l.log.Warn("cannot accept a connection, waiting for room", "error", err)
			}
			select {
			case <-time.After(pause):
			case <-l.closed:
				return nil, net.ErrClosed
			}
		}
	}
}

// refuse says that there is no room, and reads for a moment what the other end is saying: closed with that unread, the
// connection would be reset and the answer lost. Only so many at a time get so much attention; the next wait for it, but for
// those of an address that has too many: they are closed at once, or all others would wait behind them.
func (l *Listener) refuse(c net.Conn, room room) {
	l.tell()
	if room == none { // others have taken what is reserved
		c.Close()
		return
	}
	if !l.attend(room) {
		c.Close()
		return
	}
	go func() {
		defer func() { <-l.refusing }()
		defer c.Close()
		c.SetDeadline(time.Now().Add(refusal))
		c.Write(full)
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
		io.CopyN(io.Discard, c, 8<<10)
	}()
}

// attend takes a place among those who are told that there is no room, if there will be one.
func (l *Listener) attend(room room) bool {
	select {
	case l.refusing <- struct{}{}:
		return true
	default:
	}
	if room == barred {
		return false
	}
	select {
	case l.refusing <- struct{}{}:
		return true
	case <-l.closed:
		return false
	}
}

// tell logs that connections are refused, now and then.
func (l *Listener) tell() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.told.IsZero() || now.Sub(l.told) >= remind {
		l.told = now
		l.log.Warn("no room for more viewers, they are told 503 (hint: ulimit -n, or LimitNOFILE of systemd; --max-connections-per-address)",
			"connections", l.open.Load(), "descriptors", Descriptors())
	}
}

// Close stops accepting.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// Tune bounds a connection as the package promises. It sets what it can; a connection without one of these is still a
// connection.
func Tune(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendBuffer)
		tcp.SetKeepAliveConfig(keepAlive)
		setUserTimeout(tcp, Unacknowledged)
	}
}

// conn gives its place back when it is closed, or when who has kept it says so.
type conn struct {
	net.Conn
	listener *Listener
	release  func()      // gives its place back, and its address's
	given    atomic.Bool // the place is given back, or is no longer Close's to give
	served   atomic.Bool
}

// Served says that the connection has had its first answer, or is held as it is. One that is kept has been served when it
// is closed here: until then it has two descriptors.
func (c *conn) Served() {
	if !c.served.Swap(true) {
		c.listener.unserved.Add(-1)
	}
}

func (c *conn) Close() error {
	c.Served()
	if !c.given.Swap(true) {
		c.release()
	}
	return c.Conn.Close()
}

// Keep keeps the place when the connection is closed here but lives on by another descriptor, until release is called,
// once. It does not hold on to the connection, of which there are thousands.
func (c *conn) Keep() (release func()) {
	if c.given.Swap(true) {
		return func() {}
	}
	return c.release
}

// CloseWrite is the connection's own; an error where it has none.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EINVAL
}

// SetLinger is the connection's own; an error where it has none.
func (c *conn) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.SetLinger(seconds)
	}
	return syscall.EINVAL
}

// releaseOf gives a connection's place back, its address's too; leave as enter has returned it.
func (l *Listener) releaseOf(leave func()) func() {
	if leave == nil {
		return l.leaves
	}
	return func() {
		leave()
		l.leaves()
	}
}

// SyscallConn is the connection's own; an error where it has none.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}
