//go:build unix

package e2e

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// startGiven runs the binary with a socket that this test holds open, as systemd does: descriptor 3, and its number of
// process in LISTEN_PID, which only the process itself knows.
func startGiven(t *testing.T, ln interface{ File() (*os.File, error) }, args ...string) *server {
	t.Helper()
	file := needBinary(t)
	socket, err := ln.File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	cmd := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=fivewire.socket exec "$0" "$@"`, file}, args...)...)
	cmd.ExtraFiles = []*os.File{socket}
	return startCmd(t, cmd)
}

// A restart on a socket that stays open: while there is no fivewire nobody is refused, everybody comes back by itself, is
// told of the gap, and sees what follows.
func TestRestartRefusesNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("a restart with viewers takes seconds")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	url := "http://" + ln.Addr().String() + "/"
	first := startGiven(t, ln.(*net.TCPListener), "--interval", "100ms")
	if first.url != url {
		t.Fatalf("it says %s, want %s", first.url, url)
	}
	first.ready()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watching sync.WaitGroup
	defer watching.Wait()
	type seen struct {
		technique string
		epoch     string
		gap       bool
	}
	messages := make(chan seen, 10_000)
	for _, technique := range techniques {
		watching.Go(func() {
			cursor, epoch := "", ""
			client := load.Client{URL: url, Technique: technique}
			for ctx.Err() == nil {
				err := client.Watch(ctx, cursor, func(m load.Message) error {
					before := epoch
					cursor = m.ID
					epoch, _, _ = strings.Cut(m.ID, "-")
					if before != epoch {
						messages <- seen{technique, epoch, m.Gap}
					}
					return nil
				})
				if errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("%s was refused: %v", technique, err)
				}
			}
		})
	}
	await := func(what string, enough func(seen) bool) {
		t.Helper()
		there := map[string]bool{}
		late := time.After(20 * time.Second)
		for len(there) < len(techniques) {
			select {
			case m := <-messages:
				if enough(m) {
					there[m.technique] = true
				}
			case <-late:
				t.Fatalf("%s: only %v", what, there)
			}
		}
	}
	var epoch string
	await("before the restart", func(m seen) bool { epoch = m.epoch; return true })

	if took := first.stop(syscall.SIGTERM); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
	// Nobody is there now: whoever comes waits in the socket's queue.
	waiting, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatalf("refused between the two: %v", err)
	}
	defer waiting.Close()
	if _, err := waiting.Write([]byte("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")); err != nil {
		t.Fatal(err)
	}

	startGiven(t, ln.(*net.TCPListener), "--interval", "100ms")
	await("after the restart", func(m seen) bool {
		if m.epoch == epoch {
			return false
		}
		if !m.gap {
			t.Errorf("%s resumed in another epoch without being told of a gap", m.technique)
		}
		return true
	})
	waiting.SetDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 15)
	if _, err := waiting.Read(answer); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
		t.Errorf("who waited got %q, %v", answer, err)
	}
	cancel()
}

// A Unix socket that was given is not ours to make, to guard or to remove.
func TestGivenUnixSocket(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fivewire.sock")
	ln, err := net.Listen("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := startGiven(t, ln.(*net.UnixListener))
	if s.url != "unix:"+file {
		t.Errorf("it says %s", s.url)
	}
	program := needBinary(t)
	if out, err := exec.Command(program, "health", "--listen", s.url).CombinedOutput(); err != nil {
		t.Errorf("health: %v: %s", err, out)
	}
	s.stop(syscall.SIGTERM)
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the socket has gone with it: %v", err)
	}
}
