package collector

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestRealMounts mounts for real, where it may: in a process with mounts of its own, which end with it.
func TestRealMounts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("makes namespaces and filesystems")
	}
	const child = "FIVEWIRE_TEST_MOUNTS"
	if os.Getenv(child) != "" {
		realMounts(t, os.Getenv(child))
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestRealMounts$", "-test.v")
	cmd.Env = append(os.Environ(), child+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Unshareflags: syscall.CLONE_NEWNS}
	out := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Skipf("no namespaces here: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v", err)
	}
	t.Log(out)
}

// realMounts is process 1 of its own.
func realMounts(t *testing.T, dir string) {
	mount := func(device, path, fstype string, flags uintptr, options string) {
		t.Helper()
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(device, path, fstype, flags, options); err != nil {
			t.Skipf("mount %s at %s: %v", fstype, path, err)
		}
	}
	mount("proc", "/proc", "proc", 0, "")
	at := func(name string) string { return filepath.Join(dir, name) }

	r := hostRoots()
	source := filesystemSource(r)
	find := func(path string) (f Filesystem, hidden map[string]int, err error) {
		t.Helper()
		part, err := source.Read(t.Context())
		if part == nil {
			t.Fatal(err)
		}
		var s Snapshot
		part.AddTo(&s)
		hidden = make(map[string]int)
		for _, h := range s.HiddenMounts {
			hidden[h.Reason] = h.Count
		}
		for _, f := range s.Filesystems {
			if f.Mount == path {
				return f, hidden, err
			}
		}
		return Filesystem{}, hidden, err
	}
	root, before, err := find("/")
	if root.Total == 0 || err != nil {
		t.Errorf("root %+v, %v", root, err)
	}

	// Memory, with a blank in its path, and seen as soon as it is there.
	mount("mem", at("a b"), "tmpfs", 0, "size=32m,nr_inodes=100")
	if err := os.WriteFile(at("a b/file"), make([]byte, 5<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	mem, hidden, err := find(at("a b"))
	want := Filesystem{Mount: at("a b"), Device: "mem", Type: "tmpfs", Total: 32 << 20, Used: 5 << 20, Available: 27 << 20, Free: 27 << 20,
		UsedRatio: Known(5.0 / 32), InodesTotal: 100, InodesUsed: 2, InMemory: true}
	if mem != want || err != nil {
		t.Errorf("got  %+v, %v\nwant %+v", mem, err, want)
	}
	if len(hidden) != len(before) {
		t.Errorf("hidden %v, before %v", hidden, before)
	}

	// Somewhere else too, a part of it read-only, a file of it over a file: one filesystem.
	mount(at("a b"), at("longer path"), "", unix.MS_BIND, "")
	if err := os.WriteFile(at("f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(at("a b/file"), at("f"), "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if _, hidden, _ = find(at("f")); hidden[hiddenBind.String()] != before[hiddenBind.String()]+2 {
		t.Errorf("hidden %v, want 2 bind mounts more than %v", hidden, before)
	}
	if file, hidden, _ := find(at("f")); file.Total != 0 || hidden[hiddenFile.String()] != before[hiddenFile.String()]+1 {
		t.Errorf("the file is %+v, hidden %v", file, hidden)
	}
	if mem, _, _ = find(at("a b")); mem.Total != 32<<20 {
		t.Errorf("the directory is %+v", mem)
	}

	// Covered, and uncovered.
	mount("over", at("a b"), "tmpfs", 0, "size=64m")
	if mem, hidden, _ = find(at("a b")); mem.Total != 64<<20 || mem.Device != "over" {
		t.Errorf("covered: %+v, hidden %v", mem, hidden)
	}
	if err := unix.Unmount(at("a b"), 0); err != nil {
		t.Fatal(err)
	}
	if mem, _, _ = find(at("a b")); mem.Total != 32<<20 {
		t.Errorf("uncovered: %+v", mem)
	}

	// Seen through another root, which has the root's filesystem and not those mounted in it.
	mount("/", at("host"), "", unix.MS_BIND, "")
	r.root = at("host")
	source = filesystemSource(r)
	if mem, hidden, err = find(at("a b")); mem.Total != 0 || hidden[hiddenElsewhere.String()]+hidden[hiddenNotOurs.String()] == 0 || err != nil {
		t.Errorf("through another root: %+v, hidden %v, %v", mem, hidden, err)
	}
	if same, _, _ := find("/"); same.Total != root.Total {
		t.Errorf("through another root: %+v, want %+v", same, root)
	}
	source = filesystemSource(hostRoots())

	// A daemon that does not answer.
	fuse, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	daemon := &daemon{dev: fuse, answer: make(chan bool)}
	mount("hangs", at("fuse"), "fuse.hangs", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fuse))
	go daemon.serve()
	start := time.Now()
	hung, _, err := find(at("fuse"))
	if took := time.Since(start); took < usageTimeout || took > 30*usageTimeout {
		t.Errorf("a mount that hangs took %s", took)
	}
	if !hung.Stale || !hung.Remote || hung.Total != 0 || err == nil || err.Error() != "filesystem "+at("fuse")+": no answer for 1s" {
		t.Errorf("it hangs: %+v, %v", hung, err)
	}
	least := time.Hour // of some: a busy machine may be slow in one
	for range 5 {
		start = time.Now()
		if _, _, err = find("/"); err == nil {
			t.Error("it hangs, and no error")
		}
		least = min(least, time.Since(start))
	}
	if least > usageTimeout/2 {
		t.Errorf("another read takes %s", least)
	}
	daemon.answer <- true
	for range 3000 {
		if hung, _, err = find(at("fuse")); !hung.Stale {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	want = Filesystem{Mount: at("fuse"), Device: "hangs", Type: "fuse.hangs", Total: 1000 * 4096, Used: 600 * 4096, Available: 350 * 4096,
		Free: 400 * 4096, UsedRatio: Known(600.0 / 950), InodesTotal: 50, InodesUsed: 20, Remote: true}
	if hung != want || err != nil {
		t.Errorf("it answers: %+v, %v\nwant %+v", hung, err, want)
	}
	close(daemon.answer)
	source = filesystemSource(hostRoots()) // which asks it at once
	if hung, _, err = find(at("fuse")); !hung.Stale || err == nil {
		t.Errorf("it has ended: %+v, %v", hung, err)
	}
}

// A daemon is a filesystem of one empty directory (linux/fuse.h), which tells how full it is once it may.
type daemon struct {
	dev    int
	answer chan bool // closed: it ends instead
}

func (d *daemon) serve() {
	defer unix.Close(d.dev)
	const forget, getattr, statfs, initialise, interrupt = 2, 3, 17, 26, 36
	le := binary.LittleEndian
	b := make([]byte, 1<<20)
	for {
		n, err := unix.Read(d.dev, b)
		switch {
		case err == unix.EINTR || err == unix.ENOENT:
			continue
		case err != nil || n < 40:
			return
		}
		opcode, unique := le.Uint32(b[4:]), le.Uint64(b[8:])
		var out []byte
		code := int32(0)
		switch opcode {
		case forget, interrupt: // want no answer
			continue
		case getattr:
			out = make([]byte, 104)
			le.PutUint64(out[16:], 1)
			le.PutUint32(out[16+60:], unix.S_IFDIR|0o755)
			le.PutUint32(out[16+64:], 2)
		case statfs:
			if !<-d.answer {
				return
			}
			out = make([]byte, 80)
			for i, v := range []uint64{1000, 400, 350, 50, 30} {
				le.PutUint64(out[8*i:], v)
			}
			le.PutUint32(out[40:], 4096)
			le.PutUint32(out[48:], 4096)
		case initialise:
			out = make([]byte, 64)
			le.PutUint32(out, 7)
			le.PutUint32(out[4:], 31)
			le.PutUint32(out[20:], 1<<16)
		default:
			code = -int32(unix.ENOSYS)
		}
		head := make([]byte, 16, 16+len(out))
		le.PutUint32(head, uint32(16+len(out)))
		le.PutUint32(head[4:], uint32(code))
		le.PutUint64(head[8:], unique)
		if _, err := unix.Write(d.dev, append(head, out...)); err != nil && err != unix.ENOENT {
			return
		}
	}
}
