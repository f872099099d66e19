package collector

import "time"

// A Snapshot is all readings of one tick. Its JSON is the data of a message: the field names are public API.
//
// Units are the base ones: bytes, seconds, hertz, ratios between 0 and 1 (a process's CPU may pass 1: it counts cores).
// A rate is per second of monotonic time. A part that was never read is absent; a part whose last read failed keeps
// its last good value and is named in Sources. Each part's shape is in the file of its source. What is marked
// json:"-" is for /metrics: counters as the kernel has them.
type Snapshot struct {
	// At is when the tick was due by the wall clock. A message carries it in its envelope.
	At time.Time `json:"-"`
	// Host holds the facts that hardly change; they are served apart and not repeated in every message.
	Host *Host `json:"-"`

	// Interval is the monotonic time since the snapshot before was due, in seconds; unknown in the first snapshot. The
	// time that the machine was suspended is no part of it.
	Interval Number `json:"interval"`
	// Suspended is for how long the machine was suspended since the snapshot before, in seconds; unknown where it was not.
	Suspended Number `json:"-"`
	// Uptime is the time since the host booted, in seconds.
	Uptime Number `json:"uptime"`
	// Verdict is what all of it comes to, in a sentence.
	Verdict *Verdict `json:"verdict,omitempty"`
	// Marks is what has happened since the snapshot before; none mostly.
	Marks []Mark `json:"marks,omitempty"`
	// Scopes says for each part whose it is.
	Scopes *Scopes `json:"scopes,omitempty"`

	CPU          *CPU           `json:"cpu,omitempty"`
	Frequency    *Frequency     `json:"frequency,omitempty"`
	Load         *Load          `json:"load,omitempty"`
	Pressure     *Pressure      `json:"pressure,omitempty"`
	Memory       *Memory        `json:"memory,omitempty"`
	Swap         *Swap          `json:"swap,omitempty"`
	Paging       *Paging        `json:"paging,omitempty"`
	Disks        []Disk         `json:"disks,omitempty"`
	Filesystems  []Filesystem   `json:"filesystems,omitempty"`
	HiddenMounts []HiddenMounts `json:"hidden_mounts,omitempty"`
	Networks     []Network      `json:"networks,omitempty"`
	Sockets      *Sockets       `json:"sockets,omitempty"`
	Handles      *Handles       `json:"handles,omitempty"`
	Sensors      []Sensor       `json:"sensors,omitempty"`
	Batteries    []Battery      `json:"batteries,omitempty"`
	GPUs         []GPU          `json:"gpus,omitempty"`
	Processes    *Processes     `json:"processes,omitempty"`
	Units        *Units         `json:"units,omitempty"`
	FailedUnits  *FailedUnits   `json:"failed_units,omitempty"`
	Users        []User         `json:"users,omitempty"`
	Container    *Cgroup        `json:"container,omitempty"`
	Neighbours   []Cgroup       `json:"neighbours,omitempty"`
	Self         *Self          `json:"self,omitempty"`
	Sources      []SourceState  `json:"sources,omitempty"`
}

// SourceState says why a source's part of this snapshot is old, missing or incomplete. Healthy sources are not listed.
type SourceState struct {
	Name  string `json:"name"`
	Error string `json:"error"`
	// Age is how old the part shown is, in seconds; unknown when there is none.
	Age Number `json:"age"`
	// Partial means that the part shown is from the last read, and that some of it is missing.
	Partial bool `json:"partial,omitempty"`
	// Missing means that this host has no such thing, or does not tell: nothing is wrong.
	Missing bool `json:"missing,omitempty"`
}
