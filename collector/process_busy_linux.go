package collector

import (
	"bytes"
	"context"
	"time"
)

// unexplained is how much processor time of a tick, in seconds, may be of processes that were not read in it before
// all are read. The kernel's sum comes in hundredths for each processor.
const unexplained = 0.1

// parseBusy takes the first line of /proc/stat (proc_stat(5)): "cpu USER NICE SYSTEM …", in clock ticks. It returns the
// seconds that processes have used in all, those that are gone with them.
func parseBusy(b []byte) (seconds float64, ok bool) {
	line, _ := cutLine(b)
	line, ok = bytes.CutPrefix(line, []byte("cpu "))
	for range 3 {
		var v uint64
		if !ok {
			return 0, false
		}
		v, line, ok = cutUint(line)
		seconds += float64(v) / clockTicks
	}
	return seconds, ok
}

// spend takes note of what all processes have used since boot.
func (r *processReader) spend(seconds float64) {
	r.busy, r.used = seconds, seconds-r.busy
	if r.used == seconds {
		r.used = 0
	}
}

// seeOthers looks at those that were left out of this tick, as idle ones are, when somebody has used more than the others
// have: one of them may have begun to work. If it was none of them, they are left alone for a while.
func (r *processReader) seeOthers(ctx context.Context, t *processTable) error {
	if t.tick < r.again || r.used-t.used < unexplained {
		return nil
	}
	found := t.used
	for i, p := range t.tasks {
		if i%32 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.now = t.clock()
		}
		if p.seen == t.tick || p.asked == t.tick || p.gone || p.hidden {
			continue
		}
		used, known := time.Duration(0), false
		if r.ours && p.timed {
			used, known = r.clockOf(p.pid)
			p.asked = t.tick
			if known && t.rests(p, used.Seconds()) {
				continue
			}
		}
		p, moved, err := r.see(t, i, used, known)
		if err != nil {
			return err
		}
		if p != nil && moved {
			r.moved = append(r.moved, p)
		}
	}
	if t.used == found {
		r.again = t.tick + idleTicks/2
	}
	return nil
}
