package hub

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// published sends n messages of much the same, as snapshots are, and returns their bytes.
func published(h *Hub, n int) (all []string) {
	for i := range n {
		var b strings.Builder
		for field := range 200 {
			value := field * 1000
			if (field+i)%5 == 0 { // a fifth of them change
				value += i
			}
			fmt.Fprintf(&b, `,"field%d":%d`, field, value)
		}
		m := h.Publish(time.UnixMilli(int64(i)*1000), []byte(`{"n":`+fmt.Sprint(i)+b.String()+"}"))
		all = append(all, string(m.JSON))
	}
	return all
}

// TestPackedMessages: who comes back gets the bytes that were published, and they took little room meanwhile.
func TestPackedMessages(t *testing.T) {
	h := New(Config{})
	want := published(h, 300)
	s := h.Subscribe(Cursor{h.Epoch(), 0}, 0)
	defer s.Close()
	plain := 0
	for i, json := range want {
		m, err := s.Next()
		if err != nil || m == nil {
			t.Fatalf("message %d: got %v, %v", i+1, m, err)
		}
		if string(m.JSON) != json || m.ID != (Cursor{h.Epoch(), uint64(i + 1)}) || m.At != int64(i)*1000 {
			t.Errorf("message %d: got %v at %d\n%s\nwant\n%s", i+1, m.ID, m.At, m.JSON, json)
		}
		if gap, want := m.AfterGap().JSON, strings.Replace(json, `,"data"`, `,"gap":true,"data"`, 1); string(gap) != want {
			t.Errorf("message %d after a gap: got\n%s\nwant\n%s", i+1, gap, want)
		}
		plain += len(json)
	}
	if got := h.Stats().BacklogBytes; got > plain/3 {
		t.Errorf("got %d bytes in the backlog of %d, want a third at most", got, plain)
	}
}

// TestPackedOnce: a thousand viewers that come back at the same time share what was unpacked for the first.
func TestPackedOnce(t *testing.T) {
	h := New(Config{})
	published(h, 100)
	var first *Message
	for range 2 {
		s := h.Subscribe(Cursor{h.Epoch(), 3}, 0)
		defer s.Close()
		m, err := s.Next()
		if err != nil || m == nil {
			t.Fatalf("got %v, %v", m, err)
		}
		if first != nil && m != first {
			t.Error("got another copy of a message that somebody has")
		}
		first = m
	}
}

// TestBacklogBytes: the count of what is kept is what is kept, whatever is published.
func TestBacklogBytes(t *testing.T) {
	h := New(Config{Backlog: 100 * time.Second, BacklogBytes: 64 << 10})
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		data := bytes.Repeat([]byte("0123456789abcdef"), 1+random.IntN(64))
		if random.IntN(10) == 0 { // has nothing in common with those before
			for j := range data {
				data[j] = 'a' + byte(random.IntN(26))
			}
		}
		h.Publish(time.UnixMilli(int64(i)*1000), append(append([]byte{'"'}, data...), '"'))
		sum := 0
		for j := range h.backlog {
			sum += h.backlog[j].size()
		}
		if got := h.Stats().BacklogBytes; got != sum || got > 64<<10 {
			t.Fatalf("after %d messages: got %d bytes, want %d and at most %d", i+1, got, sum, 64<<10)
		}
	}
}
