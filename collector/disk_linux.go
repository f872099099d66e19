package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// factsFor is how long the facts about a disk are believed: a label or a RAID may change under a name that stays.
	factsFor = 10 * time.Second
	// factsAtOnce bounds how many devices are looked at anew in one read.
	factsAtOnce = 64
)

func diskSource(r roots) Source {
	d := diskReader{roots: r, stats: kernelFile{path: r.ofProc("diskstats"), prompt: true}}
	return Source{Name: "disks", Read: func(context.Context) (Part, error) {
		part, err := d.read()
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, notHere("this kernel counts no disk traffic")
		case err != nil:
			err = fmt.Errorf("read disks: %w", err)
		}
		if part == nil { // a nil pointer in an interface is not nil
			return nil, err
		}
		return part, err
	}}
}

// A diskReader knows the devices by their place in diskstats, which changes only when one comes or goes.
type diskReader struct {
	roots   roots
	files   smallFiles
	stats   kernelFile
	lines   []diskLine
	devices []blockDevice // one for each line
	order   []int         // of devices, as they are listed
	before  int           // how many were listed
	at      time.Time     // of the last read
	looked  time.Time     // when the facts were last read
	next    int           // whose facts are next
	unsure  bool          // there is a device that /sys may have only later
}

// A blockDevice is what is known of a device apart from its counters.
type blockDevice struct {
	name     string
	listed   bool // not a partition
	unused   bool // to be listed though it was never used
	head     int  // the device that this is one path to; -1: none
	disk     Disk // without readings
	counters diskCounters
	seen     bool // there are counters
}

func (d *diskReader) read() (*diskPart, error) {
	b, err := d.stats.read()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var odd error
	if d.lines, odd = parseDiskstats(b, d.lines[:0]); odd != nil && len(d.lines) == 0 {
		return nil, odd
	}
	switch {
	case !d.isSameSet():
		d.renew()
		d.looked = now
	case now.Sub(d.looked) >= factsFor:
		if d.next == 0 && d.unsure {
			d.renew()
		}
		d.lookAgain()
		if d.next == 0 {
			d.looked = now
		}
	}
	part := &diskPart{disks: d.disks(between(d.at, now))}
	if len(part.disks) > mostDisks {
		part.disks, odd = part.disks[:mostDisks], fmt.Errorf("%d disks, of which %d are listed", len(part.disks), mostDisks)
	}
	d.at = now
	return part, odd
}

func (d *diskReader) isSameSet() bool {
	if len(d.lines) != len(d.devices) {
		return false
	}
	for i := range d.lines {
		if string(d.lines[i].name) != d.devices[i].name {
			return false
		}
	}
	return true
}

// renew takes over a set of devices that is not the one before.
func (d *diskReader) renew() {
	before := make(map[string]blockDevice, len(d.devices))
	for _, device := range d.devices {
		before[device.name] = device
	}
	at := make(map[string]int, len(d.lines))
	for i := range d.lines {
		at[string(d.lines[i].name)] = i
	}
	whole := d.wholeDisks(at)
	d.devices = make([]blockDevice, len(d.lines))
	d.order, d.unsure = d.order[:0], false
	for i := range d.lines {
		name := string(d.lines[i].name)
		device, ok := before[name]
		if !ok {
			device = blockDevice{name: name}
		}
		disk, isPart := partitionOf(name)
		_, there := at[disk]
		looksWhole, isWhole := !isPart || !there, whole[sysName(name)]
		device.listed = isWhole || looksWhole && whole == nil
		d.unsure = d.unsure || looksWhole && !isWhole
		device.listed = device.listed && at[name] == i
		device.head = -1
		if head, ok := pathOf(name); ok {
			if i, ok := at[head]; ok {
				device.head = i
			}
		}
		if device.listed {
			if device.disk.Name == "" {
				d.look(&device)
			}
			d.order = append(d.order, i)
		}
		d.devices[i] = device
	}
	slices.SortFunc(d.order, func(a, b int) int { return cmp.Compare(d.devices[a].name, d.devices[b].name) })
	d.next = 0
}

// wholeDisks is what /sys/block lists: devices and not partitions, which no name tells for certain. It is nil in a
// container that has no /sys, or another machine's.
func (d *diskReader) wholeDisks(at map[string]int) map[string]bool {
	whole := make(map[string]bool, len(at))
	d.files.list(func(name []byte) bool {
		whole[string(name)] = true
		return len(whole) < mostLines
	}, d.roots.sys, "block")
	for name := range at {
		if whole[sysName(name)] {
			return whole
		}
	}
	return nil
}

// lookAgain reads the facts of the next devices. They are few enough that a host with thousands does not notice.
func (d *diskReader) lookAgain() {
	end := min(d.next+factsAtOnce, len(d.order))
	for _, i := range d.order[d.next:end] {
		d.look(&d.devices[i])
	}
	d.next = end
	if end == len(d.order) {
		d.next = 0
	}
}

// look reads the facts about a device. Any of them may be missing: there are devices without, and containers. Those that
// are known stay when nobody can look.
func (d *diskReader) look(device *blockDevice) {
	d.files.shortage()
	name := sysName(device.name)
	kind := diskKind(device.name)
	label := device.disk.Label
	switch kind {
	case "dm":
		label = d.label(label, name, "dm/name")
	case "md":
		label = d.label(label, name, "md/level")
	case "loop":
		label = d.label(label, name, "loop/backing_file")
	default:
		if label = d.label(label, name, "device/model"); label == "" {
			label = d.label(device.disk.Label, name, "device/name") // of an SD card
		}
	}
	counted := kind == "disk" && !d.hasEntries(name, "slaves")
	if d.files.shortage() != nil && device.disk.Name != "" {
		return
	}
	device.unused = isListedUnused(device.name, kind)
	device.disk = Disk{Name: clean(device.name), Kind: kind, Counted: counted, Label: label}
}

func (d *diskReader) hasEntries(name, dir string) (has bool) {
	d.files.list(func([]byte) bool {
		has = true
		return false
	}, d.roots.sys, "block", name, dir)
	return has
}

// label is what a file says, which most often is what it said before.
func (d *diskReader) label(before, name, file string) string {
	b := bytes.TrimSpace(d.files.read(d.roots.sys, "block", name, file))
	if string(b) == before {
		return before
	}
	return clean(string(b))
}

// sysName is the name of a device's directory: cciss!c0d0 of cciss/c0d0. It stays in /sys/block whatever the name is.
func sysName(name string) string {
	if name == "." || name == ".." {
		return "!"
	}
	return strings.ReplaceAll(name, "/", "!")
}

// disks is what is listed, by name.
func (d *diskReader) disks(elapsed time.Duration) []Disk {
	disks := make([]Disk, 0, d.before)
	for _, i := range d.order {
		device, line := &d.devices[i], &d.lines[i]
		if d.isListed(device, line) {
			disk := device.disk
			if device.seen {
				timed := line.counters.isTimed()
				disk.rate(&device.counters, &line.counters, elapsed, diskTimes{requests: timed, busy: timed, queue: timed})
			}
			disk.Totals = diskTotals(&line.counters)
			disk.Totals.HasDiscards = line.columns >= columnsWithDiscards
			disk.Totals.HasFlushes = line.columns >= columnsWithFlushes
			disks = append(disks, disk)
		}
		device.counters, device.seen = line.counters, true
	}
	d.before = len(disks)
	return disks
}

// isListed: of an NVMe disk with several paths the disk is listed, and the paths where the kernel counts at these alone
// (before 6.3).
func (d *diskReader) isListed(device *blockDevice, line *diskLine) bool {
	used := line.counters.requests() > 0
	if device.head >= 0 {
		return used && d.lines[device.head].counters.requests() == 0
	}
	if _, isPath := pathOf(device.name); isPath {
		return used
	}
	return used || device.unused
}
