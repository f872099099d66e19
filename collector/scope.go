package collector

import (
	"time"
)

// A Scope is whose numbers a part has.
type Scope string

// The scopes there are.
const (
	ScopeHost      Scope = "host"      // the whole machine
	ScopeContainer Scope = "container" // what this process's namespaces or control group show
	ScopePod       Scope = "pod"       // namespaces shared with the apps beside it
)

// Scopes says for each part of a snapshot whose it is, if there is one. What has no field here is the whole machine's, as
// sensors are, or says itself what it is of, as containers do. In a container the kernel still counts
// processors, memory, pressure, disks and uptime for the whole machine, unless lxcfs is mounted over its files.
type Scopes struct {
	CPU         Scope `json:"cpu"`    // also frequency and load
	Memory      Scope `json:"memory"` // also swap and paging
	Pressure    Scope `json:"pressure"`
	Disks       Scope `json:"disks"`
	Filesystems Scope `json:"filesystems"`
	Networks    Scope `json:"networks"`
	Sockets     Scope `json:"sockets"`
	Processes   Scope `json:"processes"`
	Units       Scope `json:"units"` // "" where no systemd is in sight
	Users       Scope `json:"users"` // whose root had the logins: utmp(5), or the sessions of systemd-logind
	Uptime      Scope `json:"uptime"`
}

func scopeSource(r roots) Source {
	reader := newScopeReader(r)
	return Source{Name: "scopes", Every: time.Minute, Read: reader.read}
}

// A scopePart is all of them.
type scopePart struct {
	scopes Scopes
}

// AddTo shows them.
func (p *scopePart) AddTo(s *Snapshot) { s.Scopes = &p.scopes }
