package collector

import (
	"context"
)

// A Scope is whose numbers a part has.
type Scope string

// The scopes there are. A part that no source fills has none.
const (
	ScopeHost      Scope = "host"      // the whole machine
	ScopeContainer Scope = "container" // what this process's namespaces or control group show
	ScopePod       Scope = "pod"       // namespaces shared with the apps beside it
)

// Scopes says for each part of a snapshot whose it is.
type Scopes struct {
	CPU         Scope `json:"cpu"`    // also frequency and load
	Memory      Scope `json:"memory"` // also swap and paging
	Pressure    Scope `json:"pressure"`
	Disks       Scope `json:"disks"`
	Filesystems Scope `json:"filesystems"`
	Networks    Scope `json:"networks"`
	Sockets     Scope `json:"sockets"`
	Processes   Scope `json:"processes"`
	Units       Scope `json:"units"`
	Uptime      Scope `json:"uptime"`
}

func scopeSource(r roots) Source {
	return Source{Name: "scopes", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
