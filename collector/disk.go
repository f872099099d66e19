package collector

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

// Disk is one block device and its traffic. Partitions are not listed: what they do is in their disk.
type Disk struct {
	Name  string `json:"name"`            // the kernel's: "sda", "nvme0n1", "dm-0"
	Label string `json:"label,omitempty"` // of a device-mapper device its name, of a disk its model
	// Kind is "disk", "dm" (device mapper: LVM, LUKS, multipath), "md" (RAID), "loop", "zram", "optical" or "other".
	Kind string `json:"kind"`
	// Counted says whether this one is part of the totals. What passes through a device that is built on others is
	// theirs already: of each stack the devices at the bottom are counted, once.
	Counted   bool       `json:"counted"`
	ReadRate  Number     `json:"read_rate"`  // bytes per second
	WriteRate Number     `json:"write_rate"` // bytes per second
	Reads     Number     `json:"reads"`      // requests per second
	Writes    Number     `json:"writes"`     // requests per second
	Busy      Number     `json:"busy"`       // ratio of time with a request in flight
	Queue     Number     `json:"queue"`      // requests in flight or waiting, on average
	ReadTime  Number     `json:"read_time"`  // seconds from request to end, on average; unknown when there was none
	WriteTime Number     `json:"write_time"`
	Totals    DiskTotals `json:"-"`
}

// DiskTotals are counters since boot (Documentation/admin-guide/iostats.rst). Times are seconds.
type DiskTotals struct {
	ReadBytes, WrittenBytes, DiscardedBytes                 uint64
	Reads, ReadsMerged, Writes, WritesMerged                uint64
	Discards, DiscardsMerged, Flushes                       uint64
	ReadSeconds, WriteSeconds, DiscardSeconds, FlushSeconds float64
	BusySeconds, WeightedSeconds                            float64
	InFlight                                                uint64 // now
	HasDiscards, HasFlushes                                 bool   // the kernel counts them
}

func diskSource(r roots) Source {
	var before map[string]disk.IOCountersStat
	var at time.Time
	return Source{Name: "disks", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		after, err := readDisks(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("read disks: %w", err)
		}
		now := time.Now()
		part := disksOf(before, after, between(at, now))
		before, at = after, now
		return PartFunc(func(s *Snapshot) { s.Disks = part }), nil
	}}
}

// readDisks names the disks it wants: gopsutil looks up the serial number of each device it returns, on every call.
func readDisks(ctx context.Context, r roots) (map[string]disk.IOCountersStat, error) {
	if runtime.GOOS != "linux" {
		return disk.IOCountersWithContext(ctx)
	}
	names, err := blockDevices(r)
	if err != nil || len(names) == 0 {
		return nil, err // no name would mean all of them
	}
	stats, err := disk.IOCountersWithContext(ctx, slices.Clone(names)...) // it writes into the names
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ok := stats[name]; !ok { // gopsutil leaves out a disk that has never been used
			stats[name] = disk.IOCountersStat{Name: name}
		}
	}
	return stats, nil
}

// blockDevices names the whole disks. /sys/block lists devices, not partitions, and knows what no name tells: xvda1 is
// a disk on some machines.
func blockDevices(r roots) ([]string, error) {
	entries, err := os.ReadDir(r.ofSys("block"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !notDisks.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// notDisks are block devices that are memory, removable media, or built on other block devices, whose traffic would be
// counted twice. nvme0c0n1 is one path to nvme0n1.
var notDisks = regexp.MustCompile(`^(loop|ram|zram|fd|sr|dm-|md|drbd|bcache|nbd)[0-9]|^nvme[0-9]+c`)

func disksOf(before, after map[string]disk.IOCountersStat, elapsed time.Duration) []Disk {
	disks := make([]Disk, 0, len(after))
	for name, a := range after {
		d := Disk{Name: clean(name)}
		if b, ok := before[name]; ok {
			d.ReadRate = perSecond(b.ReadBytes, a.ReadBytes, elapsed)
			d.WriteRate = perSecond(b.WriteBytes, a.WriteBytes, elapsed)
			d.Reads = perSecond(b.ReadCount, a.ReadCount, elapsed)
			d.Writes = perSecond(b.WriteCount, a.WriteCount, elapsed)
			d.Busy = diskBusy(b.IoTime, a.IoTime, elapsed)
		}
		disks = append(disks, d)
	}
	slices.SortFunc(disks, func(a, b Disk) int { return strings.Compare(a.Name, b.Name) })
	return disks
}

// diskBusy is the ratio of time with a request in flight, from a counter of milliseconds. Windows has none.
func diskBusy(before, after uint64, elapsed time.Duration) Number {
	if runtime.GOOS == "windows" {
		return Number{}
	}
	ms, ok := perSecond(before, after, elapsed).Get()
	if !ok {
		return Number{}
	}
	return ratio(ms, 1000)
}
