package collector

import (
	"context"
	"hash/maphash"
	"strconv"

	"golang.org/x/sys/unix"
)

// detailReader reads what stat has not.
type detailReader struct {
	dir   pidDir
	buf   []byte
	name  []byte
	seed  maphash.Seed
	users userNames

	commands commandReader
}

func newDetailReader(r roots) detailReader {
	return detailReader{
		dir:   pidDir{path: r.ofProc()},
		buf:   make([]byte, longestCommand),
		seed:  maphash.MakeSeed(),
		users: userNames{file: r.ofEtc("passwd")},
	}
}

// read brings the details of a process up to date, as far as they are due.
//
// It opens the directory of the process first, and looks whether it is still the same one: from there on, files can
// only be that process's, or unreadable. What is unreadable stays empty, and is not asked for again until it is due. It
// tells whether the process is still there.
func (r *detailReader) read(ctx context.Context, who identity, d *details, due dues) (there bool) {
	if due.first {
		*d = details{}
	}
	d.name = who.name
	if due.command {
		d.commandRead = due.tick
	}
	if due.user {
		d.userRead = due.tick
	}
	if r.dir.open() != nil {
		return false
	}
	r.name = append(strconv.AppendInt(r.name[:0], int64(who.pid), 10), 0)
	dir, errno := openAt(r.dir.fd, r.name, unix.O_PATH|unix.O_DIRECTORY)
	if errno != 0 {
		if isGone(errno) {
			r.dir.close() // perhaps it is the directory that is gone
		}
		return false
	}
	kept := true
	defer func() {
		if kept {
			unix.Close(dir)
		}
	}()
	stat, ok := parseStat(r.file(dir, "stat"))
	if !ok || int64(stat.started) != who.birth {
		return false
	}
	executes := stat.state == 'R' && stat.pages == 0 // execve(2) has taken its old memory away, and not filled the new
	if due.user {
		if uid, ok := parseEffectiveUser(r.file(dir, "status")); ok {
			r.users.update(due.tick)
			d.user = r.users.name(uid, d.uid, d.user)
			d.uid = uid
		}
	}
	if !due.command {
		return true
	}
	r.readGroup(dir, d)
	kept = false
	line, answered := r.commands.read(ctx, dir, who, due.tick)
	if d.silent = !answered; d.silent {
		return true
	}
	if executes && len(line) == 0 {
		d.commandRead = 0 // it will have one on the next tick
		return true
	}
	if sum := maphash.Bytes(r.seed, line); sum != d.commandSum || d.command == "" {
		d.commandSum = sum
		d.setCommand(redact(line), len(line) >= longestCommand)
	}
	return true
}

// readGroup makes texts anew only when those they are made from have changed; so does read.
func (r *detailReader) readGroup(dir int, d *details) {
	group := r.file(dir, "cgroup")
	if sum := maphash.Bytes(r.seed, group); sum != d.groupSum {
		d.service, d.container = placeOf(string(group))
		d.groupSum = sum
	}
}

// file reads one file of a process, nothing where it cannot be read.
func (r *detailReader) file(dir int, name string) []byte {
	r.name = append(append(r.name[:0], name...), 0)
	b, _ := readAt(dir, r.name, r.buf)
	return b
}
