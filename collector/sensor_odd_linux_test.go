package collector

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// A zone that a chip mirrors is not read again; what no chip says is.
func TestZonesBesideChips(t *testing.T) {
	const zones = "sys/devices/virtual/thermal/thermal_zone"
	r := aBoard.and(tree{
		zones + "1/type": "x86_pkg_temp\n", zones + "1/temp": "46000\n", // coretemp's
		zones + "2/type": "iwlwifi-1\n", zones + "2/temp": "47000\n",
		zones + "2/hwmon7/name": "iwlwifi_1\n", zones + "2/hwmon7/temp1_input": "47000\n",
		zones + "3/type": "INT3400 Thermal\n", zones + "3/temp": "20000\n", // made up
		zones + "4/type": "SEN1\n", zones + "4/temp": "-12000\n",
		zones + "5/type": "nct6798\n", zones + "5/temp": "48000\n", // called as a chip is
		zones + "6/type": "fan\n", zones + "6/temp": "49000\n", // a chip without a temperature
		"sys/class/hwmon/hwmon8/name": "fan\n", "sys/class/hwmon/hwmon8/fan1_input": "900\n",
		zones + "7/type": "power-supply\n", zones + "7/temp": "30000\n",
		zones + "7/hwmon9/name": "called otherwise\n", zones + "7/hwmon9/temp1_input": "30000\n",
	}).write(t)
	linkSensors(t, r, boardLinks)
	links := map[string]string{
		"sys/class/hwmon/hwmon7": zones + "2/hwmon7", zones + "2/hwmon7/device": zones + "2",
		"sys/class/hwmon/hwmon9": zones + "7/hwmon9", zones + "7/hwmon9/device": zones + "7",
	}
	for n := 1; n <= 7; n++ {
		links[fmt.Sprintf("sys/class/thermal/thermal_zone%d", n)] = fmt.Sprintf("%s%d", zones, n)
	}
	linkSensors(t, r, links)
	var got []string
	for _, s := range read(t, sensorSource(r)).Sensors {
		if strings.HasPrefix(s.Device, "thermal_zone") {
			v, _ := s.Value.Get()
			got = append(got, fmt.Sprintf("%s=%g", s.Chip, v))
		}
	}
	if want := "acpitz=50 SEN1=-12 fan=49"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A cold room: a drive goes through zero. A register that nobody has written, and a diode that its chip calls broken,
// are no temperatures.
func TestFrost(t *testing.T) {
	const dir = "sys/class/hwmon/hwmon0/"
	r := tree{dir + "name": "drivetemp\n", dir + "temp1_input": "1000\n", dir + "temp2_input": "0\n",
		dir + "temp3_input": "30000\n", dir + "temp3_fault": "0\n", dir + "temp4_input": "-11000\n", dir + "temp4_fault": "1\n"}.write(t)
	s := sensorSource(r)
	for i, step := range []struct {
		change tree
		want   string
	}{
		{nil, "temp1=1 temp3=30"},
		{tree{dir + "temp1_input": "0\n"}, "temp1=0 temp3=30"},
		{tree{dir + "temp1_input": "-5000\n"}, "temp1=-5 temp3=30"},
		{tree{dir + "temp1_input": "-127000\n", dir + "temp3_fault": "1\n"}, "temp1=- temp3=-"},
		{tree{dir + "temp1_input": "0\n", dir + "temp4_fault": "0\n"}, "temp1=- temp3=- temp4=-11"},
		{tree{dir + "temp1_input": "-1000\n", dir + "temp3_fault": "0\n"}, "temp1=-1 temp3=30 temp4=-11"},
	} {
		step.change.over(t, r)
		var got []string
		for _, s := range read(t, s).Sensors {
			if v, ok := s.Value.Get(); ok {
				got = append(got, fmt.Sprintf("%s=%g", s.Input, v))
			} else {
				got = append(got, s.Input+"=-")
			}
		}
		if strings.Join(got, " ") != step.want {
			t.Errorf("%d: got %q, want %s", i, got, step.want)
		}
	}
}

// brokenFile is one that cannot be read this time.
type brokenFile struct{}

func (brokenFile) read() ([]byte, error) { return nil, syscall.EIO }

// At a steady 0, one reading that fails is one gap.
func TestFrostAfterAnError(t *testing.T) {
	const dir = "sys/class/hwmon/hwmon0/"
	r := tree{dir + "name": "drivetemp\n", dir + "temp1_input": "1000\n"}.write(t)
	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	read(t, s)
	tree{dir + "temp1_input": "0\n"}.over(t, r)
	read(t, s)
	file := b.chips[0].files[0]
	for i, want := range []Number{Known(0), {}, {}, Known(0), Known(0)} {
		b.chips[0].files[0] = file
		if want == (Number{}) {
			b.chips[0].files[0] = brokenFile{}
		}
		if got := read(t, s).Sensors; len(got) != 1 || got[0].Value != want {
			t.Errorf("%d: got\n%swant %v", i, sensorLines(got), want)
		}
	}
}

// goneFile is one of a device that is gone.
type goneFile struct{}

func (goneFile) read() ([]byte, error) { return nil, syscall.ENODEV }

// A chip all of whose files say that the device is gone is looked for anew at once; one of which some do is not.
func TestLostChip(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	read(t, s)
	old := b.chips[1]
	for i := range old.files {
		old.files[i] = goneFile{}
		if got := read(t, s).Sensors; len(got) != 8 || got[1].Value != (Number{}) {
			t.Errorf("got\n%s", sensorLines(got))
		}
		if lost, all := old.lost, i == len(old.files)-1; lost != all || b.chips[1] != old {
			t.Errorf("with %d files gone the chip is lost: %t, and another: %t", i+1, lost, b.chips[1] != old)
		}
	}
	if got := read(t, s).Sensors; len(got) != 8 || got[1].Value != Known(45) || b.chips[1] == old {
		t.Errorf("it is not found again:\n%s", sensorLines(got))
	}
}
