package collector

import (
	"fmt"
	"strconv"
	"strings"
)

// A mount is one place in the tree of files, and what is mounted there.
type mount struct {
	id, parent int    // of the mount; the parent's is the mount that path is in
	dev        string // of what is mounted: mounts of one filesystem have the same. "major:minor" on Linux
	path       string // as the host sees it
	fstype     string
	device     string // where it is from: /dev/sda1, server:/export
	readOnly   bool
}

// mostMounts bounds how many mounts are looked at; the kernel's own bound is 100 000.
const mostMounts = 1 << 17

// parseMountinfo reads the mounts of a namespace (proc_pid_mountinfo(5)). It goes past a line that is not as
// documented, and tells. The mounts are parts of the text.
func parseMountinfo(text string) ([]mount, error) {
	mounts := make([]mount, 0, min(strings.Count(text, "\n")+1, mostMounts))
	odd := 0
	for text != "" && len(mounts) < mostMounts {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if m, ok := parseMount(line); ok {
			mounts = append(mounts, m)
		} else if line != "" {
			odd++
		}
	}
	if odd > 0 {
		return mounts, fmt.Errorf("%d lines of mountinfo are not as documented", odd)
	}
	return mounts, nil
}

// parseMount reads one line: id, parent, major:minor, root, path, options, any number of fields up to a dash, type,
// device, options of the filesystem. There is one space between them, and a device may be empty.
func parseMount(line string) (m mount, ok bool) {
	var word [6]string
	for i := range word {
		if word[i], line, ok = strings.Cut(line, " "); !ok {
			return mount{}, false
		}
	}
	if !strings.HasPrefix(line, "- ") {
		if _, line, ok = strings.Cut(line, " - "); !ok {
			return mount{}, false
		}
	} else {
		line = line[len("- "):]
	}
	fstype, line, ok := strings.Cut(line, " ")
	device, options, more := strings.Cut(line, " ")
	id, errID := strconv.Atoi(word[0])
	parent, errParent := strconv.Atoi(word[1])
	if !ok || !more || fstype == "" || !strings.HasPrefix(word[4], "/") || errID != nil || errParent != nil {
		return mount{}, false
	}
	if _, _, ok := parseDev(word[2]); !ok {
		return mount{}, false
	}
	return mount{
		id: id, parent: parent, dev: word[2],
		path:     unescapeOctal(word[4]),
		fstype:   unescapeOctal(fstype),
		device:   unescapeOctal(device),
		readOnly: isReadOnly(word[5]) || isReadOnly(options),
	}, true
}

func parseDev(dev string) (major, minor uint32, ok bool) {
	a, b, _ := strings.Cut(dev, ":")
	x, errA := strconv.ParseUint(a, 10, 32)
	y, errB := strconv.ParseUint(b, 10, 32)
	return uint32(x), uint32(y), errA == nil && errB == nil
}

// isReadOnly: the kernel puts ro or rw first.
func isReadOnly(options string) bool {
	return options == "ro" || strings.HasPrefix(options, "ro,")
}

// unescapeOctal undoes what the kernel does to blanks, backslashes and a few others: \040.
func unescapeOctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b = append(b, byte(c))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
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
