package crowd

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// A viewer costs this program less than 8 KB, whichever engine drives it and by TLS too, on any technique: heap and stacks, with
// all of them in and a message read, as large as a dashboard's or small. It is measured in a process of its own, as load is one: a goroutine's first stack is as large as
// stacks were before, and those of other tests are not those of viewers. The server is another process: what it keeps is not a
// viewer's.
func TestViewerIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	const viewers, server = "CROWD_TEST_VIEWERS", "CROWD_TEST_SERVER"
	dir := os.Getenv(server)
	for _, name := range []string{"native", "portable", "tls", "tls-small", "tls-streaming", "tls-websocket", "tls-longpolling", "tls-polling"} {
		t.Run(name, func(t *testing.T) {
			run := func(role string) *exec.Cmd {
				cmd := exec.Command(os.Args[0], "-test.run=^TestViewerIsSmall$/^"+name+"$", "-test.v")
				cmd.Env = append(os.Environ(), role+"="+t.TempDir())
				return cmd
			}
			switch {
			case dir != "":
				serveAlike(t, strings.HasPrefix(name, "tls"), strings.HasSuffix(name, "small"), dir)
			case os.Getenv(viewers) != "":
				config := Config{Technique: "sse", portable: name == "portable"}
				if _, technique, _ := strings.Cut(name, "-"); wire.New(technique) != nil {
					config.Technique = technique
				}
				weigh(t, config, run(server), name == "tls")
			default:
				out, err := run(viewers).CombinedOutput()
				t.Logf("%s", out)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// weigh tells what a viewer of a server costs, and beside it what crypto/tls keeps of a connection to it by itself.
func weigh(t *testing.T, config Config, server *exec.Cmd, beside bool) {
	says, err := server.StdinPipe() // it ends with this
	if err != nil {
		t.Fatal(err)
	}
	hears, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer server.Wait()
	defer says.Close()
	certificate := ""
	for in := bufio.NewScanner(hears); config.URL == "" && in.Scan(); {
		if where, ok := strings.CutPrefix(in.Text(), "serves "); ok {
			config.URL, certificate, _ = strings.Cut(where, " with ")
		}
	}
	go io.Copy(io.Discard, hears)
	t.Setenv("SSL_CERT_FILE", certificate)

	const viewers, few = 600, 3
	config.Duration, config.Viewers, config.Rate = 20*time.Second, few, 2000
	config.enough = func(c *crowd) bool { return c.tally.messages == few }
	must(t, config) // what is made once is there, and nothing that so many would use again
	config.Viewers = viewers
	before, held, looks := inUse(), int64(0), 0
	config.enough = func(c *crowd) bool {
		if c.tally.messages < viewers {
			return false
		}
		if looks++; looks < 10 { // who has been told has its buffer for as long as we hold the lock
			return false
		}
		held = inUse()
		return true
	}
	check(t, "held", must(t, config).Held, viewers)
	each := (held - before) / viewers
	t.Logf("a viewer costs %d bytes", each)
	if each > viewerMost {
		t.Errorf("a viewer costs %d bytes, want %d at most", each, viewerMost)
	}
	if !beside || raceDetector { // whose stacks are ours alone
		return
	}
	before = inUse()
	conns := bare(t, config.URL, viewers)
	alone := (inUse() - before) / viewers
	for _, c := range conns {
		c.Close()
	}
	t.Logf("crypto/tls by itself keeps %d bytes of a connection", alone)
	if alone < each {
		t.Error("our own records are not worth their lines: crypto/tls keeps less than a viewer costs")
	}
}

// bare connects without any of load, and reads what there is to read.
func bare(t *testing.T, address string, n int) (conns []*tls.Conn) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	read := make([]byte, 1<<10)
	for range n {
		c, err := tls.Dial("tcp", u.Host, nil)
		if err == nil {
			_, err = io.WriteString(c, "GET /api/v1/sse HTTP/1.1\r\nHost: "+u.Host+"\r\n\r\n")
		}
		for got := 0; err == nil && got < len(sseHead)+len(large); {
			var more int
			more, err = c.Read(read)
			got += more
		}
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	return conns
}

func inUse() int64 {
	var m runtime.MemStats
	for range 4 { // each halves the stacks that are not used
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// large is an event as large as a dashboard's.
var large = event(1, `,"more":"`+strings.Repeat("x", 10<<10)+`"`)

// alike is the answer to a question by any technique: the message to who has none, and to who has it nothing new.
func alike(r *http.Request, text string) string {
	has := r.URL.Query().Has("after")
	switch path.Base(r.URL.Path) {
	case "sse":
		return sseHead + "id: abc-1\ndata: " + text + "\n\n"
	case "streaming":
		return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n" + text + "\n"
	case "websocket":
		head := "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: " + acceptOf(r.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
		return head + string([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))}) + text
	case "longpolling":
		if has {
			return "" // held
		}
	case "polling":
		if has {
			return "HTTP/1.1 204 No Content\r\n\r\n"
		}
	}
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
}

// serveAlike is a server that says the same to each, in pieces as a dashboard does over TLS, until standard input ends. It tells
// where it is, and the file with its certificate.
func serveAlike(t *testing.T, secured, small bool, dir string) {
	_, text, _ := strings.Cut(strings.TrimSpace(large), "data: ")
	if small {
		text = message(1, "")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme, file := "http", ""
	if secured {
		certificate := ownCertificate(t)
		scheme, file = "https", filepath.Join(dir, "certificate.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), 0o600); err != nil {
			t.Fatal(err)
		}
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					for says := alike(r, text); says != ""; {
						n, _ := io.WriteString(conn, says[:min(len(says), 4<<10)])
						if says = says[n:]; n == 0 {
							return
						}
					}
				}
			}()
		}
	}()
	fmt.Printf("serves %s://%s/ with %s\n", scheme, ln.Addr(), file)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
