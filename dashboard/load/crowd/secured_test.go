package crowd

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
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

// speak connects a viewer by TLS to a server that says what comes from more, and closes when that is closed.
func speak(t *testing.T, config *tls.Config) (conn net.Conn, more chan string, ended chan error) {
	t.Helper()
	certificate := ownCertificate(t)
	config.Certificates = []tls.Certificate{certificate}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	more, ended = make(chan string), make(chan error, 1)
	go func() {
		ended <- func() error {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			defer conn.Close()
			server := tls.Server(crumbs{conn}, config)
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
	t.Cleanup(func() { socket.Close() })
	known, _ := x509.ParseCertificate(certificate.Certificate[0])
	roots := x509.NewCertPool()
	roots.AddCert(known)
	conn, err = secure(t.Context(), socket.(*net.TCPConn), &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if below(conn) != socket {
		t.Errorf("below is %T", below(conn))
	}
	return conn, more, ended
}

// What is not whole yet is waited for on. Then come a deadline and the end, as without TLS; with the TLS of a server that has no
// newer one too.
func TestSecured(t *testing.T) {
	for name, version := range map[string]uint16{"1.3": tls.VersionTLS13, "1.2": tls.VersionTLS12} {
		t.Run(name, func(t *testing.T) {
			whole := strings.Repeat("0123456789", 5_000) // several records, each of several readings
			conn, more, ended := speak(t, &tls.Config{MaxVersion: version})
			if _, is := conn.(*sealed); is != (version == tls.VersionTLS13) {
				t.Errorf("it is %T", conn)
			}
			p := &ports{few: newFew(1)}
			read := func(want string) {
				t.Helper()
				var got []byte
				var err error
				for len(got) < len(want) && err == nil {
					err = p.read(conn, func(b []byte) { got = append(got, b...) })
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
			if err := p.read(conn, nil); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("with a deadline: %v", err)
			}
			conn.SetReadDeadline(time.Time{})
			go func() { more <- "on" }()
			read("on")
			close(more)
			if err := p.read(conn, nil); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// crypto/tls understands what we say, and says farewell to who has: with the keys of the handshake, and with those that follow.
// Who shakes hands as a server here goes on with records of ours, so that both ends can ask for other keys.
func TestSealed(t *testing.T) {
	certificate := ownCertificate(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	theirs := make(chan *tls.Conn, 1)
	go func() {
		socket, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Error(err)
		}
		c := tls.Client(socket, &tls.Config{InsecureSkipVerify: true}) // whose certificate it is is not what is asked here
		if err := c.Handshake(); err != nil {
			t.Error(err)
		}
		theirs <- c
	}()
	socket, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var traffic secrets
	server := tls.Server(&exact{TCPConn: socket.(*net.TCPConn)}, &tls.Config{Certificates: []tls.Certificate{certificate}, KeyLogWriter: &traffic, SessionTicketsDisabled: true})
	if err := server.Handshake(); err != nil {
		t.Fatal(err)
	}
	ours, err := newSealed(socket.(*net.TCPConn), server.ConnectionState().CipherSuite, traffic.client, traffic.server)
	if err != nil {
		t.Fatal(err)
	}
	client := <-theirs
	defer client.Close()
	buffers := newFew(1)
	both := func(round string) {
		t.Helper()
		question, answer := strings.Repeat(round, 3*mostContent/len(round)), "answer "+round
		go io.WriteString(client, question)
		var got []byte
		for len(got) < len(question) {
			if err := ours.read(buffers, func(b []byte) { got = append(got, b...) }); err != nil {
				t.Fatal(round, err)
			}
		}
		if string(got) != question {
			t.Errorf("%s: what is asked is another", round)
		}
		go io.WriteString(ours, answer)
		b := make([]byte, len(answer))
		if _, err := io.ReadFull(client, b); err != nil || string(b) != answer {
			t.Errorf("%s: got %q, %v", round, b, err)
		}
	}
	both("first keys")
	for _, asked := range []byte{0, 1, 1} { // with 1 the other end says so too, once it has read this, and goes on with other keys
		if _, err := ours.TCPConn.Write(ours.out.seal(handshake, []byte{keyUpdate, 0, 0, 1, asked})); err != nil {
			t.Fatal(err)
		}
		if err := ours.out.next(); err != nil {
			t.Fatal(err)
		}
		io.WriteString(ours, "read this")
		if _, err := io.ReadFull(client, make([]byte, len("read this"))); err != nil {
			t.Fatal(err)
		}
		both("other keys")
	}
	ours.Close()
	if n, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// Each suite as OpenSSL 3 speaks it: the first record that its server sealed with a secret.
func TestSuites(t *testing.T) {
	for suite, test := range map[uint16]struct{ secret, record string }{
		tls.TLS_AES_128_GCM_SHA256:       {"6487cafd691091e37aeaec546f5e85e54dd61a24ebd09445706697942be98b4f", "170303001939277fc63484acd8f2637744685f276592549b7b7fa7717c28"},
		tls.TLS_AES_256_GCM_SHA384:       {"9b63ccfd21a8f08b66b1ce1a217ef8f5f3ef0eca74aa77a057f22ede9a6f572322a1461bf18ff692aed35697a5964d8b", "1703030019d1b8154e6dcfb94049493cf20c7763469ed71495333e24fac1"},
		tls.TLS_CHACHA20_POLY1305_SHA256: {"f9c62c3095c61721dfaeac5b3794ccb793d000b4d6c293816066f89a1b9ce8e2", "1703030019fb9c864a38ccc4c8f48ce0dd209e1a31e0e8d49afabc82fa0d"},
	} {
		secret, _ := hex.DecodeString(test.secret)
		record, _ := hex.DecodeString(test.record)
		s, err := newSealed(nil, suite, secret, secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.out.seal(application, []byte("firewer\n")); !bytes.Equal(got, record) {
			t.Errorf("%#x: seals %x, want %x", suite, got, record)
		}
		if got, err := s.open(record); string(got) != "firewer\n" || err != nil {
			t.Errorf("%#x: opens %q, %v", suite, got, err)
		}
	}
	if _, err := newSealed(nil, 0x1305, nil, nil); err == nil {
		t.Error("a suite that is not known is taken")
	}
}

// What was not sealed by the server, or is not what comes behind a handshake, is an error with a name.
func TestNotSealed(t *testing.T) {
	secret := make([]byte, 32)
	var out half
	fresh := func() *sealed {
		s, err := newSealed(nil, tls.TLS_AES_128_GCM_SHA256, secret, secret)
		if err != nil {
			t.Fatal(err)
		}
		out = s.out
		return s
	}
	for name, test := range map[string]struct {
		says func() []byte
		want error
	}{
		"another's":       {func() []byte { b := out.seal(application, []byte("a")); b[len(b)-1]++; return b }, errNotSealed},
		"said twice":      {func() []byte { b := out.seal(application, []byte("a")); return append(b, b...) }, errNotSealed},
		"in the open":     {func() []byte { return []byte{alert, 3, 3, 0, 2, 1, closeNotify} }, errUnexpected},
		"too long":        {func() []byte { return []byte{application, 3, 3, 0xff, 0xff} }, errTooLong},
		"too much":        {func() []byte { return out.seal(application, make([]byte, mostContent+1)) }, errTooLong},
		"of no kind":      {func() []byte { return out.seal(0, nil) }, errUnexpected},
		"of another kind": {func() []byte { return out.seal(20, []byte{1}) }, errUnexpected},
		"half an alert":   {func() []byte { return out.seal(alert, []byte{1}) }, errUnexpected},
		"an alert":        {func() []byte { return out.seal(alert, []byte{2, 80}) }, tls.AlertError(80)},
		"goodbye":         {func() []byte { return out.seal(alert, []byte{1, closeNotify}) }, io.EOF},
		"a handshake":     {func() []byte { return out.seal(handshake, []byte{1, 0, 0, 0}) }, errUnexpected},
		"a long ticket":   {func() []byte { return out.seal(handshake, []byte{newSessionTicket, 1, 0, 0}) }, errUnexpected},
		"keys in a sheaf": {func() []byte { return out.seal(handshake, []byte{keyUpdate, 0, 0, 1, 0, newSessionTicket}) }, errUnexpected},
		"a ticket":        {func() []byte { return out.seal(handshake, []byte{newSessionTicket, 0, 0, 1, 7}) }, nil},
		"a ticket in two": {func() []byte {
			return append(out.seal(handshake, []byte{newSessionTicket, 0}), out.seal(handshake, []byte{0, 1, 7})...)
		}, nil},
		"a cancellation":    {func() []byte { return out.seal(alert, []byte{1, userCanceled}) }, nil},
		"nothing":           {func() []byte { return out.seal(application, nil) }, nil},
		"what is not whole": {func() []byte { return out.seal(application, []byte("a"))[:10] }, nil},
	} {
		s := fresh()
		content, err := s.open(test.says())
		if !errors.Is(err, test.want) || test.want == nil && (len(content) > 0 || len(s.hand) > 0) {
			t.Errorf("%s: got %q, %v, want %v", name, content, err, test.want)
		}
	}
	s := fresh()
	b := append(out.seal(application, []byte("first, ")), out.seal(application, append([]byte("padded"), application, 0, 0))...)
	if content, err := s.open(b[:len(b)-1]); string(content) != "first, " || err != nil || len(s.part) == 0 {
		t.Errorf("got %q, %v", content, err)
	}
}
