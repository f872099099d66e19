package collector

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// child is a process of a test: it is ended, by its PID, with the test.
func child(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(path, args...)
	t.Cleanup(func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	})
	return cmd
}

func start(t testing.TB, cmd *exec.Cmd) int32 {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return int32(cmd.Process.Pid)
}

// liveWatch reads this very host.
type liveWatch struct{ *processWatch }

func (w liveWatch) read(t testing.TB) *Processes {
	t.Helper()
	return read(t, Source{Read: w.processWatch.read}).Processes
}

// of is one process, as one who asks for all of them sees it.
func (w liveWatch) of(t testing.TB, pid int32) Process {
	t.Helper()
	list, err := w.read(t).Table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return find(t, list, pid)
}

func liveOf(t testing.TB) liveWatch { return liveWatch{closed(t, newProcessWatch(hostRoots()))} }

// A busy child is found, with its rate, by two real reads.
func TestRealProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("keeps a processor busy")
	}
	pid := start(t, child(t, "sh", "-c", "while :; do :; done"))
	w := liveOf(t)
	w.read(t)
	var p Process
	aboutOne(t, func() Number {
		time.Sleep(300 * time.Millisecond)
		p = find(t, w.read(t).Top, pid)
		return p.CPU
	})
	if age := time.Since(time.UnixMilli(p.Started)); age < 0 || age > 10*time.Minute {
		t.Errorf("started %s ago", age)
	}
	if p.Threads != 1 || p.Memory == 0 || p.User == "" || int(p.Parent) != os.Getpid() || !strings.HasSuffix(p.Command, `sh -c "while :; do :; done"`) {
		t.Errorf("got %+v", p)
	}
}

// aboutOne wants one of some readings of who is busy to be about a core: where a hypervisor takes the processor away, the clock
// of what runs on it stands still in one, and catches up in another.
func aboutOne(t *testing.T, reading func() Number) {
	t.Helper()
	var got []Number
	for range 20 {
		cpu := reading()
		if v, ok := cpu.Get(); ok && v > 0.02 && v <= 1.2 {
			return
		}
		got = append(got, cpu)
	}
	t.Errorf("cpu %v, want about 1", got)
}

// One that is born between two reads has a rate at once, and of what it really used.
func TestRealBirth(t *testing.T) {
	w := liveOf(t)
	w.read(t)
	aboutOne(t, func() Number {
		busy := child(t, "sh", "-c", "while :; do :; done")
		pid := start(t, busy)
		time.Sleep(300 * time.Millisecond)
		p := find(t, w.read(t).Top, pid)
		busy.Process.Kill()
		return p.CPU
	})
}

func TestRealExec(t *testing.T) {
	t.Parallel()
	cmd := child(t, "sh", "-c", "read line; exec sleep 600")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pid := start(t, cmd)
	w := liveOf(t)
	p := w.of(t, pid)
	for range 3000 { // until the shell itself was executed
		if p.Name != filepath.Base(os.Args[0])[:min(15, len(filepath.Base(os.Args[0])))] {
			break
		}
		time.Sleep(10 * time.Millisecond)
		p = w.of(t, pid)
	}
	if !strings.HasSuffix(p.Command, `-c "read line; exec sleep 600"`) {
		t.Errorf("got %+v", p)
	}
	started := p.Started
	if _, err := io.WriteString(in, "go\n"); err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		if p = w.of(t, pid); p.Name == "sleep" && p.Command != "" { // it has none in the moment of its execution
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if p.Name != "sleep" || p.Command != "sleep 600" || p.Started != started {
		t.Errorf("got %+v", p)
	}
}

func TestRealTraffic(t *testing.T) {
	t.Parallel()
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
	cmd := child(t, "sh", "-c", `read line; dd if=/dev/zero bs=1048576 count=8 2>/dev/null; echo done >&2; read line`)
	file, err := os.Create(filepath.Join(dir, "written"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.Stdout = file
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	pid := start(t, cmd)
	w := liveOf(t)
	longest := time.Now()
	w.of(t, pid)
	w.read(t)
	shortest := time.Now()
	if _, err := io.WriteString(in, "go\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	least := time.Since(shortest).Seconds()
	p := w.of(t, pid) // what a child has written counts for its parent when it has ended
	most := time.Since(longest).Seconds()
	if rate, ok := p.WriteRate.Get(); !ok || rate*most < 4<<20 || rate*least > 32<<20 {
		t.Errorf("%g to %g bytes were written, want about 8 MiB: %+v", rate*least, rate*most, p)
	}
}

const threadsVariable = "FIVEWIRE_TEST_THREADS"

// TestManyThreadsChild is no test: it is the child of the next one.
func TestManyThreadsChild(t *testing.T) {
	if os.Getenv(threadsVariable) == "" {
		t.Skip("only as a child")
	}
	var running sync.WaitGroup
	running.Add(200)
	for range 200 {
		go func() {
			runtime.LockOSThread()
			running.Done() // on a thread of its own from here on
			select {}
		}()
	}
	running.Wait()
	fmt.Println("ready")
	io.ReadAll(os.Stdin)
}

func TestRealThreads(t *testing.T) {
	t.Parallel()
	cmd := child(t, os.Args[0], "-test.run=^TestManyThreadsChild$", "-test.v")
	cmd.Env = append(os.Environ(), threadsVariable+"=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	pid := start(t, cmd)
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
	}
	w := liveOf(t)
	p := w.of(t, pid)
	if p.Threads < 200 {
		t.Errorf("got %+v", p)
	}
	got := w.read(t)
	list, err := got.Table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, p := range list {
		sum += int(p.Threads)
	}
	if got.Threads != sum || sum < 200 {
		t.Errorf("%d threads, but %d of those listed", got.Threads, sum)
	}
}

// BenchmarkProcesses is what a steady tick costs with so many real children that sleep.
func BenchmarkProcesses(b *testing.B) {
	for _, n := range []int{0, 100, 500, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range n {
				start(b, child(b, "sleep", "600"))
			}
			benchmarkRead(b, liveOf(b))
		})
	}
	b.Run("all", func(b *testing.B) { // while somebody looks at all of them
		for range 3000 {
			start(b, child(b, "sleep", "600"))
		}
		w := liveOf(b)
		w.wanted, w.asked = true, time.Hour
		benchmarkRead(b, w)
	})
	b.Run("table", func(b *testing.B) {
		w := liveOf(b)
		p := w.read(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Table(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkRead(b *testing.B, w liveWatch) {
	var p *Processes
	for range 3 * idleTicks {
		p = w.read(b)
	}
	before := ownCPU(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.processWatch.read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ownCPU(b)-before)/float64(b.N)/1e3, "cpu-us/op")
	b.ReportMetric(float64(p.Total), "processes")
}
