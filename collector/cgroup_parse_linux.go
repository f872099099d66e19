package collector

import (
	"bytes"
)

// noLimit is where a size ends to be one. Version 1 has 2⁶³ less a page for "none", and no machine has as much.
const noLimit = 1 << 60

// cutWhole is cutLine for a file that may have been cut off: a line without its end is none.
func cutWhole(b []byte) (line, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, nil, false
	}
	return b[:i], b[i+1:], true
}

// parseCount takes a file of one number. "max" is none.
func parseCount(b []byte) counter {
	line, _, ok := cutWhole(b)
	if !ok {
		return counter{}
	}
	v, rest, ok := cutUint(line)
	if word, _ := cutWord(rest); !ok || len(word) > 0 {
		return counter{}
	}
	return counter{v, true}
}

// size makes what no memory can be unknown.
func (c counter) size() counter {
	return counter{c.value, c.known && c.value < noLimit}
}

// parseSize takes a file of one number of bytes.
func parseSize(b []byte) counter { return parseCount(b).size() }

// parseLimit takes a file of one limit: none, for "max" and for the like of it in version 1. A limit of 0 is none that
// anything could run under.
func parseLimit(b []byte) Number {
	c := parseSize(b)
	c.known = c.known && c.value > 0
	return c.number()
}

// eachKey goes through lines of a name and a number.
func eachKey(b []byte, f func(key []byte, v counter)) {
	for {
		line, rest, ok := cutWhole(b)
		if !ok {
			return
		}
		b = rest
		key, line := cutWord(line)
		if v, _, ok := cutUint(line); ok {
			f(key, counter{v, true})
		}
	}
}

// parseMemoryStat2 takes memory.stat of version 2: it covers the groups below too.
func parseMemoryStat2(n *groupNumbers, b []byte) {
	eachKey(b, func(key []byte, v counter) {
		switch string(key) {
		case "anon":
			n.anonymous = v.size()
		case "file":
			n.file = v.size()
		case "shmem":
			n.shared = v.size()
		case "slab_reclaimable":
			n.slab = v.size()
		case "inactive_file":
			n.inactiveFile = v.size()
		}
	})
}

// parseMemoryStat1 takes memory.stat of version 1, of which the totals cover the groups below.
func parseMemoryStat1(n *groupNumbers, b []byte) {
	eachKey(b, func(key []byte, v counter) {
		switch string(key) {
		case "total_rss":
			n.anonymous = v.size()
		case "total_cache":
			n.file = v.size()
		case "total_shmem":
			n.shared = v.size()
		case "total_inactive_file":
			n.inactiveFile = v.size()
		case "total_swap":
			n.swap = v.size()
		case "hierarchical_memory_limit":
			if v.value > 0 && v.value < noLimit {
				n.leastLimit = v.number()
			}
		}
	})
}

// parseMemoryEvents takes memory.events of version 2 and memory.oom_control of version 1, which share a key.
func parseMemoryEvents(n *groupNumbers, b []byte) {
	eachKey(b, func(key []byte, v counter) {
		switch string(key) {
		case "high":
			n.high = v
		case "max":
			n.limit = v
		case "oom_kill":
			n.kills = v
		}
	})
}

// parseGroupCPU takes cpu.stat of either version. Version 1 has no usage there.
func parseGroupCPU(n *groupNumbers, b []byte) {
	eachKey(b, func(key []byte, v counter) {
		switch string(key) {
		case "usage_usec":
			n.cpu = v.thousandfold()
		case "nr_periods":
			n.periods = v
		case "nr_throttled":
			n.throttled = v
		case "throttled_usec":
			n.throttledNanos = v.thousandfold()
		case "throttled_time":
			n.throttledNanos = v
		}
	})
}

// thousandfold makes nanoseconds of microseconds; not of so many that no machine can have spent them.
func (c counter) thousandfold() counter {
	return counter{c.value * 1000, c.known && c.value < 1<<63/1000}
}

// parseCPUMax takes cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD".
func parseCPUMax(b []byte) Number {
	line, _, ok := cutWhole(b)
	if !ok {
		return Number{}
	}
	quota, line, ok := cutUint(line)
	period, _, also := cutUint(line)
	if !ok || !also {
		return Number{}
	}
	return coresOf(quota, period)
}

func coresOf(quota, period uint64) Number {
	if quota == 0 || period == 0 || quota/period >= mostProcessors {
		return Number{}
	}
	return Known(float64(quota) / float64(period))
}

// parseProcessorList counts the processors in a list like "0-3,8" (cpuset(7), list format).
func parseProcessorList(b []byte) Number {
	line, _, ok := cutWhole(b)
	if !ok {
		return Number{}
	}
	total := uint64(0)
	for len(line) > 0 {
		part, rest, _ := bytes.Cut(line, []byte(","))
		line = rest
		low, high, isRange := bytes.Cut(part, []byte("-"))
		first, ok := parseUint(low)
		last := first
		if isRange {
			var also bool
			last, also = parseUint(high)
			ok = ok && also
		}
		if !ok || last < first || last >= mostProcessors {
			return Number{}
		}
		total += last - first + 1
	}
	if total == 0 || total > mostProcessors {
		return Number{}
	}
	return Known(float64(total))
}

// parseIOStat takes io.stat of version 2, lines like
//
//	8:0 rbytes=90112 wbytes=4096 rios=5 wios=1 dbytes=0 dios=0
//
// A device that is skipped does not count. A group that has read nothing has an empty file.
func parseIOStat(b []byte, skip func(device []byte) bool) (read, written counter) {
	read.known, written.known = true, true
	for {
		line, rest, ok := cutWhole(b)
		if !ok {
			return read, written
		}
		b = rest
		device, line := cutWord(line)
		if len(device) == 0 || skip(device) {
			continue
		}
		for len(line) > 0 {
			var word []byte
			word, line = cutWord(line)
			if v, ok := bytes.CutPrefix(word, []byte("rbytes=")); ok {
				read.add(parseUint(v))
			} else if v, ok := bytes.CutPrefix(word, []byte("wbytes=")); ok {
				written.add(parseUint(v))
			}
		}
	}
}

// parseThrottleBytes takes blkio.throttle.io_service_bytes of version 1, lines like "8:0 Read 90112".
func parseThrottleBytes(b []byte, skip func(device []byte) bool) (read, written counter) {
	read.known, written.known = true, true
	for {
		line, rest, ok := cutWhole(b)
		if !ok {
			return read, written
		}
		b = rest
		device, line := cutWord(line)
		what, line := cutWord(line)
		sum := &read
		switch string(what) {
		case "Read":
		case "Write":
			sum = &written
		default:
			continue
		}
		if !skip(device) {
			v, _, ok := cutUint(line)
			sum.add(v, ok)
		}
	}
}

// add makes a sum of one that is no number, or is too much, unknown.
func (c *counter) add(v uint64, ok bool) {
	c.known = c.known && ok && v < noLimit && c.value < noLimit
	c.value += v
}
