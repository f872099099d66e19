package collector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/disk"
)

func TestDisksOf(t *testing.T) {
	before := map[string]disk.IOCountersStat{
		"sda": {ReadBytes: 1000, WriteBytes: 5000, ReadCount: 10, WriteCount: 50, IoTime: 100},
		"sdb": {ReadBytes: 9000, ReadCount: 90, IoTime: 4294967000},
		"sdc": {ReadBytes: 9000},
	}
	after := map[string]disk.IOCountersStat{
		"sdd": {ReadBytes: 1 << 40}, // plugged in
		"sdb": {ReadBytes: 100, ReadCount: 91, IoTime: 50},
		"sda": {ReadBytes: 3000, WriteBytes: 5000, ReadCount: 30, WriteCount: 50, IoTime: 600},
	}
	got := disksOf(before, after, 2*time.Second)
	want := []Disk{
		{Name: "sda", ReadRate: Known(1000), WriteRate: Known(0), Reads: Known(10), Writes: Known(0), Busy: Known(0.25)},
		{Name: "sdb", WriteRate: Known(0), Reads: Known(0.5), Writes: Known(0)}, // read bytes and time began again
		{Name: "sdd"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if busy := diskBusy(0, 5000, time.Second); busy != Known(1) {
		t.Errorf("busy %v, want at most 1", busy)
	}
}

func TestDiskSource(t *testing.T) {
	host := aHost.write(t)
	source := diskSource(host)
	first := read(t, source).Disks
	if fmt.Sprint(first) != fmt.Sprint([]Disk{{Name: "vda"}, {Name: "vdb"}}) {
		t.Errorf("got %v, want vda and vdb, which was never used, and no rates", first)
	}
	time.Sleep(time.Millisecond)
	later := aHost.with("proc/diskstats", strings.ReplaceAll(aHost["proc/diskstats"], " 254 0 vda 100", " 254 0 vda 200"))
	later.over(t, host)
	second := read(t, source).Disks
	if reads, ok := second[0].Reads.Get(); !ok || reads <= 0 {
		t.Errorf("vda reads %v", second[0].Reads)
	}
	if second[1].Reads != Known(0) {
		t.Errorf("vdb reads %v, want 0", second[1].Reads)
	}
	if got := read(t, diskSource(tree{"proc/diskstats": aHost["proc/diskstats"], "sys/block/": ""}.write(t))).Disks; len(got) != 0 {
		t.Errorf("no block device, but %v", got)
	}
	if _, err := diskSource(tree{"proc/": ""}.write(t)).Read(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "read disks: open ") {
		t.Errorf("without files: %v", err)
	}
}

func TestNotDisks(t *testing.T) {
	for name, whole := range map[string]bool{
		"sda": true, "sdaa": true, "vda": true, "xvda1": true, "nvme0n1": true, "mmcblk0": true, "pmem0": true, "rbd0": true,
		"loop0": false, "ram0": false, "zram0": false, "dm-3": false, "md127": false, "sr0": false, "fd0": false,
		"nvme0c0n1": false, "nbd5": false, "drbd1": false, "bcache0": false,
	} {
		if got := !notDisks.MatchString(name); got != whole {
			t.Errorf("%s: disk %t, want %t", name, got, whole)
		}
	}
}
