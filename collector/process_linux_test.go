package collector

import (
	"context"
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

// When the clock is set, everybody has started at another time, those too that are not read; and is the same as before.
func TestProcessesWhenTheClockIsSet(t *testing.T) {
	t.Parallel()
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
