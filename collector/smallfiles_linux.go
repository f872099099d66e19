package collector

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// smallFiles reads files that are read seldom, but for each of many devices, and lists directories: without allocating,
// and without the runtime's poller, which would wait for a driver that says to try again. What it returns is good until
// its next call. The zero value works.
type smallFiles struct {
	path  []byte
	buf   []byte
	short error // of a call since shortage was asked for
}

// shortage is an error when one of the calls since the last one of this could not look, for want of a descriptor or of
// memory: what they have said of what is there is worth nothing.
func (s *smallFiles) shortage() error {
	short := s.short
	s.short = nil
	return short
}

func (s *smallFiles) note(errno unix.Errno) {
	if isShort(errno) {
		s.short = errno
	}
}

// pathOf joins the elements, with a zero byte behind.
func (s *smallFiles) pathOf(elem []string) []byte {
	s.path = s.path[:0]
	for i, e := range elem {
		if i > 0 {
			s.path = append(s.path, '/')
		}
		s.path = append(s.path, e...)
	}
	s.path = append(s.path, 0)
	return s.path
}

func (s *smallFiles) buffer() []byte {
	if s.buf == nil {
		s.buf = make([]byte, 4<<10) // no attribute of sysfs has more
	}
	return s.buf
}

// read returns what a file has, nothing where it cannot be read.
func (s *smallFiles) read(elem ...string) []byte {
	b, errno := readAt(unix.AT_FDCWD, s.pathOf(elem), s.buffer())
	s.note(errno)
	return b
}

// exists tells whether there is such a file.
func (s *smallFiles) exists(elem ...string) bool {
	fd, errno := openAt(unix.AT_FDCWD, s.pathOf(elem), unix.O_PATH)
	s.note(errno)
	if errno != 0 {
		return false
	}
	unix.Close(fd)
	return true
}

// list calls yield with each name in a directory, until it returns false. ok is false where it cannot be read.
func (s *smallFiles) list(yield func(name []byte) bool, elem ...string) (ok bool) {
	fd, errno := openAt(unix.AT_FDCWD, s.pathOf(elem), unix.O_RDONLY|unix.O_DIRECTORY)
	s.note(errno)
	if errno != 0 {
		return false
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Getdents(fd, s.buffer())
		switch {
		case err == unix.EINTR:
		case err != nil:
			return false
		case n <= 0 || !eachEntry(s.buf[:min(n, len(s.buf))], yield):
			return true
		}
	}
}

// eachEntry calls yield with the names in what getdents64(2) returns, but for "." and "..", until it returns false:
// entries of an inode number and an offset of 8 bytes each, the length of the entry in 2, a type in 1, and the name with
// a zero behind it.
func eachEntry(entries []byte, yield func(name []byte) bool) bool {
	const header = 19
	for len(entries) > header {
		length := int(binary.NativeEndian.Uint16(entries[16:]))
		if length <= header || length > len(entries) {
			break
		}
		name := entries[header:length]
		entries = entries[length:]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		if string(name) != "." && string(name) != ".." && !yield(name) {
			return false
		}
	}
	return true
}
