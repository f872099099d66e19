package collector

import (
	"bytes"
	"fmt"
	"strings"
)

// A diskLine is a line of /proc/diskstats.
type diskLine struct {
	name     []byte // part of what was parsed
	counters diskCounters
	columns  int // how many counters the kernel has: 11, 15 since 4.18, 17 since 5.5
}

const (
	columnsWithDiscards = 15
	columnsWithFlushes  = 17
	// mostDisks bounds how many devices are listed, and mostLines how many are looked at.
	mostDisks = 1000
	mostLines = 1 << 14
)

// parseDiskstats appends to lines. It goes past a line that is not as documented, and tells.
func parseDiskstats(b []byte, lines []diskLine) ([]diskLine, error) {
	odd := 0
	for len(b) > 0 && len(lines) < mostLines {
		var line []byte
		line, b = cutLine(b)
		lines = append(lines, diskLine{})
		if !lines[len(lines)-1].parse(line) {
			lines = lines[:len(lines)-1]
			if len(bytes.TrimSpace(line)) > 0 {
				odd++
			}
		}
	}
	if odd > 0 {
		return lines, fmt.Errorf("lines of diskstats that are not as documented: %d", odd)
	}
	return lines, nil
}

// parse fills l. Columns that a later kernel adds are ignored.
func (l *diskLine) parse(line []byte) bool {
	var ok bool
	for range 2 { // major and minor number
		if _, line, ok = cutUint(line); !ok {
			return false
		}
	}
	if l.name, line = cutWord(line); len(l.name) == 0 {
		return false
	}
	for l.columns < len(l.counters) {
		var word []byte
		if word, line = cutWord(line); len(word) == 0 {
			break
		}
		if l.counters[l.columns], ok = parseUint(word); !ok {
			return false
		}
		l.columns++
	}
	switch { // of a group of columns all are there or none
	case l.columns <= atWeightedMillis:
		return false
	case l.columns < columnsWithDiscards:
		clear(l.counters[atDiscards:])
	case l.columns < columnsWithFlushes:
		clear(l.counters[atFlushes:])
	}
	if l.counters[atInFlight] >= 1<<31 { // old kernels let it pass below zero
		l.counters[atInFlight] = 0
	}
	return true
}

// requests is how many the device has ever done.
func (c *diskCounters) requests() uint64 {
	return c[atReads] + c[atWrites] + c[atDiscards] + c[atFlushes]
}

// isTimed: some devices that pass requests on, and disks with iostats turned off later, have requests and no times.
func (c *diskCounters) isTimed() bool {
	return c[atBusyMillis] > 0 || c[atWeightedMillis] > 0 || c[atReads]+c[atWrites] < 100
}

// diskKind goes by the names that the kernel gives. Of kind "other" are memory, floppy disks, and devices that pass
// everything on to disks of this host without saying so in sysfs (drbd, ZFS) or in a way of their own (bcache).
func diskKind(name string) string {
	switch {
	case numbered(name, "dm-"):
		return "dm"
	case numbered(name, "md"), numbered(name, "md_d"), strings.HasPrefix(name, "md_"):
		return "md"
	case numbered(name, "loop"):
		return "loop"
	case numbered(name, "zram"):
		return "zram"
	case numbered(name, "sr"), numbered(name, "scd"):
		return "optical"
	case numbered(name, "ram"), numbered(name, "fd"), numbered(name, "drbd"), numbered(name, "bcache"), numbered(name, "zd"):
		return "other"
	}
	return "disk"
}

// isListedUnused: what is made when a driver is loaded, in eights and sixteens, is listed once it has been used.
func isListedUnused(name, kind string) bool {
	switch kind {
	case "disk":
		return !numbered(name, "nbd")
	case "dm", "md":
		return true
	}
	return false
}

// numbered: the name is the prefix and a number.
func numbered(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && isNumber(rest)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// partitionOf returns the name that a disk has if this is the name of its partition: sda of sda1, nvme0n1 of nvme0n1p2.
// Whether it is one shows in whether there is such a disk: xvda1 may be a disk.
func partitionOf(name string) (disk string, ok bool) {
	disk = strings.TrimRight(name, "0123456789")
	if disk == name || disk == "" {
		return "", false
	}
	if before, ok := strings.CutSuffix(disk, "p"); ok && before != "" && isNumber(before[len(before)-1:]) {
		return before, true
	}
	return disk, true
}

// pathOf returns the name of the NVMe disk that this is one path to: nvme0n1 of nvme0c3n1.
func pathOf(name string) (disk string, ok bool) {
	rest, ok := strings.CutPrefix(name, "nvme")
	if !ok {
		return "", false
	}
	subsystem, rest, ok := strings.Cut(rest, "c")
	if !ok || !isNumber(subsystem) {
		return "", false
	}
	controller, namespace, ok := strings.Cut(rest, "n")
	if !ok || !isNumber(controller) || !isNumber(namespace) {
		return "", false
	}
	return "nvme" + subsystem + "n" + namespace, true
}
