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

// taken is how many connections a peer's address has; bounded tells whether there is a most.
func (a *Addresses) taken(peer net.Addr) (n int, bounded bool) {
	from, bounded := a.from(peer)
	if !bounded {
		return 0, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open[from], true
}

// from is what a peer is counted by, if it is.
func (a *Addresses) from(peer net.Addr) (from netip.Prefix, bounded bool) {
	tcp, isTCP := peer.(*net.TCPAddr)
	if a == nil || a.Max <= 0 || !isTCP {
		return from, false
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if addr.IsLoopback() || a.Free != nil && a.Free(addr) {
		return from, false
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	from, err := addr.Prefix(bits)
	return from, err == nil
}

// enter takes a place for a connection, if there is one, and says how it is given back; nil where it need not be.
func (a *Addresses) enter(peer net.Addr) (leave func(), ok bool) {
	from, bounded := a.from(peer)
	if !bounded {
		return nil, true
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
