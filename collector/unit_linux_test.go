package collector

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// aSystemd2 has n services of version 2, of which the last uses most memory.
func aSystemd2(n int) tree {
	tr := tree{
		"sys/fs/cgroup/cgroup.controllers":                                                                "cpu memory\n",
		"sys/fs/cgroup/init.scope/cpu.stat":                                                               "usage_usec 1\n",
		"sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cpu.stat":                             "usage_usec 5\n",
		"sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/cpu.stat":         "usage_usec 5\n",
		"sys/fs/cgroup/system.slice/system-getty.slice/getty@tty1.service/cpu.stat":                       "usage_usec 1\n",
		"sys/fs/cgroup/a.slice/b.slice/c.slice/d.slice/e.slice/f.slice/g.slice/too-deep.service/cpu.stat": "usage_usec 1\n",
		"sys/fs/cgroup/system.slice/boot.mount/cpu.stat":                                                  "usage_usec 1\n",
		"sys/fs/cgroup/system.slice/dev-disk-by\\x2dlabel\\x1b.service/cpu.stat":                          "usage_usec 1\n",
		"sys/fs/cgroup/system.slice/_cgroup.service/cpu.stat":                                             "usage_usec 1\n",
	}
	for i := range n {
		dir := fmt.Sprintf("sys/fs/cgroup/system.slice/s%03d.service/", i)
		tr[dir+"cpu.stat"] = "usage_usec 1000\nuser_usec 1\nsystem_usec 1\n"
		tr[dir+"memory.current"] = fmt.Sprintf("%d\n", 1000+i)
		tr[dir+"pids.current"] = "3\n"
		tr[dir+"io.stat"] = "8:0 rbytes=100 wbytes=100\n"
		tr[dir+"memory.events"] = "oom 1\noom_kill 2\n"
	}
	return tr
}

func TestUnits2(t *testing.T) {
	t.Parallel()
	r := aSystemd2(30).write(t)
	s := unitSource(r)
	first := read(t, s).Units
	if first.Total != 35 || len(first.Top) != topUnits || first.Top[0].CPU.known {
		t.Errorf("first %+v", first)
	}
	time.Sleep(20 * time.Millisecond)
	tree{
		"sys/fs/cgroup/system.slice/s007.service/cpu.stat": "usage_usec 6000\n",
		"sys/fs/cgroup/system.slice/s029.service/cpu.stat": "usage_usec 3000\n",
		"sys/fs/cgroup/system.slice/s029.service/io.stat":  "8:0 rbytes=1100 wbytes=100\n",
		"sys/fs/cgroup/system.slice/s028.service/cpu.stat": "usage_usec 30\n", // made anew
	}.over(t, r)
	got := read(t, s).Units
	checkNumbers(t, got)
	if len(got.Top) != topUnits || got.Top[0].Name != "s007.service" || got.Top[1].Name != "s029.service" {
		t.Fatalf("got %+v", got)
	}
	if u := got.Top[1]; u.Memory != Known(1029) || u.Tasks != Known(3) || u.OOMKills != Known(2) || u.WriteRate != Known(0) || u.ReadRate.value <= 0 ||
		u.CPU.value <= 0 || u.CPU.value > 0.1 || got.Top[0].CPU.value < 2.4*u.CPU.value {
		t.Errorf("got %+v", u)
	}
	i := slices.IndexFunc(got.Top, func(u Unit) bool { return u.Name == "s028.service" })
	if i < 0 || got.Top[i].CPU.known {
		t.Errorf("a service made anew: %d in %+v", i, got.Top)
	}

	if err := os.RemoveAll(r.ofSys("fs/cgroup/system.slice")); err != nil {
		t.Fatal(err)
	}
}

// The bytes of a unit that was not among the top for a while are not what it moves now.
func TestUnitShownAgain(t *testing.T) {
	t.Parallel()
	r := aSystemd2(30).write(t)
	s := unitSource(r)
	const dir = "sys/fs/cgroup/system.slice/s000.service/"
	usage := 1000
	readRate := func(big bool) Number {
		memory := "1\n"
		if big {
			memory = "9999999\n"
		}
		usage += 1000
		tree{dir + "memory.current": memory, dir + "io.stat": fmt.Sprintf("8:0 rbytes=%d wbytes=1\n", usage)}.over(t, r)
		time.Sleep(time.Millisecond)
		for _, u := range read(t, s).Units.Top {
			if u.Name == "s000.service" {
				return u.ReadRate
			}
		}
		if big {
			t.Fatal("not shown")
		}
		return Number{}
	}
	readRate(true)
	if !readRate(true).known {
		t.Error("shown twice: no rate")
	}
	readRate(false)
	if !readRate(true).known {
		t.Error("not shown once: no rate")
	}
	for range longestUnshown {
		readRate(false)
	}
	if v := readRate(true); v.known {
		t.Errorf("not shown for a while: %v", v)
	}
	if !readRate(true).known {
		t.Error("shown again: no rate")
	}
}

func TestUnitsComeAndGo(t *testing.T) {
	r := aSystemd2(0).write(t)
	reader := newUnitReader(r)
	s := Source{Read: reader.read}
	names := func() string {
		var list []string
		for _, u := range read(t, s).Units.Top {
			list = append(list, u.Name)
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	if got := names(); got != "cgroup.service dev-disk-by-label\ufffd.service getty@tty1.service init.scope user@1000.service" {
		t.Errorf("got %s", got)
	}
	aSystemd2(1).over(t, r)
	if got := names(); strings.Contains(got, "s000") {
		t.Errorf("the list was made again: %s", got)
	}
	reader.kept.keep = false // a file of a made-up host can be read when it is gone
	for _, u := range reader.units {
		u.cpu.close()
	}
	os.RemoveAll(r.ofSys("fs/cgroup/init.scope"))
	if got := names(); strings.Contains(got, "init.scope") || reader.total != 5 || !reader.stale {
		t.Errorf("got %s", got)
	}
	if got := names(); !strings.Contains(got, "s000") || reader.total != 5 {
		t.Errorf("the list was not made again: %s, %d", got, reader.total)
	}
	os.RemoveAll(r.ofSys("fs"))
	read(t, s)
	if part, err := s.Read(t.Context()); part != nil || !isMissing(err) {
		t.Errorf("got %v, %v", part, err)
	}
}

func TestUnits1(t *testing.T) {
	for name, tr := range map[string]tree{
		"version 1": {
			"sys/fs/cgroup/cpu,cpuacct/system.slice/a.service/cpuacct.usage": "5\n",
		},
		"hybrid": {
			"sys/fs/cgroup/unified/system.slice/a.service/cpu.stat": "usage_usec 5\n",
		},
	} {
		r := tr.and(tree{
			"sys/fs/cgroup/systemd/system.slice/a.service/notify_on_release":             "0\n",
			"sys/fs/cgroup/systemd/system.slice/b.service/notify_on_release":             "0\n",
			"sys/fs/cgroup/memory/system.slice/a.service/memory.usage_in_bytes":          "900\n",
			"sys/fs/cgroup/memory/system.slice/a.service/memory.oom_control":             "oom_kill 1\n",
			"sys/fs/cgroup/pids/system.slice/a.service/pids.current":                     "4\n",
			"sys/fs/cgroup/blkio/system.slice/a.service/blkio.throttle.io_service_bytes": "8:0 Read 5\n",
		}).write(t)
		s := unitSource(r)
		read(t, s)
		got := read(t, s).Units
		want := Unit{Name: "a.service", CPU: Known(0), Memory: Known(900), Tasks: Known(4), OOMKills: Known(1), ReadRate: Known(0), WriteRate: Known(0)}
		if len(got.Top) == 0 || got.Top[0] != want {
			t.Errorf("%s: got %+v", name, got)
		}
		if name == "version 1" && (got.Total != 2 || len(got.Top) != 2 || got.Top[1] != (Unit{Name: "b.service"})) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestNoUnits(t *testing.T) {
	s := unitSource(tree{"sys/": "", "root/": ""}.write(t))
	for range 2 {
		if part, err := s.Read(t.Context()); part != nil || !isMissing(err) || err.Error() != "no systemd units in the control groups" {
			t.Errorf("got %v, %v", part, err)
		}
	}
}

func TestManyUnits(t *testing.T) {
	thorough(t)
	tr := tree{"sys/fs/cgroup/cgroup.controllers": "cpu\n"}
	for i := range mostUnits + 50 {
		tr[fmt.Sprintf("sys/fs/cgroup/system.slice/s%04d.service/cpu.stat", i)] = "usage_usec 1\n"
	}
	reader := newUnitReader(tr.write(t))
	got := read(t, Source{Read: reader.read}).Units
	if got.Total != mostUnits+50 || len(reader.units) != mostUnits {
		t.Errorf("%d in all, %d read", got.Total, len(reader.units))
	}
	kept := 0
	for _, u := range reader.units {
		if u.cpu.file != nil {
			kept++
		}
	}
	if kept != keptUnits {
		t.Errorf("%d kept open", kept)
	}
}

func TestUnitsAllocate(t *testing.T) {
	s := unitSource(aSystemd2(keptUnits / 4).write(t))
	read(t, s)
	read(t, s)
	if n := testing.AllocsPerRun(20, func() {
		if _, err := s.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUnits(b *testing.B) {
	s := unitSource(aSystemd2(100).write(b))
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzUnitName(f *testing.F) {
	for _, s := range []string{"a.service", "dev-disk-by\\x2dlabel.service", "_cgroup.x", "\\x", "\\xzz.scope", "\\x5cx2d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := unitName(s)
		if len(got) > len(s) || !strings.Contains(s, "\\x") && got != strings.TrimPrefix(s, "_") {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}
