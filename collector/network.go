package collector

import (
	"regexp"
	"strconv"
	"time"
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
	MTU             Number        `json:"-"` // bytes
	Carrier         Number        `json:"-"` // 1 or 0; unknown while the interface is down
	Totals          NetworkTotals `json:"-"`
}

// NetworkTotals are counters since the interface was made (/proc/net/dev). The last eight are unknown elsewhere.
type NetworkTotals struct {
	ReceiveBytes, ReceivePackets, ReceiveErrors, ReceiveDrops             uint64
	TransmitBytes, TransmitPackets, TransmitErrors, TransmitDrops         uint64
	ReceiveFIFO, ReceiveFrame, ReceiveCompressed, ReceiveMulticast        Number
	TransmitFIFO, TransmitCollisions, TransmitCarrier, TransmitCompressed Number
}

// mostNetworks bounds how many interfaces are listed: those that the system names first, as a rule the oldest.
const mostNetworks = 512

func networkSource(r roots) Source {
	return Source{Name: "networks", Every: everyElsewhere(), Read: newNetworkReader(r).read}
}

type networkPart struct{ networks []Network }

func (p *networkPart) AddTo(s *Snapshot) { s.Networks = p.networks }

// netCounters are the columns of a line of /proc/net/dev. Elsewhere those that the system has are filled.
type netCounters [16]uint64

const (
	netReceiveBytes = iota
	netReceivePackets
	netReceiveErrors
	netReceiveDrops
	netReceiveFIFO
	netReceiveFrame
	netReceiveCompressed
	netReceiveMulticast
	netTransmitBytes
	netTransmitPackets
	netTransmitErrors
	netTransmitDrops
	netTransmitFIFO
	netTransmitCollisions
	netTransmitCarrier
	netTransmitCompressed
)

// netFacts is what hardly changes about an interface.
type netFacts struct {
	index               uint64 // of the interface as long as it lives: another one under its name has another
	state               string
	speed, mtu, carrier Number
	hardware            bool // there is a device behind it
}

// A netDevice is one interface from read to read.
type netDevice struct {
	name          string // as the system has it
	shown         string
	virtual       bool // its name says so
	before, after netCounters
	seen          int  // the number of the read that found it last
	measured      bool // before is the reading before after, of the same interface

	facts   netFacts
	askedAt time.Time // for the facts; zero if they are to be asked for at once
	missing int       // how often in a row the system had none
}

// A netTable is the interfaces from read to read, in the order of the system.
type netTable struct {
	devices []*netDevice
	next    []*netDevice // of the read under way
	byName  map[string]*netDevice
	reads   int
	at      time.Time // of the last read
	all     bool      // all columns are known
}

// begin begins a read.
func (t *netTable) begin() {
	t.reads++
	t.next = t.next[:0]
}

// add takes one interface of the read under way; full says that there were too many.
func (t *netTable) add(name []byte, counters *netCounters) (full bool) {
	i := len(t.next)
	if i == mostNetworks {
		return true
	}
	var d *netDevice
	if i < len(t.devices) && t.devices[i].name == string(name) {
		d = t.devices[i]
	} else {
		d = t.byName[string(name)]
	}
	switch {
	case d == nil:
		d = t.newDevice(string(name))
	case d.seen == t.reads: // listed twice, because it moved in the list while that was read
		return false
	default:
		d.before, d.measured = d.after, true
	}
	d.after, d.seen = *counters, t.reads
	for i, before := range d.before {
		if d.measured && d.after[i] < before { // maybe it is another one
			d.askedAt = time.Time{}
		}
	}
	t.next = append(t.next, d)
	return false
}

func (t *netTable) newDevice(name string) *netDevice {
	d := &netDevice{name: name, shown: clean(name), virtual: virtualNames.MatchString(name)}
	if !isClean(name) {
		d.shown = t.unique(d.shown)
	}
	if t.byName == nil {
		t.byName = make(map[string]*netDevice)
	}
	t.byName[name] = d
	return d
}

// unique keeps two names apart that differ only in what is not shown of them.
func (t *netTable) unique(shown string) string {
	taken := func(name string) bool {
		for _, d := range t.byName {
			if d.shown == name {
				return true
			}
		}
		return false
	}
	name := shown
	for n := 2; taken(name); n++ {
		name = shown + "~" + strconv.Itoa(n)
	}
	return name
}

// end ends the read under way: interfaces that it did not find are forgotten.
func (t *netTable) end() {
	t.devices, t.next = t.next, t.devices
	if len(t.byName) == len(t.devices) {
		return
	}
	for name, d := range t.byName {
		if d.seen != t.reads {
			delete(t.byName, name)
		}
	}
}

// know takes the facts about d that were asked for now. An interface with another index than before is another one.
func (d *netDevice) know(facts netFacts, now time.Time) {
	if d.facts.index != 0 && facts.index != d.facts.index {
		d.measured = false
	}
	d.facts, d.missing, d.askedAt = facts, 0, now
}

// knowNothing: the system had no facts about d. It may just have gone, so it is asked once more at the next read.
func (d *netDevice) knowNothing(now time.Time) {
	d.missing++
	if d.missing > 1 {
		d.facts, d.missing, d.askedAt = netFacts{}, 2, now
	}
}

// networks is what the last read, ended now, comes to.
func (t *netTable) networks(now time.Time) []Network {
	elapsed := between(t.at, now)
	t.at = now

	// Where facts are missing they are those of other interfaces, with the same names by chance: a container sees the
	// /sys of its own namespace beside the /proc of the host.
	foreign, hardware := false, false
	for _, d := range t.devices {
		foreign = foreign || d.missing > 1
		hardware = hardware || d.facts.hardware
	}
	hardware = hardware && !foreign
	networks := make([]Network, len(t.devices))
	for i, d := range t.devices {
		facts := d.facts
		if foreign {
			facts = netFacts{}
		}
		n := &networks[i]
		*n = Network{
			Name: d.shown, Virtual: isVirtual(d.virtual, facts.hardware, hardware),
			State: facts.state, Speed: facts.speed, MTU: facts.mtu, Carrier: facts.carrier,
			Totals: d.totals(t.all),
		}
		if d.measured {
			d.rates(n, elapsed)
		}
	}
	return networks
}

func (d *netDevice) rates(n *Network, elapsed time.Duration) {
	rate := func(column int) Number { return perSecond(d.before[column], d.after[column], elapsed) }
	n.ReceiveRate, n.TransmitRate = rate(netReceiveBytes), rate(netTransmitBytes)
	n.ReceivePackets, n.TransmitPackets = rate(netReceivePackets), rate(netTransmitPackets)
	n.ReceiveErrors, n.TransmitErrors = rate(netReceiveErrors), rate(netTransmitErrors)
	n.ReceiveDrops, n.TransmitDrops = rate(netReceiveDrops), rate(netTransmitDrops)
}

func (d *netDevice) totals(all bool) NetworkTotals {
	c := &d.after
	totals := NetworkTotals{
		ReceiveBytes: c[netReceiveBytes], ReceivePackets: c[netReceivePackets],
		ReceiveErrors: c[netReceiveErrors], ReceiveDrops: c[netReceiveDrops],
		TransmitBytes: c[netTransmitBytes], TransmitPackets: c[netTransmitPackets],
		TransmitErrors: c[netTransmitErrors], TransmitDrops: c[netTransmitDrops],
	}
	if !all {
		return totals
	}
	known := func(column int) Number { return Known(float64(c[column])) }
	totals.ReceiveFIFO, totals.ReceiveFrame = known(netReceiveFIFO), known(netReceiveFrame)
	totals.ReceiveCompressed, totals.ReceiveMulticast = known(netReceiveCompressed), known(netReceiveMulticast)
	totals.TransmitFIFO, totals.TransmitCollisions = known(netTransmitFIFO), known(netTransmitCollisions)
	totals.TransmitCarrier, totals.TransmitCompressed = known(netTransmitCarrier), known(netTransmitCompressed)
	return totals
}

// virtualNames are interfaces that are no way out of the host whatever is behind them.
var virtualNames = regexp.MustCompile(`^(lo[0-9]*$|br-|` +
	`(docker|veth|cali|cni|flannel|kube-|lxc|lxd|podman|virbr|vnet|ifb|dummy|tun|tap|wg|utun|gif|stf|awdl|llw|bridge))`)

// isVirtual says whether an interface is not a way out of the host. One with hardware behind it is one; a bond or a
// VLAN passes on what the hardware under it has counted already. In a container nothing has hardware: there, and where
// the system does not tell, the name decides.
func isVirtual(byName, hardware, anyHardware bool) bool {
	return byName || anyHardware && !hardware
}
