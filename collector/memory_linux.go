package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"time"
)

// memorySource reads memory and swap: both are in one file.
func memorySource(r roots) Source {
	reader := memoryReader{
		meminfo:  kernelFile{path: r.ofProc("meminfo"), prompt: true},
		arcstats: maybeFile{kernelFile: kernelFile{path: r.ofProc("spl", "kstat", "zfs", "arcstats")}},
	}
	return Source{Name: "memory", Read: func(context.Context) (Part, error) {
		part, err := reader.read(time.Now())
		if err != nil {
			err = fmt.Errorf("read memory: %w", err)
		}
		if part == nil {
			return nil, err
		}
		return part, err
	}}
}

type memoryPart struct {
	memory Memory
	swap   Swap
	rows   [64]uint64 // of the kernel's table: it has some 55
}

func (p *memoryPart) AddTo(s *Snapshot) { s.Memory, s.Swap = &p.memory, &p.swap }

type memoryReader struct {
	meminfo  kernelFile
	arcstats maybeFile
	table    tableBuilder
}

// read returns a part with an error when there is a cache of ZFS that does not tell its size: what is available is too
// low then.
func (m *memoryReader) read(now time.Time) (*memoryPart, error) {
	b, err := m.meminfo.read()
	if err != nil {
		return nil, err
	}
	info, err := parseMeminfo(b, &m.table)
	if err != nil {
		return nil, err
	}
	cache, err := m.readARC(now)
	part := &memoryPart{memory: memoryOf(&info, cache), swap: swapOf(info.value[swapTotal], info.value[swapFree])}
	part.memory.Kernel = m.table.table(part.rows[:])
	return part, err
}

func (m *memoryReader) readARC(now time.Time) (arc, error) {
	b, err := m.arcstats.read(now)
	if errors.Is(err, fs.ErrNotExist) {
		return arc{}, nil
	}
	if err != nil {
		return arc{}, err
	}
	cache, ok := parseARC(b)
	if !ok {
		return arc{}, errors.New(m.arcstats.path + " has no size")
	}
	return cache, nil
}

// The rows of /proc/meminfo that are shown by themselves.
const (
	memTotal = iota
	memFree
	memAvailable
	memBuffers
	memCached
	memShared
	memAnonymous
	memSlabReclaimable
	memSlabUsed
	memKernelStacks
	memPageTables
	memDirty
	memWriteback
	memCommitted
	memCommitLimit
	memHuge
	memHugePages
	memHugePagesFree
	memHugePage
	swapTotal
	swapFree
	memRows
)

func memoryRow(name []byte) (row int, ok bool) {
	switch string(name) {
	case "MemTotal":
		return memTotal, true
	case "MemFree":
		return memFree, true
	case "MemAvailable":
		return memAvailable, true
	case "Buffers":
		return memBuffers, true
	case "Cached":
		return memCached, true
	case "Shmem":
		return memShared, true
	case "AnonPages":
		return memAnonymous, true
	case "SReclaimable":
		return memSlabReclaimable, true
	case "SUnreclaim":
		return memSlabUsed, true
	case "KernelStack":
		return memKernelStacks, true
	case "PageTables":
		return memPageTables, true
	case "Dirty":
		return memDirty, true
	case "Writeback":
		return memWriteback, true
	case "Committed_AS":
		return memCommitted, true
	case "CommitLimit":
		return memCommitLimit, true
	case "Hugetlb":
		return memHuge, true
	case "HugePages_Total":
		return memHugePages, true
	case "HugePages_Free":
		return memHugePagesFree, true
	case "Hugepagesize":
		return memHugePage, true
	case "SwapTotal":
		return swapTotal, true
	case "SwapFree":
		return swapFree, true
	}
	return 0, false
}

// meminfo is those rows, in bytes, or as counts.
type meminfo struct {
	value [memRows]uint64
	has   [memRows]bool
}

func (m *meminfo) number(row int) Number {
	if !m.has[row] {
		return Number{}
	}
	return Known(float64(m.value[row]))
}

// parseMeminfo reads /proc/meminfo (proc_meminfo(5)), all of it into the table. A row that is none is left out: old
// kernels have let what is committed go below zero.
func parseMeminfo(b []byte, table *tableBuilder) (info meminfo, err error) {
	table.drop()
	if !isWhole(b) {
		return info, errors.New("/proc/meminfo is cut short")
	}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		name, rest, _ := bytes.Cut(line, []byte(":"))
		v, rest, ok := cutUint(rest)
		if !ok || len(name) == 0 {
			continue
		}
		if unit, _ := cutWord(rest); string(unit) == "kB" {
			if v >= 1<<54 {
				continue
			}
			v <<= 10
		}
		table.add(name, v)
		if row, ok := memoryRow(name); ok {
			info.value[row], info.has[row] = v, true
		}
	}
	if info.value[memTotal] == 0 || !info.has[memFree] {
		return info, errors.New("/proc/meminfo has no total, or nothing free")
	}
	return info, nil
}

// memoryOf bounds what is part of something by that: the rows are not all of one moment.
func memoryOf(info *meminfo, cache arc) Memory {
	total := info.value[memTotal]
	available := info.value[memAvailable]
	if !info.has[memAvailable] {
		available = addUp(info.value[memFree], info.value[memBuffers],
			without(info.value[memCached], info.value[memShared]), info.value[memSlabReclaimable])
	}
	m := Memory{
		Total:           total,
		Available:       min(addUp(available, without(cache.size, cache.min)), total),
		Free:            min(info.value[memFree], total),
		Buffers:         min(info.value[memBuffers], total),
		Cached:          min(addUp(info.value[memCached], info.value[memSlabReclaimable]), total),
		Shared:          min(info.value[memShared], total),
		Anonymous:       info.number(memAnonymous),
		SlabReclaimable: info.number(memSlabReclaimable),
		SlabUsed:        info.number(memSlabUsed),
		KernelStacks:    info.number(memKernelStacks),
		PageTables:      info.number(memPageTables),
		Committed:       info.number(memCommitted),
		CommitLimit:     info.number(memCommitLimit),
	}
	m.Used = total - m.Available
	if info.has[memDirty] && info.has[memWriteback] {
		m.Dirty = Known(float64(addUp(info.value[memDirty], info.value[memWriteback])))
	}
	if info.has[memHugePages] && info.has[memHugePage] {
		huge := max(product(info.value[memHugePages], info.value[memHugePage]), info.value[memHuge]) // Hugetlb since 4.20
		m.HugeTotal = Known(float64(min(huge, total)))
		if info.has[memHugePagesFree] {
			m.HugeFree = Known(float64(min(product(info.value[memHugePagesFree], info.value[memHugePage]), huge, total)))
		}
	}
	if cache.known {
		m.ARC, m.ARCMin = Known(float64(cache.size)), Known(float64(cache.min))
	}
	return m
}

// addUp is a sum that stops at what 64 bits hold.
func addUp(values ...uint64) uint64 {
	sum := uint64(0)
	for _, v := range values {
		sum += min(v, 1<<64-1-sum)
	}
	return sum
}

// product likewise.
func product(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high > 0 {
		return 1<<64 - 1
	}
	return low
}

// arc is the cache of ZFS, in bytes. It gives memory back when programs need it, down to its least.
type arc struct {
	size, min uint64
	known     bool
}

// parseARC reads the statistics that ZFS on Linux keeps of it: after two lines of heading, lines of a name, a type and a
// value.
func parseARC(b []byte) (a arc, ok bool) {
	if !isWhole(b) {
		return arc{}, false
	}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		name, rest := cutWord(line)
		_, rest = cutWord(rest)
		switch string(name) {
		case "size":
			a.size, _, a.known = cutUint(rest)
		case "c_min":
			if a.min, _, ok = cutUint(rest); !ok {
				return arc{}, false
			}
		}
	}
	return a, a.known && ok
}
