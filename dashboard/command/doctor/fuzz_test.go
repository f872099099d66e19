package doctor

import (
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
)

// read are the files that checks read, with what stands there on some hosts.
func read() map[string][]string {
	return map[string][]string{
		"proc/self/mountinfo":               {"22 27 0:20 / /proc rw - proc proc rw,gid=4,hidepid=invisible\n", "1 1 0:1 / / rw - overlay overlay rw\n", " - \n - proc\n1 2 3 4 /proc - proc x", ""},
		"proc/self/limits":                  {"Max open files            1024                 4096               files\n", "Max open files 1 unlimited", "Max open files 1", "Max open files 1 99999999999999999999\n"},
		"proc/self/cgroup":                  {"4:cpu,memory:/d\n1:name=systemd:/d\n", "0::/../../x\n", "0::", ":::\n::\n:\n", "4:memory:" + strings.Repeat("/a", 100)},
		"proc/1/io":                         {"", "rchar: 1\n"},
		"proc/1/environ":                    {"container=docker\x00", "container=\x1b]0;x\a\nok  all is well", "container=\xff"},
		"proc/pressure/memory":              {"", "some\n"},
		"proc/sys/kernel/io_uring_disabled": {"2\n", "\x1b[2J"},
		"sys/fs/cgroup/cgroup.controllers":  {"", "cpu\n", "cpu memory"},
		"sys/fs/cgroup/memory.max":          {"1000\n", "-1", "18446744073709551616", "max\n"},
		"sys/fs/cgroup/system.slice/fivewire.service/memory.max": {"1000\n", ""},
	}
}

// Whatever is in a file that a check reads, there is one finding of each check, of a state that there is, on one line
// that a terminal takes for text, with a hint where it is not ok.
func FuzzFiles(f *testing.F) {
	names := slices.Sorted(maps.Keys(read()))
	for i, name := range names {
		for _, content := range read()[name] {
			f.Add(uint8(i), content)
		}
	}
	whole := len(Examine(made(f, nil)))
	f.Fuzz(func(t *testing.T, which uint8, content string) {
		if content == "-" { // which takes it away
			return
		}
		host := made(t, map[string]string{names[int(which)%len(names)]: content})
		host.Ring = func() error { return syscall.EPERM }
		findings := Examine(host)
		if len(findings) != whole {
			t.Errorf("%d findings of %d", len(findings), whole)
		}
		for _, f := range findings {
			known := f.State == OK || f.State == Warn || f.State == Fail
			odd := func(r rune) bool { return !unicode.IsPrint(r) }
			if !known || f.Text == "" || (f.Hint == "") != (f.State == OK) || strings.ContainsFunc(f.Text+f.Hint, odd) {
				t.Errorf("got %+q", f)
			}
		}
	})
}
