package collector

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A chip all of whose files say that their device is gone is looked for anew by the next read: it may have been put back
// by then. One that cannot be read for another reason, or not in part, is still the same.
func TestLostChip(t *testing.T) {
	r := aBoard.write(t)
	linkSensors(t, r, boardLinks)
	for _, tt := range []struct {
		name   string
		chip   string
		err    error
		broken int // so many of its files
		lost   bool
	}{
		{"the disk is gone", "nvme", unix.ENODEV, 1, true},
		{"all of the processor is gone", "coretemp", unix.ENODEV, 3, true},
		{"one file of the processor is gone", "coretemp", unix.ENODEV, 1, false},
		{"the disk does not tell", "nvme", unix.EIO, 1, false},
	} {
		b := sensorBoard{roots: r, patience: chipPatience}
		s := Source{Name: "sensors", Read: b.read}
		read(t, s)
		var old *chip
		for _, c := range b.chips {
			if c.name == tt.chip {
				old = c
			}
		}
		for _, f := range old.files[:tt.broken] {
			f.from = func(int, []byte, int64) (int, error) { return 0, tt.err }
		}
		if got := read(t, s).Sensors; len(got) != 7 || withoutValue(got) != tt.broken {
			t.Errorf("%s: got\n%s", tt.name, sensorLines(got))
		}
		if got := read(t, s).Sensors; len(got) != 7 || (withoutValue(got) == 0) != tt.lost {
			t.Errorf("%s: afterwards\n%s", tt.name, sensorLines(got))
		}
	}

	b := sensorBoard{roots: r, patience: chipPatience}
	s := Source{Name: "sensors", Read: b.read}
	read(t, s)
	for _, c := range b.chips {
		if c.name == "nvme" {
			c.files[0].from = func(int, []byte, int64) (int, error) { return 0, unix.ENODEV }
		}
	}
	if err := os.Remove(r.ofSys("class/hwmon/hwmon0")); err != nil {
		t.Fatal(err)
	}
	read(t, s)
	if got := read(t, s).Sensors; len(got) != 6 {
		t.Errorf("it is not put back, and there is\n%s", sensorLines(got))
	}
}

func withoutValue(sensors []Sensor) (n int) {
	for _, s := range sensors {
		if !s.Value.known {
			n++
		}
	}
	return n
}
