package collector

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
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
		part := reader.read(time.Now)
		if part == nil {
			return nil, notHere("the kernel does not tell how fast the processors run: no cpufreq driver")
		}
		return part, nil
	}}
}

func newFrequencyReader(r roots) *frequencyReader {
	return &frequencyReader{roots: r, last: 1<<64 - 1} // the next one is 0
}

// A frequencyReader reads the processors that there are in turn.
type frequencyReader struct {
	roots roots
	cores []coreFrequency // by number
	last  uint64          // the number of the one that was read last
	until time.Time       // no read before
	part  *frequencyPart
	buf   [128]byte
}

// coreFrequency is a processor as it was when it was read last.
type coreFrequency struct {
	number   uint64
	shown    CoreFrequency
	governor string
}

// read returns nil when there is nothing to read.
func (f *frequencyReader) read(clock func() time.Time) *frequencyPart {
	now := clock()
	if now.Before(f.until) {
		return f.part
	}
	f.list()
	if len(f.cores) > 0 {
		f.readSome(func() bool { return clock().Sub(now) < frequencyBudget })
		f.part = f.sumUp()
	} else {
		f.part = f.readCPUInfo()
	}
	if took := clock().Sub(now); took > slowFrequency {
		f.until = now.Add(min(200*took, longestPause))
	}
	return f.part
}

// list finds the processors that have a frequency now, and keeps what is known of them.
func (f *frequencyReader) list() {
	before := f.cores
	f.cores = nil
	dir, err := os.Open(f.roots.ofSys("devices", "system", "cpu"))
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(2 * mostCores)
	for _, name := range names {
		digits, ok := bytes.CutPrefix([]byte(name), []byte("cpu"))
		number, isNumber := parseUint(digits)
		if !ok || !isNumber {
			continue
		}
		if _, err := os.Stat(f.attribute(number, "")); err != nil {
			continue // offline, or there is no driver
		}
		core := coreFrequency{number: number, shown: CoreFrequency{Name: "cpu" + strconv.FormatUint(number, 10)}}
		if i, found := slices.BinarySearchFunc(before, number, compareCore); found {
			core = before[i]
		}
		f.cores = append(f.cores, core)
	}
	slices.SortFunc(f.cores, func(a, b coreFrequency) int { return cmp.Compare(a.number, b.number) })
}

func compareCore(c coreFrequency, number uint64) int { return cmp.Compare(c.number, number) }

func (f *frequencyReader) attribute(number uint64, name string) string {
	return f.roots.ofSys("devices", "system", "cpu", "cpu"+strconv.FormatUint(number, 10), "cpufreq", name)
}

// readSome reads those that come after the last one, as many as there is time for.
func (f *frequencyReader) readSome(hasTime func() bool) {
	next, _ := slices.BinarySearchFunc(f.cores, f.last+1, compareCore)
	for i := range min(len(f.cores), coresAtOnce) {
		if i > 0 && !hasTime() {
			return
		}
		core := &f.cores[(next+i)%len(f.cores)]
		f.last = core.number
		core.shown.Now = f.hertz(core.number, "scaling_cur_freq")
		core.shown.Min = f.hertz(core.number, "scaling_min_freq")
		core.shown.Max = f.hertz(core.number, "cpuinfo_max_freq")
		governor := f.readAttribute(core.number, "scaling_governor")
		if string(governor) != core.governor {
			core.governor = clean(string(governor))
		}
	}
}

func (f *frequencyReader) hertz(number uint64, name string) Number {
	return hertzOf(f.readAttribute(number, name), 1000)
}

// hertzOf takes nothing above a terahertz, and not 0: drivers say so when they do not know.
func hertzOf(word []byte, unit float64) Number {
	v, ok := parseDecimal(word)
	if !ok || v <= 0 || v*unit > 1e12 {
		return Number{}
	}
	return Known(v * unit)
}

// readAttribute returns one of the kernel's short texts, empty when it cannot be read. It is read without the runtime's
// poller, that would wait for a driver that says to try again.
func (f *frequencyReader) readAttribute(number uint64, name string) []byte {
	file, err := unix.Open(f.attribute(number, name), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(file)
	n, err := unix.Read(file, f.buf[:])
	if err != nil || n == 0 || f.buf[n-1] != '\n' {
		return nil
	}
	return bytes.TrimSpace(f.buf[:n])
}

func (f *frequencyReader) sumUp() *frequencyPart {
	cores := make([]CoreFrequency, len(f.cores))
	governors := make([]string, len(f.cores))
	for i := range f.cores {
		cores[i], governors[i] = f.cores[i].shown, f.cores[i].governor
	}
	return frequencyOf(cores, governors)
}

// readCPUInfo is for hosts without a driver, virtual machines mostly. The buffer is not kept: a big machine's file has a
// megabyte.
func (f *frequencyReader) readCPUInfo() *frequencyPart {
	file := kernelFile{path: f.roots.ofProc("cpuinfo")}
	b, err := file.read()
	if err != nil {
		return nil
	}
	defer file.file.Close()
	cores := parseFrequencies(b)
	if len(cores) == 0 {
		return nil
	}
	return frequencyOf(cores, nil)
}

// parseFrequencies returns the processors of /proc/cpuinfo that tell how fast they run.
func parseFrequencies(b []byte) []CoreFrequency {
	var cores []CoreFrequency
	if !isWhole(b) {
		return nil
	}
	eachProcessor(b, func(info cpuInfo) bool {
		if now := hertzOf(info.megahertz, 1e6); now != (Number{}) {
			cores = append(cores, CoreFrequency{Name: "cpu" + strconv.FormatUint(info.number, 10), Now: now})
		}
		return len(cores) < mostCores
	})
	return cores
}
