//go:build linux

package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is an io_uring (io_uring(7)) that does the same for many connections, so many of them by one system call.
type ring struct {
	fd         int
	tail       *uint32 // of what is to be done
	came, seen *uint32 // of what is done: the kernel's, and ours
	todo       []entry
	done       []completion
}

const many = 256

// Operations (linux/io_uring.h).
const opSend, opReceive = 26, 27

// An entry is struct io_uring_sqe, and a completion struct io_uring_cqe.
type entry struct {
	opcode, _     uint8
	_             uint16
	fd            int32
	_, addr       uint64
	length, flags uint32
	mark          uint64
	_             [24]byte
}

type completion struct {
	mark   uint64
	result int32
	_      uint32
}

func newRing() (*ring, error) {
	const queues, entries = 0, 0x10000000
	var p struct { // struct io_uring_params
		todo, done uint32
		_          [8]uint32
		at         [2]struct { // offsets of the two queues: head, tail, mask, size, flags or overflow, dropped or completions, array
			head, tail, _, _, _, list, array, _ uint32
			_                                   uint64
		}
	}
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, many, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	size := max(p.at[0].array+4*p.todo, p.at[1].list+p.done*uint32(unsafe.Sizeof(completion{})))
	b, err := unix.Mmap(int(fd), queues, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	table, err := unix.Mmap(int(fd), entries, int(p.todo)*int(unsafe.Sizeof(entry{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&b[at])) }
	r := &ring{int(fd), word(p.at[0].tail), word(p.at[1].tail), word(p.at[1].head),
		unsafe.Slice((*entry)(unsafe.Pointer(&table[0])), p.todo), unsafe.Slice((*completion)(unsafe.Pointer(&b[p.at[1].list])), p.done)}
	for i := range p.todo {
		*word(p.at[0].array + 4*i) = i
		r.todo[i] = entry{flags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL}
	}
	return r, nil
}

// send sends a frame to all, and returns those that have taken all of it; the others are closed.
func (r *ring) send(fds []int, frame []byte) (kept []int, err error) {
	return r.each(opSend, fds, frame, func(n int32) bool { return int(n) == len(frame) })
}

// receive reads from all, over and over into the same buffer, and returns those that have said something; the others are
// closed.
func (r *ring) receive(fds []int, b []byte) (kept []int, err error) {
	return r.each(opReceive, fds, b, func(n int32) bool { return n > 0 })
}

// each does one operation for each, and returns those of which it went well.
func (r *ring) each(opcode uint8, fds []int, b []byte, well func(int32) bool) (kept []int, err error) {
	kept = fds[:0]
	for len(fds) > 0 {
		now := fds[:min(many, len(fds))]
		fds = fds[len(now):]
		for i, fd := range now {
			e := &r.todo[(*r.tail+uint32(i))&(uint32(len(r.todo))-1)]
			e.opcode, e.fd, e.mark = opcode, int32(fd), uint64(fd)
			e.addr, e.length = uint64(uintptr(unsafe.Pointer(&b[0]))), uint32(len(b))
		}
		atomic.AddUint32(r.tail, uint32(len(now)))
		n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(len(now)), 0, 0, 0, 0)
		if errno != 0 || int(n) != len(now) || atomic.LoadUint32(r.came)-*r.seen != uint32(n) {
			return nil, fmt.Errorf("io_uring has done %d of %d at once: %w", n, len(now), os.NewSyscallError("io_uring_enter", errno))
		}
		for ; *r.seen != atomic.LoadUint32(r.came); atomic.AddUint32(r.seen, 1) {
			c := &r.done[*r.seen&(uint32(len(r.done))-1)]
			switch {
			case well(c.result):
				kept = append(kept, int(c.mark))
			case opcode == opReceive && c.result == -int32(unix.EAGAIN): // epoll has told of it twice
			default:
				unix.Close(int(c.mark))
			}
		}
	}
	return kept, nil
}
