package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

func pressureSource(r roots) Source {
	reader := newPressureReader(r)
	return Source{Name: "pressure", Read: func(context.Context) (Part, error) {
		part, err := reader.read(time.Now())
		if part == nil {
			return nil, err
		}
		return part, err
	}}
}

// pressurePart holds all the stalls: one block of memory for each read.
type pressurePart struct {
	pressure Pressure
	stalls   [4]Stall
}

func (p *pressurePart) AddTo(s *Snapshot) { s.Pressure = &p.pressure }

// A pressureReader reads the files of /proc/pressure: each by itself, since the one of interrupts is missing in many
// kernels.
type pressureReader struct {
	files  [4]maybeFile
	before [4]stallCounters
	at     [4]time.Time // when before was read
}

func newPressureReader(r roots) *pressureReader {
	p := &pressureReader{}
	for i, name := range [4]string{"cpu", "memory", "io", "irq"} {
		p.files[i].kernelFile = kernelFile{path: r.ofProc("pressure", name), prompt: true}
	}
	return p
}

func (p *pressureReader) read(now time.Time) (*pressurePart, error) {
	part := &pressurePart{}
	stalls := [4]**Stall{&part.pressure.CPU, &part.pressure.Memory, &part.pressure.IO, &part.pressure.IRQ}
	var failed error
	missing := 0
	for i := range p.files {
		after, there, err := readPressure(&p.files[i], now)
		if !there {
			missing++
			continue
		}
		if err != nil {
			failed = err
			continue
		}
		part.stalls[i] = stallBetween(p.before[i], after, between(p.at[i], now))
		*stalls[i] = &part.stalls[i]
		p.before[i], p.at[i] = after, now
	}
	switch {
	case missing == len(p.files):
		return nil, notHere("the kernel does not count pressure: boot Linux 4.20 or newer with psi=1")
	case part.pressure == (Pressure{}):
		return nil, fmt.Errorf("read pressure: %w", failed)
	case failed != nil:
		return part, fmt.Errorf("read pressure: %w", failed)
	}
	return part, nil
}

// readPressure: without CONFIG_PSI, or without psi=1 where that is needed, the file is not there; or it is, and to read
// it fails with EOPNOTSUPP.
func readPressure(f *maybeFile, now time.Time) (c stallCounters, there bool, err error) {
	b, err := f.read(now)
	if err != nil {
		return c, !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EOPNOTSUPP), err
	}
	c, ok := parsePressure(b)
	if !ok {
		return c, true, errors.New(f.path + " is no pressure")
	}
	return c, true, nil
}

// stallCounters is what a pressure file says, the host's or a control group's.
type stallCounters struct {
	some, full       uint64     // microseconds since boot, or since the group was made
	hasSome, hasFull bool       // which of the two the file has
	avg              [6]float64 // percent, over 10, 60 and 300 seconds: some's, then full's
}

// parsePressure reads a pressure file; ok is false when it is torn or none.
//
//	some avg10=0.42 avg60=1.00 avg300=1.75 total=2601821151
//	full avg10=0.00 avg60=0.00 avg300=0.00 total=0
func parsePressure(b []byte) (c stallCounters, ok bool) {
	if !isWhole(b) {
		return stallCounters{}, false
	}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		kind, rest := cutWord(line)
		switch string(kind) {
		case "some":
			c.some, ok = parseStall(rest, c.avg[:3])
			c.hasSome = true
		case "full":
			c.full, ok = parseStall(rest, c.avg[3:])
			c.hasFull = true
		default: // of a later kernel
			continue
		}
		if !ok {
			return stallCounters{}, false
		}
	}
	return c, c.hasSome || c.hasFull
}

// parseStall takes the words by their order, which is the kernel's interface.
func parseStall(line []byte, avg []float64) (total uint64, ok bool) {
	for i, name := range [3]string{"avg10=", "avg60=", "avg300="} {
		var word []byte
		word, line = cutWord(line)
		if !bytes.HasPrefix(word, []byte(name)) {
			return 0, false
		}
		if avg[i], ok = parseDecimal(word[len(name):]); !ok {
			return 0, false
		}
	}
	word, _ := cutWord(line)
	if !bytes.HasPrefix(word, []byte("total=")) {
		return 0, false
	}
	return parseUint(word[len("total="):])
}

// stallBetween is the stall between two readings of one file; the first has the zero stallCounters before it.
func stallBetween(before, after stallCounters, elapsed time.Duration) Stall {
	var s Stall
	if after.hasSome {
		s.Some10, s.Some60, s.Some300 = ratio(after.avg[0], 100), ratio(after.avg[1], 100), ratio(after.avg[2], 100)
		s.SomeSeconds = Known(float64(after.some) / 1e6)
		if before.hasSome {
			s.Some = stalled(before.some, after.some, elapsed)
		}
	}
	if after.hasFull {
		s.Full10, s.Full60, s.Full300 = ratio(after.avg[3], 100), ratio(after.avg[4], 100), ratio(after.avg[5], 100)
		s.FullSeconds = Known(float64(after.full) / 1e6)
		if before.hasFull {
			s.Full = stalled(before.full, after.full, elapsed)
		}
	}
	return s
}

// stalled is the ratio of the time that went by. The kernel's clock and ours are not read at the same moment, so it may
// come out above 1.
func stalled(before, after uint64, elapsed time.Duration) Number {
	microseconds, ok := perSecond(before, after, elapsed).Get()
	if !ok {
		return Number{}
	}
	return ratio(microseconds, 1e6)
}
