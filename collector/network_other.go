//go:build !linux

package collector

import (
	"context"
	"fmt"
	"net"
	"time"

	gopsutil "github.com/shirou/gopsutil/v3/net"
)

// netFactsEvery is how often the facts about the interfaces are read again.
const netFactsEvery = 30 * time.Second

// A networkReader has counters from gopsutil, and facts from package net.
type networkReader struct {
	roots   roots
	table   netTable
	askedAt time.Time
}

func newNetworkReader(r roots) *networkReader { return &networkReader{roots: r} }

func (n *networkReader) read(ctx context.Context) (Part, error) {
	stats, err := gopsutil.IOCountersWithContext(ctx, true)
	if err != nil {
		return nil, fmt.Errorf("read networks: %w", err)
	}
	now := time.Now()
	n.table.begin()
	for i := range stats {
		s := &stats[i]
		if n.table.add([]byte(s.Name), &netCounters{
			netReceiveBytes: s.BytesRecv, netReceivePackets: s.PacketsRecv, netReceiveErrors: s.Errin, netReceiveDrops: s.Dropin,
			netTransmitBytes: s.BytesSent, netTransmitPackets: s.PacketsSent, netTransmitErrors: s.Errout, netTransmitDrops: s.Dropout,
		}) {
			err = fmt.Errorf("read networks: more than %d interfaces: the others are left out", mostNetworks)
			break
		}
	}
	n.table.end()
	n.readFacts(now)
	return &networkPart{networks: n.table.networks(now)}, err
}

// readFacts asks for what package net tells: whether an interface is up, and its MTU. All the rest stays unknown.
func (n *networkReader) readFacts(now time.Time) {
	due := n.askedAt.IsZero() || now.Sub(n.askedAt) >= netFactsEvery
	for _, d := range n.table.devices {
		due = due || d.askedAt.IsZero()
	}
	if !due {
		return
	}
	n.askedAt = now
	interfaces, _ := net.Interfaces() // without it nothing is known
	for _, d := range n.table.devices {
		d.askedAt = now
	}
	for _, i := range interfaces {
		d := n.table.byName[i.Name]
		if d == nil {
			continue
		}
		facts := netFacts{index: uint64(max(i.Index, 0)), state: "down"}
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0 {
			facts.state = "up"
		}
		if i.MTU > 0 {
			facts.mtu = Known(float64(i.MTU))
		}
		d.know(facts, now)
	}
}
