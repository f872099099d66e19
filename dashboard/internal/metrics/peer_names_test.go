package metrics

import (
	"testing"

	"github.com/fivewire/fivewire/collector"
)

// node_exporter has node_network_up of every interface: 1 where the kernel says "up", 0 for all it says else.
func TestNetworkUp(t *testing.T) {
	families := parse(t, text(t, exporter(t), &collector.Snapshot{Networks: []collector.Network{
		{Name: "eth0", State: "up"}, {Name: "eth1", State: "down"}, {Name: "eth2", State: "dormant"},
		{Name: "lo"}, // which the kernel calls unknown
	}}))
	for device, want := range map[string]float64{"eth0": 1, "eth1": 0, "eth2": 0, "lo": 0} {
		if got, ok := sample(families, "node_network_up", "device", device); !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", device, got, ok, want)
		}
	}
}

// A thermal zone that no chip of hwmon shows has a name of its own there, with the zone's number and its type.
func TestThermalZones(t *testing.T) {
	known := collector.Known
	families := parse(t, text(t, exporter(t), &collector.Snapshot{Sensors: []collector.Sensor{
		{Chip: "acpitz", Label: "acpitz", Kind: "temperature", Value: known(50), Critical: known(105), Device: "thermal_zone0", Input: "temp1"},
		{Chip: "x86_pkg_temp", Label: "x86_pkg_temp", Kind: "temperature", Value: known(61.5), Device: "thermal_zone12", Input: "temp1"},
		{Chip: "BAT0", Label: "BAT0", Kind: "temperature", Device: "thermal_zone3", Input: "temp1"}, // not told
		{Chip: "acpitz", Label: "temp1", Kind: "temperature", Value: known(40), Device: "thermal_thermal_zone1", Input: "temp1"},
		{Chip: "thermal_zonex", Label: "temp1", Kind: "temperature", Value: known(41), Device: "thermal_zonex", Input: "temp1"},
	}}))
	for _, want := range []struct {
		v      float64
		name   string
		labels []string
	}{
		{50, "node_thermal_zone_temp", []string{"zone", "0", "type", "acpitz"}},
		{61.5, "node_thermal_zone_temp", []string{"zone", "12", "type", "x86_pkg_temp"}},
		{40, "node_hwmon_temp_celsius", []string{"chip", "thermal_thermal_zone1", "sensor", "temp1"}},
		{41, "node_hwmon_temp_celsius", []string{"chip", "thermal_zonex", "sensor", "temp1"}},
	} {
		if got, ok := sample(families, want.name, want.labels...); !ok || got != want.v {
			t.Errorf("%s%v: got %v, %v, want %v", want.name, want.labels, got, ok, want.v)
		}
	}
	for name, want := range map[string]int{"node_thermal_zone_temp": 2, "node_hwmon_temp_celsius": 2, "node_hwmon_temp_crit_celsius": 0, "node_hwmon_chip_names": 2} {
		if n := len(families[name].GetMetric()); n != want {
			t.Errorf("%s: %d samples, want %d", name, n, want)
		}
	}
}
