package fanout

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// An answer has as long as one write of others, however steadily the viewer takes it: many that take a byte now and
// then would hold as many answers.
func TestAnswerTakesTooLong(t *testing.T) {
	for name, test := range map[string]struct {
		perSecond int
		want      string
	}{
		"steadily":   {100, "10s slow"},
		"in-time":    {1000, ""},
		"not-at-all": {0, "10s slow"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(&Form{Words: words()}, nil)
			p := newPoller(strings.Repeat("x", 5000))
			r.line = &line{fanout: r.line.fanout, Line: Line{Caller: p, Owner: &r.owner}}
			r.line.begin(nil, r.now)
			r.log, r.room = nil, 0
			r.say("ask;")
			for range 20 {
				r.room += test.perSecond
				r.write()
				r.wait(time.Second)
			}
			got := ""
			for _, seen := range r.log {
				if !strings.Contains(seen, "x") {
					got += seen
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if in := test.want == ""; in == p.asked {
				t.Errorf("answered: %v, want %v", !p.asked, in)
			}
		})
	}
}

// poller is a Caller that answers "ask;" and takes nothing else, and the Owner of its line.
type poller struct {
	answer string
	asked  bool
	done   chan Reason
}

func newPoller(answer string) *poller { return &poller{answer: answer, done: make(chan Reason, 1)} }

func (p *poller) Ask(b []byte, _ time.Duration) error {
	if string(b) != "ask;" {
		return errors.New("another request")
	}
	p.asked = true
	return nil
}

func (p *poller) Answer(time.Duration) (response []byte, last bool) {
	if !p.asked {
		return nil, false
	}
	return []byte(p.answer), false
}

func (p *poller) Answered(meter.Probe)               { p.asked = false }
func (p *poller) Due() (at time.Duration, idle bool) { return 0, !p.asked }
func (p *poller) Count(in, out int)                  {}
func (p *poller) Named() bool                        { return false }
func (p *poller) Parked(meter.Probe)                 {}
func (p *poller) Closing(meter.Probe)                {}
func (p *poller) Back(conn net.Conn, early []byte)   { conn.Close() }
func (p *poller) Began(Way)                          {}
func (p *poller) Done(r Reason)                      { p.done <- r }
