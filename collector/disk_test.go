package collector

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// counters gives a disk's by their place.
func counters(at map[int]uint64) *diskCounters {
	c := new(diskCounters)
	for i, v := range at {
		c[i] = v
	}
	return c
}

func TestDiskRate(t *testing.T) {
	all := diskTimes{requests: true, busy: true, queue: true}
	before := counters(map[int]uint64{atReads: 10, atSectorsRead: 100, atReadMillis: 40, atWrites: 5, atSectorsWritten: 50,
		atWriteMillis: 9, atBusyMillis: 100, atWeightedMillis: 200})
	with := func(at map[int]uint64) *diskCounters {
		c := *before
		for i, v := range at {
			c[i] = v
		}
		return &c
	}
	for _, tt := range []struct {
		name    string
		after   *diskCounters
		elapsed time.Duration
		times   diskTimes
		want    Disk
	}{
		{"idle", before, time.Second, all, Disk{ReadRate: Known(0), WriteRate: Known(0), Reads: Known(0), Writes: Known(0), Busy: Known(0), Queue: Known(0)}},
		{"busy", with(map[int]uint64{atReads: 30, atSectorsRead: 108, atReadMillis: 140, atWrites: 9, atSectorsWritten: 54,
			atWriteMillis: 10, atBusyMillis: 1100, atWeightedMillis: 6200}), 2 * time.Second, all, Disk{ReadRate: Known(2048),
			WriteRate: Known(1024), Reads: Known(10), Writes: Known(2), Busy: Known(0.5), Queue: Known(3), ReadTime: Known(0.005), WriteTime: Known(0.00025)}},
		{"busier than the clock", with(map[int]uint64{atBusyMillis: 5000}), time.Second, all,
			Disk{ReadRate: Known(0), WriteRate: Known(0), Reads: Known(0), Writes: Known(0), Busy: Known(1), Queue: Known(0)}},
		{"put back", with(map[int]uint64{atReads: 1, atWrites: 900, atBusyMillis: 5000}), time.Second, all, Disk{}},
		{"written less", with(map[int]uint64{atSectorsWritten: 1, atReads: 90}), time.Second, all, Disk{}},
		{"times wrapped", with(map[int]uint64{atReads: 11, atWrites: 7, atReadMillis: 1, atWriteMillis: 1, atBusyMillis: 1, atWeightedMillis: 1}), time.Second, all,
			Disk{ReadRate: Known(0), WriteRate: Known(0), Reads: Known(1), Writes: Known(2)}},
		{"no times", with(map[int]uint64{atReads: 11, atReadMillis: 50}), time.Second, diskTimes{},
			Disk{ReadRate: Known(0), WriteRate: Known(0), Reads: Known(1), Writes: Known(0)}},
		{"no time", with(map[int]uint64{atReads: 11, atReadMillis: 50}), 0, all, Disk{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got Disk
			got.rate(before, tt.after, tt.elapsed, tt.times)
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestParseDiskstats(t *testing.T) {
	const columns11 = "1 2 3 4 5 6 7 8 9 10 11"
	for _, tt := range []struct {
		text string
		want string // name, columns, first and last counter
		odd  bool
	}{
		{"", "", false},
		{"\n \n", "", false},
		{"   8       0 sda " + columns11 + "\n", "sda/11/1/11", false},
		{"8 0 sda " + columns11 + " 12 13 14 15\n8 16 sdb " + columns11 + " 12 13 14 15 16 17", "sda/15/1/15 sdb/17/1/17", false},
		{"8 0 sda " + columns11 + " 12 13 14 15 16 17 18 19 x\n", "sda/17/1/17", false}, // a later kernel's
		{"8 0 sda " + columns11 + " 12 13\n", "sda/13/1/11", false},                     // half a group
		{"8 1 sda1 1 2 3 4\n8 0 sda " + columns11, "sda/11/1/11", true},                 // partitions before 2.6.25
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10\n", "", true},
		{"8 0 sda 1 2 -3 4 5 6 7 8 9 10 11\n", "", true},
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 99999999999999999999\n", "", true},
		{"8 0\n8\nsda\nx 0 sda " + columns11, "", true},
	} {
		lines, err := parseDiskstats([]byte(tt.text), nil)
		var got []string
		for _, l := range lines {
			last := 0
			for i, v := range l.counters {
				if v != 0 {
					last = i
				}
			}
			got = append(got, fmt.Sprintf("%s/%d/%d/%d", l.name, l.columns, l.counters[0], l.counters[last]))
		}
		if strings.Join(got, " ") != tt.want || (err != nil) != tt.odd {
			t.Errorf("%q: got %v, %v, want %s", tt.text, got, err, tt.want)
		}
	}
	lines, _ := parseDiskstats([]byte("8 0 sda 1 2 3 4 5 6 7 8 4294967295 10 11"), nil)
	if n := lines[0].counters[atInFlight]; n != 0 {
		t.Errorf("%d requests in flight, want 0: it had passed below zero", n)
	}
	if lines, _ := parseDiskstats([]byte(strings.Repeat("8 0 sda "+columns11+"\n", mostLines+5)), nil); len(lines) != mostLines {
		t.Errorf("%d lines, want at most %d", len(lines), mostLines)
	}
}

func TestDiskTotals(t *testing.T) {
	var c diskCounters
	for i := range c {
		c[i] = uint64(i+1) * 1000
	}
	want := DiskTotals{Reads: 1000, ReadsMerged: 2000, ReadBytes: 3000 * 512, ReadSeconds: 4, Writes: 5000, WritesMerged: 6000,
		WrittenBytes: 7000 * 512, WriteSeconds: 8, InFlight: 9000, BusySeconds: 10, WeightedSeconds: 11, Discards: 12000,
		DiscardsMerged: 13000, DiscardedBytes: 14000 * 512, DiscardSeconds: 15, Flushes: 16000, FlushSeconds: 17}
	if got := diskTotals(&c); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDiskNames(t *testing.T) {
	for name, want := range map[string]string{
		"sda": "disk", "sdaa": "disk", "vda": "disk", "xvda1": "disk", "nvme0n1": "disk", "mmcblk0": "disk", "pmem0": "disk",
		"rbd0": "disk", "nbd5": "disk", "dasda": "disk", "loop0": "loop", "ram0": "other", "zram0": "zram", "dm-3": "dm",
		"md127": "md", "md_d1": "md", "md_home": "md", "sr0": "optical", "fd0": "other", "drbd1": "other", "bcache0": "other",
		"zd16": "other", "mdx": "disk", "looped": "disk", "": "disk",
	} {
		if got := diskKind(name); got != want {
			t.Errorf("%s: kind %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"sda1": "sda", "sda12": "sda", "nvme0n1p2": "nvme0n1", "mmcblk0p1": "mmcblk0", "md127p1": "md127", "loop10": "loop",
		"dm-10": "dm-", "xvda1": "xvda", "sda": "", "12": "", "": "", "p1": "p", "mmcblk0boot0": "mmcblk0boot",
	} {
		if got, ok := partitionOf(name); got != want || ok != (want != "") {
			t.Errorf("%s: partition of %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"nvme0c1n2": "nvme0n2", "nvme10c0n1": "nvme10n1", "nvme0n1": "", "nvme0c0n1p1": "", "nvmec0n1": "", "nvme0cn": "", "sdc1": "",
	} {
		if got, ok := pathOf(name); got != want || ok != (want != "") {
			t.Errorf("%s: path to %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"freebsd ada0": "disk", "freebsd pass3": "", "freebsd cd0": "optical", "freebsd md0": "other", "openbsd sd0": "disk",
		"openbsd vnd0": "loop", "windows C:": "disk", "darwin disk0": "disk",
	} {
		goos, name, _ := strings.Cut(name, " ")
		if got := diskKindOn(goos, name); got != want {
			t.Errorf("%s on %s: %q, want %q", name, goos, got, want)
		}
	}
}

func FuzzDiskstats(f *testing.F) {
	f.Add(aHost["proc/diskstats"], " 254 0 vda 100 0 2000 10 50 0 800 5 0 500 600 0 0 0 0 7 8\n")
	f.Add("8 0 sda 1 2 3 4 5 6 7 8 9 10 11", "8 0 sda 0 0 0 0 18446744073709551615 0 18446744073709551615 0 0 0 0")
	f.Add("", "259 0 nvme0c0n1 1")
	f.Fuzz(func(t *testing.T, before, after string) {
		b, _ := parseDiskstats([]byte(before), nil)
		a, _ := parseDiskstats([]byte(after), nil)
		for i := range min(len(a), len(b)) {
			for _, elapsed := range []time.Duration{-1, 0, 1, time.Second, math.MaxInt64} {
				var d Disk
				d.rate(&b[i].counters, &a[i].counters, elapsed, diskTimes{requests: true, busy: true, queue: true})
				d.Totals = diskTotals(&a[i].counters)
				checkNumbers(t, d)
			}
			name := string(a[i].name)
			if len(name) == 0 {
				t.Fatal("a disk without a name")
			}
			if of, ok := partitionOf(name); diskKind(name) == "" || ok && len(of) >= len(name) {
				t.Fatalf("%q is a %q of %q", name, diskKind(name), of)
			}
			pathOf(name)
		}
	})
}
