package fanout

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // what is parallel here waits more than it works
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close() // from the first on, Go has descriptors of its own: tests count them
	}
	goleak.VerifyTestMain(m)
}

func publish(h *hub.Hub, n int) {
	for range n {
		h.Publish(time.Now(), []byte(`{}`))
	}
}

// words are frames that tell what they are and where they end: "m7;" is message 7.
func words() Words {
	return Words{
		Technique: "test",
		Opening:   func(b []byte) []byte { return append(b, "open;"...) },
		Message:   func(b []byte, m *hub.Message) []byte { return fmt.Appendf(b, "m%d;", m.ID.Seq) },
		Heartbeat: []byte("beat;"),
		Farewell:  func(b []byte) []byte { return append(b, "bye;"...) },
	}
}

// echo answers each byte with "a<byte>;", and ends the line at an x as broken, at a q as left. It panics at a p.
type echo struct{}

func (echo) Hear(b []byte) (answer []byte, err error) {
	for _, c := range b {
		answer = fmt.Appendf(answer, "a%c;", c)
		switch c {
		case 'x':
			return answer, errors.New("broken")
		case 'q':
			return answer, ErrLeft
		case 'p':
			panic("heard a p")
		}
	}
	return answer, nil
}

// owner writes down what becomes of its line.
type owner struct {
	began []Way
	done  []Reason
}

func (o *owner) Began(w Way)   { o.began = append(o.began, w) }
func (o *owner) Done(r Reason) { o.done = append(o.done, r) }

// A rig holds a line as all ways do, on a clock and a connection that are made up.
type rig struct {
	hub   *hub.Hub
	form  *Form
	line  *line
	owner owner
	tally *meter.Tally

	now   time.Duration
	room  int                // how many bytes the connection takes before it is full
	split func(most int) int // how many of them at a time
	wire  []byte
	log   []string // what was seen, and when
	shut  bool     // our direction
}

const rigTick = 500 * time.Millisecond

func newRig(form *Form, ear Ear) *rig {
	r := &rig{hub: hub.New(hub.Config{}), form: form, tally: new(meter.Tally), room: 1 << 30, split: func(most int) int { return most }}
	publish(r.hub, 3)
	f := New(r.hub, Config{Heartbeat: 15 * time.Second, WriteTimeout: 10 * time.Second, Logger: slog.New(slog.DiscardHandler)})
	f.lineBegins()
	account := r.tally.Begin(nil)
	account.Hold(nil, 5)
	r.line = &line{fanout: f, Line: Line{Form: form, Sub: r.hub.Subscribe(hub.Cursor{}, 0), Account: account, Ear: ear, Owner: &r.owner}}
	r.line.begin([]byte("head;"), r.now)
	r.write()
	return r
}

func (r *rig) note(what string) { r.log = append(r.log, fmt.Sprintf("%v %s", r.now, what)) }

// write says what there is to say until the connection is full.
func (r *rig) write() {
	for len(r.owner.done) == 0 {
		b, err := r.line.next(r.now)
		if err != nil {
			r.attend(err)
			return
		}
		n := min(len(b), r.room)
		if n == 0 {
			return
		}
		n = r.split(n)
		r.wire = append(r.wire, b[:n]...)
		r.room -= n
		for frame := range strings.SplitSeq(string(b[:n]), ";") {
			if frame != "" {
				r.note(frame)
			}
		}
		r.line.wrote(n, r.now)
	}
}

// attend does what all ways do with an error.
func (r *rig) attend(err error) {
	switch {
	case err == nil || len(r.owner.done) > 0:
	case errors.Is(err, errDone) && r.line.stage == lingering && r.now < r.line.beat:
		if !r.shut {
			r.shut = true
			r.note("shut")
		}
	default:
		r.line.finish()
		r.note(r.line.reason.String())
	}
}

// say is the viewer speaking.
func (r *rig) say(b string) {
	if len(r.owner.done) > 0 {
		return
	}
	if err := r.line.hear([]byte(b), r.now); err != nil {
		r.attend(err)
		return
	}
	r.write()
}

func (r *rig) publish(n int) {
	publish(r.hub, n)
	r.write()
}

func (r *rig) close() {
	r.hub.Close()
	r.write()
}

// wait lets time pass.
func (r *rig) wait(d time.Duration) {
	for range d / rigTick {
		r.now += rigTick
		if len(r.owner.done) == 0 {
			r.attend(r.line.pass(r.now))
			r.write()
		}
	}
}
