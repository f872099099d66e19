package collector

import (
	"time"
)

// Cgroup is what one control group may use and does use: the one fivewire runs in, or that of an app beside it. A
// limit that is not there is unknown, and so is what its kernel or its version of control groups does not count
// (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/).
type Cgroup struct {
	Name    string `json:"name"`          // of the container (its short id), pod or unit; the path where it has none
	Path    string `json:"path"`          // below the hierarchy's root, as it is seen from here
	Version string `json:"version"`       // "v2", "v1" or "hybrid"
	PID     int32  `json:"pid,omitempty"` // of a neighbour: the process through which it was read

	CPULimit      Number `json:"cpu_limit"`      // cores: the least over the group and those above it that are seen
	CPU           Number `json:"cpu"`            // cores in use
	Throttled     Number `json:"throttled"`      // ratio of periods in which it was held back: the greatest over the group and those above it that are seen
	ThrottledTime Number `json:"throttled_time"` // seconds per second, summed over threads, of the group that Throttled is of
	CPUs          Number `json:"cpus"`           // processors it may run on

	MemoryLimit     Number `json:"memory_limit"`   // bytes: the least over the group and those above it that are seen
	MemoryHigh      Number `json:"memory_high"`    // bytes above which it is slowed down and has to give some back (memory.high): the least, too. A service may be kept there on purpose
	MemoryPressed   Number `json:"memory_pressed"` // ratio of working set to limit: the greatest over those groups. What else is in one above it counts there
	WorkingSet      Number `json:"working_set"`    // Memory less inactive file pages: what kubectl top shows, and what counts towards the limit in the end
	Memory          Number `json:"memory"`
	Anonymous       Number `json:"anonymous"`
	File            Number `json:"file"`
	Shared          Number `json:"shared"` // inside File
	SlabReclaimable Number `json:"slab_reclaimable"`
	Peak            Number `json:"peak"`
	Swap            Number `json:"swap"`
	HighEvents      Number `json:"high_events"`  // times that MemoryHigh was exceeded, since its group began
	LimitEvents     Number `json:"limit_events"` // times that MemoryLimit was met
	OOMKills        Number `json:"oom_kills"`

	Tasks      Number    `json:"tasks"` // processes and threads
	TasksLimit Number    `json:"tasks_limit"`
	ReadRate   Number    `json:"read_rate"` // devices made of others are left out: the bytes are counted below them
	WriteRate  Number    `json:"write_rate"`
	Pressure   *Pressure `json:"pressure,omitempty"`
}

// cgroupSource fills Container: with the control group of this process, whatever host the other sources look at. It
// is there where it means something: where the group or one above it has a limit of CPU or memory, or it is a container's.
func cgroupSource(roots) Source {
	return containerSource(roots{proc: "/proc", sys: "/sys", etc: "/etc", root: "/"})
}

func containerSource(self roots) Source {
	reader := newContainerReader(self)
	return Source{Name: "container", Every: time.Second, Read: reader.read}
}
