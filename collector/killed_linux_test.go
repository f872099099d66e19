package collector

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A kernelLog is read as /dev/kmsg is: a record at a time, and nothing when there is none.
type kernelLog struct{ *os.File }

func newKernelLog(t *testing.T, host roots) kernelLog {
	t.Helper()
	if err := os.MkdirAll(host.ofRoot("dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := host.ofRoot("dev", "kmsg")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return kernelLog{f}
}

func (l kernelLog) says(t *testing.T, text string) {
	t.Helper()
	record := "3,1,2,-;" + text + "\n"
	if _, err := l.WriteString(record + strings.Repeat(" ", longestRecord-len(record))); err != nil { // so that one is read at a time
		t.Fatal(err)
	}
}

func (l kernelLog) kills(t *testing.T, pid int) {
	t.Helper()
	l.says(t, fmt.Sprintf("Out of memory: Killed process %d (x) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB", pid))
}

func TestKilled(t *testing.T) {
	host := tree{"proc/vmstat": aVMStat}.write(t)
	log := newKernelLog(t, host)
	source := pagingSource(host)
	counted := 1
	step := func(what string, more int, want ...int32) {
		t.Helper()
		counted += more
		tree{"proc/vmstat": strings.Replace(aVMStat, "oom_kill 1", fmt.Sprint("oom_kill ", counted), 1)}.over(t, host)
		var got []int32
		for _, k := range read(t, source).Paging.Killed {
			got = append(got, k.PID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	step("before", 0)
	log.says(t, "usb 1-1: new device")
	log.kills(t, 7)
	step("one", 1, 7)
	step("none", 0)
	step("counted, and not written yet", 2)
	log.kills(t, 8)
	step("one of two", 0, 8)
	log.kills(t, 9)
	step("the other", 0, 9)
	step("never written", 1)
	for range looksAgain {
		step("never written", 0)
	}
	log.kills(t, 10) // where the end can be gone to, it would be
	step("not counted", 0)
	if os.Getuid() != 0 { // nothing is kept from root
		other := tree{"proc/vmstat": aVMStat}.write(t)
		tree{"dev/kmsg": "3,1,2,-;"}.over(t, other)
		if err := os.Chmod(other.ofRoot("dev", "kmsg"), 0); err != nil {
			t.Fatal(err)
		}
		if got := read(t, pagingSource(other)).Paging; got.OOMKills != Known(1) {
			t.Errorf("a log that is not for us: got %+v", got)
		}
	}
}
