//go:build !linux

package collector

import (
	"context"
	"fmt"
	"slices"

	"github.com/shirou/gopsutil/v3/disk"
)

func filesystemSource(r roots) Source {
	var f filesystemReader
	f.usages.measure = measureMount
	return Source{Name: "filesystems", Every: filesystemsEvery, Read: func(ctx context.Context) (Part, error) {
		partitions, err := disk.PartitionsWithContext(ctx, true)
		if err != nil && len(partitions) == 0 { // Windows returns drives and an error for those that are empty
			return nil, fmt.Errorf("read mounts: %w", err)
		}
		mounts, reachable := mountsOf(partitions)
		f.shown, f.hidden = shownMounts(mounts, reachable, nil)
		return f.part(ctx)
	}}
}

// mountsOf takes the last mount over a path to be the one on top.
func mountsOf(partitions []disk.PartitionStat) (mounts []mount, reachable []bool) {
	mounts = make([]mount, len(partitions))
	reachable = make([]bool, len(partitions))
	last := make(map[string]int, len(partitions))
	for i, p := range partitions {
		mounts[i] = mount{dev: p.Device, path: p.Mountpoint, fstype: p.Fstype, device: p.Device}
		mounts[i].readOnly = slices.Contains(p.Opts, "ro")
		if j, ok := last[p.Mountpoint]; ok {
			reachable[j] = false
		}
		last[p.Mountpoint], reachable[i] = i, true
	}
	return mounts, reachable
}

func measureMount(m mount) (usage, error) {
	stat, err := disk.Usage(m.path)
	if err != nil {
		return usage{}, err
	}
	return usage{
		total: stat.Total, used: stat.Used, available: stat.Free, free: without(stat.Total, stat.Used),
		inodes: stat.InodesTotal, inodesUsed: stat.InodesUsed,
	}, nil
}
