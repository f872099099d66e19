package fault

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

// takes is all that comes out at a time, as text.
func takes(w *Wire, now time.Duration) string {
	var out []byte
	var b [64]byte // smaller than some of what is in
	for {
		n, _, _ := w.Take(b[:], now)
		if n == 0 {
			return string(out)
		}
		out = append(out, b[:n]...)
	}
}

func TestWire(t *testing.T) {
	type step struct {
		at   time.Duration
		do   func(w *Wire, now time.Duration)
		out  string
		wait time.Duration // of Take, when out is all
	}
	set := func(c Conditions) func(*Wire, time.Duration) {
		return func(w *Wire, now time.Duration) { w.Set(c, now) }
	}
	put := func(text string) func(*Wire, time.Duration) {
		return func(w *Wire, now time.Duration) { w.Put([]byte(text), now) }
	}
	nothing := func(*Wire, time.Duration) {}
	tests := []struct {
		name  string
		steps []step
	}{
		{"nothing-is-wrong", []step{{0, put("one"), "one", Never}, {5 * ms, put("two"), "two", Never}}},
		{"delay", []step{
			{0, set(Conditions{Delay: 100 * ms}), "", Never},
			{0, put("one,"), "", 100 * ms},
			{30 * ms, put("two"), "", 70 * ms},
			{100 * ms, nothing, "one,", 30 * ms},
			{130 * ms, nothing, "two", Never},
		}},
		{"delay-is-lifted", []step{
			{0, set(Conditions{Delay: time.Second}), "", Never},
			{0, put("one"), "", time.Second},
			{50 * ms, set(Conditions{}), "one", Never},
		}},
		{"throttle", []step{
			{0, set(Conditions{Throttle: 100}), "", Never},
			{0, put(strings.Repeat("x", 30)), "xxxxxxxxxx", 50*ms + 1}, // the bucket was full
			{50*ms + 1, nothing, "xxxxx", 50 * ms},
			{time.Second, nothing, "xxxxxxxxxx", 50*ms + 1}, // idle time is worth no more than a full bucket
		}},
		{"buffer", []step{
			{0, set(Conditions{Buffer: 4}), "", Never},
			{0, put("abc"), "", Never},
			{1 * ms, put("defghij"), "abcdefgh", Never},
			{2 * ms, (*Wire).End, "ij", Never},
		}},
		{"buffer-all", []step{
			{0, set(Conditions{Buffer: All}), "", Never},
			{0, put(strings.Repeat("x", 100)), "", Never},
			{9 * ms, (*Wire).End, strings.Repeat("x", 100), Never},
			{10 * ms, put("y"), "", Never},
			{11 * ms, set(Conditions{}), "y", Never},
		}},
		{"stall", []step{
			{0, set(Conditions{Stall: 10 * ms}), "", 10 * ms},
			{1 * ms, put("a"), "", 9 * ms},
			{10 * ms, nothing, "a", Never},
			{20 * ms, put("b"), "b", Never},
		}},
		{"mute", []step{
			{0, set(Conditions{Mute: true}), "", Never},
			{0, put("a"), "", Never},
			{time.Hour, (*Wire).Finish, "", Never},
			{2 * time.Hour, set(Conditions{}), "a", 0},
		}},
		{"cut", []step{
			{0, set(Conditions{Delay: time.Second}), "", Never},
			{0, put("lost"), "", time.Second},
			{1 * ms, func(w *Wire, _ time.Duration) { w.Cut() }, "", 0},
			{1 * ms, put("late"), "", 0},
		}},
		{"the-end-takes-its-time", []step{
			{0, set(Conditions{Delay: 10 * ms}), "", Never},
			{0, put("a"), "", 10 * ms},
			{5 * ms, (*Wire).Finish, "", 5 * ms},
			{10 * ms, nothing, "a", 5 * ms},
			{15 * ms, nothing, "", 0},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var w Wire
			for i, s := range test.steps {
				s.do(&w, s.at)
				if got := takes(&w, s.at); got != s.out {
					t.Errorf("step %d: got %q, want %q", i, got, s.out)
				}
				if _, wait, ended := w.Take(make([]byte, 64), s.at); wait != s.wait || ended != (s.wait == 0) {
					t.Errorf("step %d: got a wait of %v, ended %v, want %v", i, wait, ended, s.wait)
				}
			}
		})
	}
}

// A wire that is full takes no more, and what it takes is what it has room for.
func TestWireSize(t *testing.T) {
	for _, test := range []struct {
		name string
		c    Conditions
		want int
	}{
		{"mute", Conditions{Mute: true}, 64 << 10},
		{"thin", Conditions{Throttle: 1000}, 2 << 10},
		{"thin-and-long", Conditions{Throttle: 10_000, Delay: time.Second}, 15_000},
		{"wide-and-long", Conditions{Throttle: 1 << 30, Delay: 30 * time.Second}, 1 << 20},
		{"long", Conditions{Delay: time.Second}, 1 << 20},
		{"collects", Conditions{Buffer: 100_000}, 200_000},
		{"collects-all", Conditions{Buffer: All}, 1 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			var w Wire
			w.Set(test.c, 0)
			if got := w.Put(make([]byte, 2<<20), 0); got != test.want || w.Len() != got && test.c.Buffer == 0 {
				t.Errorf("got %d, want %d", got, test.want)
			}
			if got := w.Put([]byte("x"), 0); got != 0 {
				t.Errorf("a full one took %d more", got)
			}
		})
	}
}

// Over any longer time, what leaves a throttled wire is its rate.
func TestThrottleIsExact(t *testing.T) {
	for _, rate := range []int{100, 1000, 7919, 1 << 20} {
		var w Wire
		w.Set(Conditions{Throttle: rate}, 0)
		var b [64 << 10]byte
		left, now := 0, time.Duration(0)
		for now < 20*time.Second {
			w.Put(b[:], now)
			n, wait, _ := w.Take(b[:], now)
			left += n
			now += max(wait, 0)
		}
		if want := rate*20 + burst(rate); left > want || left < rate*20-burst(rate) {
			t.Errorf("%d bytes a second: %d left in 20 s, want %d at most", rate, left, want)
		}
	}
}

// Whatever is done to a wire: what comes out is what went in, in order, nothing twice; nothing early; never more inside
// than fits; a wait is a wait; and when it is healed all of it comes out.
func FuzzWire(f *testing.F) {
	f.Add([]byte{0, 10, 1, 5, 1, 200, 3, 0, 2, 40, 4, 1, 1, 9, 5, 0})
	f.Add([]byte{0, 255, 0, 0, 1, 1, 2, 2, 6, 6, 7, 7})
	f.Fuzz(func(t *testing.T, script []byte) {
		var w Wire
		var now, stalled time.Duration
		var in, out []byte
		var earliest []time.Duration // of each byte
		var c Conditions
		promised := Never // nothing comes out before
		serial := byte(0)
		script = script[:min(len(script), 400)]
		for len(script) >= 2 {
			op, arg := script[0]%8, int(script[1])
			script = script[2:]
			switch op {
			case 0:
				c = Conditions{Delay: time.Duration(arg%50) * ms, Jitter: time.Duration(arg%7) * ms}
				if arg%3 == 1 {
					c.Throttle = 100 + arg*50
				}
				if arg%5 == 2 {
					c.Buffer = arg - 20
					c.Buffer = max(c.Buffer, All)
				}
				if c.Mute = arg%11 == 3; arg%13 == 4 {
					c.Stall = now + time.Duration(arg)*ms
				}
				stalled, promised = c.Stall, Never
				for i := len(out); i < len(in); i++ {
					earliest[i] = min(earliest[i], now+c.Delay)
				}
				w.Set(c, now)
			case 1, 2:
				var b []byte
				for range arg * 40 {
					serial++
					b = append(b, serial)
				}
				n := w.Put(b, now)
				serial -= byte(len(b) - n)
				in = append(in, b[:n]...)
				for range n {
					earliest = append(earliest, now+c.Delay)
				}
				if n > 0 {
					promised = Never
				}
				if w.Len() > w.Size() && n > 0 {
					t.Fatalf("%d bytes in a wire for %d", w.Len(), w.Size())
				}
			case 3:
				w.End(now)
				promised = Never
			case 4:
				now += time.Duration(arg) * ms
			default:
				var b [300]byte
				n, wait, ended := w.Take(b[:arg+1], now)
				if ended {
					t.Fatal("it ended by itself")
				}
				if n > 0 && (c.Mute || now < stalled || now < promised) {
					t.Fatalf("%d bytes at %v: mute %v, stalled until %v, promised for %v", n, now, c.Mute, stalled, promised)
				}
				for i := range n {
					if now < earliest[len(out)+i] {
						t.Fatal("a byte was early")
					}
				}
				out = append(out, b[:n]...)
				if promised = Never; n == 0 && wait > 0 {
					promised = now + wait
				}
			}
			if !bytes.HasPrefix(in, out) {
				t.Fatalf("%d bytes came out that are not the first that went in", len(out))
			}
		}
		w.Set(Conditions{}, now)
		w.Finish(now)
		out = append(out, takes(&w, now)...)
		if _, _, ended := w.Take(make([]byte, 1), now); !ended || !bytes.Equal(in, out) {
			t.Fatalf("healed: %d of %d bytes came out, ended %v", len(out), len(in), ended)
		}
	})
}
