package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
)

const (
	// mostNeighbours bounds how many are shown, knownNeighbours how many are remembered: some may not have their control
	// group mounted, and tell nothing.
	mostNeighbours  = 16
	knownNeighbours = 64
	// neighbourPIDs is how many processes a read looks at. Where there are more, the next read goes on.
	neighbourPIDs = 512
	// neighbourReads is for how many reads it holds where a neighbour's files are.
	neighbourReads = 12
	// muteReads is how many are spared after one that found none of them: a container that is being started has some later.
	muteReads = 3
	// longestMountTable bounds what is read of another container's: it may mount as often as it likes.
	longestMountTable = 1 << 20
)

// A neighbourReader looks for processes in another mount namespace and another control group, and reads those groups.
type neighbourReader struct {
	roots   roots
	self    roots // what this process has itself, whatever host it looks at
	way     guardedWay
	files   groupFiles
	stacked *stackedDevices

	known   map[string]*neighbour
	next    int // the process to go on with
	refused int // processes of other containers that may not be looked into, as of this read
}

// A neighbour is a group as remembered from read to read.
type neighbour struct {
	groupIdentity
	pid   int
	reads int  // since its files were looked for
	mute  bool // they were not to be had
	group groupReader
}

// A groupIdentity is the group of a process: that of its container, if it is below one.
type groupIdentity struct {
	key   string // path
	name  string // of the container; "" when the path has none
	paths groupPaths
}

func newNeighbourReader(r roots) *neighbourReader {
	n := &neighbourReader{
		roots:   r,
		self:    roots{proc: "/proc", sys: "/sys", etc: "/etc", root: "/"},
		way:     guardedWay{isGroupFS: isGroupFS},
		stacked: newStackedDevices(r),
		known:   make(map[string]*neighbour),
	}
	n.files.open = n.way.open
	return n
}

func (r *neighbourReader) read(context.Context) (Part, error) {
	if err := r.look(); err != nil {
		return nil, fmt.Errorf("look for neighbours: %w", err)
	}
	part := make(neighbourPart, 0, min(len(r.known), mostNeighbours))
	for _, key := range slices.Sorted(maps.Keys(r.known)) {
		n := r.known[key]
		if n.reads++; n.mute && n.reads <= muteReads || len(part) == mostNeighbours {
			continue
		}
		var one groupPart
		err := r.readOne(n, &one)
		if n.mute = err != nil; n.mute {
			n.reads, n.group.list = 0, nil
			continue
		}
		part = append(part, one.group)
	}
	if len(part) == 0 {
		if r.refused > 0 {
			return nil, notHere("other containers' processes are here, but are not for us to look into: that needs the same user or CAP_SYS_PTRACE")
		}
		return nil, notHere("no other container's processes are visible here")
	}
	slices.SortFunc(part, func(a, b Cgroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Path, b.Path))
	})
	return part, nil
}

// A neighbourPart is one look at all of them.
type neighbourPart []Cgroup

// AddTo shows them.
func (p neighbourPart) AddTo(s *Snapshot) { s.Neighbours = p }

func (r *neighbourReader) readOne(n *neighbour, part *groupPart) error {
	if err := r.way.enter(r.ofPID(n.pid, "root")); err != nil {
		return err
	}
	defer r.way.leave()
	if n.group.list == nil || n.reads >= neighbourReads {
		n.reads = 0
		mountinfo, err := readStart(r.ofPID(n.pid, "mountinfo"), longestMountTable)
		if err != nil {
			return err
		}
		if err := n.group.place(groupPlaceOf(n.paths, parseGroupMounts(mountinfo)), r.stacked); err != nil {
			return err
		}
		if n.group.name = n.name; n.name == "" {
			comm, _ := readStart(r.ofPID(n.pid, "comm"), 64)
			n.group.name = clean(string(bytes.TrimRight(comm, "\n")))
		}
		n.group.path = clean(n.key)
	}
	part.group.PID = int32(n.pid)
	return n.group.readInto(part)
}

// look goes through some of the processes: it forgets the neighbours that are gone and takes up those that are new.
func (r *neighbourReader) look() error {
	own, err := r.identify(r.self.ofProc("self/cgroup"))
	if err != nil {
		return err
	}
	ownMounts, _ := namespaceOf(r.self.ofProc("self/ns/mnt"))
	ownGroups, _ := namespaceOf(r.self.ofProc("self/ns/cgroup"))
	// On a host services have mount namespaces too. What is no container's there is a unit's.
	onHost := r.roots.proc != r.self.proc || isHostPIDs(r.self.ofProc("self/ns/pid"))
	pids, err := r.pids()
	if err != nil {
		return err
	}
	for key, n := range r.known {
		if id, err := r.identify(r.ofPID(n.pid, "cgroup")); err != nil || id.key != key {
			n.pid = 0 // unless there is another process of it
		}
	}
	r.refused = 0
	for _, pid := range pids {
		mounts, err := readNamespace(r.ofPID(pid, "ns/mnt"))
		refused := errors.Is(err, fs.ErrPermission)
		if err != nil && !refused || err == nil && mounts == ownMounts {
			continue
		}
		id, err := r.identify(r.ofPID(pid, "cgroup"))
		if err != nil || id.key == own.key {
			continue
		}
		if id.name == "" && ownGroups >= firstDynamicInode && !id.paths.isOutside() {
			continue // inside of the own namespace
		}
		if id.name == "" && onHost {
			if groups, ok := namespaceOf(r.ofPID(pid, "ns/cgroup")); !ok || groups == ownGroups {
				continue
			}
		}
		if refused {
			r.refused++
			continue
		}
		switch n := r.known[id.key]; {
		case n != nil && n.pid == 0:
			n.pid, n.reads = pid, neighbourReads
		case n == nil && len(r.known) < knownNeighbours:
			n = &neighbour{groupIdentity: id, pid: pid}
			n.group.files = &r.files
			r.known[id.key] = n
		}
	}
	for key, n := range r.known {
		if n.pid == 0 {
			delete(r.known, key)
		}
	}
	return nil
}

// pids are the processes to look at this time.
func (r *neighbourReader) pids() ([]int, error) {
	dir, err := os.Open(r.roots.ofProc())
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.ParseInt(name, 10, 32); err == nil && pid > 0 {
			pids = append(pids, int(pid))
		}
	}
	slices.Sort(pids)
	pids, r.next = someOf(pids, r.next, neighbourPIDs)
	return pids, nil
}

// someOf returns at most n of a sorted list, from next on and around, and where to go on.
func someOf(pids []int, next, n int) (some []int, then int) {
	if len(pids) <= n {
		return pids, 0
	}
	at, _ := slices.BinarySearch(pids, next)
	some = append(some, pids[at:min(at+n, len(pids))]...)
	some = append(some, pids[:n-len(some)]...)
	return some, some[len(some)-1] + 1
}

func (r *neighbourReader) identify(file string) (groupIdentity, error) {
	b, err := readStart(file, longestGroupFile)
	if err != nil {
		return groupIdentity{}, err
	}
	return identityOf(parseGroupPaths(b)), nil
}

// identityOf cuts the paths off below the container: what is started in it may be in groups of its own.
func identityOf(paths groupPaths) groupIdentity {
	for controller, where := range paths {
		if _, of, ok := groupContainer(where); ok {
			paths[controller] = of
		}
	}
	id := groupIdentity{key: paths.main(), paths: paths}
	if name, _, ok := groupContainer(id.key); ok {
		id.name = clean(name)
	}
	return id
}

func (r *neighbourReader) ofPID(pid int, elem string) string {
	return r.roots.ofProc(strconv.Itoa(pid), elem)
}

func readStart(file string, longest int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, longest))
}
