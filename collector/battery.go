package collector

import (
	"context"
)

// Battery is one of a laptop or of an uninterruptible power supply.
type Battery struct {
	Name   string `json:"name"`
	State  string `json:"state"`  // "charging", "discharging", "full", "not charging" or "unknown"
	Charge Number `json:"charge"` // ratio
	Power  Number `json:"power"`  // watts in or out
	Left   Number `json:"left"`   // seconds until it is empty or full, at this power
}

func batterySource(r roots) Source {
	return Source{Name: "batteries", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
