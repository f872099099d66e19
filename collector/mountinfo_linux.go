package collector

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
)

// A mountLine is a line of a mount table (proc_pid_mountinfo(5)) as the kernel wrote it: its words are parts of the
// table, and those that unescape is for have escapes in them.
type mountLine struct {
	id, parent   int
	dev          string // "major:minor"
	root         string // the directory of it that is mounted, to unescape; no path for a namespace: "net:[4026532281]"
	point        string // where, to unescape
	options      string // of the mount
	fstype       string // to unescape
	source       string // to unescape; may be empty
	superOptions string // of the filesystem
}

// mountLines goes through a table, and tells of each line whether it is as documented; one that is not comes as the zero
// mountLine. A line without its end may have been cut off: it is none.
func mountLines(table string) iter.Seq2[mountLine, bool] {
	return func(yield func(mountLine, bool) bool) {
		for table != "" {
			line, rest, whole := strings.Cut(table, "\n")
			table = rest
			if line == "" {
				continue
			}
			var m mountLine
			ok := whole
			if ok {
				m, ok = parseMountLine(line)
			}
			if !yield(m, ok) {
				return
			}
		}
	}
}

// parseMountLine cuts a line like
//
//	ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG …] - TYPE SOURCE OPTIONS
//
// There is one space between the words.
func parseMountLine(line string) (m mountLine, ok bool) {
	before, after, ok := strings.Cut(line, " - ")
	if !ok {
		return mountLine{}, false
	}
	var word [6]string
	for i := range word {
		if word[i], before, _ = strings.Cut(before, " "); word[i] == "" {
			return mountLine{}, false
		}
	}
	m = mountLine{dev: word[2], root: word[3], point: word[4], options: word[5]}
	m.fstype, after, _ = strings.Cut(after, " ")
	m.source, m.superOptions, _ = strings.Cut(after, " ")
	if m.fstype == "" || m.superOptions == "" || m.point[0] != '/' {
		return mountLine{}, false
	}
	var isID, hasParent bool
	m.id, isID = parseMountID(word[0])
	m.parent, hasParent = parseMountID(word[1])
	if _, _, isDev := parseDev(m.dev); !isID || !hasParent || !isDev {
		return mountLine{}, false
	}
	return m, true
}

// parseMountID: the kernel's is an int.
func parseMountID(word string) (int, bool) {
	v, err := strconv.ParseUint(word, 10, 64)
	return int(v), err == nil && v <= math.MaxInt32
}

func parseDev(dev string) (major, minor uint32, ok bool) {
	a, b, _ := strings.Cut(dev, ":")
	x, errA := strconv.ParseUint(a, 10, 32)
	y, errB := strconv.ParseUint(b, 10, 32)
	return uint32(x), uint32(y), errA == nil && errB == nil
}

// unescape undoes what the kernel does to blanks, backslashes and a few others: \040.
func unescape(word string) string {
	if !strings.Contains(word, `\`) {
		return word
	}
	b := make([]byte, 0, len(word))
	for i := 0; i < len(word); i++ {
		if word[i] == '\\' && i+3 < len(word) {
			if c, err := strconv.ParseUint(word[i+1:i+4], 8, 8); err == nil {
				b = append(b, byte(c))
				i += 3
				continue
			}
		}
		b = append(b, word[i])
	}
	return string(b)
}

// mostMounts bounds how many mounts are looked at; the kernel's own bound is 100 000.
const mostMounts = 1 << 17

// parseMountinfo takes all mounts of a table. It goes past a line that is not as documented, and tells. The mounts are
// parts of the table.
func parseMountinfo(table string) ([]mount, error) {
	mounts := make([]mount, 0, min(strings.Count(table, "\n")+1, mostMounts))
	odd := 0
	for m, ok := range mountLines(table) {
		if len(mounts) == mostMounts {
			break
		}
		if !ok {
			odd++
			continue
		}
		mounts = append(mounts, mount{
			id: m.id, parent: m.parent, dev: m.dev,
			path:     unescape(m.point),
			fstype:   unescape(m.fstype),
			device:   unescape(m.source),
			readOnly: isReadOnly(m.options) || isReadOnly(m.superOptions),
		})
	}
	if odd > 0 {
		return mounts, fmt.Errorf("lines of mountinfo that are not as documented: %d", odd)
	}
	return mounts, nil
}

// isReadOnly: the kernel puts ro or rw first.
func isReadOnly(options string) bool {
	return options == "ro" || strings.HasPrefix(options, "ro,")
}

// A mountedRoot is what is mounted at /, and which directory of it. The zero mountedRoot is none.
type mountedRoot struct{ dev, dir string }

// rootOf is the one of a mount table: the last one is on top.
func rootOf(table string) (root mountedRoot) {
	for m := range mountLines(table) {
		if m.point == "/" {
			root = mountedRoot{m.dev, m.root}
		}
	}
	return root
}
