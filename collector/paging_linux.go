package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// pagingSource is read once a second at most: the kernel adds the counters of all processors up to answer.
func pagingSource(r roots) Source {
	reader := pagingReader{vmstat: kernelFile{path: r.ofProc("vmstat"), prompt: true}, killed: killLog{path: r.ofRoot("dev", "kmsg")}}
	return Source{Name: "paging", Every: time.Second, Read: func(context.Context) (Part, error) {
		part, err := reader.read(time.Now())
		if err != nil {
			return nil, fmt.Errorf("read paging: %w", err)
		}
		return part, nil
	}}
}

type pagingPart struct {
	paging Paging
	rows   [256]uint64 // of the kernel's table: it has some 200
}

func (p *pagingPart) AddTo(s *Snapshot) { s.Paging = &p.paging }

type pagingReader struct {
	vmstat kernelFile
	killed killLog
	table  tableBuilder
	before vmstat
	at     time.Time
}

func (p *pagingReader) read(now time.Time) (*pagingPart, error) {
	b, err := p.vmstat.read()
	if err != nil {
		return nil, err
	}
	after, err := parseVMStat(b, &p.table)
	if err != nil {
		return nil, err
	}
	part := &pagingPart{paging: pagingOf(&p.before, &after, between(p.at, now), os.Getpagesize())}
	part.paging.Kernel = p.table.table(part.rows[:])
	part.paging.Killed = p.killed.found(after.killsSince(&p.before))
	p.before, p.at = after, now
	return part, nil
}

// vmstat is the counters that are shown by themselves, in the kernel's units.
type vmstat struct {
	swapIn, swapOut     counter // pages
	in, out             counter // KiB
	faults, majorFaults counter
	oomKills            counter // since 4.13
}

// killsSince is how many more the kernel has killed.
func (v *vmstat) killsSince(before *vmstat) uint64 {
	if !before.oomKills.known || v.oomKills.value < before.oomKills.value {
		return 0
	}
	return v.oomKills.value - before.oomKills.value
}

// parseVMStat reads /proc/vmstat. Into the table go the rows that node_exporter takes by default: oom_kill, pgpg, pswp,
// and those that begin with pg and go on with fault.
func parseVMStat(b []byte, table *tableBuilder) (stat vmstat, err error) {
	table.drop()
	if !isWhole(b) {
		return stat, errors.New("/proc/vmstat is cut short")
	}
	found := false
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if len(line) == 0 || line[0] != 'p' && line[0] != 'o' { // most
			continue
		}
		name, rest := cutWord(line)
		if !isPagingRow(name) {
			continue
		}
		c := parseCounter(rest)
		if !c.known {
			return stat, fmt.Errorf("/proc/vmstat has a line %q", clean(string(line)))
		}
		found = true
		table.add(name, c.value)
		switch string(name) {
		case "pswpin":
			stat.swapIn = c
		case "pswpout":
			stat.swapOut = c
		case "pgpgin":
			stat.in = c
		case "pgpgout":
			stat.out = c
		case "pgfault":
			stat.faults = c
		case "pgmajfault":
			stat.majorFaults = c
		case "oom_kill":
			stat.oomKills = c
		}
	}
	if !found {
		return stat, notHere("the kernel does not count paging (CONFIG_VM_EVENT_COUNTERS)")
	}
	return stat, nil
}

func isPagingRow(name []byte) bool {
	for _, prefix := range [3]string{"oom_kill", "pgpg", "pswp"} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return true
		}
	}
	return bytes.HasPrefix(name, []byte("pg")) && bytes.Contains(name[2:], []byte("fault"))
}

func pagingOf(before, after *vmstat, elapsed time.Duration, pageSize int) Paging {
	bytesOf := func(before, after counter, unit int) Number {
		v, ok := after.since(before, elapsed).Get()
		if !ok {
			return Number{}
		}
		return Known(v * float64(unit))
	}
	return Paging{
		SwapIn:      bytesOf(before.swapIn, after.swapIn, pageSize),
		SwapOut:     bytesOf(before.swapOut, after.swapOut, pageSize),
		In:          bytesOf(before.in, after.in, 1024),
		Out:         bytesOf(before.out, after.out, 1024),
		Faults:      after.faults.since(before.faults, elapsed),
		MajorFaults: after.majorFaults.since(before.majorFaults, elapsed),
		OOMKills:    after.oomKills.number(),
	}
}
