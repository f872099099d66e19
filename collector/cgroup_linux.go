package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"path"
	"slices"
	"time"
)

const (
	// groupReads is for how many reads it holds where a group's files are, and which there are: controllers come and
	// go with those who administer the host.
	groupReads = 60
	// mostDevices bounds what is remembered of devices.
	mostDevices = 1024
	// firstDynamicInode divides the namespaces that the kernel began with from those that were made since
	// (include/linux/proc_ns.h, PROC_DYNAMIC_FIRST).
	firstDynamicInode = 0xF0000000
)

// A containerReader reads the control group of this process.
type containerReader struct {
	self  roots
	files groupFiles
	own   groupFile // /proc/self/cgroup
	table kernelFile
	seed  maphash.Seed
	group groupReader
	where string     // content of own when the group was looked for; "" is not yet
	among uint64     // hash of the mounts then
	place groupPlace // and where it was
	reads int        // since it was last known to be there
	named bool       // the group is a container's
}

func newContainerReader(self roots) *containerReader {
	r := &containerReader{self: self, seed: maphash.MakeSeed()}
	r.table.path = self.ofProc("self/mountinfo")
	r.files = groupFiles{keep: true, open: openGroupFile}
	r.own.path = self.ofProc("self/cgroup")
	r.group.files = &r.files
	return r
}

func (r *containerReader) read(context.Context) (Part, error) {
	if err := r.find(); err != nil {
		return nil, err
	}
	part := new(groupPart)
	if err := r.group.readInto(part); err != nil {
		r.where = "" // it may have been moved or made anew
		return nil, fmt.Errorf("read control group: %w", err)
	}
	if !r.named && !isLimited(r.group.after) {
		r.group.close()
		r.reads = groupReads // somebody may set one
		return nil, notHere("its control group sets no limit, and is no container's")
	}
	return part, nil
}

// find looks for the group, when it is another one or has not been looked for of late.
func (r *containerReader) find() error {
	own, err := r.files.content(&r.own)
	if isMissingFile(err) {
		return notHere("no control groups on this kernel")
	}
	if err != nil {
		return fmt.Errorf("read own control group: %w", err)
	}
	if r.reads++; string(own) == r.where && r.reads < groupReads {
		return nil
	}
	mounts, err := r.table.read()
	if err != nil {
		r.where = ""
		return fmt.Errorf("read own mounts: %w", err)
	}
	if among := maphash.Bytes(r.seed, mounts); string(own) != r.where || among != r.among {
		r.where, r.among = string(own), among
		r.look(own, string(mounts))
	}
	r.reads = 0
	if err := r.group.place(r.place, newStackedDevices(r.self)); err != nil {
		r.reads = groupReads
		return err
	}
	return nil
}

// look finds out where the group is, and what it is called.
func (r *containerReader) look(own []byte, mountinfo string) {
	paths := parseGroupPaths(own)
	r.place = groupPlaceOf(paths, parseGroupMounts(mountinfo))
	for _, d := range append(r.place.v1(), &r.place.v2) {
		if d.dir != "" {
			*d = groupDir{dir: r.self.ofRoot(d.dir), top: r.self.ofRoot(d.top)}
		}
	}
	name, _, named := groupContainer(paths.main())
	if !named {
		name, named = mountedContainer(mountinfo)
	}
	if !named {
		name = nameOfGroup(paths.main())
	}
	cgroupns, ok := namespaceOf(r.self.ofProc("self/ns/cgroup"))
	r.named = named || ok && cgroupns >= firstDynamicInode
	r.group.name, r.group.path = clean(name), clean(paths.main())
}

// A groupPart is one look at a group.
type groupPart struct {
	group    Cgroup
	pressure Pressure
	stalls   [len(stallFiles)]Stall
}

// AddTo shows it as the container.
func (p *groupPart) AddTo(s *Snapshot) { s.Container = &p.group }

// A groupReader reads one group, again and again.
type groupReader struct {
	name, path, version string
	files               *groupFiles
	placed              groupPlace // what list was made for; zero when there is none
	list                []groupFile
	at                  time.Time      // of after; zero when there is nothing to compare with
	before, after       []groupNumbers // by level
}

// readInto fails when not one file is there.
func (r *groupReader) readInto(part *groupPart) error {
	r.before, r.after = r.after, r.before
	clear(r.after)
	var failed error
	good := 0
	for i := range r.list {
		f := &r.list[i]
		n := &r.after[f.level]
		if f.gone || f.when != nil && !f.when(n) {
			continue
		}
		b, err := r.files.content(f)
		if err != nil {
			failed = err
			f.gone = !isShort(err)
			continue
		}
		f.parse(n, b)
		good++
	}
	if good == 0 {
		r.at = time.Time{}
		if failed == nil {
			failed = errors.New("none of its files can be read")
		}
		return failed
	}
	now := time.Now()
	elapsed := between(r.at, now)
	r.at = now
	part.group.Name, part.group.Path, part.group.Version = r.name, r.path, r.version
	cgroupOf(&part.group, r.before, r.after, elapsed)
	if pressureOf(&part.pressure, &part.stalls, &r.before[0], &r.after[0], elapsed) {
		part.group.Pressure = &part.pressure
	}
	return nil
}

// place makes the list of a group's files. For the place of the list there is, it has all of them tried again: controllers
// come and go. Where a hierarchy has it at its root, the numbers are the machine's, and are
// left out.
func (r *groupReader) place(p groupPlace, stacked *stackedDevices) error {
	if p == r.placed && len(r.list) > 0 {
		for i := range r.list {
			r.list[i].gone = false
		}
		return nil
	}
	asked, mounted := p, p.version()
	if mounted == "" {
		return notHere("its control group is not mounted here")
	}
	if p.v2.dir != "" {
		if there, err := r.files.look(path.Join(p.v2.dir, "cgroup.events")); err != nil {
			return fmt.Errorf("look for control group: %w", err)
		} else if !there {
			p.v2 = groupDir{} // cgroup-v2.rst: that file is in all but the root
		}
	}
	for _, d := range p.v1() {
		if d.dir == "" || d.dir != d.top {
			continue
		}
		if there, err := r.files.look(path.Join(d.dir, "release_agent")); err != nil {
			return fmt.Errorf("look for control group: %w", err)
		} else if there {
			*d = groupDir{} // cgroup-v1/cgroups.rst: that file is in the root alone
		}
	}
	if p.version() == "" {
		return notHere("not in a control group of its own")
	}
	list := groupFilesOf(&p, stacked.has)
	if !slices.EqualFunc(list, r.list, func(a, b groupFile) bool { return a.path == b.path }) {
		levels := 1
		for i := range list {
			levels = max(levels, list[i].level+1)
		}
		// Another group: there is nothing to compare with.
		r.before, r.after = make([]groupNumbers, levels), make([]groupNumbers, levels)
	}
	r.close()
	r.placed, r.list, r.version = asked, list, mounted
	return nil
}

func (r *groupReader) close() {
	for i := range r.list {
		r.list[i].close()
	}
}

// namespaceOf is the inode of the namespace that a link leads to.
func namespaceOf(link string) (inode uint64, ok bool) {
	s, err := os.Readlink(link)
	if err != nil {
		return 0, false
	}
	return parseNamespace([]byte(s))
}

// parseNamespace takes what such a link has, like "pid:[4026531836]" (namespaces(7)).
func parseNamespace(link []byte) (inode uint64, ok bool) {
	_, number, _ := bytes.Cut(link, []byte(":["))
	return parseUint(bytes.TrimSuffix(number, []byte("]")))
}

// stackedDevices knows which block devices are made of others, such as volumes and arrays: what goes through them is
// counted on those too. It looks anew every minute: numbers are given to other devices. As long as it cannot look, they are
// what they were: counters that went on with one device more would pass for all it ever did in a second.
type stackedDevices struct {
	self   roots
	known  map[string]bool
	before map[string]bool // known of the minute before
	since  time.Time       // when known was begun
}

const stackedFor = time.Minute

func newStackedDevices(self roots) *stackedDevices {
	return &stackedDevices{self: self, known: make(map[string]bool), before: make(map[string]bool)}
}

// has takes "MAJOR:MINOR". A device that sysfs does not show is taken for one by itself.
func (s *stackedDevices) has(device []byte) bool {
	if now := time.Now(); now.Sub(s.since) >= stackedFor {
		s.known, s.before = s.before, s.known
		clear(s.known)
		s.since = now
	}
	is, known := s.known[string(device)]
	major, minor, _ := bytes.Cut(device, []byte(":"))
	_, number := parseUint(major)
	_, another := parseUint(minor)
	if known || len(s.known) >= mostDevices || !number || !another {
		return is
	}
	slaves, err := os.ReadDir(s.self.ofSys("dev/block", string(device), "slaves"))
	is = err == nil && len(slaves) > 0
	if isShort(err) {
		is = s.before[string(device)]
	}
	s.known[string(device)] = is
	return is
}
