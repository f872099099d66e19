package crowd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// ownCertificate is one of 127.0.0.1 that has signed itself.
func ownCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// crumbs sends seven bytes at a time, so that records come in pieces.
type crumbs struct{ net.Conn }

func (c crumbs) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var some int
		some, err = c.Conn.Write(b[n:min(n+7, len(b))])
		n += some
	}
	return n, err
}

// What TLS has taken from the socket is not waited for there, and what is not whole yet is waited for on. Then come a deadline
// and the end, as without TLS.
func TestSecured(t *testing.T) {
	certificate := ownCertificate(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	whole := strings.Repeat("0123456789", 5_000) // several records, each of several buffers
	more, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- func() error {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			defer conn.Close()
			server := tls.Server(crumbs{conn}, &tls.Config{Certificates: []tls.Certificate{certificate}})
			if err := server.Handshake(); err != nil {
				return err
			}
			for text := range more {
				if _, err := io.WriteString(server, text); err != nil {
					return err
				}
			}
			return server.Close()
		}()
	}()
	socket, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	known, _ := x509.ParseCertificate(certificate.Certificate[0])
	roots := x509.NewCertPool()
	roots.AddCert(known)
	conn, err := secure(t.Context(), socket.(*net.TCPConn), &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	buffers := make(few, 1)
	buffers <- nil
	read := func(want string) {
		t.Helper()
		var got []byte
		var err error
		for len(got) < len(want) && err == nil {
			err = conn.(*secured).read(buffers, func(b []byte) { got = append(got, b...) })
		}
		if string(got) != want {
			t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
		}
	}
	for _, text := range []string{whole, "a", whole, "b"} {
		go func() { more <- text }()
		read(text)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if err := conn.(*secured).read(buffers, nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("with a deadline: %v", err)
	}
	conn.SetReadDeadline(time.Time{})
	go func() { more <- "on" }()
	read("on")
	close(more)
	if err := conn.(*secured).read(buffers, nil); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
