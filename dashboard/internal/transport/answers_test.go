package transport

import (
	"bytes"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// Who polls for the same gets the same bytes, made once: as long as the head's date is fresh, with the head of their own
// middleware, and compressed or not.
func TestAnswersAreShared(t *testing.T) {
	h := hub.New(hub.Config{})
	s := New(h, Config{})
	publish(h, 3)
	ask := func(after uint64) []*hub.Message {
		sub := s.subscribe(request{after: hub.Cursor{Epoch: h.Epoch(), Seq: after}})
		defer sub.Close()
		messages, err := take(sub)
		if err != nil {
			t.Fatal(err)
		}
		return messages
	}
	heads := func(owner string) *answers {
		var header fasthttp.ResponseHeader
		header.Set("X-Owner", owner)
		return s.answersFor(&header)
	}
	a := heads("a")
	if a != heads("a") || a == heads("b") {
		t.Error("heads are told apart by something else than what they are")
	}
	one := a.with(ask(1), false, false, 0)
	for name, test := range map[string]struct {
		got  answer
		same bool
	}{
		"again":        {a.with(ask(1), false, false, freshAnswer-1), true},
		"others":       {a.with(ask(2), false, false, 0), false},
		"more-behind":  {a.with(ask(1), true, false, 0), false},
		"compressed":   {a.with(ask(1), false, true, 0), false},
		"another-head": {heads("b").with(ask(1), false, false, 0), false},
		"later":        {heads("a").with(ask(1), false, false, freshAnswer), false},
	} {
		if same := &test.got.bytes[0] == &one.bytes[0]; same != test.same {
			t.Errorf("%s: the same bytes: %v, want %v", name, same, test.same)
		}
	}
	packed, again := a.with(ask(1), false, true, 0), a.with(ask(1), false, true, time.Millisecond)
	if &packed.bytes[0] != &again.bytes[0] {
		t.Error("what is compressed is made for each")
	}
	if _, body, _ := bytes.Cut(one.bytes, []byte("\r\n\r\n")); !bytes.HasSuffix(body, []byte(`],"cursor":"`+h.Epoch()+`-3"}`)) || bytes.Count(body, []byte(`"data":`)) != 2 {
		t.Errorf("got %s", one.bytes)
	}
}
