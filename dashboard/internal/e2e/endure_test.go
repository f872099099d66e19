//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/load"
	"github.com/fivewire/fivewire/dashboard/load/crowd"
)

// What README promises under "What happens when", done to the real program, one row each. The rows that are not here
// have their tests beside what they are about: descriptors_test.go, collector/history's disk_test.go, and for the clock
// history_test.go and collector's suspend_test.go.

// SIGTERM with a thousand viewers: it exits 0 within three seconds.
func TestEndsWithAThousandViewers(t *testing.T) {
	if testing.Short() {
		t.Skip("connects a thousand viewers")
	}
	s := start(t)
	s.ready()
	ctx, cancel := context.WithCancel(t.Context())
	var crowds sync.WaitGroup
	defer crowds.Wait()
	defer cancel()
	const each = 200
	for _, technique := range techniques {
		crowds.Go(func() {
			crowd.Run(ctx, crowd.Config{URL: s.url, Technique: technique, Viewers: each, Rate: 1000, Duration: time.Minute, Pause: time.Second})
		})
	}
	// Who polls has no connection of its own between two questions.
	late := time.Now().Add(30 * time.Second)
	for held := 0; held < 4*each; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("%d of %d are there", held, 4*each)
		}
		var answer struct{ Viewers []json.RawMessage }
		s.json("api/v1/viewers", &answer)
		held = len(answer.Viewers)
	}
	if took := s.stop(syscall.SIGTERM); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// json asks for a resource.
func (s *server) json(path string, v any) {
	s.t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s, %v", path, resp.StatusCode, body, err)
	} else if err := json.Unmarshal(body, v); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
}

// followers are viewers that come back by themselves, one on each technique.
type followers struct {
	t       *testing.T
	cancel  context.CancelFunc
	all     sync.WaitGroup
	mu      sync.Mutex
	last    map[string]load.Message
	tallies map[string]load.Tally
}

func follow(t *testing.T, url string) *followers {
	ctx, cancel := context.WithCancel(t.Context())
	f := &followers{t: t, cancel: cancel, last: map[string]load.Message{}, tallies: map[string]load.Tally{}}
	for _, technique := range techniques {
		f.all.Go(func() {
			client := load.Client{URL: url, Technique: technique, Interval: 50 * time.Millisecond}
			tally, _ := client.Follow(ctx, "", func(m load.Message) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.last[technique] = m
				return nil
			})
			f.mu.Lock()
			defer f.mu.Unlock()
			f.tallies[technique] = tally
		})
	}
	t.Cleanup(f.end)
	return f
}

func (f *followers) end() {
	f.cancel()
	f.all.Wait()
}

// until waits for a message on each technique that is as wanted.
func (f *followers) until(what string, wanted func(technique string, m load.Message) bool) {
	f.t.Helper()
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		f.mu.Lock()
		there := 0
		for technique, m := range f.last {
			if wanted(technique, m) {
				there++
			}
		}
		f.mu.Unlock()
		if there == len(techniques) {
			return
		}
		if time.Now().After(late) {
			f.t.Fatalf("%s: on %d of %d techniques", what, there, len(techniques))
		}
	}
}

// kill -9 and a new start: who watches comes back by itself and is told of one gap; what was on disk is there, and the
// mark of the start says how the run before ended, which that of a start after an end in order does not.
func TestKilledAndStartedAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("starts it three times")
	}
	dir := t.TempDir()
	first := start(t, "--interval", "100ms", "--data-dir", dir)
	first.ready()
	address := first.address()
	first.published(5)
	first.stop(syscall.SIGTERM) // which writes it; what a kill loses, at most ten seconds, TestKilledAHundredTimes tells
	written := time.Now()

	second := start(t, "--interval", "100ms", "--data-dir", dir, "--listen", address)
	f := follow(t, second.url)
	f.until("before the kill", func(string, load.Message) bool { return true })
	var epoch struct{ Epoch string }
	second.json("api/v1/config", &epoch)
	second.stop(syscall.SIGKILL)

	third := start(t, "--interval", "100ms", "--data-dir", dir, "--listen", address)
	f.until("after the kill", func(_ string, m load.Message) bool { return !strings.HasPrefix(m.ID, epoch.Epoch+"-") })
	f.end()
	for technique, tally := range f.tallies {
		if tally.Gaps != 1 || tally.Duplicates != 0 {
			t.Errorf("%s: got %+v, want one gap", technique, tally)
		}
	}
	var kept struct{ Series []struct{ Avg []*float64 } }
	third.json(fmt.Sprintf("api/v1/history?series=memory.used&from=%d&to=%d", written.Add(-time.Minute).UnixMilli(), written.UnixMilli()), &kept)
	n := 0
	for _, v := range kept.Series[0].Avg {
		if v != nil {
			n++
		}
	}
	if n == 0 {
		t.Error("nothing is left of what was written before the kill")
	}
	var marked struct{ Marks []collector.Mark }
	third.json("api/v1/marks", &marked)
	restarts := slices.DeleteFunc(slices.Clone(marked.Marks), func(m collector.Mark) bool { return m.Kind != collector.MarkRestart }) // what else befalls the machine is marked too
	abrupt := func(m collector.Mark) bool {
		return strings.HasPrefix(m.Text, "fivewire ended without a word and was started again")
	}
	if last := len(restarts) - 1; last < 0 || slices.IndexFunc(restarts, abrupt) != last {
		t.Errorf("got %v, want the last restart, and no other, to be one after an end without a word", marked.Marks)
	}
}

// A proxy that is started anew cuts everybody; they come back through the new one, where they were: nothing is missed, and
// there is no gap.
func TestProxyStartedAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for viewers that back off")
	}
	s := start(t, "--interval", "100ms")
	s.ready()
	first := startRelay(t, "127.0.0.1:0", s.address())
	address := first.ln.Addr().String()
	f := follow(t, "http://"+address+"/")
	f.until("through the first", func(string, load.Message) bool { return true })
	first.stop()
	s.gone()
	startRelay(t, address, s.address())
	var now struct{ Cursor string }
	s.json("api/v1/config", &now)
	f.until("through the second", func(_ string, m load.Message) bool {
		return len(m.ID) > len(now.Cursor) || len(m.ID) == len(now.Cursor) && m.ID > now.Cursor
	})
	f.end()
	for technique, tally := range f.tallies {
		if tally.Gaps != 0 || tally.Missed != 0 || tally.Duplicates != 0 || tally.Reconnects == 0 && technique != "polling" { // who asks may have been between two questions
			t.Errorf("%s: got %+v, want nothing missed", technique, tally)
		}
	}
}

// published waits until so many snapshots have been.
func (s *server) published(n int) {
	s.t.Helper()
	for range 1000 {
		var now struct{ Cursor string }
		s.json("api/v1/config", &now)
		_, seq, _ := strings.Cut(now.Cursor, "-")
		if got, err := strconv.Atoi(seq); err == nil && got >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("no %d snapshots in 10 s", n)
}

// gone waits until nobody holds a connection any more.
func (s *server) gone() {
	s.t.Helper()
	for range 1000 {
		var answer struct{ Viewers []json.RawMessage }
		if s.json("api/v1/viewers", &answer); len(answer.Viewers) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("viewers are still there 10 s after their proxy has gone")
}

// A relay is a proxy that passes on bytes.
type relay struct {
	ln    net.Listener
	all   sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn
	ended bool
}

// startRelay passes on what comes to one address to another, until the test ends or stop is called.
func startRelay(t *testing.T, from, to string) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{ln: ln}
	t.Cleanup(r.stop)
	r.all.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			r.keep(near, far)
			r.all.Go(func() { pass(far, near) })
			r.all.Go(func() { pass(near, far) })
		}
	})
	return r
}

// keep remembers connections for stop; after it they are closed at once.
func (r *relay) keep(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, conns...)
	if r.ended {
		closeAll(conns)
	}
}

// stop ends it as a process ends: everything is cut.
func (r *relay) stop() {
	r.ln.Close()
	r.mu.Lock()
	r.ended = true
	closeAll(r.conns)
	r.mu.Unlock()
	r.all.Wait()
}

func pass(to, from net.Conn) {
	io.Copy(to, from)
	closeAll([]net.Conn{to, from})
}

func closeAll(conns []net.Conn) {
	for _, conn := range conns {
		conn.Close()
	}
}
