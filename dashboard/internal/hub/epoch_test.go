package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRestart(t *testing.T) {
	h := New(Config{})
	publish(h, 3)
	before := h.Epoch()
	reads, dawdles := h.Subscribe(Cursor{}, 0), h.Subscribe(Cursor{before, 1}, 0)
	defer reads.Close()
	defer dawdles.Close()
	read(t, reads)
	<-reads.Ready()
	h.Restart()
	select {
	case <-reads.Ready():
	default:
		t.Error("nobody was woken")
	}
	if h.Epoch() == before {
		t.Error("the epoch is the old one")
	}
	if got := h.Stats(); got.Published != 3 || got.Backlog != 0 || got.BacklogBytes != 0 || got.Newest != (Cursor{}) {
		t.Errorf("got %+v", got)
	}
	publish(h, 2)
	for range 2 {
		if m, err := dawdles.Next(); m != nil || !errors.Is(err, ErrClosed) {
			t.Errorf("of before: got %v, %v", m, err)
		}
	}
	if got, want := dawdles.Counts(), (Counts{Offered: 2, Dropped: 2}); got != want {
		t.Errorf("of before: got %+v, want %+v", got, want)
	}
	again := h.Subscribe(Cursor{before, 2}, 0)
	defer again.Close()
	if got, want := read(t, again), "gap:2"; got != want {
		t.Errorf("with the old cursor: got %q, want %q", got, want)
	}
	if got := h.Stats(); got.Published != 5 || got.Dropped != 2 {
		t.Errorf("got %+v", got)
	}
	h.Close()
	h.Restart()
	if _, err := h.Subscribe(Cursor{}, 0).Next(); err != nil {
		t.Errorf("got %v: a closed hub has begun another epoch", err)
	}
}

func TestConflate(t *testing.T) {
	h := New(Config{MaxPending: 4})
	s := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	defer s.Close()
	publish(h, 3)
	s.Conflate(true)
	if got, want := read(t, s), "3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	publish(h, 1)
	if got, want := read(t, s), "4"; got != want {
		t.Errorf("who keeps up: got %q, want %q", got, want)
	}
	publish(h, 20) // farther behind than MaxPending
	if got, want := read(t, s), "24"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Conflate(false)
	publish(h, 2)
	if got, want := read(t, s), "25 26"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := s.Counts(), (Counts{Offered: 26, Delivered: 5, Thinned: 21}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// What the backlog has lost is a loss, whoever asks.
	h = New(Config{Backlog: time.Second})
	publish(h, 1)
	late := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	defer late.Close()
	late.Conflate(true)
	publish(h, 9)
	if got, want := read(t, late), "gap:10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEcho(t *testing.T) {
	h := New(Config{})
	s := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	defer s.Close()
	var want []string
	for n := range MostEchoes {
		word := fmt.Sprint("n-", n)
		want = append(want, word)
		if err := h.Echo(word); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Echo("late"); !errors.Is(err, ErrEchoes) {
		t.Errorf("one too many: got %v, want %v", err, ErrEchoes)
	}
	publish(h, 2)
	first, _ := s.Next()
	second, _ := s.Next()
	for _, m := range []*Message{first, first.AfterGap()} {
		var got struct{ Echo []string }
		if err := json.Unmarshal(m.JSON, &got); err != nil || !slices.Equal(got.Echo, want) {
			t.Errorf("got %q, %v, want %q", got.Echo, err, want)
		}
	}
	if strings.Contains(string(second.JSON), "echo") {
		t.Errorf("got %s: echoed twice", second.JSON)
	}
}
