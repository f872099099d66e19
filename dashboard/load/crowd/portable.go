package crowd

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// portable is the engine of every platform, and of TLS: a goroutine a viewer. Buffers are shared where a socket can be
// waited for without one.
func portable(ctx context.Context, c *crowd) error {
	p := &ports{c: c, buffers: sync.Pool{New: func() any { return new([16 << 10]byte) }}}
	if t := c.target; t.tls {
		name, _, err := net.SplitHostPort(t.address)
		if err != nil {
			return err
		}
		p.tls = &tls.Config{ServerName: name, NextProtos: []string{"http/1.1"}}
		p.few = make(few, mostReading)
		for range mostReading {
			p.few <- nil
		}
	}
	var all sync.WaitGroup
	for i := range c.viewers {
		all.Go(func() { p.attend(ctx, &c.viewers[i]) })
	}
	all.Wait()
	return nil
}

type ports struct {
	c       *crowd
	buffers sync.Pool
	tls     *tls.Config // nil without
	few     few         // likewise
}

// attend is one viewer's life.
func (p *ports) attend(ctx context.Context, v *viewer) {
	for p.sleep(ctx, v) {
		if p.call(v, nil, v.tick) != connect {
			continue
		}
		conn, err := p.dial(ctx)
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil {
			p.call(v, nil, func() action { return v.down(unconnected(err)) })
			continue
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		p.converse(ctx, v, conn)
		stop()
		conn.Close()
	}
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

// dial connects, in a goroutine of its own: that, and to check a certificate, takes a large stack, which ends with it.
func (p *ports) dial(ctx context.Context) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		dialer := net.Dialer{Timeout: patience, Control: p.reserve}
		conn, err = dialer.DialContext(ctx, "tcp", p.c.target.addr.String())
		if err == nil && p.tls != nil {
			conn, err = secure(ctx, conn.(*net.TCPConn), p.tls)
		}
	}()
	<-done
	return conn, err
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
