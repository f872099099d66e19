package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// publish sends n messages a second apart and returns the last.
func publish(h *Hub, n int) *Message {
	var m *Message
	for range n {
		at := time.UnixMilli(int64(h.Stats().Published+1) * 1000)
		m = h.Publish(at, []byte(fmt.Sprintf(`{"n":%d}`, h.Stats().Published+1)))
	}
	return m
}

// read returns the sequence numbers that are there now, a gap as a minus sign before the first message after it.
func read(t *testing.T, s *Subscription) string {
	t.Helper()
	var got []string
	for {
		m, err := s.Next()
		if err != nil {
			return strings.Join(append(got, "closed"), " ")
		}
		if m == nil {
			return strings.Join(got, " ")
		}
		sign := ""
		if strings.Contains(string(m.JSON), `"gap":true`) {
			sign = "gap:"
		}
		got = append(got, fmt.Sprint(sign, m.ID.Seq))
	}
}

func TestSubscribe(t *testing.T) {
	tests := []struct {
		name      string
		published int
		after     func(h *Hub) Cursor
		want      string
	}{
		{"nothing-published", 0, func(*Hub) Cursor { return Cursor{} }, ""},
		{"newest-without-cursor", 5, func(*Hub) Cursor { return Cursor{} }, "5"},
		{"resume", 5, func(h *Hub) Cursor { return Cursor{h.Epoch(), 2} }, "3 4 5"},
		{"up-to-date", 5, func(h *Hub) Cursor { return Cursor{h.Epoch(), 5} }, ""},
		{"from-the-start", 3, func(h *Hub) Cursor { return Cursor{h.Epoch(), 0} }, "1 2 3"},
		{"oldest-that-resumes", 20, func(h *Hub) Cursor { return Cursor{h.Epoch(), 10} }, "11 12 13 14 15 16 17 18 19 20"},
		{"too-old", 20, func(h *Hub) Cursor { return Cursor{h.Epoch(), 8} }, "gap:20"},
		{"other-epoch", 5, func(*Hub) Cursor { return Cursor{"other", 2} }, "gap:5"},
		{"other-epoch-nothing-published", 0, func(*Hub) Cursor { return Cursor{"other", 2} }, ""},
		{"from-the-future", 5, func(h *Hub) Cursor { return Cursor{h.Epoch(), 6} }, "gap:5"},
		{"largest-number", 5, func(h *Hub) Cursor { return Cursor{h.Epoch(), 1<<64 - 1} }, "gap:5"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := New(Config{Backlog: 10 * time.Second})
			publish(h, test.published)
			s := h.Subscribe(test.after(h), 0)
			defer s.Close()
			if got := read(t, s); got != test.want {
				t.Errorf("after %v of %d: got %q, want %q", test.after(h), test.published, got, test.want)
			}
			publish(h, 1)
			want := fmt.Sprint(test.published + 1)
			if test.name == "other-epoch-nothing-published" {
				want = "gap:1"
			}
			if got := read(t, s); got != want {
				t.Errorf("live: got %q, want %q", got, want)
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	h := New(Config{})
	m := h.Publish(time.UnixMilli(1763638612345), []byte(`{"cpu":1}`))
	if got, want := string(m.JSON), `{"id":"`+h.Epoch()+`-1","at":1763638612345,"data":{"cpu":1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(m.AfterGap().JSON), `{"id":"`+h.Epoch()+`-1","at":1763638612345,"gap":true,"data":{"cpu":1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if first := m.AfterGap(); first != m.AfterGap() {
		t.Error("a message after a gap was built twice")
	}
}

func TestBacklogBounds(t *testing.T) {
	h := New(Config{BacklogBytes: 1000, Backlog: time.Hour})
	big := []byte(`"` + strings.Repeat("x", 300) + `"`)
	for range 10 {
		h.Publish(time.UnixMilli(1), big)
	}
	if st := h.Stats(); st.BacklogBytes > 1000 || st.Backlog != 2 {
		t.Errorf("got %d messages of %d bytes, want 2 of at most 1000", st.Backlog, st.BacklogBytes)
	}
	huge := []byte(`"` + strings.Repeat("x", 3000) + `"`)
	h.Publish(time.UnixMilli(1), huge)
	if st := h.Stats(); st.Backlog != 1 {
		t.Errorf("got %d messages, want the newest alone", st.Backlog)
	}
}

// A wall clock that steps must cost history at worst, never a panic or a message out of order.
func TestClockSteps(t *testing.T) {
	h := New(Config{Backlog: 10 * time.Second})
	s := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	defer s.Close()
	for _, at := range []int64{5000, 6000, 1000, 2000, 900_000_000, 1000} {
		h.Publish(time.UnixMilli(at), []byte(`1`))
	}
	if got, want := read(t, s), "gap:6"; got != want {
		t.Errorf("got %q, want %q: the step forward empties the backlog", got, want)
	}
	publish(h, 1)
	if got, want := read(t, s), "7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFallingBehind(t *testing.T) {
	h := New(Config{MaxPending: 4, Backlog: time.Hour})
	slow, quick := h.Subscribe(Cursor{}, 0), h.Subscribe(Cursor{}, 0)
	defer slow.Close()
	defer quick.Close()
	read(t, slow) // it has caught up, and is slow from here on
	for n := range 10 {
		publish(h, 1)
		if got, want := read(t, quick), fmt.Sprint(n+1); got != want {
			t.Fatalf("quick: got %q, want %q", got, want)
		}
	}
	if got, want := read(t, slow), "gap:10"; got != want {
		t.Errorf("slow: got %q, want %q", got, want)
	}
	if got := slow.Counts(); got != (Counts{Offered: 10, Delivered: 1, Dropped: 9}) {
		t.Errorf("counts: got %+v", got)
	}
	if got := h.Stats().Dropped; got != 9 {
		t.Errorf("hub counts %d dropped, want 9", got)
	}

	// A long replay is no falling behind, however slowly it is read, and whatever is published meanwhile.
	resuming := h.Subscribe(Cursor{h.Epoch(), 8}, 0)
	if m, err := resuming.Next(); err != nil || m.ID.Seq != 9 {
		t.Errorf("resuming: got %v, %v", m, err)
	}
	publish(h, 10)
	if got, want := read(t, resuming), "10 11 12 13 14 15 16 17 18 19 20"; got != want {
		t.Errorf("resuming: got %q, want %q", got, want)
	}
	resuming.Close()
	replay := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	if got, want := read(t, replay), "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"; got != want {
		t.Errorf("replay: got %q, want %q", got, want)
	}
	replay.Close()
	if got := h.Stats().Dropped; got != 9 {
		t.Errorf("hub counts %d dropped, want 9", got)
	}
}

func TestEvery(t *testing.T) {
	h := New(Config{})
	s := h.Subscribe(Cursor{}, 2*time.Second)
	defer s.Close()
	publish(h, 6)
	if got, want := read(t, s), "1 3 5"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.SetEvery(0)
	publish(h, 2)
	if got, want := read(t, s), "7 8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A poll remembers nothing but its cursor: the pause counts from there.
	poll := h.Subscribe(Cursor{h.Epoch(), 5}, 3*time.Second)
	defer poll.Close()
	if got, want := read(t, poll), "8"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A subscription that begins again is like a new one.
// Who is caught up need not ask again before a token comes, so that it is never told too early.
func TestCaughtUp(t *testing.T) {
	h := New(Config{})
	defer h.Close()
	newest := publish(h, 3).ID
	s := h.Subscribe(Cursor{newest.Epoch, 1}, 0)
	defer s.Close()
	next := func(want bool) {
		t.Helper()
		if _, err := s.Next(); err != nil || s.CaughtUp() != want {
			t.Errorf("caught up: %v (%v), want %v", s.CaughtUp(), err, want)
		}
	}
	if s.CaughtUp() {
		t.Error("caught up before the first")
	}
	next(false) // 2 of 3
	next(true)  // 3
	next(true)  // nothing
	publish(h, 2)
	next(false)
	next(true)
	s.SetEvery(time.Hour)
	publish(h, 1)
	next(true) // it is not for this one
}

func TestAgain(t *testing.T) {
	h := New(Config{})
	publish(h, 5)
	s := h.Subscribe(Cursor{h.Epoch(), 2}, time.Hour)
	<-s.Ready()
	read(t, s)
	s.Close()
	publish(h, 1)
	h.Again(s, Cursor{h.Epoch(), 4}, 0)
	defer s.Close()
	if got, want := s.Counts(), (Counts{Offered: 2, Pending: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	<-s.Ready()
	if got, want := read(t, s), "5 6"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := h.Stats().Subscriptions; n != 1 {
		t.Errorf("got %d subscriptions, want 1", n)
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Config{})
		publish(h, 1)
		s := h.Subscribe(Cursor{}, 0)
		<-s.Ready()
		if got, want := read(t, s), "1"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		woken := make(chan struct{})
		go func() { <-s.Ready(); close(woken) }()
		synctest.Wait()
		publish(h, 1)
		h.Close()
		h.Close()
		<-woken
		<-h.Done()
		if got, want := read(t, s), "2 closed"; got != want {
			t.Errorf("got %q, want %q: what was published before the end is still read", got, want)
		}
		if h.Publish(time.Now(), []byte(`1`)) != nil {
			t.Error("a closed hub took a message")
		}
		for after, want := range map[Cursor]string{{}: "2 closed", {h.Epoch(), 1}: "2 closed", {h.Epoch(), 2}: "closed"} {
			late := h.Subscribe(after, 0)
			if got := read(t, late); got != want {
				t.Errorf("who comes late, after %v: got %q, want %q", after, got, want)
			}
			late.Close()
		}
		s.Close()
		s.Close()
		if n := h.Stats().Subscriptions; n != 0 {
			t.Errorf("%d subscriptions left", n)
		}
	})
}

// The law of conservation, under subscribers that come, dawdle, resume and go while messages are published: every
// message offered was delivered, thinned, dropped or is pending; none came twice, out of order, or from nowhere.
func TestStorm(t *testing.T) {
	h := New(Config{MaxPending: 8, BacklogBytes: 4000})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			var cursor Cursor
			for {
				s := h.Subscribe(cursor, time.Duration(r.IntN(3))*time.Second)
				s.Conflate(r.IntN(4) == 0)
				for range r.IntN(50) {
					if r.IntN(4) == 0 {
						time.Sleep(time.Duration(r.IntN(300)) * time.Microsecond)
					}
					m, err := s.Next()
					if err != nil {
						break
					}
					if m == nil {
						select {
						case <-s.Ready():
						case <-stop:
						}
						continue
					}
					if m.ID.Seq <= cursor.Seq && m.ID.Epoch == cursor.Epoch {
						t.Errorf("message %d after %d", m.ID.Seq, cursor.Seq)
					}
					cursor = m.ID
				}
				s.Close()
				if c := s.Counts(); c.Offered != c.Delivered+c.Thinned+c.Dropped+c.Pending {
					t.Errorf("%+v does not add up", c)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for n := range 3000 {
		h.Publish(time.UnixMilli(int64(n)*1000), []byte(`{}`))
		if n%100 == 0 {
			time.Sleep(time.Millisecond)
		}
		if n%1000 == 999 {
			h.Restart()
		}
	}
	close(stop)
	h.Close()
	wg.Wait()
	if n := h.Stats().Subscriptions; n != 0 {
		t.Errorf("%d subscriptions left", n)
	}
}

func TestParseCursor(t *testing.T) {
	for _, good := range []string{"k3f9a1-1042", "0-0", "abcdefghijklmnop-18446744073709551615"} {
		c, err := ParseCursor(good)
		if err != nil || c.String() != good {
			t.Errorf("%q: got %v, %v", good, c, err)
		}
	}
	for _, bad := range []string{
		"", "-", "k3f9a1", "k3f9a1-", "-1", "K3F-1", "k3f-01", "k3f-+1", "k3f--1", "k3f-1.0", "k3f-1 ", " k3f-1",
		"k3f-18446744073709551616", "abcdefghijklmnopq-1", "k3f-1\n", "k3f-1\x00", "é-1", "k3f-1_0", "k3f-0x1",
	} {
		if c, err := ParseCursor(bad); !errors.Is(err, ErrCursor) || c != (Cursor{}) {
			t.Errorf("%q: got %v, %v, want ErrCursor", bad, c, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, seed := range []string{"k3f9a1-1042", "k3f9a1-0", "-", "a-18446744073709551616", "\x00-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCursor(text)
		if err == nil && c.String() != text {
			t.Errorf("%q became %q", text, c)
		}
		// Whatever it says, subscribing with it neither fails nor invents messages.
		h := New(Config{Backlog: 5 * time.Second})
		c.Epoch = h.Epoch()
		publish(h, 8)
		s := h.Subscribe(c, 0)
		defer s.Close()
		var seqs []uint64
		for m, _ := s.Next(); m != nil; m, _ = s.Next() {
			if !json.Valid(m.JSON) {
				t.Errorf("invalid JSON %s", m.JSON)
			}
			seqs = append(seqs, m.ID.Seq)
		}
		if !slices.IsSorted(seqs) || len(seqs) > 8 {
			t.Errorf("after %v: got %v", c, seqs)
		}
	})
}

func BenchmarkPublish(b *testing.B) {
	data := []byte(`{"x":"` + strings.Repeat("x", 4000) + `"}`)
	for _, n := range []int{0, 1, 100, 1000} {
		b.Run(fmt.Sprintf("subscriptions=%d", n), func(b *testing.B) {
			h := New(Config{})
			for range n {
				defer h.Subscribe(Cursor{}, 0).Close()
			}
			b.ReportAllocs()
			for b.Loop() {
				h.Publish(time.Now(), data)
			}
		})
	}
}

// A subscription that is ended wakes its own reader and nobody else; who reads for many is woken once, for all.
func TestEnd(t *testing.T) {
	h := New(Config{})
	publish(h, 1)
	many := make(chan struct{}, 1)
	defer h.Notify(many)()
	subs := make([]*Subscription, 5)
	ready := []<-chan struct{}{many}
	for i := range subs {
		subs[i] = h.Subscribe(Cursor{}, 0)
		defer subs[i].Close()
		read(t, subs[i])
		ready = append(ready, subs[i].Ready())
	}
	silent := h.Subscribe(Cursor{}, 0) // nobody waits for it
	defer silent.Close()
	woken := func() (n int) {
		for _, r := range ready {
			select {
			case <-r:
				n++
			default:
			}
		}
		return n
	}
	woken()
	subs[3].End()
	silent.End()
	if n := woken(); n != 1 {
		t.Errorf("%d are woken for one that is ended, want its reader", n)
	}
	for _, s := range []*Subscription{subs[3], silent} {
		if got := read(t, s); got != "closed" {
			t.Errorf("what is ended reads %q", got)
		}
	}
	h.Wake()
	if n := woken(); n != len(ready) {
		t.Errorf("%d of %d are woken", n, len(ready))
	}
	if got := read(t, subs[0]); got != "" {
		t.Errorf("another reads %q", got)
	}
}
