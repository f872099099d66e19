package collector

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// To list /proc costs some microseconds for each process there is, and on most hosts something begins every second: a
// shell's command, a probe. Where PIDs are ours they are given in ascending order (alloc_pid in kernel/pid.c), so what
// has begun since the last tick is among those that were given since, and a clock tells which of them are processes. What
// this may miss, the listing finds that comes every tenth tick all the same: one that has a PID and no clock yet in that
// very moment, and one that was put back under a PID of its own (clone3(2), set_tid).

// findNew takes up those that have begun since last was the last PID given. It returns false when it is better to list
// them all: PIDs are not ours, they have begun anew from the lowest, or so many were given that a listing costs less.
func (r *processReader) findNew(t *processTable, last uint64) bool {
	if !r.ours || last == 0 || r.count < last || r.count-last > uint64(len(t.tasks)/2) {
		return false
	}
	r.pids = r.pids[:0]
	for n := last + 1; n <= r.count; n++ {
		pid := int32(n)
		if known := t.find(pid); known != nil && !known.gone {
			continue // it is another one by now: it will be seen
		}
		if _, is := r.clockOf(pid); is && !r.ownThread(pid) {
			r.pids = append(r.pids, pid)
		}
	}
	if len(r.pids) == 0 {
		return true
	}
	for _, p := range t.tasks {
		if !p.gone {
			r.pids = append(r.pids, p.pid)
		}
	}
	slices.Sort(r.pids)
	t.list(r.pids)
	return true
}

// isOwnThread: a thread may ask for the clock of its process by its own number (posix-cpu-timers.c), which is no process.
func isOwnThread(tid int32) bool {
	own := os.Getpid()
	return int(tid) != own && unix.Tgkill(own, int(tid), 0) == nil
}

// findEnded looks for those that have ended since they were last looked at, when somebody has taken note of an end in this
// tick: what they have used in their lives, and moved from and to disks, would pass for what their parents do. They are
// among the children of those who have, and of those who are gone.
func (r *processReader) findEnded(t *processTable) error {
	if t.reaping != t.tick {
		return nil
	}
	if !r.ours {
		if t.inherited < muchInherited {
			return nil
		}
		if err := r.listPIDs(); err != nil {
			return err
		}
		t.merge(r.pids)
		return nil
	}
	for i, p := range t.tasks {
		if p.gone || p.seen == 0 {
			continue
		}
		if parent := t.find(p.parent); parent != nil && !parent.gone && parent.inherited.grown != t.tick {
			continue
		}
		if _, known := r.clockOf(p.pid); known {
			continue
		}
		if _, _, err := r.see(t, i, 0, false); err != nil {
			return err
		}
	}
	return nil
}
