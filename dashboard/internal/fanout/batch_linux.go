package fanout

import (
	"syscall"
	"unsafe"
)

// An op is one reading or sending that does not wait, or one look, and what has come of it.
type op struct {
	line    *line
	b       []byte // to send, or to read into
	send    bool
	look    bool // n is how many bytes are under way
	last    bool // the line's viewer has said its last
	made    bool
	fd      int32
	n       int // of b
	err     error
	written int // to this line since it got its turn
}

// A batch is operations for different lines, done together. It is empty whenever its shard is let go, so that the lines
// in it are all held.
type batch struct {
	ring  *ring // nil where there is none: each operation is a system call
	ops   [ringSize]op
	n     int
	read  [mostEvents][1 << 10]byte // a place to read for each reading
	reads int
}

func (b *batch) full() bool { return b.n == len(b.ops) || b.reads == len(b.read) }

// send puts a sending into the batch. There must be room.
func (b *batch) send(l *line, bytes []byte, written int) {
	b.ops[b.n] = op{line: l, fd: l.fd, b: bytes, send: true, written: written}
	b.n++
}

// receive likewise.
func (b *batch) receive(l *line, last bool) {
	b.ops[b.n] = op{line: l, fd: l.fd, b: b.read[b.reads][:], last: last}
	b.n++
	b.reads++
}

// look likewise.
func (b *batch) look(l *line) {
	b.ops[b.n] = op{line: l, fd: l.fd, look: true}
	b.n++
}

// run does what is in the batch, and empties it. The operations that it returns are valid until as many others have been
// put in. The lines of those that are not in it have been removed meanwhile.
func (b *batch) run() []op {
	n := 0
	for i := range b.ops[:b.n] {
		if b.ops[i].line.removed() { // its descriptor may be another's
			continue
		}
		if n < i {
			b.ops[n] = b.ops[i]
		}
		n++
	}
	clear(b.ops[n:b.n])
	b.n, b.reads = 0, 0
	ops := b.ops[:n]
	if b.ring != nil && n > 1 {
		b.ring.run(ops)
	} else {
		for i := range ops {
			ops[i].make()
		}
	}
	return ops
}

// make does an operation by a system call of its own.
func (o *op) make() {
	o.made = true
	switch {
	case o.send:
		o.n, o.err = write(o.fd, o.b)
	case o.look:
		o.n, o.err = outgoing(o.fd)
	default:
		o.n, o.err = read(o.fd, o.b)
	}
}

// answered takes a ring's result. What it could not do for reasons of its own has not been made.
func (o *op) answered(result int32) {
	if result >= 0 {
		o.made, o.n = true, int(result)
		return
	}
	switch errno := syscall.Errno(-result); errno {
	case syscall.EINTR, syscall.ECANCELED, syscall.EINVAL, syscall.EOPNOTSUPP, syscall.ENOTSOCK, syscall.ENOMEM:
	default:
		o.made, o.err = true, errno
	}
}

func write(fd int32, b []byte) (int, error) { return call(syscall.SYS_WRITE, fd, b) }

func read(fd int32, b []byte) (int, error) { return call(syscall.SYS_READ, fd, b) }

// call is one system call that does not wait. Go's own would tell the scheduler that it may: that takes longer than the
// call.
func call(trap uintptr, fd int32, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
