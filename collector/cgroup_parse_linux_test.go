package collector

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseGroupFiles(t *testing.T) {
	for s, want := range map[string]Number{
		"": {}, "5": {}, "5\n": Known(5), "max\n": {}, "-1\n": {}, "0\n": {}, "5 6\n": {}, "9223372036854771712\n": {}, "9223372036854775807\n": {}, "5x\n": {},
	} {
		if got := parseLimit([]byte(s)); got != want {
			t.Errorf("limit %q is %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]Number{
		"max 100000\n": {}, "50000 100000\n": Known(0.5), "50000\n": {}, "50000 0\n": {}, "0 100000\n": {}, "": {}, "50000 100000": {},
		"18446744073709551615 1\n": {},
	} {
		if got := parseCPUMax([]byte(s)); got != want {
			t.Errorf("cpu.max %q is %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]Number{
		"0-3,8\n": Known(5), "0\n": Known(1), "\n": {}, "": {}, "3-1\n": {}, "0-\n": {}, ",\n": {}, "0-99999999\n": {}, "a\n": {}, "0-3": {},
		"0,2,4-5,\n": Known(4),
	} {
		if got := parseProcessorList([]byte(s)); got != want {
			t.Errorf("list %q is %v, want %v", s, got, want)
		}
	}
	none := func([]byte) bool { return false }
	for s, want := range map[string][2]counter{
		"":                                     {{0, true}, {0, true}},
		"8:0 rbytes=5 wbytes=6 rios=1\n":       {{5, true}, {6, true}},
		"8:0 \n8:16 wbytes=6\n":                {{0, true}, {6, true}},
		"8:0 rbytes=x wbytes=6\n":              {{0, false}, {6, true}},
		"8:0 rbytes=5 wbytes=6\n8:16 rbytes=7": {{5, true}, {6, true}},
	} {
		if read, written := parseIOStat([]byte(s), none); [2]counter{read, written} != want {
			t.Errorf("io.stat %q is %v, %v, want %v", s, read, written, want)
		}
	}
	read, written := parseThrottleBytes([]byte("8:0 Read 5\n8:0 Write 6\n7:0 Read 100\n8:0 Total 11\nTotal 11\n"), func(d []byte) bool { return string(d) == "7:0" })
	if read.value != 5 || written.value != 6 {
		t.Errorf("blkio: %v, %v", read, written)
	}
}

func TestParseGroupPlaces(t *testing.T) {
	paths := parseGroupPaths([]byte("9:name=systemd:/s\n4:cpu,cpuacct:/c:d\n0::/u\ntorn\n3:x:relative\n7:pids:/cut"))
	if want := (groupPaths{"name=systemd": "/s", "cpu": "/c:d", "cpuacct": "/c:d", "": "/u"}); !reflect.DeepEqual(paths, want) {
		t.Errorf("got %v", paths)
	}
	mounts := parseGroupMounts("22 27 0:21 / /proc rw - proc proc rw\n" +
		"32 31 0:29 /a\\040b /sys/fs/cgroup/cpu\\134x rw,relatime shared:3 master:2 - cgroup cgroup rw,cpu,cpuacct\n" +
		"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n41 31 - cgroup2\n1 2 0:3 relative /x rw - cgroup c rw\n1 2 0:3 / / rw - cgroup3 c rw\n1 2 3 / /x rw - cgroup c rw\n" +
		"41 31 0:38 / /cut rw - cgroup2 none rw")
	want := []groupMount{{controllers: "rw,cpu,cpuacct", root: "/a b", point: "/sys/fs/cgroup/cpu\\x"}, {v2: true, root: "/", point: "/sys/fs/cgroup/unified"}}
	if !reflect.DeepEqual(mounts, want) {
		t.Errorf("got %+v", mounts)
	}
	// Another container's table, seen from outside: what it began with is hidden below what it mounted itself.
	mounts = parseGroupMounts("53 52 0:28 / /sys/fs/cgroup rw - tmpfs t rw\n54 53 0:29 /../.. /sys/fs/cgroup/cpu rw - cgroup c rw,cpu\n" +
		"52 49 0:22 / /sys rw - sysfs s rw\n49 48 254:0 / / rw - ext4 a rw\n" +
		"80 53 0:60 / /sys/fs/cgroup rw - tmpfs t rw\n81 80 0:29 / /sys/fs/cgroup/cpu rw - cgroup c rw,cpu\n" +
		"90 49 0:22 / /late/low rw - cgroup c rw,pids\n91 49 0:22 / /late rw - tmpfs t rw\n" +
		"95 95 0:22 / /loop rw - cgroup c rw,memory\n96 49 0:1 / /m rw - cgroup2 c rw\n97 96 0:1 / /m rw - tmpfs  rw\n")
	want = []groupMount{{controllers: "rw,cpu", root: "/", point: "/sys/fs/cgroup/cpu"}, {controllers: "rw,memory", root: "/", point: "/loop"}}
	if !reflect.DeepEqual(mounts, want) {
		t.Errorf("got %+v", mounts)
	}
	for _, test := range []struct{ root, where, want string }{
		{"/", "/", "/m"}, {"/", "/a", "/m/a"}, {"/a", "/a", "/m"}, {"/a", "/a/b", "/m/b"}, {"/a", "/ab", ""}, {"/a", "/", ""},
		{"/", "/../x", ""}, {"/../x", "/../x", "/m"}, {"/../x", "/../x/y", "/m/y"}, {"/a", "/a/../b", ""},
	} {
		got := dirOf("", groupPaths{"": test.where}, []groupMount{{v2: true, root: test.root, point: "/m"}})
		if got.dir != test.want {
			t.Errorf("%s in %s is %q, want %q", test.where, test.root, got.dir, test.want)
		}
	}
	if got := (groupDir{dir: "/m/a/b", top: "/m"}).levels(); strings.Join(got, " ") != "/m/a/b /m/a /m" {
		t.Errorf("levels %v", got)
	}
	if got := (groupDir{dir: "/m" + strings.Repeat("/a", 100), top: "/m"}).levels(); len(got) != mostLevels {
		t.Errorf("%d levels", len(got))
	}
}

// However many mounts there are, and however a table is made to be, it takes one look at each.
func TestManyGroupMounts(t *testing.T) {
	thorough(t)
	var many, hostile strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, "%d 27 0:%d / /var/lib/kubelet/pods/%d/volumes/a rw,relatime shared:1 - tmpfs tmpfs rw\n", 100+i, i, i)
	}
	for i := range mostGroupMounts {
		fmt.Fprintf(&many, "%d 27 0:28 / /sys/fs/cgroup/%d rw - cgroup cgroup rw,cpu\n", 10000+i, i)
	}
	for i := 0; hostile.Len() < longestMountTable; i++ {
		fmt.Fprintf(&hostile, "%d %d 0:1 / /a%d - cgroup c rw\n", i+1, i, i)
		fmt.Fprintf(&hostile, "%d %d 0:1 / /b%s/c rw - cgroup2 c rw\n", i+1, i, strings.Repeat("/a", i%1500))
	}
	for name, table := range map[string]string{"many": many.String(), "hostile": hostile.String()} {
		least := time.Hour
		for range 3 {
			start := time.Now()
			mounts := parseGroupMounts(table)
			least = min(least, time.Since(start))
			if name == "many" && len(mounts) != mostGroupMounts {
				t.Fatalf("%d mounts", len(mounts))
			}
		}
		t.Log(name, least)
		if least > 50*time.Millisecond {
			t.Errorf("%s: took %v", name, least)
		}
	}
}

// fuzzNumbers has every file of a group be anything, twice.
func fuzzNumbers(f *testing.F, parse func(*groupNumbers, []byte), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s), []byte(s))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var before, after [2]groupNumbers
		for i := range before {
			parse(&before[i], a)
			parse(&after[i], b)
		}
		var g Cgroup
		cgroupOf(&g, before[:], after[:], 1e9)
		checkNumbers(t, g)
		if g.CPU.value > mostProcessors || g.Throttled.value > 1 || g.CPULimit.value > mostProcessors || g.CPUs.value > mostProcessors ||
			g.Memory.value > noLimit || g.MemoryLimit.value > noLimit || g.WorkingSet.value > g.Memory.value || g.MemoryPressed.value > 1 {
			t.Errorf("%+v", g)
		}
	})
}

func FuzzMemoryStat(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		parseMemoryStat1(n, b)
		parseMemoryStat2(n, b)
		n.memory = parseSize(b)
	}, memoryStat2, aGroup1["root/sys/fs/cgroup/memory/a/memory.stat"], "anon 99999999999999999999\nfile")
}

func FuzzMemoryEvents(f *testing.F) {
	fuzzNumbers(f, parseMemoryEvents, aGroup2["memory.events"], "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
}

func FuzzCPUMax(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		n.cpuLimit, n.memoryLimit, n.memoryHigh = parseCPUMax(b), parseLimit(b), parseLimit(b)
	}, "max 100000\n", "50000 100000\n", "7\n")
}

func FuzzGroupCPU(f *testing.F) {
	fuzzNumbers(f, parseGroupCPU, aGroup2["cpu.stat"], "nr_periods 1\nnr_throttled 2\nthrottled_time 3\n")
}

func FuzzIOStat(f *testing.F) {
	skip := func(b []byte) bool { return string(b) == "7:0" }
	fuzzNumbers(f, func(n *groupNumbers, b []byte) {
		n.read, n.written = parseIOStat(b, skip)
		n.read, _ = parseThrottleBytes(b, skip)
	}, aGroup2["io.stat"], "8:0 Read 5\n8:0 Write 6\nTotal 11\n", "7:0 rbytes=1\n")
}

func FuzzProcessorList(f *testing.F) {
	fuzzNumbers(f, func(n *groupNumbers, b []byte) { n.cpus = parseProcessorList(b) }, "0-3,8\n", "0\n", ",-\n")
}

func FuzzGroupPlaces(f *testing.F) {
	for _, tr := range []tree{aContainer2, aGroup1} {
		f.Add([]byte(tr["proc/self/cgroup"]), tr["proc/self/mountinfo"])
	}
	f.Add([]byte("0::/../x\n"), mount2("/../x", "/m\\040"))
	f.Fuzz(func(t *testing.T, cgroup []byte, mountinfo string) {
		paths, mounts := parseGroupPaths(cgroup), parseGroupMounts(mountinfo)
		id := identityOf(paths)
		place := groupPlaceOf(paths, mounts)
		for _, d := range append(place.v1(), &place.v2) {
			if d.dir == "" {
				continue
			}
			if levels := d.levels(); len(levels) == 0 || len(levels) < mostLevels && levels[len(levels)-1] != d.top || !strings.HasPrefix(d.dir, d.top) {
				t.Errorf("%+v has %q above", d, levels)
			}
		}
		for _, name := range []string{nameOfGroup(id.key), id.name} {
			if clean(name) != name {
				t.Errorf("called %q", name)
			}
		}
		for _, where := range paths {
			name, of, ok := groupContainer(where)
			if _, container := placeOfPath(where); name != container || ok != (name != "") || !strings.HasPrefix(where, of) {
				t.Errorf("%q: its group is %q's, its process %q's", where, name, container)
			}
		}
		mountedContainer(mountinfo)
		lxcfsFiles(mountinfo)
	})
}
