package collector

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// longestFile bounds what is read of one file. /proc/stat has about 100 bytes for each processor and may have one
// number for each interrupt; nothing that is read here comes near this.
const longestFile = 8 << 20

// A kernelFile is a file of the kernel's that is read again and again: opened once, and read from its start into the
// same buffer. Opening costs as much as reading. The zero value needs a path.
type kernelFile struct {
	path string
	file *os.File // the garbage collector closes it
	buf  []byte
}

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
		m, err := f.file.ReadAt(f.buf[n:], int64(n))
		n += m
		switch {
		case errors.Is(err, io.EOF):
			return f.buf[:n], nil
		case err != nil:
			return nil, err
		case n > longestFile:
			return nil, errors.New(f.path + " does not end")
		}
		f.buf = append(f.buf, make([]byte, len(f.buf))...)
	}
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
