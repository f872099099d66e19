package collector

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// longestFile bounds what is read of one file. /proc/stat has about 100 bytes for each processor and may have one
// number for each interrupt; nothing that is read here comes near this.
const longestFile = 8 << 20

// A kernelFile is a file of the kernel's that is read again and again: opened once, and read from its start into the
// same buffer. Opening costs as much as reading. The zero value needs a path.
type kernelFile struct {
	path   string
	prompt bool     // the kernel makes it from numbers that it has in memory, in records shorter than shortRead
	file   *os.File // the garbage collector closes it
	direct bool     // it is prompt, the kernel's own, and an offset is one argument of a call
	fd     uintptr  // of file, if direct: to ask it for that is a system call
	buf    []byte
}

// shortRead is how much less than that is all there is of a prompt file: the kernel stops early only where the next record
// would not fit into a page (seq_read_iter in fs/seq_file.c).
const shortRead = 2 << 10

// read returns all of the file as of now, until the next read. A file that has become unreadable, because its device or
// its cgroup is gone, is opened anew once: there may be another one by now.
func (f *kernelFile) read() ([]byte, error) {
	if f.file != nil {
		if b, err := f.fill(); err == nil {
			return b, nil
		}
		f.file.Close()
	}
	file, err := os.Open(f.path)
	f.file = file
	if err != nil {
		f.file = nil
		return nil, err
	}
	if f.direct = f.prompt && strconv.IntSize == 64 && isProcfs(file); f.direct {
		f.fd = file.Fd()
	}
	b, err := f.fill()
	if err != nil {
		f.file.Close()
		f.file = nil
	}
	return b, err
}

// fill reads until the end: a short read does not mean that it is reached, since the kernel hands out whole records.
func (f *kernelFile) fill() ([]byte, error) {
	if f.buf == nil {
		f.buf = make([]byte, 4<<10)
	}
	n := 0
	for {
		m, err := f.readAt(f.buf[n:], int64(n))
		n += m
		switch {
		case err == io.EOF:
			return f.buf[:n], nil
		case err != nil:
			return nil, err
		case n > longestFile:
			return nil, errors.New(f.path + " does not end")
		}
		if n == len(f.buf) {
			f.buf = append(f.buf, make([]byte, len(f.buf))...)
		}
	}
}

// readAt is f.file.ReadAt, or does without what that costs. The Go runtime is not told of a call that cannot wait: it would
// have a thread look every 20 µs for what hangs, which costs more than the reads. It knows no better where somebody else
// makes the file, as lxcfs does with FUSE; so that is read in the usual way.
func (f *kernelFile) readAt(b []byte, at int64) (int, error) {
	if !f.direct {
		return f.file.ReadAt(b, at)
	}
	for {
		// The pointer is to memory of ours that stays in use for the length of the call, as package unsafe wants it.
		n, _, errno := unix.RawSyscall6(unix.SYS_PREAD64, f.fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(at), 0, 0)
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return 0, errno
		case n == 0 || at == 0 && n < shortRead:
			return int(n), io.EOF
		}
		return int(n), nil
	}
}

// isProcfs tells a file of the kernel's from one that a program makes.
func isProcfs(f *os.File) bool {
	var s unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &s) == nil && s.Type == unix.PROC_SUPER_MAGIC
}

// maybeAfter is how long a file that is not there is not looked for.
const maybeAfter = 10 * time.Second

// A maybeFile is a kernelFile that many hosts do not have: a module of the kernel that is loaded later may bring it.
type maybeFile struct {
	kernelFile
	absent error     // why it could not be opened or read
	until  time.Time // when to try again
}

// read returns all of the file as of now, until the next read; or why there was none the last time it was looked for.
func (f *maybeFile) read(now time.Time) ([]byte, error) {
	if f.absent != nil && now.Before(f.until) {
		return nil, f.absent
	}
	b, err := f.kernelFile.read()
	if f.absent != nil && isShort(err) {
		err = f.absent // as far as anybody knows
	}
	f.absent = nil
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EOPNOTSUPP) {
		f.absent, f.until = err, now.Add(maybeAfter)
	}
	return b, err
}
