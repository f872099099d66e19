package history

import (
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	keptDays = 30 * 24 * time.Hour
	day      = 24 * 60 * 60
)

// fillFrom appends a snapshot each so many seconds, from one to before another.
func fillFrom(h *History, from, to, every int) {
	for i := from; i < to; i += every {
		h.Append(at(float64(i), collector.Known(float64(i/60%8)/8)))
	}
}

// checkAll asks for all of a history, by as many points as there are minutes, and for its last hour.
func checkAll(t *testing.T, h *History, to int) {
	t.Helper()
	for _, from := range []int{0, to - 2*day, to - 3600} {
		points := min((to-from)/60, MaxPoints)
		list := strings.Fields(ask(t, h, float64(from), float64(to-1), points))
		if len(list) < points*9/20 { // stretches are of whole rows
			t.Errorf("from %d to %d: got %d points, want some %d", from, to, len(list), points)
		}
		for _, p := range list {
			if strings.HasSuffix(p, ":-") {
				t.Errorf("from %d to %d: there is a gap at %s", from, to, p)
			}
		}
	}
}

// With another interval, and with the first one again, all that was kept is there.
func TestAnotherInterval(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads days of history")
	}
	dir := t.TempDir()
	to := 5 * day
	h := open(t, dir, TiersFor(time.Second, keptDays)...)
	fillFrom(h, 0, to-2*3600, 20)
	fillFrom(h, to-2*3600, to, 1)
	for i, every := range []int{10, 1, 5, 10, 30, 60, 30, 1} {
		if i%2 == 0 {
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		} else {
			dir = killed(t, h, dir)
			to -= to % 10 // at most that is lost
		}
		h = open(t, dir, TiersFor(time.Duration(every)*time.Second, keptDays)...)
		checkAll(t, h, to)
		fillFrom(h, to, to+1500, every)
		to += 1500
		checkAll(t, h, to)
	}
}

// Who wants less of the past than before is not told that the rest is damaged.
func TestLessIsKept(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, TiersFor(time.Second, keptDays)...)
	fillFrom(h, 0, day-3600, 10)
	fillFrom(h, day-3600, day, 1)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	h, err := Open(dir, slog.New(slog.NewTextHandler(&said, nil)), TiersFor(time.Second, time.Hour)...)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if said.Len() > 0 {
		t.Errorf("got %s", &said)
	}
	if got := strings.Fields(ask(t, h, day-3600, day, MaxPoints)); len(got) != 3600 {
		t.Errorf("%d rows of the last hour are there, want 3600", len(got))
	}
}

// A file from when the numbers of tiers were their places is read by what its blocks are.
func TestNumberedByPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads days of history")
	}
	dir := t.TempDir()
	tiers := TiersFor(10*time.Second, keptDays)
	h := open(t, dir, tiers...)
	fillFrom(h, 0, 5*day, 10)
	want := ask(t, h, 0, 5*day, MaxPoints)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for rest := b; len(rest) > 0; {
		n, ok := whole(rest)
		if !ok {
			t.Fatal("what was written is not whole")
		}
		rest[prefix] -= 2
		binary.LittleEndian.PutUint32(rest[n-4:], crc32.Checksum(rest[:n-4], castagnoli))
		rest = rest[n:]
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	h = open(t, dir, tiers...)
	if got := ask(t, h, 0, 5*day, MaxPoints); got != want {
		t.Errorf("got %.200s…, want %.200s…", got, want)
	}
	checkAll(t, h, 5*day)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	checkAll(t, open(t, dir, TiersFor(time.Second, keptDays)...), 5*day)
}
