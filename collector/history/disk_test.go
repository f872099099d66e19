package history

import (
	"bufio"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/collector"
)

// writer is the variable that makes of this test program one that fills a history until it is killed.
const writer = "HISTORY_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writer); dir != "" {
		fill(dir)
	}
	goleak.VerifyTestMain(m)
}

// markEvery is so seldom that all marks of a test are kept.
const markEvery = 97

// fill goes on from where the history ends: a snapshot a second of its time, as fast as it can. It tells every second
// that has been written for certain: all but those of the last flush, and of what is being written.
func fill(dir string) {
	h, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	told := int64(0)
	for i := int(max(h.now-epoch.UnixMilli(), 0)/1000) + 1; ; i++ {
		h.Append(at(float64(i), collector.Known(float64(i%1000)/1000)))
		if i%markEvery == 0 {
			h.Mark(note(i))
		}
		f := h.shelf.(*file)
		f.mu.RLock()
		n := len(f.waiting)
		f.mu.RUnlock()
		if n == 0 && h.flushed != told { // the row of that very second was in the making
			told = h.flushed
			os.Stdout.WriteString(strconv.Itoa(int(told-epoch.UnixMilli())/1000-1) + "\n")
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// A process that is killed a hundred times, wherever it is, loses nothing of what it had written.
func TestKilledAHundredTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := t.TempDir()
	written := 0 // a second that was written for certain
	for round := range 100 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), writer+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := rand.IntN(12); n >= 0 && lines.Scan(); n-- {
			written, _ = strconv.Atoi(lines.Text())
		}
		c.Process.Kill()
		for lines.Scan() { // what it said before it died
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				written = max(written, n)
			}
		}
		c.Wait()

		h, err := Open(dir, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, second := range []int{written, written - 7, written - rand.IntN(1000)} {
			if second < 1 {
				continue
			}
			r, err := h.Query([]string{"cpu.busy"}, at(float64(second), collector.Number{}).At, at(float64(second), collector.Number{}).At, 1)
			if err != nil || len(r.At) != 1 || r.Series[0].Avg[0] == (collector.Number{}) {
				t.Fatalf("round %d: second %d, of %d that were written, is not there: %v, %v", round, second, written, r, err)
			}
			if got, _ := r.Series[0].Avg[0].Get(); got < float64(second%1000)/1000*0.9999 || got > float64(second%1000)/1000*1.0001 {
				t.Fatalf("round %d: second %d is %g", round, second, got)
			}
		}
		// At its start the program goes on from the last row it knows, so what is behind it may be marked twice.
		for i, list := markEvery, marked(h, 0, written); i <= written; i += markEvery {
			if !strings.Contains(" "+list+" ", fmt.Sprintf(" %d ", i)) {
				t.Fatalf("round %d: the mark of second %d, of %d that were written, is not there", round, i, written)
			}
		}
		h.Close()
	}
	t.Logf("%d seconds of history were written", written)
}

// A disk that cannot be written costs what is on it, and nothing else; when it can be again, all is written.
func TestDiskFails(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	f := h.shelf.(*file)
	sawTooth(h, 100)
	killed(t, h, dir) // all is written
	good := f.data
	bad, err := os.Open(filepath.Join(dir, fileName)) // not for writing
	if err != nil {
		t.Fatal(err)
	}
	f.swap.Lock()
	f.data = bad
	f.swap.Unlock()
	for i := 100; i < 400; i++ {
		h.Append(at(float64(i), collector.Known(float64(i%8)/8)))
	}
	for i := 0; h.State().Problem == ""; i++ {
		if i > 10_000 {
			t.Fatal("nobody says that the disk fails")
		}
		time.Sleep(time.Millisecond)
	}
	if got := len(strings.Fields(ask(t, h, 0, 1000, 1000))); got != 400 {
		t.Errorf("while the disk fails %d rows are there, want 400", got)
	}
	f.swap.Lock()
	f.data = good
	f.swap.Unlock()
	for i := 400; i < 420; i++ {
		h.Append(at(float64(i), collector.Known(float64(i%8)/8)))
	}
	bad.Close()
	left := killed(t, h, dir)
	if p := h.State().Problem; p != "" {
		t.Errorf("the disk is well, and it says %q", p)
	}
	again, err := Open(left, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := len(strings.Fields(ask(t, again, 0, 1000, 1000))); got < 410 {
		t.Errorf("%d rows were written after all, want 420 less those of the last 10 s", got)
	}
}

// What waits for a disk that stays broken is bounded.
func TestDiskStaysBroken(t *testing.T) {
	h := open(t, t.TempDir())
	f := h.shelf.(*file)
	f.mu.Lock()
	f.problem = os.ErrPermission
	f.mu.Unlock()
	for i := range 100 {
		f.mu.Lock()
		f.waiting[key{0, int64(i), 9}] = make([]byte, 1<<20)
		f.mu.Unlock()
	}
	f.mu.Lock()
	f.spare()
	n := len(f.waiting)
	clear(f.waiting) // they are no blocks
	f.mu.Unlock()
	if n != mostWaiting>>20 {
		t.Errorf("%d MiB wait, want %d", n, mostWaiting>>20)
	}
}

// Half of what is written is replaced soon: the file does not grow with it, and nothing is lost when it is written anew.
func TestWrittenAnew(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := t.TempDir()
	h := open(t, dir, Tier{time.Second, time.Hour})
	f := h.shelf.(*file)
	largest := int64(0)
	for i := range 6000 {
		s := wide(i)
		s.At = epoch.Add(time.Duration(i) * time.Second)
		h.Append(s)
		if info, err := os.Stat(filepath.Join(dir, fileName)); err == nil {
			largest = max(largest, info.Size())
		}
	}
	killed(t, h, dir)
	f.mu.RLock()
	live := int64(f.bytes)
	f.mu.RUnlock()
	if largest < slack || largest > 2*live+2*slack {
		t.Errorf("the file was up to %d bytes, of which %d are of use: want it written anew at %d", largest, live, 2*live+slack)
	}
	want := ask(t, h, 3000, 5980, 3000)
	h.Close()
	again := open(t, dir, Tier{time.Second, time.Hour})
	if got := ask(t, again, 3000, 5980, 3000); got != want {
		t.Errorf("after it was written anew: got %.200s…, want %.200s…", got, want)
	}
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	h, err := Open(dir, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "--data-dir") {
		t.Errorf("got error %v, want one that says what to do", err)
	}
	h.Append(at(0, collector.Known(1)))
	if s := h.State(); s.OnDisk || s.Problem == "" || ask(t, h, 0, 1, 1) != "0:1" {
		t.Errorf("got state %+v and %s, want a history in memory", s, ask(t, h, 0, 1, 1))
	}
}

func TestTiersFor(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name           string
		interval, keep time.Duration
		want           []Tier
	}{
		{"usual", time.Second, 30 * day, Tiers()},
		{"fast", 100 * time.Millisecond, 30 * day, Tiers()},
		{"slow", 5 * time.Second, 30 * day, []Tier{{5 * time.Second, time.Hour}, {10 * time.Second, day}, {time.Minute, 30 * day}, {10 * time.Minute, 30 * day}}},
		{"minutes", time.Minute, 30 * day, []Tier{{time.Minute, 30 * day}, {10 * time.Minute, 30 * day}}},
		{"hour", time.Second, time.Hour, []Tier{{time.Second, time.Hour}}},
		{"half-a-day", time.Second, 12 * time.Hour, []Tier{{time.Second, time.Hour}, {10 * time.Second, 12 * time.Hour}}},
		{"some-days", time.Second, 3 * day, []Tier{{time.Second, time.Hour}, {10 * time.Second, day}, {time.Minute, 3 * day}}},
		{"year", time.Second, 366 * day, []Tier{{time.Second, time.Hour}, {10 * time.Second, day}, {time.Minute, 366 * day}, {10 * time.Minute, 366 * day}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := TiersFor(tt.interval, tt.keep); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
