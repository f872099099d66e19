package collector

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// childStat is a stat line of a process with a parent, its processor time and that of its children, in hundredths.
func childStat(pid, parent, ticks, reaped int) string {
	return fmt.Sprintf("%d (p) S %d 7 7 0 -1 4194560 1 2 3 4 %d 0 %d 0 20 0 1 0 100 99999 10 18446744073709551615 1 1 0 0 0\n", pid, parent, ticks, reaped)
}

// A parent that only waits hardly runs. It is read all the same, and told of at the top.
func TestShortChildren(t *testing.T) {
	t.Parallel()
	busy := 1000
	stat := func() string { return fmt.Sprintf("cpu  %d 0 0 5 5\nprocesses 100\n", busy) }
	w := watchOf(t, manyStats(100).with("proc/stat", stat()).with("proc/1030/stat", childStat(1030, 1, 5, 7000)))
	for range 2 * idleTicks {
		w.after(t, time.Second)
	}
	for n := 1; n <= 3*idleTicks; n++ {
		busy += 90
		w.change(t, tree{"proc/stat": stat(), "proc/1030/stat": childStat(1030, 1, 5, 7000+90*n)})
		p := w.after(t, time.Second).Top[0]
		if rate, ok := p.ChildrenCPU.Get(); p.PID != 1030 || p.CPU != Known(0) || !ok || n > 1 && rate < 0.89 || rate > 0.91 {
			t.Fatalf("tick %d: got %+v", n, p)
		}
	}
	p := w.after(t, time.Second)
	if p := find(t, w.all(t), 1030); p.ChildrenCPU != (Number{}) {
		t.Errorf("now there is none, but got %+v", p)
	}
	if text, err := json.Marshal(p.Top[0]); err != nil || strings.Contains(string(text), "children_cpu") {
		t.Errorf("it is not left out: %s %v", text, err)
	}
}

// What a child has used over its life is not told when it ends, though nobody has noticed that until its parent was read.
func TestRestingChildEnds(t *testing.T) {
	t.Parallel()
	for _, child := range []int{1010, 1050} { // read before its parent, and after
		w := watchOf(t, manyStats(100).with("proc/1030/stat", childStat(1030, 1, 5, 100)).
			with("proc/"+strconv.Itoa(child)+"/stat", childStat(child, 1030, 10_000, 5000)))
		for range 2 * idleTicks {
			w.after(t, time.Second)
		}
		w.remove(t, "proc/"+strconv.Itoa(child)) // and nothing was started
		w.tasks.find(1030).still = 0
		for n := range 3 * idleTicks {
			w.change(t, tree{"proc/1030/stat": childStat(1030, 1, 6+n, 100+15_000+40*(n+1))})
			w.after(t, time.Second)
			rate := w.tasks.find(1030).inherited.rate
			if rate > 0.41 || n > 1 && rate < 0.39 {
				t.Errorf("child %d, tick %d: %g cores", child, n, rate)
			}
		}
	}
}

// A parent takes note of its child's end in so short a time that its own clock has not moved, as where a hypervisor takes
// the time away: what the child has used in its life is not told when the parent is read for another reason, later.
func TestChildEndsUnclocked(t *testing.T) {
	t.Parallel()
	for _, child := range []int{1010, 1050} { // asked before its parent, and after
		w, used := oursOf(t, manyStats(100).with("proc/loadavg", lastPID(9)).with("proc/1030/stat", childStat(1030, 1, 5, 100)).
			with("proc/"+strconv.Itoa(child)+"/stat", childStat(child, 1030, 5000, 0)))
		used[1030], used[int32(child)] = 50*time.Millisecond, 50*time.Second
		for range 2 * idleTicks {
			w.after(t, time.Second)
		}
		w.remove(t, "proc/"+strconv.Itoa(child))
		w.change(t, tree{"proc/1030/stat": childStat(1030, 1, 5, 100+5000)})
		for n := range 2 * restTicks {
			w.after(t, time.Second)
			if rate := w.tasks.find(1030).inherited.rate; rate > 0 {
				t.Errorf("child %d, tick %d: %g cores", child, n, rate)
			}
		}
	}
}

// watches are of this host: with the clocks of its processes, and without.
func watches(t *testing.T, test func(t *testing.T, w liveWatch)) {
	t.Run("clocks", func(t *testing.T) { test(t, liveOf(t)) })
	t.Run("no clocks", func(t *testing.T) {
		w := liveOf(t)
		w.reader.begin()
		w.reader.ours, w.reader.forks.path = false, hostRoots().ofProc("stat")
		test(t, w)
	})
}

// A shell that does nothing but start short commands is found.
func TestRealShortChildren(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	watches(t, func(t *testing.T, w liveWatch) {
		path := ""
		for _, path = range []string{"/bin/true", "/usr/bin/true"} {
			if _, err := os.Stat(path); err == nil {
				break
			}
		}
		pid := start(t, child(t, "sh", "-c", "while :; do "+path+"; done"))
		w.read(t)
		const wanted, most = 3, 60 // how often its children show depends on how often it gets a processor
		told := 0
		for n := 0; told < wanted && n < most; n++ {
			time.Sleep(300 * time.Millisecond)
			top := w.read(t).Top
			at := slices.IndexFunc(top, func(p Process) bool { return p.PID == pid })
			if at < 0 { // on a busy machine others are before it at times
				continue
			}
			own, _ := top[at].CPU.Get()
			of, _ := top[at].ChildrenCPU.Get()
			if own+of > 1.5 { // one after the other
				t.Errorf("it uses %g cores, and its children %g", own, of)
			}
			if of > 0.02 {
				told++
			}
		}
		if told < wanted {
			t.Errorf("its children are told of in %d of %d reads", told, most)
		}
	})
}

// A child that has worked for long, before everybody's eyes, leaves nothing to tell.
func TestRealChildEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	watches(t, func(t *testing.T, w liveWatch) {
		cmd := child(t, "sh", "-c", `sh -c "while :; do :; done" & echo $!; wait; echo over; exec sleep 600`)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		pid := start(t, cmd)
		lines := bufio.NewReader(out)
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		worker, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil || worker <= 1 {
			t.Fatal(line, err)
		}
		ended := false
		t.Cleanup(func() {
			if !ended {
				unix.Kill(worker, unix.SIGKILL)
			}
		})
		for range 10 {
			w.of(t, pid)
			time.Sleep(100 * time.Millisecond)
		}
		ended = true
		if err := unix.Kill(worker, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			p := w.of(t, pid)
			if rate, _ := p.ChildrenCPU.Get(); rate > 2 {
				t.Errorf("its child has ended, and it is told to use %g cores", rate)
			}
			time.Sleep(50 * time.Millisecond)
		}
		b, err := os.ReadFile(hostRoots().ofProc(strconv.Itoa(int(pid)), "stat"))
		if s, ok := parseStat(b); err != nil || !ok || s.reaped < 10 {
			t.Errorf("the kernel has counted %d ticks of its children, %v", s.reaped, err)
		}
	})
}

// Neither does one that has written: its parent has it all at once, and shows no jump.
func TestRealWriterEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	dir := t.TempDir()
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	if uint32(fs.Type) == unix.TMPFS_MAGIC || uint32(fs.Type) == unix.RAMFS_MAGIC {
		t.Skip("not a disk")
	}
	if _, err := os.Stat("/proc/self/io"); err != nil {
		t.Skip(err)
	}
	const written = 8 << 20
	watches(t, func(t *testing.T, w liveWatch) {
		cmd := child(t, "sh", "-c", `dd bs=65536 oflag=dsync of="$0" 2>/dev/null; echo over; exec sleep 600`, filepath.Join(dir, "written"))
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		pid := start(t, cmd)
		w.of(t, pid)
		go io.WriteString(in, strings.Repeat("x", written))
		shown := func() uint64 { // of the writer, as the table has it
			w.of(t, pid)
			for _, p := range w.tasks.tasks {
				if p.parent == pid {
					return p.traffic.written
				}
			}
			return 0
		}
		for n := 0; shown() < written; n++ {
			if n == 1000 {
				t.Skip("it does not write, or that is not counted here")
			}
			time.Sleep(10 * time.Millisecond)
		}
		in.Close()
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		known := 0
		for range 10 {
			p := w.of(t, pid)
			rate, ok := p.WriteRate.Get()
			if rate > written/100 {
				t.Errorf("its child has ended, and it is told to write %g bytes a second", rate)
			}
			if ok {
				known++
			}
			time.Sleep(50 * time.Millisecond)
		}
		if known < 5 {
			t.Errorf("its rate is known %d times of 10", known)
		}
		b, err := os.ReadFile(hostRoots().ofProc(strconv.Itoa(int(pid)), "io"))
		if _, n, ok := parseTraffic(b); err != nil || !ok || n < written {
			t.Errorf("the kernel has counted %d bytes at the parent, %v", n, err)
		}
	})
}
