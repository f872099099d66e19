// Package resident gives back the memory that a program does not use all the time: the code and the tables of libraries that
// set themselves up once, and what the garbage collector looks up of every function on a stack. They are pages of the
// program's file, and the kernel would take them back when it is short; until then they count as this program's, in every
// monitor and when the kernel picks whom to kill.
//
// It can be called at any time and as often as one likes. What is used afterwards comes back, from the page cache
// mostly, at a cost of some microseconds for each sixteen pages.
package resident

import "strings"

// A segment is a range of addresses that holds a part of a file as it is in the file.
type segment struct{ from, to uintptr }

// segments are those of the file at path in a table of mappings with what is known of each (/proc/PID/smaps,
// proc_pid_smaps(5)), in its order. What does not parse is left out, and what has pages of its own: nobody has those but
// this process. A program that may be loaded at any address (-buildmode=pie) has its pointers there, which are set at the
// start and cannot be written from then on; a debugger's breakpoints are others.
func segments(smaps, path string) []segment {
	var found []segment
	var at segment
	own := [2]bool{true, true} // whether at has pages of its own, in memory and in swap space; not known is as good as true
	for line := range strings.Lines(smaps) {
		line = strings.TrimSuffix(line, "\n")
		if name, value, is := strings.Cut(line, ":"); is && !strings.Contains(name, " ") {
			for i, of := range [...]string{"Anonymous", "Swap"} {
				if name != of || !own[i] || at == (segment{}) {
					continue
				}
				if own[i] = strings.TrimSpace(value) != "0 kB"; own == [2]bool{} {
					found = append(found, at)
				}
			}
			continue
		}
		at, own = mapping(line, path), [2]bool{true, true}
	}
	return found
}

// mapping takes the line of a mapping, and is zero for one that is not of the file at path or may be written to.
func mapping(line, path string) segment {
	rest, ok := strings.CutSuffix(line, " "+path)
	if !ok {
		return segment{}
	}
	addresses, rest, _ := strings.Cut(rest, " ")
	mode, _, _ := strings.Cut(rest, " ")
	from, to, _ := strings.Cut(addresses, "-")
	if mode != "r-xp" && mode != "r--p" {
		return segment{}
	}
	start, ok := address(from)
	end, ok2 := address(to)
	if !ok || !ok2 || start >= end {
		return segment{}
	}
	return segment{start, end}
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
