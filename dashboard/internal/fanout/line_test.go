package fanout

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// A rig holds a line as the two ways do, on a clock and a connection that are made up.
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

// attend does what both ways do with an error.
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

// Each case plays a scene on a line and says what the viewer saw, when, and why it ended.
func TestScenes(t *testing.T) {
	const began = "0s head; 0s open; 0s m3; "
	tests := []struct {
		name   string
		steady bool
		ear    Ear
		scene  func(*rig)
		want   string
	}{
		{
			name:  "newest-then-live-then-closed",
			scene: func(r *rig) { r.wait(time.Second); r.publish(2); r.close(); r.wait(time.Minute) },
			want:  began + "1s m4; 1s m5; 1s bye; 1s shut; 1.5s closed",
		},
		{
			name:  "farewell-after-all-that-was-published",
			scene: func(r *rig) { publish(r.hub, 3); r.hub.Close(); r.wait(time.Second) },
			want:  began + "500ms m4; 500ms m5; 500ms m6; 500ms bye; 500ms shut; 1s closed",
		},
		{
			name:  "heartbeats-into-silence",
			scene: func(r *rig) { r.wait(35 * time.Second); r.close() },
			want:  began + "15s beat; 30s beat; 35s bye; 35s shut",
		},
		{
			name:  "a-message-is-a-heartbeat",
			scene: func(r *rig) { r.wait(10 * time.Second); r.publish(1); r.wait(16 * time.Second) },
			want:  began + "10s m4; 25s beat",
		},
		{
			name:   "steady-heartbeats",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { r.wait(10 * time.Second); r.publish(1); r.wait(6 * time.Second) },
			want:   began + "10s m4; 15s beat",
		},
		{
			name:   "silent-though-pinged",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { r.wait(10 * time.Second); r.publish(1); r.wait(time.Minute) },
			want:   began + "10s m4; 15s beat; 30s beat; 40s silent",
		},
		{
			name:   "whoever-answers-stays",
			steady: true,
			ear:    echo{},
			scene: func(r *rig) {
				for range 4 {
					r.wait(15 * time.Second)
					r.say("y")
				}
			},
			want: began + "15s beat; 15s ay; 30s beat; 30s ay; 45s beat; 45s ay; 1m0s beat; 1m0s ay",
		},
		{
			name:  "nobody-who-is-not-pinged-is-silent",
			scene: func(r *rig) { r.wait(40 * time.Second) },
			want:  began + "15s beat; 30s beat",
		},
		{
			name:  "takes-nothing",
			scene: func(r *rig) { r.wait(time.Second); r.room = 0; r.publish(1); r.wait(time.Minute) },
			want:  began + "11s slow",
		},
		{
			name:  "takes-nothing-of-a-heartbeat",
			scene: func(r *rig) { r.room = 0; r.wait(time.Minute) },
			want:  began + "25s slow",
		},
		{
			name: "takes-little-by-little",
			scene: func(r *rig) {
				r.room = 0
				r.publish(1)
				for range 3 {
					r.wait(9 * time.Second)
					r.room = 1
					r.write()
				}
				r.wait(time.Second)
			},
			want: began + "9s m; 18s 4",
		},
		{
			name:  "takes-nothing-of-a-farewell",
			scene: func(r *rig) { r.room = 0; r.close(); r.wait(time.Minute) },
			want:  began + "10s slow",
		},
		{
			name:   "silent-behind-a-full-connection-is-slow",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { r.room = 0; r.wait(time.Minute) },
			want:   began + "25s slow",
		},
		{
			name:  "answers-in-between",
			ear:   echo{},
			scene: func(r *rig) { r.wait(time.Second); r.say("y"); r.publish(1) },
			want:  began + "1s ay; 1s m4",
		},
		{
			name: "an-answer-waits-for-the-frame-in-hand",
			ear:  echo{},
			scene: func(r *rig) {
				r.room = 1
				r.publish(2)
				r.say("1")
				r.say("2")
				r.wait(time.Second)
				r.room = 100
				r.write()
			},
			want: began + "0s m; 1s 4; 1s a1; 1s a2; 1s m5",
		},
		{
			name: "too-many-answers",
			ear:  echo{},
			scene: func(r *rig) {
				r.room = 1
				r.publish(1)
				for range 30 {
					r.say(strings.Repeat("y", 1000)) // each answered with three
				}
			},
			want: began + "0s m; 0s slow",
		},
		{
			name:  "goodbye-is-answered",
			ear:   echo{},
			scene: func(r *rig) { r.say("yqy"); r.publish(1); r.say("y"); r.wait(time.Second) },
			want:  began + "0s ay; 0s aq; 0s shut; 1s left",
		},
		{
			name: "broken-in-the-middle-of-a-frame",
			ear:  echo{},
			scene: func(r *rig) {
				r.room = 1
				r.publish(2)
				r.say("yx")
				r.room = 100
				r.wait(2 * time.Second)
			},
			want: began + "0s m; 500ms 4; 500ms ay; 500ms ax; 500ms shut; 1.5s broke",
		},
		{
			name: "broken-with-answers-waiting",
			ear:  echo{},
			scene: func(r *rig) {
				r.room = 1
				r.publish(1)
				r.say("1")
				r.say("x")
				r.room = 100
				r.write()
			},
			want: began + "0s m; 0s 4; 0s a1; 0s ax; 0s shut",
		},
		{
			name:  "noise",
			scene: func(r *rig) { r.say(strings.Repeat("n", mostNoise)); r.wait(time.Second); r.say("n") },
			want:  began + "1s broke",
		},
		{
			name: "a-full-backlog-comes-in-order",
			scene: func(r *rig) {
				r.room = 1
				r.publish(4)
				r.room = 100
				r.write()
			},
			want: began + "0s m; 0s 4; 0s m5; 0s m6; 0s m7",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := words()
			w.Steady = test.steady
			r := newRig(&Form{Words: w}, test.ear)
			test.scene(r)
			if got := strings.Join(r.log, "; "); got != strings.TrimSuffix(test.want, "; ") {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if len(r.owner.done) > 1 {
				t.Errorf("done %d times", len(r.owner.done))
			}
		})
	}
}

// A form that has no opening and no farewell says nothing of its own; the body of a chunked one still ends.
func TestPlainWords(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		w := words()
		w.Opening, w.Farewell = nil, nil
		r := newRig(&Form{Words: w, Chunked: chunked}, nil)
		r.close()
		want := "head;m3;"
		if chunked {
			want = "head;3\r\nm3;\r\n0\r\n\r\n"
		}
		if got := string(r.wire); got != want {
			t.Errorf("chunked %v: got %q, want %q", chunked, got, want)
		}
	}
}

// A message counts when its frame's last byte has left, not before; and only what is the message is payload.
func TestAccount(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		r := newRig(&Form{Words: words(), Chunked: chunked}, nil)
		messages := func() int64 { return r.tally.Figures().Messages }
		payload := func() int64 { return r.tally.Figures().Bytes.Out.Payload }
		before, one := messages(), payload()
		if before != 1 {
			t.Fatalf("%d messages, want 1", before)
		}
		frame := len(r.line.Form.frame(r.hub.Publish(time.Now(), []byte(`{}`))).bytes)
		for left := frame; left > 0; left-- {
			if messages() != 1 || payload() != one {
				t.Errorf("chunked %v: counted with %d bytes to go", chunked, left)
			}
			r.room = 1
			r.write()
		}
		if messages() != 2 || payload() != 2*one {
			t.Errorf("chunked %v: got %d messages of %d bytes, want 2 of %d", chunked, messages(), payload(), 2*one)
		}
		if got, want := r.tally.Figures().Bytes.Out.Total, int64(len("m3;m4;")); got != want {
			t.Errorf("chunked %v: %d bytes of frames, want %d", chunked, got, want)
		}
		r.room = 1
		r.publish(1)
		r.line.finish()
		if messages() != 2 {
			t.Errorf("chunked %v: a message that was cut is counted", chunked)
		}
	}
}

// A frame without bytes is a message that says nothing: it is passed over, and nothing of the form is harmed.
func TestEmptyFrames(t *testing.T) {
	w := words()
	w.Message = func(b []byte, m *hub.Message) []byte {
		if m.ID.Seq%2 == 0 {
			return b
		}
		return fmt.Appendf(b, "m%d;", m.ID.Seq)
	}
	r := newRig(&Form{Words: w}, nil)
	r.publish(3)
	r.publish(2)
	r.close()
	if got, want := string(r.wire), "head;open;m3;m5;m7;bye;"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, f := range r.form.recent {
		if b := f.bytes[:cap(f.bytes)]; bytes.Contains(b, []byte("bye;")) {
			t.Errorf("a line wrote into a shared frame: %q", b)
		}
	}
}

// FuzzLine: however the writes are cut, and whatever happens in between, the bytes are whole frames: the head, the
// opening, then messages in order with answers and heartbeats between them and never inside, and farewell at the end.
func FuzzLine(f *testing.F) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		ops := make([]byte, 5+random.IntN(300))
		for i := range ops {
			ops[i] = byte(random.IntN(256))
		}
		f.Add(ops, seed%3 == 0, seed%2 == 0)
	}
	f.Fuzz(func(t *testing.T, ops []byte, chunked, steady bool) {
		ops = ops[:min(len(ops), 500)]
		w := words()
		w.Steady = steady
		var ear Ear
		if !chunked { // what is heard is answered as it is
			ear = echo{}
		}
		r := newRig(&Form{Words: w, Chunked: chunked}, ear)
		for _, op := range ops {
			argument := int(op >> 3)
			switch op & 7 {
			case 0:
				r.publish(1 + argument%5)
			case 1:
				publish(r.hub, 1) // and nobody looks
			case 2:
				r.say("y")
			case 3:
				r.room = argument
				r.write()
			case 4:
				r.split = func(most int) int { return min(most, 1+argument) }
			case 5:
				r.wait(time.Duration(argument) * rigTick)
			case 6:
				r.room = 1 << 20
				r.write()
			case 7:
				switch {
				case argument > 1:
					r.say(strings.Repeat("z", argument))
				case argument == 1:
					r.say("x")
				default:
					r.close()
				}
			}
			checkAccount(t, r)
		}
		whole := len(r.owner.done) == 0
		r.room = 1 << 20
		r.close()
		r.wait(time.Minute)
		if len(r.owner.done) != 1 {
			t.Fatalf("done %d times", len(r.owner.done))
		}
		checkWire(t, r, whole && r.owner.done[0] == Closed)
		checkAccount(t, r)
		if c := r.line.Sub.Counts(); c.Offered != c.Delivered+c.Thinned+c.Dropped+c.Pending {
			t.Errorf("%+v does not add up", c)
		}
	})
}

// checkAccount compares what is counted with what is on the wire.
func checkAccount(t *testing.T, r *rig) {
	t.Helper()
	n := int64(0)
	for rest := r.wire; ; n++ {
		at := bytes.IndexByte(rest, 'm')
		if at < 0 {
			break
		}
		rest = rest[at:]
		end := bytes.IndexByte(rest, ';')
		if end < 0 || r.form.Chunked && len(rest) < end+3 { // its chunk ends with CRLF
			break
		}
		rest = rest[end:]
	}
	if got := r.tally.Figures().Messages; got != n {
		t.Fatalf("%d messages are counted, %d have left: %q", got, n, r.wire)
	}
}

func checkWire(t *testing.T, r *rig, farewell bool) {
	t.Helper()
	text, rest := string(r.wire), string(r.wire)
	if r.form.Chunked {
		head, body, _ := strings.Cut(rest, ";")
		rest = head + ";" + unchunk(t, body, farewell)
	}
	if !strings.HasPrefix(rest, "head;open;") {
		t.Fatalf("got %q", text)
	}
	last := 2
	frames := strings.SplitAfter(rest[len("head;open;"):], ";")
	for i, frame := range frames[:len(frames)-1] {
		seq, isMessage := strings.CutPrefix(strings.TrimSuffix(frame, ";"), "m")
		switch {
		case isMessage:
			n, err := strconv.Atoi(seq)
			if err != nil || n <= last {
				t.Errorf("message %q after %d: %q", frame, last, text)
			}
			last = n
		case frame == "bye;":
			if i != len(frames)-2 {
				t.Errorf("something follows the farewell: %q", text)
			}
		case frame != "beat;" && frame != "ax;" && frame != "ay;" && frame != "az;":
			t.Errorf("no frame: %q in %q", frame, text)
		}
	}
	if farewell && (!strings.HasSuffix(rest, ";bye;") || uint64(last) != r.hub.Stats().Published) {
		t.Errorf("the end is missing: %q", text)
	}
}

// unchunk takes whole chunks apart, and a cut one at the end unless the body must be complete.
func unchunk(t *testing.T, body string, complete bool) (content string) {
	t.Helper()
	for rest := body; ; {
		line, after, found := strings.Cut(rest, "\r\n")
		if !found {
			break
		}
		size, err := strconv.ParseUint(line, 16, 31)
		if err != nil || strconv.FormatUint(size, 16) != line {
			t.Fatalf("%q is no chunk's size in %q", line, body)
		}
		if len(after) < int(size)+2 {
			break
		}
		if after[size:size+2] != "\r\n" {
			t.Fatalf("a chunk of %d does not end there: %q", size, body)
		}
		content += after[:size]
		rest = after[size+2:]
		if size == 0 {
			if rest != "" {
				t.Errorf("%q follows the end of the body", rest)
			}
			return content
		}
	}
	if complete {
		t.Errorf("the body is not complete: %q", body)
	}
	return content
}
