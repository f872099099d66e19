package fanout

import (
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/fivewire/fivewire/dashboard/internal/accept"
)

// shards hold lines by their descriptors, one for each processor that Go uses.
type shards struct {
	all   []*shard
	turn  atomic.Uint32 // whose the next line is
	ended chan struct{} // closed by close
	work  sync.WaitGroup
}

// openShards starts the shards with the first line.
func (f *Fanout) openShards() *shards {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shards != nil || f.closed {
		return f.shards
	}
	group := &shards{ended: make(chan struct{})}
	for range runtime.GOMAXPROCS(0) {
		s, err := newShard(f, group.ended)
		if err != nil {
			if !f.poor {
				f.config.Logger.Warn("no epoll: lines are held by goroutines", "error", err)
			}
			f.poor = true
			group.close()
			return nil
		}
		group.all = append(group.all, s)
	}
	for _, s := range group.all {
		group.work.Go(func() { s.poll.wait(s.events, s.pause) })
		group.work.Go(s.rounds)
	}
	f.shards = group
	return group
}

// CanPark tells whether connections can be parked here.
func (f *Fanout) CanPark() bool { return !f.config.Portable && f.openShards() != nil }

// close ends all lines that are left, and the shards. f.mu is not held.
func (g *shards) close() {
	close(g.ended)
	for _, s := range g.all {
		s.close()
	}
	g.work.Wait()
}

// detach takes a line's connection from whoever has it now. It tells whether it could; if not, nothing has changed.
func (f *Fanout) detach(l *line, conn net.Conn, head, early []byte) bool {
	if hijacked, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
		conn = hijacked.UnsafeConn()
	}
	if b, ok := conn.(interface{ Bare() bool }); ok && !b.Bare() { // there is more to it than its descriptor
		return false
	}
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	group := f.openShards()
	if group == nil {
		return false
	}
	return group.all[int(group.turn.Add(1))%len(group.all)].add(l, sc, head, early) == nil
}

// duplicate is another descriptor for a connection. Both are non-blocking, as Go's are.
func duplicate(sc syscall.Conn) (fd int, err error) {
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, err
	}
	if e := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3) }); e != nil {
		return 0, e
	}
	return fd, err
}

// connection makes a connection of the line's descriptor, which was one, or says no on it, if anything, and closes it. The
// line's release is called when the connection is closed.
func (l *line) connection(no string) (conn net.Conn, ok bool) {
	if l.release != nil {
		defer func() {
			if !ok {
				l.release()
			}
		}()
	}
	file := os.NewFile(uintptr(l.fd), "connection")
	defer file.Close() // FileConn has a descriptor of its own
	conn, err := net.FileConn(file)
	if err != nil { // no descriptor is left
		write(l.fd, []byte(no))
		unix.Shutdown(int(l.fd), unix.SHUT_WR)
		l.closing(l)
		return nil, false
	}
	accept.Tune(conn) // FileConn has its own idea of keep-alive
	return &returned{Conn: conn, release: l.release}, true
}

// A returned connection still has its place among those of its server.
type returned struct {
	net.Conn
	given   atomic.Bool
	release func()
}

// Keep is like that of package accept's connections: closed here, the connection lives on, and so does its place.
func (c *returned) Keep() (release func()) {
	if c.given.Swap(true) {
		return nil
	}
	return c.release
}

// SetLinger is the connection's own, where it has one.
func (c *returned) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.SetLinger(seconds)
	}
	return syscall.EINVAL
}

// CloseWrite is the connection's own; an error where it has none.
func (c *returned) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return syscall.EINVAL
}

func (c *returned) Close() error {
	if !c.given.Swap(true) && c.release != nil {
		c.release()
	}
	return c.Conn.Close()
}

// SyscallConn is the connection's own; an error where it has none.
func (c *returned) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}

// A poll is an epoll instance that Go's own poller watches: who waits for it blocks no thread. Between the two is another
// one, the gate. While it is shut what comes wakes nobody.
type poll struct {
	gate *os.File
	raw  syscall.RawConn // the gate's
	fd   int
}

func newPoll() (*poll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	p := &poll{fd: fd}
	if err := p.open(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poll) open() error {
	gate, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(gate, true); err != nil { // or os.File would not be watched
		unix.Close(gate)
		return os.NewSyscallError("fcntl", err)
	}
	p.gate = os.NewFile(uintptr(gate), "epoll")
	if p.raw, err = p.gate.SyscallConn(); err != nil {
		return err
	}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(gate, unix.EPOLL_CTL_ADD, p.fd, &unix.EpollEvent{Events: unix.EPOLLIN}))
}

// close ends wait, and returns when each has returned.
func (p *poll) close() {
	if p.gate != nil {
		p.gate.Close()
	}
	unix.Close(p.fd)
}

// Who comes with so many others within a moment waits for the next with them: to be woken for each request of thousands
// takes longer than to read it.
const (
	moment = time.Millisecond
	crowd  = 16
)

// mostEvents is how many are heard at a time.
const mostEvents = 128

// wait calls each with what is ready, and pause when a crowd has come, until the poll is closed.
func (p *poll) wait(each func([]unix.EpollEvent), pause func()) {
	var events [mostEvents]unix.EpollEvent
	var since time.Time // when those that have come lately began to
	came, shut, more := 0, false, false
	for {
		err := p.raw.Read(func(gate uintptr) bool {
			n := p.look(events[:])
			if n > 0 {
				each(events[:n])
			}
			if now := time.Now(); !shut && now.Sub(since) > moment {
				since, came = now, 0
			}
			came += n
			if more = n == len(events); more {
				return true
			}
			if many := came >= crowd; many != shut && p.guard(int(gate), many) == nil {
				shut = many
			}
			return shut // else wait on: what comes now is told
		})
		if err != nil { // only between two calls of Read, or while it waits, it is seen that the poll is closed
			return
		}
		if shut && !more {
			came = 0
			pause()
		}
	}
}

// guard shuts the gate or opens it. What has come meanwhile is told then.
func (p *poll) guard(gate int, shut bool) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN}
	if shut {
		e.Events = 0
	}
	return unix.EpollCtl(gate, unix.EPOLL_CTL_MOD, p.fd, &e)
}

// look tells what is ready, without waiting: see call.
func (p *poll) look(events []unix.EpollEvent) int {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n)
		case syscall.EINTR:
		default:
			return 0
		}
	}
}

// What a line is watched for: bytes, the end of the other direction, and room if it is blocked. Broken connections are
// always told. Each is told once, when it comes (EPOLLET): else everything that is told is looked at twice.
const (
	watched = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	ends    = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
)

// control changes what is watched. What is told comes with mark, for the caller, as the event's Fd, and with the
// descriptor as its Pad.
func (p *poll) control(op int, fd, mark int32, events uint32) error {
	return unix.EpollCtl(p.fd, op, int(fd), &unix.EpollEvent{Events: events, Fd: mark, Pad: fd})
}
