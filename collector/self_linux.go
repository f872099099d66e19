package collector

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A selfReader reads what this process costs. The files are its own, so HOST_PROC has no say.
type selfReader struct {
	statm kernelFile
	fds   *os.File // /proc/self/fd; the garbage collector closes it

	limitsRead time.Time
	limit      Number
	listed     Number // descriptors as of then; unknown where they need not be listed
}

func (r *selfReader) read(now time.Time) (ownCost, error) {
	var c ownCost
	var err error
	if c.cpu, err = ownTime(); err != nil {
		return ownCost{}, err
	}
	r.statm.path, r.statm.prompt = "/proc/self/statm", true
	if b, err := r.statm.read(); err == nil {
		if virtual, resident, ok := parseStatm(b); ok {
			pageSize := uint64(os.Getpagesize())
			c.memory, c.virtual = resident*pageSize, Known(float64(virtual)*float64(pageSize))
		}
	}
	size := r.fdsSize()
	if r.limitsRead.IsZero() || now.Sub(r.limitsRead) >= limitsEvery {
		r.limitsRead, r.limit, r.listed = now, descriptorLimit(), Number{}
		if size <= 0 {
			r.listed = countDescriptors("/proc/self/fd")
		}
	}
	c.limit, c.descriptors = r.limit, r.listed
	if size > 0 {
		c.descriptors = Known(float64(size))
	}
	return c, nil
}

// fdsSize is the size of /proc/self/fd, which is the number of descriptors since Linux 6.2, and 0 before.
func (r *selfReader) fdsSize() int64 {
	if r.fds == nil {
		f, err := os.Open("/proc/self/fd")
		if err != nil {
			return 0
		}
		r.fds = f
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(r.fds.Fd()), &stat); err != nil {
		return 0
	}
	return stat.Size
}

// parseStatm takes the first two numbers of /proc/PID/statm (proc_pid_statm(5)): pages of address space, and those that
// are resident.
func parseStatm(b []byte) (virtual, resident uint64, ok bool) {
	line, _ := cutLine(b)
	virtual, line, ok = cutUint(line)
	if !ok {
		return 0, 0, false
	}
	resident, _, ok = cutUint(line)
	if !ok || resident > virtual || virtual > 1<<52 { // more than 64 bits can address
		return 0, 0, false
	}
	return virtual, resident, true
}

// ownStart is when this process started, by the wall clock as it is now.
func ownStart(ctx context.Context) time.Time {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return time.Time{}
	}
	stat, ok := parseStat(b)
	if !ok {
		return time.Time{}
	}
	booted, err := bootTime(ctx)
	if err != nil {
		return time.Time{}
	}
	return booted.Add(time.Duration(stat.started) * (time.Second / clockTicks))
}
