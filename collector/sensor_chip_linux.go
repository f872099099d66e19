package collector

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// diskHolds is for how long the temperature of a disk that nobody uses is shown.
const diskHolds = time.Minute

// A chip is one hardware monitor or thermal zone. The fields up to done are for the board; those below are for the
// goroutine that reads, while one does.
type chip struct {
	dir    string // where its files are
	real   string // its device's directory
	name   string
	place  string
	device string
	zone   bool
	inputs []inputName
	shown  []Sensor // of each input, with the last value
	seen   []bool   // of each input: it has given a value once
	asked  time.Time
	fresh  bool // asked in this read
	took   time.Duration
	gone   bool
	failed error
	done   chan struct{} // room for one
	run    func()        // answer, made once: a go statement with it allocates nothing

	power    *rawFile // of the device, nil when there is none
	traffic  *rawFile // of a disk that turns, nil for the others
	opened   bool
	files    []valueFile // of each input; nil when it cannot be opened
	faults   []*rawFile  // of each input; nil where the chip cannot tell
	texts    []Sensor    // of each input, with label and limits
	values   []Number
	last     []Number  // of each input, as it was last read: no value where that made no sense
	counters []byte    // of traffic, as of the last reading
	at       time.Time // of the last reading
	asking   time.Duration
	lost     bool
	short    error // of open: it was short of descriptors or memory
	err      error
}

func (c *chip) isSame(old *chip) bool {
	return c.dir == old.dir && c.real == old.real && c.place == old.place && !old.gone && slices.Equal(c.inputs, old.inputs)
}

func (c *chip) hasTemperature() bool { return len(c.inputs) > 0 && c.inputs[0].kind == kindTemperature }

func (c *chip) prepare() {
	n := len(c.inputs)
	c.run = c.answer
	c.shown, c.seen, c.done = make([]Sensor, n), make([]bool, n), make(chan struct{}, 1)
	c.files, c.faults, c.texts, c.values = make([]valueFile, n), make([]*rawFile, n), make([]Sensor, n), make([]Number, n)
	c.last = make([]Number, n)
}

// poll takes an answer if there is one.
func (c *chip) poll() bool {
	select {
	case <-c.done:
		c.take()
		return true
	default:
		return false
	}
}

// take files an answer: the goroutine that gave it is at its end.
func (c *chip) take() {
	c.asked, c.took, c.gone, c.failed = time.Time{}, c.asking, c.lost, c.err
	for i, v := range c.values {
		if !c.seen[i] {
			_, ok := v.Get()
			c.seen[i] = ok
			c.shown[i] = c.texts[i]
		}
		c.shown[i].Value = v
	}
}

// forget: the values are too old to be shown.
func (c *chip) forget() {
	for i := range c.shown {
		c.shown[i].Value = Number{}
	}
}

// answer reads the chip, in a goroutine of its own.
func (c *chip) answer() {
	start := time.Now()
	defer c.finish(start)
	defer recoverTo(&c.err)
	c.err = nil
	if c.sleeps() {
		clear(c.values)
		return
	}
	if !c.opened {
		if c.err = c.open(); c.err != nil {
			return
		}
		c.opened = true
	}
	if c.traffic != nil && c.isIdle(start) {
		return
	}
	c.at = start
	gone := len(c.files) > 0
	for i, f := range c.files {
		c.values[i] = Number{}
		if f == nil {
			gone = false
			continue
		}
		b, err := f.read()
		if err == nil && !c.isFaulty(i) {
			c.values[i] = readingOf(b, c.inputs[i].kind)
			if c.inputs[i].kind == kindTemperature {
				c.values[i] = unlessUnwritten(c.values[i], c.last[i])
			}
		}
		if err == nil {
			c.last[i] = c.values[i]
		}
		// EAGAIN, EIO, ENODATA, ENXIO: this one has no value this time, and the others do not suffer.
		gone = gone && errors.Is(err, unix.ENODEV)
	}
	c.lost = gone
}

// isFaulty: the chip says that the diode of this input is broken, or not there.
func (c *chip) isFaulty(i int) bool {
	if c.faults[i] == nil {
		return false
	}
	b, err := c.faults[i].read()
	return err == nil && bytes.HasPrefix(b, []byte("1"))
}

func (c *chip) finish(start time.Time) {
	c.asking = time.Since(start)
	c.done <- struct{}{}
}

// sleeps: the kernel has put the device to sleep (Documentation/power/runtime_pm.rst). To ask how warm it is would wake
// it, and keep the graphics card of a laptop awake for ever.
func (c *chip) sleeps() bool {
	if c.power == nil {
		return false
	}
	b, err := c.power.read()
	return err == nil && bytes.HasPrefix(b, []byte("suspend"))
}

// isIdle: nothing was read from or written to the disk since its temperature was. To ask may put off the time at which
// such a disk stops turning (Documentation/hwmon/drivetemp.rst), so that it never does; one that has just worked is
// awake, and its timer has been put back anyway. The commands that read a temperature are not counted as traffic.
func (c *chip) isIdle(now time.Time) bool {
	b, err := c.traffic.read()
	if err != nil || !bytes.Equal(b, c.counters) {
		c.counters = append(c.counters[:0], b...)
		return false
	}
	if now.Sub(c.at) >= diskHolds {
		clear(c.values)
	}
	return true
}

// open reads what stays: labels and limits, and opens the files of the values. When there are no descriptors for that it
// fails, and is to be tried again.
func (c *chip) open() error {
	c.short = nil
	for i, in := range c.inputs {
		input := in.prefix + strconv.Itoa(in.number)
		s := Sensor{ID: c.place + "/" + input, Chip: c.name, Label: input, Kind: in.kind, Device: c.device, Input: input}
		file := input + "_input"
		switch {
		case c.zone:
			file, s.Label = "temp", c.name
			s.High, s.Critical = c.trip("hot"), c.trip("critical")
		case in.kind == kindTemperature:
			s.High, s.Critical = c.limit(input+"_max"), c.limit(input+"_crit")
			c.faults[i] = rawFileAt(filepath.Join(c.dir, input+"_fault"))
		}
		if label := c.text(input + "_label"); label != "" {
			s.Label = label
		}
		c.texts[i] = s
		f := newRawFile(filepath.Join(c.dir, file))
		err := f.open()
		c.note(err)
		if c.short != nil {
			return c.short // the garbage collector closes what is open
		}
		if err == nil {
			c.files[i] = f
		}
	}
	return nil
}

// note takes note of an error of open's.
func (c *chip) note(err error) {
	if isShort(err) {
		c.short = err
	}
}

func (c *chip) text(file string) string {
	b, err := readRaw(filepath.Join(c.dir, file))
	c.note(err)
	return textOf(b)
}

func (c *chip) limit(file string) Number {
	b, err := readRaw(filepath.Join(c.dir, file))
	c.note(err)
	if err != nil {
		return Number{}
	}
	v, ok := parseReading(b)
	if !ok {
		return Number{}
	}
	return temperatureLimit(v / 1000)
}

// trip is the limit of that type of a thermal zone.
func (c *chip) trip(kind string) Number {
	for i := range 16 {
		point := "trip_point_" + strconv.Itoa(i)
		is := c.text(point + "_type")
		if is == "" {
			break
		}
		if is == kind {
			return c.limit(point + "_temp")
		}
	}
	return Number{}
}

// diskTraffic is the file of a turning disk's counters; nil for a disk that does not turn.
func diskTraffic(device string) *rawFile {
	disks, err := os.ReadDir(filepath.Join(device, "block"))
	if err != nil || len(disks) == 0 {
		return nil
	}
	disk := filepath.Join(device, "block", disks[0].Name())
	if rawText(disk, "queue/rotational") == "0" {
		return nil
	}
	return rawFileAt(filepath.Join(disk, "stat"))
}

// A valueFile is a rawFile, but in tests: there is no other file that fails as one of a device that is gone.
type valueFile interface{ read() ([]byte, error) }

// A rawFile is a small file below /sys that is read again and again with one system call. It is not a kernelFile: that
// one is an os.File as os.Open makes it, which may hand the file to the poller, and wait for ever after an EAGAIN.
type rawFile struct {
	path string
	file *os.File // blocking, unknown to the poller; the garbage collector closes it
	buf  []byte
}

func newRawFile(path string) *rawFile {
	return &rawFile{path: path, buf: make([]byte, 256)}
}

// rawFileAt is nil when there is no such file.
func rawFileAt(path string) *rawFile {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return newRawFile(path)
}

func (f *rawFile) open() error {
	fd, err := unix.Open(f.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f.file = os.NewFile(uintptr(fd), f.path)
	return nil
}

// read returns what fits into the buffer, until the next read.
func (f *rawFile) read() ([]byte, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	defer runtime.KeepAlive(f.file)
	for range 10 { // a signal of the runtime's may come in between
		n, err := unix.Pread(int(f.file.Fd()), f.buf, 0)
		if err == nil {
			return f.buf[:max(n, 0)], nil
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, err
		}
	}
	return nil, unix.EINTR
}

func readRaw(path string) ([]byte, error) {
	f := newRawFile(path)
	if err := f.open(); err != nil {
		return nil, err
	}
	defer f.file.Close()
	return f.read()
}

// rawText is the text in a file, fit to be shown; "" when there is none.
func rawText(dir, file string) string {
	b, _ := readRaw(filepath.Join(dir, filepath.FromSlash(file)))
	return textOf(b)
}

func textOf(b []byte) string {
	line, _ := cutLine(b)
	return clean(string(bytes.TrimSpace(line)))
}
