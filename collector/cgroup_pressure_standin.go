//go:build linux

package collector

import (
	"bytes"
	"time"
)

// A stand-in for what pressure_linux.go will have: to be deleted then.

type stallCounters struct {
	some, full       uint64
	hasSome, hasFull bool
	avg              [6]float64
}

func parsePressure(b []byte) (c stallCounters, ok bool) {
	for len(b) > 0 {
		var line, kind, word []byte
		line, b = cutLine(b)
		kind, line = cutWord(line)
		for len(line) > 0 {
			word, line = cutWord(line)
			total, found := bytes.CutPrefix(word, []byte("total="))
			if v, ok := parseUint(total); found && ok {
				switch string(kind) {
				case "some":
					c.some, c.hasSome = v, true
				case "full":
					c.full, c.hasFull = v, true
				}
			}
		}
	}
	return c, c.hasSome || c.hasFull
}

func stallBetween(before, after stallCounters, elapsed time.Duration) (s Stall) {
	if before.hasSome && after.hasSome {
		s.Some = perSecondOf(float64(before.some)/1e6, float64(after.some)/1e6, elapsed)
	}
	if before.hasFull && after.hasFull {
		s.Full = perSecondOf(float64(before.full)/1e6, float64(after.full)/1e6, elapsed)
	}
	return s
}
