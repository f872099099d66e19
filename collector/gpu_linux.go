package collector

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// relistGPUs is how often to look for cards that came or went.
const relistGPUs = time.Minute

// nvidiaSleeps: the kernel has put an NVIDIA device to sleep, and whoever asks it wakes it
// (Documentation/power/runtime_pm.rst).
func nvidiaSleeps(r roots) bool {
	dir := r.ofSys("bus", "pci", "drivers", "nvidia")
	devices, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(devices, func(e fs.DirEntry) bool {
		return strings.Contains(e.Name(), ":") && strings.HasPrefix(rawText(filepath.Join(dir, e.Name()), "power/runtime_status"), "suspend")
	})
}

// amdReader reads what the driver amdgpu tells (Documentation/gpu/amdgpu/thermal.rst and driver-misc.rst), below
// /sys/class/drm/cardN/device.
type amdReader struct {
	roots  roots
	listed time.Time
	cards  []*amdCard
}

func newAMD(r roots) amdReader { return amdReader{roots: r} }

// amdCard has a file for each number; nil where the card does not tell.
type amdCard struct {
	real                                                   string
	id, name                                               string
	status, busy, used, total, degrees, watts, limit, fans *rawFile
}

func (a *amdReader) read() ([]GPU, error) {
	if now := time.Now(); a.listed.IsZero() || now.Sub(a.listed) >= relistGPUs {
		if err := a.list(); err != nil {
			return nil, err
		}
		a.listed = now
	}
	if len(a.cards) == 0 {
		return nil, nil
	}
	gpus := make([]GPU, 0, len(a.cards))
	for _, c := range a.cards {
		gpus = append(gpus, c.read())
	}
	return gpus, nil
}

func (a *amdReader) list() error {
	dir := a.roots.ofSys("class", "drm")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		a.cards = nil
		return nil
	}
	if err != nil {
		return err
	}
	var cards []*amdCard
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), "card")
		if _, number := parseUint([]byte(digits)); !ok || !number || len(cards) == mostGPUs { // card0-DP-1 is a connector
			continue
		}
		real, err := filepath.EvalSymlinks(filepath.Join(dir, e.Name(), "device"))
		if err != nil {
			continue
		}
		if i := slices.IndexFunc(a.cards, func(c *amdCard) bool { return c.real == real }); i >= 0 {
			cards = append(cards, a.cards[i])
		} else if c := findAMD(real); c != nil {
			cards = append(cards, c)
		}
	}
	a.cards = cards
	return nil
}

func findAMD(dir string) *amdCard {
	at := func(elem ...string) *rawFile { return rawFileAt(filepath.Join(append([]string{dir}, elem...)...)) }
	c := &amdCard{
		real:   dir,
		status: at("power", "runtime_status"),
		busy:   at("gpu_busy_percent"),
		used:   at("mem_info_vram_used"),
		total:  at("mem_info_vram_total"),
	}
	if c.busy == nil && c.total == nil {
		return nil // another maker's
	}
	if found, _ := os.ReadDir(filepath.Join(dir, "hwmon")); len(found) > 0 {
		hwmon := found[0].Name()
		c.degrees = at("hwmon", hwmon, "temp1_input")
		c.watts = cmp.Or(at("hwmon", hwmon, "power1_average"), at("hwmon", hwmon, "power1_input"))
		c.limit = at("hwmon", hwmon, "power1_cap")
		c.fans = at("hwmon", hwmon, "pwm1")
	}
	c.id = cmp.Or(rawText(dir, "unique_id"), clean(filepath.Base(dir)))
	c.name = rawText(dir, "product_name")
	if c.name == "" {
		c.name = strings.TrimSpace("AMD GPU " + strings.TrimPrefix(rawText(dir, "device"), "0x"))
	}
	return c
}

func (c *amdCard) read() GPU {
	g := GPU{ID: c.id, Name: c.name}
	if b, err := c.status.bytes(); err == nil && bytes.HasPrefix(b, []byte("suspend")) {
		return g // not to be woken
	}
	g.Busy = percentOf(c.busy.number(1))
	g.MemoryUsed = bytesOf(c.used.number(1), 1)
	g.MemoryTotal = bytesOf(c.total.number(1), 1)
	g.Temperature = degreesOf(c.degrees.number(1e-3))
	g.Power = gpuWatts(c.watts.number(1e-6))
	g.PowerLimit = gpuWatts(c.limit.number(1e-6))
	if duty, ok := c.fans.number(1).Get(); ok {
		g.Fan = ratio(duty, 255)
	}
	return g
}

// bytes is read for a file that may not be there.
func (f *rawFile) bytes() ([]byte, error) {
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return f.read()
}

// number is the number in the file in the unit wanted.
func (f *rawFile) number(unit float64) Number {
	b, err := f.bytes()
	if err != nil {
		return Number{}
	}
	v, ok := parseReading(b)
	if !ok {
		return Number{}
	}
	return Known(v * unit)
}
