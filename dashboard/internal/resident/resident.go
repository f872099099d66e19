// Package resident gives back the memory that a program does not use all the time: the code and the tables of libraries that
// set themselves up once, and what the garbage collector looks up of every function on a stack. They are pages of the
// program's file, and the kernel would take them back when it is short; until then they count as this program's, in every
// monitor and when the kernel picks whom to kill.
//
// It can be called at any time and as often as one likes. What is used afterwards comes back, from the page cache
// mostly, at a cost of some microseconds for each sixteen pages.
package resident

import "strings"

// A Program is where the running program's file is in memory. The zero Program is nowhere.
type Program struct{ segments []segment }

// A segment is a range of addresses that holds a part of a file and is never written to.
type segment struct{ from, to uintptr }

// segments are those of the file at path in a table of mappings (proc_pid_maps(5)), in its order. What does not parse is
// left out.
func segments(maps, path string) []segment {
	var found []segment
	for line := range strings.Lines(maps) {
		var s segment
		rest, ok := strings.CutSuffix(strings.TrimSuffix(line, "\n"), " "+path)
		if !ok {
			continue
		}
		addresses, rest, _ := strings.Cut(rest, " ")
		mode, _, _ := strings.Cut(rest, " ")
		from, to, _ := strings.Cut(addresses, "-")
		if mode != "r-xp" && mode != "r--p" {
			continue
		}
		if s.from, ok = address(from); !ok {
			continue
		}
		if s.to, ok = address(to); ok && s.from < s.to {
			found = append(found, s)
		}
	}
	return found
}

func address(text string) (a uintptr, ok bool) {
	if text == "" || len(text) > 16 {
		return 0, false
	}
	var n uint64
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return uintptr(n), true
}
