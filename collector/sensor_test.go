package collector

import (
	"math"
	"testing"
)

func TestReadingOf(t *testing.T) {
	for _, tt := range []struct {
		kind, content string
		want          Number
	}{
		{kindTemperature, "45500\n", Known(45.5)},
		{kindTemperature, "45500", Known(45.5)},
		{kindTemperature, " 45500 \n", Known(45.5)},
		{kindTemperature, "0\n", Known(0)},
		{kindTemperature, "-5000\n", Signed(-5)},
		{kindTemperature, "-40000\n", Signed(-40)},
		{kindTemperature, "-40001\n", Number{}},
		{kindTemperature, "-55000\n", Number{}},
		{kindTemperature, "-62000\n", Number{}},
		{kindTemperature, "-127000\n", Number{}},
		{kindTemperature, "-128000\n", Number{}},
		{kindTemperature, "-273150\n", Number{}},
		{kindTemperature, "149900\n", Known(149.9)},
		{kindTemperature, "150000\n", Number{}},
		{kindTemperature, "65261850\n", Number{}},
		{kindTemperature, "", Number{}},
		{kindTemperature, "nan\n", Number{}},
		{kindTemperature, "-", Number{}},
		{kindTemperature, "99999999999999999999\n", Number{}},
		{kindFan, "0\n", Known(0)},
		{kindFan, "1200\n", Known(1200)},
		{kindFan, "65535\n", Number{}},
		{kindFan, "-1\n", Number{}},
	} {
		if got := readingOf([]byte(tt.content), tt.kind); got != tt.want {
			t.Errorf("%s %q is %v, want %v", tt.kind, tt.content, got, tt.want)
		}
	}
}

// Exactly 0 is a temperature only where it was nearly that cold before.
func TestUnwrittenTemperature(t *testing.T) {
	for _, tt := range []struct{ now, before, want Number }{
		{Known(0), Number{}, Number{}},
		{Known(0), Known(45), Number{}},
		{Known(0), Signed(-20), Number{}},
		{Known(0), Known(5), Known(0)},
		{Known(0), Signed(-1), Known(0)},
		{Known(0), Known(0), Known(0)},
		{Known(0.5), Number{}, Known(0.5)},
		{Signed(-1), Number{}, Signed(-1)},
		{Number{}, Known(1), Number{}},
	} {
		if got := unlessUnwritten(tt.now, tt.before); got != tt.want {
			t.Errorf("%v after %v is %v, want %v", tt.now, tt.before, got, tt.want)
		}
	}
}

func TestTemperatureLimit(t *testing.T) {
	for limit, sane := range map[float64]bool{100: true, 20: true, 150: true, 0: false, -273.15: false, 19: false, 65261.85: false, math.NaN(): false, math.Inf(1): false} {
		if _, ok := temperatureLimit(limit).Get(); ok != sane {
			t.Errorf("a limit of %g is taken: %t", limit, ok)
		}
	}
}

func TestParseInput(t *testing.T) {
	for file, want := range map[string]inputName{
		"temp1_input":  {kindTemperature, "temp", 1},
		"temp12_input": {kindTemperature, "temp", 12},
		"fan3_input":   {kindFan, "fan", 3},
		"fan0_input":   {kindFan, "fan", 0},
	} {
		if got, ok := parseInput(file); !ok || got != want {
			t.Errorf("%s is %v, %t", file, got, ok)
		}
	}
	for _, file := range []string{"", "_input", "temp_input", "temp1_max", "temp1", "in0_input", "temp1_input_x", "temp-1_input", "temp99999_input", "temp01_input", "tempo1_input"} {
		if got, ok := parseInput(file); ok {
			t.Errorf("%s is taken for %v", file, got)
		}
	}
}

func FuzzReading(f *testing.F) {
	f.Add([]byte("45500\n"), "temp1_input")
	f.Add([]byte("-5 x"), "fan9999_input")
	f.Fuzz(func(t *testing.T, content []byte, file string) {
		for _, kind := range []string{kindTemperature, kindFan} {
			n := readingOf(content, kind)
			checkSigned(t, n)
			if v, _ := n.Get(); kind == kindTemperature && v >= 150 || v < coldest || kind == kindFan && v < 0 || v >= 60_000 {
				t.Fatalf("%q is %v", content, n)
			}
		}
		if in, ok := parseInput(file); ok && (in.number < 0 || in.kind == "") {
			t.Fatalf("%q is %v", file, in)
		}
	})
}

// The names are those that node_exporter gives the same devices.
func TestDeviceNames(t *testing.T) {
	for _, tt := range []struct{ path, place, metric string }{
		{"platform/coretemp.0", "platform-coretemp.0", "platform_coretemp_0"},
		{"pci0000:00/0000:00:18.3", "pci0000:00-0000:00:18.3", "pci0000:00_0000:00:18_3"},
		{"pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme1", "pci0000:00-0000:00:1d.0-0000:04:00.0-nvme", "nvme_nvme1"},
		{"virtual/thermal/thermal_zone0", "virtual-thermal-thermal_zone0", "thermal_thermal_zone0"},
		{"x", "x", "x"},
		{"", "", ""},
		{"Ä/B\nb", "�-B�b", "b_b"},
	} {
		if tt.path != "Ä/B\nb" && devicePlace(tt.path) != tt.place {
			t.Errorf("%q is at %q, want %q", tt.path, devicePlace(tt.path), tt.place)
		}
		if got := metricDevice(tt.path); got != tt.metric {
			t.Errorf("%q is called %q, want %q", tt.path, got, tt.metric)
		}
		checkText(t, devicePlace(tt.path))
	}
}
