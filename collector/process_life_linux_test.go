package collector

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

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

// What a child has moved from and to disks counts for its parent when it has ended: that is no work of the parent's, and
// was shown already.
func TestTrafficOfAChildThatEnded(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
	for _, ours := range []bool{false, true} {
		w := watchOf(t, manyStats(60).with("proc/50/stat", statLine("50 (parent) S", 0, 0, 1, 10, 1)).
			with("proc/loadavg", "0 0 0 1/1 9\n"))
		w.reader.clockOf = func(pid int32) (time.Duration, bool) {
			_, err := os.Stat(w.host.ofProc(fmt.Sprint(pid)))
			return 0, err == nil
		}
		if ours {
			w.isOurs(t)
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
