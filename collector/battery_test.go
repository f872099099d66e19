package collector

import (
	"math"
	"testing"
)

func TestBatteryOf(t *testing.T) {
	for _, tt := range []struct {
		name, uevent string
		want         Battery
	}{
		{"energy, discharging", "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_ENERGY_FULL=50000000\n" +
			"POWER_SUPPLY_ENERGY_NOW=20000000\nPOWER_SUPPLY_POWER_NOW=10000000\nPOWER_SUPPLY_CAPACITY=40\n",
			Battery{State: "discharging", Charge: Known(0.4), Power: Known(10), Left: Known(7200)}},
		{"energy, charging", "POWER_SUPPLY_STATUS=Charging\nPOWER_SUPPLY_ENERGY_FULL=50000000\nPOWER_SUPPLY_ENERGY_NOW=40000000\nPOWER_SUPPLY_POWER_NOW=20000000\n",
			Battery{State: "charging", Charge: Known(0.8), Power: Known(20), Left: Known(1800)}},
		{"charge, a current out is negative", "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CHARGE_FULL=4000000\nPOWER_SUPPLY_CHARGE_NOW=1000000\n" +
			"POWER_SUPPLY_CURRENT_NOW=-500000\nPOWER_SUPPLY_VOLTAGE_NOW=12000000\n",
			Battery{State: "discharging", Charge: Known(0.25), Power: Known(6), Left: Known(7200)}},
		{"the supply's own reckoning", "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=100\nPOWER_SUPPLY_TIME_TO_EMPTY_NOW=900\n",
			Battery{State: "discharging", Charge: Known(1), Left: Known(900)}},
		{"full, nothing flows", "POWER_SUPPLY_STATUS=Full\nPOWER_SUPPLY_CAPACITY=103\nPOWER_SUPPLY_POWER_NOW=0\n",
			Battery{State: "full", Charge: Known(1), Power: Known(0)}},
		{"hardly anything flows", "POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_ENERGY_FULL=50000000\nPOWER_SUPPLY_ENERGY_NOW=20000000\nPOWER_SUPPLY_POWER_NOW=1\nPOWER_SUPPLY_CAPACITY=40\n",
			Battery{State: "discharging", Charge: Known(0.4), Power: Known(1e-6)}},
		{"fuller than full", "POWER_SUPPLY_STATUS=Charging\nPOWER_SUPPLY_ENERGY_FULL=5\nPOWER_SUPPLY_ENERGY_NOW=6\nPOWER_SUPPLY_POWER_NOW=1\n",
			Battery{State: "charging", Charge: Known(1), Power: Known(1e-6), Left: Known(0)}},
		{"nothing", "", Battery{State: "unknown"}},
		{"nonsense", "POWER_SUPPLY_STATUS=\x1b\nPOWER_SUPPLY_CAPACITY=x\nPOWER_SUPPLY_\n=\nPOWER_SUPPLY_POWER_NOW=18446744073709551615\n", Battery{State: "unknown"}},
		{"not charging", "POWER_SUPPLY_STATUS=Not charging\n", Battery{State: "not charging"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := batteryOf("", parseSupply([]byte(tt.uevent)))
			near := func(a, b Number) bool { return a.known == b.known && math.Abs(a.value-b.value) < 1e-9 }
			if got.State != tt.want.State || !near(got.Charge, tt.want.Charge) || !near(got.Power, tt.want.Power) || !near(got.Left, tt.want.Left) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func FuzzSupply(f *testing.F) {
	f.Add([]byte("POWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_ENERGY_FULL=50\nPOWER_SUPPLY_ENERGY_NOW=20\nPOWER_SUPPLY_POWER_NOW=1\n"))
	f.Add([]byte("POWER_SUPPLY_STATUS=Charging\nPOWER_SUPPLY_CHARGE_FULL=50\nPOWER_SUPPLY_CHARGE_NOW=-20\nPOWER_SUPPLY_CURRENT_NOW=1\nPOWER_SUPPLY_VOLTAGE_NOW=18446744073709551615\n"))
	f.Fuzz(func(t *testing.T, uevent []byte) {
		b := batteryOf("", parseSupply(uevent))
		for _, n := range []Number{b.Charge, b.Power, b.Left} {
			checkNumber(t, n)
		}
		if b.Charge.value > 1 || b.State == "" {
			t.Fatalf("%q is %+v", uevent, b)
		}
	})
}
