package collector

// Memory is physical memory in bytes, as the kernel means it (proc_meminfo(5)).
//
// Used is Total - Available: what programs cannot get back by dropping caches. Where ZFS keeps its cache outside the
// kernel's accounts, Available has it added, less the least it keeps for itself. Kernels before 3.14 do not tell what is
// available; it is reckoned then as free + buffers + cached - shared + reclaimable slab.
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
	HugeTotal       Number `json:"huge_total"` // set aside as huge pages of any size: inside Used, in use or not
	HugeFree        Number `json:"huge_free"`  // of those of the default size
	ARC             Number `json:"arc"`        // the cache of ZFS
	ARCMin          Number `json:"arc_min"`
	// Kernel is /proc/meminfo under the kernel's names, in bytes but for HugePages_*, which are counts.
	Kernel Table `json:"-"`
}
