package crowd

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// This test's own binary plays the viewers, as fivewire's does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "play" {
		os.Exit(play(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// play is a child. What kind of one stands in the place of the technique.
func play(args []string) int {
	say := func(phase string, held int) {
		fmt.Fprintf(os.Stderr, `{"phase":%q,"held":%d,"messages":7,"missed":1,"age_ms":{"p50":1.5,"p99":2.5,"max":3,"n":7},"cpu_ms":12,"memory":4096}`+"\n", phase, held)
	}
	switch args[2] {
	case "sse":
		say("connecting", 3)
		say("measuring", 100)
		io.Copy(io.Discard, os.Stdin)
		say("done", 99)
	case "deaf":
		say("measuring", 100)
		time.Sleep(time.Hour)
	case "refused":
		fmt.Fprintln(os.Stderr, "fivewire: error: connection refused (hint: look)")
		return 1
	case "babbling":
		say("measuring", 100)
		for range 40 {
			fmt.Fprint(os.Stderr, strings.Repeat("x", longestLine/4))
		}
	case "environment":
		fmt.Fprintf(os.Stderr, "environment %q, arguments %q\n", os.Environ(), args)
		return 1
	}
	return 0
}

// A rig is a crowd whose server costs what the test says.
type rig struct {
	*Crowd
	t  *testing.T
	at time.Time
}

func newRig(t *testing.T) *rig {
	c := New(Config{Command: []string{os.Args[0], "play"}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	c.Serve("http://127.0.0.1:1/")
	t.Cleanup(c.Close)
	return &rig{c, t, time.Unix(1e9, 0)}
}

// second passes, at so many milliseconds of CPU, with so many descriptors.
func (r *rig) second(cpu, descriptors float64) {
	s := Sample{At: r.at.Add(time.Second), CPU: cpu / 1e3, Memory: uint64(1e6 + 1e3*descriptors), Goroutines: 10, Descriptors: descriptors}
	r.mu.Lock()
	if len(r.past) > 0 {
		s.CPU += r.past[len(r.past)-1].CPU
		s.Sent = r.past[len(r.past)-1].Sent + int64(1e3*descriptors)
		s.Messages = r.past[len(r.past)-1].Messages + int64(descriptors)
	}
	r.mu.Unlock()
	r.at = s.At
	r.Observe(s)
}

// until waits for a state.
func (r *rig) until(what string, true func(State) bool) State {
	r.t.Helper()
	for range 2000 {
		if s := r.State(); true(s) {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.t.Fatalf("it never came about that %s: %+v", what, r.State())
	return State{}
}

func phase(name string) func(State) bool { return func(s State) bool { return s.Phase == name } }

// begin starts a crowd and lets the server be looked at without it.
func (r *rig) begin(kind string) {
	r.t.Helper()
	if err := r.Start(Order{Technique: kind, Viewers: 100, Duration: time.Minute, Pause: time.Second}); err != nil {
		r.t.Fatal(err)
	}
	r.until("the server is looked at", phase("before"))
	for range 3 {
		r.second(5, 20)
	}
}

func TestMeasured(t *testing.T) {
	r := newRig(t)
	r.begin("sse")
	r.until("all are in", phase("measuring"))
	for range 4 {
		r.mu.Lock()
		old := r.past[len(r.past)-1] // what the collector read before, in a snapshot after it: no sample
		r.mu.Unlock()
		old.At, old.Descriptors = r.at.Add(time.Second/2), 9e9
		r.Observe(old)
		r.second(9, 120)
	}
	s := r.State()
	if !s.Running || s.Technique != "sse" || s.Viewers != 100 || s.Connected != 100 || s.Messages != 7 || s.Missed != 1 || s.Age.P99 != 2.5 || s.Client.Memory != 4096 {
		t.Errorf("got %+v", s)
	}
	if err := r.Start(Order{}); !errors.Is(err, ErrBusy) {
		t.Errorf("a second crowd: got %v, want ErrBusy", err)
	}
	b, w, d := s.Server.Before, s.Server.With, s.Server.PerThousand
	near := func(name string, got, want float64) {
		t.Helper()
		if got < want*0.999 || got > want*1.001 {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	near("before-cpu", b.CPU, 5)
	near("with-cpu", w.CPU, 9)
	near("with-seconds", w.Seconds, 3)
	near("cpu", d.CPU, 40)
	near("memory", d.Memory, 1e6)
	near("descriptors", *d.Descriptors, 1000)
	near("sent", d.Sent, 1e6)
	near("per-message", *d.PerMessage, 40)
	r.Stop()
	if s := r.State(); s.Running || s.Phase != "ended" || s.Reason != "stopped" || s.Connected != 99 {
		t.Errorf("stopped: got %+v", s)
	}
	r.second(500, 500)
	if got := r.State().Server.With.CPU; got != w.CPU {
		t.Errorf("what comes after the end counts: got %v ms/s, want %v", got, w.CPU)
	}
}

// However it ends, it is told, and nothing is left.
func TestEnds(t *testing.T) {
	for _, tt := range []struct{ kind, reason, words string }{
		{"refused", "failed", "connection refused (hint: look)"},
		{"babbling", "time", ""},
		{"environment", "failed", `environment [], arguments ["http://127.0.0.1:1/" "--technique" "environment" "--viewers" "100"`},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			r := newRig(t)
			r.begin(tt.kind)
			s := r.until("it has ended", phase("ended"))
			if s.Running || s.Reason != tt.reason || !strings.HasPrefix(s.Error, tt.words) {
				t.Errorf("got %q, %q, want %q, %q", s.Reason, s.Error, tt.reason, tt.words)
			}
		})
	}
}

func TestDeafIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace to pass")
	}
	r := newRig(t)
	r.begin("deaf")
	r.until("all are in", phase("measuring"))
	began := time.Now()
	r.Stop()
	if took := time.Since(began); took < grace || r.State().Reason != "stopped" {
		t.Errorf("it took %v and ended as %q", took, r.State().Reason)
	}
}

// There is an end in every phase, and none after it.
func TestStopEarly(t *testing.T) {
	r := newRig(t)
	r.Stop()
	if s := r.State(); s.Running || s.Phase != "none" {
		t.Errorf("before the first: got %+v", s)
	}
	if err := r.Start(Order{Technique: "sse", Viewers: 100, Duration: time.Minute, Pause: time.Second}); err != nil {
		t.Fatal(err)
	}
	r.Stop()
	if s := r.State(); s.Reason != "stopped" || s.Server.Before != nil || s.Server.PerThousand != nil {
		t.Errorf("while the server was looked at: got %+v", s)
	}
	// The next one waits until the last has left nothing.
	if err := r.Start(Order{Technique: "sse", Viewers: 100, Duration: time.Minute, Pause: time.Second}); err != nil {
		t.Fatal(err)
	}
	if s := r.State(); s.Phase != "waiting" {
		t.Errorf("right after another: got %q, want waiting", s.Phase)
	}
	r.Close()
	r.Close()
	if err := r.Start(Order{}); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: got %v, want ErrClosed", err)
	}
}

func TestCannotStart(t *testing.T) {
	r := newRig(t)
	r.Serve("")
	if err := r.Start(Order{}); !errors.Is(err, ErrNowhere) {
		t.Errorf("not served: got %v, want ErrNowhere", err)
	}
	r.Serve("http://127.0.0.1:1/")
	r.config.Command = []string{"/nowhere/fivewire", "load"}
	r.begin("sse")
	if s := r.until("it has failed", phase("ended")); s.Reason != "failed" || !strings.Contains(s.Error, "start the viewers") {
		t.Errorf("got %q, %q", s.Reason, s.Error)
	}
}

// Where descriptors cannot be counted nothing is said of them.
func TestUnknownDescriptors(t *testing.T) {
	var w window
	if w.cost() != nil {
		t.Error("no sample has a cost")
	}
	for i := range 3 {
		w.add(Sample{At: time.Unix(int64(i), 0), CPU: float64(i), Descriptors: -1})
	}
	c := w.cost()
	d := perThousand(*c, *c, 10)
	if c.CPU != 1000 || c.Descriptors != nil || d.Descriptors != nil || d.PerMessage != nil || d.CPU != 0 {
		t.Errorf("got %+v, %+v", c, d)
	}
}

func FuzzParseProgress(f *testing.F) {
	f.Add([]byte(`{"phase":"measuring","held":3,"age_ms":null,"errors":{"cut off":2}}`))
	f.Add([]byte(`{"phase":"measuring","held":-3}`))
	f.Add([]byte(`{"phase":"ended"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		p, ok := parseProgress(line)
		if ok && (p.Held < 0 || p.Phase == phaseEnded || p.Phase == phaseBefore || p.Phase == "") {
			t.Errorf("%q: got %+v", line, p)
		}
	})
}
