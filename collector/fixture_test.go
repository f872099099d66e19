package collector

import (
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tree is a made-up host: the content of files by path, below "proc", "sys", "etc" and "root". A path that ends in a
// slash is a directory.
type tree map[string]string

// write puts the tree under a new directory and returns where it is.
func (tr tree) write(t testing.TB) roots {
	t.Helper()
	root := inMemory(t)
	at := func(below string) string { return filepath.Join(root, below) }
	r := roots{proc: at("proc"), sys: at("sys"), etc: at("etc"), root: at("root")}
	tr.over(t, r)
	return r
}

// inMemory is a directory of a test, where a thousand small files cost least.
func inMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "collector-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// over writes the tree over one that has been written: a file there gets other content and stays the same file, as
// one of the kernel's does.
func (tr tree) over(t testing.TB, r roots) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the host is a Linux one")
	}
	root := filepath.Dir(r.proc)
	for name, content := range tr {
		path := filepath.Join(root, filepath.FromSlash(name))
		dir := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			dir = path
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if dir == path {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// thorough leaves a test with thousands of files out of -short.
func thorough(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("thousands of files: not with -short")
	}
}

// cuts is where to tear a text: at each byte, or at some with -short.
func cuts(text string) iter.Seq[int] {
	return func(yield func(int) bool) {
		step := 1
		if testing.Short() {
			step = 11
		}
		for n := 0; n < len(text); n += step {
			if !yield(n) {
				return
			}
		}
	}
}

// with is the tree with other content in one file.
func (tr tree) with(name, content string) tree {
	other := make(tree, len(tr))
	for k, v := range tr {
		other[k] = v
	}
	other[name] = content
	return other
}

// aHost is a small machine: a disk with a partition, a DVD drive, a container, three processes.
var aHost = tree{
	"proc/stat": "cpu  300 0 150 1200 40 0 10 0 0 0\n" +
		"cpu0 100 0 50 400 20 0 10 0 0 0\n" +
		"cpu2 200 0 100 800 20 0 0 0 0 0\n" +
		"intr 1 2 3\nctxt 5\nbtime 1767225600\nprocesses 9\n",
	"proc/uptime":  "3600.50 7000.00\n",
	"proc/loadavg": "0.50 1.25 2.00 3/400 1234\n",
	"proc/meminfo": "MemTotal:       1000 kB\nMemFree:         200 kB\nMemAvailable:    600 kB\nBuffers:          50 kB\n" +
		"Cached:          300 kB\nSwapCached:        0 kB\nShmem:            40 kB\nSReclaimable:     70 kB\nSwapTotal:       400 kB\nSwapFree:        300 kB\n",
	"proc/cpuinfo": "processor\t: 0\nmodel name\t: Test  CPU @ 2.0GHz\n\nprocessor\t: 2\nmodel name\t: Test  CPU @ 2.0GHz\n\n",
	"proc/diskstats": " 254 0 vda 100 0 2000 10 50 0 800 5 0 500 600 0 0 0 0\n" +
		" 254 1 vda1 90 0 1900 10 50 0 800 5 0 500 600 0 0 0 0\n" +
		"   7 0 loop0 5 0 50 1 0 0 0 0 0 1 1 0 0 0 0\n  11 0 sr0 1 0 1 1 0 0 0 0 0 1 1 0 0 0 0\n" +
		" 254 16 vdb 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
	"proc/filesystems":           "nodev\tproc\n\text4\n",
	"proc/1/net/dev":             netDev("1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0", "7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0"),
	"proc/1/mountinfo":           "1 0 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n2 1 0:3 / /proc rw - proc proc rw\n3 1 254:1 /home /srv/my\\040home ro - ext4 /dev/vda1 ro\n",
	"proc/1/stat":                statLine("1 (init) S", 500, 100, 1, 10, 2000),
	"proc/1/status":              "Name:\tinit\nUid:\t0\t0\t0\t0\n",
	"proc/77/stat":               statLine("77 (a) R (b c) R", 5, 5, 4, 3000, 5000),
	"proc/77/status":             "Name:\ta) R (b c\nUid:\t0\t1000\t0\t0\n",
	"proc/88/stat":               "88 (torn) S 1 2",
	"proc/99/":                   "",
	"proc/self/":                 "",
	"sys/block/vda/":             "",
	"sys/block/vdb/":             "",
	"sys/block/loop0/":           "",
	"sys/block/sr0/":             "",
	"sys/block/zram0/":           "",
	"sys/block/dm-0/":            "",
	"sys/block/md127/":           "",
	"sys/class/net/lo/":          "",
	"sys/class/net/eth0/":        "",
	"sys/class/net/eth0/device/": "",
	"etc/os-release":             "PRETTY_NAME=\"Test Linux 1\"\n",
	"etc/passwd":                 "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
	"root/":                      "",
}

func netDev(eth0, lo string) string {
	return "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
		"    lo: " + lo + "\n  eth0: " + eth0 + "\n"
}

// statLine is a line of /proc/PID/stat with head as its first three fields.
func statLine(head string, utime, stime, threads, started, pages uint64) string {
	return fmt.Sprintf("%s 1 7 7 0 -1 4194560 1 2 3 4 %d %d 5 6 20 0 %d 0 %d 99999 %d 18446744073709551615 1 1 0 0 0\n",
		head, utime, stime, threads, started, pages)
}

// read has a source read, and returns a snapshot with its part alone.
func read(t testing.TB, s Source) Snapshot {
	t.Helper()
	part, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var snapshot Snapshot
	part.AddTo(&snapshot)
	return snapshot
}

// checkNumbers walks through everything in v: no float may be NaN, infinite or negative.
func checkNumbers(t *testing.T, v any) {
	t.Helper()
	walk(t, reflect.ValueOf(v), "")
}

func walk(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Float64, reflect.Float32:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			t.Errorf("%s is %g", path, f)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(t, v.Elem(), path)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // its location is the time package's
		}
		for i := range v.NumField() {
			walk(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	}
}
