package collector

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// aWatch is a processWatch over a made-up host, with clocks that stand still.
type aWatch struct {
	*processWatch
	host  roots
	clock time.Time
	set   time.Duration // by which the wall clock was set
	boot  time.Duration
}

func watchOf(t testing.TB, tr tree) *aWatch {
	t.Helper()
	host := tr.write(t)
	w := &aWatch{processWatch: closed(t, newProcessWatch(host)), host: host, boot: time.Minute}
	w.clock = w.started
	w.now = func() time.Time { return w.clock }
	w.reader.wall = func() time.Time { return w.clock.Add(w.set) }
	w.reader.sinceBoot = func() (time.Duration, error) { return w.boot, nil }
	return w
}

// closed closes a watch's files with the test: those that the garbage collector closes confuse tests that count them.
func closed(t testing.TB, w *processWatch) *processWatch {
	t.Cleanup(func() {
		w.reader.dir.close()
		w.details.dir.close()
		w.asker.dir.close()
		if f := w.reader.forks.file; f != nil {
			f.Close()
		}
	})
	return w
}

// after reads, a time after the last read.
func (w *aWatch) after(t testing.TB, d time.Duration) *Processes {
	t.Helper()
	w.clock, w.boot = w.clock.Add(d), w.boot+d
	part, err := w.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	part.AddTo(&s)
	return s.Processes
}

func (w *aWatch) change(t testing.TB, tr tree) { tr.over(t, w.host) }

func (w *aWatch) remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(filepath.Dir(w.host.proc), path)); err != nil {
		t.Fatal(err)
	}
}

func (w *aWatch) all(t testing.TB) []Process {
	t.Helper()
	list, err := w.table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func find(t testing.TB, list []Process, pid int32) Process {
	t.Helper()
	for _, p := range list {
		if p.PID == pid {
			return p
		}
	}
	t.Fatalf("process %d is not listed", pid)
	return Process{}
}

func ioFile(read, written uint64) string {
	return fmt.Sprintf("rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: %d\nwrite_bytes: %d\ncancelled_write_bytes: 7\n", read, written)
}

// forks makes a /proc/stat that says so many were started.
func forks(n int) string { return fmt.Sprintf("cpu 1\nintr 1\nprocesses %d\n", n) }

func TestProcessSource(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/cmdline", "a\x00--password=x\x00").with("proc/77/cgroup", "0::/system.slice/a.service\n").
		with("proc/77/io", ioFile(1000, 2000)))
	got := w.after(t, 0)
	if got.Total != 2 || len(got.Top) != 2 || got.Threads != 5 || got.Running != 1 || got.Table == nil { // 88 is torn, 99 is gone
		t.Fatalf("got %+v", got)
	}
	a, init := got.Top[0], got.Top[1] // no rates yet: most memory first
	started := a.Started
	a.Started = 0
	want := Process{PID: 77, Parent: 1, Name: "a) R (b c", Command: "a --password=•••", User: "ann", State: "running", Service: "a.service",
		Threads: 4, Memory: 5000 * uint64(os.Getpagesize())}
	if a != want {
		t.Errorf("got %+v, want %+v", a, want)
	}
	if init.User != "root" || init.State != "sleeping" || started-init.Started != 29900 || init.Command != "" {
		t.Errorf("got %+v", init)
	}

	w.change(t, tree{
		"proc/77/stat": statLine("77 (renamed) D", 5, 5, 4, 3000, 5000), "proc/77/cmdline": "b\x00", "proc/77/io": ioFile(3000, 2000),
		"proc/77/status": "Uid:\t0\t4294967294\t0\t0\n", "proc/77/cgroup": "0::/user.slice\n",
		"proc/1/stat": statLine("1 (init) S", 550, 150, 1, 10, 2000),
	})
	before := got
	got = w.after(t, 2*time.Second)
	init, a = got.Top[0], got.Top[1]
	if init.PID != 1 || init.CPU != Known(0.5) || init.ReadRate != (Number{}) {
		t.Errorf("got %+v", init)
	}
	if a.Name != "renamed" || a.State != "waiting" || a.CPU != Known(0) || a.Command != "b" || a.User != "4294967294" || a.Service != "" ||
		a.ReadRate != Known(1000) || a.WriteRate != Known(0) || got.Waiting != 1 {
		t.Errorf("got %+v", a)
	}
	if before.Top[0].Name != "a) R (b c" {
		t.Error("a part that was returned has changed")
	}
	w.change(t, tree{"proc/77/io": ioFile(8000, 3000)})
	if a = find(t, w.after(t, 2*time.Second).Top, 77); a.ReadRate != Known(2500) || a.WriteRate != Known(500) {
		t.Errorf("got %+v", a)
	}
}

func TestNoProcesses(t *testing.T) {
	w := watchOf(t, tree{"proc/": ""})
	if _, err := w.read(t.Context()); err == nil || err.Error() != "read processes: none found" {
		t.Errorf("no process: %v", err)
	}
	w.change(t, aHost)
	if got := w.after(t, time.Second); got.Total != 2 {
		t.Errorf("got %+v", got)
	}
	w.remove(t, "proc")
	if _, err := w.read(t.Context()); err == nil {
		t.Error("without /proc there is no error")
	}
	w.change(t, aHost.with("proc/1/stat", statLine("1 (init) S", 600, 100, 1, 10, 2000)))
	if got := find(t, w.after(t, time.Second).Top, 1); got.CPU != (Number{}) && got.CPU != Known(1) {
		t.Errorf("after a failure the rate is %v", got.CPU)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.read(ended); err == nil {
		t.Error("it is read after the end")
	}
}

// What is born, ends, or takes another's PID, between any two steps of a read.
func TestProcessesComeAndGo(t *testing.T) {
	w := watchOf(t, aHost.with("proc/stat", forks(1)))
	w.after(t, 0)
	// Born a second ago, two thirds of a core since; its files come one by one.
	w.change(t, tree{"proc/stat": forks(2), "proc/5/": ""})
	if got := w.after(t, 10*time.Second); got.Total != 2 {
		t.Errorf("got %+v", got)
	}
	w.change(t, tree{"proc/stat": forks(3), "proc/5/stat": statLine("5 (new) R", 50, 10, 1, 7050, 1), "proc/5/io": ioFile(500, 0)})
	if got := find(t, w.after(t, time.Second).Top, 5); got.CPU != Known(0.6) || got.User != "" || got.ReadRate != Known(500) {
		t.Errorf("born: got %+v", got)
	}
	// Its PID is used again, by one that was there all the time, unseen; then by one that is new.
	w.change(t, tree{"proc/5/stat": statLine("5 (other) R", 90000, 0, 1, 6000, 1)})
	if got := find(t, w.after(t, time.Second).Top, 5); got.CPU != (Number{}) || got.Name != "other" || got.ReadRate != (Number{}) {
		t.Errorf("unseen before: got %+v", got)
	}
	w.change(t, tree{"proc/5/stat": statLine("5 (third) R", 20, 0, 1, uint64(w.boot.Milliseconds()/10), 1), "proc/5/status": "Uid:\t1\t1000\t1\t1\n"})
	if got := find(t, w.after(t, time.Second).Top, 5); got.CPU != Known(0.2) || got.Name != "third" || got.User != "ann" {
		t.Errorf("used again: got %+v", got)
	}
	// It ends: its file is gone, and nothing was listed anew. Then the directory.
	w.remove(t, "proc/5/stat")
	if got := w.after(t, time.Second); got.Total != 2 || len(got.Top) != 2 {
		t.Errorf("ended: got %+v", got)
	}
	w.remove(t, "proc/5")
	w.change(t, tree{"proc/stat": forks(4)})
	w.after(t, time.Second)
	// A zombie, and one whose details are gone.
	w.change(t, tree{"proc/stat": forks(5), "proc/6/stat": statLine("6 (dead) Z", 1, 1, 1, 100, 0)})
	got := w.after(t, time.Second)
	if z := find(t, got.Top, 6); got.Zombies != 1 || z.State != "zombie" || z.Command != "" || z.Memory != 0 || z.User != "" {
		t.Errorf("zombie: got %+v", got)
	}
	// Hostile names, and counters that cannot be.
	w.change(t, tree{"proc/6/stat": statLine("6 (<b>\n\xff) R (x) S", 1<<62, 1<<62, 1, 100, 5)})
	if z := find(t, w.after(t, time.Second).Top, 6); z.Name != "dead" {
		t.Errorf("absurd: got %+v", z)
	}
	w.change(t, tree{"proc/6/stat": statLine("6 (<b>\n\xff) R (x) S", 1, 1, 1, 100, 5)})
	if z := find(t, w.after(t, time.Second).Top, 6); z.Name != "<b>\uFFFD\uFFFD) R (x" {
		t.Errorf("hostile: got %+v", z)
	}
}

// When the clock is set, everybody has started at another time, those too that are not read; and is the same as before.
func TestProcessesWhenTheClockIsSet(t *testing.T) {
	w := watchOf(t, manyProcesses(60))
	for range 2 * stillReads {
		w.after(t, time.Second)
	}
	booted := w.clock.Add(-w.boot).UnixMilli()
	check := func(when string, moved time.Duration) {
		t.Helper()
		before := slices.Clone(w.tasks.tasks)
		w.change(t, tree{"proc/77/stat": statLine("77 (a) R", 5, 105, 4, 3000, 5000)})
		got := w.after(t, time.Second)
		for _, p := range w.all(t) {
			birth := map[int32]int64{1: 100, 77: 30000}[p.PID]
			if p.Name == "worker" {
				birth = 1000
			}
			if want := booted + birth + moved.Milliseconds(); p.Started != want {
				t.Fatalf("%s: process %d started %d ms off", when, p.PID, p.Started-want)
			}
		}
		if !slices.Equal(before, w.tasks.tasks) {
			t.Errorf("%s: they are taken for others", when)
		}
		if p := find(t, got.Top, 1000+59); p.CPU != Known(0) || p.Command != "worker 1059" {
			t.Errorf("%s: got %+v", when, p)
		}
	}
	w.set = 900 * time.Millisecond
	check("by less than a second", 0)
	w.set = time.Hour
	check("on", time.Hour)
	w.set = -time.Hour
	check("back", -time.Hour)
	w.wanted = false
	check("not", -time.Hour)
}

// What a child has moved from and to disks counts for its parent when it has ended: that is no work of the parent's, and
// was shown already.
func TestTrafficOfAChildThatEnded(t *testing.T) {
	of := func(pid, parent int) string {
		return fmt.Sprintf("%d (p) R %d 7 7 0 -1 4194560 1 2 3 4 %%d 0 5 6 20 0 1 0 100 99999 10 18446744073709551615 1 1 0 0 0\n", pid, parent)
	}
	for name, end := range map[string]func(w *aWatch){
		"listed": func(w *aWatch) {
			w.remove(t, "proc/60")
			w.change(t, tree{"proc/stat": forks(2)})
		},
		"not listed": func(w *aWatch) { w.remove(t, "proc/60/stat") },
	} {
		for _, parent := range []int{50, 70} { // read before its child, and after
			w := watchOf(t, aHost.with("proc/stat", forks(1)))
			pid := fmt.Sprint(parent)
			ticks := 0
			next := func(moved, child uint64) Process {
				ticks++
				w.change(t, tree{"proc/" + pid + "/stat": fmt.Sprintf(of(parent, 1), ticks), "proc/" + pid + "/io": ioFile(0, moved)})
				if child > 0 {
					w.change(t, tree{"proc/60/stat": fmt.Sprintf(of(60, parent), ticks), "proc/60/io": ioFile(0, child)})
				}
				return find(t, w.after(t, time.Second).Top, int32(parent))
			}
			next(1000, 1e9)
			if p := next(2000, 2e9); p.WriteRate != Known(1000) {
				t.Fatalf("%s, %d: got %+v", name, parent, p)
			}
			end(w)
			if p := next(2e9+3000, 0); p.WriteRate != (Number{}) || p.ReadRate != (Number{}) {
				t.Errorf("%s, %d: got %+v", name, parent, p)
			}
			next(2e9+4000, 0) // it may have ended in the middle of the last read
			if p := next(2e9+5000, 0); p.WriteRate != Known(1000) {
				t.Errorf("%s, %d: got %+v", name, parent, p)
			}
		}
	}
}

// A process whose parent ends has another at once, though it does nothing that would have it read.
func TestOrphans(t *testing.T) {
	for _, ours := range []bool{false, true} {
		w := watchOf(t, manyProcesses(60).with("proc/50/stat", statLine("50 (parent) S", 0, 0, 1, 10, 1)).
			with("proc/loadavg", "0 0 0 1/1 9\n"))
		w.reader.clockOf = func(pid int32) (time.Duration, bool) {
			_, err := os.Stat(w.host.ofProc(fmt.Sprint(pid)))
			return 0, err == nil
		}
		if ours {
			w.remove(t, "proc/self")
			if err := os.Symlink(fmt.Sprint(os.Getpid()), w.host.ofProc("self")); err != nil {
				t.Fatal(err)
			}
		}
		child := strings.Replace(statLine("1000 (worker) S", 0, 0, 1, 10, 1), " S 1 ", " S 50 ", 1)
		w.change(t, tree{"proc/1000/stat": child})
		for range 3 * idleTicks {
			w.after(t, time.Second)
		}
		w.remove(t, "proc/50")
		w.change(t, tree{"proc/1000/stat": strings.Replace(child, " S 50 ", " S 1 ", 1)})
		if !ours {
			w.change(t, tree{"proc/stat": forks(99)})
		}
		w.after(t, time.Second)
		w.after(t, time.Second)
		if p := w.tasks.find(1000); p.parent != 1 {
			t.Errorf("where PIDs are ours %t: its parent is %d", ours, p.parent)
		}
	}
}

// The list is read again when something was started, and at the latest every tenth time.
func TestListing(t *testing.T) {
	w := watchOf(t, aHost.with("proc/stat", forks(1)))
	w.after(t, 0)
	w.change(t, tree{"proc/5/stat": statLine("5 (quiet) S", 0, 0, 1, 1, 1)})
	for n := 1; w.after(t, time.Second).Total == 2; n++ {
		if n == idleTicks {
			t.Fatal("it is never seen")
		}
	}
	if w.tasks.tick != 1+idleTicks {
		t.Errorf("listed in tick %d", w.tasks.tick)
	}
	w.change(t, tree{"proc/6/stat": statLine("6 (told) S", 0, 0, 1, 1, 1), "proc/stat": forks(2)})
	if got := w.after(t, time.Second); got.Total != 4 {
		t.Errorf("got %+v", got)
	}
	w.change(t, tree{"proc/7/stat": statLine("7 (torn) S", 0, 0, 1, 1, 1), "proc/stat": "cpu 1\nproc"})
	if got := w.after(t, time.Second); got.Total != 5 {
		t.Errorf("a count that cannot be read: got %+v", got)
	}
}

func TestUserChanges(t *testing.T) {
	w := watchOf(t, aHost)
	user := func() string { return find(t, w.after(t, time.Second).Top, 77).User }
	later := func() string {
		for range userReads + 2 {
			w.after(t, time.Second)
		}
		return user()
	}
	if got := user(); got != "ann" {
		t.Errorf("got %q, want ann", got)
	}
	w.change(t, tree{"etc/passwd": "annabel:x:1000:1000::/:/bin/sh\nroot:x:0:0::/:\n"})
	if got := later(); got != "annabel" {
		t.Errorf("after passwd has changed: got %q, want annabel", got)
	}
	w.remove(t, "etc/passwd")
	if got := later(); got != "annabel" {
		t.Errorf("without passwd: got %q, want what was known", got)
	}
	w.change(t, tree{"proc/77/status": "Uid:\t0\t7\t0\t0\n"})
	if got := later(); got != "7" {
		t.Errorf("another user: got %q, want the number", got)
	}
	w.change(t, tree{"proc/77/cmdline": "x\x00y z\x00", "proc/77/cgroup": "4:cpu:/docker/" + strings.Repeat("0a", 32) + "\n"})
	for range commandReads {
		w.after(t, time.Second)
	}
	if got := find(t, w.after(t, time.Second).Top, 77); got.Command != `x "y z"` || got.Container != "0a0a0a0a0a0a" {
		t.Errorf("got %+v", got)
	}
}

func TestAppendPIDs(t *testing.T) {
	entry := func(name string, extra int) []byte {
		b := make([]byte, 19+len(name)+1+extra)
		binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
		copy(b[19:], name)
		return b
	}
	all := slices.Concat(entry(".", 4), entry("..", 3), entry("1", 4), entry("self", 0), entry("22", 3), entry("007", 2), entry("0", 1),
		entry("2147483647", 1), entry("2147483648", 1), entry("-5", 1), entry("1x", 5), entry("", 5), entry("9", 0))
	if got := appendPIDs(nil, all); !slices.Equal(got, []int32{1, 22, 2147483647, 9}) {
		t.Errorf("got %d", got)
	}
	for n := range all {
		appendPIDs(nil, all[:n])
	}
}

func FuzzAppendPIDs(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x18\x00\x0412\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, pid := range appendPIDs(nil, b) {
			if pid <= 0 {
				t.Fatalf("PID %d", pid)
			}
		}
	})
}
