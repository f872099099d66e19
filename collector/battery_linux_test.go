package collector

import (
	"os"
	"testing"
	"time"
)

var aLaptop = tree{
	"sys/class/power_supply/AC/type":              "Mains\n",
	"sys/class/power_supply/AC/uevent":            "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_ONLINE=0\n",
	"sys/class/power_supply/BAT0/type":            "Battery\n",
	"sys/class/power_supply/BAT0/uevent":          "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=40\n",
	"sys/class/power_supply/hidpp_battery/type":   "Battery\n",
	"sys/class/power_supply/hidpp_battery/scope":  "Device\n",
	"sys/class/power_supply/hidpp_battery/uevent": "POWER_SUPPLY_STATUS=Full\n",
	"sys/class/power_supply/ups/type":             "UPS\n",
	"sys/class/power_supply/ups/scope":            "System\n",
	"sys/class/power_supply/ups/uevent":           "POWER_SUPPLY_STATUS=Full\nPOWER_SUPPLY_CAPACITY=100\n",
}

func TestBatteries(t *testing.T) {
	r := aLaptop.write(t)
	b := batteryReader{roots: r}
	s := Source{Name: "batteries", Read: b.read}
	got := read(t, s).Batteries
	if len(got) != 2 || got[0].Name != "BAT0" || got[0].Charge != Known(0.4) || got[1].Name != "ups" || got[1].State != "full" {
		t.Fatalf("got %+v", got)
	}
	tree{"sys/class/power_supply/BAT0/uevent": "POWER_SUPPLY_STATUS=Charging\n"}.over(t, r)
	if again := read(t, s).Batteries; again[0].State != "charging" || got[0].State != "discharging" {
		t.Errorf("got %+v, and before %+v", again, got)
	}
	if err := os.RemoveAll(r.ofSys("class/power_supply/BAT0")); err != nil {
		t.Fatal(err)
	}
	b.listed = time.Time{}
	if got := read(t, s).Batteries; len(got) != 1 || got[0].Name != "ups" {
		t.Errorf("got %+v", got)
	}
}

func TestNoBattery(t *testing.T) {
	for _, tr := range []tree{{"sys/": ""}, {"sys/class/power_supply/AC/type": "Mains\n"}} {
		if part, err := batterySource(tr.write(t)).Read(t.Context()); part != nil || !isMissing(err) {
			t.Errorf("got %v, %v", part, err)
		}
	}
}

// Of a driver that fails there is an error, and the other battery.
func TestBatteryFails(t *testing.T) {
	r := aLaptop.write(t)
	path := r.ofSys("class/power_supply/BAT0/uevent")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil { // to read it is an error
		t.Fatal(err)
	}
	part, err := batterySource(r).Read(t.Context())
	if part == nil || err == nil || isMissing(err) {
		t.Errorf("got %v, %v", part, err)
	}
}

func TestBatteryAllocs(t *testing.T) {
	s := batterySource(aLaptop.write(t))
	read(t, s)
	if n := testing.AllocsPerRun(100, func() { s.Read(t.Context()) }); n > 2 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkBatteries(b *testing.B) {
	s := batterySource(aLaptop.write(b))
	b.ReportAllocs()
	for b.Loop() {
		s.Read(b.Context())
	}
}
