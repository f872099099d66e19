package collector

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

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
		if mounts := parseGroupMounts(table); name == "many" && len(mounts) != mostGroupMounts {
			t.Fatalf("%d mounts", len(mounts))
		}
		least := leastOf(time.Second, func() { parseGroupMounts(table) })
		t.Log(name, least)
		if least > time.Second {
			t.Errorf("%s: took %v", name, least)
		}
	}
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

// Where a group is, what it is called, and the least limit of it and of those above.
func TestContainerPlaces(t *testing.T) {
	t.Parallel()
	plain2 := tree{"cgroup.events": "populated 1\n", "memory.current": "5\n", "cpu.stat": "usage_usec 1\n"}
	at2 := func(path string, limits ...tree) tree {
		tr := tree{
			"proc/self/cgroup":    "0::" + path + "\n",
			"proc/self/mountinfo": "27 1 254:1 / / rw - ext4 /dev/vda1 rw\n" + mount2("/", "/sys/fs/cgroup"),
		}
		for _, l := range limits {
			maps.Copy(tr, l)
		}
		return tr.and(plain2.below("root/sys/fs/cgroup" + path + "/"))
	}
	limit2 := func(path, name, value string) tree { return tree{"root/sys/fs/cgroup" + path + "/" + name: value} }
	pod := "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0000_4444_8888_aaaabbbbcccc.slice"
	k8s := pod + "/cri-containerd-" + anID + ".scope"
	old := "/kubepods/burstable/pod0a1b2c3d-0000-4444-8888-aaaabbbbcccc/" + anID
	old1 := tree{
		"proc/self/cgroup": "5:memory:" + old + "\n4:cpu,cpuacct:" + old + "\n3:pids:/\n2:cpuset:" + old + "\n1:name=systemd:" + old + "\n",
		"proc/self/mountinfo": mount1("/", "memory") + mount1("/", "cpu,cpuacct") + mount1("/", "pids") + mount1("/", "cpuset") +
			mount1("/", "name=systemd"),
		"root/sys/fs/cgroup/memory" + old + "/memory.usage_in_bytes":                "900\n",
		"root/sys/fs/cgroup/memory" + old + "/memory.stat":                          "cache 1\ntotal_inactive_file 1000\nhierarchical_memory_limit 7000\n",
		"root/sys/fs/cgroup/memory" + old + "/memory.limit_in_bytes":                "9223372036854771712\n",
		"root/sys/fs/cgroup/memory" + filepath.Dir(old) + "/memory.limit_in_bytes":  "8000\n",
		"root/sys/fs/cgroup/cpu,cpuacct" + old + "/cpu.cfs_quota_us":                "-1\n",
		"root/sys/fs/cgroup/cpu,cpuacct" + old + "/cpu.cfs_period_us":               "100000\n",
		"root/sys/fs/cgroup/cpu,cpuacct" + filepath.Dir(old) + "/cpu.cfs_quota_us":  "50000\n",
		"root/sys/fs/cgroup/cpu,cpuacct" + filepath.Dir(old) + "/cpu.cfs_period_us": "100000\n",
		"root/sys/fs/cgroup/pids/release_agent":                                     "",
		"root/sys/fs/cgroup/pids/pids.current":                                      "1234\n",
	}
	for _, test := range []struct {
		name     string
		host     tree
		cgroupns string
		want     Cgroup // of it name, path, version and limits
		missing  string
	}{
		{name: "a host's root", host: tree{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"), "root/sys/fs/cgroup/cpu.stat": "usage_usec 1\n",
		}, missing: "not in a control group of its own"},
		{name: "no control groups", host: tree{"proc/self/status": ""}, missing: "no control groups on this kernel"},
		{name: "not mounted", host: tree{"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": "27 1 0:1 / / rw - ext4 a rw\n"},
			missing: "its control group is not mounted here"},
		{name: "outside", host: at2("/a").with("proc/self/cgroup", "0::/../../other\n").and(plain2.below("root/other/")),
			missing: "its control group is not mounted here"},
		{name: "a terminal without limits", host: at2("/user.slice/user-1000.slice/session-3.scope"),
			missing: "its control group sets no limit, and is no container's"},
		{name: "a service", host: at2("/system.slice/five\\x2dwire.service", limit2("/system.slice/five\\x2dwire.service", "pids.max", "500\n"),
			limit2("/system.slice/five\\x2dwire.service", "memory.max", "6000\n")),
			want: Cgroup{Name: "five-wire.service", Path: "/system.slice/five\\x2dwire.service", Version: "v2", TasksLimit: Known(500), MemoryLimit: Known(6000)}},
		{name: "a namespace without a name", host: at2("/"), cgroupns: "cgroup:[4026532900]", want: Cgroup{Name: "/", Path: "/", Version: "v2"}},
		{name: "limits above", host: at2(k8s, limit2(k8s, "memory.max", "max\n"), limit2(k8s, "cpu.max", "max 100000\n"),
			limit2(pod, "memory.max", "5000\n"), limit2(filepath.Dir(pod), "memory.high", "4000\n"), limit2(pod, "cpu.max", "150000 100000\n"),
			limit2("/kubepods.slice", "cpu.max", "400000 100000\n"), limit2("/kubepods.slice", "cpuset.cpus.effective", "0-1\n"), limit2("", "cpuset.cpus.effective", "0-9\n")),
			want: Cgroup{Name: anID[:12], Path: k8s, Version: "v2", MemoryLimit: Known(5000), MemoryHigh: Known(4000), CPULimit: Known(1.5), CPUs: Known(2)}},
		{name: "rootless podman", host: at2("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + anID + ".scope/container"),
			want: Cgroup{Name: anID[:12], Path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + anID + ".scope/container", Version: "v2"}},
		{name: "LXC", host: at2("/lxc.payload.web/system.slice/fivewire.service"),
			want: Cgroup{Name: "web", Path: "/lxc.payload.web/system.slice/fivewire.service", Version: "v2"}},
		{name: "Docker, version 2, host's namespace", host: at2("/docker/"+anID).with("proc/self/mountinfo", mount2("/docker/"+anID, "/sys/fs/cgroup")).
			and(plain2.below("root/sys/fs/cgroup/")).and(limit2("", "memory.max", "77\n")),
			want: Cgroup{Name: anID[:12], Path: "/docker/" + anID, Version: "v2", MemoryLimit: Known(77)}},
		{name: "Kubernetes, version 1", host: old1,
			want: Cgroup{Name: anID[:12], Path: old, Version: "v1", MemoryLimit: Known(7000), CPULimit: Known(0.5)}},
		{name: "hybrid", host: old1.and(plain2.below("root/sys/fs/cgroup/unified"+old+"/")).
			with("proc/self/cgroup", old1["proc/self/cgroup"]+"0::"+old+"\n").
			with("proc/self/mountinfo", old1["proc/self/mountinfo"]+mount2("/", "/sys/fs/cgroup/unified")),
			want: Cgroup{Name: anID[:12], Path: old, Version: "hybrid", MemoryLimit: Known(7000), CPULimit: Known(0.5)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.host.write(t)
			if test.cgroupns != "" {
				link(t, r, "proc/self/ns/cgroup", test.cgroupns)
			}
			s := containerSource(r)
			for range 3 {
				part, err := s.Read(t.Context())
				if test.missing != "" {
					if part != nil || err == nil || err.Error() != test.missing || !isMissing(err) {
						t.Fatalf("got %v, %v; want %q", part, err, test.missing)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				var snapshot Snapshot
				part.AddTo(&snapshot)
				c := snapshot.Container
				got := Cgroup{Name: c.Name, Path: c.Path, Version: c.Version, CPULimit: c.CPULimit, CPUs: c.CPUs, MemoryLimit: c.MemoryLimit, MemoryHigh: c.MemoryHigh, TasksLimit: c.TasksLimit}
				if got != test.want {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				if test.name == "Kubernetes, version 1" && (c.WorkingSet != Known(0) || c.Tasks.known) {
					t.Errorf("working set %v, want 0; tasks %v, of the whole machine", c.WorkingSet, c.Tasks)
				}
			}
		})
	}
}
