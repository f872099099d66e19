package crowd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// A script is a server that says to each connection what a test wants, byte for byte.
type script struct {
	t     *testing.T
	ln    net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool
	asked []string // the heads of all questions
	all   sync.WaitGroup
}

// always gives every question the same answer.
func always(answer string) func(n int, conn net.Conn, ask func() string) {
	return func(_ int, conn net.Conn, ask func() string) {
		for ask() != "" {
			io.WriteString(conn, answer)
		}
	}
}

// serve calls talk for each connection, from 0, with a reader of questions.
func serve(t *testing.T, talk func(n int, conn net.Conn, ask func() string)) (*script, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, ln: ln, conns: map[net.Conn]bool{}}
	s.all.Go(func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.all.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				talk(n, conn, func() string {
					r, err := http.ReadRequest(in)
					if err != nil {
						return ""
					}
					var b bytes.Buffer
					fmt.Fprintf(&b, "%s %s\n", r.Method, r.RequestURI)
					_ = r.Header.Write(&b)
					s.mu.Lock()
					s.asked = append(s.asked, b.String())
					s.mu.Unlock()
					return b.String()
				})
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.mu.Lock()
		for conn := range s.conns {
			conn.Close()
		}
		s.mu.Unlock()
		s.all.Wait()
	})
	return s, "http://" + ln.Addr().String() + "/"
}

func (s *script) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}
