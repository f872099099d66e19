package collector

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// stats is a file of diskstats, "name reads" a word pair each; the other counters follow from the reads.
func stats(pairs ...any) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		n := pairs[i+1].(int)
		fmt.Fprintf(&b, "%4d %7d %s %d 0 %d %d 0 0 0 0 0 %d %d 0 0 0 0 0 0\n", 8, i, pairs[i], n, n*8, n, n, n)
	}
	return b.String()
}

// listed says what is listed: name, kind, whether it is counted, label.
func listed(disks []Disk) string {
	var b strings.Builder
	for _, d := range disks {
		fmt.Fprintf(&b, "%s %s %t %s\n", d.Name, d.Kind, d.Counted, d.Label)
	}
	return b.String()
}

func TestDiskStacks(t *testing.T) {
	for _, tt := range []struct {
		name, stats string
		sys         tree // below sys/block
		want        string
	}{
		{"LVM on RAID on two disks", stats("sda", 5, "sda1", 4, "sdb", 5, "sdb1", 5, "md127", 9, "md127p1", 9, "dm-0", 9, "dm-1", 0), tree{
			"sda/device/model": "Samsung SSD 870 \n", "sda/slaves/": "", "sda/sda1/partition": "1\n", "sdb/device/model": "ST4000\n",
			"md127/slaves/sda1/": "", "md127/slaves/sdb1/": "", "md127/md/level": "raid1\n", "dm-0/slaves/md127/": "",
			"dm-0/dm/name": "vg0-root\n", "dm-1/slaves/md127/": "", "dm-1/dm/name": "vg0-swap\n",
		}, "dm-0 dm false vg0-root\ndm-1 dm false vg0-swap\nmd127 md false raid1\nsda disk true Samsung SSD 870\nsdb disk true ST4000\n"},
		{"LUKS on NVMe", stats("nvme0n1", 5, "nvme0n1p1", 1, "nvme0n1p2", 4, "dm-0", 4), tree{
			"nvme0n1/device/model": "WDC\x07\n", "dm-0/dm/name": "luks-ü\n", "dm-0/slaves/nvme0n1p2/": "",
		}, "dm-0 dm false luks-ü\nnvme0n1 disk true WDC\uFFFD\n"},
		{"multipath", stats("sda", 5, "sdb", 6, "dm-0", 11, "dm-1", 11), tree{
			"sda/": "", "sdb/": "", "dm-0/slaves/sda/": "", "dm-0/slaves/sdb/": "", "dm-0/dm/name": "mpatha", "dm-1/slaves/dm-0/": "", "dm-1/dm/name": "mpatha-part1",
		}, "dm-0 dm false mpatha\ndm-1 dm false mpatha-part1\nsda disk true \nsdb disk true \n"},
		{"NVMe multipath, counted at the disk", stats("nvme0n1", 9, "nvme0c0n1", 5, "nvme0c1n1", 4), tree{
			"nvme0n1/": "", "nvme0c0n1/": "", "nvme0c1n1/": "",
		}, "nvme0n1 disk true \n"},
		{"NVMe multipath, counted at the paths", stats("nvme0n1", 0, "nvme0c0n1", 5, "nvme0c1n1", 0), tree{
			"nvme0n1/": "", "nvme0c0n1/": "", "nvme0c1n1/": "",
		}, "nvme0c0n1 disk true \nnvme0n1 disk true \n"},
		{"snaps and devices of a driver", stats("loop0", 3, "loop1", 0, "ram0", 0, "ram1", 2, "zram0", 8, "zram1", 0, "sr0", 0, "fd0", 0, "nbd0", 0, "nbd1", 7,
			"drbd0", 3, "zd0", 3, "vda", 0), tree{
			"loop0/loop/backing_file": "/var/lib/snapd/snaps/core_1.snap\n", "loop1/": "", "ram0/": "", "ram1/": "", "zram0/": "", "zram1/": "",
			"sr0/": "", "fd0/": "", "nbd0/": "", "nbd1/": "", "drbd0/": "", "zd0/": "", "vda/": "",
		}, "drbd0 other false \nloop0 loop false /var/lib/snapd/snaps/core_1.snap\nnbd1 disk true \nram1 other false \nvda disk true \nzd0 other false \nzram0 zram false \n"},
		{"a disk named like a partition", stats("xvda1", 5, "xvda2", 5, "xvdb", 0), tree{"xvda1/": "", "xvda2/": "", "xvdb/": ""},
			"xvda1 disk true \nxvda2 disk true \nxvdb disk true \n"},
		{"SD card", stats("mmcblk0", 5, "mmcblk0p1", 5, "mmcblk0boot0", 0), tree{"mmcblk0/device/name": "SC32G\n", "mmcblk0boot0/": ""},
			"mmcblk0 disk true SC32G\nmmcblk0boot0 disk true \n"},
		{"a disk built on others by a driver unknown here", stats("sda", 5, "vx0", 5), tree{"sda/": "", "vx0/slaves/sda/": ""}, "sda disk true \nvx0 disk false \n"},
		{"a name with a slash", stats("cciss/c0d0", 5, "cciss/c0d0p1", 5, "../x", 1), tree{"cciss!c0d0/device/model": "RAID\n", "..!x/": ""},
			"../x disk true \ncciss/c0d0 disk true RAID\n"},
		{"no sysfs", stats("sda", 5, "sda1", 5, "nvme0n1", 5, "nvme0n1p1", 5, "xvda1", 5, "md127", 5, "md127p1", 5, "dm-1", 1, "dm-10", 1, "loop1", 1, "loop10", 1, "mmcblk0", 0, "mmcblk0p1", 0), nil,
			"dm-1 dm false \ndm-10 dm false \nloop1 loop false \nloop10 loop false \nmd127 md false \nmmcblk0 disk true \nnvme0n1 disk true \nsda disk true \nxvda1 disk true \n"},
		{"another machine's sysfs", stats("sda", 5, "sda1", 5), tree{"vda/": ""}, "sda disk true \n"},
		{"twice the same name", stats("sda", 5, "sda", 6), tree{"sda/": ""}, "sda disk true \n"},
		{"none", "", tree{"sda/": ""}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host := tree{"proc/diskstats": tt.stats}
			for name, content := range tt.sys {
				host["sys/block/"+name] = content
			}
			if got := listed(read(t, diskSource(host.write(t))).Disks); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestDiskSource(t *testing.T) {
	host := aHost.write(t)
	source := diskSource(host)
	reads := func() string {
		t.Helper()
		var got []string
		for _, d := range read(t, source).Disks {
			v, ok := d.Reads.Get()
			got = append(got, fmt.Sprintf("%s %t %t", d.Name, ok, v > 0))
		}
		time.Sleep(time.Millisecond)
		return strings.Join(got, ", ")
	}
	for _, step := range []struct{ name, stats, want string }{
		{"first", stats("vda", 100, "vda1", 90, "vdb", 0), "vda false false, vdb false false"},
		{"more", stats("vda", 200, "vda1", 190, "vdb", 0), "vda true true, vdb true false"},
		{"plugged in", stats("vda", 300, "vdb", 0, "vdc", 9), "vda true true, vdb true false, vdc false false"},
		{"pulled out", stats("vda", 300, "vdc", 9), "vda true false, vdc true false"},
		{"put back", stats("vda", 300, "vdb", 70, "vdc", 10), "vda true false, vdb false false, vdc true true"},
		{"another disk under a name", stats("vda", 300, "vdb", 70, "vdc", 3), "vda true false, vdb true false, vdc false false"},
		{"its second reading", stats("vda", 300, "vdb", 70, "vdc", 4), "vda true false, vdb true false, vdc true true"},
	} {
		tree{"proc/diskstats": step.stats, "sys/block/vdc/": ""}.over(t, host)
		if got := reads(); got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, got, step.want)
		}
	}
}

func TestDiskSourceWithoutFiles(t *testing.T) {
	_, err := diskSource(tree{"proc/": ""}.write(t)).Read(t.Context())
	if !isMissing(err) {
		t.Errorf("without diskstats: %v", err)
	}
	part, err := diskSource(tree{"proc/diskstats/": ""}.write(t)).Read(t.Context())
	if part != nil || err == nil || !strings.HasPrefix(err.Error(), "read disks: ") {
		t.Errorf("unreadable: %v, %v", part, err)
	}
	host := tree{"proc/diskstats": stats("sda", 1) + "garbage\n"}.write(t)
	part, err = diskSource(host).Read(t.Context())
	if part == nil || err == nil || err.Error() != "read disks: lines of diskstats that are not as documented: 1" {
		t.Errorf("with a line that is none: %v, %v", part, err)
	}
	tree{"proc/diskstats": "garbage\n"}.over(t, host)
	if part, err = diskSource(host).Read(t.Context()); part != nil || err == nil {
		t.Errorf("with no line that is one: %v, %v", part, err)
	}
}

// A label or a stack may change under a name that stays.
func TestDiskFactsAreReadAgain(t *testing.T) {
	host := tree{"proc/diskstats": stats("sda", 1, "dm-0", 1), "sys/block/sda/": "", "sys/block/dm-0/dm/name": "old\n"}.write(t)
	d := diskReader{roots: host, stats: kernelFile{path: host.ofProc("diskstats")}}
	label := func() string {
		t.Helper()
		part, err := d.read()
		if err != nil {
			t.Fatal(err)
		}
		return part.disks[0].Label
	}
	first := label()
	tree{"sys/block/dm-0/dm/name": "new\n"}.over(t, host)
	early := label()
	d.looked = d.looked.Add(-factsFor)
	if late := label(); first != "old" || early != "old" || late != "new" {
		t.Errorf("labels %q, %q, %q", first, early, late)
	}
}

// A device of a host with thousands is looked at anew too, a few in each read.
func TestManyDisks(t *testing.T) {
	thorough(t)
	var pairs []any
	host := tree{}
	for i := range mostDisks + 100 {
		name := fmt.Sprintf("dm-%d", i)
		pairs = append(pairs, name, 1)
		host["sys/block/"+name+"/"] = ""
	}
	host["proc/diskstats"] = stats(pairs...)
	r := host.write(t)
	d := diskReader{roots: r, stats: kernelFile{path: r.ofProc("diskstats")}}
	part, err := d.read()
	if len(part.disks) != mostDisks || err == nil || err.Error() != "1100 disks, of which 1000 are listed" {
		t.Errorf("%d disks, %v", len(part.disks), err)
	}
	tree{"sys/block/dm-999/dm/name": "new"}.over(t, r) // the last by name
	d.looked = d.looked.Add(-factsFor)
	reads := 0
	for d.devices[999].disk.Label != "new" && reads < 100 {
		d.read()
		reads++
	}
	if want := (mostDisks+100)/factsAtOnce + 1; reads != want {
		t.Errorf("looked at within %d reads, want %d", reads, want)
	}
	if time.Since(d.looked) > factsFor {
		t.Error("and then they are looked at again at once")
	}
}

func TestDiskAllocations(t *testing.T) {
	source := diskSource(aHost.write(t))
	ctx := context.Background()
	if _, err := source.Read(ctx); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := source.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%g allocations, want at most 2", n)
	}
}

func BenchmarkDisks(b *testing.B) {
	source := diskSource(hostRoots())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := source.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
