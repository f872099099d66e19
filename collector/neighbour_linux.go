package collector

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
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
	// neighbourPIDs is how many processes a read looks at. Where there are more, the next read goes on. That may be a
	// minute later after one that found no neighbour, which therefore looks at firstPIDs.
	neighbourPIDs = 512
	firstPIDs     = 8192
	// knownIdentities bounds how many texts of /proc/PID/cgroup are remembered. A process may make many.
	knownIdentities = 256
	// neighbourReads is for how many reads it holds where a neighbour's files are.
	neighbourReads = 12
	// muteReads is how many are spared after one that found none of them, as long as others are shown: a container that
	// is being started has some later.
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

	dir        pidDir
	pids       []int32
	buf        []byte
	identities map[string]groupIdentity // by what /proc/PID/cgroup has: many processes have the same

	begun                bool
	ownMounts, ownGroups uint64 // namespaces, which stay
	onHost               bool

	known   map[string]*neighbour
	next    int32 // the process to go on with
	shown   int   // neighbours, by the last read
	refused int   // processes of other containers that may not be looked into, as of this read
}

// A neighbour is a group as remembered from read to read.
type neighbour struct {
	groupIdentity
	pid   int32
	reads int    // since its files were looked for
	mute  bool   // they were not to be had
	bare  string // what group.name is before it is made unique
	group groupReader
}

// A groupIdentity is the group of a process: that of its container, if it is below one. It is immutable.
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
		dir:     pidDir{path: r.ofProc()},
		buf:     make([]byte, longestGroupFile),

		identities: make(map[string]groupIdentity),
		known:      make(map[string]*neighbour),
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
		if n.reads++; n.mute && n.reads <= muteReads && r.shown > 0 || len(part) == mostNeighbours {
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
	if r.shown = len(part); r.shown == 0 {
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
		if err := n.group.place(groupPlaceOf(n.paths, parseGroupMounts(string(mountinfo))), r.stacked); err != nil {
			return err
		}
		bare := n.name
		if bare == "" {
			comm, _ := readStart(r.ofPID(n.pid, "comm"), 64)
			bare = clean(string(bytes.TrimRight(comm, "\n")))
		}
		if n.group.name == "" || n.bare != bare {
			n.bare, n.group.name = bare, ""
			n.group.name = r.unique(bare)
		}
		n.group.path = clean(n.key)
	}
	part.group.PID = n.pid
	return n.group.readInto(part)
}

// unique keeps two neighbours of one name apart, such as two that have no other than that of their program.
func (r *neighbourReader) unique(bare string) string {
	taken := make(map[string]bool, len(r.known))
	for _, n := range r.known {
		taken[n.group.name] = true
	}
	name := bare
	for i := 2; taken[name]; i++ {
		name = bare + "~" + strconv.Itoa(i)
	}
	return name
}

// look goes through some of the processes: it forgets the neighbours that are gone and takes up those that are new.
// Most are of this container or of the host, which takes one system call to find out.
func (r *neighbourReader) look() error {
	b, err := readStart(r.self.ofProc("self/cgroup"), longestGroupFile)
	if err != nil {
		return err
	}
	own := r.identityOf(b)
	r.begin()
	pids, err := r.somePIDs()
	if err != nil {
		return err
	}
	defer r.dir.close() // there may be another /proc next time
	for key, n := range r.known {
		if id, ok := r.identify(n.pid); !ok || id.key != key {
			n.pid = 0 // unless there is another process of it
		}
	}
	r.refused = 0
	for _, pid := range pids {
		mounts, errno := r.dir.namespace(pid, "/ns/mnt")
		if errno != 0 && !isHidden(errno) || errno == 0 && mounts == r.ownMounts {
			continue
		}
		id, ok := r.identify(pid)
		if !ok || id.key == own.key || r.isOfHost(pid, id) {
			continue
		}
		if errno != 0 {
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

func (r *neighbourReader) begin() {
	if r.begun {
		return
	}
	r.begun = true
	r.ownMounts, _ = namespaceOf(r.self.ofProc("self/ns/mnt"))
	r.ownGroups, _ = namespaceOf(r.self.ofProc("self/ns/cgroup"))
	// On a host services have mount namespaces too. What is no container's there is a unit's.
	r.onHost = r.roots.proc != r.self.proc || isHostPIDs(r.self.ofProc("self/ns/pid"))
}

// isOfHost: the process is of no other container, though it has mounts of its own.
func (r *neighbourReader) isOfHost(pid int32, id groupIdentity) bool {
	if id.name != "" {
		return false
	}
	if r.ownGroups >= firstDynamicInode && !id.paths.isOutside() {
		return true // inside of the own namespace
	}
	if !r.onHost {
		return false
	}
	groups, errno := r.dir.namespace(pid, "/ns/cgroup")
	return errno != 0 || groups == r.ownGroups
}

// somePIDs are the processes to look at this time.
func (r *neighbourReader) somePIDs() (pids []int32, err error) {
	if r.pids, err = r.dir.list(r.pids[:0]); err != nil {
		return nil, err
	}
	slices.Sort(r.pids)
	most := neighbourPIDs
	if r.shown == 0 {
		most = firstPIDs
	}
	pids, r.next = someOf(r.pids, r.next, most)
	return pids, nil
}

// someOf returns at most n of a sorted list, from next on and around, and where to go on.
func someOf(pids []int32, next int32, n int) (some []int32, then int32) {
	if len(pids) <= n {
		return pids, 0
	}
	at, _ := slices.BinarySearch(pids, next)
	some = append(some, pids[at:min(at+n, len(pids))]...)
	some = append(some, pids[:n-len(some)]...)
	return some, some[len(some)-1] + 1
}

func (r *neighbourReader) identify(pid int32) (id groupIdentity, ok bool) {
	b, errno := r.dir.read(pid, "/cgroup", r.buf)
	if errno != 0 {
		return groupIdentity{}, false
	}
	return r.identityOf(b), true
}

func (r *neighbourReader) identityOf(b []byte) groupIdentity {
	id, ok := r.identities[string(b)]
	if !ok {
		if len(r.identities) >= knownIdentities {
			clear(r.identities)
		}
		id = identityOf(parseGroupPaths(b))
		r.identities[string(b)] = id
	}
	return id
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

func (r *neighbourReader) ofPID(pid int32, elem string) string {
	return r.roots.ofProc(strconv.Itoa(int(pid)), elem)
}

func readStart(file string, longest int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, longest))
}
