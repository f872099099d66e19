package collector

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func fullHalf(mount) (usage, error) {
	return usage{total: 100 << 20, used: 50 << 20, available: 40 << 20, free: 50 << 20, inodes: 10, inodesUsed: 5}, nil
}

func TestFilesystemSource(t *testing.T) {
	host := aHost.write(t)
	source := filesystemSourceOf(host, fullHalf)
	s := read(t, source)
	if len(s.Filesystems) != 1 || s.Filesystems[0].Mount != "/" || s.Filesystems[0].Device != "/dev/vda1" || s.Filesystems[0].Used != 50<<20 {
		t.Errorf("got %+v", s.Filesystems)
	}
	if got := hiddenText(s.HiddenMounts); got != "kernel interface (proc, sysfs, cgroup …) 1, bind mount of a filesystem already listed 1" {
		t.Errorf("hidden %s", got)
	}
	checkNumbers(t, s)
	for _, step := range []struct{ mountinfo, want, err string }{
		{"1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:2 / /b rw - ext4 /dev/sdb rw\n", "/ /b", "<nil>"},
		{"1 0 8:1 / / rw - ext4 /dev/sda rw\nnonsense\n", "/", "lines of mountinfo that are not as documented: 1"},
		{"", "", "read mounts: mountinfo is empty"},
		{"nonsense\n", "", "read mounts: lines of mountinfo that are not as documented: 1"},
		{"1 0 8:1 / / rw - ext4 /dev/sda rw\n", "/", "<nil>"},
	} {
		tree{"proc/1/mountinfo": step.mountinfo}.over(t, host)
		part, err := source.Read(t.Context())
		var s Snapshot
		if part != nil {
			part.AddTo(&s)
		}
		var got []string
		for _, f := range s.Filesystems {
			got = append(got, f.Mount)
		}
		if strings.Join(got, " ") != step.want || fmt.Sprint(err) != step.err {
			t.Errorf("%q: got %v, %v, want %s, %s", step.mountinfo, got, err, step.want, step.err)
		}
	}
	if _, err := filesystemSourceOf(tree{"proc/": ""}.write(t), fullHalf).Read(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "read mounts: open ") {
		t.Errorf("without files: %v", err)
	}
}

// A path that is no directory stood for its filesystem; a directory that it is mounted at takes its place.
func TestSingleFileIsNoFilesystem(t *testing.T) {
	host := tree{"proc/1/mountinfo": "1 0 8:1 / / rw - overlay overlay rw\n2 1 8:2 /c /app.conf rw - ext4 /dev/sdb rw\n3 1 8:2 /v /volumes/data rw - ext4 /dev/sdb rw\n"}.write(t)
	source := filesystemSourceOf(host, func(m mount) (usage, error) {
		if m.path == "/app.conf" {
			return usage{}, errNotADir
		}
		return fullHalf(m)
	})
	for n, want := range []string{"/; bind mount of a filesystem already listed 1, bind mount of a single file 1", "/ /volumes/data; bind mount of a single file 1", "/ /volumes/data; bind mount of a single file 1"} {
		s := read(t, source)
		var got []string
		for _, f := range s.Filesystems {
			got = append(got, f.Mount)
		}
		if got := strings.Join(got, " ") + "; " + hiddenText(s.HiddenMounts); got != want {
			t.Errorf("read %d: got %s, want %s", n, got, want)
		}
	}
}

// The fixture's disk is not the one that its directory is on.
func TestHostRootThatIsNotTheHosts(t *testing.T) {
	var stat unix.Stat_t
	host := tree{"root/d/": "", "root/f": "x"}.write(t)
	if err := unix.Stat(host.root, &stat); err != nil {
		t.Fatal(err)
	}
	here := fmt.Sprintf("%d:%d", unix.Major(uint64(stat.Dev)), unix.Minor(uint64(stat.Dev)))
	for _, tt := range []struct {
		mount mount
		want  error
	}{
		{mount{path: "/", dev: here, fstype: "ext4"}, nil},
		{mount{path: "/d", dev: here, fstype: "ext4"}, nil},
		{mount{path: "/f", dev: here, fstype: "ext4"}, errNotADir},
		{mount{path: "/", dev: "4095:1", fstype: "ext4"}, errElsewhere},
		{mount{path: "/", dev: "4095:1", fstype: "zfs"}, errElsewhere},
		{mount{path: "/none", dev: here, fstype: "ext4"}, os.ErrNotExist},
	} {
		_, err := measureMount(host.ofRoot(tt.mount.path), tt.mount)
		if !errors.Is(err, tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.mount, err, tt.want)
		}
	}
}

// A root that was bound without the mounts below it has directories there, of a filesystem that may be of the same type.
func TestHostRootWithoutItsMounts(t *testing.T) {
	dir := t.TempDir()
	if !mayBeMountRoot("/proc") || !mayBeMountRoot("/nowhere") {
		t.Error("what is mounted, or not to be asked, is taken for no mount")
	}
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, "/proc", 0, 0, &stat); err != nil || stat.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		t.Skip("the kernel does not tell what is mounted")
	}
	if mayBeMountRoot(dir) {
		t.Error("a directory is taken for a mount")
	}
	var full unix.Statfs_t
	if err := unix.Statfs(dir, &full); err != nil {
		t.Fatal(err)
	}
	for _, fstype := range []string{"btrfs", "overlay", "zfs", "bcachefs"} {
		if _, err := measureMount(dir, mount{path: "/data", dev: "0:99", fstype: fstype}); !errors.Is(err, errElsewhere) {
			t.Errorf("%s: got %v", fstype, err)
		}
		if uint32(full.Type) == magicOf(fstype) {
			t.Logf("this is a directory of %s", fstype)
		}
	}
}

func TestMountinfoPath(t *testing.T) {
	root := func(dev string) string { return "1 0 " + dev + " / / rw - ext4 x rw\n" }
	host := tree{"proc/1/mountinfo": root("8:1"), "proc/self/mountinfo": root("0:50")}.write(t)
	if got := mountinfoPath(host); got != host.ofProc("1/mountinfo") {
		t.Errorf("elsewhere: %s", got)
	}
	if got := rootIn(host.ofProc("self/mountinfo")); got != (mountedRoot{"0:50", "/"}) {
		t.Errorf("root %v", got)
	}
	for name, tt := range map[string]struct {
		first string
		want  string
	}{
		"the same root":                 {root("0:50"), "1"},
		"another root":                  {root("8:1"), "self"},
		"another directory of the same": {"1 0 0:50 /a / rw - ext4 x rw\n", "self"},
		"another one on top":            {root("0:50") + root("8:1"), "self"},
		"no root":                       {"", "self"},
	} {
		host := tree{"proc/1/mountinfo": tt.first, "proc/self/mountinfo": root("0:50")}.write(t)
		first, own := host.ofProc("1/mountinfo"), host.ofProc("self/mountinfo")
		if got := mountsOfOurRoot(first, own); got != host.ofProc(tt.want, "mountinfo") {
			t.Errorf("%s: %s", name, got)
		}
		if got := mountsOfOurRoot(host.ofProc("2/mountinfo"), own); got != own {
			t.Errorf("without process 1: %s", got)
		}
	}
	if got := mountinfoPath(hostRoots()); !strings.HasPrefix(got, "/proc/") {
		t.Errorf("here: %s", got)
	}
}

// This machine's mounts are read once, and not again until they change.
func TestMountFileIsReadWhenItChanges(t *testing.T) {
	f := mountFile{file: kernelFile{path: "/proc/self/mountinfo"}}
	now := time.Now()
	text, changed, err := f.read(now)
	if err != nil || !changed || text == "" {
		t.Fatalf("%d bytes, %t, %v", len(text), changed, err)
	}
	if f.own == nil {
		t.Skip("the kernel does not tell")
	}
	if _, changed, err = f.read(now.Add(time.Second)); changed || err != nil {
		t.Skipf("changed %t, %v: somebody mounts", changed, err)
	}
	if _, changed, err = f.read(now.Add(mountsFor)); !changed || err != nil {
		t.Errorf("after a long time: changed %t, %v", changed, err)
	}
	f.forget()
	if _, changed, err = f.read(now); !changed || err != nil {
		t.Errorf("forgotten: changed %t, %v", changed, err)
	}
}

func BenchmarkFilesystems(b *testing.B) {
	source := filesystemSource(hostRoots())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Read(b.Context()); err != nil {
			b.Log(err)
		}
	}
}
