package dashboard

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
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

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
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
	cert, err := t.read()
	if err != nil {
		return fmt.Errorf("certificate %s, key %s: %w", t.certFile, t.keyFile, err)
	}
	t.now.Store(&cert)
	t.remind()
	return nil
}

// soon is how long before a certificate's end the log begins to speak of it, once in each reminded.
const soon, reminded = 14 * 24 * time.Hour, 24 * time.Hour

// Until is when the certificate ends.
func (t *TLS) Until() time.Time { return t.now.Load().Leaf.NotAfter }

// remind logs that the certificate has ended, or soon will have: browsers refuse it then, and say so to those who look only.
func (t *TLS) remind() {
	switch left := time.Until(t.Until()); {
	case left <= 0:
		t.log.Warn("the certificate has expired, browsers refuse it", "file", t.certFile, "until", t.Until())
	case left < soon:
		t.log.Warn("the certificate expires soon", "file", t.certFile, "until", t.Until())
	}
}

// mostPEM bounds the key's file, in bytes.
const mostPEM = 1 << 20

func (t *TLS) read() (tls.Certificate, error) {
	cert, err := os.ReadFile(t.certFile)
	if err != nil {
		return tls.Certificate{}, auth.Denied(err)
	}
	key, readable, err := auth.ReadFile(t.keyFile, mostPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	if readable {
		t.log.Warn("others can read the certificate's key (hint: chmod 600)", "file", t.keyFile)
	}
	if block, _ := pem.Decode(key); block != nil && (block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")) {
		return tls.Certificate{}, fmt.Errorf("the key has a passphrase, and nobody is there to type it (hint: openssl pkey -in %s writes it without)", t.keyFile)
	}
	return tls.X509KeyPair(cert, key)
}

// Watch reloads the files when they change, and whenever there is something in now, until ctx ends. Once a day it says that
// the certificate's end is near.
func (t *TLS) Watch(ctx context.Context, now <-chan os.Signal) {
	go func() {
		for daily := time.NewTicker(reminded); ; {
			select {
			case <-daily.C:
				t.remind()
			case <-ctx.Done():
				daily.Stop()
				return
			}
		}
	}()
	watchFiles(ctx, now, []string{t.certFile, t.keyFile}, func() {
		if err := t.Reload(); err != nil {
			t.log.Warn("the certificate stays as it was", "error", err)
			return
		}
		t.log.Info("there is a new certificate", "until", t.Until())
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

// A begun connection is one whose first byte has been read. It counts what passes by the socket.
type begun struct {
	net.Conn
	first   []byte
	in, out atomic.Int64
}

func (c *begun) Read(b []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		c.in.Add(int64(n))
		return n, nil
	}
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	return n, err
}

func (c *begun) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	return n, err
}

// NetConn is the connection below.
func (c *begun) NetConn() net.Conn { return c.Conn }

// A secureConn is TLS, or tells who speaks plain HTTP that it is.
type secureConn struct {
	*tls.Conn
	raw   *begun
	hosts gate.Hosts
	// Only its reader touches these.
	heard  bool   // the first byte has been
	spoken bool   // something has been read, so there was a handshake
	ahead  []byte // has been read, and is to be read again

	in, out atomic.Int64 // what was inside
	added   meter.Overhead
}

// recordHandshake is what the first byte of TLS says (RFC 8446 section 5.1).
const recordHandshake = 22

func (c *secureConn) Read(b []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(b, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
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
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	c.added.In.Store(c.raw.in.Load() - c.in.Load())
	if !c.spoken { // the handshake is ours as well, and nothing else is written meanwhile
		c.spoken = true
		c.settle()
	}
	return n, err
}

func (c *secureConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.out.Add(int64(n))
	c.settle()
	return n, err
}

// settle counts what has been written.
func (c *secureConn) settle() { c.added.Out.Store(c.raw.out.Load() - c.out.Load()) }

// Ahead waits until there is something to read, and leaves it there, or returns the error that there is instead. Only who
// may read calls it.
func (c *secureConn) Ahead() error {
	if len(c.ahead) > 0 {
		return nil
	}
	var next [1]byte
	n, err := c.Read(next[:])
	if n > 0 {
		c.ahead = next[:]
		return nil
	}
	return err
}

// Overhead is what TLS has added, as of the last Read and Write and Close.
func (c *secureConn) Overhead() *meter.Overhead { return &c.added }

// CloseWrite says goodbye, and ends our half of the connection.
func (c *secureConn) CloseWrite() error {
	err := c.Conn.CloseWrite()
	c.settle()
	return err
}

var errPlain = errors.New("plain HTTP where TLS is spoken")

// Close says goodbye, if there was a handshake.
func (c *secureConn) Close() error {
	err := c.Conn.Close()
	c.settle()
	return err
}

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
