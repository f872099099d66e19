package collector

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestKernelFile(t *testing.T) {
	host := tree{"proc/x": "one\n"}.write(t)
	f := kernelFile{path: host.ofProc("x")}
	for _, content := range []string{"one\n", "other\n", "", "x", strings.Repeat("y", 4<<10), strings.Repeat("long\n", 10_000), "short\n"} {
		tree{"proc/x": content}.over(t, host)
		if b, err := f.read(); err != nil || string(b) != content {
			t.Errorf("%d bytes: %d bytes, %v", len(content), len(b), err)
		}
	}
	held := f.file
	tree{"proc/x": "again\n"}.over(t, host)
	if b, _ := f.read(); string(b) != "again\n" || f.file != held {
		t.Errorf("%q", b)
	}
}

// A read that fails is tried once with the file opened anew, and then at the next read.
func TestKernelFileComesBack(t *testing.T) {
	host := tree{"proc/x": "one\n"}.write(t)
	f := kernelFile{path: host.ofProc("x")}
	if _, err := f.read(); err != nil {
		t.Fatal(err)
	}
	f.file.Close() // its device is gone
	if b, err := f.read(); err != nil || string(b) != "one\n" {
		t.Errorf("%q, %v", b, err)
	}
	f.file.Close()
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if b, err := f.read(); b != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q, %v", b, err)
		}
	}
	tree{"proc/x": "two\n"}.over(t, host)
	if b, err := f.read(); err != nil || string(b) != "two\n" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestKernelFileIsBounded(t *testing.T) {
	t.Parallel()
	f := kernelFile{path: "/dev/zero"}
	if b, err := f.read(); b != nil || err == nil || !strings.HasSuffix(err.Error(), "does not end") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	f = kernelFile{path: filepath.Dir(f.path)}
	if b, err := f.read(); b != nil || err == nil {
		t.Errorf("a directory: %d bytes, %v", len(b), err)
	}
}

// A prompt file is read without telling the runtime, where it is the kernel's own.
func TestKernelFilePrompt(t *testing.T) {
	host := tree{"proc/x": "one\n"}.write(t)
	f := kernelFile{path: host.ofProc("x"), prompt: true}
	if b, err := f.read(); err != nil || string(b) != "one\n" || f.direct {
		t.Errorf("of a program: %q, %v, direct %t", b, err, f.direct)
	}
	long := 0
	for _, path := range []string{"/proc/version", "/proc/filesystems", "/proc/devices", "/proc/crypto", "/proc/kallsyms"} {
		want, err := os.ReadFile(path)
		if err != nil || len(want) > longestFile/2 {
			continue
		}
		long = max(long, len(want))
		f := kernelFile{path: path, prompt: true}
		is := func() bool {
			b, err := f.read()
			if err != nil || f.direct != (strconv.IntSize == 64) {
				t.Errorf("%s: %v, direct %t", path, err, f.direct)
			}
			return string(b) == string(want)
		}
		for tries := 0; tries < 5 && !is(); tries++ { // it may be another by now
			if want, err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
		if !is() {
			t.Errorf("%s is not what others read", path)
		}
	}
	if long < shortRead {
		t.Skip("no long file here that stays the same")
	}
}

func TestKernelFileAllocations(t *testing.T) {
	f := kernelFile{path: "/proc/vmstat", prompt: true}
	for range 3 {
		if _, err := f.read(); err != nil {
			t.Skip(err)
		}
	}
	if got := testing.AllocsPerRun(100, func() { f.read() }); got != 0 {
		t.Errorf("%g allocations", got)
	}
}
