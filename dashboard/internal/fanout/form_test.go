package fanout

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/deflate"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
)

// A piece is its content, as one chunk where there are chunks, for every length at which a size gets another digit.
func TestPiece(t *testing.T) {
	lengths, most, more := []int{1<<20 - 1, 1 << 20}, 1<<24+1, 200
	if testing.Short() {
		most, more = 1<<20, 20
	}
	lengths = append(lengths, most)
	for n := range 300 {
		lengths = append(lengths, n)
	}
	for _, around := range []int{0x1000, 0x10000, 70_000} {
		for n := around - 20; n <= around+20; n++ {
			lengths = append(lengths, n)
		}
	}
	for range more {
		lengths = append(lengths, rand.IntN(70_000))
	}
	data := make([]byte, most)
	for i := range data {
		data[i] = byte(i * 7)
	}
	buf := make([]byte, 0, len(data)+100)
	for _, n := range lengths {
		for _, before := range []string{"", "before"} {
			content := func(b []byte) []byte { return append(b, data[:n]...) }
			got, body := new(Form).piece(append(buf, before...), content)
			if body != n || !bytes.Equal(got[len(before):], data[:n]) || string(got[:len(before)]) != before {
				t.Fatalf("plain, %d bytes after %q: wrong, says %d", n, before, body)
			}
			want := append(append(fmt.Appendf([]byte(before), "%x\r\n", n), data[:n]...), '\r', '\n')
			if n == 0 {
				want = []byte(before) // an empty chunk would end the body
			}
			form := &Form{Chunked: true}
			got, body = form.piece(append(buf, before...), content)
			if body != n || !bytes.Equal(got, want) {
				t.Fatalf("chunk of %d bytes after %q: wrong, says %d", n, before, body)
			}
			if n > 1000 {
				continue
			}
			got, body = form.piece([]byte(before)[:len(before):len(before)], content) // which has to grow
			if body != n || !bytes.Equal(got, want) {
				t.Fatalf("chunk of %d bytes after %q: wrong, says %d", n, before, body)
			}
		}
	}
}

// A frame is built once for all who ask for it at the same time or soon after, and they share its bytes.
func TestFramesAreShared(t *testing.T) {
	var built atomic.Int32
	w := words()
	message := w.Message
	w.Message = func(b []byte, m *hub.Message) []byte {
		built.Add(1)
		return message(b, m)
	}
	form := &Form{Words: w, Chunked: true}
	form.began()
	form.began()
	h := hub.New(hub.Config{})
	var messages [recentFrames]*hub.Message
	for i := range messages {
		messages[i] = h.Publish(time.Now(), []byte(`{}`))
	}
	var askers sync.WaitGroup
	var first [16][recentFrames]*byte
	for i := range first {
		askers.Go(func() {
			for n, m := range messages {
				first[i][n] = &form.frame(m).bytes[0]
			}
		})
	}
	askers.Wait()
	if n := built.Load(); n != recentFrames {
		t.Errorf("%d messages were framed %d times", recentFrames, n)
	}
	for i := range first {
		if first[i] != first[0] {
			t.Errorf("asker %d has other bytes", i)
		}
	}
	if f := form.frame(messages[0].AfterGap()); &f.bytes[0] == first[0][0] || built.Load() != recentFrames+1 {
		t.Error("a message after a gap is another message")
	}
	newest := form.frame(messages[recentFrames-1])
	for range recentFrames + 1 { // the first are pushed out, the newest is not, by whoever wants old ones
		form.frame(h.Publish(time.Now(), []byte(`{}`)))
	}
	if before := built.Load(); form.frame(messages[0]) == nil || built.Load() != before+1 {
		t.Error("more than the newest frames are kept")
	}
	if form.frame(messages[recentFrames-1]) == newest {
		t.Error("more than the newest frames are kept")
	}
	form.ended()
	if before := built.Load(); form.frame(messages[0]) == nil || built.Load() != before {
		t.Error("frames were let go with a line to go")
	}
	form.ended()
	for i, f := range form.recent {
		if f != nil {
			t.Errorf("frame %d is kept for nobody", i)
		}
	}
}

// Those who come back after a cut, and want one old message after another, take the newest from nobody: it is framed once
// for all who are up to date, however slowly they come for it, and so is the newest that came after a gap.
func TestOldFramesPushOutNothing(t *testing.T) {
	built := make(map[uint64]int)
	w := words()
	message := w.Message
	w.Message = func(b []byte, m *hub.Message) []byte {
		built[m.ID.Seq]++
		return message(b, m)
	}
	form := &Form{Words: w}
	form.began()
	h := hub.New(hub.Config{})
	var messages []*hub.Message
	for range 4 * recentFrames {
		messages = append(messages, h.Publish(time.Now(), []byte(`{}`)))
	}
	last := len(messages) - 1
	newest, gap := form.frame(messages[last]), form.frame(messages[last].AfterGap())
	for _, m := range messages[:last] {
		form.frame(m)
		if form.frame(messages[last]) != newest {
			t.Fatalf("message %d has pushed out the newest", m.ID.Seq)
		}
	}
	if form.frame(gap.message) != gap {
		t.Error("old messages have pushed out the newest after a gap")
	}
	if n := built[messages[last].ID.Seq]; n != 2 { // once after a gap, once without
		t.Errorf("the newest was framed %d times, want 2", n)
	}
	for _, m := range messages[last-recentFrames : last] {
		if form.frame(m); built[m.ID.Seq] != 1 {
			t.Errorf("message %d was framed %d times, want 1: it is recent", m.ID.Seq, built[m.ID.Seq])
		}
	}
}

// Who skips a message, as one does that has just come, or wants the newest alone, may be the first to ask for the one behind
// it. Those who are still to get the one before share it all the same, compressed.
func TestSkippedFramesAreShared(t *testing.T) {
	for _, encoding := range []Encoding{Gzip, Deflate, Alone} {
		w := words()
		w.Message = func(b []byte, m *hub.Message) []byte { return append(b, m.JSON...) }
		form := &Form{Words: w, Encoding: encoding, Compressor: new(deflate.Compressor)}
		form.began()
		h := hub.New(hub.Config{})
		data := []byte(`{"text":"` + strings.Repeat("the same ", 1000) + `"}`)
		skipped, newest := h.Publish(time.Now(), data), h.Publish(time.Now(), data)
		var hasty, one, another deflate.Stream
		form.write(newest, &hasty)
		p := form.write(skipped, &one)
		if form.write(skipped, &another) != p {
			t.Errorf("encoding %d: a skipped message is made for each line anew", encoding)
		}
		if len(p.bytes) > len(data)/10 {
			t.Errorf("encoding %d: a skipped message of %d bytes has %d on the wire", encoding, len(data), len(p.bytes))
		}
	}
}
