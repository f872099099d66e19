package command

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// manager is systemd's end: it hears what is told.
func manager(t *testing.T) (heard chan string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: file, Net: "unixgram"})
	if err != nil {
		t.Skip("no Unix datagrams on this system:", err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", file)
	heard = make(chan string, 100)
	go func() {
		b := make([]byte, 1000)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			heard <- string(b[:n])
		}
	}()
	return heard
}

func want(t *testing.T, heard <-chan string, state string) {
	t.Helper()
	select {
	case got := <-heard:
		if !strings.HasPrefix(got, state) {
			t.Fatalf("heard %q, want %q", got, state)
		}
	case <-time.After(time.Minute):
		t.Fatalf("nothing was told, want %q", state)
	}
}

// Ready with the first snapshot and not before; the watchdog is reassured while all is well and not when it is not.
func TestServiceTells(t *testing.T) {
	heard := manager(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	s := Service{slog.New(slog.DiscardHandler)}
	given := 0
	sink := s.Started(func(collector.Snapshot) { given++ })
	if len(heard) > 0 {
		t.Fatal("ready before there is anything to see")
	}
	sink(collector.Snapshot{})
	sink(collector.Snapshot{})
	want(t, heard, "READY=1")
	if given != 2 || len(heard) > 0 {
		t.Errorf("%d snapshots went through, %d more was told", given, len(heard))
	}

	s.Reloading()()
	want(t, heard, "RELOADING=1\nMONOTONIC_USEC=")
	want(t, heard, "READY=1")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ill := make(chan struct{})
	stuck := make(chan struct{}, 100)
	go s.Watch(ctx, func() error {
		select {
		case <-ill:
			stuck <- struct{}{}
			return errors.New("stuck")
		default:
			return nil
		}
	})
	want(t, heard, "WATCHDOG=1")
	want(t, heard, "WATCHDOG=1")
	close(ill)
	<-stuck // one that was under way may have been told before this
	s.Reloading()()
	for got := ""; !strings.HasPrefix(got, "RELOADING=1"); {
		if got = <-heard; !strings.HasPrefix(got, "WATCHDOG=1") && !strings.HasPrefix(got, "RELOADING=1") {
			t.Fatalf("heard %q", got)
		}
	}
	want(t, heard, "READY=1")
	<-stuck
	<-stuck
	cancel()
	want(t, heard, "STOPPING=1")
}

// Without systemd nothing is told, and nobody is in the way.
func TestNoService(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	s := Service{slog.New(slog.DiscardHandler)}
	s.Started(func(collector.Snapshot) {})(collector.Snapshot{})
	s.Reloading()()
	s.Watch(t.Context(), func() error { return errors.New("nobody asks") })
	ln, url, err := s.Listen("127.0.0.1:0")
	if err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("got %v, %v", url, err)
	}
	ln.Close()
}

type named struct {
	net.Listener
	name   string
	closed *[]string
}

func (n named) Close() error { *n.closed = append(*n.closed, n.name); return nil }

// One socket is ours whatever its name; of several, the one of our name.
func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		given  []string
		want   string
		closed []string
		err    string
	}{
		"none":          {},
		"one":           {given: []string{"monitor.socket"}, want: "monitor.socket"},
		"no name":       {given: []string{"LISTEN_FD_3"}, want: "LISTEN_FD_3"},
		"several":       {given: []string{"fivewire", "other.socket"}, want: "fivewire", closed: []string{"other.socket"}},
		"by unit":       {given: []string{"fivewire.socket", "other.socket"}, want: "fivewire.socket", closed: []string{"other.socket"}},
		"none of ours":  {given: []string{"a", "b"}, closed: []string{"a", "b"}, err: "gave 2 sockets, named a, b"},
		"twice of ours": {given: []string{"fivewire", "fivewire"}, closed: []string{"fivewire", "fivewire"}, err: "FileDescriptorName=fivewire"},
	} {
		t.Run(name, func(t *testing.T) {
			var closed []string
			given := map[string][]net.Listener{}
			for _, n := range c.given {
				given[n] = append(given[n], named{name: n, closed: &closed})
			}
			ln, err := choose(given)
			got := ""
			if ln != nil {
				got = ln.(named).name
			}
			if got != c.want || !slices.Equal(closed, c.closed) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %q, closed %q, %v", got, closed, err)
			}
		})
	}
}

// Where somebody listens already it says so, and what is in the way otherwise.
func TestSocketInTheWay(t *testing.T) {
	s := Service{slog.New(slog.DiscardHandler)}
	dir := t.TempDir()
	ln, _, err := s.Listen("unix:" + filepath.Join(dir, "s"))
	if err != nil {
		t.Skip("no Unix sockets on this system:", err)
	}
	defer ln.Close()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"s": "somebody listens there", "f": "no socket"} {
		if _, _, err := s.Listen("unix:" + filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "(hint: ") != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
