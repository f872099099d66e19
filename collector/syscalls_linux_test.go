package collector

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscallCounts is how often each system call was made, by its number.
type syscallCounts map[uint64]int

func (c syscallCounts) sum() int {
	n := 0
	for _, v := range c {
		n += v
	}
	return n
}

// perTick is what each of n more ticks took, the most frequent first.
func (c syscallCounts) perTick(before syscallCounts, n int) string {
	var numbers []uint64
	for nr := range c {
		numbers = append(numbers, nr)
	}
	slices.SortFunc(numbers, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(c[b]-before[b], c[a]-before[a]), cmp.Compare(a, b))
	})
	var s []string
	for _, nr := range numbers {
		name := syscallNames[nr]
		if name == "" {
			name = fmt.Sprint("call ", nr)
		}
		if per := float64(c[nr]-before[nr]) / float64(n); per > 0.005 {
			s = append(s, fmt.Sprintf("%s %.4g", name, per))
		}
	}
	return strings.Join(s, ", ")
}

// syscallNames has those that one may expect here.
var syscallNames = map[uint64]string{
	unix.SYS_CLOCK_GETTIME: "clock_gettime", unix.SYS_CLOSE: "close", unix.SYS_CONNECT: "connect", unix.SYS_EPOLL_CTL: "epoll_ctl",
	unix.SYS_EPOLL_PWAIT: "epoll_pwait", unix.SYS_FCNTL: "fcntl", unix.SYS_FSTAT: "fstat", unix.SYS_FUTEX: "futex",
	unix.SYS_GETDENTS64: "getdents64", unix.SYS_GETPID: "getpid", unix.SYS_GETRUSAGE: "getrusage", unix.SYS_MADVISE: "madvise",
	unix.SYS_OPENAT: "openat", unix.SYS_PREAD64: "pread64", unix.SYS_READ: "read",
	unix.SYS_READLINKAT: "readlinkat", unix.SYS_RECVFROM: "recvfrom", unix.SYS_RT_SIGRETURN: "rt_sigreturn", unix.SYS_SENDTO: "sendto",
	unix.SYS_SOCKET: "socket", unix.SYS_STATFS: "statfs", unix.SYS_SYSINFO: "sysinfo", unix.SYS_TGKILL: "tgkill", unix.SYS_WRITE: "write",
}

// traceSyscalls runs one test of this binary in a process of its own and counts the system calls of all its threads,
// those of the Go runtime too (but for its naps), by ptrace(2). It returns an error when the system refuses that, or the test fails.
func traceSyscalls(t testing.TB, test string, env ...string) (syscallCounts, error) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	runtime.LockOSThread() // a tracer is a thread
	defer runtime.UnlockOSThread()
	p, err := os.StartProcess(exe, []string{exe, "-test.run=^" + test + "$", "-test.timeout=2m"}, &os.ProcAttr{
		Env:   append(os.Environ(), env...),
		Files: []*os.File{nil, out, out},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	pid := p.Pid
	if err := p.Release(); err != nil { // its end is read below
		return nil, err
	}
	counts, err := traced(pid)
	if err != nil {
		b, _ := os.ReadFile(out.Name())
		return nil, fmt.Errorf("trace: %w\n%s", err, b)
	}
	return counts, nil
}

// traced sees a process through that has stopped at its exec, until it ends.
func traced(pid int) (syscallCounts, error) {
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
		unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_EXITKILL
	counts := make(syscallCounts)
	began := false
	for {
		var status unix.WaitStatus
		tid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case status.Exited() && tid == pid && status.ExitStatus() == 0:
			return counts, nil
		case !status.Stopped() && tid == pid:
			return nil, fmt.Errorf("it ended with %#x", uint32(status))
		case !status.Stopped():
			continue // a thread has ended
		}
		if !began {
			began = true
			if err := unix.PtraceSetOptions(pid, options); err != nil {
				_ = unix.Kill(pid, unix.SIGKILL)
				return nil, err
			}
		}
		signal := 0
		switch s := status.StopSignal(); s {
		case unix.SIGTRAP | 0x80:
			// The runtime's monitor sleeps in short steps as long as something runs: it is the tracer that takes long.
			if nr, ok := syscallEntered(tid); ok && nr != unix.SYS_NANOSLEEP {
				counts[nr]++
			}
		case unix.SIGTRAP, unix.SIGSTOP: // an event; a thread that begins
		default:
			signal = int(s)
		}
		if err := unix.PtraceSyscall(tid, signal); err != nil && !errors.Is(err, unix.ESRCH) {
			_ = unix.Kill(pid, unix.SIGKILL)
			return nil, err
		}
	}
}

// syscallEntered tells which call a thread is about to make; ok is false when it comes back from one.
func syscallEntered(tid int) (nr uint64, ok bool) {
	const (
		getSyscallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
		entry          = 1      // PTRACE_SYSCALL_INFO_ENTRY
	)
	var info struct { // struct ptrace_syscall_info
		op   uint8
		_    [3]uint8
		arch uint32
		ip   uint64
		sp   uint64
		nr   uint64
		args [7]uint64
	}
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return info.nr, errno == 0 && info.op == entry
}
