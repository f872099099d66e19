package collector

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is the unit of processor times under /proc, a second. It is 100 on every architecture Go runs on,
// whatever the kernel's own timer does (USER_HZ).
const clockTicks = 100

// processReader reads /proc/PID/stat: it has all that is shown but the user, for three system calls. gopsutil needs
// several files for the same, and some ten calls for each.
type processReader struct {
	roots  roots
	booted int64 // Unix milliseconds
	buf    []byte
	users  passwd
}

// read puts every process into the table. Those that end meanwhile are left out.
func (r *processReader) read(ctx context.Context, table *processTable) error {
	if r.buf == nil {
		booted, err := bootTime(ctx) // once: a start time must stay the same when the clock is set
		if err != nil {
			return err
		}
		r.booted, r.buf = booted.UnixMilli(), make([]byte, 4<<10)
	}
	proc, err := os.Open(r.roots.ofProc())
	if err != nil {
		return err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return err
	}
	dir := int(proc.Fd())
	table.total = 0
	for _, name := range names {
		pid, err := strconv.ParseInt(name, 10, 32)
		if err != nil {
			continue // not a process
		}
		b, err := readAt(dir, name+"/stat", r.buf)
		if isGone(err) {
			continue
		}
		if err != nil {
			return err
		}
		stat, ok := parseStat(b)
		if !ok {
			continue // torn
		}
		table.total++
		started := r.booted + int64(stat.started)*(1000/clockTicks)
		stat.putInto(table.task(int32(pid), started))
	}
	if table.total == 0 {
		return errors.New("none found")
	}
	return nil
}

// readAt reads a small file in one call, as files under /proc come: whole, as of one moment.
func readAt(dir int, name string, buf []byte) ([]byte, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil, err
	}
	return buf[:n], nil
}

// isGone: the process ended before its file was opened, or before it was read; or it is not for us to see.
func isGone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EACCES) ||
		errors.Is(err, unix.EPERM)
}

// procStat is what we take from /proc/PID/stat (proc_pid_stat(5)). comm is part of the buffer that was read into.
type procStat struct {
	comm    []byte
	state   byte
	ticks   uint64 // utime + stime
	threads int32
	started uint64 // ticks after boot
	pages   uint64 // resident
}

func (s procStat) putInto(t *task) {
	if t.name == "" || !s.isNamed(t.name) {
		t.name = clean(string(s.comm)) // exec gives a process another name
	}
	t.state = stateOf(s.state)
	t.threads = s.threads
	t.memory = s.pages * uint64(os.Getpagesize())
	t.cpu = float64(s.ticks) / clockTicks
}

// isNamed is always false for a name that had to be cleaned: those are few.
func (s procStat) isNamed(name string) bool { return string(s.comm) == name }

// parseStat takes a line like
//
//	7 (a b) S 1 7 7 0 -1 4194560 1 2 3 4 UTIME STIME 5 6 20 0 THREADS 0 STARTTIME VSIZE RSS 9 …
//
// comm is in brackets and may hold anything, brackets, spaces and line ends too: it ends at the last one.
func parseStat(b []byte) (procStat, bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return procStat{}, false
	}
	s := procStat{comm: b[open+1 : end]}
	rest, ok := bytes.CutPrefix(b[end+1:], []byte(" "))
	if !ok {
		return procStat{}, false
	}
	for field := 3; field <= 24; field++ {
		var word []byte
		if word, rest, ok = bytes.Cut(rest, []byte(" ")); !ok || len(word) == 0 {
			return procStat{}, false // there is something behind each of these: the file was cut off
		}
		if field == 3 {
			s.state = word[0]
			continue
		}
		if !(field == 14 || field == 15 || field == 20 || field == 22 || field == 24) {
			continue
		}
		v, err := strconv.ParseUint(string(word), 10, 63)
		if err != nil {
			return procStat{}, false
		}
		switch field {
		case 14, 15:
			s.ticks += v
		case 20:
			s.threads = int32(min(v, 1<<31-1))
		case 22:
			s.started = v
		case 24:
			s.pages = v
		}
	}
	return s, true
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
	case 'I':
		return "idle" // a kernel thread
	case 'P':
		return "parked"
	}
	return "unknown"
}

// user is the name of a process's effective user, its number when it has no name, "" when the process is gone.
// /proc/PID belongs to root when the process has changed its user, so it is no use to look at the owner.
func (r *processReader) user(ctx context.Context, pid int32) string {
	b, err := os.ReadFile(r.roots.ofProc(strconv.Itoa(int(pid)), "status"))
	if err != nil {
		return ""
	}
	uid, ok := effectiveUser(string(b))
	if !ok {
		return ""
	}
	r.users.update(r.roots.ofEtc("passwd"))
	if name := r.users.names[uid]; name != "" {
		return name
	}
	return uid
}

// effectiveUser finds the line "Uid:\tREAL\tEFFECTIVE\t…" (proc_pid_status(5)).
func effectiveUser(status string) (uid string, ok bool) {
	for line := range strings.Lines(status) {
		if rest, found := strings.CutPrefix(line, "Uid:"); found {
			if ids := strings.Fields(rest); len(ids) == 4 {
				_, err := strconv.ParseUint(ids[1], 10, 32)
				return ids[1], err == nil
			}
		}
	}
	return "", false
}

// passwd is the host's list of users, read again when it has changed. It is not os/user's: that one reads this
// machine's files in a container that has the host's somewhere else, and may ask a directory server and wait.
type passwd struct {
	names   map[string]string // by number
	changed time.Time
	size    int64
}

func (p *passwd) update(file string) {
	stat, err := os.Stat(file)
	if err != nil || stat.ModTime().Equal(p.changed) && stat.Size() == p.size {
		return // without it there are numbers
	}
	if b, err := os.ReadFile(file); err == nil {
		p.names, p.changed, p.size = parsePasswd(string(b)), stat.ModTime(), stat.Size()
	}
}

// parsePasswd reads passwd(5): name:password:number:… The first name of a number counts.
func parsePasswd(s string) map[string]string {
	names := make(map[string]string)
	for line := range strings.Lines(s) {
		fields := strings.Split(line, ":")
		if len(fields) < 7 || fields[2] == "" { // "+::::::" stands for a directory server's
			continue
		}
		if _, taken := names[fields[2]]; !taken {
			names[fields[2]] = clean(fields[0])
		}
	}
	return names
}
