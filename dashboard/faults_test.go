package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/dashboard/load"
)

// breaks puts a fault in force.
func (s *site) breaks(body string) string {
	s.t.Helper()
	status, text := s.post("api/v1/faults", "application/json", body)
	if status != 200 && status != 204 {
		s.t.Fatalf("%s: got %d %s", body, status, text)
	}
	return text
}

// A follower is a viewer that follows for as long as its test, and writes down what it saw.
type follower struct {
	site *site
	mu   sync.Mutex
	seqs []string
	ats  []time.Time
	lost []error
	done chan load.Tally

	broken time.Time // just before its test broke something
	stop   context.CancelFunc
}

func (s *site) follow(technique, viewer, after string) *follower {
	ctx, cancel := context.WithCancel(s.t.Context())
	f := &follower{site: s, done: make(chan load.Tally, 1), stop: cancel}
	c := s.client(technique)
	c.Viewer, c.Interval = viewer, 20*time.Millisecond
	c.Lost = func(why error, _ time.Duration) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.lost = append(f.lost, why)
	}
	go func() {
		tally, _ := c.Follow(ctx, after, func(m load.Message) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			seq := m.ID[strings.LastIndexByte(m.ID, '-')+1:]
			if m.Gap {
				seq = "gap:" + seq
			}
			f.seqs, f.ats = append(f.seqs, seq), append(f.ats, time.Now())
			return nil
		})
		f.done <- tally
	}()
	s.t.Cleanup(func() { f.ends() })
	return f
}

// ends stops following and returns what was counted.
func (f *follower) ends() load.Tally {
	f.stop()
	tally := <-f.done
	f.done <- tally
	return tally
}

func (f *follower) seen() (seqs string, lost []error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.seqs, " "), append([]error(nil), f.lost...)
}

// sees waits for the numbers of messages, which may end in others.
func (f *follower) sees(want string) {
	f.site.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) { // who was cut again and again waits for half of it
		if got, _ := f.seen(); got == want {
			return
		}
	}
	got, lost := f.seen()
	f.site.t.Errorf("got %q after %v, want %q", got, lost, want)
}

// quiet wants nothing new to come for a while.
func (f *follower) quiet(for_ time.Duration) {
	f.site.t.Helper()
	before, _ := f.seen()
	time.Sleep(for_)
	if after, _ := f.seen(); after != before {
		f.site.t.Errorf("got %q, and %q before", after, before)
	}
}

// upTo is the numbers from 1.
func upTo(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprint(&b, " ", i+1)
	}
	return b.String()[1:]
}

// Each fault on each technique, with what the technique promises: whatever is broken, nothing is lost, nothing comes
// twice, and what was forgotten is a gap.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, test := range []struct {
		name   string
		fault  string
		breaks func(t *testing.T, s *site, f *follower, technique string)
	}{
		{"delay", `{"delay":"150ms","jitter":"20ms"}`, func(t *testing.T, s *site, f *follower, technique string) {
			at := time.Now()
			s.publish(1)
			f.sees("1 2 3")
			if late := f.ats[2].Sub(at); late < 150*time.Millisecond {
				t.Errorf("it came after %v", late)
			}
		}},
		{"stall", `{"stall":"400ms"}`, func(t *testing.T, s *site, f *follower, technique string) {
			s.publish(1)
			f.sees("1 2 3")
			if late := f.ats[2].Sub(f.broken); late < 400*time.Millisecond { // it began when it was said
				t.Errorf("it came after %v", late)
			}
		}},
		{"mute", `{"mute":true}`, func(t *testing.T, s *site, f *follower, technique string) {
			time.Sleep(50 * time.Millisecond) // for an answer that was under way
			s.publish(1)
			f.quiet(300 * time.Millisecond)
			s.breaks(`{"viewer":"me","fault":null}`)
			f.sees("1 2 3")
		}},
		{"buffer-all", `{"buffer":"all"}`, func(t *testing.T, s *site, f *follower, technique string) {
			s.publish(1)
			if technique == "streaming" || technique == "sse" { // answers that do not end
				f.quiet(300 * time.Millisecond)
				s.breaks(`{"clear":true}`)
			}
			f.sees("1 2 3")
		}},
		{"buffer-some", `{"buffer":512}`, func(t *testing.T, s *site, f *follower, technique string) {
			s.publish(1)
			if technique != "streaming" && technique != "sse" {
				f.sees("1 2 3")
				return
			}
			f.quiet(50 * time.Millisecond)
			s.publish(60) // of some 75 bytes; net/http waits for the end of a chunk that it has begun, unless it has 4 KiB
			eventually(t, "some have come", func() bool { got, _ := f.seen(); return strings.Contains(got, " 9") })
			s.breaks(`{"clear":true}`)
			f.sees(upTo(63))
		}},
		{"cut-once", `{"cut":"once"}`, func(t *testing.T, s *site, f *follower, technique string) {
			if technique == "longpolling" { // it waits for its answer, so it is cut at once
				eventually(t, "it has another connection", func() bool { return s.transports.Viewers.Wire("me")[technique].Connections == 2 })
			}
			s.publish(1)
			eventually(t, "it is cut", func() bool { return s.transports.Viewers.Wire("me")[technique].Connections == 2 })
			s.publish(1)
			f.sees("1 2 3 4")
			// net/http asks again by itself when nothing of an answer has come, as browsers do: who polls may not hear of its cut.
			_, lost := f.seen()
			if least := map[bool]int{true: 0, false: 1}[strings.HasSuffix(technique, "polling")]; len(lost) < least || len(lost) > 1 || len(lost) == 1 && !errors.Is(lost[0], load.ErrCut) {
				t.Errorf("got %v, want one cut", lost)
			}
		}},
		{"cut-every", `{"cut":"400ms"}`, func(t *testing.T, s *site, f *follower, technique string) {
			for range 20 {
				s.publish(1)
				time.Sleep(100 * time.Millisecond)
			}
			eventually(t, "it was cut again and again", func() bool { _, lost := f.seen(); return len(lost) >= 2 })
			s.breaks(`{"clear":true}`)
			f.sees(upTo(22))
		}},
		{"forget", `{"forget":true,"cut":"once"}`, func(t *testing.T, s *site, f *follower, technique string) {
			s.publish(1)
			eventually(t, "there is a gap", func() bool { got, _ := f.seen(); return strings.Contains(got, "gap:") })
			s.publish(1)
			eventually(t, "it goes on", func() bool { got, _ := f.seen(); return strings.HasSuffix(got, "4") })
			if tally := f.ends(); tally.Gaps != 1 {
				t.Errorf("got %+v, want one gap", tally)
			}
		}},
		{"refuse-upgrade", `{"refuse_upgrade":true,"cut":"once"}`, func(t *testing.T, s *site, f *follower, technique string) {
			s.publish(1)
			if technique == "websocket" {
				var refused *load.StatusError
				eventually(t, "it is refused", func() bool {
					_, lost := f.seen()
					return len(lost) > 1 && errors.As(lost[len(lost)-1], &refused)
				})
				if refused == nil || refused.Status != 426 {
					t.Errorf("got %v, want 426", refused)
				}
				s.breaks(`{"clear":true}`)
			}
			f.sees("1 2 3")
		}},
		{"restart", "", func(t *testing.T, s *site, f *follower, technique string) {
			s.breaks(`{"restart":true}`)
			s.publish(3)
			eventually(t, "there is a gap", func() bool { got, _ := f.seen(); return strings.Contains(got, "gap:") })
			got, lost := f.seen()
			if technique != "polling" && (len(lost) != 1 || !errors.Is(lost[0], load.ErrEnded)) {
				t.Errorf("got %v, %v, want to be told goodbye", got, lost)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, technique := range load.Techniques() {
				t.Run(technique, func(t *testing.T) {
					t.Parallel()
					s := open(t, Config{Lab: true, Heartbeat: 10 * time.Second, Hold: 10 * time.Second}, "")
					s.publish(1)
					f := s.follow(technique, "me", "")
					f.sees("1")
					s.publish(1)
					f.sees("1 2")
					if technique == "longpolling" { // it has had two answers, and waits for the third
						eventually(t, "it has asked again", func() bool {
							return s.transports.Viewers.Wire("me")[technique].Requests == 3 && s.hub.Stats().Subscriptions == 1
						})
					}
					f.broken = time.Now()
					if test.fault != "" {
						s.breaks(`{"viewer":"me","fault":` + test.fault + `}`)
					}
					test.breaks(t, s, f, technique)
					if tally := f.ends(); tally.Missed != 0 || tally.Duplicates != 0 && !strings.Contains(test.fault, "forget") {
						t.Errorf("got %+v, want none missed and none twice", tally)
					}
				})
			}
		})
	}
}

// A link that is thinner than the data: what is pushed gets older and older, unless what waits gives way to the newest.
// Who polls without a cursor is never behind by more than an answer.
func TestThinLink(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const last = 61
	padding := strings.Repeat("x", 400)
	for _, test := range []struct {
		technique string
		conflate  bool
	}{{"streaming", false}, {"sse", false}, {"websocket", false}, {"streaming", true}, {"sse", true}, {"websocket", true}, {"longpolling", true}, {"polling", true}} {
		t.Run(fmt.Sprintf("%s-conflate-%v", test.technique, test.conflate), func(t *testing.T) {
			t.Parallel()
			s := open(t, Config{Lab: true, Heartbeat: 10 * time.Second, Hold: 10 * time.Second}, "")
			s.publish(1)
			f := s.follow(test.technique, "me", "")
			f.sees("1")
			s.breaks(`{"viewer":"me","fault":{"throttle":4000}}`)
			if test.conflate {
				if status, body := s.post("api/v1/viewers/me", "application/json", `{"set":{"conflate":true}}`); status != 204 {
					t.Fatalf("got %d %s", status, body)
				}
			}
			s.publish(1)
			f.sees("1 2") // and what asks now asks as it has been told
			// 30 kB at once, for a link that takes eight seconds for it and has 2 kB on the way; fewer than a viewer may have waiting.
			for range last - 2 {
				s.hub.Publish(time.Now(), []byte(`{"x":"`+padding+`"}`))
			}
			come := func() (n int, newest bool) {
				f.mu.Lock()
				defer f.mu.Unlock()
				return len(f.seqs), f.seqs[len(f.seqs)-1] == fmt.Sprint(last)
			}
			if test.conflate { // a few that were on the way, and the newest
				eventually(t, "the newest comes", func() bool { _, newest := come(); return newest })
				if n, _ := come(); n > last/2 {
					t.Errorf("%d messages came before the newest", n)
				}
				return
			}
			const some = 16 // more than can have been on the way
			eventually(t, "some come", func() bool { n, _ := come(); return n >= some })
			if got, _ := f.seen(); !strings.HasPrefix(got+" ", upTo(some)+" ") {
				t.Errorf("got %q, want every one", got)
			}
		})
	}
	t.Run("polling-without-a-cursor", func(t *testing.T) {
		t.Parallel()
		s := open(t, Config{Lab: true}, "")
		s.breaks(`{"viewer":"me","fault":{"throttle":4000}}`)
		client := &http.Client{}
		defer client.CloseIdleConnections()
		for n := range 4 {
			for range 9 {
				s.hub.Publish(time.Now(), []byte(`{"x":"`+padding+`"}`))
			}
			response, err := client.Get(s.url + "api/v1/polling?viewer=me")
			if err != nil {
				t.Fatal(err)
			}
			var answer struct{ Messages []struct{ ID string } }
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Messages) != 1 || !strings.HasSuffix(answer.Messages[0].ID, fmt.Sprint("-", 9*(n+1))) {
				t.Fatalf("got %+v, %v, want the newest alone", answer, err)
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
}

// What is refused is told why, and nothing is in force then; what is in force is listed, with who it concerns hidden from
// who does not know.
func TestFaultsAPI(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Lab: true}, "")
	for body, parameter := range map[string]string{
		`{}`:                                       "fault",
		`{"fault":{}}`:                             "fault",
		`{"fault":{"delay":"soon"}}`:               "delay",
		`{"fault":{"throttle":1}}`:                 "throttle",
		`{"technique":"pigeon","fault":null}`:      "technique",
		`{"viewer":"a b","fault":null}`:            "viewer",
		`{"fault":{"mute":true},"lifetime":"2h"}`:  "lifetime",
		`{"fault":{"mute":true},"lifetime":"-1s"}`: "lifetime",
		`{"restart":true,"fault":null}`:            "restart",
		`{"clear":true,"viewer":"me"}`:             "clear",
		`{"zebra":1}`:                              "body",
		`[`:                                        "body",
	} {
		if status, text := s.post("api/v1/faults", "application/json", body); status != 400 || !strings.Contains(text, `"parameter":"`+parameter+`"`) || !strings.Contains(text, `"allowed":[`) {
			t.Errorf("%s: got %d %s", body, status, text)
		}
	}
	if status, body := s.post("api/v1/faults", "text/plain", `{"clear":true}`); status != 415 {
		t.Errorf("not as JSON: got %d %s", status, body)
	}
	if status, body := s.post("api/v1/faults", "application/json", `{"clear":true}`, "Origin", "http://evil.example"); status != 403 {
		t.Errorf("from elsewhere: got %d %s", status, body)
	}
	if _, body, _ := s.get("api/v1/faults"); !strings.HasPrefix(body, `{"all":{"connections":0,"down":0,"up":0},"faults":[]`) {
		t.Errorf("got %s", body)
	}
	s.breaks(`{"viewer":"me","technique":"sse","fault":{"delay":"300ms","buffer":"all"},"lifetime":"1m"}`)
	_, known, _ := s.get("api/v1/faults?viewer=you,me")
	_, unknown, _ := s.get("api/v1/faults")
	const fault = `"technique":"sse","fault":{"delay":"300ms","buffer":"all"},"names":["delay","buffer"],`
	if !strings.Contains(known, `{"viewer":"me",`+fault) || !strings.Contains(unknown, `{"viewer":"#`) || !strings.Contains(unknown, fault) {
		t.Errorf("who knows the id gets %s, who does not %s", known, unknown)
	}
	if status, body, _ := s.get("api/v1/faults?viewer=" + strings.Repeat("a,", 40) + "a"); status != 400 {
		t.Errorf("too many at a time: got %d %s", status, body)
	}
	if body := s.breaks(`{"viewer":"me","technique":"sse","fault":null}`); !strings.Contains(body, `"faults":[]`) || !strings.Contains(body, `"over":[{"viewer":"me",`+fault) {
		t.Errorf("mended: got %s", body)
	}
}

// An answer that something was done to says so in its head; others do not.
func TestFaultHeader(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Lab: true}, "")
	s.publish(1)
	s.breaks(`{"technique":"polling","fault":{"delay":"1ms","refuse_upgrade":true}}`)
	for path, want := range map[string]string{
		"api/v1/polling": "delay, refuse_upgrade", "api/v1/longpolling": "", "api/v1/config": "", "api/v1/faults": "",
	} {
		if _, _, header := s.get(path); header.Get("Fivewire-Fault") != want {
			t.Errorf("%s: got %q, want %q", path, header.Get("Fivewire-Fault"), want)
		}
	}
	s.breaks(`{"technique":"websocket","fault":{"refuse_upgrade":true}}`)
	var refused *load.StatusError
	if err := s.client("websocket").Watch(t.Context(), "", nil); !errors.As(err, &refused) || refused.Status != 426 || !strings.Contains(refused.Problem.Detail, "proxy") {
		t.Errorf("got %v, want 426", err)
	}
}

// Without the lab there is none of it; in somebody else's program it is said that it cannot be.
func TestFaultsNeedTheLabAndTheConnection(t *testing.T) {
	t.Parallel()
	s := open(t, Config{}, "")
	for _, text := range []string{`{"clear":true}`, `{"restart":true}`} {
		if status, body := s.post("api/v1/faults", "application/json", text); status != 404 || !strings.Contains(body, "--lab on") {
			t.Errorf("%s: got %d %s", text, status, body)
		}
	}
	d := New(Config{Lab: true})
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	d.Register(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(ln)
	defer app.Shutdown()
	defer d.Close()
	foreign := &site{Dashboard: d, t: t, url: "http://" + ln.Addr().String() + "/"}
	foreign.publish(1)
	if status, body := foreign.post("api/v1/faults", "application/json", `{"fault":{"mute":true}}`); status != 409 || !strings.Contains(body, "serves itself") {
		t.Errorf("got %d %s", status, body)
	}
	if status, body, _ := foreign.get("api/v1/faults"); status != 409 {
		t.Errorf("got %d %s", status, body)
	}
	if status, body := foreign.post("api/v1/faults", "application/json", `{"restart":true}`); status != 204 {
		t.Errorf("restart: got %d %s", status, body)
	}
}

// Whatever is broken, the server goes down in time, and everybody is told.
func TestFaultsDoNotDelayTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, fault := range []string{`{"mute":true}`, `{"delay":"30s"}`, `{"throttle":100}`, `{"buffer":"all"}`} {
		t.Run(strings.Map(func(r rune) rune { return map[bool]rune{true: r, false: -1}[r >= 'a' && r <= 'z'] }, fault), func(t *testing.T) {
			s := open(t, Config{Lab: true, Hold: time.Minute, Heartbeat: time.Minute}, "")
			s.publish(1)
			s.breaks(`{"fault":` + fault + `}`)
			var followers []*follower
			for _, technique := range load.Techniques() {
				followers = append(followers, s.follow(technique, "me-"+technique, ""))
			}
			time.Sleep(100 * time.Millisecond)
			took := stopwatch()
			if err := s.end(); err != nil {
				t.Error(err)
			}
			if d := took(); d > 3*time.Second {
				t.Errorf("it took %v", d)
			}
			for _, f := range followers {
				f.ends()
			}
		})
	}
}

// The next message says the word to everybody, on every technique.
func TestEcho(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{Lab: true}, "")
		s.publish(1)
		if status, body := s.post("api/v1/viewers/me", "application/json", `{"echo":"n1"}`); status != 204 {
			t.Errorf("got %d %s", status, body)
		}
		s.publish(2)
		var got []string
		err := s.client(technique).Watch(t.Context(), s.cursor(1), func(m load.Message) error {
			var said struct{ Echo []string }
			if err := json.Unmarshal(m.Raw, &said); err != nil {
				return err
			}
			if got = append(got, strings.Join(said.Echo, ",")); len(got) == 2 {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) || strings.Join(got, " ") != "n1 " {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
