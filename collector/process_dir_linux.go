package collector

import (
	"errors"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A pidDir is /proc, opened once. It reads the small files of processes without allocating. The zero value needs a
// path.
type pidDir struct {
	path string
	file *os.File // the garbage collector closes it
	fd   int
	buf  []byte // of directory entries
	name []byte
	link [64]byte
}

func (d *pidDir) open() error {
	if d.file != nil {
		return nil
	}
	file, err := os.Open(d.path)
	if err != nil {
		return err
	}
	d.file, d.fd = file, int(file.Fd())
	return nil
}

func (d *pidDir) close() {
	if d.file != nil {
		d.file.Close()
		d.file = nil
	}
}

// list appends the PIDs of all processes there are: in ascending order when it is the kernel's.
func (d *pidDir) list(pids []int32) ([]int32, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	if _, err := unix.Seek(d.fd, 0, 0); err != nil {
		return nil, err
	}
	if d.buf == nil {
		d.buf = make([]byte, 32<<10)
	}
	for {
		n, err := unix.Getdents(d.fd, d.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			return pids, nil
		}
		pids = appendPIDs(pids, d.buf[:min(n, len(d.buf))])
		if len(pids) > mostTasks {
			return nil, errors.New("too many")
		}
	}
}

// appendPIDs takes the names that are numbers from what getdents64(2) returns.
func appendPIDs(pids []int32, entries []byte) []int32 {
	eachEntry(entries, func(name []byte) bool {
		if pid, ok := parsePID(name); ok {
			pids = append(pids, pid)
		}
		return true
	})
	return pids
}

// parsePID reads a number without leading zeros.
func parsePID(name []byte) (int32, bool) {
	pid, ok := parseUint(name)
	return int32(pid), ok && pid < 1<<31 && name[0] != '0'
}

// read reads a file of a process in one call, as files under /proc come: whole, as of one moment. name begins with a
// slash. The directory must be open.
func (d *pidDir) read(pid int32, name string, buf []byte) ([]byte, unix.Errno) {
	return readAt(d.fd, d.nameOf(pid, name), buf)
}

// namespace is the inode of a namespace of a process; name is as above. The directory must be open.
func (d *pidDir) namespace(pid int32, name string) (uint64, unix.Errno) {
	n, errno := readLinkAt(d.fd, d.nameOf(pid, name), d.link[:])
	if errno != 0 {
		return 0, errno
	}
	inode, ok := parseNamespace(d.link[:n])
	if !ok {
		return 0, unix.EINVAL
	}
	return inode, 0
}

// nameOf ends in a zero byte, and is good until the next call.
func (d *pidDir) nameOf(pid int32, name string) []byte {
	d.name = strconv.AppendInt(d.name[:0], int64(pid), 10)
	d.name = append(append(d.name, name...), 0)
	return d.name
}

// readAt reads a file below a directory into buf, once. name ends in a zero byte.
func readAt(dir int, name, buf []byte) ([]byte, unix.Errno) {
	fd, errno := openAt(dir, name, unix.O_RDONLY)
	if errno != 0 {
		return nil, errno
	}
	n, err := unix.Read(fd, buf)
	unix.Close(fd)
	if err != nil {
		errno, _ := err.(unix.Errno)
		return nil, errno
	}
	return buf[:n], 0
}

// openAt is unix.Openat without its copy of the name, which would be one allocation for each process.
func openAt(dir int, name []byte, flags int) (int, unix.Errno) {
	flags |= unix.O_CLOEXEC | unix.O_LARGEFILE
	for {
		// The pointer is to memory of ours that stays in use for the length of the call, as package unsafe wants it:
		// the conversion is in the call's own arguments. name is never empty, and ends in a zero byte.
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), uintptr(flags), 0, 0, 0)
		if errno != unix.EINTR {
			return int(fd), errno
		}
	}
}

// readLinkAt is unix.Readlinkat without a copy of the name, likewise.
func readLinkAt(dir int, name, buf []byte) (int, unix.Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&buf[0])),
		uintptr(len(buf)), 0, 0)
	return int(n), errno
}
