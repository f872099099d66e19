package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// chipPatience is how long a chip may take the first time.
	chipPatience = 2 * time.Second
	// slowChip is how long it may take from then on: what a slower one says is shown at the next read.
	slowChip = 200 * time.Millisecond
	// chipHolds is for how long the last values of a chip that does not answer are shown.
	chipHolds = 3 * sensorsEvery
	// relistSensors is how often to look for chips that came or went.
	relistSensors = time.Minute
	// mostChips bounds the directories that are looked into.
	mostChips = 128
)

func sensorSource(r roots) Source {
	b := sensorBoard{roots: r, patience: chipPatience}
	return Source{Name: "sensors", Every: sensorsEvery, Read: b.read}
}

// A sensorBoard reads all chips at once, each in a goroutine of its own: drivers talk to hardware over slow buses, and
// some hang. A chip that has not answered is not asked again until it has, and holds up none of the others.
type sensorBoard struct {
	roots    roots
	patience time.Duration
	chips    []*chip
	listed   time.Time
	timer    *time.Timer
	size     int // of the last list
}

func (b *sensorBoard) read(ctx context.Context) (Part, error) {
	now := time.Now()
	b.collect()
	if b.listed.IsZero() || now.Sub(b.listed) >= relistSensors || b.someGone() {
		if err := b.list(); err != nil {
			return nil, fmt.Errorf("read sensors: %w", err)
		}
		b.listed = now
	}
	b.ask(now)
	b.wait(ctx)
	return b.part(time.Now())
}

// collect takes the answers that have come since the read before.
func (b *sensorBoard) collect() {
	for _, c := range b.chips {
		if !c.asked.IsZero() {
			c.poll()
		}
	}
}

func (b *sensorBoard) someGone() bool {
	return slices.ContainsFunc(b.chips, func(c *chip) bool { return c.asked.IsZero() && c.gone })
}

func (b *sensorBoard) ask(now time.Time) {
	for _, c := range b.chips {
		c.fresh = c.asked.IsZero()
		if c.fresh {
			c.asked = now
			go c.run()
		}
	}
}

// wait gives those that were asked now and are not known to be slow their time, together.
func (b *sensorBoard) wait(ctx context.Context) {
	if b.timer == nil {
		b.timer = time.NewTimer(b.patience / 2)
	} else {
		b.timer.Reset(b.patience / 2)
	}
	defer b.timer.Stop()
	halves := 2 // where the machine stops this process for long, that is one of them
	for i := 0; i < len(b.chips); i++ {
		c := b.chips[i]
		if !c.fresh || c.took > slowChip {
			continue
		}
		select {
		case <-c.done:
			c.take()
		case <-b.timer.C:
			if halves--; halves == 0 {
				return
			}
			b.timer.Reset(b.patience / 2)
			i--
		case <-ctx.Done():
			return
		}
	}
}

// part lists what there is. A sensor is listed once it has given a value that makes sense, and stays while its chip does.
func (b *sensorBoard) part(now time.Time) (Part, error) {
	part := &sensorPart{}
	if b.size > 0 {
		part.sensors = make([]Sensor, 0, b.size)
	}
	var failed []error
	for _, c := range b.chips {
		if !c.asked.IsZero() && !c.poll() {
			late := now.Sub(c.asked)
			if late >= b.patience {
				failed = append(failed, fmt.Errorf("sensors of %s: %w", c.name, noAnswer(late)))
			}
			if late >= chipHolds {
				c.forget()
			}
		}
		if c.failed != nil {
			failed = append(failed, fmt.Errorf("sensors of %s: %w", c.name, c.failed))
		}
		for i := range c.shown {
			if c.seen[i] {
				part.sensors = append(part.sensors, c.shown[i])
			}
		}
	}
	b.size = len(part.sensors)
	if len(part.sensors) > 0 {
		return part, errors.Join(failed...)
	}
	if failed != nil {
		return nil, errors.Join(failed...)
	}
	return nil, notHere("no sensors")
}

// list finds the chips, and keeps those that are known already. It touches no hardware: names of files and links are
// the kernel's own.
func (b *sensorBoard) list() error {
	root, err := filepath.EvalSymlinks(b.roots.sys)
	if err != nil {
		return err
	}
	chips, err := listChips(root, "hwmon")
	if err != nil {
		return err
	}
	zones, err := listChips(root, "thermal")
	if err != nil && len(chips) == 0 {
		return err
	}
	chips = append(chips, newZones(zones, chips)...)
	slices.SortFunc(chips, func(x, y *chip) int { return strings.Compare(x.place, y.place) })
	room := mostSensors
	taken := make(map[string]int)
	for i, c := range chips {
		c.inputs = c.inputs[:min(len(c.inputs), room)]
		room -= len(c.inputs)
		if taken[c.place]++; taken[c.place] > 1 { // two without a device and with one name
			c.place += "#" + strconv.Itoa(taken[c.place])
		}
		if j := slices.IndexFunc(b.chips, c.isSame); j >= 0 {
			chips[i] = b.chips[j]
			continue
		}
		c.prepare()
	}
	b.chips = slices.DeleteFunc(chips, func(c *chip) bool { return len(c.inputs) == 0 })
	return nil
}

// newZones are the zones that say something that no chip does. The kernel makes a chip of most kinds of zones, with an
// input for each zone of that type, and calls it by the type with its hyphens made underscores
// (drivers/thermal/thermal_hwmon.c). Of x86_pkg_temp it makes none: coretemp reads the same register.
func newZones(zones, chips []*chip) []*chip {
	return slices.DeleteFunc(zones, func(zone *chip) bool {
		kind := strings.ReplaceAll(zone.name, "-", "_")
		return slices.ContainsFunc(chips, func(c *chip) bool {
			is := c.real == zone.real || c.name == kind || c.name == "coretemp" && kind == "x86_pkg_temp"
			return is && c.hasTemperature()
		})
	})
}

// listChips looks into one class below root, which is /sys: "hwmon" or "thermal".
func listChips(root, class string) ([]*chip, error) {
	dir := filepath.Join(root, "class", class)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var chips []*chip
	for _, e := range entries {
		if len(chips) == mostChips {
			break
		}
		find := findChip
		if class == "thermal" {
			find = findZone
		}
		if c := find(root, filepath.Join(dir, e.Name())); c != nil {
			chips = append(chips, c)
		}
	}
	return chips, nil
}

// findChip describes /sys/class/hwmon/hwmonN; nil when it has nothing to read.
func findChip(root, dir string) *chip {
	c := &chip{dir: dir, name: rawText(dir, "name")}
	if c.inputs = listInputs(dir); len(c.inputs) == 0 { // drivers of the old kind have their files at the device
		c.dir = filepath.Join(dir, "device")
		if c.inputs = listInputs(c.dir); len(c.inputs) == 0 {
			return nil
		}
	}
	device, err := filepath.EvalSymlinks(filepath.Join(dir, "device"))
	if err != nil { // it belongs to no device: a virtual one
		c.place, c.device = "virtual-"+c.name, metricWord(c.name)
		if c.name == "" {
			c.place, c.device = "virtual-"+filepath.Base(dir), metricWord(filepath.Base(dir))
		}
		c.real = dir
	} else {
		c.place, c.device = devicePlace(strings.TrimPrefix(device, root+"/devices/")), metricDevice(device)
		c.real = device
		c.power = rawFileAt(filepath.Join(device, "power", "runtime_status"))
		if c.name == "drivetemp" {
			c.traffic = diskTraffic(device)
		}
	}
	if c.name == "" {
		c.name = c.device
	}
	return c
}

// madeUpZone is the type of a zone that is there for its policies, and is always at 20 °C
// (drivers/thermal/intel/int340x_thermal/int3400_thermal.c).
const madeUpZone = "INT3400 Thermal"

// findZone describes /sys/class/thermal/thermal_zoneN (Documentation/driver-api/thermal/sysfs-api.rst).
func findZone(root, dir string) *chip {
	if !strings.HasPrefix(filepath.Base(dir), "thermal_zone") {
		return nil
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	name := cmp.Or(rawText(dir, "type"), "thermal")
	if name == madeUpZone {
		return nil
	}
	return &chip{
		dir: dir, real: real, zone: true, name: name,
		place: devicePlace(strings.TrimPrefix(real, root+"/devices/")), device: metricWord(filepath.Base(real)),
		inputs: []inputName{{kind: kindTemperature, prefix: "temp", number: 1}},
	}
}

func listInputs(dir string) []inputName {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(1 << 14) // a chip has some hundred files
	var inputs []inputName
	for _, name := range names {
		if in, ok := parseInput(name); ok {
			inputs = append(inputs, in)
		}
	}
	slices.SortFunc(inputs, compareInputs)
	return inputs
}
