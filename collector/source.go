package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// A Source reads one subject. One file per source, in one order: its constructor, its read (which touches the
// system), its pure half (which turns what was read into a Part). load.go is the shortest to copy.
type Source struct {
	// Name is what the snapshot, the log and the metrics call it. The default sources have the name of the JSON
	// field they fill.
	Name string
	// Every is how often to read: at the first snapshot, and then at the first tick of each such period since the
	// start. 0 is every tick. Between reads the last part is shown again. A source that is missing is asked again once
	// a minute, or each such period if that is longer. One that is read every second or more seldom, and not on every
	// tick, may take its time: ticks do not wait for it.
	Every time.Duration
	// Idle takes the place of Every, where it is longer, while nobody looks (Collector.Watched): for what no chart of the
	// past has. A source that leaves work for later then (Unwatched) has one too, of Every perhaps: when somebody comes, the
	// next tick reads all that have.
	Idle time.Duration
	// Read returns this source's part of the snapshot. It is called from one goroutine at a time and may keep state
	// between calls. It may fail, panic or hang: the tick goes on without it. With a part and an error, the part is
	// shown and the source is marked: some of it is missing. With neither, there is nothing to show.
	Read func(ctx context.Context) (Part, error)
}

// A Part is what one source adds to a snapshot. It is immutable once returned: later snapshots may share it. What it
// adds as a plain float64 must be finite; a Number always is.
type Part interface {
	AddTo(*Snapshot)
}

// A PartFunc is a Part by itself.
type PartFunc func(*Snapshot)

// AddTo calls f.
func (f PartFunc) AddTo(s *Snapshot) { f(s) }

// DefaultSources returns fresh sources for everything this package can read, in the order of the snapshot. Sources
// keep state between reads, so each Run needs its own.
func DefaultSources() []Source {
	r := hostRoots()
	busy := new(busyTime)
	sources := []Source{
		cpuSource(r, busy),
		frequencySource(r),
		loadSource(r),
		pressureSource(r),
		memorySource(r),
		pagingSource(r),
		diskSource(r),
		filesystemSource(r),
		networkSource(r),
		socketSource(r),
		handleSource(r),
		sensorSource(r),
		batterySource(r),
		gpuSource(r),
		processSource(r, busy),
		unitSource(r),
		failedSource(r),
		userSource(r),
		cgroupSource(r),
		neighbourSource(r),
		scopeSource(r),
		hostSource(r),
		uptimeSource(r),
		selfSource(),
	}
	if runtime.GOOS != "linux" { // there one read has memory and swap
		sources = append(sources, swapSource(r))
	}
	return sources
}

// Unwatched tells a Read, by its ctx, that nobody looks at what it returns (Collector.Watched): it may leave for later
// what it does not need for the numbers of this tick.
func Unwatched(ctx context.Context) bool { return ctx.Value(unwatched{}) != nil }

type unwatched struct{}

// everyElsewhere is the Every of sources that gopsutil reads by starting a program (netstat, vm_stat, geom) on the
// BSDs and macOS: seldom there, each tick elsewhere.
func everyElsewhere() time.Duration {
	switch runtime.GOOS {
	case "linux", "windows":
		return 0
	}
	return 5 * time.Second
}

// safeRead is s.Read, with a panic as an error: one torn file under /proc must not end the process.
func safeRead(ctx context.Context, s Source) (part Part, err error) {
	defer recoverTo(&err)
	return s.Read(ctx)
}

// safeAdd is p.AddTo(s) likewise.
func safeAdd(p Part, s *Snapshot) (err error) {
	defer recoverTo(&err)
	p.AddTo(s)
	return nil
}

func recoverTo(err *error) {
	if v := recover(); v != nil {
		*err = panicError{value: v, stack: stack()}
	}
}

// A panicError is what a source panicked with, and where: the log tells.
type panicError struct {
	value any
	stack string
}

func (e panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func stack() string {
	b := make([]byte, 8<<10)
	return string(b[:runtime.Stack(b, false)])
}

// isShort: this process, or the system, is short of descriptors or memory. That says nothing about what was to be opened,
// above all not that it is not there.
func isShort(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// notHere is the error of a source for something that this host has not, or does not tell. It is no failure: the
// snapshot marks the source as missing, and the log is spared.
func notHere(reason string) error { return missingError(reason) }

type missingError string

func (e missingError) Error() string { return string(e) }

func isMissing(err error) bool {
	var missing missingError
	return errors.As(err, &missing)
}
