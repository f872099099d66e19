package dashboard

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// certify writes a certificate for 127.0.0.1 with its key, and returns what trusts it.
func certify(t *testing.T, dir string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "fivewire test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// secured makes a site that speaks TLS.
func secured(t *testing.T) (s *site, dir string, pool *x509.CertPool) {
	t.Helper()
	dir = t.TempDir()
	pool = certify(t, dir, 1)
	secure, err := NewTLS(filepath.Join(dir, "cert"), filepath.Join(dir, "key"), slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, Config{TLS: secure, Lab: true}, "")
	s.url = strings.Replace(s.url, "http://", "https://", 1)
	s.publish(1)
	return s, dir, pool
}

// All five over TLS, parked polls and middleboxes included: nothing is missed, and a new certificate ends nobody.
func TestTLS(t *testing.T) {
	t.Parallel()
	s, dir, pool := secured(t)
	for _, technique := range load.Techniques() {
		t.Run(technique, func(t *testing.T) {
			c := s.client(technique)
			c.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
			defer c.HTTP.CloseIdleConnections()
			begin := s.cursor(s.n)
			var want []string
			for i := range 5 {
				want = append(want, fmt.Sprint(s.n+1+i))
			}
			go func() {
				for range 5 {
					time.Sleep(20 * time.Millisecond)
					s.publish(1)
				}
			}()
			equal(t, s.watch(c, begin, 5), strings.Join(want, " "))
		})
	}
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask := func() int {
		fmt.Fprintf(conn, "GET /api/v1/polling HTTP/1.1\r\nHost: %s\r\n\r\n", s.addr)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	if status := ask(); status != 200 {
		t.Fatalf("got %d", status)
	}
	os.WriteFile(filepath.Join(dir, "cert"), []byte("broken"), 0o600)
	if err := s.config.TLS.Reload(); err == nil {
		t.Error("a broken certificate is taken")
	}
	newer := certify(t, dir, 2)
	if err := s.config.TLS.Reload(); err != nil {
		t.Fatal(err)
	}
	if status := ask(); status != 200 {
		t.Errorf("who was connected before gets %d", status)
	}
	if _, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: pool}); err == nil {
		t.Error("the old certificate is still shown")
	}
	next, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: newer})
	if err != nil {
		t.Fatalf("the new certificate: %v", err)
	}
	next.Close()
	if _, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: newer, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

// Who speaks plain HTTP is told where to go, and garbage is no harm.
func TestTLSAndPlain(t *testing.T) {
	s, _, _ := secured(t)
	say := func(text string) string {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, text)
		answer, _ := io.ReadAll(conn)
		return string(answer)
	}
	if got := say("GET /a?b HTTP/1.1\r\nHost: " + s.addr + "\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 308 ") || !strings.Contains(got, "\r\nLocation: https://"+s.addr+"/a?b\r\n") {
		t.Errorf("a browser is told %q", got)
	}
	for _, text := range []string{
		"POST / HTTP/1.1\r\nHost: " + s.addr + "\r\nContent-Length: 0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /\r\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
	} {
		if got := say(text); !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Contains(got, "evil") || !strings.Contains(got, "TLS") {
			t.Errorf("%q is told %q", text, got)
		}
	}
	say("\x16\x03\x01\x00\x05hello")
}
