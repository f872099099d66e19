package crowd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// readBuffer is one for all viewers: nothing stays in it.
	readBuffer = 128 << 10
	// tickEvery is how exactly viewers are called when they are due.
	tickEvery = 5 * time.Millisecond
	// gather is how long the loop lets arrivals collect. They are dated by the kernel: nobody is served later for it.
	gather = time.Millisecond
)

// A loop is the engine of Linux: one thread, one epoll, one buffer.
type loop struct {
	c     *crowd
	epoll int
	fds   []int32 // by viewer; -1 has no socket

	to       unix.Sockaddr
	loopback bool
	source   byte // the last number of 127.0.0.x that connections come from, when one has no ports left

	buf     []byte
	control []byte
	iov     unix.Iovec
	msg     unix.Msghdr
}

func native() engine { return runLoop }

func runLoop(ctx context.Context, c *crowd) error {
	runtime.LockOSThread() // one that no other goroutine wakes up on
	defer runtime.UnlockOSThread()
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	l := &loop{c: c, epoll: epoll, fds: make([]int32, len(c.viewers)), buf: make([]byte, readBuffer), control: make([]byte, 128)}
	for i := range l.fds {
		l.fds[i] = -1
	}
	addr := c.target.addr
	l.loopback = addr.Addr().Unmap().Is4() && addr.Addr().Unmap().IsLoopback()
	l.to = sockaddr(netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
	l.iov.Base = &l.buf[0]
	l.iov.SetLen(len(l.buf))
	l.msg.Iov = &l.iov
	l.msg.SetIovlen(1)
	l.msg.Control = &l.control[0]
	defer l.close()
	return l.run(ctx)
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	to := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if nic, err := net.InterfaceByName(a.Addr().Zone()); err == nil {
		to.ZoneId = uint32(nic.Index)
	}
	return to
}

func (l *loop) close() {
	for i := range l.fds {
		l.drop(i)
	}
	unix.Close(l.epoll)
}

func (l *loop) run(ctx context.Context) error {
	events := make([]unix.EpollEvent, 1024)
	for ctx.Err() == nil {
		n, err := unix.EpollWait(l.epoll, events, l.timeout())
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("epoll: %w", err)
		}
		l.c.mu.Lock()
		for i := range max(n, 0) {
			l.ready(int(events[i].Fd), events[i].Events)
		}
		l.tick()
		l.c.mu.Unlock()
		if n > 0 && n < len(events) {
			time.Sleep(gather)
		}
	}
	return nil
}

// timeout is in ms, for epoll.
func (l *loop) timeout() int {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	const longest = 50 * time.Millisecond // how late the end of the context may be seen
	if l.c.soonest == 0 {
		return int(longest / time.Millisecond)
	}
	wait := time.Duration(l.c.soonest - l.c.now())
	return int(min(max(wait, tickEvery), longest) / time.Millisecond)
}

// tick calls the viewers that are due. It looks at all of them: ten thousand numbers in a row are read in less time
// than it takes to keep them sorted.
func (l *loop) tick() {
	c := l.c
	now := c.now()
	if c.soonest == 0 || now < c.soonest {
		return
	}
	c.soonest = 0
	soonest := int64(0)
	for i, due := range c.due {
		if due > 0 && due <= now {
			l.act(i, c.viewers[i].tick())
			due = c.due[i]
		}
		if due > 0 && (soonest == 0 || due < soonest) {
			soonest = due
		}
	}
	c.soonest = soonest
}

// act does what a viewer wants.
func (l *loop) act(i int, does action) {
	v := &l.c.viewers[i]
	for {
		switch does {
		case connect:
			if err := l.dial(i); err != nil {
				l.drop(i)
				does = v.down(reason(err))
				continue
			}
		case send:
			if kind := l.write(i); kind != "" {
				does = v.down(kind)
				continue
			}
		case deafen:
			askForEnd(int(l.fds[i]))
			l.watch(i, unix.EPOLL_CTL_MOD, unix.EPOLLRDHUP)
		case hangUp:
			l.drop(i)
		}
		return
	}
}

func (l *loop) watch(i, how int, events uint32) error {
	return unix.EpollCtl(l.epoll, how, int(l.fds[i]), &unix.EpollEvent{Events: events, Fd: int32(i)})
}

func (l *loop) drop(i int) {
	if l.fds[i] >= 0 {
		unix.Close(int(l.fds[i]))
		l.fds[i] = -1
	}
}

// dial begins to connect. When a source address has no ports left, the next of 127.0.0.0/8 has; elsewhere there is one.
func (l *loop) dial(i int) error {
	for {
		family := unix.AF_INET
		if _, six := l.to.(*unix.SockaddrInet6); six {
			family = unix.AF_INET6
		}
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		l.fds[i] = int32(fd)
		if l.c.reserves(fd) {
			return unix.EMFILE // and it is closed by who called
		}
		// Without these, arrivals are dated late and small questions wait: worse figures, but figures.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if l.source > 0 {
			_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
			err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1 + l.source}})
		}
		if err == nil {
			err = unix.Connect(fd, l.to)
		}
		switch {
		case errors.Is(err, unix.EADDRNOTAVAIL) && l.loopback && l.source < 250:
			l.drop(i)
			l.source++
			continue
		case err != nil && err != unix.EINPROGRESS:
			return err
		}
		return l.watch(i, unix.EPOLL_CTL_ADD, unix.EPOLLOUT)
	}
}

// write says what is in crowd.out. It fits into an empty socket buffer; a peer that has let so many answers to pings
// pile up that it does not is not served any longer.
func (l *loop) write(i int) (kind string) {
	b := l.c.out
	n, err := unix.SendmsgN(int(l.fds[i]), b, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	switch {
	case err == unix.EAGAIN || err == nil && n < len(b):
		return "the server does not read"
	case err != nil:
		return reason(err)
	}
	l.c.tally.out += int64(n)
	return ""
}

// ready does what a socket is ready for.
func (l *loop) ready(i int, events uint32) {
	if l.fds[i] < 0 {
		return
	}
	v := &l.c.viewers[i]
	if v.phase == dialing {
		code, err := unix.GetsockoptInt(int(l.fds[i]), unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		if err == nil {
			err = l.watch(i, unix.EPOLL_CTL_MOD, unix.EPOLLIN)
		}
		if err != nil {
			l.act(i, v.down(reason(err)))
			return
		}
		l.act(i, v.up())
		return
	}
	if v.phase == deaf {
		l.act(i, v.down(""))
		return
	}
	n, arrival, err := l.read(i)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil:
		l.act(i, v.down(reason(err)))
	case n == 0:
		l.act(i, v.down(""))
	default:
		l.act(i, v.feed(l.buf[:n], arrival))
	}
}

// read fills the buffer, and tells when the last of it arrived at the socket (socket(7), SO_TIMESTAMPNS).
func (l *loop) read(i int) (n int, arrival int64, err error) {
	l.msg.SetControllen(len(l.control))
	r, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(l.fds[i]), uintptr(unsafe.Pointer(&l.msg)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, 0, errno
	}
	if at := stamp(l.control[:l.msg.Controllen]); at > 0 {
		return int(r), at, nil
	}
	return int(r), time.Now().UnixNano(), nil
}

// stamp is the arrival in a control message, or 0. The kernel writes native integers: a head, and behind it a timespec.
func stamp(control []byte) int64 {
	var ts unix.Timespec
	head := unix.CmsgLen(0)
	if len(control) < head+int(unsafe.Sizeof(ts)) {
		return 0
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	ts = *(*unix.Timespec)(unsafe.Pointer(&control[head]))
	return ts.Nano()
}
