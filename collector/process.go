package collector

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// mostByCPU, mostByMemory and mostByTraffic are how many are listed for each: together at most mostShown.
	mostByCPU     = 15
	mostByMemory  = 15
	mostByTraffic = 10
	mostShown     = mostByCPU + mostByMemory + mostByTraffic

	// attention is for how long every process is read on every tick after somebody has asked for all of them.
	attention = 15 * time.Second
	// mostRows and tableTime bound what one who asks for all of them may cost.
	mostRows  = 32768
	tableTime = 2 * time.Second

	// userReads is for how many reads a user name holds: a daemon begins as root and changes to its own user.
	// commandReads likewise for its command line, which it may write over, and for its control group.
	userReads    = 30
	commandReads = 60
	// silentReads is the same of a command line that did not answer.
	silentReads = 10
	// mostRefreshed is how many of those are read again in one tick: what was read in one tick falls due in one.
	mostRefreshed = 4
)

// Processes counts them all and lists those at the top by CPU, by memory and by disk traffic, most CPU first. CPU here is
// what they use together with their children that have ended.
type Processes struct {
	Total   int       `json:"total"` // with those that are listed but not for us to see
	Threads int       `json:"threads"`
	Running int       `json:"running"` // this and the next two are 0 where the system does not tell states
	Waiting int       `json:"waiting"` // uninterruptible: mostly for a disk
	Zombies int       `json:"zombies"`
	Top     []Process `json:"top"`
	// Table returns every process as of the collector's last read, with all fields, most CPU first, at most 32 768. To
	// ask costs a read of several files of each; the collector keeps its figures fresh, and reads the disk traffic of
	// all, for 15 s after it. When ctx or 2 s end first, the last ones lack command line, user and service. It may be called
	// from any goroutine, while the collector runs and after. It is nil where Processes were not made by this package's
	// source.
	Table func(context.Context) ([]Process, error) `json:"-"`
	// One returns one process as of the collector's last read, with its details read anew, and false when there is none or
	// it has ended since. It costs a read of a few files. The rest is as with Table.
	One func(ctx context.Context, pid int32) (Process, bool, error) `json:"-"`
}

// Process is one running process. PID and Started together are its identity: a PID alone is used again. When the
// clock of the host is set by more than a second, Started moves with it.
type Process struct {
	PID     int32  `json:"pid"`
	Parent  int32  `json:"parent"`
	Name    string `json:"name"`    // the kernel's command name; any bytes made valid UTF-8
	Command string `json:"command"` // command line with secrets blotted out, cut after 4096 bytes, in Top after 120, and "…" put there; "" for kernel threads, where we may not look, and while the process does not let it be read
	User    string `json:"user"`    // effective user: name, or the number where it has none, or "" when it ended meanwhile
	State   string `json:"state"`   // running, sleeping, waiting (mostly for a disk), idle, stopped, traced, zombie, dead; "" where unknown
	// Service is the systemd unit it belongs to, and Container the short id or the name of its container; "" for none.
	// In a container, Service is a unit of the systemd that runs there.
	Service   string `json:"service,omitempty"`
	Container string `json:"container,omitempty"`
	CPU       Number `json:"cpu"` // cores in use over the last second or so: 1 is one core
	// ChildrenCPU is the same of its children that have ended, and theirs (cutime and cstime of proc_pid_stat(5)), without
	// what they have shown themselves while they lived. So the two can be added up, for a process and over all of them: a
	// shell that starts a thousand short commands uses little itself, and much in these. The kernel counts a child in the
	// moment in which its parent takes note of its end, all of its time at once; it is left out here, and not made up for,
	// where it might be of a longer time than the last second or so. Left out where there is none, and where it is not
	// known: elsewhere than on Linux, and where processes of others are hidden (hidepid).
	ChildrenCPU Number `json:"children_cpu,omitzero"`
	Memory      uint64 `json:"memory"`     // resident set in bytes; up to a minute old for a process that has not run since
	ReadRate    Number `json:"read_rate"`  // from disks, bytes per second; unknown where we may not look
	WriteRate   Number `json:"write_rate"` // to disks, bytes per second
	Threads     int32  `json:"threads"`
	Started     int64  `json:"started"` // Unix milliseconds
}

// processSource reads once a second at most: processor time of processes comes in hundredths of a second, so over a
// tenth of a second it would go in steps of a tenth of a core. busy tells it when somebody works whom it has not looked at.
func processSource(r roots, busy *busyTime) Source {
	w := newProcessWatch(r)
	w.tasks.host = busy
	return Source{Name: "processes", Every: time.Second, Idle: time.Second, Read: w.read}
}

// A processWatch is what the source and those who ask for the whole table share.
type processWatch struct {
	started time.Time
	now     func() time.Time // tests have another
	table   func(context.Context) ([]Process, error)
	one     func(context.Context, int32) (Process, bool, error)

	// held has something in it while somebody is at what follows: a mutex that a caller can stop waiting for.
	held    chan struct{}
	reader  processReader // process_linux.go; process_other.go is the portable one
	tasks   processTable
	details detailReader
	asked   time.Duration // when the whole table was last asked for
	wanted  bool          // it was, ever

	neglected bool // nobody looked in the last tick, and details may be old

	// asking likewise, for those who ask: one of them at a time reads details.
	asking chan struct{}
	asker  detailReader
}

func newProcessWatch(r roots) *processWatch {
	w := &processWatch{
		started: time.Now(),
		now:     time.Now,
		held:    make(chan struct{}, 1),
		reader:  newProcessReader(r),
		details: newDetailReader(r),
		asking:  make(chan struct{}, 1),
		asker:   newDetailReader(r),
	}
	w.table, w.one = w.all, w.single
	w.tasks.clock = w.elapsed
	return w
}

// elapsed is monotonic time, since the watch began.
func (w *processWatch) elapsed() time.Duration { return w.now().Sub(w.started) }

// enter takes a lock, or gives up when ctx ends. A lock that is free is taken whatever ctx says.
func enter(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	default:
	}
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func leave(lock chan struct{}) { <-lock }

// A processPart is all of a part in one piece of memory.
type processPart struct {
	processes Processes
	rows      [mostShown]Process
}

func (p *processPart) AddTo(s *Snapshot) { s.Processes = &p.processes }

func (w *processWatch) read(ctx context.Context) (Part, error) {
	if err := enter(ctx, w.held); err != nil {
		return nil, fmt.Errorf("read processes: %w", err)
	}
	defer leave(w.held)
	t := &w.tasks
	now := w.elapsed()
	t.begin(now, w.wanted && now-w.asked < attention)
	t.quiet = Unwatched(ctx)
	if err := w.reader.read(ctx, t); err != nil {
		return nil, fmt.Errorf("read processes: %w", err)
	}
	shown := t.end()
	w.readDetails(ctx, shown)

	part := &processPart{processes: t.counts()}
	part.processes.Table, part.processes.One = w.table, w.one
	part.processes.Top = part.rows[:len(shown)]
	for i, p := range shown {
		part.rows[i] = p.process(t.tick)
		part.rows[i].Command = p.details.brief
	}
	return part, nil
}

// readDetails reads at once what was never read of those shown, and bit by bit what may have changed, as long as somebody
// looks.
func (w *processWatch) readDetails(ctx context.Context, shown []*task) {
	left := mostRefreshed
	switch {
	case w.tasks.quiet:
		left = 0
	case w.neglected: // somebody has come
		left = mostShown
	}
	w.neglected = w.tasks.quiet
	for _, p := range shown {
		due := p.details.due(w.tasks.tick, p.name)
		if !due.any() {
			continue
		}
		if !due.first {
			if left == 0 {
				continue
			}
			left--
		}
		w.details.read(ctx, p.identity(), &p.details, due)
	}
}

// all is Processes.Table.
func (w *processWatch) all(ctx context.Context) ([]Process, error) {
	ctx, cancel := context.WithTimeout(ctx, tableTime)
	defer cancel()
	tasks, rows, err := w.rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("read processes: %w", err)
	}
	if enter(ctx, w.asking) != nil {
		return processesOf(rows), nil
	}
	defer leave(w.asking)
	read := 0
	for ; read < len(rows) && ctx.Err() == nil; read++ {
		r := &rows[read]
		if due := r.details.due(r.tick, r.Name); due.any() {
			w.asker.read(ctx, r.identity, &r.details, due)
		}
	}
	w.keep(ctx, tasks[:read], rows)
	return processesOf(rows), nil
}

// single is Processes.One.
func (w *processWatch) single(ctx context.Context, pid int32) (p Process, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tableTime)
	defer cancel()
	known, row, err := w.row(ctx, pid)
	if known == nil || err != nil {
		return Process{}, false, err
	}
	if enter(ctx, w.asking) != nil {
		return row.full(), true, nil
	}
	defer leave(w.asking)
	due := dues{tick: row.tick, first: row.details.due(row.tick, row.Name).first, command: true, user: true}
	if !w.asker.read(ctx, row.identity, &row.details, due) {
		return Process{}, false, nil
	}
	w.keep(ctx, []*task{known}, []tableRow{row})
	return row.full(), true, nil
}

// A tableRow is one process of a table that was asked for.
type tableRow struct {
	Process
	identity identity
	details  details
	tick     int
}

// full has what is known of its details with it.
func (r *tableRow) full() Process {
	p := r.Process
	r.details.addTo(&p)
	return p
}

func (w *processWatch) rowOf(p *task) tableRow {
	return tableRow{p.process(w.tasks.tick), p.identity(), p.details, w.tasks.tick}
}

// row copies what is known now of one process; there may be none.
func (w *processWatch) row(ctx context.Context, pid int32) (*task, tableRow, error) {
	if err := enter(ctx, w.held); err != nil {
		return nil, tableRow{}, fmt.Errorf("read process %d: %w", pid, err)
	}
	defer leave(w.held)
	p := w.tasks.find(pid)
	if p == nil || !p.known() {
		return nil, tableRow{}, nil
	}
	return p, w.rowOf(p), nil
}

// rows copies what is known now, most CPU first, and remembers that somebody asked.
func (w *processWatch) rows(ctx context.Context) ([]*task, []tableRow, error) {
	if err := enter(ctx, w.held); err != nil {
		return nil, nil, err
	}
	defer leave(w.held)
	w.asked, w.wanted = w.elapsed(), true
	tasks := w.tasks.known()
	slices.SortFunc(tasks, byCPU)
	tasks = tasks[:min(len(tasks), mostRows)]
	rows := make([]tableRow, len(tasks))
	for i, p := range tasks {
		rows[i] = w.rowOf(p)
	}
	return tasks, rows, nil
}

// keep remembers the details of rows. A task stands for one process for ever, so it does no harm to one that is gone.
func (w *processWatch) keep(ctx context.Context, tasks []*task, rows []tableRow) {
	if enter(ctx, w.held) != nil {
		return // they will be read again
	}
	defer leave(w.held)
	for i, p := range tasks {
		if d := &rows[i].details; d.commandRead >= p.details.commandRead && d.userRead >= p.details.userRead {
			p.details = *d
		}
	}
}

func processesOf(rows []tableRow) []Process {
	processes := make([]Process, len(rows))
	for i := range rows {
		processes[i] = rows[i].full()
	}
	return processes
}
