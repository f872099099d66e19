package collector

import (
	"errors"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// longestGroupFile bounds what is read of a file. io.stat has some hundred bytes for each device.
const longestGroupFile = 64 << 10

// A groupFile is one file of a group, and what to do with its content.
type groupFile struct {
	path  string
	level int                      // 0 for the group, 1 for the one above it and so on
	when  func(*groupNumbers) bool // whether to read it, by what that level's other files say; nil is always
	parse func(*groupNumbers, []byte)
	file  *os.File // when it is kept open; the garbage collector closes it
	fd    int
	gone  bool // could not be read: not tried again until the group is looked for anew
}

func (f *groupFile) close() {
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// groupFiles reads files of groups into one buffer. They come whole in one read: a group's file is one record.
type groupFiles struct {
	open func(path string) (fd int, err error)
	keep bool // open, for the next read
	buf  []byte
}

// content returns all of a file as of now, until the next one. A kept one of a group that is gone is opened anew once:
// there may be another group of that name by now.
func (r *groupFiles) content(f *groupFile) ([]byte, error) {
	if f.file != nil {
		if b, err := r.fill(f.fd); err == nil {
			return b, nil
		}
		f.close()
	}
	fd, err := r.open(f.path)
	if err != nil {
		return nil, err
	}
	b, err := r.fill(fd)
	if err == nil && r.keep {
		f.file, f.fd = os.NewFile(uintptr(fd), f.path), fd
	} else {
		unix.Close(fd)
	}
	return b, err
}

func (r *groupFiles) fill(fd int) ([]byte, error) {
	if r.buf == nil {
		r.buf = make([]byte, 8<<10)
	}
	for {
		n, err := unix.Pread(fd, r.buf, 0)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n < len(r.buf):
			return r.buf[:n], nil
		case n >= longestGroupFile:
			return nil, errors.New("file of a control group does not end")
		}
		r.buf = make([]byte, 2*len(r.buf))
	}
}

// look tells whether there is such a file; with an error, nobody can tell.
func (r *groupFiles) look(path string) (there bool, err error) {
	fd, err := r.open(path)
	if isShort(err) {
		return false, err
	}
	if err == nil {
		unix.Close(fd)
	}
	return err == nil, nil
}

func openGroupFile(path string) (int, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func isMissingFile(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)
}

// groupFilesOf are the files of a group and of those above it, in the order in which they are read. What version 1 has
// counts before what version 2 has. Of a group above, what it limits is read and how it fares with that: it is the
// limit of all that is below it.
func groupFilesOf(p *groupPlace, skip func(device []byte) bool) []groupFile {
	var list []groupFile
	add := func(dir, name string, parse func(*groupNumbers, []byte)) {
		list = append(list, groupFile{path: path.Join(dir, name), parse: parse})
	}
	addAt := func(level int, when func(*groupNumbers) bool, dir, name string, parse func(*groupNumbers, []byte)) {
		list = append(list, groupFile{path: path.Join(dir, name), level: level, when: when, parse: parse})
	}
	if dir := p.v2.dir; dir != "" {
		add(dir, "memory.peak", func(n *groupNumbers, b []byte) { n.peak = parseSize(b) })
		add(dir, "memory.swap.current", func(n *groupNumbers, b []byte) { n.swap = parseSize(b) })
		add(dir, "pids.current", func(n *groupNumbers, b []byte) { n.tasks = parseCount(b) })
		add(dir, "io.stat", func(n *groupNumbers, b []byte) { n.read, n.written = parseIOStat(b, skip) })
		for i, name := range stallFiles {
			add(dir, name, func(n *groupNumbers, b []byte) { n.stalls[i], n.stalled[i] = parsePressure(b) })
		}
		parseCPU := parseGroupCPU
		if p.cpuacct.dir != "" {
			parseCPU = func(n *groupNumbers, b []byte) { parseGroupCPU(n, b); n.cpu = counter{} }
		}
		for level, dir := range p.v2.levels() {
			var limited, bounded, slowed func(*groupNumbers) bool
			if level > 0 {
				limited, bounded, slowed = (*groupNumbers).hasMemoryLimit, (*groupNumbers).hasCPULimit, (*groupNumbers).hasMemoryBound
			}
			addAt(level, nil, dir, "memory.max", parseMemoryLimit)
			addAt(level, nil, dir, "memory.high", func(n *groupNumbers, b []byte) { n.memoryHigh = parseLimit(b) })
			addAt(level, nil, dir, "cpu.max", func(n *groupNumbers, b []byte) { n.cpuLimit = parseCPUMax(b) })
			addAt(level, nil, dir, "pids.max", parseTasksLimit)
			addAt(level, nil, dir, "cpuset.cpus.effective", func(n *groupNumbers, b []byte) { n.cpus = parseProcessorList(b) })
			addAt(level, limited, dir, "memory.current", parseMemory)
			addAt(level, limited, dir, "memory.stat", parseMemoryStat2)
			addAt(level, slowed, dir, "memory.events", parseMemoryEvents)
			if level > 0 { // without those of the groups below it; Linux 5.2
				addAt(level, slowed, dir, "memory.events.local", parseMemoryEvents)
			}
			addAt(level, bounded, dir, "cpu.stat", parseCPU)
		}
	}
	if dir := p.memory.dir; dir != "" {
		add(dir, "memory.oom_control", parseMemoryEvents)
		add(dir, "memory.max_usage_in_bytes", func(n *groupNumbers, b []byte) { n.peak = parseSize(b) })
		for level, dir := range p.memory.levels() {
			var limited func(*groupNumbers) bool
			if level > 0 {
				limited = (*groupNumbers).hasMemoryLimit
			}
			addAt(level, nil, dir, "memory.limit_in_bytes", parseMemoryLimit)
			addAt(level, limited, dir, "memory.usage_in_bytes", parseMemory)
			addAt(level, limited, dir, "memory.stat", parseMemoryStat1)
			addAt(level, limited, dir, "memory.failcnt", func(n *groupNumbers, b []byte) { n.limit = parseCount(b) })
		}
	}
	for level, dir := range p.cpu.levels() {
		var bounded func(*groupNumbers) bool
		if level > 0 {
			bounded = (*groupNumbers).hasCPULimit
		}
		addAt(level, nil, dir, "cpu.cfs_quota_us", func(n *groupNumbers, b []byte) { n.quota = parseCount(b) }) // -1 is none
		addAt(level, nil, dir, "cpu.cfs_period_us", func(n *groupNumbers, b []byte) {
			if period := parseCount(b); n.quota.known && period.known {
				n.cpuLimit = coresOf(n.quota.value, period.value)
			}
		})
		addAt(level, bounded, dir, "cpu.stat", parseGroupCPU)
	}
	if dir := p.cpuacct.dir; dir != "" {
		add(dir, "cpuacct.usage", func(n *groupNumbers, b []byte) { n.cpu = parseCount(b) })
	}
	if dir := p.cpuset.dir; dir != "" {
		parse := func(n *groupNumbers, b []byte) { n.cpus = parseProcessorList(b) }
		add(dir, "cpuset.cpus", parse)
		add(dir, "cpuset.effective_cpus", parse)
	}
	if dir := p.pids.dir; dir != "" {
		add(dir, "pids.current", func(n *groupNumbers, b []byte) { n.tasks = parseCount(b) })
		for level, dir := range p.pids.levels() {
			addAt(level, nil, dir, "pids.max", parseTasksLimit)
		}
	}
	if dir := p.blkio.dir; dir != "" {
		parse := func(n *groupNumbers, b []byte) { n.read, n.written = parseThrottleBytes(b, skip) }
		add(dir, "blkio.throttle.io_service_bytes", parse)
		add(dir, "blkio.throttle.io_service_bytes_recursive", parse)
	}
	return list
}

func parseMemory(n *groupNumbers, b []byte) { n.memory = parseSize(b) }

func parseMemoryLimit(n *groupNumbers, b []byte) { n.memoryLimit = parseLimit(b) }

func parseTasksLimit(n *groupNumbers, b []byte) { n.tasksLimit = parseLimit(b) }
