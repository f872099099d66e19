package collector

import "strings"

// A mount is one place in the tree of files, and what is mounted there.
type mount struct {
	id, parent int    // of the mount; the parent's is the mount that path is in
	dev        string // of what is mounted: mounts of one filesystem have the same. "major:minor" on Linux
	path       string // as the host sees it
	fstype     string
	device     string // where it is from: /dev/sda1, server:/export
	readOnly   bool
}

// reachableMounts says which mounts can be walked to: not those that another one covers, on the same place or on a
// directory on the way. The order of the lines does not tell, since mounts are moved; what is mounted in what does.
func reachableMounts(mounts []mount) []bool {
	type place struct {
		parent int
		path   string
	}
	at := make(map[place]int, len(mounts)) // the last one mounted there
	byID := make(map[int]int, len(mounts))
	for i, m := range mounts {
		if m.id != m.parent {
			at[place{m.parent, m.path}] = i
		}
		byID[m.id] = i
	}
	const unknown, no, yes = 0, 1, 2
	onWay := make([]byte, len(mounts)) // whether the way to it is free, apart from what covers it
	// free reports whether nothing mounted in m's parent is between the parent's place and m's.
	free := func(i int) bool {
		m := mounts[i]
		if last, ok := at[place{m.parent, m.path}]; ok && last != i && m.id != m.parent {
			return false
		}
		from := "/"
		if parent, ok := byID[m.parent]; ok {
			from = mounts[parent].path
		}
		for dir := m.path; dir != from && len(dir) > 1; {
			dir = dir[:max(strings.LastIndexByte(dir, '/'), 1)]
			if _, ok := at[place{m.parent, dir}]; ok {
				return false
			}
		}
		return true
	}
	reachable := make([]bool, len(mounts))
	var way []int
	for i, m := range mounts {
		way = way[:0]
		answer := byte(yes) // of the root, and of a circle, which no kernel has
		for j, ok := i, true; ok; j, ok = byID[mounts[j].parent] {
			if onWay[j] != unknown {
				answer = onWay[j]
				break
			}
			onWay[j] = yes
			way = append(way, j)
		}
		for k := len(way) - 1; k >= 0; k-- {
			if answer == yes && !free(way[k]) {
				answer = no
			}
			onWay[way[k]] = answer
		}
		_, covered := at[place{m.id, m.path}]
		reachable[i] = onWay[i] == yes && !covered
	}
	return reachable
}
