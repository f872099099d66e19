package collector

import "bytes"

// clockTicks is the unit of processor times under /proc, a second. It is 100 on every architecture Go runs on,
// whatever the kernel's own timer does (USER_HZ).
const clockTicks = 100

// procStat is what we take from /proc/PID/stat (proc_pid_stat(5)). comm is part of the buffer that was read into.
type procStat struct {
	comm    []byte
	state   byte
	parent  int32
	ticks   uint64 // utime + stime
	reaped  uint64 // cutime + cstime: of children that it has waited for
	threads int32
	started uint64 // ticks after boot
	pages   uint64 // resident
}

const (
	// Bounds of what can be true: 300 000 years of processor time, a century since boot, 64 PiB.
	mostTicks   = 1 << 50
	mostStarted = 100 * 365 * 24 * 3600 * clockTicks
	mostPages   = 1 << 44
)

// parseStat takes a line like
//
//	7 (a b) S PARENT 7 7 0 -1 4194560 1 2 3 4 UTIME STIME CUTIME CSTIME 20 0 THREADS 0 STARTTIME VSIZE RSS 9 …
//
// comm is in brackets and may hold anything, brackets, spaces and line ends too: it ends at the last one.
func parseStat(b []byte) (procStat, bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open || end+1 >= len(b) || b[end+1] != ' ' {
		return procStat{}, false
	}
	s := procStat{comm: b[open+1 : end]}
	rest := b[end+2:]
	for field := 3; field <= 24; field++ {
		i := bytes.IndexByte(rest, ' ')
		if i <= 0 {
			return procStat{}, false // there is something behind each of these: the file was cut off
		}
		word := rest[:i]
		rest = rest[i+1:]
		if field == 3 {
			s.state = word[0]
			continue
		}
		if !(field == 4 || field >= 14 && field <= 17 || field == 20 || field == 22 || field == 24) {
			continue
		}
		v, ok := parseUint(word)
		if !ok {
			return procStat{}, false
		}
		switch field {
		case 4:
			s.parent = int32(min(v, 1<<31-1))
		case 14, 15, 16, 17:
			if v > mostTicks {
				return procStat{}, false
			}
			if field <= 15 {
				s.ticks += v
			} else {
				s.reaped += v
			}
		case 20:
			s.threads = int32(min(v, 1<<31-1))
		case 22:
			s.started = v
		case 24:
			s.pages = v
		}
	}
	return s, s.started <= mostStarted && s.pages <= mostPages
}

// stateOf says what the letters of ps mean.
func stateOf(letter byte) string {
	switch letter {
	case 'R':
		return "running"
	case 'S':
		return "sleeping"
	case 'D':
		return "waiting" // cannot be interrupted: mostly for a disk
	case 'T':
		return "stopped"
	case 't':
		return "traced"
	case 'Z':
		return "zombie"
	case 'X', 'x':
		return "dead"
	case 'I', 'P':
		return "idle" // a kernel thread with nothing to do, or of a processor that is off
	}
	return ""
}

// parseTraffic takes read_bytes and write_bytes from /proc/PID/io (proc_pid_io(5)): what was fetched from disks, and
// what was written to them or is to be. cancelled_write_bytes is left out: what was deleted before it was written
// counts for another process at times.
func parseTraffic(b []byte) (read, written uint64, ok bool) {
	found := 0
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if v, is := numberAfter(line, "read_bytes:"); is {
			read = v
			found |= 1
		} else if v, is := numberAfter(line, "write_bytes:"); is {
			written = v
			found |= 2
		}
	}
	return read, written, found == 3
}

func numberAfter(line []byte, name string) (uint64, bool) {
	if len(line) < len(name) || string(line[:len(name)]) != name {
		return 0, false
	}
	v, rest, ok := cutUint(line[len(name):])
	if word, _ := cutWord(rest); len(word) != 0 {
		return 0, false
	}
	return v, ok
}

// parseLastPID takes the last word of /proc/loadavg (proc_loadavg(5)): the PID that was given last. 0 is none: there
// are systems that only pretend to be Linux.
func parseLastPID(b []byte) (uint64, bool) {
	line, _ := cutLine(b)
	i := bytes.LastIndexByte(line, ' ')
	v, ok := parseUint(line[i+1:])
	return v, ok && i >= 0 && v != 0
}

// parseForks takes the line "processes N" of /proc/stat (proc_stat(5)): how many were started since boot.
func parseForks(b []byte) (uint64, bool) {
	const name = "\nprocesses "
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return 0, false
	}
	end := bytes.IndexByte(b[i+len(name):], '\n')
	if end < 0 {
		return 0, false // cut off
	}
	return parseUint(b[i+len(name):][:end])
}

// parseEffectiveUser finds the line "Uid:\tREAL\tEFFECTIVE\t…" of /proc/PID/status (proc_pid_status(5)).
func parseEffectiveUser(status []byte) (uid uint32, ok bool) {
	for len(status) > 0 {
		var line []byte
		line, status = cutLine(status)
		if !bytes.HasPrefix(line, []byte("Uid:")) {
			continue
		}
		var ids [4]uint64
		rest := line[len("Uid:"):]
		for i := range ids {
			if ids[i], rest, ok = cutUint(rest); !ok {
				return 0, false
			}
		}
		return uint32(ids[1]), ids[1] <= 1<<32-1
	}
	return 0, false
}
