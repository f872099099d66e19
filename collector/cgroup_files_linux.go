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

func (r *groupFiles) exists(path string) bool {
	fd, err := r.open(path)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
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
// counts before what version 2 has.
func groupFilesOf(p *groupPlace, skip func(device []byte) bool) []groupFile {
	var list []groupFile
	add := func(dir, name string, parse func(*groupNumbers, []byte)) {
		list = append(list, groupFile{path: path.Join(dir, name), parse: parse})
	}
	if dir := p.v2.dir; dir != "" {
		add(dir, "memory.current", func(n *groupNumbers, b []byte) { n.memory = parseSize(b) })
		add(dir, "memory.stat", parseMemoryStat2)
		add(dir, "memory.events", parseMemoryEvents)
		add(dir, "memory.peak", func(n *groupNumbers, b []byte) { n.peak = parseSize(b) })
		add(dir, "memory.swap.current", func(n *groupNumbers, b []byte) { n.swap = parseSize(b) })
		parseCPU := parseGroupCPU
		if p.cpuacct.dir != "" {
			parseCPU = func(n *groupNumbers, b []byte) { parseGroupCPU(n, b); n.cpu = groupCount{} }
		}
		add(dir, "cpu.stat", parseCPU)
		add(dir, "pids.current", func(n *groupNumbers, b []byte) { n.tasks = parseCount(b) })
		add(dir, "io.stat", func(n *groupNumbers, b []byte) { n.read, n.written = parseIOStat(b, skip) })
		for i, name := range stallFiles {
			add(dir, name, func(n *groupNumbers, b []byte) { n.stalls[i], n.stalled[i] = parsePressure(b) })
		}
		for _, dir := range p.v2.levels() {
			add(dir, "memory.max", parseMemoryLimit)
			add(dir, "memory.high", parseMemoryLimit)
			add(dir, "cpu.max", func(n *groupNumbers, b []byte) { n.cpuLimit = least(n.cpuLimit, parseCPUMax(b)) })
			add(dir, "pids.max", parseTasksLimit)
			add(dir, "cpuset.cpus.effective", func(n *groupNumbers, b []byte) {
				if !n.cpus.known { // the nearest that has the controller
					n.cpus = parseProcessorList(b)
				}
			})
		}
	}
	if dir := p.memory.dir; dir != "" {
		add(dir, "memory.usage_in_bytes", func(n *groupNumbers, b []byte) { n.memory = parseSize(b) })
		add(dir, "memory.stat", parseMemoryStat1)
		add(dir, "memory.oom_control", parseMemoryEvents)
		add(dir, "memory.failcnt", func(n *groupNumbers, b []byte) { n.limit = parseCount(b) })
		add(dir, "memory.max_usage_in_bytes", func(n *groupNumbers, b []byte) { n.peak = parseSize(b) })
		for _, dir := range p.memory.levels() {
			add(dir, "memory.limit_in_bytes", parseMemoryLimit)
		}
	}
	if dir := p.cpu.dir; dir != "" {
		add(dir, "cpu.stat", parseGroupCPU)
		for _, dir := range p.cpu.levels() {
			add(dir, "cpu.cfs_quota_us", func(n *groupNumbers, b []byte) { n.quota = parseCount(b) }) // -1 is none
			add(dir, "cpu.cfs_period_us", func(n *groupNumbers, b []byte) {
				if period := parseCount(b); n.quota.ok && period.ok {
					n.cpuLimit = least(n.cpuLimit, coresOf(n.quota.n, period.n))
				}
				n.quota = groupCount{}
			})
		}
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
		for _, dir := range p.pids.levels() {
			add(dir, "pids.max", parseTasksLimit)
		}
	}
	if dir := p.blkio.dir; dir != "" {
		parse := func(n *groupNumbers, b []byte) { n.read, n.written = parseThrottleBytes(b, skip) }
		add(dir, "blkio.throttle.io_service_bytes", parse)
		add(dir, "blkio.throttle.io_service_bytes_recursive", parse)
	}
	return list
}

func parseMemoryLimit(n *groupNumbers, b []byte) {
	n.memoryLimit = least(n.memoryLimit, parseLimit(b))
}

func parseTasksLimit(n *groupNumbers, b []byte) {
	n.tasksLimit = least(n.tasksLimit, parseLimit(b))
}
