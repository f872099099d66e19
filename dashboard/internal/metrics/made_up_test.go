package metrics

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/hub"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/webhook"
)

// hostile is a name that somebody on the host may choose: it must end in a label as it is.
const hostile = "a\"b\\c\nd}{e=\"1\" 2\n# TYPE x counter"

func exporter(t testing.TB) *Exporter {
	e := New(slog.New(slog.NewTextHandler(t.Output(), nil)))
	e.linux, e.goVersion = true, "go1.26"
	return e
}

var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func madeUpFacts() Facts {
	return Facts{
		Now:     start.Add(1500 * time.Millisecond),
		Age:     500 * time.Millisecond,
		Version: "v1.2.3",
		Hub:     hub.Stats{Subscriptions: 3, Published: 42, Delivered: 120, Thinned: 4, Dropped: 2, Backlog: 40, BacklogBytes: 200_000},
		Viewers: map[string]int{"longpolling": 0, "streaming": 0, "sse": 2, "websocket": 1},
		Wire: map[string]meter.Totals{
			"polling": {Requests: 10, Connections: 1, Messages: 9, In: 2000, Out: 50_000},
			"sse":     {Requests: 2, Connections: 2, Messages: 84, In: 300, Out: 430_000},
		},
		GCs: 7,
		Alerts: []alert.State{
			{Rule: "cpu-pressure", State: alert.OK}, {Rule: "too-hot", State: alert.Off}, {Rule: "unit-failed", State: alert.Unknown},
			{Rule: "filesystem-full", State: alert.Firing, Silenced: 1, Alerts: []alert.Alert{{State: alert.Firing}, {State: alert.Pending}, {State: alert.Firing}}},
		},
		Notices: &webhook.State{Sent: 3, Dropped: 1, Waiting: 2},
	}
}

func table(pairs ...any) collector.Table {
	var t collector.Table
	for i := 0; i < len(pairs); i += 2 {
		t.Names = append(t.Names, pairs[i].(string))
		switch value := pairs[i+1].(type) {
		case int:
			t.Values = append(t.Values, uint64(value))
		case uint64:
			t.Values = append(t.Values, value)
		}
	}
	return t
}

// madeUp has every part of a snapshot, and some of everything unknown.
func madeUp() *collector.Snapshot {
	const gib uint64 = 1 << 30 // more of them than an int has on 32 bits
	known := collector.Known
	stall := func(some, full float64) *collector.Stall {
		return &collector.Stall{SomeSeconds: known(some), FullSeconds: known(full)}
	}
	return &collector.Snapshot{
		At:       start,
		Interval: known(1),
		Uptime:   known(93784),
		Host: &collector.Host{Hostname: "mon", OS: "linux", Kernel: "6.1.0-18-amd64", Arch: "amd64", CPUs: 2, Booted: start.Add(-93784 * time.Second),
			Clock: &collector.Clock{Synchronised: true, Offset: -0.0015, Frequency: 1.000012, MaxError: 0.0025, Error: 40e-6, Tick: 0.01, TimeConstant: 7, TAI: 37, Status: 0x2001}},
		Verdict: &collector.Verdict{State: "busy", Resource: "io", Text: "I/O-bound", Since: start.UnixMilli() - 42_000},
		CPU: &collector.CPU{
			Running: known(2), Blocked: known(0),
			Cores: []collector.Core{
				{Name: "cpu0", Seconds: collector.CPUSeconds{User: 100.5, Nice: 1, System: 30.25, Idle: 90000, IOWait: 12, SoftIRQ: 3.5, Steal: 0.5, Guest: 4, GuestNice: 0.25}},
				{Name: "cpu3", Seconds: collector.CPUSeconds{User: 80, Idle: 91000}},
				{Name: "cpu4"}, // not told
			},
			Totals: collector.CPUTotals{ContextSwitches: known(123456789), Interrupts: known(4567), Forks: known(890)},
		},
		Frequency: &collector.Frequency{Cores: []collector.CoreFrequency{
			{Name: "cpu0", Now: known(2.4e9), Min: known(8e8), Max: known(3.5e9)}, {Name: "cpu3", Now: known(8e8)},
		}},
		Load:     &collector.Load{One: 0.5, Five: 0.75, Fifteen: 1},
		Pressure: &collector.Pressure{CPU: stall(20.5, 0), Memory: stall(1.5, 0.5), IO: stall(40, 16.25), IRQ: &collector.Stall{FullSeconds: known(0.125)}},
		Memory: &collector.Memory{Total: 16 << 30, Available: 9 << 30, Free: 2 << 30, ARC: known(1 << 30), Kernel: table(
			"MemTotal", 16*gib, "MemFree", 2*gib, "MemAvailable", 9*gib, "Buffers", 1<<28, "Cached", 4*gib, "SwapCached", 4096,
			"Active(anon)", 3*gib, "Inactive(file)", 1*gib, "SwapTotal", 2*gib, "SwapFree", 1*gib, "SReclaimable", 1<<27, "Slab", 1<<28,
			"PageTables", 1<<24, "HardwareCorrupted", 0, "HugePages_Total", 8, "Hugepagesize", 2<<20, "DirectMap4k", 1<<25)},
		Swap:    &collector.Swap{Total: 2 << 30, Used: 1 << 30, Free: 1 << 30},
		Paging:  &collector.Paging{Kernel: table("pgpgin", 1000, "pgpgout", 2000, "pswpin", 0, "pswpout", 1, "pgfault", 9999, "pgmajfault", 11, "oom_kill", 2)},
		Handles: &collector.Handles{Allocated: 2048, Maximum: 9223372036854775807},
		Sockets: &collector.Sockets{Conntrack: known(17), ConntrackLimit: known(262144),
			Softnet: []collector.Softnet{{CPU: 0, Processed: 15330186, Dropped: 3, Squeezed: 2}, {CPU: 3, Processed: 2300419}},
			Netstat: table("Ip_Forwarding", 1, "Icmp_InMsgs", 6, "Tcp_CurrEstab", 12, "Tcp_RetransSegs", 30,
				"Tcp_InErrs", 0, "Udp_InDatagrams", 77, "Udp6_NoPorts", 1, "UdpLite_InErrors", 0, "TcpExt_ListenDrops", 3,
				"IpExt_InOctets", 123456, "IpExt_OutOctets", 654321),
			Sockstat: table("sockets_used", 230, "TCP_inuse", 12, "TCP_orphan", 0, "TCP_tw", 5, "TCP_alloc", 14, "TCP_mem", 3, "TCP_mem_bytes", 3*4096, "UDP6_inuse", 2, "FRAG_memory", 0)},
		Disks: []collector.Disk{
			{Name: "nvme0n1", Kind: "disk", Totals: collector.DiskTotals{ReadBytes: 1 << 30, WrittenBytes: 2 << 30, DiscardedBytes: 1 << 20, Reads: 1000, ReadsMerged: 10,
				Writes: 2000, WritesMerged: 20, Discards: 30, DiscardsMerged: 3, Flushes: 40, ReadSeconds: 1.5, WriteSeconds: 2.5, DiscardSeconds: 0.5,
				FlushSeconds: 0.25, BusySeconds: 3.75, WeightedSeconds: 4.75, InFlight: 1, HasDiscards: true, HasFlushes: true}},
			{Name: "sda", Kind: "disk", Totals: collector.DiskTotals{Reads: 1, ReadBytes: 512}},
		},
		Filesystems: []collector.Filesystem{
			{Mount: "/", Device: "/dev/nvme0n1p2", Type: "ext4", Total: 100 << 30, Free: 50 << 30, Available: 45 << 30, InodesTotal: 6_553_600, InodesUsed: 100_000},
			{Mount: "/srv/photos & " + hostile, Device: "/dev/sda1", Type: "xfs", Total: 4 << 40, Free: 1 << 40, Available: 1 << 40, ReadOnly: true},
			{Mount: "/mnt/gone", Device: "server:/export", Type: "nfs4", Total: 1 << 40, Remote: true, Stale: true},
		},
		Networks: []collector.Network{
			{Name: "eth0", State: "up", Speed: known(125_000_000), MTU: known(1500), Carrier: known(1), Totals: collector.NetworkTotals{
				ReceiveBytes: 1 << 40, ReceivePackets: 1000, ReceiveErrors: 1, ReceiveDrops: 2, TransmitBytes: 1 << 30, TransmitPackets: 2000, TransmitErrors: 3, TransmitDrops: 4,
				ReceiveFIFO: known(0), ReceiveFrame: known(5), ReceiveCompressed: known(0), ReceiveMulticast: known(6),
				TransmitFIFO: known(0), TransmitCollisions: known(7), TransmitCarrier: known(8), TransmitCompressed: known(0)}},
			{Name: "lo", MTU: known(65536), Totals: collector.NetworkTotals{ReceiveBytes: 4096, TransmitBytes: 4096}},
			{Name: "tun\xff0"}, // not UTF-8, not told
		},
		Sensors: []collector.Sensor{
			{ID: "x/temp1", Chip: "coretemp", Label: "Package id 0", Kind: "temperature", Value: known(45.5), High: known(80), Critical: known(100), Device: "platform_coretemp_0", Input: "temp1"},
			{ID: "x/temp2", Chip: "coretemp", Label: "temp2", Kind: "temperature", Value: known(44), Device: "platform_coretemp_0", Input: "temp2"},
			{ID: "y/fan1", Chip: "NCT-6775", Label: "fan1", Kind: "fan", Value: known(1200), Device: "platform_nct6775_656", Input: "fan1"},
			{ID: "v/temp1", Chip: "acpitz", Label: "acpitz", Kind: "temperature", Value: known(27.5), Critical: known(105), Device: "thermal_zone0", Input: "temp1"},
			{ID: "z", Kind: "temperature", Value: known(30)}, // of another system
		},
		Batteries: []collector.Battery{{Name: "BAT0", State: "discharging", Charge: known(0.75), Power: known(12.5), Left: known(3600)}},
		GPUs: []collector.GPU{{ID: "GPU-1", Name: "A100", Busy: known(0.5), MemoryUsed: known(1 << 30), MemoryTotal: known(40 << 30),
			Temperature: known(60), Power: known(200), PowerLimit: known(400)}},
		Processes: &collector.Processes{Total: 187, Threads: 420, Running: 2, Waiting: 1, Zombies: 1},
		Units: &collector.Units{Total: 30, Top: []collector.Unit{
			{Name: "postgresql.service", CPU: known(0.5), Memory: known(1 << 28), Tasks: known(12), OOMKills: known(0)}, {Name: "cron.service", Memory: known(1 << 20)}}},
		Container: &collector.Cgroup{Name: "app", Path: "/", Version: "v2", CPULimit: known(2), CPU: known(0.25), Throttled: known(0.125), CPUs: known(4),
			MemoryLimit: known(512 << 20), MemoryHigh: known(400 << 20), MemoryPressed: known(0.5), WorkingSet: known(100 << 20), Memory: known(128 << 20), Anonymous: known(64 << 20), File: known(32 << 20),
			Peak: known(200 << 20), Swap: known(0), HighEvents: known(1), LimitEvents: known(2), OOMKills: known(3), Tasks: known(12), TasksLimit: known(100),
			Pressure: &collector.Pressure{CPU: stall(3, 1), Memory: stall(0.5, 0.25)}},
		Neighbours: []collector.Cgroup{{Name: "web", Path: "/web", Version: "v2", PID: 12, CPU: known(0.5), Memory: known(1 << 20), Pressure: &collector.Pressure{IO: stall(7, 6)}},
			{Name: "db", Path: "/db", Version: "v2", CPU: known(1.5), MemoryLimit: known(1 << 30)}},
		Self: &collector.Self{CPU: known(0.01), Memory: 14 << 20, Heap: 3 << 20, Goroutines: 23, Descriptors: known(18), MaxDescriptors: known(1024),
			Totals: collector.SelfTotals{CPUSeconds: 1.25, Virtual: known(1 << 30), Started: start.Add(-time.Hour)}},
		Sources: []collector.SourceState{
			{Name: "filesystems", Error: "filesystem /mnt/gone: no answer for 3s", Age: known(0.5), Partial: true},
			{Name: "load", Error: "read load: torn"},
			{Name: "users", Error: "no utmp", Missing: true},
		},
	}
}
