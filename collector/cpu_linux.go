package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// mostCores is more than any kernel is built for.
const mostCores = 16 << 10

type cpuReader struct{ stat kernelFile }

func newCPUReader(r roots) *cpuReader {
	return &cpuReader{kernelFile{path: r.ofProc("stat"), prompt: true}}
}

func (c *cpuReader) read(_ context.Context, into *cpuReading) error {
	b, err := c.stat.read()
	if err != nil {
		return err
	}
	return parseCPU(b, into)
}

// parseCPU reads /proc/stat (proc_stat(5)). The line of all processors together is left out: it has those that are
// offline too.
func parseCPU(b []byte, into *cpuReading) error {
	*into = cpuReading{cores: into.cores[:0], tick: clockTicks}
	if !isWhole(b) {
		return errors.New("/proc/stat is cut short")
	}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		name, rest := cutWord(line)
		switch string(name) {
		case "cpu":
		case "ctxt":
			into.switches = parseCounter(rest)
		case "intr": // the sum, and then one number for each
			into.interrupts = parseCounter(rest)
		case "processes":
			into.forks = parseCounter(rest)
		case "procs_running":
			into.running = parseCounter(rest).number()
		case "procs_blocked":
			into.blocked = parseCounter(rest).number()
		default:
			digits, ok := bytes.CutPrefix(name, []byte("cpu"))
			if ok && !parseCore(digits, rest, into) {
				return fmt.Errorf("/proc/stat has a line %q", clean(string(line)))
			}
		}
	}
	if len(into.cores) == 0 {
		return errors.New("no processor found")
	}
	return nil
}

func parseCore(digits, rest []byte, into *cpuReading) bool {
	number, ok := parseUint(digits)
	if !ok || len(into.cores) == mostCores {
		return false
	}
	ticks := into.add(number)
	if ticks == nil {
		return false
	}
	for state := range ticks {
		word, after := cutWord(rest)
		if len(word) == 0 && state > cpuIdle { // an old kernel's line ends sooner
			clear(ticks[state:])
			break
		}
		if ticks[state], ok = parseUint(word); !ok {
			return false
		}
		rest = after
	}
	return true
}

func parseCounter(line []byte) counter {
	v, _, ok := cutUint(line)
	return counter{value: v, known: ok}
}
