package collector

import (
	"slices"
	"time"
)

// muchInherited is how much processor time of children that ended, in seconds of one tick, has the list read once more
// in that tick: one whose end nobody has noticed yet may be among them.
const muchInherited = 0.05

// strays are what was inherited, ever, and nobody knows by whom.
type strays struct {
	seconds float64
	ends    int // of which nobody knows either how much each has left
}

// An inheritance is the processor time of children that have ended, and of theirs. The kernel counts it at their parent
// in the moment in which that takes note of their end (wait(2)): all that they have used in their lives, at once. So
// what a child has shown itself is owed: it is taken off again.
//
// A reading of the parent may be of a moment before that one or after it, in the tick in which the child is found to be
// gone; the next one is after it. So what is owed is taken off these two and is forgotten then: not every end is
// counted (SIGCHLD may be ignored).
type inheritance struct {
	total float64 // seconds, since the process started

	news    float64       // of those, what came in the time
	since   time.Duration // from then
	elapsed time.Duration // for so long
	owed    float64       // to be taken off
	unread  time.Duration // for how long one of those that it is owed to had not been read when it was found to be gone
	waits   bool          // nothing was left of the last reading: news is since the one before

	grown int // the tick in which total last grew

	strays, base strays  // processTable.strays, as of the last reading and as of since
	rate         float64 // cores; 0 also where it is not known
}

// lose notes that a process is gone, once.
func (t *processTable) lose(p *task) {
	if !p.gone {
		p.gone = true
		t.ended = append(t.ended, p)
	}
}

// settle does what follows when processes are gone. The processor time and the disk traffic of each count for its parent
// from now on, where they would show a second time what was shown already: in its readings after the tick that is taken
// off, and disk traffic has no rate. Its own children have another parent now.
func (t *processTable) settle(tick int) {
	if len(t.ended) == 0 {
		return
	}
	for _, p := range t.ended {
		if heir := t.heir(p); heir != nil {
			heir.reaped = max(heir.reaped, tick)
		}
		t.bequeath(p, tick)
	}
	slices.SortFunc(t.ended, byPID)
	for _, p := range t.tasks {
		if _, orphan := slices.BinarySearchFunc(t.ended, p.parent, comparePID); orphan {
			p.stale, p.still = true, 0
		}
	}
	clear(t.ended)
	t.ended = t.ended[:0]
}

// heir has the disk traffic of a process that is gone: where its parent is gone too, process 1 takes that one's place,
// mostly.
func (t *processTable) heir(p *task) *task {
	if p.seen == 0 {
		return nil // it has shown nothing
	}
	if parent := t.find(p.parent); parent != nil {
		return parent
	}
	return t.find(1)
}

// inherit files what a reading has found. since is when the one before was.
func (t *processTable) inherit(p *task, total float64, since time.Duration) {
	h := &p.inherited
	if !h.waits {
		h.since, h.base = since, h.strays
	}
	more := max(total-h.total, 0)
	if more > 0 {
		h.grown, t.reaping = t.tick, t.tick
	}
	h.total, h.strays = total, t.strays
	h.news += more
	h.elapsed = t.since(h.since)
	more = max(more-h.owed, 0)
	t.used += more
	t.inherited += more
}

// rest is a reading that has found nothing new.
func (t *processTable) rest(p *task) {
	h := &p.inherited
	h.strays = t.strays
	if p.reaped < t.tick {
		h.waits = false
	}
}

// bequeath has what a process that is gone has shown itself taken off where it is inherited: by its parent, if that was
// there until then. Of one that has ended in the meantime, though somebody may have to take note of that yet, the
// children have another parent. It may be anybody's of those that are left: so it is taken off at all of them.
func (t *processTable) bequeath(p *task, tick int) {
	t.strays.seconds += p.inherited.owed // it may have inherited it since it was last read
	parent := t.find(p.parent)
	switch {
	case p.seen == 0:
		if t.tick > p.young { // nobody knows since when it was there, and whose it was
			t.strays.ends++
		}
	case p.parent == 0: // its parent is not among those that we see
	case parent == nil || parent.gone || parent.state == "zombie" || parent.seen == 0 || p.stale || parent.birth > p.birth:
		t.strays.seconds += p.spent
	default:
		h := &parent.inherited
		h.owed += p.spent
		h.unread = max(h.unread, t.now-p.at)
		parent.still = 0
		if tick == t.tick { // its parent was read before, and may have ended since
			t.strays.seconds += p.spent
			h.strays.seconds += p.spent
			h.base.seconds += p.spent
		}
	}
}

// disown is for those that were found to have ended in this tick: they did so before their children, perhaps.
func (t *processTable) disown() {
	for _, p := range t.tasks {
		if p.inherited.owed > 0 && p.state == "zombie" {
			t.strays.seconds += p.inherited.owed
			p.inherited.owed = 0
		}
	}
}

// account is the rate of what a process that was read in this tick has inherited. All that are gone must be known by now.
func (t *processTable) account(p *task) float64 {
	h := &p.inherited
	left := max(h.news-(t.strays.seconds-h.base.seconds), 0)
	if t.strays.ends != h.base.ends {
		left = 0 // it may be all of one of them
	}
	paid := min(left, h.owed)
	left -= paid
	h.news = 0
	if h.owed -= paid; h.owed > 0 && p.reaped >= t.tick {
		h.waits = paid > 0
		return 0
	}
	// What a child has used since it was last read may be all from before the parent was.
	elapsed := max(h.elapsed, h.unread)
	h.owed, h.unread, h.waits = 0, 0, false
	if t.blind || elapsed <= 0 {
		return 0
	}
	return left / elapsed.Seconds()
}
