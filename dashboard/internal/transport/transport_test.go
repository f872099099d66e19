package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"
	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// The clock of fasthttp's Date lines is one for the process.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

func publish(h *hub.Hub, n int) {
	for range n {
		h.Publish(time.Now(), []byte(`{}`))
	}
}

func TestAwait(t *testing.T) {
	tests := []struct {
		name     string
		scene    func(h *hub.Hub, gone chan struct{})
		after    time.Duration
		messages int
		err      error
	}{
		{"message", func(h *hub.Hub, _ chan struct{}) { time.Sleep(24 * time.Second); publish(h, 1) }, 24 * time.Second, 1, nil},
		{"hold-ends", func(*hub.Hub, chan struct{}) {}, 25 * time.Second, 0, nil},
		{"viewer-leaves", func(_ *hub.Hub, gone chan struct{}) { time.Sleep(time.Second); close(gone) }, time.Second, 0, errLeft},
		{"hub-closes", func(h *hub.Hub, _ chan struct{}) { time.Sleep(2 * time.Second); h.Close() }, 2 * time.Second, 0, hub.ErrClosed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hub.New(hub.Config{})
				publish(h, 1)
				sub := h.Subscribe(hub.Cursor{Epoch: h.Epoch(), Seq: 1}, 0)
				defer sub.Close()
				gone := make(chan struct{})
				began := time.Now()
				go test.scene(h, gone)
				messages, err := await(sub, gone, 25*time.Second)
				if len(messages) != test.messages || !errors.Is(err, test.err) || time.Since(began) != test.after {
					t.Errorf("got %d messages, %v after %v; want %d, %v after %v",
						len(messages), err, time.Since(began), test.messages, test.err, test.after)
				}
			})
		})
	}
}

func TestParse(t *testing.T) {
	s := New(hub.New(hub.Config{}), Config{})
	query := func(pairs ...string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1], true
				}
			}
			return "", false
		}
	}
	good := []struct {
		name  string
		pairs []string
		want  request
	}{
		{"nothing", nil, request{wait: 25 * time.Second}},
		{"empty-cursor", []string{"after", ""}, request{wait: 25 * time.Second}},
		{"all", []string{"after", "k3f9a1-7", "every", "500ms", "wait", "2s", "viewer", "me"},
			request{after: hub.Cursor{Epoch: "k3f9a1", Seq: 7}, every: 500 * time.Millisecond, saysEvery: true, wait: 2 * time.Second, viewer: "me"}},
		{"no-wait", []string{"wait", "0s"}, request{}},
		{"unknown-parameter", []string{"zebra", "1"}, request{wait: 25 * time.Second}},
	}
	for _, test := range good {
		t.Run(test.name, func(t *testing.T) {
			if got, p := s.parse(query(test.pairs...)); p != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, p, test.want)
			}
		})
	}
	bad := [][2]string{
		{"after", "x"}, {"after", "k3f9a1-"}, {"after", "k3f9a1-1\r\nX: y"}, {"after", strings.Repeat("9", 10_000)},
		{"every", "-1s"}, {"every", "1"}, {"every", "soon"}, {"every", "2h"}, {"every", ""},
		{"wait", "61s"}, {"wait", "-1ns"}, {"wait", "NaN"},
		{"viewer", ""}, {"viewer", "a b"}, {"viewer", "~x"}, {"viewer", strings.Repeat("x", 65)}, {"viewer", "<script>"},
	}
	for _, test := range bad {
		_, p := s.parse(query(test[0], test[1]))
		if p == nil {
			t.Errorf("%s=%q was taken", test[0], test[1])
			continue
		}
		if p.Status != 400 || p.Parameter != test[0] || len(p.Allowed) == 0 || len(p.Detail) > 200 {
			t.Errorf("%s=%q: got %+v", test[0], test[1], p)
		}
	}
}

func TestCommand(t *testing.T) {
	s := New(hub.New(hub.Config{}), Config{})
	if _, p := s.Command("me", []byte(`{"set":{"every":"1s"},"ping":1}`)); p == nil || p.Status != 404 || p.Parameter != "viewer" {
		t.Errorf("of nobody: got %v", p)
	}
	if said, p := s.Command("me", []byte(`{"ping":1}`)); p != nil || said == nil {
		t.Errorf("a ping of nobody: got %s, %v", said, p)
	}
	s.Viewers.tally("me", "sse")
	for _, bad := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `{"set":{}}`, `{"set":{"every":1}}`, `{"set":{"every":"soon"}}`, `{"set":{"zebra":1}}`,
		`{"zebra":1}`, `{"set":{"every":"1s"}} {}`, `{"set":{"every":"-1s"}}`, `{"set":{"conflate":1}}`,
		`{"set":{"conflate":true,"every":"soon"}}`, "{\"ping\":\"\xff\"}", `{`, `{"ping":1}}`, `{"ping":1}]`, `{"ping":1} x`,
	} {
		if answer, p := s.Command("me", []byte(bad)); p == nil || len(p.Allowed) == 0 {
			t.Errorf("%s: got %s, %v", bad, answer, p)
		}
	}
	if answer, p := s.Command("me", []byte(`{"set":{"every":"2s"}}`)); answer != nil || p != nil {
		t.Errorf("got %s, %v", answer, p)
	}
	if answer, p := s.Command("me", []byte(`{"set":{"conflate":true}}`)); answer != nil || p != nil {
		t.Errorf("got %s, %v", answer, p)
	}
	if got := s.Viewers.setBy("me"); got.every == nil || *got.every != 2*time.Second || got.conflate == nil || !*got.conflate {
		t.Errorf("got %+v", got)
	}
	answer, p := s.Command("me", []byte(`{"ping":[1,"two"]}`))
	if p != nil || !bytes.HasPrefix(answer, []byte(`{"pong":[1,"two"],"at":`)) {
		t.Errorf("got %s, %v", answer, p)
	}
}

// What is echoed is bounded in number and size, and is for the lab alone.
func TestEchoCommand(t *testing.T) {
	h := hub.New(hub.Config{})
	if _, p := New(h, Config{}).Command("me", []byte(`{"echo":"n1"}`)); p == nil || p.Status != fiber.StatusForbidden {
		t.Errorf("without the lab: got %v", p)
	}
	s := New(h, Config{Lab: true})
	for _, bad := range []string{``, `a b`, `"`, `é`, strings.Repeat("x", hub.MostEcho+1)} {
		text, err := json.Marshal(map[string]string{"echo": bad})
		if err != nil {
			t.Fatal(err)
		}
		if _, p := s.Command("me", text); p == nil || p.Parameter != "echo" || len(p.Allowed) == 0 {
			t.Errorf("%q: got %v", bad, p)
		}
	}
	for n := range hub.MostEchoes + 1 {
		if _, p := s.Command("me", fmt.Appendf(nil, `{"echo":"n%d"}`, n)); (p != nil) != (n == hub.MostEchoes) || p != nil && p.Status != fiber.StatusTooManyRequests {
			t.Errorf("word %d: got %v", n, p)
		}
	}
	if m := h.Publish(time.Now(), []byte(`{}`)); !bytes.Contains(m.JSON, []byte(`"echo":["n0","n1",`)) {
		t.Errorf("got %s", m.JSON)
	}
}

// A flood of new ids must not grow memory without bound, and must not push out who is connected.
func TestViewersAreBounded(t *testing.T) {
	h := hub.New(hub.Config{})
	v := newViewers()
	sub := h.Subscribe(hub.Cursor{}, 0)
	defer sub.Close()
	h1 := v.hold(request{viewer: "held"}, &fanout.Words{Technique: "sse"}, sub)
	for i := range mostViewers + 100 {
		v.tally(fmt.Sprint(i), "polling")
	}
	if n := len(v.m); n > mostViewers {
		t.Errorf("%d viewers are remembered", n)
	}
	if list := v.List(); len(list) != 1 || list[0].Viewer != Short("held") {
		t.Errorf("got %+v", list)
	}
	h1.release()
	if list := v.List(); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
}

// Whoever has not named itself is listed as long as it holds something, in whatever order they come, leave and come again.
func TestCrowd(t *testing.T) {
	h, v, random := hub.New(hub.Config{}), newViewers(), rand.New(rand.NewPCG(1, 2))
	sub := h.Subscribe(hub.Cursor{}, 0)
	defer sub.Close()
	holdings, listed := make([]*holding, 20), make(map[*holding]bool)
	for range 2000 {
		h := &holdings[random.IntN(len(holdings))]
		switch {
		case *h == nil:
			*h = v.hold(request{viewer: "~x"}, &fanout.Words{Technique: "longpolling"}, sub)
			listed[*h] = true
		case listed[*h]:
			(*h).release()
			(*h).release()
			delete(listed, *h)
		default:
			(*h).again(change{})
			listed[*h] = true
		}
		if got := v.Holding()["longpolling"]; got != len(listed) {
			t.Fatalf("got %d, want %d", got, len(listed))
		}
		v.all(func(h *holding) {
			if !listed[h] {
				t.Fatal("one is listed that has left")
			}
		})
	}
}

func TestBudget(t *testing.T) {
	var b budget
	now := 5 * time.Second
	spend := func() error { return b.spend(now, 1, framesPerSecond, framesAtOnce) }
	for i := range framesAtOnce {
		if spend() != nil {
			t.Fatalf("frame %d at once was refused", i)
		}
	}
	if !errors.Is(spend(), errFlood) {
		t.Error("one too many was taken")
	}
	now += time.Second + time.Second/framesPerSecond
	for i := range framesPerSecond {
		if spend() != nil {
			t.Fatalf("frame %d of the next second was refused", i)
		}
	}
	if !errors.Is(spend(), errFlood) {
		t.Error("one too many was taken")
	}
}

// parseEvent reads one event as the HTML standard, section 9.2.6, says.
func parseEvent(t *testing.T, stream []byte) (id, data string) {
	text := strings.ReplaceAll(strings.ReplaceAll(string(stream), "\r\n", "\n"), "\r", "\n")
	body, rest, ended := strings.Cut(text, "\n\n")
	if !ended || rest != "" {
		t.Fatalf("not one event: %q", stream)
	}
	var lines []string
	for line := range strings.SplitSeq(body, "\n") {
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			id = value
		case "data":
			lines = append(lines, value)
		default:
			t.Fatalf("line %q of %q", line, stream)
		}
	}
	return id, strings.Join(lines, "\n")
}

// Whatever the data holds, it stays one event and comes back as it was, line breaks as line feeds.
func FuzzAppendEvent(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, "", "a\nb", "a\r\nb\rc\n", "\n\nevent: x", "\r", "data: x", ": x", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		id, got := parseEvent(t, appendEvent(nil, "k3f9a1-7", data))
		want := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n")
		if id != "k3f9a1-7" || got != want {
			t.Errorf("got %q %q, want %q", id, got, want)
		}
	})
}
