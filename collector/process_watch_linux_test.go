package collector

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manyProcesses is a host with so many beside those of aHost.
func manyProcesses(n int) tree {
	tr := manyStats(n)
	for i := range n {
		pid := fmt.Sprint(1000 + i)
		tr["proc/"+pid+"/io"] = ioFile(1, 1)
		tr["proc/"+pid+"/status"] = "Uid:\t0\t1000\t0\t0\n"
		tr["proc/"+pid+"/cmdline"] = "worker\x00" + pid + "\x00"
		tr["proc/"+pid+"/cgroup"] = "0::/system.slice/worker.service\n"
	}
	return tr
}

// manyStats is the same with one file for each of them, not five.
func manyStats(n int) tree {
	tr := maps.Clone(aHost)
	tr["proc/stat"] = forks(n)
	for i := range n {
		pid := fmt.Sprint(1000 + i)
		tr["proc/"+pid+"/stat"] = statLine(pid+" (worker) S", 1, 1, 2, 100, uint64(i))
	}
	return tr
}

func TestManyProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("5000 files")
	}
	const n, detailed = 5000, 100
	w := watchOf(t, manyProcesses(detailed))
	w.change(t, tree{"other/stat": statLine("7 (other) S", 1, 1, 2, 100, 0)})
	for pid := 1000 + detailed; pid < 1000+n; pid++ { // that is a file each to make, not five
		if err := os.Symlink("../other", w.host.ofProc(strconv.Itoa(pid))); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.after(t, 0); got.Total != n+2 || len(got.Top) > mostShown {
		t.Fatalf("%d processes, %d rows", got.Total, len(got.Top))
	}
	for range 2 * idleTicks {
		if got := w.after(t, time.Second); got.Total != n+2 {
			t.Fatalf("%d processes", got.Total)
		}
	}
	list := w.all(t)
	if len(list) != n+2 {
		t.Fatalf("%d rows", len(list))
	}
	checkNumbers(t, list)
	for _, p := range list {
		if p.Name == "worker" && (p.User != "ann" || p.Service != "worker.service" || p.Command != fmt.Sprint("worker ", p.PID)) {
			t.Fatalf("got %+v", p)
		}
	}
}

// While somebody looks at all of them, all are read on every tick, with their disk traffic; and then no more.
func TestAttention(t *testing.T) {
	t.Parallel()
	const n = 100
	w := watchOf(t, manyProcesses(n))
	for range 20 {
		w.after(t, time.Second)
	}
	quiet := func() (read, traffic int) {
		w.after(t, time.Second)
		for _, p := range w.tasks.tasks {
			if p.seen == w.tasks.tick {
				read++
			}
			if p.traffic.tick == w.tasks.tick {
				traffic++
			}
		}
		return read, traffic
	}
	if read, traffic := quiet(); read > mostShown+n/idleTicks+2 || traffic > mostShown {
		t.Errorf("nobody asked, and %d are read, and the traffic of %d", read, traffic)
	}
	details := 0
	for _, p := range w.tasks.tasks {
		if p.details.commandRead != 0 {
			details++
		}
	}
	if details > 2*mostShown {
		t.Errorf("nobody asked, and details of %d are read", details)
	}
	list := w.all(t)
	if len(list) != n+2 || find(t, list, 1050).Command != "worker 1050" {
		t.Fatalf("%d rows", len(list))
	}
	for range 2 {
		if read, traffic := quiet(); read < n || traffic != n {
			t.Errorf("somebody looks, and %d are read, and the traffic of %d", read, traffic)
		}
	}
	if p := find(t, w.all(t), 1050); p.ReadRate != Known(0) || p.CPU != Known(0) {
		t.Errorf("got %+v", p)
	}
	for range attention / time.Second {
		quiet()
	}
	if read, traffic := quiet(); read > mostShown+n/idleTicks+2 || traffic > mostShown {
		t.Errorf("attention never ends: %d are read, and the traffic of %d", read, traffic)
	}
}

func TestProcessesTableIsBounded(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/cmdline", "x\x00"))
	got := w.after(t, 0)
	w.tasks.tasks[0].details, w.tasks.tasks[1].details = details{}, details{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	list, err := got.Table(ended)
	if err != nil || len(list) != 2 || find(t, list, 77).Command != "" {
		t.Errorf("when time runs out: %+v, %v", list, err)
	}
	w.held <- struct{}{} // a read hangs
	if _, err := got.Table(ended); err == nil {
		t.Error("no error while a read hangs")
	}
	<-w.held
	w.asking <- struct{}{} // another asks
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if list, err := got.Table(short); err != nil || len(list) != 2 {
		t.Errorf("while another asks: %+v, %v", list, err)
	}
	<-w.asking
	if list := w.all(t); find(t, list, 77).Command != "x" || list[0].PID != 77 {
		t.Errorf("got %+v", list)
	}
}

// Many ask while the source reads: nothing is torn (run with -race), nobody waits for ever.
func TestTableConcurrently(t *testing.T) {
	w := closed(t, newProcessWatch(hostRoots()))
	part, err := w.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	part.AddTo(&s)
	done := make(chan error)
	for range 3 {
		go func() {
			for range 5 {
				list, err := s.Processes.Table(t.Context())
				if err == nil && (len(list) == 0 || list[0].PID == 0) {
					err = fmt.Errorf("%d rows", len(list))
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 20 {
		if _, err := w.read(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	list, err := s.Processes.Table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkNumbers(t, list)
	own := find(t, list, int32(os.Getpid()))
	if own.Command == "" || own.User == "" || own.Parent != int32(os.Getppid()) || own.Threads < 2 || own.ReadRate == (Number{}) {
		t.Errorf("got %+v", own)
	}
}

// A steady read costs one allocation: the part.
func TestProcessAllocations(t *testing.T) {
	thorough(t)
	w := watchOf(t, manyProcesses(500))
	for range 12 {
		w.after(t, time.Second)
	}
	steady := func() {
		w.clock, w.boot = w.clock.Add(time.Second), w.boot+time.Second
		if _, err := w.read(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := testing.AllocsPerRun(3*idleTicks, steady); n > 2 {
		t.Errorf("%g allocations on a made-up host", n)
	}
	live := newProcessWatch(hostRoots())
	least := 1e9
	for range 50 { // others may start processes meanwhile, and those cost some
		least = min(least, testing.AllocsPerRun(1, func() {
			if _, err := live.read(t.Context()); err != nil {
				t.Error(err)
			}
		}))
		time.Sleep(time.Millisecond)
	}
	if least > 2 {
		t.Errorf("%g allocations on this host", least)
	}
}

// Where the clocks of processes can be read, only those are read that have run.
func TestProcessClocks(t *testing.T) {
	t.Parallel()
	const n = 120
	w, used := oursOf(t, manyProcesses(n).with("proc/loadavg", lastPID(9)))
	w.reader.clockOf = func(pid int32) (time.Duration, bool) { return used[pid], pid != 1001 }
	reads := func() (pids []int32) {
		w.after(t, time.Second)
		for _, p := range w.tasks.tasks {
			if p.seen == w.tasks.tick {
				pids = append(pids, p.pid)
			}
		}
		return pids
	}
	if got := reads(); len(got) != n+2 {
		t.Fatalf("%d were read", len(got))
	}
	for range 2 * stillReads {
		reads()
	}
	total := make(map[int32]int)
	for range restTicks {
		got := reads()
		if len(got) > n/restTicks+mostShown/idleTicks+5 {
			t.Errorf("%d were read", len(got))
		}
		for _, pid := range got {
			total[pid]++
		}
	}
	for pid, times := range total {
		want := 1
		if i := int(pid - 1000); i >= n-mostByMemory || pid == 1 || pid == 77 || pid == 1001 {
			want = restTicks / idleTicks // shown, or its clock cannot be read
		}
		if pid != 77 && times > want+1 || times < 1 { // 77 runs
			t.Errorf("%d was read %d times, want %d", pid, times, want)
		}
	}
	if len(total) != n+2 {
		t.Errorf("%d of %d were read", len(total), n+2)
	}

	used[1030] += 123 * time.Millisecond
	got := w.after(t, time.Second)
	if p := find(t, got.Top, 1030); p.CPU != Known(0.123) || got.Top[0].PID != 1030 {
		t.Errorf("got %+v", p)
	}
	w.change(t, tree{"proc/1030/io": ioFile(5001, 1)})
	used[1030] += 2 * time.Second
	if p := find(t, w.after(t, time.Second).Top, 1030); p.CPU != Known(2) || p.ReadRate != Known(5000) {
		t.Errorf("got %+v", p)
	}
	if p := find(t, w.all(t), 1030); p.CPU != Known(2) || p.Command != "worker 1030" {
		t.Errorf("got %+v", p)
	}
	w.after(t, time.Second)
	for _, p := range w.all(t) { // now all have a disk traffic: none
		if p.PID >= 1000 && (p.ReadRate != Known(0) || p.CPU != Known(0)) {
			if p.ReadRate != (Number{}) {
				t.Fatalf("got %+v", p)
			}
		}
	}
	w.after(t, time.Second)
	for _, p := range w.all(t) {
		if p.PID >= 1000 && (p.ReadRate != Known(0) || p.CPU != Known(0)) {
			t.Fatalf("got %+v", p)
		}
	}

	// Another has its PID now, and has used more, or less, or as much.
	w.change(t, tree{"proc/1030/stat": statLine("1030 (other) S", 1, 1, 1, uint64(w.boot.Milliseconds()/10), 1), "proc/loadavg": "0 0 0 1/1 10\n"})
	used[1030] = 500 * time.Millisecond
	if p := find(t, w.after(t, time.Second).Top, 1030); p.CPU != Known(0.5) || p.Name != "other" {
		t.Errorf("got %+v", p)
	}
}

// What is not for us to see is counted, and not asked for again and again.
func TestHiddenProcesses(t *testing.T) {
	w := watchOf(t, aHost)
	w.after(t, 0)
	for _, p := range w.tasks.tasks {
		if p.pid == 77 {
			p.slot = 9
			p.hide()
		}
	}
	got := w.after(t, time.Second)
	if got.Total != 2 || len(got.Top) != 1 || len(w.all(t)) != 1 {
		t.Errorf("got %+v", got)
	}
	for range idleTicks {
		got = w.after(t, time.Second)
	}
	if len(got.Top) != 2 {
		t.Errorf("it can be seen now, but got %+v", got)
	}
	for errno, want := range map[unix.Errno][2]bool{0: {}, unix.EACCES: {false, true}, unix.EPERM: {false, true}, unix.ENOENT: {true, false}, unix.ESRCH: {true, false}, unix.EMFILE: {}} {
		if isGone(errno) != want[0] || isHidden(errno) != want[1] {
			t.Errorf("%s: gone %t, hidden %t", errno, isGone(errno), isHidden(errno))
		}
	}
}

// A file that cannot be read costs its own figures, no others; one that ought to be there is an error.
func TestUnreadableFiles(t *testing.T) {
	w := watchOf(t, aHost.with("proc/77/io/", "").with("proc/77/cmdline/", "").with("proc/77/cgroup/", ""))
	w.remove(t, "proc/77/status")
	w.change(t, tree{"proc/77/status/": ""})
	w.after(t, 0)
	p := find(t, w.after(t, time.Second).Top, 77)
	if p.CPU != Known(0) || p.ReadRate != (Number{}) || p.WriteRate != (Number{}) || p.Command != "" || p.User != "" || p.Service != "" {
		t.Errorf("got %+v", p)
	}
	w.remove(t, "proc/77/io")
	w.change(t, tree{"proc/77/io": ioFile(1, 1)})
	for range userReads + 2 {
		p = find(t, w.after(t, time.Second).Top, 77)
	}
	if p.ReadRate != Known(0) {
		t.Errorf("it can be read now, but got %+v", p)
	}
	w.remove(t, "proc/1/stat")
	w.change(t, tree{"proc/1/stat/": ""})
	if _, err := w.read(t.Context()); err == nil {
		t.Error("a directory is read as a file")
	}
}
