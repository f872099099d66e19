// Package collector samples the host: on every tick it reads its sources and hands one Snapshot to a sink.
//
// # What is promised
//
// The sink is called from the goroutine that called Run, one snapshot after the other, in the order they were due,
// and not once ctx has ended. The first snapshot comes 250 ms after the start (sooner if the interval is shorter) and
// has rates: what they are measured against was read at the start. Where that takes longer, as on a busy host, it waits
// for it, at most until a quarter of an interval or 2 s after the start, whichever is less. The next ones are due exactly n intervals after the
// start, n = 1, 2, 3, …, for ever: nothing adds up. A tick that cannot begin before the next one is due, because the
// sink took too long or the machine stood still, is left out; there is no burst afterwards, and Snapshot.Interval
// tells. The sink may keep a snapshot for as long as it likes and must not change it: parts that were not read anew
// are shared between snapshots.
//
// Every number in a snapshot is finite, or unknown, and none but a temperature is negative. Rates are over monotonic time, so a step of the
// wall clock changes none. A counter that goes down (reset, wrapped, device put back) has an unknown rate once, never
// a spike.
//
// While the machine is suspended the monotonic clock stands still, and nothing is counted: the rates of the first
// snapshot afterwards, and its Interval, are over the time awake. Snapshot.Suspended tells of it, and the verdict
// begins anew. To a viewer it is a gap: At and Uptime have gone on for longer than Interval. When the wall clock is
// set, At alone has. Elsewhere than on Linux a step forward by more than 2 s is taken for a sleep.
//
// # What happens to a source that fails
//
// A source that fails or panics is marked in Snapshot.Sources with the text of its error, its last good part stays in
// the snapshot with its age, and the others do not notice. A source that hangs holds up one snapshot, by three quarters
// of an interval or 2 s, whichever is less; from then on nobody waits for it, it is marked "no answer for 3s", and it is
// taken up again when it answers. It is never read twice at the same time. The log says once when a source begins to
// fail and once when it is well again; of one that comes and goes it tells once a minute at most.
//
// A source that is read every second or more seldom, and not on every tick, may be slow by design, as a sensor on a slow
// bus is: no tick waits for it beyond 50 ms (a quarter of a short interval). What it says comes with the next snapshot.
// It is marked when it has not answered for as long as its period, or 2 s, whichever is less; until then the part shown
// is the last one, or none.
//
// A source of something that this host has not, or does not tell, is marked as missing and has no part. It is asked
// again once a minute, since hardware may be plugged in; the log is spared, unless it told before that the source fails.
//
// # What is read less while nobody looks
//
// Where the owner says that nobody looks (Collector.Watched), what costs most and is in no chart of the past is read more
// seldom: units, logins, the states of TCP sockets, the details of processes that are known already, and on each tick
// the clocks of fewer processes that rest. Every number of package history is read as often as ever, and who is at the top
// of the processes is still true: somebody who begins to work is found by what the host's processors do. The first tick
// after somebody has come reads all of it.
//
// # Goroutines
//
// Run starts one, a lane, which reads the sources of a tick one after the other: to wake a goroutine for each would cost
// more than the reads. When a tick is not read after 50 ms (a third of the wait, if that is less), each source that is
// still to be read goes on in a goroutine of its own: so what is slow does not add up, and what hangs hangs alone. Those
// goroutines end with their read. So does a lane that has not come back by the next tick, which is read in a fresh one.
//
// Run ends them all before it returns. One that hangs in a system call cannot be ended: it is left behind after 100 ms,
// and ends when its read does. The same goes for the mounts that the source of filesystems asks, each in a goroutine: a
// dead one is left alone, one goroutine with it, and named in Snapshot.Sources; and for the chips of sensors likewise.
// nvidia-smi is run off the tick and killed, with what it started, when it has not answered in time or Run ends.
//
// There is no state outside a Collector and its sources: two may run in one process. Package collectortest has sources
// and snapshots for tests; package history keeps what a chart needs.
package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// firstAfter is enough for a rate to mean something (25 of the kernel's clock ticks), and short enough for a
	// first screen within a second of the start.
	firstAfter = 250 * time.Millisecond
	// longestWait bounds how long a tick waits for its sources, beside three quarters of the interval. A healthy source
	// answers within milliseconds; on a host that is short of CPU it may take long, and that is when its readings
	// matter: so the wait is generous, and only the first tick of a source that hangs pays for it.
	longestWait = 2 * time.Second
	// parting is how long Run waits at its end for reads that are under way.
	parting = 100 * time.Millisecond
)

// A Collector samples the host. The zero Collector works.
type Collector struct {
	Interval time.Duration // between snapshots; default 1 s
	Sources  []Source      // what to read; default DefaultSources(). They are for one Run: they keep state
	Logger   *slog.Logger  // default slog.Default()
	// Watched tells, at each tick, whether anybody looks at the snapshots, or did so a moment ago: what nobody looks at is
	// read more seldom, where it is dear and no history is made of it. It must not wait. Default: somebody always looks.
	Watched func() bool

	sleepless func() (time.Duration, bool) // for tests; default sleeplessClock
}

// Run gives sink a snapshot on every tick until ctx ends, and returns nil then. It returns an error, at once, when it
// cannot run at all: a negative interval, or sources without a name, without a Read, or with the same name.
func (c *Collector) Run(ctx context.Context, sink func(Snapshot)) error {
	interval, sources, log := c.Interval, c.Sources, c.Logger
	if interval == 0 {
		interval = time.Second
	}
	if sources == nil {
		sources = DefaultSources()
	}
	if log == nil {
		log = slog.Default()
	}
	if err := check(interval, sources); err != nil {
		return err
	}

	pool := startPool(ctx, sources, interval, log)
	defer pool.stop()

	start := time.Now()
	awake := suspendWatch{start: start, clock: c.sleepless}
	if awake.clock == nil {
		awake.clock = sleeplessClock
	}
	awake.look()
	pool.prime()
	due := start.Add(min(interval, firstAfter))
	timer := time.NewTimer(due.Sub(start))
	defer timer.Stop()
	var j judge
	var marks markWatch
	var before time.Time // when the last snapshot was due
	var s Snapshot       // filled again and again: the sink gets a copy
	for {
		if !pool.idle(timer.C) {
			return nil
		}
		now := time.Now()
		if latest := start.Add(now.Sub(start) / interval * interval); latest.After(due) {
			due = latest
		}
		// The wall clock may have been set since the start, so the wall time of due is reckoned back from now.
		s = Snapshot{At: now.Add(-now.Sub(due)).Round(0)}
		if !before.IsZero() {
			s.Interval = Known(due.Sub(before).Seconds())
		}
		before = due
		if slept := awake.look(); slept > 0 {
			s.Suspended = Known(slept.Seconds())
		}

		pool.watch(c.Watched == nil || c.Watched())
		pool.read(due.Sub(start))
		if ctx.Err() != nil {
			return nil
		}
		pool.addTo(&s)
		s.Verdict = j.verdict(&s)
		s.Marks = marks.look(&s, &j)
		sink(s)

		n := time.Since(start)/interval + 1
		due = start.Add(n * interval)
		timer.Reset(time.Until(due))
	}
}

func check(interval time.Duration, sources []Source) error {
	if interval < 0 {
		return fmt.Errorf("negative interval %s", interval)
	}
	names := make(map[string]bool, len(sources))
	for _, s := range sources {
		switch {
		case s.Name == "":
			return errors.New("source without a name")
		case s.Read == nil:
			return fmt.Errorf("source %q has no Read", s.Name)
		case names[s.Name]:
			return fmt.Errorf("two sources named %q", s.Name)
		}
		names[s.Name] = true
	}
	return nil
}
