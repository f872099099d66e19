package collector

import (
	"strings"
	"time"
)

// Disk is one block device and its traffic. Partitions are not listed: what they do is in their disk.
type Disk struct {
	Name string `json:"name"` // the kernel's: "sda", "nvme0n1", "dm-0"
	// Label is of a disk its model, of a device-mapper device its name, of a RAID its level, of a loop device its file.
	Label string `json:"label,omitempty"`
	// Kind is "disk", "dm" (device mapper: LVM, LUKS, multipath), "md" (RAID), "loop", "zram", "optical" or "other".
	Kind string `json:"kind"`
	// Counted says whether this one is part of the totals. What passes through a device that is built on others is
	// theirs already: of each stack the devices at the bottom are counted, once. Those are of kind "disk": drives,
	// virtual ones, and ones across a network (nbd, rbd), whose bytes pass no other device of this host. A loop
	// device is a file on another disk, drbd and a ZFS volume pass their own disks, zram and ram are memory.
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

// DiskTotals are counters since boot (Documentation/admin-guide/iostats.rst). Times are seconds; the kernel keeps them
// as 32 bits of milliseconds, so they begin again after 49 days of work.
type DiskTotals struct {
	ReadBytes, WrittenBytes, DiscardedBytes                 uint64
	Reads, ReadsMerged, Writes, WritesMerged                uint64
	Discards, DiscardsMerged, Flushes                       uint64
	ReadSeconds, WriteSeconds, DiscardSeconds, FlushSeconds float64
	BusySeconds, WeightedSeconds                            float64
	InFlight                                                uint64 // now
	HasDiscards, HasFlushes                                 bool   // the kernel counts them
}

// diskCounters are the columns of /proc/diskstats after the name, in its order (iostats.rst). A sector is 512 bytes
// whatever the disk's is. Other systems fill the ones they have.
type diskCounters [17]uint64

const (
	atReads = iota
	atReadsMerged
	atSectorsRead
	atReadMillis
	atWrites
	atWritesMerged
	atSectorsWritten
	atWriteMillis
	atInFlight
	atBusyMillis
	atWeightedMillis // of each request in flight
	atDiscards
	atDiscardsMerged
	atSectorsDiscarded
	atDiscardMillis
	atFlushes
	atFlushMillis
)

const sectorSize = 512

// diskTimes is which times the system keeps for a disk.
type diskTimes struct{ requests, busy, queue bool }

type diskPart struct{ disks []Disk }

func (p *diskPart) AddTo(s *Snapshot) { s.Disks = p.disks }

// rate fills in what a disk did from one reading to the next. A disk whose counters went down is another one under the
// same name, or was put back: what the others did meanwhile is unknown too.
func (d *Disk) rate(before, after *diskCounters, elapsed time.Duration, times diskTimes) {
	for _, i := range [...]int{atReads, atSectorsRead, atWrites, atSectorsWritten} {
		if after[i] < before[i] {
			return
		}
	}
	d.ReadRate = bytesPerSecond(before[atSectorsRead], after[atSectorsRead], elapsed)
	d.WriteRate = bytesPerSecond(before[atSectorsWritten], after[atSectorsWritten], elapsed)
	d.Reads = perSecond(before[atReads], after[atReads], elapsed)
	d.Writes = perSecond(before[atWrites], after[atWrites], elapsed)
	if times.busy {
		d.Busy = diskBusy(before[atBusyMillis], after[atBusyMillis], elapsed)
	}
	if queue, ok := perSecond(before[atWeightedMillis], after[atWeightedMillis], elapsed).Get(); ok && times.queue {
		d.Queue = Known(queue / 1000)
	}
	if times.requests && elapsed > 0 {
		d.ReadTime = timePerRequest(before, after, atReadMillis, atReads)
		d.WriteTime = timePerRequest(before, after, atWriteMillis, atWrites)
	}
}

func bytesPerSecond(before, after uint64, elapsed time.Duration) Number {
	sectors, ok := perSecond(before, after, elapsed).Get()
	if !ok {
		return Number{}
	}
	return Known(sectors * sectorSize)
}

// diskBusy is the ratio of time with a request in flight, from a counter of milliseconds.
func diskBusy(before, after uint64, elapsed time.Duration) Number {
	ms, ok := perSecond(before, after, elapsed).Get()
	if !ok {
		return Number{}
	}
	return ratio(ms, 1000)
}

// timePerRequest is in seconds. A request is counted, and its time added, when it ends.
func timePerRequest(before, after *diskCounters, millis, requests int) Number {
	n := after[requests] - before[requests]
	if n == 0 || after[millis] < before[millis] {
		return Number{}
	}
	return Known(float64(after[millis]-before[millis]) / 1000 / float64(n))
}

func diskTotals(c *diskCounters) DiskTotals {
	seconds := func(i int) float64 { return float64(c[i]) / 1000 }
	return DiskTotals{
		ReadBytes: c[atSectorsRead] * sectorSize, WrittenBytes: c[atSectorsWritten] * sectorSize,
		DiscardedBytes: c[atSectorsDiscarded] * sectorSize,
		Reads:          c[atReads], ReadsMerged: c[atReadsMerged], Writes: c[atWrites], WritesMerged: c[atWritesMerged],
		Discards: c[atDiscards], DiscardsMerged: c[atDiscardsMerged], Flushes: c[atFlushes],
		ReadSeconds: seconds(atReadMillis), WriteSeconds: seconds(atWriteMillis),
		DiscardSeconds: seconds(atDiscardMillis), FlushSeconds: seconds(atFlushMillis),
		BusySeconds: seconds(atBusyMillis), WeightedSeconds: seconds(atWeightedMillis),
		InFlight: c[atInFlight],
	}
}

// diskKindOn is the kind of a device of a system other than Linux, as far as its name tells; empty for what is none,
// such as FreeBSD's pass0, which is the same drive as da0. md is a disk in memory there, vnd a file.
func diskKindOn(goos, name string) string {
	if goos == "windows" {
		return "disk"
	}
	switch strings.TrimRight(name, "0123456789") {
	case "pass", "xpt", "ses":
		return ""
	case "cd":
		return "optical"
	case "vnd":
		return "loop"
	case "md", "rd", "fd":
		return "other"
	}
	return "disk"
}
