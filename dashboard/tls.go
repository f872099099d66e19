package dashboard

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/gate"
)

// A TLS is a certificate with its key, from two files, for Config.TLS.
type TLS struct {
	certFile, keyFile string
	log               *slog.Logger
	now               atomic.Pointer[tls.Certificate]
}

// NewTLS reads the files: PEM, the certificate with those that signed it behind it.
func NewTLS(certFile, keyFile string, log *slog.Logger) (*TLS, error) {
	t := &TLS{certFile: certFile, keyFile: keyFile, log: log}
	return t, t.Reload()
}

// Reload reads the files again. Who is connected stays so; who comes meets the new certificate. With an error the old one
// stays.
func (t *TLS) Reload() error {
	cert, err := tls.LoadX509KeyPair(t.certFile, t.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s, key %s: %w", t.certFile, t.keyFile, err)
	}
	t.now.Store(&cert)
	return nil
}

// Watch reloads the files when they change, and whenever there is something in now, until ctx ends.
func (t *TLS) Watch(ctx context.Context, now <-chan os.Signal) {
	watchFiles(ctx, now, []string{t.certFile, t.keyFile}, func() {
		if err := t.Reload(); err != nil {
			t.log.Warn("the certificate stays as it was", "error", err)
			return
		}
		t.log.Info("there is a new certificate", "until", t.now.Load().Leaf.NotAfter)
	})
}

// secureListener speaks TLS on every connection it accepts.
type secureListener struct {
	net.Listener
	config *tls.Config
	hosts  gate.Hosts
}

func (t *TLS) listener(ln net.Listener, hosts gate.Hosts) net.Listener {
	return secureListener{ln, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"}, // HTTP/2 is not spoken here
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return t.now.Load(), nil },
	}, hosts}
}

// Accept returns at once: the handshake is the reader's, who has time limits.
func (l secureListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	raw := &begun{Conn: c}
	return &secureConn{Conn: tls.Server(raw, l.config), raw: raw, hosts: l.hosts}, nil
}

// A begun connection is one whose first byte has been read.
type begun struct {
	net.Conn
	first []byte
}

func (c *begun) Read(b []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// A secureConn is TLS, or tells who speaks plain HTTP that it is.
type secureConn struct {
	*tls.Conn
	raw   *begun
	hosts gate.Hosts
	heard bool // the first byte has been; only its reader touches it
}

// recordHandshake is what the first byte of TLS says (RFC 8446 section 5.1).
const recordHandshake = 22

func (c *secureConn) Read(b []byte) (int, error) {
	if !c.heard {
		var first [1]byte
		if _, err := io.ReadFull(c.raw.Conn, first[:]); err != nil {
			return 0, err
		}
		c.heard, c.raw.first = true, first[:]
		if first[0] != recordHandshake {
			answerPlain(c.raw, c.hosts)
			return 0, errPlain
		}
	}
	return c.Conn.Read(b)
}

var errPlain = errors.New("plain HTTP where TLS is spoken")

// Served is the connection's own; it does nothing where there is none.
func (c *secureConn) Served() {
	if s, ok := c.raw.Conn.(interface{ Served() }); ok {
		s.Served()
	}
}

// answerPlain tells who speaks plain HTTP where to go, and ends the connection.
func answerPlain(c net.Conn, hosts gate.Hosts) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	request, err := http.ReadRequest(bufio.NewReader(io.LimitReader(c, headLimit)))
	status, where := "400 Bad Request", ""
	if err == nil && (request.Method == http.MethodGet || request.Method == http.MethodHead) && hosts.Allow(request.Host) && strings.HasPrefix(request.RequestURI, "/") {
		status, where = "308 Permanent Redirect", "Location: https://"+request.Host+request.URL.RequestURI()+"\r\n"
	}
	const text = "fivewire: TLS is spoken here; use https://\n"
	fmt.Fprintf(c, "HTTP/1.1 %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, where, len(text), text)
	if half, ok := c.(*begun).Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, c, headLimit) // closed with that unread it would be reset, and the answer lost
}
