package collector

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// CPUTimes is where processor time went since the read before, as ratios; user to steal sum to 1. The kernel counts in
// hundredths of a second: over a tenth of one the ratios go in steps of a tenth.
type CPUTimes struct {
	Busy    Number `json:"busy"` // 1 - idle - iowait
	User    Number `json:"user"`
	Nice    Number `json:"nice"`
	System  Number `json:"system"`
	Idle    Number `json:"idle"`
	IOWait  Number `json:"iowait"`
	IRQ     Number `json:"irq"`
	SoftIRQ Number `json:"softirq"`
	Steal   Number `json:"steal"`
	// Guest is what virtual machines of this host had of user and nice: it is inside them, as the kernel counts it
	// (proc_stat(5)), and no further part of the sum.
	Guest Number `json:"guest"`
}

// CPU is the processors together and each by itself.
type CPU struct {
	CPUTimes
	// Per second, for the whole host.
	ContextSwitches Number `json:"context_switches"`
	Interrupts      Number `json:"interrupts"`
	Forks           Number `json:"forks"` // processes and threads started
	// Now: threads that run or wait for a processor, and those that wait for a disk (proc_stat(5)).
	Running Number `json:"running"`
	Blocked Number `json:"blocked"`
	Cores   []Core `json:"cores"`
	// Totals are since boot; unknown where the system does not tell.
	Totals CPUTotals `json:"-"`
}

// CPUTotals are counters since boot.
type CPUTotals struct {
	ContextSwitches, Interrupts, Forks Number
}

// Core is one logical processor. Names have gaps where cores are offline.
type Core struct {
	Name string `json:"name"` // "cpu0"
	CPUTimes
	// Seconds are the counters since boot that the ratios are of.
	Seconds CPUSeconds `json:"-"`
}

// CPUSeconds is processor time since boot, in seconds. Guest is inside User, and GuestNice inside Nice.
type CPUSeconds struct {
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal, Guest, GuestNice float64
}

// A busyTime is the processor time that processes have used since boot, all together, in seconds, as the source of CPU has
// read it last: others need not read it again. 0 is not known.
type busyTime struct{ bits atomic.Uint64 }

func (b *busyTime) set(seconds float64) { b.bits.Store(math.Float64bits(seconds)) }

func (b *busyTime) seconds() float64 {
	if b == nil {
		return 0
	}
	return math.Float64frombits(b.bits.Load())
}

// cpuSource tells busy what it reads.
func cpuSource(r roots, busy *busyTime) Source {
	reader := newCPUReader(r)
	var before, after cpuReading
	var at time.Time
	return Source{Name: "cpu", Read: func(ctx context.Context) (Part, error) {
		if err := reader.read(ctx, &after); err != nil {
			return nil, fmt.Errorf("read cpu times: %w", err)
		}
		now := time.Now()
		busy.set(after.busy())
		part := cpuOf(&before, &after, between(at, now))
		before, after, at = after, before, now
		return part, nil
	}}
}

type cpuPart struct{ cpu CPU }

func (p *cpuPart) AddTo(s *Snapshot) { s.CPU = &p.cpu }

// The states a processor may be in, in the order of /proc/stat.
const (
	cpuUser = iota
	cpuNice
	cpuSystem
	cpuIdle
	cpuIOWait
	cpuIRQ
	cpuSoftIRQ
	cpuSteal
	cpuGuest
	cpuGuestNice
	cpuStates
)

// A cpuReading is the counters as they are at one moment. It is filled again and again.
type cpuReading struct {
	cores []coreReading // by number
	tick  uint64        // that many are a second

	switches, interrupts, forks counter
	running, blocked            Number
}

// busy is the seconds that processes have used. Where a processor goes offline they may go back.
func (r *cpuReading) busy() (seconds float64) {
	for i := range r.cores {
		ticks := &r.cores[i].ticks
		seconds += float64(ticks[cpuUser]+ticks[cpuNice]+ticks[cpuSystem]) / float64(r.tick)
	}
	return seconds
}

// A coreReading is what one processor has counted since boot, in ticks.
type coreReading struct {
	number uint64
	name   string
	ticks  [cpuStates]uint64
}

// cpuOf takes processors by number: after one has gone offline there is a gap in the names, and one that has come back
// has no ratios until its second reading.
func cpuOf(before, after *cpuReading, elapsed time.Duration) *cpuPart {
	cores := make([]Core, len(after.cores))
	var all cpuSpent
	earlier := before.cores
	for i := range cores {
		now := &after.cores[i]
		cores[i].Name = now.name
		cores[i].Seconds = now.seconds(after.tick)
		for len(earlier) > 0 && earlier[0].number < now.number {
			earlier = earlier[1:]
		}
		if len(earlier) == 0 || earlier[0].number != now.number || hasRestarted(&earlier[0], now, 3*after.tick) {
			continue
		}
		spent := spentBetween(&earlier[0], now)
		cores[i].CPUTimes = spent.ratios()
		all.add(&spent)
	}
	return &cpuPart{CPU{
		CPUTimes:        all.ratios(),
		ContextSwitches: after.switches.since(before.switches, elapsed),
		Interrupts:      after.interrupts.since(before.interrupts, elapsed),
		Forks:           after.forks.since(before.forks, elapsed),
		Running:         after.running,
		Blocked:         after.blocked,
		Cores:           cores,
		Totals: CPUTotals{ContextSwitches: after.switches.number(), Interrupts: after.interrupts.number(),
			Forks: after.forks.number()},
	}}
}

// hasRestarted: a counter went down by more than a slip. A processor that was offline and is back counts its idle time
// anew, on some kernels. iowait may go down at any time (proc_stat(5)).
func hasRestarted(before, after *coreReading, slip uint64) bool {
	for state := range cpuGuest {
		if state != cpuIOWait && without(before.ticks[state], after.ticks[state]) > slip {
			return true
		}
	}
	return false
}

// cpuSpent is the ticks spent in each state between two readings.
type cpuSpent [cpuStates]float64

// spentBetween counts a state that went down as none. The kernel adds to guest and to user one after the other, and may
// be read in between.
func spentBetween(before, after *coreReading) cpuSpent {
	var spent cpuSpent
	for state := range spent {
		spent[state] = float64(without(after.ticks[state], before.ticks[state]))
	}
	spent[cpuGuest] = min(spent[cpuGuest], spent[cpuUser])
	spent[cpuGuestNice] = min(spent[cpuGuestNice], spent[cpuNice])
	return spent
}

func (c *cpuSpent) add(other *cpuSpent) {
	for state, v := range other {
		c[state] += v
	}
}

// ratios divides by the time that was counted rather than by the clock: the counters go in steps of a clock tick, and
// only this sums to 1.
func (c *cpuSpent) ratios() CPUTimes {
	busy := c[cpuUser] + c[cpuNice] + c[cpuSystem] + c[cpuIRQ] + c[cpuSoftIRQ] + c[cpuSteal]
	total := busy + c[cpuIdle] + c[cpuIOWait]
	return CPUTimes{
		Busy:    ratio(busy, total),
		User:    ratio(c[cpuUser], total),
		Nice:    ratio(c[cpuNice], total),
		System:  ratio(c[cpuSystem], total),
		Idle:    ratio(c[cpuIdle], total),
		IOWait:  ratio(c[cpuIOWait], total),
		IRQ:     ratio(c[cpuIRQ], total),
		SoftIRQ: ratio(c[cpuSoftIRQ], total),
		Steal:   ratio(c[cpuSteal], total),
		Guest:   ratio(c[cpuGuest]+c[cpuGuestNice], total),
	}
}

func (c *coreReading) seconds(tick uint64) CPUSeconds {
	of := func(state int) float64 { return float64(c.ticks[state]) / float64(tick) }
	return CPUSeconds{User: of(cpuUser), Nice: of(cpuNice), System: of(cpuSystem), Idle: of(cpuIdle), IOWait: of(cpuIOWait),
		IRQ: of(cpuIRQ), SoftIRQ: of(cpuSoftIRQ), Steal: of(cpuSteal), Guest: of(cpuGuest), GuestNice: of(cpuGuestNice)}
}

// add adds a processor, and returns its counters to be filled, or nil when processors are out of order. Its name was
// made when it was first read: the readings are filled in turn, and keep it as long as its place in the list is the same.
func (r *cpuReading) add(number uint64) *[cpuStates]uint64 {
	i := len(r.cores)
	if i > 0 && r.cores[i-1].number >= number {
		return nil
	}
	if i < cap(r.cores) {
		r.cores = r.cores[:i+1]
	} else {
		r.cores = append(r.cores, coreReading{})
	}
	core := &r.cores[i]
	if core.name == "" || core.number != number {
		core.number, core.name = number, "cpu"+strconv.FormatUint(number, 10)
	}
	return &core.ticks
}
