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

func diskSource() Source {
	var before map[string]disk.IOCountersStat
	var at time.Time
	return Source{Name: "disks", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		after, err := readDisks(ctx)
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
func readDisks(ctx context.Context) (map[string]disk.IOCountersStat, error) {
	if runtime.GOOS != "linux" {
		return disk.IOCountersWithContext(ctx)
	}
	names, err := blockDevices(ctx)
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
func blockDevices(ctx context.Context) ([]string, error) {
	entries, err := os.ReadDir(hostSys(ctx, "block"))
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
