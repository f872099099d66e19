//go:build !linux

package collector

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

func diskSource(r roots) Source {
	var before map[string]disk.IOCountersStat
	var at time.Time
	return Source{Name: "disks", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		after, err := disk.IOCountersWithContext(ctx)
		switch {
		case err != nil && err.Error() == "not implemented yet": // gopsutil's error for this is its own
			return nil, notHere("disk traffic is not told on " + runtime.GOOS)
		case err != nil:
			return nil, fmt.Errorf("read disks: %w", err)
		}
		now := time.Now()
		part := &diskPart{disks: disksOf(before, after, between(at, now))}
		before, at = after, now
		return part, nil
	}}
}

func disksOf(before, after map[string]disk.IOCountersStat, elapsed time.Duration) []Disk {
	// Windows counts in units that gopsutil gets wrong, OpenBSD and NetBSD count no time, and what gopsutil calls busy
	// on macOS is the sum over requests.
	times := diskTimes{requests: runtime.GOOS == "freebsd" || runtime.GOOS == "darwin", busy: runtime.GOOS == "freebsd"}
	disks := make([]Disk, 0, len(after))
	for name, a := range after {
		kind := diskKindOn(runtime.GOOS, name)
		if kind == "" || len(disks) == mostDisks {
			continue
		}
		counters := diskCountersOf(a)
		d := Disk{Name: clean(name), Kind: kind, Counted: kind == "disk", Totals: diskTotals(&counters)}
		d.Totals.ReadBytes, d.Totals.WrittenBytes = a.ReadBytes, a.WriteBytes
		if b, ok := before[name]; ok {
			b := diskCountersOf(b)
			d.rate(&b, &counters, elapsed, times)
		}
		disks = append(disks, d)
	}
	slices.SortFunc(disks, func(a, b Disk) int { return strings.Compare(a.Name, b.Name) })
	return disks
}

func diskCountersOf(s disk.IOCountersStat) (c diskCounters) {
	c[atReads], c[atSectorsRead], c[atReadMillis] = s.ReadCount, s.ReadBytes/sectorSize, s.ReadTime
	c[atWrites], c[atSectorsWritten], c[atWriteMillis] = s.WriteCount, s.WriteBytes/sectorSize, s.WriteTime
	c[atBusyMillis] = s.IoTime
	return c
}
