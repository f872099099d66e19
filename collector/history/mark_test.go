package history

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// note is a mark at a second.
func note(second int) collector.Mark {
	return collector.Mark{At: at(float64(second), collector.Number{}).At.UnixMilli(), Kind: collector.MarkNote, Text: fmt.Sprintf("second %d", second)}
}

// marked is the texts of a history's marks of some seconds.
func marked(h *History, from, to int) string {
	var texts []string
	for _, m := range h.Marks(at(float64(from), collector.Number{}).At, at(float64(to), collector.Number{}).At) {
		texts = append(texts, strings.TrimPrefix(m.Text, "second "))
	}
	return strings.Join(texts, " ")
}

func TestMarks(t *testing.T) {
	dir := t.TempDir()
	for name, h := range map[string]*History{"memory": New(), "disk": open(t, dir)} {
		for _, second := range []int{100, 101, 101, 103, 50, 104, 100, 100} { // the clock was set back, twice
			if err := h.Mark(note(second)); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := marked(h, 0, 200), "50 100 100 100 101 101 103 104"; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if got, want := marked(h, 101, 103), "101 101 103"; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	h := open(t, dir)
	if err := h.Mark(note(101)); err != nil {
		t.Fatal(err)
	}
	if got, want := marked(h, 0, 200), "50 100 100 100 101 101 101 103 104"; got != want {
		t.Errorf("after it was opened again: got %s, want %s", got, want)
	}
}

func TestMarksAreBounded(t *testing.T) {
	h := New()
	for i := range 2 * mostMarks {
		if err := h.Mark(note(i)); err != nil {
			t.Fatal(err)
		}
	}
	list := h.Marks(time.Unix(0, 0), at(1e6, collector.Number{}).At)
	if n := len(list); n < mostMarks || n > mostMarks+markRows || list[n-1] != note(2*mostMarks-1) {
		t.Errorf("%d marks, the last is %v", n, list[n-1])
	}
	// Numbers are given up for want of space, and marks are not.
	ram := h.shelf.(*ram)
	ram.bounds.bytes = 0
	sawTooth(h, 3000)
	if got := len(h.Marks(time.Unix(0, 0), at(1e6, collector.Number{}).At)); got != len(list) {
		t.Errorf("%d marks are left of %d", got, len(list))
	}
}

func TestMarksRefused(t *testing.T) {
	h := New()
	for _, m := range []collector.Mark{
		{At: 1, Kind: "other", Text: "a"},
		{At: 0, Kind: collector.MarkNote, Text: "a"},
		{At: 1, Kind: collector.MarkNote, Text: " "},
		{At: 1, Kind: collector.MarkNote, Text: "a\nb"},
		{At: 1, Kind: collector.MarkNote, Text: "a\x1b[2Jb"},
		{At: 1, Kind: collector.MarkNote, Text: "a\u202eb"},
		{At: 1, Kind: collector.MarkNote, Text: "\xff"},
		{At: 1, Kind: collector.MarkNote, Text: strings.Repeat("ä", collector.LongestMark+1)},
	} {
		if h.Mark(m) == nil {
			t.Errorf("%+v was taken", m)
		}
	}
	for _, text := range []string{"deploy v2", "部署 v2", "👩‍💻 was here", strings.Repeat("ä", collector.LongestMark)} {
		if err := h.Mark(collector.Mark{At: 1, Kind: collector.MarkNote, Text: text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzUnpackMarks(f *testing.F) {
	m := marks{key: key{tier: markTier, first: 1000}, list: []collector.Mark{{At: 1000, Kind: "note", Text: "a"}, {At: 2000, Kind: "oom", Text: "b"}}}
	on := stored{packed: m.pack()}
	on.size = len(on.packed)
	b, err := on.unpack(nil)
	if err != nil {
		f.Fatal(err)
	}
	body, _ := on.body(&b)
	f.Add(body, 2)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		times := make([]int64, max(min(n, mostRows), 0))
		for i := range times {
			times[i] = int64(i + 1)
		}
		list, err := unpackMarks(body, times)
		if err != nil {
			return
		}
		again := marks{key: key{tier: markTier, first: 1}, list: list}
		if len(list) != len(times) {
			t.Fatalf("%d marks of %d", len(list), len(times))
		}
		if len(list) == 0 {
			return
		}
		on := stored{packed: again.pack()}
		on.size = len(on.packed)
		if got, err := on.marks(); err != nil || fmt.Sprint(got) != fmt.Sprint(list) {
			t.Fatalf("packed again: got %v, %v, want %v", got, err, list)
		}
	})
}
