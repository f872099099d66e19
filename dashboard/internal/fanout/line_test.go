package fanout

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

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
			name:  "another-epoch",
			scene: func(r *rig) { r.wait(time.Second); r.hub.Restart(); r.write(); r.wait(time.Minute) },
			want:  began + "1s bye; 1s shut; 2s closed",
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
			name:   "pinged-into-silence",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { r.wait(10 * time.Second); r.publish(1); r.wait(15 * time.Second) },
			want:   began + "10s m4; 25s beat",
		},
		{
			name:   "pinged-seldom-while-messages-come",
			steady: true,
			ear:    echo{},
			scene: func(r *rig) {
				flow(r, 6, 10*time.Second)
				r.say("y")
				flow(r, 6, 10*time.Second)
			},
			want: began + "10s m4; 20s m5; 30s m6; 40s m7; 50s m8; 1m0s beat; 1m0s m9; 1m0s ay; 1m10s m10; 1m20s m11; 1m30s m12; 1m40s m13; 1m50s m14; 2m0s beat; 2m0s m15",
		},
		{
			name:   "silent-though-pinged",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { r.wait(10 * time.Second); r.publish(1); r.wait(time.Minute) },
			want:   began + "10s m4; 25s beat; 40s beat; 50s silent",
		},
		{
			name:   "silent-while-messages-come",
			steady: true,
			ear:    echo{},
			scene:  func(r *rig) { flow(r, 10, 10*time.Second) },
			want:   began + "10s m4; 20s m5; 30s m6; 40s m7; 50s m8; 1m0s beat; 1m0s m9; 1m10s m10; 1m15s beat; 1m20s m11; 1m25s silent",
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
			name:   "who-was-slow-is-not-silent-before-it-is-pinged",
			steady: true,
			ear:    echo{},
			scene: func(r *rig) {
				trickle(r, 5, 9*time.Second)
				r.wait(5 * time.Second)
				r.say("y")
				r.wait(36 * time.Second)
			},
			want: began + "9s m; 18s 4; 27s m; 36s 5; 45s m6; 50s ay; 1m0s beat; 1m15s beat; 1m25s silent",
		},
		{
			name:   "nor-after-one-ping",
			steady: true,
			ear:    echo{},
			scene: func(r *rig) {
				r.wait(15 * time.Second)
				trickle(r, 5, 9*time.Second)
				r.wait(20 * time.Second)
			},
			want: began + "15s beat; 24s m; 33s 4; 42s m; 51s 5; 1m0s m6; 1m0.5s beat; 1m10.5s silent",
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
			name: "time-passes-before-a-goodbye-is-answered",
			ear:  echo{},
			scene: func(r *rig) {
				r.wait(12 * time.Second)
				r.room = 0
				r.say("q")
				r.wait(time.Second)
				r.room = 100
				r.wait(time.Second)
			},
			want: began + "13.5s aq; 13.5s shut",
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

// flow has messages come all the time.
func flow(r *rig, n int, apart time.Duration) {
	for range n {
		r.wait(apart)
		r.publish(1)
	}
}

// trickle has a line's connection take a piece of what is published now and then, and at last the rest. There is
// something to write all the time.
func trickle(r *rig, pieces int, apart time.Duration) {
	r.room = 0
	r.publish(pieces/2 + 1)
	for n := range pieces {
		r.wait(apart)
		if r.room = 1 + n%2; n == pieces-1 {
			r.room = 1 << 20
		}
		r.write()
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
		if f == nil {
			continue
		}
		if b := f.bytes[:cap(f.bytes)]; bytes.Contains(b, []byte("bye;")) {
			t.Errorf("a line wrote into a shared frame: %q", b)
		}
	}
}
