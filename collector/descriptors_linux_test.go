package collector

import (
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// TestDescriptorsRunOut: a program that has used up its descriptors is watched on. What is read on every tick has its
// files open, so it goes on; a source that has to open one is marked, shows what it had, and takes nothing that it
// cannot open for something that is gone; and when there are descriptors again all are well.
func TestDescriptorsRunOut(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another program")
	}
	const child = "COLLECTOR_TEST_DESCRIPTORS"
	if os.Getenv(child) != "" { // the limit is the process's
		synctest.Test(t, descriptorsRunOut)
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestDescriptorsRunOut$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func descriptorsRunOut(t *testing.T) {
	ticks := startTicks(t, time.Second, time.Sleep)
	before := ticks.tick()
	limitDescriptors(t)
	var all descriptors
	var during Snapshot
	for range 2 * 60 { // what is read once a minute, too
		all.take(t) // those that a source has given back, too
		during = ticks.tick()
		checkNumbers(t, during)
	}
	marked := failing(&during)
	t.Logf("marked: %v", during.Sources)
	for _, name := range []string{"cpu", "load", "memory", "paging", "disks", "networks", "pressure", "self", "uptime"} {
		if slices.Contains(marked, name) {
			t.Errorf("%s has its files open, and fails", name)
		}
	}
	for i := range during.Sources {
		if s := &during.Sources[i]; s.Name == "processes" && strings.Contains(s.Error, "open /proc:") {
			t.Errorf("/proc was open, and has been given back: %s", s.Error)
		}
	}
	for _, name := range missingOf(&during) {
		if !slices.Contains(missingOf(&before), name) {
			t.Errorf("%s is taken for missing", name)
		}
	}
	if during.Processes == nil || during.Processes.Total < before.Processes.Total/2 || len(during.Processes.Top) == 0 {
		t.Errorf("got %+v, want about the %d processes there were", during.Processes, before.Processes.Total)
	}
	if len(during.Filesystems) != len(before.Filesystems) {
		t.Errorf("got %d filesystems, want the %d there were", len(during.Filesystems), len(before.Filesystems))
	}
	during.Host.Booted = before.Host.Booted // by the clock of the test
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"host", *during.Host, *before.Host}, {"scopes", during.Scopes, before.Scopes}, {"users", during.Users, before.Users},
		{"hidden mounts", during.HiddenMounts, before.HiddenMounts},
	} {
		if !reflect.DeepEqual(part.got, part.want) {
			t.Errorf("%s: got %+v, want %+v", part.name, part.got, part.want)
		}
	}
	all.give()
	var after Snapshot
	for range 2 * 60 {
		after = ticks.tick()
	}
	if marked := failing(&after); !slices.Equal(marked, failing(&before)) {
		t.Errorf("with descriptors again %v fail, want %v: %v", marked, failing(&before), after.Sources)
	}
	if after.Sockets == nil || !after.Sockets.TCP.Listen.known && before.Sockets.TCP.Listen.known {
		t.Errorf("with descriptors again: got %+v", after.Sockets)
	}
}

// descriptors are all that a process may have, but for those it had.
type descriptors []int

func limitDescriptors(t *testing.T) {
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 256, Max: 256}); err != nil {
		t.Fatal(err)
	}
}

// take leaves none.
func (d *descriptors) take(t *testing.T) {
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EMFILE {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		*d = append(*d, fd)
	}
}

func (d *descriptors) give() {
	for _, fd := range *d {
		unix.Close(fd)
	}
}

func failing(s *Snapshot) []string { return sourcesThat(s, isBlind) }

func missingOf(s *Snapshot) []string {
	return sourcesThat(s, func(s *SourceState) bool { return s.Missing })
}

func sourcesThat(s *Snapshot, is func(*SourceState) bool) (names []string) {
	for i := range s.Sources {
		if is(&s.Sources[i]) {
			names = append(names, s.Sources[i].Name)
		}
	}
	return names
}
