package collector

import (
	"context"
)

// Units is what the services of systemd cost, from their cgroups.
type Units struct {
	Total int    `json:"total"`
	Top   []Unit `json:"top"` // by CPU and by memory, most CPU first
}

// Unit is one service, scope or slice of systemd with processes in it.
type Unit struct {
	Name      string `json:"name"` // "postgresql.service"
	CPU       Number `json:"cpu"`  // cores in use
	Memory    Number `json:"memory"`
	Tasks     Number `json:"tasks"` // processes and threads
	ReadRate  Number `json:"read_rate"`
	WriteRate Number `json:"write_rate"`
	OOMKills  Number `json:"oom_kills"`
}

func unitSource(r roots) Source {
	return Source{Name: "units", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
