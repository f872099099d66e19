package collector

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// processReader reads /proc/PID/stat, which has all that is shown on every tick but disk traffic, for three system
// calls. gopsutil needs several files for the same, and some ten calls for each.
//
// Most processes of most hosts sleep, and one that has not run since has nothing new to tell. Where PIDs mean to us what
// they mean to that /proc, the clock of a process tells whether it has run, for one call, which costs a twentieth of
// reading it; so only those are read that have. Elsewhere, those that do nothing are read on every tenth tick.
type processReader struct {
	roots     roots
	dir       pidDir
	begun     bool
	booted    time.Time
	wall      func() time.Time                      // tests have another
	sinceBoot func() (time.Duration, error)         // likewise
	clockOf   func(pid int32) (time.Duration, bool) // likewise
	ownThread func(pid int32) bool                  // likewise
	ours      bool                                  // PIDs mean the same to us

	forks  kernelFile
	count  uint64 // that it had
	listed int    // the tick of the last listing; 0 is never, or what it found is no good any more
	pids   []int32
	buf    []byte
	moved  []*task // to read the disk traffic of

	busy, used float64 // seconds that all processes have used, ever and since the last tick; 0 is not known
	again      int     // before that tick it is no use to read all
}

func newProcessReader(r roots) processReader {
	reader := processReader{roots: r, wall: time.Now, sinceBoot: bootClock, clockOf: clockOf, ownThread: isOwnThread, buf: make([]byte, 4<<10)}
	reader.dir.path = r.ofProc()
	return reader
}

// begin finds out once what this /proc is.
func (r *processReader) begin() {
	self, err := os.Readlink(r.roots.ofProc("self"))
	r.ours = err == nil && self == strconv.Itoa(os.Getpid())
	r.forks = kernelFile{path: r.roots.ofProc("stat"), prompt: true}
	if r.ours {
		r.forks.path = r.roots.ofProc("loadavg")
	}
	r.begun = true
}

// clockOf is the processor time that a process has used, from its clock (clock_getcpuclockid(3)). Anybody may read it.
func clockOf(pid int32) (time.Duration, bool) {
	const ofProcess = 2 // CPUCLOCK_SCHED, without the bit for a single thread
	used, err := readClock(^pid<<3 | ofProcess)
	return used, err == nil
}

// read puts every process into the table. Those that end meanwhile are left out.
func (r *processReader) read(ctx context.Context, t *processTable) error {
	err := r.sweep(ctx, t)
	if err != nil && !isShort(err) { // perhaps the host's /proc is another one now
		r.listed = 0
		r.dir.close()
	}
	return err
}

func (r *processReader) sweep(ctx context.Context, t *processTable) error {
	if !r.begun {
		r.begin()
	}
	if err := r.list(t); err != nil {
		return err
	}
	r.moved = r.moved[:0]
	left := mostTraffic // of which to read disk traffic: those at the top first
	for i, p := range t.tasks {
		if i%32 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.now = t.clock()
		}
		wanted := t.all || t.wasShown(p)
		used, known, ended := time.Duration(0), false, false
		if r.ours && t.askable(p) {
			used, known = r.clockOf(p.pid)
			p.asked = t.tick
			ended = p.timed && !known // it would seem
			p.timed = known
		}
		if known && t.rests(p, used.Seconds()) {
			if wanted && p.traffic.tick != t.tick {
				r.readTraffic(t, p)
			}
			continue
		}
		if (!known || p.hidden) && !ended && !t.due(p) {
			continue
		}
		p, moved, err := r.see(t, i, used, known)
		switch {
		case err != nil:
			return err
		case p == nil:
		case wanted:
			r.readTraffic(t, p)
			left--
		case moved || p.state == "waiting":
			r.moved = append(r.moved, p)
		}
	}
	if err := r.seeOthers(ctx, t); err != nil {
		return err
	}
	t.now = t.clock()
	// When there are more than may be read, each tick begins elsewhere.
	for i := range min(left, len(r.moved)) {
		r.readTraffic(t, r.moved[(t.tick*mostTraffic+i)%len(r.moved)])
	}
	if err := r.findEnded(t); err != nil { // those too that were there until now
		return err
	}
	if !slices.ContainsFunc(t.tasks, func(p *task) bool { return p.seen != 0 && !p.gone }) {
		return errors.New("none found")
	}
	return nil
}

// list brings the table's list up to date, if there may be processes that are not in it.
func (r *processReader) list(t *processTable) error {
	up, err := r.sinceBoot()
	if err != nil {
		return err
	}
	clock := int64(up / (time.Second / clockTicks))
	r.date(t, r.wall().Add(-up).Round(0))
	if r.ours {
		r.spend(t.host.seconds())
	}
	last := r.count
	forked := r.forked() // before the listing: what begins during it counts for the next one
	if r.listed == 0 || t.tick-r.listed >= idleTicks || forked && !r.findNew(t, last) {
		if err := r.listPIDs(); err != nil {
			return err
		}
		t.list(r.pids)
		r.listed = t.tick
	}
	t.complete(clock)
	return nil
}

func (r *processReader) listPIDs() error {
	pids, err := r.dir.list(r.pids[:0])
	if err != nil {
		return err
	}
	r.pids = pids
	if !slices.IsSorted(pids) { // the kernel's are
		slices.Sort(pids)
	}
	return nil
}

// date takes note of when the host booted. When its clock is set, all have started at another time; they are the same.
func (r *processReader) date(t *processTable, booted time.Time) {
	booted = bootOf(r.booted, booted)
	if booted.Equal(r.booted) {
		return
	}
	r.booted = booted
	for _, p := range t.tasks {
		if p.seen != 0 {
			p.started = startedAt(booted, p.birth)
		}
	}
}

// startedAt is in Unix milliseconds; birth is in clock ticks since the boot.
func startedAt(booted time.Time, birth int64) int64 {
	return booted.UnixMilli() + birth*(1000/clockTicks)
}

// forked tells whether a process or a thread may have begun since the last call. /proc/stat counts them, but takes long
// to make where there are many processors and interrupts; where PIDs mean the same to us it is the last one given.
func (r *processReader) forked() bool {
	b, err := r.forks.read()
	if err != nil {
		return true
	}
	count, ok := parseLastPID(b)
	if !r.ours {
		count, ok = parseForks(b)
	}
	if !r.ours {
		busy, _ := parseBusy(b)
		r.spend(busy)
	}
	same := ok && count == r.count
	r.count = count
	return !same
}

// see reads one process, of which it may be known how much processor time it has used. It returns none where there is
// nothing to see.
func (r *processReader) see(t *processTable, i int, used time.Duration, known bool) (p *task, moved bool, err error) {
	p = t.tasks[i]
	b, errno := r.dir.read(p.pid, "/stat", r.buf)
	switch {
	case isGone(errno):
		t.lose(p)
		return nil, false, nil
	case isHidden(errno):
		p.hide()
		return nil, false, nil
	case errno != 0:
		return nil, false, errno
	}
	stat, ok := parseStat(b)
	if !ok {
		return nil, false, nil // torn
	}
	s := stat.sighting(r.booted)
	if known {
		s.cpu = used.Seconds() // the same, but finer
		s.spent = max(s.spent, s.cpu+s.children)
	}
	p, moved = t.see(i, s)
	if p.name == "" || string(stat.comm) != p.name { // exec gives a process another name
		p.name = clean(string(stat.comm))
	}
	return p, moved, nil
}

// readTraffic reads what a process has moved from and to disks. It is for its own user and root to see, and not every
// kernel counts it: what cannot be read is not asked for again for a while.
func (r *processReader) readTraffic(t *processTable, p *task) {
	if t.tick < p.traffic.again {
		return
	}
	b, errno := r.dir.read(p.pid, "/io", r.buf)
	if errno != 0 {
		p.traffic.again = t.tick + userReads
		return
	}
	if read, written, ok := parseTraffic(b); ok {
		t.addTraffic(p, read, written)
	}
}

// isGone: the process ended before its file was opened, or before it was read.
func isGone(errno unix.Errno) bool { return errno == unix.ENOENT || errno == unix.ESRCH }

// isHidden: the process is not for us to see (proc(5), hidepid).
func isHidden(errno unix.Errno) bool { return errno == unix.EACCES || errno == unix.EPERM }

func (s procStat) sighting(booted time.Time) sighting {
	cut := uint64(0) // of the four times each has lost less than a tick: taken together, as much as two on the average
	if s.ticks+s.reaped > 0 {
		cut = 2
	}
	return sighting{
		parent:  s.parent,
		birth:   int64(s.started),
		started: startedAt(booted, int64(s.started)),
		state:   stateOf(s.state),
		threads: s.threads,
		memory:  s.pages * uint64(os.Getpagesize()),
		cpu:     float64(s.ticks) / clockTicks,

		children: float64(s.reaped) / clockTicks,
		spent:    float64(s.ticks+s.reaped+cut) / clockTicks,
	}
}
