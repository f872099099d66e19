package crowd

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// portable is the engine of every platform, and of TLS: a goroutine a viewer. Buffers are shared where a socket can be
// waited for without one.
func portable(ctx context.Context, c *crowd) error {
	p := &ports{c: c, conns: make([]net.Conn, len(c.viewers)), buffers: sync.Pool{New: func() any { return new([16 << 10]byte) }}}
	if t := c.target; t.tls {
		name, _, err := net.SplitHostPort(t.address)
		if err != nil {
			return err
		}
		p.tls = &tls.Config{ServerName: name, NextProtos: []string{"http/1.1"}}
		p.few = newFew(min(mostReading, runtime.GOMAXPROCS(0)))
	}
	stop := context.AfterFunc(ctx, p.cut)
	defer stop()
	for i := range c.viewers {
		p.all.Go(func() { p.attend(ctx, &c.viewers[i]) })
	}
	p.all.Wait()
	return nil
}

type ports struct {
	c       *crowd
	buffers sync.Pool
	tls     *tls.Config // nil without
	few     few         // likewise
	all     sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn // by viewer; nil has none
	ended bool
}

// have says which connection a viewer has, nil for none: it is closed when the context ends. One function for all does that: of
// context's own each would take 200 bytes.
func (p *ports) have(v *viewer, conn net.Conn) {
	p.mu.Lock()
	p.conns[v.index] = conn
	late := p.ended && conn != nil
	p.mu.Unlock()
	if late {
		conn.Close()
	}
}

// cut closes all connections, side by side: to say goodbye may take a while.
func (p *ports) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, conn := range p.conns {
		if conn != nil {
			go conn.Close()
		}
	}
}

// attend is a viewer's life without a connection, enter how it gets one, and stay what it does with it. To connect, and to check
// a certificate, takes a large stack, which ends with its goroutine. The one before has ended by then: what the runtime keeps of
// it for good serves the next, and were it to wait there would be two for each viewer.
func (p *ports) attend(ctx context.Context, v *viewer) {
	for p.sleep(ctx, v) {
		if p.call(v, nil, v.tick) == connect {
			p.all.Go(func() { p.enter(ctx, v) })
			return
		}
	}
}

func (p *ports) enter(ctx context.Context, v *viewer) {
	conn, err := p.dial(ctx)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			conn.Close()
		}
	case err != nil:
		p.call(v, nil, func() action { return v.down(unconnected(err)) })
		p.all.Go(func() { p.attend(ctx, v) })
	default:
		p.all.Go(func() { p.stay(ctx, v, conn) })
	}
}

func (p *ports) stay(ctx context.Context, v *viewer, conn net.Conn) {
	p.have(v, conn)
	p.converse(ctx, v, conn)
	p.have(v, nil)
	conn.Close()
	p.attend(ctx, v)
}

// sleep waits until the viewer is due. It reports false when that will not be.
func (p *ports) sleep(ctx context.Context, v *viewer) bool {
	due := p.due(v)
	if due == 0 {
		<-ctx.Done()
		return false
	}
	t := time.NewTimer(time.Duration(due - p.c.now()))
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil // both may be
	case <-ctx.Done():
		return false
	}
}

func (p *ports) due(v *viewer) int64 {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	return p.c.due[v.index]
}

// call asks the viewer, alone; what it wants to say is copied, for crowd.out is everybody's.
func (p *ports) call(v *viewer, conn net.Conn, ask func() action) action {
	p.c.mu.Lock()
	does := ask()
	var out []byte
	if does == send {
		out = append(out, p.c.out...)
		p.c.tally.out += int64(len(out))
	}
	p.c.mu.Unlock()
	if does != send {
		return does
	}
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := conn.Write(out); err != nil {
		return p.call(v, conn, func() action { return v.down(why(err)) })
	}
	return nothing
}

func (p *ports) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience, Control: p.reserve}
	conn, err := dialer.DialContext(ctx, "tcp", p.c.target.addr.String())
	if err != nil || p.tls == nil {
		return conn, err
	}
	return secure(ctx, conn.(*net.TCPConn), p.tls)
}

// reserve refuses a socket that would take a descriptor of those that are not for viewers.
func (p *ports) reserve(_, _ string, raw syscall.RawConn) (err error) {
	failed := raw.Control(func(fd uintptr) {
		if p.c.reserves(int(fd)) {
			err = syscall.EMFILE
		}
	})
	return errors.Join(failed, err)
}

// converse is one connection, until the viewer hangs up.
func (p *ports) converse(ctx context.Context, v *viewer, conn net.Conn) {
	does := p.call(v, conn, v.up)
	for does != hangUp && ctx.Err() == nil {
		if does == deafen {
			if !awaitEnd(below(conn)) {
				<-ctx.Done() // that it is cut is not noticed here
			}
			if ctx.Err() == nil {
				p.call(v, conn, func() action { return v.down("") })
			}
			return
		}
		deadline := time.Time{}
		if due := p.due(v); due > 0 {
			deadline = p.c.start.Add(time.Duration(due))
		}
		_ = conn.SetReadDeadline(deadline)
		err := p.read(conn, func(b []byte) {
			at := time.Now().UnixNano()
			does = p.call(v, conn, func() action { return v.feed(b, at) })
		})
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			does = p.call(v, conn, v.tick)
		case errors.Is(err, io.EOF):
			does = p.call(v, conn, func() action { return v.down("") })
		case err != nil:
			does = p.call(v, conn, func() action { return v.down(why(err)) })
		}
	}
}

// read waits for bytes and hands them to take: at an error of take's own the error is nil.
func (p *ports) read(conn net.Conn, take func([]byte)) error {
	switch conn := conn.(type) {
	case *net.TCPConn:
		if done, err := readWhenReady(conn, &p.buffers, take); done {
			return err
		}
	case *sealed:
		return conn.read(p.few, take)
	}
	var b [2 << 10]byte
	n, err := conn.Read(b[:])
	if n > 0 {
		take(b[:n])
		return nil
	}
	return err
}

// below is the socket that TLS speaks over.
func below(conn net.Conn) net.Conn {
	for {
		layer, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return conn
		}
		conn = layer.NetConn()
	}
}

// unconnected is why where there is no connection.
func unconnected(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no connection in " + patience.String()
	}
	if unknown := new(tls.CertificateVerificationError); errors.As(err, &unknown) {
		return why(err) + " (hint: SSL_CERT_FILE=cert.pem has a certificate of your own believed)"
	}
	return why(err)
}

// why is an error as a word that many errors share: without addresses.
func why(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return reason(err)
}

// reason is an errno as a word that many errors share.
func reason(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	switch errno {
	case syscall.EMFILE, syscall.ENFILE:
		return noDescriptors
	case syscall.EADDRNOTAVAIL:
		return noPorts
	}
	return errno.Error()
}
