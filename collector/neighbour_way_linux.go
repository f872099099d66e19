package collector

import (
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// A guardedWay opens files of control groups below another process's root. Whoever runs there decides what is found:
// links that lead out of it, pipes that nobody writes to, files without an end. So no link is followed, nothing is
// waited for, and what is not on a file system of control groups is not read. A file system of theirs that does not
// answer can still hold up the source: the collector gets on without it.
type guardedWay struct {
	isGroupFS func(fd int) bool
	root      int    // open from enter to leave
	dir       string // the directory last gone to; "" is none
	fd        int    // of dir
}

var errNotGroupFS = errors.New("not on a file system of control groups")

func (w *guardedWay) enter(root string) error {
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	w.root, w.dir = fd, ""
	return err
}

func (w *guardedWay) leave() {
	w.forget()
	unix.Close(w.root)
}

func (w *guardedWay) forget() {
	if w.dir != "" {
		unix.Close(w.fd)
		w.dir = ""
	}
}

// open is for reading.
func (w *guardedWay) open(file string) (int, error) {
	dir, name := path.Split(file)
	if dir != w.dir {
		w.forget()
		fd, err := w.walk(dir)
		if err != nil {
			return -1, err
		}
		w.dir, w.fd = dir, fd
	}
	fd, err := unix.Openat(w.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if !w.isGroupFS(fd) {
		unix.Close(fd)
		return -1, errNotGroupFS
	}
	return fd, nil
}

// walk goes one directory at a time: O_NOFOLLOW is about the last one only.
func (w *guardedWay) walk(dir string) (int, error) {
	if strings.Contains(dir, "/../") {
		return -1, errNotGroupFS
	}
	fd := w.root
	for name := range strings.SplitSeq(dir, "/") {
		if name == "" {
			continue
		}
		next, err := unix.Openat(fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if fd != w.root {
			unix.Close(fd)
		}
		if err != nil {
			return -1, err
		}
		fd = next
	}
	if fd == w.root {
		return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	}
	if !w.isGroupFS(fd) {
		unix.Close(fd)
		return -1, errNotGroupFS
	}
	return fd, nil
}

func isGroupFS(fd int) bool {
	var stat unix.Statfs_t
	if err := unix.Fstatfs(fd, &stat); err != nil {
		return false
	}
	return uint32(stat.Type) == unix.CGROUP2_SUPER_MAGIC || uint32(stat.Type) == unix.CGROUP_SUPER_MAGIC
}
