package history

import (
	"bufio"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/collector"
)

// writer is the variable that makes of this test program one that fills a history until it is killed.
const writer = "HISTORY_TEST_WRITER"

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "8") // what is parallel here waits for the disk
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
	t.Parallel()
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
		if !h.Abrupt() {
			t.Fatalf("round %d: it is not known that the process was killed", round)
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

// A fullDisk has room for a file of so many bytes.
type fullDisk struct {
	*os.File
	room int64
}

func (d fullDisk) WriteAt(b []byte, at int64) (int, error) {
	n, err := d.File.WriteAt(b[:min(max(d.room-at, 0), int64(len(b)))], at)
	if err == nil && n < len(b) {
		err = syscall.ENOSPC
	}
	return n, err
}

// A disk that cannot be written costs what is on it, and nothing else; when it can be again, all is written.
func TestDiskFails(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		fail       func(t *testing.T, good *os.File) data
	}{
		{"read-only", "history cannot be written and goes on in memory", func(t *testing.T, good *os.File) data {
			bad, err := os.Open(good.Name())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { bad.Close() })
			return bad
		}},
		{"full", syscall.ENOSPC.Error(), func(t *testing.T, good *os.File) data {
			info, err := good.Stat()
			if err != nil {
				t.Fatal(err)
			}
			return fullDisk{good, info.Size() + 100} // of a block a piece can be written
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			h := open(t, dir)
			f := h.shelf.(*file)
			sawTooth(h, 100)
			killed(t, h, dir) // all is written
			good := f.data.(*os.File)
			f.swap.Lock()
			f.data = tt.fail(t, good)
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
			if s := h.State(); s.OnDisk || !strings.Contains(s.Problem, tt.want) || strings.Contains(s.Problem, dir) {
				t.Errorf("it says %+v, want %q, and that it is not on disk", s, tt.want)
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
			left := killed(t, h, dir)
			if s := h.State(); !s.OnDisk || s.Problem != "" {
				t.Errorf("the disk is well, and it says %+v", s)
			}
			again := open(t, left)
			if got := len(strings.Fields(ask(t, again, 0, 1000, 1000))); got < 410 {
				t.Errorf("%d rows were written after all, want 420 less those of the last 10 s", got)
			}
			if _, other, err := scan(good, limits(Tiers(), mostFile)); other > 0 || err != nil {
				t.Errorf("%d bytes in the file are of nothing, %v", other, err)
			}
		})
	}
}

// A wornDisk has a sector that cannot be read.
type wornDisk struct {
	*os.File
	bad int64
}

func (d wornDisk) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) <= d.bad || at >= d.bad+sector {
		return d.File.ReadAt(b, at)
	}
	n := max(d.bad-at, 0)
	if n, err := d.File.ReadAt(b[:n], at); err != nil {
		return n, err
	}
	return int(n), syscall.EIO
}

// A sector that cannot be read costs the blocks that are in it: others are found, and written anew.
func TestUnreadableSector(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, Tier{time.Second, time.Hour})
	for i := range 1500 {
		s := wide(i)
		s.At = epoch.Add(time.Duration(i) * time.Second)
		h.Append(s)
	}
	left := killed(t, h, dir)
	good, err := os.Open(filepath.Join(left, fileName))
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	b := limits([]Tier{{time.Second, time.Hour}}, mostFile)
	all, _, err := scan(good, b)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := good.Stat()
	for _, bad := range []int64{0, info.Size() / 2 / sector * sector, info.Size() / sector * sector} {
		found, other, err := scan(wornDisk{good, bad}, b)
		if err != nil || other < min(sector, info.Size()-bad) {
			t.Errorf("sector at %d: %d bytes are of nothing, %v", bad, other, err)
		}
		for k, p := range all {
			if _, there := found[k]; !there && (p.at+int64(p.size) <= bad || p.at >= bad+sector) {
				t.Errorf("sector at %d: the block %v at %d is not found", bad, k, p.at)
			}
		}
	}
	f := h.shelf.(*file)
	f.mu.RLock()
	worn := f.tiers[0][2].at
	blocks := len(f.tiers[0])
	f.mu.RUnlock()
	f.swap.Lock()
	f.data = wornDisk{f.data.(*os.File), worn}
	f.swap.Unlock()
	if err := f.writeAnew(); err != nil { // nothing waits: its goroutine is idle
		t.Fatal(err)
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	if n := len(f.tiers[0]); n < blocks-2 || n >= blocks || f.data == nil {
		t.Errorf("%d of %d blocks are left, want all but those in the sector", n, blocks)
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

// What is wrong is shown to whoever looks, and where the directory is is not.
func TestProblemWithoutPath(t *testing.T) {
	const dir = "/srv/planted/data"
	for err, want := range map[error]string{
		fmt.Errorf("cannot be written: %w", &fs.PathError{Op: "write", Path: dir + "/history", Err: syscall.ENOSPC}): "cannot be written: write: no space left on device",
		&fs.PathError{Op: "mkdir", Path: "/srv/planted", Err: syscall.EACCES}:                                        "mkdir: permission denied",
		&os.LinkError{Op: "rename", Old: dir + "/a.new", New: dir + "/a", Err: syscall.EIO}:                          "rename a.new a: input/output error",
		fmt.Errorf("read %s/history: damaged", dir):                                                                  "read history: damaged",
		fmt.Errorf("%s is full", dir):                                                                                "the directory is full",
	} {
		if got := withoutPath(err, dir); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	inTheWay := filepath.Join(t.TempDir(), "planted")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := Open(filepath.Join(inTheWay, "data"), slog.New(slog.DiscardHandler))
	if err == nil {
		t.Error("a directory was made inside a file")
	}
	defer h.Close() // it goes on in memory
	if p := h.State().Problem; p == "" || strings.Contains(p, "planted") {
		t.Errorf("got %q, %v", p, err)
	}
}

// A file that is too long and cannot be written anew has no block twice, and an end.
func TestCannotBeWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	f, err := openFile(dir, limits(Tiers(), mostFile), slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		go f.write()
		f.close()
	}()
	inTheWay := filepath.Join(f.path+".new", "x")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	times := make([]int64, blockRows)
	for i := range times {
		times[i] = int64(i) * 1000
	}
	var names []Series
	var columns []*column
	for i := range 1500 {
		c := new(column)
		for range times {
			c.add(grain(random.IntN(1<<20)), 0, 0)
		}
		names, columns = append(names, Series{fmt.Sprintf("n%04d", i), "count"}), append(columns, c)
	}
	k := key{first: 1000}
	packed := func(run int) []byte { return pack(key{first: 1000, run: uint32(run)}, 1000, times, names, columns) }
	size := int64(len(packed(0)))
	longest := 3*size + 2*slack + size
	check := func(run int) {
		t.Helper()
		n := 0
		f.each(0, 0, always, func(on stored) {
			if b, err := on.unpack(nil); err != nil || b.run != uint32(run) {
				t.Errorf("got the block of run %d, %v, want that of %d", b.run, err, run)
			}
			n++
		})
		if n != 1 {
			t.Errorf("there are %d blocks, want 1", n)
		}
	}
	put := func(run int) {
		f.put(k, len(times), packed(run))
		f.writeOnce()
		check(run)
	}
	run := 0
	for ; f.size <= 2*size+slack; run++ {
		put(run)
	}
	if f.problem != nil {
		t.Fatalf("while it is short enough it says %q", f.problem)
	}
	for ; f.size+size <= longest; run++ {
		put(run)
		if len(f.waiting) > 0 {
			t.Fatal("what has been written waits")
		}
		if s := (&History{shelf: f}).State(); !s.OnDisk || !strings.HasPrefix(s.Problem, "history is written, and its file grows: ") {
			t.Fatalf("it says %+v", s)
		}
	}
	for range 3 {
		put(run)
		if len(f.waiting) != 1 || !strings.Contains(f.problem.Error(), "goes on in memory") {
			t.Fatalf("the file is as long as it may be: %d wait, and it says %q", len(f.waiting), f.problem)
		}
		run++
	}
	if info, err := os.Stat(f.path); err != nil || info.Size() > longest {
		t.Errorf("the file is of %d bytes, want up to %d", info.Size(), longest)
	}
	os.Remove(inTheWay)
	put(run)
	if f.problem == nil {
		t.Error("it was tried again at once")
	}
	os.Remove(f.path + ".new")
	f.tried = f.tried.Add(-rest)
	put(run + 1)
	if info, err := os.Stat(f.path); err != nil || info.Size() != size || f.problem != nil || len(f.waiting) > 0 {
		t.Errorf("written anew it is of %d bytes, want %d; %d wait, and it says %v", info.Size(), size, len(f.waiting), f.problem)
	}
	put(run + 2)
	f.data.Close()
	put(run + 3)
	if f.problem == nil || strings.Contains(f.problem.Error(), ".new") {
		t.Errorf("it cannot be written, and it says %v", f.problem)
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
