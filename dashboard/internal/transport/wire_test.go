package transport

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/wsframe"
)

// A recording ends a minute after somebody has asked last, and what it kept is gone.
func TestRecordingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newViewers()
		ask := func() Recording {
			r, p := v.Record("me", 5, "")
			if p != nil {
				t.Fatal(p)
			}
			return r
		}
		first := ask()
		time.Sleep(40 * time.Second)
		if second := ask(); second.Since != first.Since || second.Until != first.Until+40_000 {
			t.Errorf("got %+v after %+v", second, first)
		}
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if v.recordings != 1 || v.m["me"].recording == nil {
			t.Error("it has ended although somebody has asked")
		}
		account := v.tally("me", "sse").Begin(nil)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if v.recordings != 0 || v.m["me"].recording != nil || account.Recorded() {
			t.Error("it has not ended")
		}
		if third := ask(); third.Since == first.Since || len(third.Exchanges) != 0 {
			t.Errorf("got %+v", third)
		}
		v.endRecordings()
		v.endRecordings()
		if v.recordings != 0 {
			t.Errorf("%d are left", v.recordings)
		}
	})
}

// So many at a time, and no more; who is recorded already can be asked for.
func TestRecordingsAreBounded(t *testing.T) {
	v := newViewers()
	defer v.endRecordings()
	for n := range mostRecordings {
		if _, p := v.Record(fmt.Sprint("viewer", n), 1, ""); p != nil {
			t.Fatal(p)
		}
	}
	if _, p := v.Record("another", 1, ""); p == nil || p.Status != 503 {
		t.Errorf("got %+v", p)
	}
	if _, p := v.Record("viewer0", 1, ""); p != nil {
		t.Errorf("got %+v", p)
	}
}

// heardFrames and the Reader agree on what is payload, wherever the bytes are cut.
func FuzzHeardFrames(f *testing.F) {
	f.Add([]byte("\x81\x8a\x00\x00\x00\x00{\"ping\":1}\x8a\x80\x00\x00\x00\x00"))
	f.Add([]byte("\x01\x82\x00\x00\x00\x00ab\x89\x80\x00\x00\x00\x00\x80\x81\x00\x00\x00\x00c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, payload := heardFrames(b)
		at, size := 0, 0
		for _, s := range payload {
			if s.From < at || s.To < s.From {
				t.Fatalf("%q: got %v", b, payload)
			}
			at = s.To
			size += s.To - s.From
		}
		if whole < at || whole > len(b) {
			t.Fatalf("%q: got %d, %v", b, whole, payload)
		}
		var r wsframe.Reader
		r.Compressed = true
		read, ended := 0, false
		err := r.Feed(bytes.Clone(b), func(op wsframe.Opcode, p []byte) error {
			ended = ended || op == wsframe.Close
			if op &= 0xF; op == wsframe.Text || op == wsframe.Binary {
				read += len(p)
			}
			return nil
		})
		if err == nil && !ended && read != size {
			t.Errorf("%q: the Reader has %d bytes, these are %v of %d", b, read, payload, whole)
		}
	})
}
