package collector

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	// coresAtOnce and frequencyBudget bound one read: some drivers take 20 ms for each core.
	coresAtOnce     = 64
	frequencyBudget = 200 * time.Millisecond
	// A read that took longer than slowFrequency is followed by a pause 200 times as long: half a percent of the time is
	// all it may take. No pause is longer than longestPause.
	slowFrequency = 50 * time.Millisecond
	longestPause  = 10 * time.Minute
)

func frequencySource(r roots) Source {
	reader := newFrequencyReader(r)
	return Source{Name: "frequency", Every: 10 * time.Second, Read: func(context.Context) (Part, error) {
		part, err := reader.read(time.Now)
		if err != nil {
			err = fmt.Errorf("read frequency: %w", err)
		}
		switch {
		case part != nil:
			return part, err
		case err == nil:
			err = notHere("the kernel does not tell how fast the processors run: no cpufreq driver")
		}
		return nil, err
	}}
}

func newFrequencyReader(r roots) *frequencyReader {
	return &frequencyReader{
		dir:     r.ofSys("devices", "system", "cpu"),
		cpuinfo: kernelFile{path: r.ofProc("cpuinfo")},
		names:   make(map[uint64]string),
		last:    1<<64 - 1, // the next one is 0
	}
}

// A frequencyReader reads the processors that there are in turn.
type frequencyReader struct {
	dir       string
	files     smallFiles
	cores     []coreFrequency // by number
	spare     []coreFrequency // the list before, used again
	governors []string        // scratch
	last      uint64          // the number of the one that was read last
	until     time.Time       // no read before
	part      *frequencyPart

	cpuinfo kernelFile
	names   map[uint64]string // of the processors there
}

// coreFrequency is a processor as it was when it was read last.
type coreFrequency struct {
	number   uint64
	shown    CoreFrequency
	governor string
}

// read returns nil when there is nothing to read, and an error, without a part, when nobody can tell.
func (f *frequencyReader) read(clock func() time.Time) (*frequencyPart, error) {
	now := clock()
	if now.Before(f.until) {
		return f.part, nil
	}
	f.list()
	if err := f.files.shortage(); err != nil {
		return nil, err
	}
	var part *frequencyPart
	var err error
	if len(f.cores) > 0 {
		f.readSome(func() bool { return clock().Sub(now) < frequencyBudget })
		part, err = f.sumUp(), f.files.shortage()
	} else {
		part, err = f.readCPUInfo()
	}
	if err != nil {
		return nil, err
	}
	f.part = part
	if took := clock().Sub(now); took > slowFrequency {
		f.until = now.Add(min(200*took, longestPause))
	}
	return part, nil
}

// list finds the processors that have a frequency now, and keeps what is known of them.
func (f *frequencyReader) list() {
	before := f.cores
	f.cores = f.spare[:0]
	names := 0
	f.files.list(func(name []byte) bool {
		names++
		digits, ok := bytes.CutPrefix(name, []byte("cpu"))
		number, isNumber := parseUint(digits)
		if !ok || !isNumber {
			return names < 2*mostCores
		}
		core := coreFrequency{number: number}
		if i, found := slices.BinarySearchFunc(before, number, compareCore); found {
			core = before[i]
		} else {
			core.shown.Name = string(name)
		}
		f.cores = append(f.cores, core)
		return names < 2*mostCores
	}, f.dir)
	f.cores = slices.DeleteFunc(f.cores, func(c coreFrequency) bool {
		return !f.files.exists(f.dir, c.shown.Name, "cpufreq") // offline, or there is no driver
	})
	slices.SortFunc(f.cores, func(a, b coreFrequency) int { return cmp.Compare(a.number, b.number) })
	f.spare = before
}

func compareCore(c coreFrequency, number uint64) int { return cmp.Compare(c.number, number) }

// readSome reads those that come after the last one, as many as there is time for.
func (f *frequencyReader) readSome(hasTime func() bool) {
	next, _ := slices.BinarySearchFunc(f.cores, f.last+1, compareCore)
	for i := range min(len(f.cores), coresAtOnce) {
		if i > 0 && !hasTime() {
			return
		}
		core := &f.cores[(next+i)%len(f.cores)]
		f.last = core.number
		core.shown.Now = f.hertz(core, "scaling_cur_freq")
		core.shown.Min = f.hertz(core, "scaling_min_freq")
		core.shown.Max = f.hertz(core, "cpuinfo_max_freq")
		governor := f.attribute(core, "scaling_governor")
		if string(governor) != core.governor {
			core.governor = clean(string(governor))
		}
	}
}

func (f *frequencyReader) hertz(core *coreFrequency, name string) Number {
	return hertzOf(f.attribute(core, name), 1000)
}

// hertzOf takes nothing above a terahertz, and not 0: drivers say so when they do not know.
func hertzOf(word []byte, unit float64) Number {
	v, ok := parseDecimal(word)
	if !ok || v <= 0 || v*unit > 1e12 {
		return Number{}
	}
	return Known(v * unit)
}

// attribute returns one of the kernel's short texts, empty when it cannot be read.
func (f *frequencyReader) attribute(core *coreFrequency, name string) []byte {
	b := f.files.read(f.dir, core.shown.Name, "cpufreq", name)
	if !isWhole(b) {
		return nil
	}
	return bytes.TrimSpace(b)
}

func (f *frequencyReader) sumUp() *frequencyPart {
	cores := make([]CoreFrequency, len(f.cores))
	f.governors = f.governors[:0]
	for i := range f.cores {
		cores[i] = f.cores[i].shown
		f.governors = append(f.governors, f.cores[i].governor)
	}
	return frequencyOf(cores, f.governors)
}

// keptCPUInfo is how long a buffer for /proc/cpuinfo may be to be kept: a big machine's file has a megabyte.
const keptCPUInfo = 64 << 10

// readCPUInfo is for hosts without a driver, virtual machines mostly.
func (f *frequencyReader) readCPUInfo() (*frequencyPart, error) {
	b, err := f.cpuinfo.read()
	if cap(f.cpuinfo.buf) > keptCPUInfo {
		f.cpuinfo.buf = nil
	}
	if isShort(err) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	cores := parseFrequencies(b, f.names)
	if len(cores) == 0 {
		return nil, nil
	}
	return frequencyOf(cores, nil), nil
}

// parseFrequencies returns the processors of /proc/cpuinfo that tell how fast they run. names has those that are known.
func parseFrequencies(b []byte, names map[uint64]string) []CoreFrequency {
	if !isWhole(b) {
		return nil
	}
	cores := make([]CoreFrequency, 0, min(len(names), mostCores))
	eachProcessor(b, func(info cpuInfo) bool {
		if now := hertzOf(info.megahertz, 1e6); now != (Number{}) {
			cores = append(cores, CoreFrequency{Name: coreName(info.number, names), Now: now})
		}
		return len(cores) < mostCores
	})
	return cores
}

func coreName(number uint64, names map[uint64]string) string {
	name, ok := names[number]
	if !ok {
		if len(names) >= mostCores {
			clear(names)
		}
		name = "cpu" + strconv.FormatUint(number, 10)
		names[number] = name
	}
	return name
}
