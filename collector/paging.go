package collector

// Paging is what memory does with disks, per second, and what happens when it runs out (/proc/vmstat).
type Paging struct {
	SwapIn      Number `json:"swap_in"`      // bytes per second, from swap
	SwapOut     Number `json:"swap_out"`     // bytes per second, to swap
	In          Number `json:"in"`           // bytes per second, from disks, files and swap
	Out         Number `json:"out"`          // bytes per second
	Faults      Number `json:"faults"`       // per second, all
	MajorFaults Number `json:"major_faults"` // per second, those that had to wait for a disk
	OOMKills    Number `json:"oom_kills"`    // since boot
	// Killed is whom of them the kernel's log has named since the snapshot before, where it may be read.
	Killed []Kill `json:"-"`
	// Kernel is what node_exporter takes of /proc/vmstat, under the kernel's names; pgpgin and pgpgout are in KiB, pswpin
	// and pswpout in pages.
	Kernel Table `json:"-"`
}
