package resident

import (
	"runtime"
	"sync/atomic"
	"time"
)

// AfterCollections calls do whenever the garbage collector has been through, and not before apart has passed since the last
// time, until stop is called. do must not wait: others' cleanups come after it. A call that is under way when stop is called
// goes on.
func AfterCollections(apart time.Duration, do func()) (stop func()) {
	f := &follower{apart: apart, do: do}
	f.wait()
	return func() { f.stopped.Store(true) }
}

// A follower is for one goroutine at a time, but for stopped.
type follower struct {
	apart   time.Duration
	do      func()
	last    time.Time
	stopped atomic.Bool
}

// wait leaves something behind that the next collection finds unused.
func (f *follower) wait() {
	type left struct{ _ *follower } // with a pointer: others are put together with what is still used
	runtime.AddCleanup(new(left), (*follower).passed, f)
}

func (f *follower) passed() {
	if f.stopped.Load() {
		return
	}
	if now := time.Now(); now.Sub(f.last) >= f.apart {
		f.last = now
		f.do()
	}
	f.wait()
}
