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
			r, p := newAskRig(strings.Repeat("x", 5000))
			r.room = 0
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

// newAskRig is a rig with a parked line.
func newAskRig(answer string) (*rig, *poller) {
	r, p := newRig(&Form{Words: words()}, nil), newPoller(answer)
	r.line = &line{fanout: r.line.fanout, Line: Line{Owner: &rigCaller{p, &r.owner}}}
	r.line.begin(nil, r.now)
	r.log = nil
	return r, p
}

// A rigCaller is a Caller whose line is a rig's.
type rigCaller struct {
	*poller
	owner *owner
}

func (c *rigCaller) Began(w Way)   { c.owner.Began(w) }
func (c *rigCaller) Done(r Reason) { c.owner.Done(r) }

// A parked connection has so long to begin a request, and so long to end it, wherever its bytes came.
func TestAskPatience(t *testing.T) {
	for name, test := range map[string]struct {
		scene func(*rig)
		want  string
	}{
		"nothing": {func(r *rig) { r.wait(2 * time.Minute) }, "1m15s left"},
		"nothing-after-an-answer": {func(r *rig) {
			r.wait(time.Minute)
			r.say("ask;")
			r.wait(2 * time.Minute)
		}, "1m0s answer; 2m15s left"},
		"half": {func(r *rig) {
			r.wait(20 * time.Second)
			r.say("as")
			r.wait(time.Minute)
		}, "30s left"},
		"byte-by-byte": {func(r *rig) {
			for _, c := range "ask;" {
				r.say(string(c))
				r.wait(4 * time.Second)
			}
		}, "10s left"},
		"half-and-half": {func(r *rig) {
			r.say("as")
			r.wait(9 * time.Second)
			r.say("k;")
			r.wait(time.Second)
			r.say("a")
			r.wait(9 * time.Second)
			r.say("sk;")
		}, "9s answer; 19s answer"},
		"while-the-answer-waits": {func(r *rig) {
			r.room = 0
			r.say("ask;")
			r.say("ask;") // pipelined (RFC 9112 section 9.3.2)
			r.wait(time.Second)
			r.room = 100
			r.write()
			r.say("ask;")
		}, "1s answer; 1s answer; 1s answer"},
		"too-much-while-the-answer-waits": {func(r *rig) {
			r.room = 0
			r.say("ask;")
			r.say(strings.Repeat("x", mostAsked))
			r.say("x")
		}, "0s broke"},
		"half-that-came-early": {func(r *rig) {
			r.wait(20 * time.Second)
			r.room = 0
			r.say("ask;")
			r.say("as") // before the answer
			r.wait(time.Second)
			r.room = 100
			r.write()
			r.wait(9 * time.Second)
			r.say("k;")
			r.say("as")
			r.wait(time.Minute)
		}, "21s answer; 30s answer; 40s left"},
		"half-that-came-early-and-no-more": {func(r *rig) {
			r.wait(20 * time.Second)
			r.room = 0
			r.say("ask;")
			r.say("as")
			r.wait(2 * time.Second)
			r.room = 100
			r.write()
			r.wait(time.Minute)
		}, "22s answer; 32s left"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newAskRig("answer;")
			test.scene(r)
			if got := strings.Join(r.log, "; "); got != test.want {
				t.Errorf("got %s; want %s", got, test.want)
			}
		})
	}
}

// poller is a Caller that answers "ask;" and takes nothing else, and the Owner of its line.
type poller struct {
	answer string
	asked  bool
	done   chan Reason
	back   chan string // what was read and not answered; nil for nobody
}

func newPoller(answer string) *poller { return &poller{answer: answer, done: make(chan Reason, 1)} }

func (p *poller) Ask(b []byte, _ time.Duration) error {
	switch {
	case string(b) == "ask;":
	case strings.HasPrefix("ask;", string(b)):
		return ErrMore
	default:
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
func (p *poller) Began(Way)                          {}
func (p *poller) Done(r Reason)                      { p.done <- r }
func (p *poller) Back(conn net.Conn, early []byte) {
	conn.Close()
	if p.back != nil {
		p.back <- string(early)
	}
}
