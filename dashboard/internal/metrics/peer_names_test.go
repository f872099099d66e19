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
