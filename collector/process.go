package collector

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// topProcesses is how many are listed by CPU, and how many by memory: together at most twice as many.
	topProcesses = 15
	// userReads is for how many reads a user name holds: a daemon begins as root and changes to its own user.
	userReads = 30
)

// Processes counts them all and lists those at the top by CPU, by memory and by disk traffic, most CPU first.
type Processes struct {
	Total   int       `json:"total"`
	Threads int       `json:"threads"`
	Running int       `json:"running"`
	Waiting int       `json:"waiting"` // uninterruptible: mostly for a disk
	Zombies int       `json:"zombies"`
	Top     []Process `json:"top"`
	// Table returns every process there is now, with all fields, most CPU first. To ask costs a read of several files of each; the
	// collector keeps its figures fresh while somebody asks. It may be called from any goroutine, while the collector
	// runs and after. It is nil where Processes were not made by this package's source.
	Table func(context.Context) ([]Process, error) `json:"-"`
}

// Process is one running process. PID and Started together are its identity: a PID alone is used again.
type Process struct {
	PID     int32  `json:"pid"`
	Parent  int32  `json:"parent"`
	Name    string `json:"name"`    // the kernel's command name; any bytes made valid UTF-8
	Command string `json:"command"` // command line with secrets blotted out; "" for kernel threads and where we may not look
	User    string `json:"user"`    // effective user: name, or the number where it has none, or "" when it ended meanwhile
	State   string `json:"state"`   // running, sleeping, waiting (mostly for a disk), idle, stopped, traced, zombie, dead; "" where unknown
	// Service is the systemd unit it belongs to, and Container the short id or the name of its container; "" for none.
	Service   string `json:"service,omitempty"`
	Container string `json:"container,omitempty"`
	CPU       Number `json:"cpu"`        // cores in use over the last second or so: 1 is one core
	Memory    uint64 `json:"memory"`     // resident set in bytes
	ReadRate  Number `json:"read_rate"`  // from disks, bytes per second; unknown where we may not look
	WriteRate Number `json:"write_rate"` // to disks, bytes per second
	Threads   int32  `json:"threads"`
	Started   int64  `json:"started"` // Unix milliseconds
}

// processSource reads once a second at most: processor time of processes comes in hundredths of a second, so over a
// tenth of a second it would go in steps of a tenth of a core.
func processSource(r roots) Source {
	var table processTable
	reader := processReader{roots: r} // process_linux.go; process_other.go is the portable one
	var at time.Time
	return Source{Name: "processes", Every: time.Second, Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		table.begin()
		if err := reader.read(ctx, &table); err != nil {
			table, at = processTable{}, time.Time{} // half read: the next one cannot be compared with it
			return nil, fmt.Errorf("read processes: %w", err)
		}
		now := time.Now()
		top := table.end(between(at, now))
		at = now
		part := &Processes{Total: table.total, Top: make([]Process, len(top))}
		for i, t := range top {
			if t.userRead == 0 || table.reads-t.userRead >= userReads {
				t.user, t.userRead = reader.user(ctx, t.pid), table.reads
			}
			part.Top[i] = t.process()
		}
		return PartFunc(func(s *Snapshot) { s.Processes = part }), nil
	}}
}

// A task is a process as the table remembers it from read to read.
type task struct {
	pid     int32
	started int64 // Unix milliseconds. With pid its identity: the kernel uses a PID again
	name    string
	state   string
	threads int32
	memory  uint64
	cpu     float64 // seconds of processor time since it started

	before     float64 // cpu as of the read before
	comparable bool    // before means something
	rate       Number  // of cpu

	read     int // the last read it was in
	user     string
	userRead int // the read its user was looked up in; 0 is never
}

func (t *task) process() Process {
	return Process{
		PID:     t.pid,
		Name:    t.name,
		User:    t.user,
		State:   t.state,
		CPU:     t.rate,
		Memory:  t.memory,
		Threads: t.threads,
		Started: t.started,
	}
}

// A processTable compares each read of all processes with the one before: begin, then task for each process that is
// there, then end. The zero table works.
type processTable struct {
	total  int // set by the reader
	reads  int
	tasks  map[int32]*task
	list   []*task // those of the read under way
	newest int64   // when the youngest process of the reads before started
}

func (t *processTable) begin() {
	t.reads++
	t.list = t.list[:0]
	if t.tasks == nil {
		t.tasks = make(map[int32]*task)
	}
}

// task is where to put what was read of a process. Its cpu is still that of the read before.
func (t *processTable) task(pid int32, started int64) *task {
	p := t.tasks[pid]
	if p == nil || p.started != started {
		p = &task{pid: pid, started: started}
		p.comparable = t.reads > 1 && started > t.newest // born since the read before: it had used nothing
		t.tasks[pid] = p
	} else {
		p.before, p.comparable = p.cpu, true
	}
	p.read = t.reads
	t.list = append(t.list, p)
	return p
}

// end forgets the processes that are gone and returns those at the top by CPU or by memory, most CPU first.
func (t *processTable) end(elapsed time.Duration) []*task {
	for _, p := range t.list {
		p.rate = Number{}
		if p.comparable {
			p.rate = perSecondOf(p.before, p.cpu, elapsed)
		}
		t.newest = max(t.newest, p.started)
	}
	if len(t.tasks) > len(t.list) {
		for pid, p := range t.tasks {
			if p.read != t.reads {
				delete(t.tasks, pid)
			}
		}
	}
	top := first(topProcesses, t.list, byCPU)
	for _, p := range first(topProcesses, t.list, byMemory) {
		if !slices.Contains(top, p) {
			top = append(top, p)
		}
	}
	slices.SortFunc(top, byCPU)
	return top
}

func byCPU(a, b *task) int {
	return cmp.Or(cmp.Compare(b.rate.value, a.rate.value), cmp.Compare(b.memory, a.memory), cmp.Compare(a.pid, b.pid))
}

func byMemory(a, b *task) int {
	return cmp.Or(cmp.Compare(b.memory, a.memory), cmp.Compare(b.rate.value, a.rate.value), cmp.Compare(a.pid, b.pid))
}

// first returns the n that compare puts first, in order, without sorting the rest.
func first(n int, list []*task, compare func(a, b *task) int) []*task {
	best := make([]*task, 0, n+1)
	for _, p := range list {
		if len(best) == n && compare(p, best[n-1]) >= 0 {
			continue
		}
		i, _ := slices.BinarySearchFunc(best, p, compare)
		best = slices.Insert(best, i, p)
		best = best[:min(len(best), n)]
	}
	return best
}
