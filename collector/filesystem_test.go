package collector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func TestUsageOf(t *testing.T) {
	for _, tt := range []struct {
		name                                         string
		blocks, free, available, size, inodes, ifree uint64
		want                                         usage
		bad                                          bool
	}{
		{"ext4", 100, 40, 35, 4096, 10, 6, usage{409600, 60 * 4096, 35 * 4096, 40 * 4096, 10, 4}, false},
		{"btrfs", 100, 40, 35, 1, 0, 0, usage{100, 60, 35, 40, 0, 0}, false},
		{"empty", 0, 0, 0, 4096, 0, 0, usage{}, false},
		{"more free than there is", 100, 101, 200, 1, 5, 9, usage{100, 100, 0, 0, 5, 0}, false},
		{"available below zero", 100, 1, math.MaxUint64 - 3, 1, math.MaxUint64, math.MaxUint64, usage{100, 99, 0, 1, 0, 0}, false},
		{"absurd", 1 << 60, 0, 0, 1 << 10, 0, 0, usage{}, true},
		{"large", 1 << 50, 0, 0, 1 << 13, 0, 0, usage{total: 1 << 63, used: 1 << 63}, false},
	} {
		got, err := usageOf(tt.blocks, tt.free, tt.available, tt.size, tt.inodes, tt.ifree)
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
}

func TestFilesystemOf(t *testing.T) {
	// 100 blocks, 5 of them kept for root: df says 60 / (60 + 35) = 63 %.
	got := filesystemOf(mount{path: "/a\nb", device: "/dev/sda1", fstype: "ext4", readOnly: true},
		usage{total: 100, used: 60, available: 35, free: 40, inodes: 10, inodesUsed: 4})
	want := Filesystem{Mount: "/a\uFFFDb", Device: "/dev/sda1", Type: "ext4", Total: 100, Used: 60, Available: 35, Free: 40,
		UsedRatio: Known(60.0 / 95), InodesTotal: 10, InodesUsed: 4, ReadOnly: true}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := filesystemOf(mount{path: "/m", device: "https://me:secret@host/x@y", fstype: "fuse"}, usage{}); got.Device != "https://host/x@y" || !got.Remote {
		t.Errorf("got %+v", got)
	}
	for device, want := range map[string]string{"": "", "server:/x": "server:/x", "a://b": "a://b", "a://u@b": "a://b", "a://u@/c": "a://?/c", "me@host:/": "me@host:/",
		"curlftpfs#ftp://u:p/w@h/x": "curlftpfs#ftp://h/x", "//u:pw@h/share": "//h/share", "u:pw@h:/x": "h:/x", "//h/share@x": "//h/share@x"} {
		if got := withoutUser(device); got != want {
			t.Errorf("%q: got %q, want %q", device, got, want)
		}
	}
}

// A fakeMounts answers by the name of the mount.
type fakeMounts struct {
	free  chan struct{} // closed: what hangs goes on
	asked map[string]*atomic.Int32
	now   atomic.Int32 // asked at this moment
	most  atomic.Int32
}

func (f *fakeMounts) measure(m mount) (usage, error) {
	if n := f.asked[m.path]; n != nil {
		n.Add(1)
	}
	n := f.now.Add(1)
	f.most.Store(max(f.most.Load(), n))
	defer f.now.Add(-1)
	name := strings.TrimPrefix(m.path, "/")
	switch {
	case strings.HasPrefix(name, "dead"):
		<-f.free
	case strings.HasPrefix(name, "slow"):
		time.Sleep(400 * time.Millisecond)
	case name == "theirs":
		return usage{}, syscall.EACCES
	case name == "gone":
		return usage{}, syscall.ENOENT
	case name == "elsewhere":
		return usage{}, errElsewhere
	case name == "broken":
		return usage{}, syscall.EIO
	case name == "throws":
		panic("torn")
	case name == "empty":
		return usage{}, nil
	}
	return usage{total: 100 << 20, used: 5, available: 5}, nil
}

func (f *fakeMounts) reader() *filesystemReader {
	f.free = make(chan struct{})
	return &filesystemReader{usages: usageReader{measure: f.measure}}
}

// of reads mounts by their names; a name may have a type: "dead:nfs". It returns what is shown, "!" marking what is
// stale, what is hidden, the error, and the time it took.
func (f *filesystemReader) of(t *testing.T, names string) (string, time.Duration) {
	t.Helper()
	f.shown = nil
	for _, name := range strings.Fields(names) {
		name, fstype, _ := strings.Cut(name, ":")
		f.shown = append(f.shown, mount{dev: name, path: "/" + name, fstype: fstype})
	}
	start := time.Now()
	part, err := f.part(t.Context())
	took := time.Since(start)
	var got []string
	for _, filesystem := range part.filesystems {
		text := filesystem.Mount
		if filesystem.Stale {
			text += "!"
		}
		if filesystem.Total > 0 {
			text += "+"
		}
		got = append(got, text)
	}
	checkNumbers(t, part.filesystems)
	return fmt.Sprintf("%s; %s; %v", strings.Join(got, " "), hiddenText(part.hidden), err), took
}

func TestDeadMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := fakeMounts{asked: map[string]*atomic.Int32{"/dead": {}}}
		f := fake.reader()
		for _, step := range []struct {
			mounts, want string
			took         time.Duration
		}{
			{"a dead b", "/a+ /dead! /b+; ; filesystem /dead: no answer for 1s", time.Second},
			{"a dead b", "/a+ /dead! /b+; ; filesystem /dead: no answer for 11s", 0}, // not asked again, not waited for
			{"a b", "/a+ /b+; ; <nil>", 0}, // unmounted while it hangs
			{"a dead", "/a+ /dead!; ; filesystem /dead: no answer for 31s", 0},
			{"theirs gone elsewhere a", "/a+; not for us to see 2, not visible from here, another filesystem is at its path 1; <nil>", 0},
			{"a empty small:tmpfs", "/a+ /small+; without a size 1; <nil>", 0},
			{"a broken throws", "/a+ /broken! /throws!; ; filesystem /broken: input/output error; filesystem /throws: panic: torn", 0},
		} {
			if got, took := f.of(t, step.mounts); got != step.want || took != step.took {
				t.Errorf("%s: got %q after %s, want %q after %s", step.mounts, got, took, step.want, step.took)
			}
			time.Sleep(10 * time.Second)
		}
		close(fake.free)
		synctest.Wait()
		if got, took := f.of(t, "a dead"); got != "/a+ /dead+; ; <nil>" || took != 0 {
			t.Errorf("after it came back: %s after %s", got, took)
		}
		if asked := fake.asked["/dead"].Load(); asked != 2 {
			t.Errorf("the dead mount was asked %d times, want 2: when it died, and when it was back", asked)
		}
		// It dies again, and what it said stays.
		fake.free = make(chan struct{})
		if got, _ := f.of(t, "dead"); got != "/dead!+; ; filesystem /dead: no answer for 1s" {
			t.Errorf("after it died again: %s", got)
		}
		close(fake.free)
		synctest.Wait()
	})
}

// stops is a context that has whoever waits for it stand still at first, as a process does that is stopped.
type stops struct {
	context.Context
	once sync.Once
}

func (s *stops) Done() <-chan struct{} {
	s.once.Do(func() { time.Sleep(3 * usageTimeout) })
	return s.Context.Done()
}

// A process that was stopped while mounts answered takes none of them for dead; nor does it wait for ever for one that is.
func TestMountsOfAProcessThatWasStopped(t *testing.T) {
	for range 50 { // which of what is ready is looked at first is not for us to say
		synctest.Test(t, func(t *testing.T) {
			fake := fakeMounts{free: make(chan struct{})}
			u := usageReader{measure: fake.measure}
			start := time.Now()
			states := u.refresh(&stops{Context: t.Context()}, []mount{{dev: "a", path: "/a"}, {dev: "dead", path: "/dead"}})
			took := time.Since(start)
			if a := states[0]; a.waiting || !a.answered || a.err != nil {
				t.Errorf("what has answered: %+v", a)
			}
			if dead := states[1]; !dead.waiting || took != 4*usageTimeout {
				t.Errorf("what has not: %+v, after %s", dead, took)
			}
			close(fake.free)
			synctest.Wait()
		})
	}
}

// Only a bounded number of goroutines is ever lost to dead mounts, and the disks go on.
func TestManyDeadMounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake fakeMounts
		f := fake.reader()
		names := "a b:nfs"
		for i := range 60 {
			names += fmt.Sprintf(" dead%d:nfs", i)
		}
		longest := time.Duration(0)
		var got string
		for range 10 {
			var took time.Duration
			got, took = f.of(t, names)
			longest = max(longest, took)
			if !strings.HasPrefix(got, "/a+ /b+") {
				t.Errorf("got %s", got)
			}
			time.Sleep(10 * time.Second)
		}
		if n := fake.now.Load(); n != mostWaiting-atOnce {
			t.Errorf("%d goroutines wait, want %d", n, mostWaiting-atOnce)
		}
		if longest > usageBatch {
			t.Errorf("a read took %s", longest)
		}
		if !strings.Contains(got, "and 57 more") {
			t.Errorf("error %s", got)
		}
		// Disks that die then are bounded too.
		for i := range 60 {
			names += fmt.Sprintf(" deaddisk%d", i)
		}
		for range 10 {
			got, _ = f.of(t, names)
			time.Sleep(10 * time.Second)
		}
		if n := fake.now.Load(); n != mostWaiting {
			t.Errorf("%d goroutines wait, want %d", n, mostWaiting)
		}
		close(fake.free)
		synctest.Wait()
		for range 10 {
			got, _ = f.of(t, names)
			time.Sleep(10 * time.Second)
		}
		if strings.Contains(got, "!") || !strings.HasSuffix(got, "<nil>") {
			t.Errorf("after they came back: %s", got)
		}
	})
}

func TestFewAreAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake fakeMounts
		f := fake.reader()
		got, took := f.of(t, "slow1 slow2 slow3 slow4 slow5 slow6 slow7 slow8")
		if took != 800*time.Millisecond || fake.most.Load() != atOnce || !strings.HasSuffix(got, "<nil>") {
			t.Errorf("%s after %s, %d at once", got, took, fake.most.Load())
		}
	})
}

func TestRemoteMountsAreAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := fakeMounts{asked: map[string]*atomic.Int32{"/local": {}, "/far": {}}}
		f := fake.reader()
		f.of(t, "local far:nfs")
		time.Sleep(250 * time.Millisecond)
		for range 13 { // at 0.25 s, and then each 10 s until 2 min
			f.of(t, "local far:nfs")
			time.Sleep(9990 * time.Millisecond)
		}
		if local, far := fake.asked["/local"].Load(), fake.asked["/far"].Load(); local != 14 || far != 3 {
			t.Errorf("asked %d and %d times, want 14 and 3", local, far)
		}
	})
}

func TestFew(t *testing.T) {
	a := errors.New("a")
	for n, want := range []string{"<nil>", "a", "a; a", "a; a; a", "a; a; a; and 1 more"} {
		var errs []error
		for range n {
			errs = append(errs, a)
		}
		if got := fmt.Sprint(few(errs)); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func FuzzUsage(f *testing.F) {
	f.Add(uint64(100), uint64(40), uint64(35), uint64(4096), uint64(10), uint64(6))
	f.Add(uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(0))
	f.Fuzz(func(t *testing.T, blocks, free, available, size, inodes, ifree uint64) {
		u, err := usageOf(blocks, free, available, size, inodes, ifree)
		if err == nil && (u.used > u.total || u.free > u.total || u.available > u.total || u.inodesUsed > u.inodes) {
			t.Errorf("%+v", u)
		}
		checkNumbers(t, filesystemOf(mount{}, u))
	})
}
