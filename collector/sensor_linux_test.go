package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// linkSensors makes links, from names to what they point to; both are below "proc", "sys", "etc" and "root".
func linkSensors(t testing.TB, r roots, links map[string]string) {
	t.Helper()
	root := filepath.Dir(r.proc)
	for from, to := range links {
		from := filepath.Join(root, from)
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			t.Fatal(err)
		}
		target, err := filepath.Rel(filepath.Dir(from), filepath.Join(root, to))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, from); err != nil {
			t.Fatal(err)
		}
	}
}

const coretemp = "sys/devices/platform/coretemp.0/"

// aBoard is a machine with a processor's sensor, a super I/O chip with nonsense in it, an NVMe disk and a zone.
var aBoard = tree{
	coretemp + "hwmon/hwmon4/name":         "coretemp\n",
	coretemp + "hwmon/hwmon4/temp1_input":  "45000\n",
	coretemp + "hwmon/hwmon4/temp1_label":  "Package id 0\n",
	coretemp + "hwmon/hwmon4/temp1_max":    "80000\n",
	coretemp + "hwmon/hwmon4/temp1_crit":   "100000\n",
	coretemp + "hwmon/hwmon4/temp10_input": "43000\n",
	coretemp + "hwmon/hwmon4/temp2_input":  "44000\n",
	coretemp + "power/runtime_status":      "active\n",

	"sys/devices/platform/nct6775.656/hwmon/hwmon1/name":        "nct6798\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/temp3_input": "-62000\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/temp4_input": "127500\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/temp4_label": "AUXTIN\x1b[2J\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/fan1_input":  "0\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/fan2_input":  "900\n",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/in0_input":   "900\n",

	"sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0/name":        "nvme\n",
	"sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0/temp1_input": "38850\n",
	"sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0/temp1_max":   "65261850\n",
	"sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0/temp1_crit":  "84850\n",

	"sys/devices/virtual/thermal/thermal_zone0/type":              "acpitz\n",
	"sys/devices/virtual/thermal/thermal_zone0/temp":              "50000\n",
	"sys/devices/virtual/thermal/thermal_zone0/trip_point_0_type": "passive\n",
	"sys/devices/virtual/thermal/thermal_zone0/trip_point_0_temp": "90000\n",
	"sys/devices/virtual/thermal/thermal_zone0/trip_point_1_type": "critical\n",
	"sys/devices/virtual/thermal/thermal_zone0/trip_point_1_temp": "105000\n",
}

var boardLinks = map[string]string{
	"sys/class/hwmon/hwmon4":                                       coretemp + "hwmon/hwmon4",
	coretemp + "hwmon/hwmon4/device":                               coretemp,
	"sys/class/hwmon/hwmon1":                                       "sys/devices/platform/nct6775.656/hwmon/hwmon1",
	"sys/devices/platform/nct6775.656/hwmon/hwmon1/device":         "sys/devices/platform/nct6775.656",
	"sys/class/hwmon/hwmon0":                                       "sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0",
	"sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0/device": "sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0",
	"sys/class/thermal/thermal_zone0":                              "sys/devices/virtual/thermal/thermal_zone0",
	"sys/class/thermal/cooling_device0":                            "sys/devices/virtual/thermal/cooling_device0",
}

func sensorLines(sensors []Sensor) string {
	var b strings.Builder
	for _, s := range sensors {
		show := func(n Number) string {
			if v, ok := n.Get(); ok {
				return fmt.Sprint(v)
			}
			return "-"
		}
		fmt.Fprintf(&b, "%s|%s|%s|%s|%s|%s|%s|%s|%s\n", s.ID, s.Chip, s.Label, s.Kind, show(s.Value), show(s.High), show(s.Critical), s.Device, s.Input)
	}
	return b.String()
}

func TestSensors(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	got := read(t, sensorSource(r)).Sensors
	want := `pci0000:00-0000:04:00.0-nvme/temp1|nvme|temp1|temperature|38.85|-|84.85|nvme_nvme0|temp1
platform-coretemp.0/temp1|coretemp|Package id 0|temperature|45|80|100|platform_coretemp_0|temp1
platform-coretemp.0/temp2|coretemp|temp2|temperature|44|-|-|platform_coretemp_0|temp2
platform-coretemp.0/temp10|coretemp|temp10|temperature|43|-|-|platform_coretemp_0|temp10
platform-nct6775.656/temp4|nct6798|AUXTIN�[2J|temperature|127.5|-|-|platform_nct6775_656|temp4
platform-nct6775.656/fan1|nct6798|fan1|fan|0|-|-|platform_nct6775_656|fan1
platform-nct6775.656/fan2|nct6798|fan2|fan|900|-|-|platform_nct6775_656|fan2
virtual-thermal-thermal_zone0/temp1|acpitz|acpitz|temperature|50|-|105|thermal_zone0|temp1
`
	if lines := sensorLines(got); lines != want {
		t.Errorf("got\n%swant\n%s", lines, want)
	}
}

// One that has given a value stays, without one when it cannot be read or says nonsense.
func TestSensorGap(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	s := sensorSource(r)
	read(t, s)
	tree{coretemp + "hwmon/hwmon4/temp1_input": "-61000\n"}.over(t, r)
	got := read(t, s).Sensors
	if len(got) != 8 || got[1].Value != (Number{}) || got[1].High != Known(80) || got[2].Value != Known(44) {
		t.Errorf("got\n%s", sensorLines(got))
	}
	tree{coretemp + "hwmon/hwmon4/temp1_input": "46000\n"}.over(t, r)
	if got := read(t, s).Sensors; got[1].Value != Known(46) {
		t.Errorf("got\n%s", sensorLines(got))
	}
}

func TestThermalZone(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, map[string]string{"sys/class/thermal/thermal_zone0": "sys/devices/virtual/thermal/thermal_zone0"})
	got := sensorLines(read(t, sensorSource(r)).Sensors)
	if want := "virtual-thermal-thermal_zone0/temp1|acpitz|acpitz|temperature|50|-|105|thermal_zone0|temp1\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestNoSensors(t *testing.T) {
	r := tree{"sys/": ""}.write(t)
	if part, err := sensorSource(r).Read(t.Context()); part != nil || !isMissing(err) {
		t.Errorf("got %v, %v", part, err)
	}
	r.sys = "/nowhere"
	if part, err := sensorSource(r).Read(t.Context()); part != nil || err == nil {
		t.Errorf("got %v, %v", part, err)
	}
}

// Chips come and go, and change their numbers.
func TestSensorHotPlug(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	read(t, s)
	if err := os.Remove(r.ofSys("class/hwmon/hwmon0")); err != nil {
		t.Fatal(err)
	}
	b.listed = time.Time{}
	if got := read(t, s).Sensors; len(got) != 7 {
		t.Errorf("got\n%s", sensorLines(got))
	}
	linkSensors(t, r, map[string]string{"sys/class/hwmon/hwmon9": "sys/devices/pci0000:00/0000:04:00.0/nvme/nvme0/hwmon0"})
	b.listed = time.Time{}
	if got := read(t, s).Sensors; len(got) != 8 || got[0].ID != "pci0000:00-0000:04:00.0-nvme/temp1" {
		t.Errorf("got\n%s", sensorLines(got))
	}
}

// A device that sleeps is not woken: its file is not even opened.
func TestSleepingDevice(t *testing.T) {
	r := aBoard.with(coretemp+"power/runtime_status", "suspended\n").write(t)
	linkSensors(t, r, boardLinks)
	s := sensorSource(r)
	if got := read(t, s).Sensors; len(got) != 5 {
		t.Errorf("got\n%s", sensorLines(got))
	}
	tree{coretemp + "power/runtime_status": "active\n"}.over(t, r)
	if got := read(t, s).Sensors; len(got) != 8 {
		t.Errorf("got\n%s", sensorLines(got))
	}
	tree{coretemp + "power/runtime_status": "suspending\n"}.over(t, r)
	if got := read(t, s).Sensors; len(got) != 8 || got[1].Value != (Number{}) {
		t.Errorf("got\n%s", sensorLines(got))
	}
}

// A disk that turns is asked when it has worked since.
func TestIdleDisk(t *testing.T) {
	const disk = "sys/devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/"
	r := tree{
		disk + "hwmon/hwmon0/name":          "drivetemp\n",
		disk + "hwmon/hwmon0/temp1_input":   "30000\n",
		disk + "block/sda/stat":             "1 2 3\n",
		disk + "block/sda/queue/rotational": "1\n",
	}.write(t)
	linkSensors(t, r, map[string]string{"sys/class/hwmon/hwmon0": disk + "hwmon/hwmon0", disk + "hwmon/hwmon0/device": disk})
	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	expect := func(want Number) {
		t.Helper()
		if got := read(t, s).Sensors; len(got) != 1 || got[0].Value != want {
			t.Errorf("got\n%swant %v", sensorLines(got), want)
		}
	}
	expect(Known(30))
	tree{disk + "hwmon/hwmon0/temp1_input": "31000\n"}.over(t, r)
	expect(Known(30)) // not asked
	tree{disk + "block/sda/stat": "2 2 3\n"}.over(t, r)
	expect(Known(31))
	b.chips[0].at = time.Now().Add(-2 * diskHolds)
	expect(Number{})
	tree{disk + "block/sda/stat": "3 2 3\n"}.over(t, r)
	expect(Known(31))
}

// A chip that hangs loses nobody else's values, is asked once, and is taken up again when it answers.
func TestHangingChip(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	path := r.ofSys("devices/platform/nct6775.656/hwmon/hwmon1/fan1_input")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o644); err != nil { // to open it is to wait for somebody who writes
		t.Fatal(err)
	}
	b := sensorBoard{roots: r, patience: 2 * time.Second} // the others' is the same, and the machine may be busy
	for i := range 3 {
		start := time.Now()
		part, err := b.read(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), "sensors of nct6798: no answer for ") {
			t.Fatalf("error %v", err)
		}
		if n := len(part.(*sensorPart).sensors); n != 5 {
			t.Fatalf("%d sensors", n)
		}
		if d := time.Since(start); i > 0 && d >= b.patience {
			t.Errorf("waited again, %s", d)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		part, err := b.read(t.Context())
		if err == nil && len(part.(*sensorPart).sensors) == 7 { // without fan1, which is a pipe
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("got %v", err)
		}
	}
}

// A slow one is not waited for again: its values come with the next read.
func TestSlowChip(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	read(t, s)
	b.chips[1].took = time.Second
	tree{coretemp + "hwmon/hwmon4/temp1_input": "60000\n"}.over(t, r)
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got := read(t, s).Sensors
		if got[1].Value == Known(60) && b.chips[1].took <= slowChip {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("got\n%s", sensorLines(got))
		}
	}
}

func TestManySensors(t *testing.T) {
	thorough(t)
	huge := tree{}
	for i := range 300 {
		huge[fmt.Sprintf("sys/class/hwmon/hwmon0/temp%d_input", i)] = "40000\n"
	}
	huge["sys/class/hwmon/hwmon0/name"] = "many\n"
	for i := range 200 {
		huge[fmt.Sprintf("sys/class/hwmon/hwmon%d/name", i+1)] = "same\n"
		huge[fmt.Sprintf("sys/class/hwmon/hwmon%d/fan1_input", i+1)] = "1\n"
	}
	r := huge.write(t)
	got := read(t, sensorSource(r)).Sensors
	if len(got) != mostSensors {
		t.Errorf("%d sensors", len(got))
	}
	ids := make(map[string]bool)
	for _, s := range got {
		if ids[s.ID] {
			t.Fatalf("%s twice", s.ID)
		}
		ids[s.ID] = true
	}
}

func TestSensorAllocs(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	s := sensorSource(r)
	read(t, s)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkSensors(b *testing.B) {
	r := aBoard.write(b)
	linkSensors(b, r, boardLinks)
	s := sensorSource(r)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
