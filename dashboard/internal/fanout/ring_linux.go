package fanout

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is an io_uring (io_uring(7)): the kernel takes many operations by one system call. On a virtual machine, where
// the way into the kernel and back is long, that is half of what sending to thousands costs.
//
// It is for one goroutine at a time, and for operations that do not wait: run returns when all are done, so the kernel
// never holds on to memory or descriptors in between. It needs no thread of its own and none in particular.
type ring struct {
	fd    int
	rings []byte // mapped: both queues
	table []byte // mapped: entries

	submitHead, submitTail *uint32 // the head is the kernel's to move
	doneHead, doneTail     *uint32 // the tail is
	entries                []entry
	done                   []completion

	proof [2]byte
	looks bool // it can do looks as well
}

// ringSize is how many operations a ring takes at a time: a stride's. For so long nobody else gets the processor, and what
// the way into the kernel and back leaves of its caches is used by as many.
const ringSize = stride

// An entry is the kernel's struct io_uring_sqe, as far as it is used here.
type entry struct {
	opcode uint8
	_      uint8
	_      uint16
	fd     int32
	which  uint64 // of opCommand
	addr   uint64
	length uint32
	flags  uint32
	mark   uint64
	_      [24]byte
}

// A completion is the kernel's struct io_uring_cqe.
type completion struct {
	mark   uint64
	result int32
	_      uint32
}

// ringParams is the kernel's struct io_uring_params.
type ringParams struct {
	submitEntries, doneEntries, flags, _, _, features, _ uint32
	_                                                    [3]uint32
	submit                                               struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	done struct {
		head, tail, mask, entries, overflow, completions, flags, _ uint32
		_                                                          uint64
	}
}

// From linux/io_uring.h.
const (
	opSend, opReceive = 26, 27 // Linux 5.6
	opCommand         = 46     // to a socket: Linux 6.7
	howMuchUnderWay   = 1      // which of them: SIOCOUTQ
	oneMapping        = 1 << 0 // features: both queues are in one
	neverDrops        = 1 << 1 // completions
	waitForDone       = 1 << 0 // io_uring_enter
	entriesAt         = 0x10000000
)

// newRing makes a ring that has shown that it works; an error where the kernel or its guards do not allow that.
func newRing() (*ring, error) {
	var p ringParams
	fd, _, errno := syscall.Syscall(unix.SYS_IO_URING_SETUP, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	r := &ring{fd: int(fd)} // the kernel has made it close-on-exec
	err := r.open(&p)
	if err == nil {
		err = r.prove()
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) open(p *ringParams) (err error) {
	if p.features&(oneMapping|neverDrops) != oneMapping|neverDrops {
		return errors.New("the kernel's io_uring is too old")
	}
	size := max(p.submit.array+p.submitEntries*4, p.done.completions+p.doneEntries*uint32(unsafe.Sizeof(completion{})))
	const shared = unix.MAP_SHARED | unix.MAP_POPULATE
	if r.rings, err = unix.Mmap(r.fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, shared); err != nil {
		return os.NewSyscallError("mmap", err)
	}
	if r.table, err = unix.Mmap(r.fd, entriesAt, int(p.submitEntries)*int(unsafe.Sizeof(entry{})), unix.PROT_READ|unix.PROT_WRITE, shared); err != nil {
		return os.NewSyscallError("mmap", err)
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[at])) }
	r.submitHead, r.submitTail = word(p.submit.head), word(p.submit.tail)
	r.doneHead, r.doneTail = word(p.done.head), word(p.done.tail)
	r.entries = unsafe.Slice((*entry)(unsafe.Pointer(&r.table[0])), p.submitEntries)
	r.done = unsafe.Slice((*completion)(unsafe.Pointer(&r.rings[p.done.completions])), p.doneEntries)
	for i := range p.submitEntries { // entries are submitted in the order they have in the table
		*word(p.submit.array + 4*i) = i
	}
	return nil
}

func (r *ring) close() {
	if r.table != nil {
		unix.Munmap(r.table)
	}
	if r.rings != nil {
		unix.Munmap(r.rings)
	}
	unix.Close(r.fd)
}

// prove shows that sending and receiving work and that neither waits: the first kernels with io_uring did it otherwise.
func (r *ring) prove() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	b := r.proof[:] // should the first wait after all: nothing will ever come
	for _, try := range []struct {
		op     op
		result int32
	}{
		{op{fd: int32(pair[0]), b: b}, -int32(unix.EAGAIN)},
		{op{fd: int32(pair[1]), b: b[:1], send: true}, 1},
		{op{fd: int32(pair[0]), b: b}, 1},
	} {
		r.put(0, &try.op)
		if n := r.submit(1); n != 1 || r.missing(1) != 0 {
			return fmt.Errorf("io_uring took %d of 1 operation, and it is done: %v", n, r.missing(1) == 0)
		}
		var got int32
		r.collect(func(c completion) { got = c.result })
		if got != try.result {
			return fmt.Errorf("io_uring answered %d, want %d", got, try.result)
		}
	}
	r.looks = r.proveLook()
	return nil
}

// proveLook tells whether the ring can look. What it does not know it refuses.
func (r *ring) proveLook() (can bool) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	r.put(0, &op{fd: int32(fd), look: true})
	if r.submit(1) == 1 {
		r.wait(1)
		r.collect(func(c completion) { can = c.result == 0 })
	}
	return can
}

// run does the operations, ringSize at most, whose bytes are not on the stack. What the ring has not done is done by a system call each.
func (r *ring) run(ops []op) {
	for i := range ops {
		ops[i].made = false
		r.put(i, &ops[i])
	}
	for taken := r.submit(len(ops)); taken > 0; {
		r.collect(func(c completion) {
			taken--
			if c.mark >= uint64(len(ops)) {
				return
			}
			ops[c.mark].answered(c.result)
		})
		if taken > 0 { // it never was, but is allowed to be
			r.wait(taken)
		}
	}
	for i := range ops {
		if !ops[i].made {
			ops[i].make()
		}
	}
	runtime.KeepAlive(ops)
}

// put writes an operation where the kernel will look for the i-th one from now.
func (r *ring) put(i int, o *op) {
	e := &r.entries[(*r.submitTail+uint32(i))&uint32(len(r.entries)-1)]
	*e = entry{
		opcode: opReceive, fd: o.fd, mark: uint64(i),
		addr:   uint64(uintptr(unsafe.Pointer(unsafe.SliceData(o.b)))),
		length: uint32(min(len(o.b), 1<<30)), flags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL,
	}
	switch {
	case o.send:
		e.opcode = opSend
	case o.look:
		*e = entry{opcode: opCommand, fd: o.fd, mark: uint64(i), which: howMuchUnderWay}
	}
}

// submit hands over what has been put. It returns how many the kernel has taken: fewer when it is short of memory.
func (r *ring) submit(n int) (taken int) {
	tail := *r.submitTail
	atomic.StoreUint32(r.submitTail, tail+uint32(n))
	for taken < n {
		// Nothing here waits: see call.
		k, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(n-taken), 0, 0, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 || k == 0 {
			break
		}
		taken += int(k)
	}
	// The kernel looks at the queue only when it is called: what it has not taken is taken back.
	atomic.StoreUint32(r.submitTail, atomic.LoadUint32(r.submitHead))
	return taken
}

// missing is how many of n completions are not there.
func (r *ring) missing(n int) int {
	return n - int(atomic.LoadUint32(r.doneTail)-*r.doneHead)
}

// collect takes all completions that are there.
func (r *ring) collect(each func(completion)) {
	head := *r.doneHead
	for tail := atomic.LoadUint32(r.doneTail); head != tail; head++ {
		each(r.done[head&uint32(len(r.done)-1)])
	}
	atomic.StoreUint32(r.doneHead, head)
}

// wait waits until n completions are there. There is no giving up: what is not done may still be read or written to.
func (r *ring) wait(n int) {
	for r.missing(n) > 0 {
		syscall.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 0, uintptr(n), waitForDone, 0, 0)
	}
}
