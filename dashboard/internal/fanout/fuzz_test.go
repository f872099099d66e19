package fanout

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

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
