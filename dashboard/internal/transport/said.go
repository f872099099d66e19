package transport

import (
	"net"

	"github.com/fivewire/fivewire/dashboard/internal/meter"
)

// Said begins the account of a command that came by a request of its own, not on a connection that the viewer holds. Its
// Answer must follow. A viewer that has not named itself has no such account.
func (s *Server) Said(id string, conn net.Conn) *meter.Exchange {
	v := s.Viewers
	v.mu.Lock()
	tally := new(meter.Tally) // a command for nobody is on nobody's account
	if w := v.m[id]; w != nil {
		if w.said == nil {
			w.said = tally
		}
		tally = w.said
	}
	v.mu.Unlock()
	return tally.Begin(conn)
}

// Said is what a viewer's commands have cost that came by requests of their own; false when there were none.
func (v *Viewers) Said(id string) (meter.Figures, bool) {
	v.mu.Lock()
	var tally *meter.Tally
	if w := v.m[id]; w != nil {
		tally = w.said
	}
	v.mu.Unlock()
	if tally == nil {
		return meter.Figures{}, false
	}
	tally.Ask() // not locked, as in Wire
	return tally.Figures(), true
}
