package collector

import (
	"context"
)

// GPU is one graphics processor, as its driver's own tool tells.
type GPU struct {
	ID          string `json:"id"` // UUID
	Name        string `json:"name"`
	Busy        Number `json:"busy"` // ratio
	MemoryUsed  Number `json:"memory_used"`
	MemoryTotal Number `json:"memory_total"`
	Temperature Number `json:"temperature"` // degrees Celsius
	Power       Number `json:"power"`       // watts
	PowerLimit  Number `json:"power_limit"`
	Fan         Number `json:"fan"` // ratio
}

func gpuSource(r roots) Source {
	return Source{Name: "gpus", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
