package fanout

func (g *shards) reroute(choose func(Owner) Through) {
	for _, s := range g.all {
		s.reroute(choose)
	}
}

func (s *shard) reroute(choose func(Owner) Through) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		if l == nil || l.stage != talking {
			continue
		}
		if c := l.caller(); c != nil {
			if _, idle := c.Due(); idle {
				continue
			}
		}
		if through := choose(l.Owner); through != nil {
			s.hand(l, through)
		}
	}
}

// hand gives a line to goroutines. mu is held.
func (s *shard) hand(l *line, through Through) {
	if !s.forget(l) {
		return
	}
	no := "" // what has been begun cannot be gone on with
	if l.Form == nil && !l.answering {
		no = NoRoom
	}
	conn, ok := l.connection(no)
	if !ok {
		l.reason = Fault
		l.finish()
		return
	}
	l.release, l.blocked, l.fd = nil, false, 0 // its connection has what it needs of that
	go func() { s.fanout.goOn(l, through(conn)) }()
}
