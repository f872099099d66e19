package crowd

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestViewerByTLS is TestViewerIsSmall for https. crypto/tls keeps keys, and a buffer as large as the largest record that has
// come: here, where messages are small, some 5 KB. Its server is a third process: what it keeps is not a viewer's.
func TestViewerByTLS(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	const child, server = "CROWD_TEST_VIEWER_TLS", "CROWD_TEST_SERVER_TLS"
	run := func(role string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestViewerByTLS$", "-test.v")
		cmd.Env = append(os.Environ(), role+"="+t.TempDir())
		return cmd
	}
	switch {
	case os.Getenv(server) != "":
		serveTLS(t, os.Getenv(server))
		return
	case os.Getenv(child) == "":
		out, err := run(child).CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Error(err)
		}
		return
	}
	other := run(server)
	says, err := other.StdinPipe() // it ends with this
	if err != nil {
		t.Fatal(err)
	}
	hears, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer says.Close()
	in := bufio.NewScanner(hears)
	config := Config{Duration: 20 * time.Second, Technique: "sse"}
	for config.URL == "" && in.Scan() {
		if url, certificate, ok := strings.Cut(in.Text(), " with "); ok {
			config.URL = url
			t.Setenv("SSL_CERT_FILE", certificate)
		}
	}
	go io.Copy(io.Discard, hears)
	const viewers = 300
	config.Viewers, config.Rate = viewers, 2000
	config.enough = func(c *crowd) bool { return c.tally.messages == viewers }
	must(t, config)
	settled := func() int64 {
		for range 4 { // each halves the stacks that are not used
			runtime.GC()
		}
		return inUse()
	}
	held := int64(0)
	config.enough = func(c *crowd) bool {
		if c.tally.messages < viewers {
			return false
		}
		held = settled()
		return true
	}
	before := settled()
	r := must(t, config)
	check(t, "held", r.Held, viewers)
	each := (held - before) / viewers
	t.Logf("a viewer costs %d bytes", each)
	if each > viewerMostTLS {
		t.Errorf("a viewer costs %d bytes, want %d at most", each, viewerMostTLS)
	}
}

// serveTLS is a server that sends one event to each, until standard input ends. It says where it is, and the file with its
// certificate.
func serveTLS(t *testing.T, dir string) {
	certificate := ownCertificate(t)
	file := filepath.Join(dir, "certificate.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
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
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				io.WriteString(conn, sseHead+event(1, ""))
				in.ReadByte() // it stays
			}()
		}
	}()
	fmt.Printf("https://%s/ with %s\n", ln.Addr(), file)
	io.Copy(io.Discard, os.Stdin)
	ln.Close()
	os.Exit(0)
}
