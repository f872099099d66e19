package collector

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v3/net"
)

// Network is one interface and its traffic.
type Network struct {
	Name            string        `json:"name"`
	Virtual         bool          `json:"virtual"`       // loopback, bridge, veth and the like: not a way out of the host
	State           string        `json:"state"`         // "up", "down", "dormant", … as in operstate (RFC 2863); "" where unknown
	Speed           Number        `json:"speed"`         // of the link, bytes per second
	ReceiveRate     Number        `json:"receive_rate"`  // bytes per second
	TransmitRate    Number        `json:"transmit_rate"` // bytes per second
	ReceivePackets  Number        `json:"receive_packets"`
	TransmitPackets Number        `json:"transmit_packets"`
	ReceiveErrors   Number        `json:"receive_errors"`
	TransmitErrors  Number        `json:"transmit_errors"`
	ReceiveDrops    Number        `json:"receive_drops"`
	TransmitDrops   Number        `json:"transmit_drops"`
	MTU             Number        `json:"-"`
	Carrier         Number        `json:"-"` // 1 or 0
	Totals          NetworkTotals `json:"-"`
}

// NetworkTotals are counters since the interface was made (/proc/net/dev). The last seven are unknown elsewhere.
type NetworkTotals struct {
	ReceiveBytes, ReceivePackets, ReceiveErrors, ReceiveDrops             uint64
	TransmitBytes, TransmitPackets, TransmitErrors, TransmitDrops         uint64
	ReceiveFIFO, ReceiveFrame, ReceiveCompressed, ReceiveMulticast        Number
	TransmitFIFO, TransmitCollisions, TransmitCarrier, TransmitCompressed Number
}

func networkSource(r roots) Source {
	var before map[string]net.IOCountersStat
	var at time.Time
	var kinds interfaces
	return Source{Name: "networks", Every: everyElsewhere(), Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		after, err := readNetwork(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("read network: %w", err)
		}
		now := time.Now()
		kinds.update(r, after)
		part := networksOf(before, after, between(at, now), kinds.virtual)
		before, at = make(map[string]net.IOCountersStat, len(after)), now
		for _, n := range after {
			before[n.Name] = n
		}
		return PartFunc(func(s *Snapshot) { s.Networks = part }), nil
	}}
}

func readNetwork(ctx context.Context, r roots) ([]net.IOCountersStat, error) {
	if runtime.GOOS == "linux" && r.isElsewhere() {
		// There, net is a link to the reader's own interfaces; the host's are those of its process 1.
		return net.IOCountersByFileWithContext(ctx, true, r.ofProc("1", "net", "dev"))
	}
	return net.IOCountersWithContext(ctx, true)
}

func networksOf(before map[string]net.IOCountersStat, after []net.IOCountersStat, elapsed time.Duration, virtual map[string]bool) []Network {
	networks := make([]Network, 0, len(after))
	for _, a := range after {
		n := Network{Name: clean(a.Name), Virtual: virtual[a.Name]}
		if b, ok := before[a.Name]; ok {
			n.ReceiveRate = perSecond(b.BytesRecv, a.BytesRecv, elapsed)
			n.TransmitRate = perSecond(b.BytesSent, a.BytesSent, elapsed)
			n.ReceivePackets = perSecond(b.PacketsRecv, a.PacketsRecv, elapsed)
			n.TransmitPackets = perSecond(b.PacketsSent, a.PacketsSent, elapsed)
			n.ReceiveErrors = perSecond(b.Errin, a.Errin, elapsed)
			n.TransmitErrors = perSecond(b.Errout, a.Errout, elapsed)
			n.ReceiveDrops = perSecond(b.Dropin, a.Dropin, elapsed)
			n.TransmitDrops = perSecond(b.Dropout, a.Dropout, elapsed)
		}
		networks = append(networks, n)
	}
	return networks
}

// interfaces remembers which interfaces are virtual, for as long as the list of them stays the same.
type interfaces struct {
	names   []string
	virtual map[string]bool
}

func (k *interfaces) update(r roots, stats []net.IOCountersStat) {
	same := func(a string, b net.IOCountersStat) bool { return a == b.Name }
	if k.virtual != nil && slices.EqualFunc(k.names, stats, same) {
		return
	}
	k.names = k.names[:0]
	hardware := make(map[string]bool)
	for _, n := range stats {
		k.names = append(k.names, n.Name)
		if _, err := os.Stat(r.ofSys("class", "net", n.Name, "device")); err == nil {
			hardware[n.Name] = true
		}
	}
	k.virtual = virtualInterfaces(k.names, hardware)
}

// virtualNames are interfaces that are no way out of the host whatever is behind them.
var virtualNames = regexp.MustCompile(`^(lo[0-9]*$|br-|` +
	`(docker|veth|cali|cni|flannel|kube-|lxc|lxd|podman|virbr|vnet|ifb|dummy|tun|tap|wg|utun|gif|stf|awdl|llw|bridge))`)

// virtualInterfaces says which of the named interfaces are not a way out of the host. One with hardware behind it is
// one; a bond or a VLAN passes on what the hardware under it has counted already. In a container nothing has
// hardware: there, and where the system does not tell, the name decides.
func virtualInterfaces(names []string, hardware map[string]bool) map[string]bool {
	virtual := make(map[string]bool, len(names))
	for _, name := range names {
		if virtualNames.MatchString(name) || len(hardware) > 0 && !hardware[name] {
			virtual[name] = true
		}
	}
	return virtual
}
