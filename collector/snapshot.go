package collector

import (
	"math"
	"strconv"
	"time"
)

// A Snapshot is all readings of one tick. Its JSON is the data of a message: the field names are public API.
//
// Units are the base ones: bytes, seconds, ratios between 0 and 1 (a process's CPU may pass 1: it counts cores).
// A rate is per second of monotonic time. A part that was never read is absent; a part whose last read failed
// keeps its last good value and is named in Sources.
type Snapshot struct {
	// At is when the tick was due by the wall clock. A message carries it in its envelope.
	At time.Time `json:"-"`
	// Host holds the facts that hardly change; they are served apart and not repeated in every message.
	Host *Host `json:"-"`

	// Interval is the monotonic time since the snapshot before was due, in seconds; unknown in the first snapshot.
	Interval Number `json:"interval"`
	// Uptime is the time since the host booted, in seconds.
	Uptime Number `json:"uptime"`

	CPU         *CPU          `json:"cpu,omitempty"`
	Load        *Load         `json:"load,omitempty"`
	Memory      *Memory       `json:"memory,omitempty"`
	Swap        *Swap         `json:"swap,omitempty"`
	Disks       []Disk        `json:"disks,omitempty"`
	Filesystems []Filesystem  `json:"filesystems,omitempty"`
	Networks    []Network     `json:"networks,omitempty"`
	Processes   *Processes    `json:"processes,omitempty"`
	Self        *Self         `json:"self,omitempty"`
	Sources     []SourceState `json:"sources,omitempty"`
}

// Host is what a machine is, as opposed to what it does.
type Host struct {
	Hostname string    `json:"hostname"`
	OS       string    `json:"os"`       // linux, darwin, windows, …: Go's GOOS
	Platform string    `json:"platform"` // the distribution as it names itself, "Debian GNU/Linux 12 (bookworm)"
	Kernel   string    `json:"kernel"`   // release, "6.1.0-18-amd64"
	Arch     string    `json:"arch"`     // Go's GOARCH
	CPUModel string    `json:"cpu_model"`
	CPUs     int       `json:"cpus"` // logical
	Booted   time.Time `json:"booted"`
}

// CPUTimes is where processor time went since the tick before, as ratios that sum to 1.
// Guest time is inside user and nice, as the kernel counts it (proc_stat(5)), and shown nowhere twice.
type CPUTimes struct {
	Busy    Number `json:"busy"` // 1 - idle - iowait
	User    Number `json:"user"`
	Nice    Number `json:"nice"`
	System  Number `json:"system"`
	Idle    Number `json:"idle"`
	IOWait  Number `json:"iowait"`
	IRQ     Number `json:"irq"`
	SoftIRQ Number `json:"softirq"`
	Steal   Number `json:"steal"`
}

// CPU is the processors together and each by itself.
type CPU struct {
	CPUTimes
	Cores []Core `json:"cores"`
}

// Core is one logical processor. Names have gaps where cores are offline.
type Core struct {
	Name string `json:"name"` // "cpu0"
	CPUTimes
}

// Load is the kernel's run-queue averages over 1, 5 and 15 minutes (proc_loadavg(5)); not a ratio.
type Load struct {
	One     float64 `json:"one"`
	Five    float64 `json:"five"`
	Fifteen float64 `json:"fifteen"`
}

// Memory is physical memory in bytes. Used is Total - Available: what programs cannot get back by dropping caches.
type Memory struct {
	Total     uint64 `json:"total"`
	Available uint64 `json:"available"`
	Used      uint64 `json:"used"`
	Free      uint64 `json:"free"`
	Buffers   uint64 `json:"buffers"`
	Cached    uint64 `json:"cached"` // page cache and reclaimable slab
	Shared    uint64 `json:"shared"` // tmpfs and shared memory; inside Cached
}

// Swap is swap space in bytes; all zero where there is none.
type Swap struct {
	Total uint64 `json:"total"`
	Used  uint64 `json:"used"`
	Free  uint64 `json:"free"`
}

// Disk is the traffic of one whole block device.
type Disk struct {
	Name      string `json:"name"`
	ReadRate  Number `json:"read_rate"`  // bytes per second
	WriteRate Number `json:"write_rate"` // bytes per second
	Reads     Number `json:"reads"`      // requests per second
	Writes    Number `json:"writes"`     // requests per second
	Busy      Number `json:"busy"`       // ratio of time with a request in flight
}

// Filesystem is one mounted filesystem, with df's numbers.
type Filesystem struct {
	Mount       string `json:"mount"`
	Device      string `json:"device"`
	Type        string `json:"type"`
	Total       uint64 `json:"total"`
	Used        uint64 `json:"used"`
	Available   uint64 `json:"available"`  // to an unprivileged user
	UsedRatio   Number `json:"used_ratio"` // used / (used + available), as df prints it
	InodesTotal uint64 `json:"inodes_total"`
	InodesUsed  uint64 `json:"inodes_used"`
	ReadOnly    bool   `json:"read_only"`
}

// Network is the traffic of one interface.
type Network struct {
	Name            string `json:"name"`
	Virtual         bool   `json:"virtual"`       // loopback, bridge, veth and the like: not a way out of the host
	ReceiveRate     Number `json:"receive_rate"`  // bytes per second
	TransmitRate    Number `json:"transmit_rate"` // bytes per second
	ReceivePackets  Number `json:"receive_packets"`
	TransmitPackets Number `json:"transmit_packets"`
	ReceiveErrors   Number `json:"receive_errors"`
	TransmitErrors  Number `json:"transmit_errors"`
	ReceiveDrops    Number `json:"receive_drops"`
	TransmitDrops   Number `json:"transmit_drops"`
}

// Processes counts them all and lists those at the top by CPU and by memory, most CPU first.
type Processes struct {
	Total int       `json:"total"`
	Top   []Process `json:"top"`
}

// Process is one running process. PID and Started together are its identity: a PID alone is used again.
type Process struct {
	PID     int32  `json:"pid"`
	Name    string `json:"name"`   // the kernel's command name; any bytes made valid UTF-8
	User    string `json:"user"`   // effective user: name, or the number where it has none, or "" when it ended meanwhile
	State   string `json:"state"`  // running, sleeping, waiting (mostly for a disk), idle, stopped, traced, zombie, dead; "" where unknown
	CPU     Number `json:"cpu"`    // cores in use over the interval: 1 is one core
	Memory  uint64 `json:"memory"` // resident set in bytes
	Threads int32  `json:"threads"`
	Started int64  `json:"started"` // Unix milliseconds
}

// Self is what this process costs.
type Self struct {
	CPU         Number `json:"cpu"`    // cores in use
	Memory      uint64 `json:"memory"` // resident set in bytes
	Goroutines  int    `json:"goroutines"`
	Descriptors Number `json:"descriptors"` // open files and sockets
}

// SourceState says why a source's part of this snapshot is old, missing or incomplete. Healthy sources are not listed.
type SourceState struct {
	Name  string `json:"name"`
	Error string `json:"error"`
	// Age is how old the part shown is, in seconds; unknown when there is none.
	Age Number `json:"age"`
	// Partial means that the part shown is from the last read, and that some of it is missing.
	Partial bool `json:"partial,omitempty"`
}

// A Number is a finite, non-negative reading, or unknown. The zero Number is unknown, and its JSON is null.
type Number struct {
	value float64
	known bool
}

// Known is the Number v; NaN, infinities and negative values become unknown.
func Known(v float64) Number {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return Number{}
	}
	return Number{value: math.Abs(v), known: true} // Abs: there is a negative zero
}

// Get returns the value, and whether it is known.
func (n Number) Get() (v float64, ok bool) { return n.value, n.known }

// MarshalJSON writes at most four decimals below 100 and one above: finer than anything on a screen, and a third
// of the bytes of a full float.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	scale := 1e4
	if n.value >= 100 {
		scale = 10
	}
	v := n.value
	if v < 1e15 {
		v = math.Round(v*scale) / scale
	}
	return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number{}
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	*n = Known(v)
	return nil
}
