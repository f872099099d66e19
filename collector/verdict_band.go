package collector

import "strings"

// A band is processes that are one program, or in one container or service: what is spread over many is at fault as one
// that does it alone. The zero band is none.
type band struct {
	name     string
	isPlace  bool // a container's or a service's, whatever its processes are called
	n        int  // of those that do something
	cores    float64
	children float64 // of these, by children that have ended
}

const (
	// idleProcess is what one uses at most, in cores, that is not counted to a band.
	idleProcess = 0.01
	// outweighs is how many times as much as the process at the top a band must use to be named instead, and stillDoes
	// how many times to go on being named: the two do not take turns.
	outweighs = 1.5
	stillDoes = 1.2
	// isSecond is how much of what the first uses another program must use to be named beside it, and staysSecond how much
	// to go on being named.
	isSecond    = 0.5
	staysSecond = 0.4
)

// A user uses the processors: it is a band, or one process, which is a band of its own.
type user struct {
	band
	process *Process
}

func userOf(p *Process) user {
	return user{band{name: p.Name, n: 1, cores: scoreCPU(nil, p), children: p.ChildrenCPU.value}, p}
}

// pickSecond is the program of another name that uses most beside the first, if that is much; the zero user where it is
// not, and beside a place, which many may be in.
func (p *past) pickSecond(s *Snapshot, first user) user {
	before := p.second
	p.second = ""
	if first.isPlace {
		return user{}
	}
	var best, same user // of each the largest process, for now
	for i := range s.Processes.Top {
		t := &s.Processes.Top[i]
		if t.Name == "" || t.Name == first.name || scoreCPU(nil, t) < idleProcess {
			continue
		}
		b := bandOf(s.Processes.Top, i, false)
		if b.cores > best.cores || b.cores == best.cores && scoreCPU(nil, t) > scoreCPU(nil, best.process) {
			best = user{b, t}
		}
		if t.Name == before && (b.cores > same.cores || b.cores == same.cores && scoreCPU(nil, t) > scoreCPU(nil, same.process)) {
			same = user{b, t}
		}
	}
	if same.n > 0 && same.cores >= 0.8*best.cores {
		best = same
	}
	least := isSecond
	if best.name == before {
		least = staysSecond
	}
	if best.n == 0 || best.cores < least*first.cores {
		return user{}
	}
	p.second = best.name
	if alone := userOf(best.process); best.cores < alone.cores*outweighs {
		return alone
	}
	return user{band: best.band}
}

// pickBand is the band that uses most, of those that use more than least: one of a name, or where there is none, one in a
// place. The one before stays as long as it uses nearly as much. There are some forty processes to compare with each other.
func (p *past) pickBand(s *Snapshot, least float64) (best band) {
	before := p.band
	p.band = band{}
	if s.Processes == nil || !isFresh(s, []string{"processes"}) {
		return band{}
	}
	for _, isPlace := range [2]bool{false, true} {
		var same band
		for i := range s.Processes.Top {
			b := bandOf(s.Processes.Top, i, isPlace)
			if b.n < 2 || b.cores <= least {
				continue
			}
			if b.cores > best.cores {
				best = b
			}
			if b.name == before.name && isPlace == before.isPlace && b.cores > same.cores {
				same = b
			}
		}
		if same.cores > 0 && same.cores >= 0.8*best.cores {
			best = same
		}
		if best.n > 0 {
			break
		}
	}
	p.band = best
	return best
}

// bandOf is that of the process i.
func bandOf(top []Process, i int, isPlace bool) (b band) {
	of := &top[i]
	b = band{name: of.Name, isPlace: isPlace}
	if isPlace {
		b.name = placeName(of)
	}
	if b.name == "" {
		return band{}
	}
	for j := range top {
		t := &top[j]
		cores := scoreCPU(nil, t)
		if cores < idleProcess || t.Container != of.Container || t.Service != of.Service && (!isPlace || t.Container == "") || !isPlace && t.Name != of.Name {
			continue
		}
		b.n++
		b.cores += cores
		b.children += t.ChildrenCPU.value
	}
	return b
}

// placeName is what a process's container or service is called; "" where it is in none, or in one that is whatever somebody
// who is logged in does.
func placeName(t *Process) string {
	switch {
	case t.Container != "":
		return t.Container
	case strings.HasSuffix(t.Service, ".service") && !strings.HasPrefix(t.Service, "user@"):
		return t.Service
	}
	return ""
}
