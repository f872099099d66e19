package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/shirou/gopsutil/v3/mem"
)

// Memory is physical memory in bytes, as the kernel means it (proc_meminfo(5)).
//
// Used is Total - Available: what programs cannot get back by dropping caches. Where ZFS keeps its cache outside the
// kernel's accounts, Available has it added, less the least it keeps for itself.
type Memory struct {
	Total     uint64 `json:"total"`
	Available uint64 `json:"available"`
	Used      uint64 `json:"used"`
	Free      uint64 `json:"free"`
	Buffers   uint64 `json:"buffers"`
	Cached    uint64 `json:"cached"` // page cache and reclaimable slab
	Shared    uint64 `json:"shared"` // tmpfs and shared memory; inside Cached
	// The rest is unknown where the system does not tell, in bytes.
	Anonymous       Number `json:"anonymous"`        // of programs, not backed by files
	SlabReclaimable Number `json:"slab_reclaimable"` // inside Cached
	SlabUsed        Number `json:"slab_used"`        // of the kernel's objects, not reclaimable
	KernelStacks    Number `json:"kernel_stacks"`
	PageTables      Number `json:"page_tables"`
	Dirty           Number `json:"dirty"` // waiting to be written, and being written
	Committed       Number `json:"committed"`
	CommitLimit     Number `json:"commit_limit"`
	HugeTotal       Number `json:"huge_total"` // set aside as huge pages: inside Used, in use or not
	HugeFree        Number `json:"huge_free"`
	ARC             Number `json:"arc"` // the cache of ZFS
	ARCMin          Number `json:"arc_min"`
	// Kernel is /proc/meminfo under the kernel's names, in bytes but for HugePages_*, which are counts.
	Kernel Table `json:"-"`
}

// memorySource fills memory and, on Linux, swap: both are in /proc/meminfo. Elsewhere swap is swapSource's.
func memorySource(r roots) Source {
	return Source{Name: "memory", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		stat, err := readMemory(ctx)
		if err != nil {
			return nil, fmt.Errorf("read memory: %w", err)
		}
		memory := memoryOf(stat)
		if runtime.GOOS != "linux" {
			return PartFunc(func(s *Snapshot) { s.Memory = memory }), nil
		}
		swap := swapOf(stat.SwapTotal, stat.SwapFree)
		return PartFunc(func(s *Snapshot) { s.Memory, s.Swap = memory, swap }), nil
	}}
}

func readMemory(ctx context.Context) (*mem.VirtualMemoryStat, error) {
	stat, err := mem.VirtualMemoryWithContext(ctx)
	if err == nil && stat.Total == 0 { // how gopsutil says that it could not read
		err = errors.New("no total")
	}
	return stat, err
}

// memoryOf reckons used memory itself: gopsutil's Used leaves out tmpfs and shared memory, which nobody gets back by
// dropping caches. Cached has the reclaimable slab in it already.
func memoryOf(stat *mem.VirtualMemoryStat) *Memory {
	return &Memory{
		Total:     stat.Total,
		Available: min(stat.Available, stat.Total),
		Used:      without(stat.Total, stat.Available),
		Free:      stat.Free,
		Buffers:   stat.Buffers,
		Cached:    stat.Cached,
		Shared:    stat.Shared,
	}
}
