package collector

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// silence makes files that do not answer: nobody writes to them. They answer with the end of the test, or when what
// it returns is called.
func silence(t testing.TB, paths ...string) (end func()) {
	t.Helper()
	for _, path := range paths {
		os.Remove(path)
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	end = func() {
		for _, path := range paths { // who waits for a writer has seen one
			if f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
				f.Close()
			}
		}
	}
	t.Cleanup(end)
	return end
}

// within fails the test when f does not return in time.
func within(t testing.TB, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("it takes longer than %s", limit)
	}
}

// A process whose memory is locked, so that its command line cannot be read, costs its own command line and nothing else.
func TestSilentCommand(t *testing.T) {
	w := watchOf(t, manyProcesses(60))
	path := w.host.ofProc("1000", "cmdline")
	answer := silence(t, path)
	within(t, 20*time.Second, func() {
		for _, p := range w.after(t, 0).Top {
			if p.Name == "worker" && (p.Command != fmt.Sprint("worker ", p.PID) || p.User != "ann") {
				t.Errorf("got %+v", p)
			}
		}
		for range 3 {
			list := w.all(t)
			if len(list) != 62 {
				t.Fatalf("%d rows", len(list))
			}
			for _, p := range list {
				want := fmt.Sprint("worker ", p.PID)
				if p.PID == 1000 {
					want = ""
				}
				if p.Name == "worker" && (p.Command != want || p.User != "ann" || p.Service != "worker.service") {
					t.Errorf("got %+v", p)
				}
			}
			w.after(t, time.Second)
		}
	})
	if n := len(w.asker.commands.silent) + len(w.details.commands.silent); n != 1 {
		t.Errorf("%d wait for it, want one", n)
	}

	// It answers again.
	answer()
	for i := 0; len(w.asker.commands.silent[0].done) == 0 && i < 60_000; i++ {
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.change(t, tree{"proc/1000/cmdline": "back\x00"})
	for range silentReads + 1 {
		w.after(t, time.Second)
	}
	if p := find(t, w.all(t), 1000); p.Command != "back" {
		t.Errorf("got %+v", p)
	}
}

// What was known stays while it cannot be read anew.
func TestSilentLater(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/cmdline", "a\x00b\x00"))
	w.after(t, 0)
	silence(t, w.host.ofProc("77", "cmdline"))
	within(t, 20*time.Second, func() {
		for range 2 * commandReads {
			if p := find(t, w.after(t, time.Second).Top, 77); p.Command != "a b" || p.User != "ann" {
				t.Fatalf("got %+v", p)
			}
		}
	})
	if n := len(w.details.commands.silent); n != 1 {
		t.Errorf("%d wait for it, want one", n)
	}
}

// However many do not answer, few are waited for, and not for long.
func TestManySilentCommands(t *testing.T) {
	n := 100
	if testing.Short() {
		n = 20
	}
	tr := maps.Clone(manyProcesses(n))
	for name := range tr {
		if filepath.Base(name) == "cmdline" {
			delete(tr, name)
		}
	}
	w := watchOf(t, tr)
	var paths []string
	for i := range n {
		paths = append(paths, w.host.ofProc(fmt.Sprint(1000+i), "cmdline"))
	}
	silence(t, paths...)
	before := runtime.NumGoroutine()
	within(t, 30*time.Second, func() {
		for range 3 * silentReads {
			if got := w.after(t, time.Second); got.Total != n+2 {
				t.Fatalf("%d processes", got.Total)
			}
			if list := w.all(t); len(list) != n+2 {
				t.Fatalf("%d rows", len(list))
			}
		}
	})
	if more := runtime.NumGoroutine() - before; more > 2*mostSilent+2 {
		t.Errorf("%d goroutines more", more)
	}
}

func TestCommandAllocations(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/cmdline", "a\x00b\x00"))
	w.after(t, 0)
	who := w.tasks.tasks[1].identity()
	d := w.tasks.tasks[1].details
	if n := testing.AllocsPerRun(100, func() {
		w.details.read(t.Context(), who, &d, dues{tick: 1, command: true, user: true})
	}); n >= 1 || d.command != "a b" {
		t.Errorf("%g allocations for %q", n, d.command)
	}
}
