package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// neighboursOn is the source on a made-up host, whose files are on no file system of control groups.
func neighboursOn(r roots) (*neighbourReader, Source) {
	reader := newNeighbourReader(r)
	reader.self = r
	reader.way.isGroupFS = func(int) bool { return true }
	return reader, Source{Read: reader.read}
}

// aPod has fivewire as process 9, an app as 20 and 21, and the process that holds the pod together as 1: each in a
// container with a namespace of control groups of its own.
func aPod(t testing.TB) roots {
	t.Helper()
	app := "/../cri-containerd-" + anID + ".scope"
	r := aGroup2.below("proc/20/root/sys/fs/cgroup/").and(aGroup2.below("proc/21/root/sys/fs/cgroup/")).and(tree{
		"proc/self/cgroup":   "0::/\n",
		"proc/9/cgroup":      "0::/\n",
		"proc/1/cgroup":      "0::/../cri-containerd-" + anotherID + ".scope\n",
		"proc/1/mountinfo":   "1 1 0:5 / / rw - overlay o rw\n",
		"proc/1/root/":       "",
		"proc/20/cgroup":     "0::" + app + "\n",
		"proc/20/mountinfo":  "1 1 0:5 / / rw - overlay o rw\n" + mount2(app, "/sys/fs/cgroup"),
		"proc/20/comm":       "app\n",
		"proc/21/cgroup":     "0::" + app + "/worker\n",
		"proc/21/mountinfo":  "1 1 0:5 / / rw - overlay o rw\n" + mount2(app, "/sys/fs/cgroup"),
		"proc/30/cgroup":     "0::/below\n",
		"proc/uptime":        "1 1\n",
		"proc/4294967296/x":  "",
		"proc/-5/ns/mnt":     "",
		"sys/dev/block/8:0/": "",
	}).write(t)
	link(t, r, "proc/self/ns/pid", "pid:[4026532500]")
	link(t, r, "proc/self/ns/cgroup", "cgroup:[4026532501]")
	for pid, mounts := range map[string]int64{"self": 4026532600, "9": 4026532600, "1": 4026532601, "20": 4026532602, "21": 4026532602, "30": 4026532603} {
		link(t, r, "proc/"+pid+"/ns/mnt", fmt.Sprintf("mnt:[%d]", mounts))
	}
	return r
}

func TestNeighbours(t *testing.T) {
	r := aPod(t)
	reader, s := neighboursOn(r)
	for range 2 * neighbourReads {
		list := read(t, s).Neighbours
		checkNumbers(t, list)
		if len(list) != 1 {
			t.Fatalf("got %+v", list)
		}
		if n := list[0]; n.Name != anID[:12] || n.PID != 20 || n.Version != "v2" || n.MemoryLimit != Known(100000) || n.CPULimit != Known(2) ||
			n.WorkingSet != Known(5000) || n.Pressure == nil {
			t.Errorf("got %+v", n)
		}
	}
	if n := read(t, s).Neighbours[0]; n.CPU != Known(0) {
		t.Errorf("cpu %v", n.CPU)
	}
	// The process through which it was read ends: there is another.
	os.RemoveAll(r.ofProc("20"))
	if list := read(t, s).Neighbours; len(list) != 1 || list[0].PID != 21 || !list[0].CPU.known {
		t.Errorf("got %+v", list)
	}
	os.RemoveAll(r.ofProc("21"))
	if part, err := s.Read(t.Context()); part != nil || !isMissing(err) || err.Error() != "no other container's processes are visible here" {
		t.Errorf("got %v, %v", part, err)
	}
	if len(reader.known) != 1 { // without a mounted control group
		t.Errorf("still knows %v", reader.known)
	}
}

// A first neighbour is found by the next read, among however many processes, and whether or not it told anything before.
func TestLateNeighbour(t *testing.T) {
	t.Parallel()
	r := aPod(t)
	events := r.ofProc("20/root/sys/fs/cgroup")
	os.Rename(events, events+"-later")
	os.RemoveAll(r.ofProc("21"))
	for pid := 1000; pid < 1000+2*neighbourPIDs; pid++ {
		os.Mkdir(r.ofProc(strconv.Itoa(pid)), 0o755)
	}
	reader, s := neighboursOn(r)
	reader.next = 1000
	if part, err := s.Read(t.Context()); part != nil || !isMissing(err) {
		t.Fatalf("got %v, %v", part, err)
	}
	os.Rename(events+"-later", events)
	if got := read(t, s).Neighbours; len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}

// Two without a name of their own are two series, and stay what they are called.
func TestNeighboursOfOneName(t *testing.T) {
	tr := tree{"proc/self/cgroup": "0::/\n"}
	for i, pid := range []int{20, 30, 40} {
		dir, group := fmt.Sprintf("proc/%d/", pid), fmt.Sprintf("/../%d", 3-i)
		tr = tr.and(aGroup2.below(dir + "root/sys/fs/cgroup/")).and(tree{
			dir + "cgroup": "0::" + group + "\n", dir + "mountinfo": mount2(group, "/sys/fs/cgroup"), dir + "comm": "nginx\n",
		})
	}
	r := tr.write(t)
	for pid, mounts := range map[string]int{"self": 1, "20": 2, "30": 3, "40": 4} {
		link(t, r, "proc/"+pid+"/ns/mnt", fmt.Sprintf("mnt:[%d]", mounts))
	}
	_, s := neighboursOn(r)
	names := func() string {
		got := ""
		for _, n := range read(t, s).Neighbours {
			got += fmt.Sprintf("%s %s, ", n.Path, n.Name)
		}
		return got
	}
	for range 2 * neighbourReads {
		if got := names(); got != "/../1 nginx, /../2 nginx~2, /../3 nginx~3, " {
			t.Fatalf("got %s", got)
		}
	}
	os.RemoveAll(r.ofProc("40"))
	for range 2 * neighbourReads {
		if got := names(); got != "/../2 nginx~2, /../3 nginx~3, " {
			t.Fatalf("got %s", got)
		}
	}
}

// On a host a service may have mounts of its own. It is a neighbour only if it is a container's.
func TestNeighboursOfAHost(t *testing.T) {
	r := aGroup2.below("proc/20/root/sys/fs/cgroup/docker/" + anID + "/").and(aGroup2.below("proc/30/root/sys/fs/cgroup/system.slice/a.service/")).and(tree{
		"proc/self/cgroup":  "0::/system.slice/fivewire.service\n",
		"proc/20/cgroup":    "0::/docker/" + anID + "\n",
		"proc/20/mountinfo": mount2("/", "/sys/fs/cgroup"),
		"proc/30/cgroup":    "0::/system.slice/a.service\n",
		"proc/30/mountinfo": mount2("/", "/sys/fs/cgroup"),
		"proc/31/cgroup":    "0::/custom\n",
		"proc/31/mountinfo": mount2("/custom", "/sys/fs/cgroup"),
		"proc/31/comm":      "my\x1bapp\n",
	}).and(aGroup2.below("proc/31/root/sys/fs/cgroup/")).write(t)
	link(t, r, "proc/self/ns/pid", "pid:[4026531836]")
	for pid, groups := range map[string]int64{"self": 4026531835, "20": 4026531835, "30": 4026531835, "31": 4026532999} {
		link(t, r, "proc/"+pid+"/ns/mnt", "mnt:[40265"+pid+"]")
		link(t, r, "proc/"+pid+"/ns/cgroup", fmt.Sprintf("cgroup:[%d]", groups))
	}
	link(t, r, "proc/self/ns/mnt", "mnt:[4026531841]")
	_, s := neighboursOn(r)
	var names []string
	for _, n := range read(t, s).Neighbours {
		names = append(names, n.Name)
	}
	if !slices.Equal(names, []string{anID[:12], "my\ufffdapp"}) {
		t.Errorf("got %q", names)
	}
}

// What an app puts in the place of its control group is not read.
func TestHostileNeighbour(t *testing.T) {
	r := aPod(t)
	reader, s := neighboursOn(r)
	base := r.ofProc("20/root/sys/fs/cgroup/")
	pipe, endless, away := base+"/memory.current", base+"/memory.stat", base+"/pids.current"
	for _, file := range []string{pipe, endless, away} {
		os.Remove(file)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	link(t, r, "proc/20/root/sys/fs/cgroup/pids.current", r.ofProc("self/cgroup"))
	if err := os.WriteFile(endless, make([]byte, 10*longestGroupFile), 0o600); err != nil {
		t.Fatal(err)
	}
	n := read(t, s).Neighbours[0]
	if n.Memory.known || n.WorkingSet.known || n.Tasks.known || n.MemoryLimit != Known(100000) {
		t.Errorf("got %+v", n)
	}
	if len(reader.files.buf) > longestGroupFile {
		t.Errorf("read %d bytes", len(reader.files.buf))
	}

	// Directories that are links, and other file systems.
	_, s = neighboursOn(r)
	os.Rename(r.ofProc("20/root/sys"), r.ofProc("20/root/elsewhere"))
	link(t, r, "proc/20/root/sys", "elsewhere")
	if _, err := s.Read(t.Context()); !isMissing(err) {
		t.Errorf("a link was followed: %v", err)
	}
	os.Remove(r.ofProc("20/root/sys"))
	os.Rename(r.ofProc("20/root/elsewhere"), r.ofProc("20/root/sys"))
	reader, s = neighboursOn(r)
	reader.way.isGroupFS = isGroupFS
	if _, err := s.Read(t.Context()); !isMissing(err) {
		t.Errorf("read from some file system: %v", err)
	}
}

func TestGuardedWay(t *testing.T) {
	r := tree{"proc/20/root/a/b/file": "5\n", "proc/20/root/top": "6\n"}.write(t)
	way := guardedWay{isGroupFS: func(int) bool { return true }}
	if err := way.enter(r.ofProc("20/root")); err != nil {
		t.Fatal(err)
	}
	before := openFiles(t)
	for path, want := range map[string]bool{"/a/b/file": true, "/top": true, "/a/b": true, "/a/../top": false, "/none/file": false, "/a/none": false, "/a/b/file/x": false} {
		fd, err := way.open(path)
		if (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			syscall.Close(fd)
		}
	}
	way.forget()
	if after := openFiles(t); after != before {
		t.Errorf("%d files open, before %d", after, before)
	}
	// A file may be of another file system than its directory, mounted on it.
	real := way.isGroupFS
	way.isGroupFS = func(fd int) bool {
		s, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		return filepath.Base(s) != "file"
	}
	if fd, err := way.open("/a/b/file"); err != errNotGroupFS {
		t.Errorf("%d, %v", fd, err)
	}
	// In a directory of another file system no file is opened: that may do something by itself.
	way.forget()
	way.isGroupFS = func(fd int) bool {
		s, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if filepath.Base(s) == "file" {
			t.Error("it was opened")
		}
		return filepath.Base(s) != "b"
	}
	if fd, err := way.open("/a/b/file"); err != errNotGroupFS {
		t.Errorf("%d, %v", fd, err)
	}
	way.isGroupFS = real
	way.forget()
	if after := openFiles(t); after != before {
		t.Errorf("%d files open, before %d", after, before)
	}
	way.leave()
	if err := way.enter(r.ofProc("21/root")); err == nil {
		t.Error("entered what is not there")
	}
}

func openFiles(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestSomeOf(t *testing.T) {
	list := []int32{1, 3, 5, 7, 9}
	some, next := someOf(list, 0, 2)
	if !slices.Equal(some, []int32{1, 3}) || next != 4 {
		t.Errorf("%v, %d", some, next)
	}
	some, next = someOf(list, 8, 3)
	if !slices.Equal(some, []int32{9, 1, 3}) || next != 4 {
		t.Errorf("%v, %d", some, next)
	}
	if some, next = someOf(list, 100, 2); !slices.Equal(some, []int32{1, 3}) || next != 4 {
		t.Errorf("%v, %d", some, next)
	}
	if some, next = someOf(list, 4, 5); len(some) != 5 || next != 0 {
		t.Errorf("%v, %d", some, next)
	}
}

func TestManyNeighbours(t *testing.T) {
	thorough(t)
	tr := tree{"proc/self/cgroup": "0::/\n"}
	for i := range 3 * mostNeighbours {
		dir := fmt.Sprintf("proc/%d/", 100+i)
		tr[dir+"cgroup"] = fmt.Sprintf("0::/../%064x\n", i)
		tr[dir+"mountinfo"] = mount2(fmt.Sprintf("/../%064x", i), "/sys/fs/cgroup")
		tr[dir+"root/sys/fs/cgroup/cgroup.events"] = "populated 1\n"
		tr[dir+"root/sys/fs/cgroup/cpu.stat"] = "usage_usec 1\n"
	}
	r := tr.write(t)
	link(t, r, "proc/self/ns/mnt", "mnt:[1]")
	for i := range 3 * mostNeighbours {
		link(t, r, fmt.Sprintf("proc/%d/ns/mnt", 100+i), "mnt:[2]")
	}
	_, s := neighboursOn(r)
	first, second := read(t, s).Neighbours, read(t, s).Neighbours
	if len(first) != mostNeighbours || len(second) != mostNeighbours || first[15].Path != second[15].Path || !second[15].CPU.known {
		t.Errorf("%d, %d", len(first), len(second))
	}
}

func BenchmarkNeighbours(b *testing.B) {
	_, s := neighboursOn(aPod(b))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNoNeighbours(b *testing.B) {
	s := neighbourSource(hostRoots())
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(ctx); err != nil && !isMissing(err) {
			b.Fatal(err)
		}
	}
}
