package collector

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	anID      = "4b9d1f0f3b0e5c8a7d6e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c"
	anotherID = "aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999"
)

// link makes a link under /proc, such as those of namespaces.
func link(t testing.TB, r roots, name, target string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(r.proc), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// below is the tree moved below another directory.
func (tr tree) below(dir string) tree {
	other := make(tree, len(tr))
	for k, v := range tr {
		other[dir+k] = v
	}
	return other
}

// and is the tree with another over it.
func (tr tree) and(over tree) tree {
	other := maps.Clone(tr)
	maps.Copy(other, over)
	return other
}

const memoryStat2 = "anon 1000\nfile 5000\nkernel 77\nshmem 400\ninactive_anon 1\ninactive_file 3000\nslab_reclaimable 600\n"

// aGroup2 is a group of version 2.
var aGroup2 = tree{
	"cgroup.events":         "populated 1\nfrozen 0\n",
	"memory.current":        "8000\n",
	"memory.stat":           memoryStat2,
	"memory.events":         "low 0\nhigh 3\nmax 4\noom 2\noom_kill 1\noom_group_kill 9\n",
	"memory.peak":           "9000\n",
	"memory.swap.current":   "50\n",
	"memory.max":            "100000\n",
	"memory.high":           "max\n",
	"cpu.max":               "200000 100000\n",
	"cpu.stat":              "usage_usec 1000000\nuser_usec 1\nsystem_usec 2\nnr_periods 10\nnr_throttled 1\nthrottled_usec 100\n",
	"cpuset.cpus.effective": "0-2,5\n",
	"pids.current":          "7\n",
	"pids.max":              "max\n",
	"io.stat":               "8:0 rbytes=100 wbytes=200 rios=1 wios=1 dbytes=0 dios=0\n253:0 rbytes=100 wbytes=200 rios=1 wios=1 dbytes=0 dios=0\n",
	"cpu.pressure":          "some avg10=1.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	"memory.pressure":       "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	"io.pressure":           "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
}

func mount2(root, point string) string {
	return fmt.Sprintf("32 27 0:28 %s %s rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n", root, point)
}

func mount1(root, controllers string) string {
	return fmt.Sprintf("33 27 0:29 %s /sys/fs/cgroup/%s rw - cgroup cgroup rw,%s\n", root, strings.TrimPrefix(controllers, "name="), controllers)
}

// aContainer2 is a container in a namespace of control groups of its own, as Docker and Kubernetes make them today.
var aContainer2 = aGroup2.below("root/sys/fs/cgroup/").and(tree{
	"proc/self/cgroup": "0::/\n",
	"proc/self/mountinfo": "27 1 0:50 / / rw - overlay overlay rw\n" + mount2("/", "/sys/fs/cgroup") +
		"40 27 254:1 /var/lib/docker/containers/" + anID + "/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n",
	"sys/dev/block/8:0/":              "",
	"sys/dev/block/253:0/slaves/sda/": "",
})

func TestContainer2(t *testing.T) {
	tr := aContainer2
	r := tr.write(t)
	s := containerSource(r)
	read(t, s)
	time.Sleep(20 * time.Millisecond)
	tree{
		"root/sys/fs/cgroup/cpu.stat":     "usage_usec 1005000\nnr_periods 20\nnr_throttled 6\nthrottled_usec 1100\n",
		"root/sys/fs/cgroup/io.stat":      "8:0 rbytes=1100 wbytes=200\n253:0 rbytes=1100 wbytes=200\n",
		"root/sys/fs/cgroup/cpu.pressure": "some avg10=1.00 avg60=0.00 avg300=0.00 total=1005000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	}.over(t, r)
	got := *read(t, s).Container
	checkNumbers(t, got)
	want := Cgroup{
		Name: anID[:12], Path: "/", Version: "v2",
		CPULimit: Known(2), CPUs: Known(4), Throttled: Known(0.5), CPU: got.CPU, ThrottledTime: got.ThrottledTime,
		MemoryLimit: Known(100000), MemoryPressed: Known(0.05), WorkingSet: Known(5000), Memory: Known(8000), Anonymous: Known(1000), File: Known(5000),
		Shared: Known(400), SlabReclaimable: Known(600), Peak: Known(9000), Swap: Known(50),
		HighEvents: Known(3), LimitEvents: Known(4), OOMKills: Known(1),
		Tasks: Known(7), ReadRate: got.ReadRate, WriteRate: Known(0), Pressure: got.Pressure,
	}
	if got != want {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	cpu, ok := got.CPU.Get()
	if reads, _ := got.ReadRate.Get(); !ok || cpu <= 0 || cpu > 0.25 || reads < cpu*199e3 || reads > cpu*201e3 {
		t.Errorf("cpu %v, reads %v: 5 ms and 1000 bytes in some 20 ms", cpu, reads)
	}
	if held, _ := got.ThrottledTime.Get(); held < cpu*0.199 || held > cpu*0.201 {
		t.Errorf("throttled for %v s/s, CPU %v", held, cpu)
	}
	if p := got.Pressure; p == nil || p.CPU == nil || p.Memory == nil || p.IO == nil || p.IRQ != nil || !p.CPU.Some.known || p.CPU.Some.value <= 0 {
		t.Errorf("pressure %+v", p)
	}
}

var aGroup1 = tree{
	"proc/self/cgroup": "4:memory:/a\n3:cpu:/a\n2:cpuacct:/a\n1:blkio:/a\n5:cpuset:/a\n6:pids:/a\n0::/\n",
	"proc/self/mountinfo": mount1("/", "memory") + mount1("/", "cpu") + mount1("/", "cpuacct") + mount1("/", "blkio") +
		mount1("/", "cpuset") + mount1("/", "pids") + mount2("/", "/sys/fs/cgroup/unified"),
	"root/sys/fs/cgroup/unified/cpu.stat":                   "usage_usec 99999\n",
	"root/sys/fs/cgroup/unified/cpu.pressure":               "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	"root/sys/fs/cgroup/memory/a/memory.usage_in_bytes":     "8000\n",
	"root/sys/fs/cgroup/memory/a/memory.max_usage_in_bytes": "9000\n",
	"root/sys/fs/cgroup/memory/a/memory.failcnt":            "4\n",
	"root/sys/fs/cgroup/memory/a/memory.oom_control":        "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
	"root/sys/fs/cgroup/memory/a/memory.limit_in_bytes":     "100000\n",
	"root/sys/fs/cgroup/memory/a/memory.stat": "cache 1\nrss 1\nshmem 1\nhierarchical_memory_limit 100000\ntotal_cache 5000\ntotal_rss 1000\n" +
		"total_shmem 400\ntotal_inactive_file 3000\ntotal_swap 50\n",
	"root/sys/fs/cgroup/cpu/a/cpu.stat":                          "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n",
	"root/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us":                  "200000\n",
	"root/sys/fs/cgroup/cpu/a/cpu.cfs_period_us":                 "100000\n",
	"root/sys/fs/cgroup/cpuacct/a/cpuacct.usage":                 "5000000\n",
	"root/sys/fs/cgroup/cpuset/a/cpuset.effective_cpus":          "0-3\n",
	"root/sys/fs/cgroup/pids/a/pids.current":                     "7\n",
	"root/sys/fs/cgroup/pids/a/pids.max":                         "70\n",
	"root/sys/fs/cgroup/blkio/a/blkio.throttle.io_service_bytes": "8:0 Read 100\n8:0 Write 200\n8:0 Sync 1\n8:0 Total 300\nTotal 300\n",
	"root/sys/fs/cgroup/memory/release_agent":                    "",
	"root/sys/fs/cgroup/memory/memory.limit_in_bytes":            "9223372036854771712\n",
}

func TestContainer1(t *testing.T) {
	r := aGroup1.write(t)
	s := containerSource(r)
	first := read(t, s).Container
	if first.CPU.known || first.ReadRate.known || first.Throttled.known {
		t.Errorf("rates from one read: %+v", first)
	}
	time.Sleep(10 * time.Millisecond)
	tree{
		"root/sys/fs/cgroup/cpuacct/a/cpuacct.usage": "6000000\n",
		"root/sys/fs/cgroup/cpu/a/cpu.stat":          "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n",
	}.over(t, r)
	got := *read(t, s).Container
	want := Cgroup{
		Name: "/a", Path: "/a", Version: "hybrid",
		CPULimit: Known(2), CPUs: Known(4), Throttled: Known(0), CPU: got.CPU, ThrottledTime: Known(0),
		MemoryLimit: Known(100000), MemoryPressed: Known(0.05), WorkingSet: Known(5000), Memory: Known(8000), Anonymous: Known(1000), File: Known(5000),
		Shared: Known(400), Peak: Known(9000), Swap: Known(50), LimitEvents: Known(4), OOMKills: Known(1),
		Tasks: Known(7), TasksLimit: Known(70), ReadRate: Known(0), WriteRate: Known(0),
	}
	if got != want {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if cpu, ok := got.CPU.Get(); !ok || cpu <= 0 || cpu > 0.1 {
		t.Errorf("cpu %v: 1 ms in some 10 ms", got.CPU)
	}
}

// Counters that go down, files that are torn, absurd or gone, a move to another group.
func TestContainerTroubles(t *testing.T) {
	r := aContainer2.write(t)
	s := containerSource(r)
	read(t, s)
	base := "root/sys/fs/cgroup/"
	tree{
		base + "cpu.stat": "usage_usec 5\nnr_periods 1\nnr_throttled 0\nthrottled_usec 3\n", base + "io.stat": "8:0 rbytes=1 wbytes=1\n",
		base + "memory.current": "80", base + "memory.max": "18446744073709551615\n", base + "memory.swap.current": "99999999999999999999999\n",
		base + "cpu.max": "1 0\n", base + "pids.current": "-1\n", base + "cpuset.cpus.effective": "3-1\n", base + "memory.peak": "max\n",
		base + "cpu.pressure": "some avg10", base + "memory.stat": "anon 7\nfile 12",
	}.over(t, r)
	got := *read(t, s).Container
	checkNumbers(t, got)
	for name, n := range map[string]Number{
		"CPU": got.CPU, "Throttled": got.Throttled, "ThrottledTime": got.ThrottledTime, "ReadRate": got.ReadRate, "Memory": got.Memory, "MemoryLimit": got.MemoryLimit,
		"Swap": got.Swap, "CPULimit": got.CPULimit, "Tasks": got.Tasks, "CPUs": got.CPUs, "Peak": got.Peak, "File": got.File, "WorkingSet": got.WorkingSet,
	} {
		if n.known {
			t.Errorf("%s is %v", name, n.value)
		}
	}
	if got.Anonymous != Known(7) || got.Pressure.CPU != nil {
		t.Errorf("anonymous %v, pressure %+v", got.Anonymous, got.Pressure.CPU)
	}

	aGroup2.below("root/sys/fs/cgroup/moved/").over(t, r)
	tree{"proc/self/cgroup": "0::/moved\n", base + "moved/cpu.stat": "usage_usec 90000000000\n"}.over(t, r)
	if got = *read(t, s).Container; got.CPU.known || got.Path != "/moved" || got.Memory != Known(8000) {
		t.Errorf("moved: %+v", got)
	}
	read(t, s)
	if err := os.RemoveAll(r.ofRoot("sys")); err != nil {
		t.Fatal(err)
	}
	tree{"proc/self/cgroup": "0::/moved/away\n"}.over(t, r)
	if part, err := s.Read(t.Context()); part != nil || err == nil {
		t.Errorf("gone: %v, %v", part, err)
	}
}

// A limit that is set later is seen by the next read: the pool asks what is missing once a minute.
func TestLateLimit(t *testing.T) {
	r := tree{
		"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"), "root/sys/fs/cgroup/a/cgroup.events": "",
		"root/sys/fs/cgroup/a/memory.current": "5\n",
	}.write(t)
	s := containerSource(r)
	for range 2 {
		if part, err := s.Read(t.Context()); part != nil || !isMissing(err) {
			t.Fatalf("got %v, %v", part, err)
		}
	}
	tree{"root/sys/fs/cgroup/a/memory.max": "7000\n"}.over(t, r)
	if got := read(t, s).Container; got.MemoryLimit != Known(7000) {
		t.Errorf("got %+v", got)
	}
}

// What is mounted elsewhere by now is found there, although the group has the same name; and what has come to a group
// that stays where it is, too.
func TestContainerLooksAgain(t *testing.T) {
	r := aContainer2.write(t)
	s := containerSource(r)
	again := func() Cgroup {
		var got *Cgroup
		for range groupReads {
			got = read(t, s).Container
		}
		return *got
	}
	if got := again(); got.MemoryLimit != Known(100000) || got.Tasks != Known(7) {
		t.Fatalf("got %+v", got)
	}
	if err := os.Remove(r.ofRoot("sys/fs/cgroup/pids.current")); err != nil {
		t.Fatal(err)
	}
	s = containerSource(r)
	if got := again(); got.Tasks.known {
		t.Errorf("got %v tasks, want none", got.Tasks)
	}
	tree{"root/sys/fs/cgroup/pids.current": "8\n"}.over(t, r)
	if got := again(); got.Tasks != Known(8) {
		t.Errorf("got %v tasks, want 8", got.Tasks)
	}
	aGroup2.below("root/run/groups/").over(t, r)
	tree{"root/run/groups/memory.max": "200000\n", "proc/self/mountinfo": "27 1 0:50 / / rw - overlay overlay rw\n" + mount2("/", "/run/groups")}.over(t, r)
	if got := again(); got.MemoryLimit != Known(200000) {
		t.Errorf("got a limit of %v, want that of the other place", got.MemoryLimit)
	}
}

// The limits of groups above count for all that is in them.
func TestContainerLimitsAbove(t *testing.T) {
	const base = "root/sys/fs/cgroup/"
	for name, tt := range map[string]struct{ host, later tree }{
		"version 2": {
			aGroup2.below(base + "a/b/c/").and(tree{
				"proc/self/cgroup": "0::/a/b/c\n", "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"),
				base + "a/b/c/memory.max": "max\n", base + "a/b/c/memory.high": "7000\n", base + "a/b/c/cpu.max": "max 100000\n",
				base + "a/b/c/cpu.stat": "usage_usec 1\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
				base + "a/b/memory.max": "20000\n", base + "a/b/memory.current": "23000\n", base + "a/b/memory.stat": "inactive_file 4000\n",
				base + "a/b/memory.events": "high 0\nmax 99\noom_kill 55\n", base + "a/b/memory.events.local": "high 0\nmax 12\noom_kill 44\n",
				base + "a/b/cpu.max": "50000 100000\n", base + "a/b/cpu.stat": "usage_usec 1\nnr_periods 10\nnr_throttled 5\nthrottled_usec 10\n",
				base + "a/memory.max": "40000\n", base + "a/memory.current": "24000\n", base + "a/memory.stat": "inactive_file 0\n",
				base + "a/memory.high": "6000\n", base + "a/memory.events": "high 21\nmax 77\n",
				base + "a/cpu.max": "150000 100000\n", base + "a/cpu.stat": "usage_usec 1\nnr_periods 10\nnr_throttled 5\nthrottled_usec 10\n",
			}), tree{
				base + "a/b/cpu.stat": "usage_usec 1\nnr_periods 20\nnr_throttled 14\nthrottled_usec 1010\n",
				base + "a/cpu.stat":   "usage_usec 1\nnr_periods 20\nnr_throttled 6\nthrottled_usec 9010\n",
			},
		},
		"version 1": {
			tree{
				"proc/self/cgroup": "2:memory:/a/b\n1:cpu:/a/b\n", "proc/self/mountinfo": mount1("/", "memory") + mount1("/", "cpu"),
				base + "memory/a/b/memory.usage_in_bytes": "8000\n", base + "memory/a/b/memory.stat": "hierarchical_memory_limit 20000\ntotal_inactive_file 3000\n",
				base + "memory/a/b/memory.failcnt": "0\n", base + "memory/a/b/memory.limit_in_bytes": "9223372036854771712\n", base + "memory/a/b/memory.oom_control": "oom_kill 1\n",
				base + "memory/a/memory.usage_in_bytes": "20000\n", base + "memory/a/memory.stat": "total_inactive_file 1000\n", base + "memory/a/memory.failcnt": "12\n",
				base + "memory/a/memory.limit_in_bytes": "20000\n",
				base + "cpu/a/b/cpu.cfs_quota_us":       "-1\n", base + "cpu/a/b/cpu.cfs_period_us": "100000\n", base + "cpu/a/b/cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
				base + "cpu/a/cpu.cfs_quota_us": "50000\n", base + "cpu/a/cpu.cfs_period_us": "100000\n", base + "cpu/a/cpu.stat": "nr_periods 10\nnr_throttled 5\nthrottled_time 1\n",
			}, tree{base + "cpu/a/cpu.stat": "nr_periods 20\nnr_throttled 14\nthrottled_time 1000001\n"},
		},
	} {
		r := tt.host.write(t)
		s := containerSource(r)
		read(t, s)
		time.Sleep(10 * time.Millisecond)
		tt.later.over(t, r)
		got := *read(t, s).Container
		checkNumbers(t, got)
		if math.Abs(got.Throttled.value-0.9) > 1e-9 || got.ThrottledTime.value <= 0 || got.ThrottledTime.value > 0.1 || got.CPULimit != Known(0.5) {
			t.Errorf("%s: throttled %v, %v s/s, limit %v", name, got.Throttled, got.ThrottledTime, got.CPULimit)
		}
		if got.MemoryLimit != Known(20000) || got.LimitEvents != Known(12) || got.OOMKills != Known(1) || got.Memory != Known(8000) ||
			got.WorkingSet != Known(5000) || got.MemoryPressed != Known(0.95) {
			t.Errorf("%s: got %+v", name, got)
		}
		if name == "version 2" && (got.MemoryHigh != Known(6000) || got.HighEvents != Known(21)) {
			t.Errorf("high %v, %v events", got.MemoryHigh, got.HighEvents)
		}
	}
}

// What one group has counted is no rate of another.
func TestPlaceOfAnotherGroup(t *testing.T) {
	r := aGroup2.below("root/a/").and(aGroup2.below("root/b/")).with("root/b/cpu.stat", "usage_usec 9000000\n").write(t)
	group := groupReader{files: &groupFiles{open: openGroupFile}}
	for i, dir := range []string{"root/a", "root/a", "root/b"} {
		dir = r.ofRoot(dir[len("root/"):])
		if err := group.place(groupPlace{v2: groupDir{dir, dir}}, newStackedDevices(r)); err != nil {
			t.Fatal(err)
		}
		var part groupPart
		if err := group.readInto(&part); err != nil {
			t.Fatal(err)
		}
		if want := i == 1; part.group.CPU.known != want || part.group.ReadRate.known != want || part.group.Throttled.known != want {
			t.Errorf("read %d: %+v", i, part.group)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestStackedDevices(t *testing.T) {
	r := tree{"sys/dev/block/253:0/slaves/sda/": "", "sys/dev/block/253:1/": ""}.write(t)
	s := newStackedDevices(r)
	check := func(first, second bool) {
		t.Helper()
		if s.has([]byte("253:0")) != first || s.has([]byte("253:1")) != second || s.has([]byte("../x")) {
			t.Errorf("known %v", s.known)
		}
	}
	check(true, false)
	os.Rename(r.ofSys("dev/block/253:0/slaves"), r.ofSys("dev/block/253:1/slaves"))
	check(true, false) // for a minute
	s.since = s.since.Add(-stackedFor)
	check(false, true)
}

func TestContainerAllocates(t *testing.T) {
	for name, tr := range map[string]tree{"version 2": aContainer2, "version 1": aGroup1} {
		s := containerSource(tr.write(t))
		read(t, s)
		read(t, s)
		if n := testing.AllocsPerRun(20, func() {
			if _, err := s.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
		}); n > 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkContainer(b *testing.B) {
	s := containerSource(aContainer2.write(b))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
