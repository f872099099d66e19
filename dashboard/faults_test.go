package dashboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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
	stop context.CancelFunc
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
	for range 3000 {
		if got, _ := f.seen(); got == want {
			return
		}
		time.Sleep(5 * time.Millisecond)
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
			s.publish(1)
			at := time.Now()
			f.sees("1 2 3")
			if late := f.ats[2].Sub(at); late < 150*time.Millisecond {
				t.Errorf("it came after %v", late)
			}
		}},
		{"stall", `{"stall":"400ms"}`, func(t *testing.T, s *site, f *follower, technique string) {
			at := time.Now()
			s.publish(1)
			f.sees("1 2 3")
			if late := f.ats[2].Sub(at); late < 300*time.Millisecond {
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
			s.publish(150) // of some 75 bytes; net/http waits for the end of a chunk that it has begun, unless it has 4 KiB
			eventually(t, "some have come", func() bool { got, _ := f.seen(); return strings.Contains(got, " 9") })
			s.breaks(`{"clear":true}`)
			f.sees(upTo(153))
		}},
		{"cut-once", `{"cut":"once"}`, func(t *testing.T, s *site, f *follower, technique string) {
			if technique == "longpolling" { // net/http asks again by itself when nothing of an answer has come, as browsers do
				eventually(t, "it has another connection", func() bool { return s.transports.Viewers.Wire("me")[technique].Connections == 2 })
				s.publish(2)
				f.sees("1 2 3 4")
				return
			}
			s.publish(1)
			eventually(t, "it is cut", func() bool { _, lost := f.seen(); return len(lost) == 1 })
			s.publish(1)
			f.sees("1 2 3 4")
			if _, lost := f.seen(); len(lost) != 1 || !errors.Is(lost[0], load.ErrCut) {
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
			for _, technique := range load.Techniques() {
				t.Run(technique, func(t *testing.T) {
					t.Parallel()
					s := open(t, Config{Lab: true, Heartbeat: 10 * time.Second, Hold: 10 * time.Second}, "")
					s.publish(1)
					f := s.follow(technique, "me", "")
					f.sees("1")
					s.publish(1)
					f.sees("1 2")
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
