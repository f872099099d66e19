package collector

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// mountsFor is how long mounts are believed that are not said to have changed: not every kernel says so.
	mountsFor = time.Minute
	// keptBuffer bounds the buffer that is kept between reads, which are rare.
	keptBuffer = 64 << 10
)

// A mountFile is a mountinfo file. The kernel tells when it changes (proc_pid_mounts(5)).
type mountFile struct {
	file  kernelFile
	own   *os.File // what the kernel tells it through; nil: it does not
	parse time.Time
}

// read returns all of the file if it may have changed since the last time.
func (f *mountFile) read(now time.Time) (text string, changed bool, err error) {
	if f.isUnchanged(now) {
		return "", false, nil
	}
	if f.file.file == nil {
		f.open()
	}
	b, err := f.file.read()
	if err != nil {
		return "", false, err
	}
	f.parse = now
	text = string(b)
	if len(f.file.buf) > keptBuffer {
		f.file.buf = nil
	}
	return text, true, nil
}

// open opens the file where the Go runtime does not see it. Else its own polling, which goes on for every file it
// knows, would be what is told.
func (f *mountFile) open() {
	f.own = nil
	fd, err := unix.Open(f.file.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	f.file.file = os.NewFile(uintptr(fd), f.file.path)
	var stat unix.Statfs_t
	if unix.Fstatfs(fd, &stat) == nil && uint32(stat.Type) == unix.PROC_SUPER_MAGIC {
		f.own = f.file.file
	}
}

func (f *mountFile) isUnchanged(now time.Time) bool {
	if f.own == nil || f.own != f.file.file || now.Sub(f.parse) >= mountsFor {
		return false
	}
	poll := []unix.PollFd{{Fd: int32(f.own.Fd()), Events: unix.POLLPRI | unix.POLLERR}}
	_, err := unix.Poll(poll, 0)
	return err == nil && poll[0].Revents&(unix.POLLPRI|unix.POLLERR|unix.POLLNVAL) == 0
}

// forget has the next read return everything.
func (f *mountFile) forget() { f.parse = time.Time{} }

// mountinfoPath is the file with the host's mounts. Process 1 has those, also where the service that this process is
// has been given a tree of its own with some of it hidden; but where process 1 has another root, because this process
// is in a container and process 1 is not, or is in another, its mounts are not at the paths we can see.
func mountinfoPath(r roots) string {
	first, own := r.ofProc("1", "mountinfo"), r.ofProc("self", "mountinfo")
	if r.isElsewhere() || filepath.Clean(r.root) != "/" {
		return first
	}
	return mountsOfOurRoot(first, own)
}

// mountsOfOurRoot is the first of two mountinfo files if it has the root of our own.
func mountsOfOurRoot(first, own string) string {
	theirs, ours := rootIn(first), rootIn(own)
	if none := (mountedRoot{}); theirs == none || ours != none && ours != theirs {
		return own
	}
	return first
}

// rootIn is none where the file cannot be read either.
func rootIn(file string) mountedRoot {
	b, _ := readStart(file, longestFile)
	return rootOf(string(b))
}
