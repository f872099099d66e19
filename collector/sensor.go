package collector

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	// mostSensors bounds the list. A machine with a hundred cores has some 130.
	mostSensors = 256
	// sensorsEvery is for hardware that moves slowly and is slow to ask: a reading over I²C takes milliseconds.
	sensorsEvery = 5 * time.Second
)

// Sensor is one reading of the hardware.
type Sensor struct {
	ID       string `json:"id"`    // the same after a reboot: the device's place and the input, "platform-coretemp.0/temp2"
	Chip     string `json:"chip"`  // "coretemp"
	Label    string `json:"label"` // "Package id 0", or the input's name
	Kind     string `json:"kind"`  // "temperature" (degrees Celsius), "fan" (revolutions per minute)
	Value    Number `json:"value"` // a temperature may be below zero; unknown while it cannot be read, is absurd, or its device sleeps
	High     Number `json:"high"`  // the hardware's own limit, where it has a sane one
	Critical Number `json:"critical"`
	// Device and Input are node_exporter's names of the chip and the sensor, "platform_coretemp_0" and "temp2". A
	// thermal zone is no chip: its Device is the kernel's name of it, "thermal_zone0".
	Device string `json:"-"`
	Input  string `json:"-"`
}

// ChipName is node_exporter's form of Chip.
func (s *Sensor) ChipName() string { return metricWord(s.Chip) }

const (
	kindTemperature = "temperature"
	kindFan         = "fan"
)

// sensorPart is the list of one read.
type sensorPart struct{ sensors []Sensor }

func (p *sensorPart) AddTo(s *Snapshot) { s.Sensors = p.sensors }

const (
	// coldest is the lower end of the industrial range of temperatures, the widest that parts of servers are made for.
	coldest = -40
	// hottestYet is above what silicon bears: it is off long before.
	hottestYet = 150
	// nearZero is from how far a temperature may come to exactly 0 °C between two readings.
	nearZero = 5
)

// temperature is what a chip says, in degrees Celsius, unless no hardware can be so cold or so warm and work. The
// kernel's interface has no limits of its own: a signed number of thousandths of a degree, and temp*_fault where the
// chip knows that the number means nothing (Documentation/hwmon/sysfs-interface.rst). A diode that is not connected
// reads the lower end of its chip's register, and that is below what is taken here: -55, -62, -64, -127, -128, -273. What
// is above is a register of ones, or a sum.
func temperature(celsius float64) Number {
	if celsius < coldest || celsius >= hottestYet {
		return Number{}
	}
	return Signed(celsius)
}

// unlessUnwritten is the temperature that was read, given the one before. Exactly 0 is what a register has that nobody
// has written, so it counts only when it was about to be that cold.
func unlessUnwritten(celsius, before Number) Number {
	if celsius == Known(0) && (!before.known || math.Abs(before.value) > nearZero) {
		return Number{}
	}
	return celsius
}

// temperatureLimit is a limit that means something: many chips have the ends of a register there, 0, -273 or 65261.
func temperatureLimit(celsius float64) Number {
	if celsius < 20 || celsius > 150 {
		return Number{}
	}
	return Known(celsius)
}

// fanSpeed is in revolutions per minute: 0 is a fan that stands still. The fastest go at about 40 000; 65535 is a
// register of ones.
func fanSpeed(rpm float64) Number {
	if rpm >= 60_000 {
		return Number{}
	}
	return Known(rpm)
}

// An inputName is the name of one input of a chip, without its ending: "temp2" or "fan1".
type inputName struct {
	kind   string
	prefix string
	number int
}

// parseInput takes the name of a file, "temp2_input" (Documentation/hwmon/sysfs-interface.rst).
func parseInput(file string) (inputName, bool) {
	name, ok := strings.CutSuffix(file, "_input")
	if !ok {
		return inputName{}, false
	}
	in := inputName{kind: kindTemperature, prefix: "temp"}
	digits, ok := strings.CutPrefix(name, "temp")
	if !ok {
		in.kind, in.prefix = kindFan, "fan"
		if digits, ok = strings.CutPrefix(name, "fan"); !ok {
			return inputName{}, false
		}
	}
	n, ok := parseUint([]byte(digits))
	if !ok || n > 9999 || len(digits) > 1 && digits[0] == '0' {
		return inputName{}, false
	}
	in.number = int(n)
	return in, true
}

// compareInputs puts temperatures first, each kind by number: temp2 before temp10.
func compareInputs(a, b inputName) int {
	return cmp.Or(strings.Compare(b.prefix, a.prefix), cmp.Compare(a.number, b.number))
}

// parseReading takes what is in a file of a sensor: one decimal number, which may be negative.
func parseReading(b []byte) (float64, bool) {
	b, _ = cutLine(b)
	word, _ := cutWord(b)
	negative := len(word) > 0 && word[0] == '-'
	if negative {
		word = word[1:]
	}
	v, ok := parseUint(word)
	if negative {
		return -float64(v), ok
	}
	return float64(v), ok
}

// readingOf is the Number in a file of a sensor of that kind.
func readingOf(b []byte, kind string) Number {
	v, ok := parseReading(b)
	switch {
	case !ok:
		return Number{}
	case kind == kindFan:
		return fanSpeed(v)
	}
	return temperature(v / 1000)
}

// devicePlace makes a name of a device's path below /sys/devices: where it is plugged in or soldered, which a reboot
// does not change, as hwmon3 and nvme1 may.
func devicePlace(path string) string {
	elem := strings.Split(strings.Trim(path, "/"), "/")
	if n := len(elem); n > 2 && elem[n-2] == "nvme" {
		elem = elem[:n-1] // the controller's number; its PCI address is before it
	}
	return clean(strings.Join(elem, "-"))
}

// metricDevice is node_exporter's name of a chip: what its device is part of and the device's own name.
func metricDevice(path string) string {
	elem := strings.Split(strings.Trim(path, "/"), "/")
	slices.Reverse(elem)
	name := metricWord(elem[0])
	if len(elem) > 1 {
		if of := metricWord(elem[1]); of != "" && name != "" {
			return of + "_" + name
		}
	}
	return name
}

// metricWord keeps what may stand in the names of such metrics.
func metricWord(s string) string {
	word := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == ':' {
			return r
		}
		return '_'
	}, strings.ToLower(s))
	return clean(strings.Trim(word, "_"))
}
