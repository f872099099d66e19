package collector

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// usageTimeout is how long one mount may take before nobody waits for it. A local one answers in microseconds.
	usageTimeout = time.Second
	// usageBatch is how long one read may take, when several mounts do not answer.
	usageBatch = 2 * time.Second
	// remoteEvery is how often a mount on another machine is asked: it costs that machine something too.
	remoteEvery = 60 * time.Second
	// atOnce is how many are asked at the same time, beside those that do not answer.
	atOnce = 4
	// mostWaiting is how many may keep a goroutine in all. The last atOnce of them are for disks and for remote mounts
	// that have answered the last time; once the others have theirs, no further ones are asked.
	mostWaiting = 16
)

var errNotAsked = errors.New("not asked, too many others do not answer")

// usageReader asks mounts how full they are. A dead one (a server gone, a FUSE daemon hung) blocks whoever asks, beyond
// any cancelling: so each is asked in a goroutine of its own, and not asked again until it has answered. Its fields
// belong to the goroutine that calls refresh.
type usageReader struct {
	measure func(m mount) (usage, error)
	states  map[mountKey]*mountState
	mounts  []mount       // of the last refresh
	list    []*mountState // of each of them
	due     []int         // scratch
	timer   *time.Timer
	waiting []*mountState // asked, and no answer yet
	answers chan usageAnswer
}

type mountKey struct{ dev, path string }

// mountState is what is known of one mount.
type mountState struct {
	key      mountKey
	remote   bool
	asked    time.Time // last
	waiting  bool      // for the answer
	answered bool      // there is a usage
	well     bool      // the last answer was no error
	usage    usage
	err      error // instead of the last answer
}

type usageAnswer struct {
	state *mountState
	usage usage
	err   error
}

// refresh asks the mounts that are due, and returns the state of each, in a list that is good until the next time. The
// list of mounts is not changed: other mounts come in another one.
func (u *usageReader) refresh(ctx context.Context, mounts []mount) []*mountState {
	u.drain()
	states := u.renew(mounts)
	now := time.Now()
	deadline := now.Add(usageBatch)
	u.due = u.due[:0]
	for i, s := range states {
		if s.isDue(now) {
			u.due = append(u.due, i)
		}
	}
	due := u.due
	slices.SortStableFunc(due, // those that are likely to answer first
		func(a, b int) int { return cmp.Compare(states[a].doubt(), states[b].doubt()) })
	if u.timer == nil {
		u.timer = time.NewTimer(usageTimeout)
	}
	defer u.timer.Stop()
	next := time.Duration(0)
	for {
		was := now
		now = time.Now()
		if late := now.Sub(was) - next; late >= usageTimeout/4 {
			u.askedAnew(was, now)
			deadline = deadline.Add(late)
		}
		var running, stuck int
		running, stuck, next = u.load(now, deadline)
		for len(due) > 0 && running < atOnce && running+stuck < mostWaiting {
			s := states[due[0]]
			if s.doubt() == doubtful && running+stuck >= mostWaiting-atOnce {
				break // those that follow are no better
			}
			u.ask(s, mounts[due[0]], now)
			running++
			next = min(next, usageTimeout)
			due = due[1:]
		}
		if running == 0 || next <= 0 {
			break
		}
		u.timer.Reset(next)
		select {
		case a := <-u.answers:
			u.take(a)
			continue
		case <-u.timer.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	for _, i := range due {
		states[i].err = errNotAsked
	}
	return states
}

// askedAnew gives those their time anew that were expected to answer when this process, or its machine, was stopped, from
// some time after was on until some time before now: they were stopped too, or nobody has looked at what they have answered.
func (u *usageReader) askedAnew(was, now time.Time) {
	for _, s := range u.waiting {
		if was.Sub(s.asked) < usageTimeout {
			s.asked = now
		}
	}
}

// isDue: the reads come when the collector's ticks do, so half a period early is on time.
func (s *mountState) isDue(now time.Time) bool {
	return !s.waiting && (!s.remote || s.asked.IsZero() || now.Sub(s.asked) >= remoteEvery-filesystemsEvery/2)
}

const doubtful = 2

// doubt is how likely a mount is not to answer.
func (s *mountState) doubt() int {
	switch {
	case !s.remote:
		return 0
	case s.well:
		return 1
	}
	return doubtful
}

// renew finds the state of each mount, and forgets those of mounts that are gone.
func (u *usageReader) renew(mounts []mount) []*mountState {
	if u.answers == nil {
		u.answers = make(chan usageAnswer, mostWaiting) // room for all: none ever waits to be heard
	}
	if len(mounts) > 0 && len(mounts) == len(u.mounts) && &mounts[0] == &u.mounts[0] {
		return u.list
	}
	states := make([]*mountState, len(mounts))
	known := make(map[mountKey]*mountState, len(mounts))
	for i, m := range mounts {
		key := mountKey{m.dev, m.path}
		s := u.states[key]
		if s == nil {
			s = &mountState{key: key, remote: m.isRemote()}
		}
		states[i], known[key] = s, s
	}
	for _, s := range u.waiting {
		known[s.key] = s
	}
	u.states, u.mounts, u.list = known, mounts, states
	return states
}

// load counts those that are expected to answer and those that are not any more, and says how long until one of the
// first becomes one of the second, or until the deadline.
func (u *usageReader) load(now, deadline time.Time) (running, stuck int, next time.Duration) {
	next = deadline.Sub(now)
	for _, s := range u.waiting {
		if left := usageTimeout - now.Sub(s.asked); left > 0 {
			running++
			next = min(next, left)
		} else {
			stuck++
		}
	}
	return running, stuck, next
}

func (u *usageReader) ask(s *mountState, m mount, now time.Time) {
	s.asked, s.waiting = now, true
	u.waiting = append(u.waiting, s)
	go func() {
		a := usageAnswer{state: s}
		defer func() { u.answers <- a }()
		defer recoverTo(&a.err)
		a.usage, a.err = u.measure(m)
	}()
}

func (u *usageReader) take(a usageAnswer) {
	s := a.state
	s.waiting, s.well, s.err = false, a.err == nil, a.err
	if a.err == nil {
		s.usage, s.answered = a.usage, true
	}
	u.waiting = slices.DeleteFunc(u.waiting, func(w *mountState) bool { return w == s })
}

// drain takes what has been answered since the last time.
func (u *usageReader) drain() {
	for {
		select {
		case a := <-u.answers:
			u.take(a)
		default:
			return
		}
	}
}
