package collector

import (
	"time"
)

// Units is what the services of systemd cost, from their control groups.
type Units struct {
	Total int    `json:"total"`
	Top   []Unit `json:"top"` // by CPU and by memory, most CPU first
}

// Unit is one service or scope of systemd, with all that is below it: a user's manager counts with that user's
// services. Slices are left out: they are the sums of these.
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
	reader := newUnitReader(r)
	return Source{Name: "units", Every: 5 * time.Second, Idle: 30 * time.Second, Read: reader.read}
}
