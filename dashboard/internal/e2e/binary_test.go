package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	_ "github.com/fivewire/fivewire/dashboard/command" // the binary is made of it
	"github.com/fivewire/fivewire/dashboard/load"
)

// The scripts in testdata/script are promises of the command line, one file each.
func TestCommandLine(t *testing.T) {
	file := needBinary(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(file)+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"taken": taken,
			"lines": lines,
		},
	})
}

// exits runs a command and compares its exit code: exits 2 fivewire --zebra
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("%s ended with %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// taken sets a variable to an address that somebody listens on: taken ADDRESS
func taken(ts *testscript.TestScript, neg bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ln.Close() })
	ts.Setenv(args[0], ln.Addr().String())
}

// lines compares the number of lines of a file: lines stderr 1
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); fmt.Sprint(n) != args[1] {
		ts.Fatalf("%s has %d lines, want %s: %s", args[0], n, args[1], ts.ReadFile(args[0]))
	}
}

// SIGTERM and Ctrl-C with viewers on all five: everybody is told, and it exits 0 within 3 s.
func TestEndsInOrder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM to send")
	}
	if testing.Short() {
		t.Skip("waits for twenty viewers, twice")
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			s := start(t, "--interval", "1m") // nothing is published: they all wait
			s.ready()
			var watching sync.WaitGroup
			connected := make(chan struct{}, 100)
			for _, technique := range techniques {
				for i := range 4 {
					watching.Go(func() {
						c := load.Client{URL: s.url, Technique: technique, Viewer: fmt.Sprint(technique, i)}
						err := c.Watch(t.Context(), "", func(load.Message) error {
							connected <- struct{}{}
							return nil
						})
						var refused *load.StatusError
						told := errors.Is(err, load.ErrEnded) || errors.As(err, &refused) && refused.Status == 503
						if !told && technique != "polling" { // who is not there when it ends cannot be told
							t.Errorf("%s: %v", technique, err)
						}
					})
				}
			}
			for range 20 {
				<-connected
			}
			eventually(t, "the long polls have asked again, and all are held", func() bool {
				for i := range 4 {
					if requests, _, _, _, _ := s.wire(fmt.Sprint("longpolling", i), "longpolling"); requests != 2 {
						return false
					}
				}
				return len(strings.Fields(s.held())) == 4*4
			})
			if took := s.stop(signal); took > 3*time.Second {
				t.Errorf("the end took %v", took)
			}
			watching.Wait()
		})
	}
}

// Whatever a client throws at it, the others live on.
func TestGarbageDisturbsNobody(t *testing.T) {
	s := start(t, "--interval", "100ms")
	s.ready()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan string, 10_000)
	watched := make(chan error, 1)
	go func() {
		c := load.Client{URL: s.url, Technique: "websocket"}
		watched <- c.Watch(ctx, "", func(m load.Message) error { seen <- m.ID; return nil })
	}()
	handshake := "GET /api/v1/websocket HTTP/1.1\r\nHost: " + s.address() + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	frames := map[string]struct {
		send string
		code uint16 // of the close frame; 0 for none
	}{
		"unmasked":     {"\x81\x02hi", 1002},
		"reserved-bit": {"\xc1\x80\x00\x00\x00\x00", 1002},
		"bad-opcode":   {"\x83\x80\x00\x00\x00\x00", 1002},
		"not-utf-8":    {"\x81\x82\x00\x00\x00\x00\xff\xfe", 1007},
		"too-long":     {"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 1009},
		"ping-flood":   {strings.Repeat("\x89\x80\x00\x00\x00\x00", 400), 1008},
		"half-a-frame": {"\x81\xfe", 0},
		"not-json":     {"\x81\x82\x00\x00\x00\x00hi", 0}, // answered with a problem
	}
	for name, frame := range frames {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.address())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(5 * time.Second))
			io.WriteString(conn, handshake+frame.send)
			if frame.code == 0 {
				return
			}
			want := string([]byte{byte(frame.code >> 8), byte(frame.code)})
			r := bufio.NewReader(conn)
			var got strings.Builder
			for {
				b, err := r.ReadByte()
				if err != nil {
					t.Fatalf("no close frame %d before %v", frame.code, err)
				}
				got.WriteByte(b)
				tail := got.String()
				if i := strings.LastIndexByte(tail, '\x88'); i >= 0 && len(tail) >= i+4 && tail[i+2:i+4] == want {
					return
				}
			}
		})
	}
	for len(seen) > 0 {
		<-seen
	}
	select {
	case <-seen:
	case err := <-watched:
		t.Errorf("another viewer was cut: %v", err)
	case <-time.After(5 * time.Second):
		t.Error("another viewer gets nothing any more")
	}
	cancel()
}
