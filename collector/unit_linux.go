package collector

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	// topUnits is how many are shown, half of them for their CPU and half for their memory.
	topUnits = 10
	// mostUnits bounds how many are read. A host has about a hundred.
	mostUnits = 1000
	// keptUnits is of how many the files are kept open: that takes a fifth of the time, and two open files each.
	keptUnits = 128
	// mostSlices and deepestSlice bound the search: slices nest, and users may make some.
	mostSlices   = 1000
	deepestSlice = 6
	// longestUnshown is over how many reads a rate may go.
	longestUnshown = 2
	// unitsFor is how long a list of units holds. One that ends meanwhile is noticed at once.
	unitsFor = 30 * time.Second
)

// A unitReader reads what each unit's control group has used. There is no need to ask systemd: it makes a group for
// each unit, of its name, and leaves it to the kernel to count.
type unitReader struct {
	roots   roots
	kept    groupFiles
	opened  groupFiles
	stacked *stackedDevices
	files   smallFiles

	tree   unitTree
	units  []*unit
	total  int
	stale  bool      // a unit has ended since
	listed time.Time // when units was made; zero is never
	at     time.Time // of the last read
	costs  []unitCost
	shows  int

	numbers groupNumbers // of the unit that is being read
	short   error        // of this read: it could not look at something, for want of a descriptor or of memory
}

// unitTree is where the hierarchies are in which units have groups.
type unitTree struct {
	names                        string // in which they are found; "" when there are none
	v2                           string
	memory, cpuacct, pids, blkio string // of version 1, where version 2 has not the controller
}

// A unit is remembered from read to read.
type unit struct {
	path, name  string
	cpu, memory groupFile
	before, now counter     // processor time
	details     []groupFile // kept open as long as it is shown
	shows       int         // unitReader.shows when it was shown
	shown       time.Time   // when its details were last read
	read        counter     // as of then
	written     counter
}

func newUnitReader(r roots) *unitReader {
	u := &unitReader{roots: r, stacked: newStackedDevices(r)}
	u.kept = groupFiles{keep: true, open: openGroupFile}
	u.opened = groupFiles{open: openGroupFile}
	return u
}

func (r *unitReader) read(context.Context) (Part, error) {
	now := time.Now()
	r.short = nil
	if r.stale || r.listed.IsZero() || now.Sub(r.listed) >= unitsFor {
		if r.list() {
			r.listed, r.stale = now, false
		}
	}
	if r.total == 0 && r.short != nil {
		return nil, fmt.Errorf("read units: %w", r.short)
	}
	if r.total == 0 {
		return nil, notHere("no systemd units in the control groups")
	}
	r.costs = r.costs[:0]
	gone := 0
	for i, u := range r.units {
		files := &r.kept
		if i >= keptUnits {
			files = &r.opened
		}
		r.numbers = groupNumbers{}
		err := r.readFile(files, &u.cpu)
		if err != nil {
			r.stale = r.stale || isMissingFile(err)
			if !isShort(err) {
				gone++
			}
			u.now = counter{}
			continue
		}
		r.readFile(files, &u.memory)
		u.before, u.now = u.now, r.numbers.cpu
		r.costs = append(r.costs, unitCost{index: i, memory: r.numbers.memory.number()})
	}
	now = time.Now()
	elapsed := between(r.at, now)
	r.at = now
	for i := range r.costs {
		c := &r.costs[i]
		u := r.units[c.index]
		if cpu := u.now.secondsSince(u.before, elapsed); cpu.value < mostProcessors {
			c.cpu = cpu
		}
	}
	top := r.costs[:topUnitsOf(r.costs)]
	r.shows++
	part := &unitPart{units: Units{Total: r.total - gone, Top: make([]Unit, len(top))}}
	for i, c := range top {
		part.units.Top[i] = r.show(r.units[c.index], c, now)
	}
	for _, u := range r.units {
		if u.details != nil && u.shows != r.shows {
			u.forgetDetails()
		}
	}
	if r.short != nil {
		return part, fmt.Errorf("read units: %w", r.short)
	}
	return part, nil
}

// A unitPart is one look at the units.
type unitPart struct {
	units Units
}

func (p *unitPart) AddTo(s *Snapshot) { s.Units = &p.units }

// show reads the details of a unit. Their rates are since it was last shown, if that was of late: what it did meanwhile
// would pass for what it does now.
func (r *unitReader) show(u *unit, c unitCost, now time.Time) Unit {
	if u.details == nil {
		u.details = r.detailsOf(u.path)
	}
	r.numbers = groupNumbers{}
	for i := range u.details {
		f := &u.details[i]
		err := r.readFile(&r.kept, f)
		f.gone = f.gone || err != nil && !isShort(err)
	}
	n := &r.numbers
	if r.shows-u.shows > longestUnshown {
		u.read, u.written = counter{}, counter{}
	}
	elapsed := between(u.shown, now)
	shown := Unit{
		Name: u.name, CPU: c.cpu, Memory: c.memory, Tasks: n.tasks.number(), OOMKills: n.kills.number(),
		ReadRate: n.read.since(u.read, elapsed), WriteRate: n.written.since(u.written, elapsed),
	}
	u.shows, u.shown, u.read, u.written = r.shows, now, n.read, n.written
	return shown
}

func (u *unit) forgetDetails() {
	for i := range u.details {
		u.details[i].close()
	}
	u.details = nil
}

// readFile adds a file to the numbers.
func (r *unitReader) readFile(files *groupFiles, f *groupFile) error {
	if f.path == "" || f.gone {
		return nil
	}
	b, err := files.content(f)
	if err == nil {
		f.parse(&r.numbers, b)
	}
	r.note(err)
	return err
}

func (r *unitReader) note(err error) {
	if isShort(err) {
		r.short = err
	}
}

// list finds the units there are, and keeps what is known of those that were there. When it cannot look everywhere it tells
// so, and the list stays as it was.
func (r *unitReader) list() (ok bool) {
	tree, err := r.findTree()
	known := make(map[string]*unit, len(r.units))
	for _, u := range r.units {
		known[u.path] = u
	}
	r.note(err)
	var units []*unit
	total := 0
	dirs := []string{"/"}
	for i := 0; i < len(dirs) && i < mostSlices && tree.names != "" && r.short == nil; i++ {
		names, err := namesIn(path.Join(tree.names, dirs[i]))
		r.note(err)
		for _, name := range names {
			where := path.Join(dirs[i], name)
			switch {
			case isSliceDir(name) && strings.Count(where, "/") < deepestSlice:
				dirs = append(dirs, where)
			case isUnitDir(name) && total < 10*mostUnits:
				total++
				if len(units) == mostUnits {
					continue
				}
				u := known[where]
				delete(known, where)
				if u == nil {
					u = r.newUnit(&tree, where)
				}
				units = append(units, u)
			}
		}
	}
	if r.short != nil {
		return false
	}
	r.tree, r.units, r.total = tree, units, total
	for _, u := range r.units {
		u.forgetDetails() // a controller may have come or gone
	}
	for _, u := range known {
		u.cpu.close()
		u.memory.close()
		u.forgetDetails()
	}
	for _, u := range r.units[min(keptUnits, len(r.units)):] {
		u.cpu.close() // it was among the first
		u.memory.close()
	}
	return true
}

func (r *unitReader) newUnit(t *unitTree, where string) *unit {
	u := &unit{path: where, name: clean(unitName(path.Base(where)))}
	switch {
	case t.cpuacct != "" && r.exists(path.Join(t.cpuacct, where, "cpuacct.usage")):
		u.cpu = groupFile{path: path.Join(t.cpuacct, where, "cpuacct.usage"), parse: func(n *groupNumbers, b []byte) { n.cpu = parseCount(b) }}
	case t.v2 != "":
		u.cpu = groupFile{path: path.Join(t.v2, where, "cpu.stat"), parse: parseGroupCPU}
	default: // for noticing that it ends
		u.cpu = groupFile{path: path.Join(t.names, where, "notify_on_release"), parse: func(*groupNumbers, []byte) {}}
	}
	parse := func(n *groupNumbers, b []byte) { n.memory = parseSize(b) }
	switch {
	case t.memory != "" && r.exists(path.Join(t.memory, where, "memory.usage_in_bytes")):
		u.memory = groupFile{path: path.Join(t.memory, where, "memory.usage_in_bytes"), parse: parse}
	case t.v2 != "" && r.exists(path.Join(t.v2, where, "memory.current")):
		u.memory = groupFile{path: path.Join(t.v2, where, "memory.current"), parse: parse}
	}
	return u
}

func (r *unitReader) exists(path string) bool {
	there, err := r.opened.look(path)
	r.note(err)
	return there
}

func (r *unitReader) detailsOf(where string) []groupFile {
	var list []groupFile
	add := func(root, name string, parse func(*groupNumbers, []byte)) {
		if root != "" {
			list = append(list, groupFile{path: path.Join(root, where, name), parse: parse})
		}
	}
	tasks := func(n *groupNumbers, b []byte) { n.tasks = parseCount(b) }
	throttle := func(n *groupNumbers, b []byte) { n.read, n.written = parseThrottleBytes(b, r.stacked.has) }
	t := &r.tree
	add(t.v2, "pids.current", tasks)
	add(t.pids, "pids.current", tasks)
	add(t.v2, "io.stat", func(n *groupNumbers, b []byte) { n.read, n.written = parseIOStat(b, r.stacked.has) })
	add(t.blkio, "blkio.throttle.io_service_bytes", throttle)
	add(t.blkio, "blkio.throttle.io_service_bytes_recursive", throttle)
	add(t.v2, "memory.events", parseMemoryEvents)
	add(t.memory, "memory.oom_control", parseMemoryEvents)
	return list
}

// findTree looks in the host's /sys, and in the one below its root where that was given alone. Systemd mounts version 2
// on /sys/fs/cgroup, or below it beside version 1, where it has a hierarchy of its own for the names.
func (r *unitReader) findTree() (tree unitTree, err error) {
	defer func() { err = r.files.shortage() }()
	for _, root := range [...]string{r.roots.ofSys("fs/cgroup"), r.roots.ofRoot("sys/fs/cgroup")} {
		if r.hasUnits(root) && r.files.exists(root, "cgroup.controllers") {
			return unitTree{names: root, v2: root}, nil
		}
		t := unitTree{names: path.Join(root, "systemd")}
		if unified := path.Join(root, "unified"); r.hasUnits(unified) {
			t.v2 = unified
			if !r.hasUnits(t.names) {
				t.names = unified
			}
		}
		if !r.hasUnits(t.names) {
			continue
		}
		t.memory, t.pids, t.blkio = path.Join(root, "memory"), path.Join(root, "pids"), path.Join(root, "blkio")
		t.cpuacct = path.Join(root, "cpuacct") // a link to cpu,cpuacct where the two are mounted together
		if _, err := os.Stat(t.cpuacct); err != nil {
			t.cpuacct = path.Join(root, "cpu,cpuacct")
		}
		return t, nil
	}
	return unitTree{}, nil
}

// hasUnits: systemd keeps itself in init.scope, and what it starts in system.slice.
func (r *unitReader) hasUnits(root string) bool {
	return r.files.exists(root, "init.scope") || r.files.exists(root, "system.slice")
}

// namesIn is empty for a slice that is gone.
func namesIn(dir string) (names []string, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err = f.Readdirnames(16 * mostUnits)
	slices.Sort(names)
	return names, err
}
