package accept

import (
	"net"
	"net/netip"
	"sync"
)

// An Addresses bounds how many connections each address may have: one of IPv4, 64 bits of IPv6, for who has one of those
// has all. The zero Addresses bounds nobody.
type Addresses struct {
	Max  int                   // 0 is as many as one likes
	Free func(netip.Addr) bool // who may have as many as there are: proxies, behind which all are one address. nil for nobody

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// enter takes a place for a connection, if there is one, and says how it is given back.
func (a *Addresses) enter(peer net.Addr) (leave func(), ok bool) {
	tcp, isTCP := peer.(*net.TCPAddr)
	if a == nil || a.Max <= 0 || !isTCP {
		return func() {}, true
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if addr.IsLoopback() || a.Free != nil && a.Free(addr) {
		return func() {}, true
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	from, err := addr.Prefix(bits)
	if err != nil {
		return func() {}, true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[from] >= a.Max {
		return nil, false
	}
	if a.open == nil {
		a.open = make(map[netip.Prefix]int)
	}
	a.open[from]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.open[from]--; a.open[from] <= 0 {
			delete(a.open, from)
		}
	}, true
}
