package fanout

import "github.com/fivewire/fivewire/dashboard/internal/meter"

// A probe asks about a line from outside of its shard.
type probe struct {
	shard *shard
	line  *line
}

// Reading is meter.Probe's. It waits for whoever works on the shard: a descriptor that is closed may be another's.
func (p probe) Reading() (r meter.Reading, ok bool) {
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	if !p.shard.has(p.line) {
		return r, false
	}
	return p.line.Reading()
}

// probed says how the kernel can be asked about a line, if it ever will be.
func (s *shard) probed(l *line) {
	if c := l.caller(); c == nil {
		if l.Account.Named() {
			l.Account.Probe(probe{s, l})
		}
	} else if c.Named() {
		c.Parked(probe{s, l})
	}
}
