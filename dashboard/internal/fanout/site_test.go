package fanout

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// each runs a test on all ways of holding a line that there are here.
func each(t *testing.T, test func(t *testing.T, way Way)) {
	if runtime.GOOS == "linux" {
		t.Run("io_uring", func(t *testing.T) { test(t, ByRing) })
		t.Run("epoll", func(t *testing.T) { test(t, ByEpoll) })
	}
	t.Run("goroutine", func(t *testing.T) { test(t, ByGoroutine) })
}

// A site holds whoever connects, over real sockets.
type site struct {
	*Fanout
	t   *testing.T
	hub *hub.Hub
	way Way
	ln  net.Listener
	log *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// open holds lines until the test ends; then nobody must be left, and no descriptor.
func open(t *testing.T, way Way, config Config) *site {
	t.Helper()
	before := descriptors()
	if config.Heartbeat == 0 {
		config.Heartbeat = time.Hour
	}
	if config.WriteTimeout == 0 {
		config.WriteTimeout = 20 * time.Second
	}
	config.Portable, config.NoRing = way == ByGoroutine, way == ByEpoll
	s := &site{t: t, way: way, hub: hub.New(hub.Config{MaxPending: 1 << 20}), log: new(syncBuffer)}
	config.Logger = slog.New(slog.NewTextHandler(s.log, nil))
	s.Fanout = New(s.hub, config)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ln = meter.Listener{Listener: ln}
	t.Cleanup(func() {
		if err := s.end(); err != nil {
			t.Errorf("close: %v", err)
		}
		eventually(t, "all descriptors are given back", func() bool { return descriptors() <= before })
		if n := s.hub.Stats().Subscriptions; n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
	return s
}

// end closes everything. It is safe to call twice.
func (s *site) end() error {
	s.ln.Close()
	s.hub.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return s.Close(ctx)
}

// descriptors is how many are open; 0 where that cannot be told.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// eventually waits for something that others bring about.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !true(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("in a minute it never came about that %s", what)
			return
		}
	}
}

// A viewer is both ends of a held line, and what becomes of it.
type viewer struct {
	net.Conn
	t     *testing.T
	read  *bufio.Reader
	tally *meter.Tally
	began chan Way
	done  chan Reason
}

func (v *viewer) Began(w Way) { v.began <- w }

func (v *viewer) Done(r Reason) {
	select {
	case v.done <- r:
	default:
		panic("done twice")
	}
}

// connect is a connection's two ends, with a bounded buffer behind it, as they are in the program.
func (s *site) connect() (theirs, ours net.Conn) {
	s.t.Helper()
	theirs, err := net.Dial("tcp", s.ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	if ours, err = s.ln.Accept(); err != nil {
		s.t.Fatal(err)
	}
	ours.(*meter.Conn).Conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
	theirs.SetDeadline(time.Now().Add(time.Minute))
	return theirs, ours
}

// join connects a viewer that has nothing yet, and returns when it is held.
func (s *site) join(form *Form, ear Ear) *viewer {
	s.t.Helper()
	theirs, ours := s.connect()
	s.t.Cleanup(func() { theirs.Close() })
	return s.hold(theirs, ours, form, ear, s.way)
}

const head = "head\n"

func (s *site) hold(theirs, ours net.Conn, form *Form, ear Ear, way Way) *viewer {
	s.t.Helper()
	v := &viewer{Conn: theirs, t: s.t, read: bufio.NewReader(theirs), tally: new(meter.Tally), began: make(chan Way, 2), done: make(chan Reason, 1)}
	account := v.tally.Begin(ours)
	account.Hold(ours, len(head))
	sub := s.hub.Subscribe(hub.Cursor{Epoch: s.hub.Epoch()}, 0)
	held := make(chan struct{})
	go func() {
		s.Hold(ours, []byte(head), Line{Form: form, Sub: sub, Account: account, Ear: ear, Owner: v})
		if way != ByGoroutine {
			ours.Close() // as the server does
		}
		close(held)
	}()
	select {
	case got := <-v.began:
		if way == ByRing && got == ByEpoll {
			s.t.Skip("io_uring is refused here: " + s.log.String())
		}
		if got != way {
			s.t.Errorf("held by %v, want %v", got, way)
		}
	case <-time.After(time.Minute):
		s.t.Fatal("nobody holds the connection")
	}
	if way != ByGoroutine {
		<-held
	}
	return v
}

// line reads one line of what was sent.
func (v *viewer) line() string {
	text, err := v.read.ReadString('\n')
	if err != nil {
		text += err.Error()
	}
	return strings.TrimSuffix(text, "\n")
}

// expect reads lines and compares them.
func (v *viewer) expect(lines ...string) {
	v.t.Helper()
	for _, want := range lines {
		if got := v.line(); got != want {
			v.t.Fatalf("got %.100q, want %q", got, want)
		}
	}
}

// messages reads numbers first to last, each once and in order.
func (v *viewer) messages(first, last int) error {
	for want := first; want <= last; want++ {
		text := v.line()
		if name, _, _ := strings.Cut(text, " "); name != "m"+strconv.Itoa(want) {
			return fmt.Errorf("got %.100q, want message %d", text, want)
		}
	}
	return nil
}

// ends waits for the end of a line and its reason.
func (v *viewer) ends(want Reason) {
	v.t.Helper()
	select {
	case got := <-v.done:
		if got != want {
			v.t.Errorf("ended as %v, want %v", got, want)
		}
	case <-time.After(time.Minute):
		v.t.Fatalf("never ended; want %v", want)
	}
}

// lines are words in which every frame is a line of text: a message is "m7 " and size bytes.
func lines(size int) *Form {
	filling := strings.Repeat("x", size)
	return &Form{Words: Words{
		Technique: "lines",
		Opening:   func(b []byte) []byte { return append(b, "open\n"...) },
		Message:   func(b []byte, m *hub.Message) []byte { return fmt.Appendf(b, "m%d %s\n", m.ID.Seq, filling) },
		Payload:   func(frame []byte) (from, to int) { return 0, len(frame) - 1 },
		Heartbeat: []byte("beat\n"),
		Farewell:  func(b []byte) []byte { return append(b, "bye\n"...) },
	}}
}

// echoLines is echo for lines.
type echoLines struct{}

func (echoLines) Hear(b []byte) ([]byte, error) {
	answer, err := echo{}.Hear(b)
	return bytes.ReplaceAll(answer, []byte(";"), []byte("\n")), err
}

// discard reads until the end.
func (v *viewer) discard() { io.Copy(io.Discard, v.read) }
