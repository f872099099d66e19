package collector

import (
	"bytes"
	"cmp"
	"path"
	"strings"
)

const (
	// mostGroupMounts bounds what is kept of a mount table: there are some fifteen hierarchies.
	mostGroupMounts = 64
	// mostLevels bounds how many groups above one are looked at.
	mostLevels = 32
	// deepestMount bounds how many directories are above a mount. One that is deeper is not looked for.
	deepestMount = 64
)

// A groupMount is a mounted hierarchy of control groups.
type groupMount struct {
	controllers string // of version 1 "cpu,cpuacct" or "name=systemd", among other options; "" for version 2
	v2          bool
	root        string // the group that is mounted
	point       string // where
}

// parseGroupMounts takes those of a mount table (proc_pid_mountinfo(5)) that are not hidden below other mounts.
func parseGroupMounts(mountinfo string) []groupMount {
	type found struct {
		groupMount
		mountEntry
	}
	var groups []found
	table := mountTable{on: make(map[mountPlace]mountHolder), byID: make(map[int]mountEntry)}
	for line, ok := range mountLines(mountinfo) {
		if !ok {
			continue
		}
		e := mountEntry{id: line.id, parent: line.parent, point: unescape(line.point)}
		table.add(e)
		m := groupMount{v2: line.fstype == "cgroup2", root: unescape(line.root), point: e.point}
		if !m.v2 {
			m.controllers = line.superOptions
		}
		if (m.v2 || line.fstype == "cgroup") && strings.HasPrefix(m.root, "/") && len(groups) < mostGroupMounts {
			groups = append(groups, found{m, e})
		}
	}
	var seen []groupMount
	for _, g := range groups {
		if !table.hides(g.mountEntry) {
			seen = append(seen, g.groupMount)
		}
	}
	return seen
}

// A mountEntry is any mount; a mountTable has them by their ids, and by where they are mounted.
type (
	mountEntry struct {
		id, parent int
		point      string
	}
	mountTable struct {
		byID map[int]mountEntry
		on   map[mountPlace]mountHolder
	}
	mountPlace struct {
		parent int
		point  string
	}
	// A mountHolder is who is mounted at a place: one, or several.
	mountHolder struct {
		id      int
		several bool
	}
)

func (t *mountTable) add(e mountEntry) {
	t.byID[e.id] = e
	at := mountPlace{e.parent, e.point}
	if h, taken := t.on[at]; taken {
		t.on[at] = mountHolder{h.id, h.several || h.id != e.id}
	} else {
		t.on[at] = mountHolder{id: e.id}
	}
}

// covers: another mount than that of the id is mounted on the parent, there.
func (t *mountTable) covers(parent int, point string, id int) bool {
	h, taken := t.on[mountPlace{parent, point}]
	return taken && (h.several || h.id != id)
}

// hides: another mount is on top of e, or of one that e is below.
func (t *mountTable) hides(e mountEntry) bool {
	if t.covers(e.id, e.point, e.id) {
		return true
	}
	for range mostLevels {
		// One beside it that is mounted on a directory above.
		for dir, n := e.point, 0; ; n++ {
			if n == deepestMount {
				return true
			}
			dir = dir[:max(strings.LastIndexByte(dir, '/'), 0)]
			if t.covers(e.parent, cmp.Or(dir, "/"), e.id) {
				return true
			}
			if dir == "" {
				break
			}
		}
		parent, ok := t.byID[e.parent]
		if !ok || parent.id == e.id {
			return false
		}
		e = parent
	}
	return false
}

// groupPaths are the groups that a process is in, by controller; "" is the hierarchy of version 2.
type groupPaths map[string]string

// parseGroupPaths takes /proc/PID/cgroup (cgroups(7)), lines like "4:cpu,cpuacct:/a", and "0::/b" for version 2.
func parseGroupPaths(b []byte) groupPaths {
	paths := make(groupPaths)
	for len(paths) < mostGroupMounts {
		line, rest, ok := cutWhole(b)
		if !ok {
			break
		}
		b = rest
		_, line, ok = bytes.Cut(line, []byte(":"))
		controllers, where, also := bytes.Cut(line, []byte(":"))
		if !ok || !also || len(where) == 0 || where[0] != '/' {
			continue
		}
		for _, controller := range strings.Split(string(controllers), ",") {
			if _, taken := paths[controller]; !taken {
				paths[controller] = string(where)
			}
		}
	}
	return paths
}

// main is the path to name a group by: the first that is not the root's.
func (p groupPaths) main() string {
	for _, controller := range [...]string{"", "memory", "cpu", "pids", "name=systemd"} {
		if where := p[controller]; where != "" && where != "/" {
			return where
		}
	}
	return "/"
}

// isOutside: in some hierarchy the group is not below the root of this process's namespace.
func (p groupPaths) isOutside() bool {
	for _, where := range p {
		if strings.HasPrefix(where, "/..") {
			return true
		}
	}
	return false
}

// A groupDir is the directory of a group in one hierarchy, and the uppermost that is seen: the same, or above it.
type groupDir struct {
	dir, top string
}

// levels are the directories from the group up.
func (d groupDir) levels() []string {
	var dirs []string
	for dir := d.dir; dir != "" && len(dirs) < mostLevels; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == d.top || dir == "/" {
			break
		}
	}
	return dirs
}

// A groupPlace is where a group's files are. What is not mounted has no directory.
type groupPlace struct {
	v2                                        groupDir
	memory, cpu, cpuacct, cpuset, pids, blkio groupDir // of version 1
}

func groupPlaceOf(paths groupPaths, mounts []groupMount) groupPlace {
	return groupPlace{
		v2:      dirOf("", paths, mounts),
		memory:  dirOf("memory", paths, mounts),
		cpu:     dirOf("cpu", paths, mounts),
		cpuacct: dirOf("cpuacct", paths, mounts),
		cpuset:  dirOf("cpuset", paths, mounts),
		pids:    dirOf("pids", paths, mounts),
		blkio:   dirOf("blkio", paths, mounts),
	}
}

func (p *groupPlace) v1() []*groupDir {
	return []*groupDir{&p.memory, &p.cpu, &p.cpuacct, &p.cpuset, &p.pids, &p.blkio}
}

// version is "" for a place that is nowhere.
func (p *groupPlace) version() string {
	has1 := false
	for _, d := range p.v1() {
		has1 = has1 || d.dir != ""
	}
	switch {
	case has1 && p.v2.dir != "":
		return "hybrid"
	case has1:
		return "v1"
	case p.v2.dir != "":
		return "v2"
	}
	return ""
}

// dirOf finds a group in the mounts of its hierarchy: in the one that shows most of what is above it. With a
// namespace of control groups a path may be outside of what is mounted, "/../other": then it is nowhere. It must not
// be joined to the mount, or it would be another directory.
func dirOf(controller string, paths groupPaths, mounts []groupMount) groupDir {
	where, ok := paths[controller]
	if !ok {
		return groupDir{}
	}
	var best groupDir
	shortest := -1
	for _, m := range mounts {
		if m.v2 != (controller == "") || !m.v2 && !hasWord(m.controllers, controller) {
			continue
		}
		below, ok := below(m.root, where)
		if !ok || shortest >= 0 && len(m.root) > shortest {
			continue
		}
		shortest = len(m.root)
		best = groupDir{dir: path.Join(m.point, below), top: path.Clean(m.point)}
	}
	return best
}

// below is the path of a group from the one that is mounted.
func below(root, where string) (string, bool) {
	rest := where
	if root != "/" {
		var ok bool
		if rest, ok = strings.CutPrefix(where, root); !ok || rest != "" && rest[0] != '/' {
			return "", false
		}
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == ".." {
			return "", false
		}
	}
	return rest, true
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}
