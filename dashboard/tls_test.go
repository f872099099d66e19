package dashboard

import (
	"bufio"
	"context"
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
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/load"
)

// certify writes a certificate for 127.0.0.1 with its key, and returns what trusts it.
func certify(t *testing.T, dir string, serial int64) *x509.CertPool {
	t.Helper()
	return certifyFor(t, dir, serial, 30*24*time.Hour)
}

// certifyFor is certify with a time until the certificate's end.
func certifyFor(t *testing.T, dir string, serial int64, left time.Duration) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "fivewire test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(left), IsCA: true, BasicConstraintsValid: true,
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
	s.trust = pool
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
		conn := s.dial()
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

// A page that came by plain HTTP is not ours: anybody on its way could have written it.
func TestTLSAndPagesOfPlain(t *testing.T) {
	s, _, _ := secured(t)
	for scheme, want := range map[string]int{"https": 201, "http": 403} {
		if status, body := s.post("api/v1/marks", "application/json", `{"text":"deploy"}`, "Origin", scheme+"://"+s.addr); status != want {
			t.Errorf("a page by %s: %d %s", scheme, status, body)
		}
	}
}

// What TLS adds is counted apart, and all that passes by the socket is one or the other, of all forms: the first request
// has the handshake, and the last the goodbye. Held polls end when their viewer leaves, and so does everything else.
func TestBytesOfTLS(t *testing.T) {
	t.Parallel()
	s, _, _ := secured(t)
	for i, v := range visits() {
		if testing.Short() && i%5 != 0 {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			var first meter.Figures
			c := s.pay(v, func(*tape) {
				if first.Requests == 0 {
					first = s.figures(v)
				}
			})
			s.left(v, c)
			var f meter.Figures
			all := func() (in, out int64) { return f.Bytes.In.Total + f.Bytes.In.TLS, f.Bytes.Out.Total + f.Bytes.Out.TLS }
			eventually(t, "all bytes are accounted for", func() bool {
				f = s.figures(v)
				sent, came := c.below.passed()
				in, out := all()
				return in == int64(len(sent)) && out >= int64(len(came)) // it has left before it heard the goodbye
			})
			sent, came := c.passed()
			if in := f.Bytes.In; in.Total != int64(len(sent)) || in.Total != in.Head+in.Framing+in.Payload {
				t.Errorf("the client has sent %d bytes, the meter says %+v", len(sent), in)
			}
			if out := f.Bytes.Out; out.Total < int64(len(came)) || out.Total != out.Head+out.Framing+out.Payload || out.TLS < 500 { // the certificate
				t.Errorf("the client has got %d bytes, the meter says %+v", len(came), out)
			}
			if first.Requests > 0 && first.Bytes.Out.TLS < f.Bytes.Out.TLS*2/3 {
				t.Errorf("the first request had %d bytes of TLS, all have %d", first.Bytes.Out.TLS, f.Bytes.Out.TLS)
			}
		})
	}
}

// A viewer that leaves is noticed at once and not when its hold ends; what it says early is not lost.
func TestLeavingByTLS(t *testing.T) {
	s, _, pool := secured(t)
	ask := func(wait string) string {
		return fmt.Sprintf("GET /api/v1/longpolling?after=%s&wait=%s HTTP/1.1\r\nHost: %s\r\n\r\n", s.cursor(s.n), wait, s.addr)
	}
	dial := func() *tls.Conn {
		conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: pool})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		return conn
	}
	held := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprint(n, " are held"), func() bool { return s.hub.Stats().Subscriptions == n })
	}
	for name, leave := range map[string]func(*tls.Conn) error{
		"goodbye": (*tls.Conn).Close,
		"closed":  func(c *tls.Conn) error { return c.NetConn().Close() },
		"reset": func(c *tls.Conn) error {
			c.NetConn().(*net.TCPConn).SetLinger(0)
			return c.NetConn().Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial()
			io.WriteString(conn, ask("60s"))
			held(1)
			leave(conn)
			held(0)
		})
	}
	conn := dial()
	io.WriteString(conn, ask("60s"))
	held(1)
	io.WriteString(conn, ask("1ms")) // before the answer
	s.publish(1)
	answers := bufio.NewReader(conn)
	for n := range 2 {
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", n, err)
		}
		if io.Copy(io.Discard, resp.Body); resp.StatusCode != http.StatusOK {
			t.Errorf("answer %d is %d", n, resp.StatusCode)
		}
	}
}

// What is wrong with a key's file is said so that somebody can mend it.
func TestKeyOfCertificate(t *testing.T) {
	dir := t.TempDir()
	certify(t, dir, 1)
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	right, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	var log journal
	try := func() error {
		_, err := NewTLS(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		return err
	}
	if err := try(); err != nil || log.String() != "" {
		t.Errorf("got %v, %q", err, log.String())
	}
	for text, want := range map[string]string{
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n":               "has a passphrase",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n": "has a passphrase",
		"no key": "PEM",
	} {
		writeFile(t, key, text)
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if runtime.GOOS == "windows" {
		return // what Go says of modes there is made up
	}
	writeFile(t, key, string(right))
	os.Chmod(key, 0o644)
	if err := try(); err != nil || !strings.Contains(log.String(), "others can read") {
		t.Errorf("one that others can read: %v, %q", err, log.String())
	}
	os.Chmod(key, 0o666)
	if err := try(); err == nil || !strings.Contains(err.Error(), "can be written by others") {
		t.Errorf("one that others can write: %v", err)
	}
}

// A certificate that ends is told of at the start, at each reload and once a day, and one that does not is not.
func TestCertificateEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("looks at files for a day")
	}
	for left, want := range map[time.Duration]string{-time.Minute: "has expired", 10 * 24 * time.Hour: "expires soon", 20 * 24 * time.Hour: ""} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			certifyFor(t, dir, 1, left)
			var log journal
			secure, err := NewTLS(filepath.Join(dir, "cert"), filepath.Join(dir, "key"), slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			said := func(when string, times int) {
				t.Helper()
				if got := strings.Count(log.String(), "level=WARN"); want == "" && got != 0 || want != "" && got != times || !strings.Contains(log.String(), want) {
					t.Errorf("%v left, %s: %d warnings, %s", left, when, got, log.String())
				}
			}
			said("at the start", 1)
			if err := secure.Reload(); err != nil {
				t.Fatal(err)
			}
			said("at a reload", 2)
			if left > 0 {
				return // a day of looking at files each three seconds takes a second: once is enough
			}
			ctx, end := context.WithCancel(t.Context())
			go secure.Watch(ctx, nil)
			time.Sleep(25 * time.Hour)
			synctest.Wait()
			said("a day later", 3)
			end()
		})
	}
}
