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

// Processes counts them all and lists those at the top by CPU, by memory and by disk traffic, most CPU first.
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
}

// Process is one running process. PID and Started together are its identity: a PID alone is used again. When the
// clock of the host is set by more than a second, Started moves with it.
type Process struct {
	PID     int32  `json:"pid"`
	Parent  int32  `json:"parent"`
	Name    string `json:"name"`    // the kernel's command name; any bytes made valid UTF-8
	Command string `json:"command"` // command line with secrets blotted out, cut after 120 bytes in Top; "" for kernel threads, where we may not look, and while the process does not let it be read
	User    string `json:"user"`    // effective user: name, or the number where it has none, or "" when it ended meanwhile
	State   string `json:"state"`   // running, sleeping, waiting (mostly for a disk), idle, stopped, traced, zombie, dead; "" where unknown
	// Service is the systemd unit it belongs to, and Container the short id or the name of its container; "" for none.
	// In a container, Service is a unit of the systemd that runs there.
	Service   string `json:"service,omitempty"`
	Container string `json:"container,omitempty"`
	CPU       Number `json:"cpu"`        // cores in use over the last second or so: 1 is one core
	Memory    uint64 `json:"memory"`     // resident set in bytes; up to a minute old for a process that has not run since
	ReadRate  Number `json:"read_rate"`  // from disks, bytes per second; unknown where we may not look
	WriteRate Number `json:"write_rate"` // to disks, bytes per second
	Threads   int32  `json:"threads"`
	Started   int64  `json:"started"` // Unix milliseconds
}

// processSource reads once a second at most: processor time of processes comes in hundredths of a second, so over a
// tenth of a second it would go in steps of a tenth of a core.
func processSource(r roots) Source {
	return Source{Name: "processes", Every: time.Second, Read: newProcessWatch(r).read}
}

// A processWatch is what the source and those who ask for the whole table share.
type processWatch struct {
	started time.Time
	now     func() time.Time // tests have another
	table   func(context.Context) ([]Process, error)

	// held has something in it while somebody is at what follows: a mutex that a caller can stop waiting for.
	held    chan struct{}
	reader  processReader // process_linux.go; process_other.go is the portable one
	tasks   processTable
	details detailReader
	asked   time.Duration // when the whole table was last asked for
	wanted  bool          // it was, ever

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
	w.table = w.all
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
	if err := w.reader.read(ctx, t); err != nil {
		return nil, fmt.Errorf("read processes: %w", err)
	}
	shown := t.end()
	w.readDetails(ctx, shown)

	part := &processPart{processes: t.counts()}
	part.processes.Table = w.table
	part.processes.Top = part.rows[:len(shown)]
	for i, p := range shown {
		part.rows[i] = p.process(t.tick)
		part.rows[i].Command = p.details.brief
	}
	return part, nil
}

// readDetails reads at once what was never read of those shown, and bit by bit what may have changed.
func (w *processWatch) readDetails(ctx context.Context, shown []*task) {
	refreshed := 0
	for _, p := range shown {
		due := p.details.due(w.tasks.tick, p.name)
		if !due.any() {
			continue
		}
		if !due.first {
			if refreshed == mostRefreshed {
				continue
			}
			refreshed++
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

// A tableRow is one process of a table that was asked for.
type tableRow struct {
	Process
	identity identity
	details  details
	tick     int
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
		rows[i] = tableRow{p.process(w.tasks.tick), p.identity(), p.details, w.tasks.tick}
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
		processes[i] = rows[i].Process
		rows[i].details.addTo(&processes[i])
	}
	return processes
}
