package collectortest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/fivewire/fivewire/collector"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

// Start is when snapshot 0 was due; the others follow one second after the other.
func Start() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Snapshot is number n of a busy little server, n = 0, 1, 2, …: 4 cores, 2 disks with a volume on them, 4 filesystems, 3 interfaces and 20
// of its 187 processes. Nothing in it is shared with another one.
func Snapshot(n int) collector.Snapshot {
	cores := make([]collector.Core, 4)
	var all [8]float64
	for i := range cores {
		spent := cpuSpent(n, i)
		for j, v := range spent {
			all[j] += v / float64(len(cores))
		}
		cores[i] = collector.Core{Name: "cpu" + string(rune('0'+i)), CPUTimes: cpuTimes(spent), Seconds: cpuSeconds(n, spent)}
	}
	used := step(n, 5*gib, 6*gib, 9*gib, 7*gib)
	swapped := step(n, 0, 64*mib, 512*mib)
	return collector.Snapshot{
		At:       Start().Add(time.Duration(n) * time.Second),
		Host:     host(),
		Interval: known(1),
		Uptime:   known(float64(93784 + n)),
		Verdict:  verdict(n),
		Scopes:   scopes(),
		CPU: &collector.CPU{CPUTimes: cpuTimes(all), Cores: cores, ContextSwitches: known(wave(n, 30, 800, 9000)),
			Interrupts: known(wave(n, 30, 500, 4000)), Forks: known(wave(n, 50, 0, 40)), Running: known(float64(1 + n%3)),
			Blocked: known(float64(n / 10 % 2)), Totals: collector.CPUTotals{ContextSwitches: counter(n, 9000),
				Interrupts: counter(n, 4000), Forks: counter(n, 20)}},
		Frequency: frequency(n),
		Load:      &collector.Load{One: hundredths(wave(n, 60, 0.4, 3.6)), Five: hundredths(wave(n, 300, 0.8, 2.4)), Fifteen: 1.5},
		Memory: &collector.Memory{Total: 16 * gib, Available: 16*gib - used, Used: used, Free: 2 * gib, Buffers: 256 * mib,
			Cached: 14*gib - 256*mib - used, Shared: 128 * mib, Anonymous: known(float64(used - 700*mib)),
			SlabReclaimable: known(310 * mib), SlabUsed: known(140 * mib), KernelStacks: known(9 * mib), PageTables: known(41 * mib),
			Dirty: known(wave(n, 20, 0, 30*mib)), Committed: known(11 * gib), CommitLimit: known(10 * gib), HugeTotal: known(0),
			HugeFree: known(0), Kernel: meminfo(used, swapped)},
		Swap:   &collector.Swap{Total: 2 * gib, Used: swapped, Free: 2*gib - swapped},
		Paging: paging(n),
		Disks: []collector.Disk{
			disk(n, "nvme0n1", "disk", "TEST SSD 1TB", true, wave(n, 30, 0, 60*mib), wave(n, 45, 1*mib, 25*mib)),
			disk(n, "sda", "disk", "", true, 0, wave(n, 20, 0, 4*mib)),
			disk(n, "dm-0", "dm", "vg0-root", false, wave(n, 30, 0, 55*mib), wave(n, 45, 1*mib, 20*mib)),
		},
		HiddenMounts: []collector.HiddenMounts{{Reason: "kernel interface (proc, sysfs, cgroup …)", Count: 23},
			{Reason: "read-only image, always full", Count: 4}},
		Filesystems: []collector.Filesystem{
			filesystem("/", "/dev/nvme0n1p2", "ext4", 100*gib, 42*gib+uint64(n)*mib, false),
			filesystem("/boot/efi", "/dev/nvme0n1p1", "vfat", 512*mib, 6*mib, true),
			filesystem("/srv/photos & films", "/dev/sda1", "xfs", 4096*gib, 3950*gib, false),
			{Mount: "/mnt/nas", Device: "nas:/export", Type: "nfs4", Remote: true, Stale: true, Total: 8192 * gib, Used: 1024 * gib,
				Available: 7168 * gib, Free: 7168 * gib, UsedRatio: known(0.125)},
		},
		Networks: []collector.Network{
			network(n, "lo", true, wave(n, 10, 0, 64<<10), wave(n, 10, 0, 64<<10)),
			network(n, "eth0", false, wave(n, 40, 20<<10, 12*mib), wave(n, 25, 10<<10, 3*mib)),
			network(n, "docker0", true, wave(n, 40, 0, 1*mib), wave(n, 25, 0, 1*mib)),
		},
		Sockets:    sockets(n),
		Handles:    &collector.Handles{Allocated: 2144, Maximum: 1 << 20},
		Pressure:   pressure(n),
		Sensors:    sensors(n),
		GPUs:       gpus(n),
		Processes:  &collector.Processes{Total: 187, Threads: 412, Running: 3, Waiting: 1, Zombies: 1, Top: processes(n)},
		Units:      units(n),
		Users:      []collector.User{{Name: "ann", Terminal: "pts/0", From: "203.0.113.9", Since: Start().UnixMilli() - 3600_000}},
		Container:  container(n),
		Neighbours: neighbours(n),
		Self: &collector.Self{CPU: known(wave(n, 60, 0.001, 0.004)), Memory: 14 * mib, Heap: 3 * mib, Goroutines: 23,
			Descriptors: known(float64(18 + n%3)), MaxDescriptors: known(20000), GCs: known(0.05), Totals: collector.SelfTotals{
				CPUSeconds: 12.5 + float64(n)/256, Virtual: known(1 * gib), Started: Start().Add(-time.Hour)}},
	}
}

func known(v float64) collector.Number { return collector.Known(v) }

// wave goes from low up to high and down again within a number of snapshots. It is rounded, and the products are
// converted, because processors differ in the last bit of a cosine and in whether they add to a product unrounded.
func wave(n int, period, low, high float64) float64 {
	height := math.Round((1-math.Cos(2*math.Pi*float64(n)/period))/2*1e6) / 1e6
	return low + float64((high-low)*height)
}

// step stays at each level for ten snapshots.
func step(n int, levels ...uint64) uint64 { return levels[n/10%len(levels)] }

func hundredths(v float64) float64 { return math.Round(v*100) / 100 }

// cpuSpent is a core's user, nice, system, idle, iowait, irq, softirq and steal; they sum to 1.
func cpuSpent(n, core int) [8]float64 {
	busy := wave(n+7*core, 60, 0.02, 0.7+float64(0.07*float64(core)))
	iowait := wave(n+3*core, 45, 0, 0.08)
	return [8]float64{busy * 0.7, busy * 0.02, busy * 0.22, 1 - busy - iowait, iowait, 0, busy * 0.04, busy * 0.02}
}

func cpuTimes(spent [8]float64) collector.CPUTimes {
	return collector.CPUTimes{
		Busy: known(1 - spent[3] - spent[4]), User: known(spent[0]), Nice: known(spent[1]), System: known(spent[2]),
		Idle: known(spent[3]), IOWait: known(spent[4]), IRQ: known(spent[5]), SoftIRQ: known(spent[6]), Steal: known(spent[7]), Guest: known(0),
	}
}

func host() *collector.Host {
	return &collector.Host{Hostname: "test-host", OS: "linux", Platform: "Debian GNU/Linux 12 (bookworm)",
		Kernel: "6.1.0-18-amd64", Arch: "amd64", CPUModel: "Test CPU @ 2.50GHz", CPUs: 4, Booted: Start().Add(-93784 * time.Second)}
}

func disk(n int, name, kind, label string, counted bool, read, write float64) collector.Disk {
	const request = 16 << 10
	busy := min((read+write)/(100*mib), 1)
	d := collector.Disk{Name: name, Kind: kind, Label: label, Counted: counted, ReadRate: known(read), WriteRate: known(write),
		Reads: known(read / request), Writes: known(write / request), Busy: known(busy), Queue: known(3 * busy),
		WriteTime: known(0.0004 + busy/128), Totals: collector.DiskTotals{ReadBytes: sum(n, 30*mib), WrittenBytes: sum(n, 12*mib),
			Reads: sum(n, 1920), Writes: sum(n, 768), WritesMerged: sum(n, 100), ReadSeconds: float64(sum(n, 1)) / 8,
			WriteSeconds: float64(sum(n, 1)) / 16, BusySeconds: float64(sum(n, 1)) / 4, WeightedSeconds: float64(sum(n, 1)) / 2}}
	if read > 0 {
		d.ReadTime = known(0.0002 + busy/256)
	}
	return d
}

// filesystem keeps a twentieth for root, as ext4 does.
func filesystem(mount, device, fstype string, total, used uint64, readOnly bool) collector.Filesystem {
	available := total - min(used+total/20, total)
	return collector.Filesystem{Mount: mount, Device: device, Type: fstype, Total: total, Used: used, Available: available, Free: total - used,
		UsedRatio: known(float64(used) / float64(used+available)), InodesTotal: total / (16 << 10),
		InodesUsed: used / (64 << 10), ReadOnly: readOnly}
}

func network(n int, name string, virtual bool, receive, transmit float64) collector.Network {
	state, speed := "up", known(125e6)
	if virtual {
		state, speed = "unknown", collector.Number{}
	}
	return collector.Network{Name: name, Virtual: virtual, State: state, Speed: speed, ReceiveRate: known(receive), TransmitRate: known(transmit),
		ReceivePackets: known(receive / 900), TransmitPackets: known(transmit / 900), ReceiveErrors: known(0),
		TransmitErrors: known(0), ReceiveDrops: known(0), TransmitDrops: known(0), MTU: known(1500), Carrier: known(1),
		Totals: collector.NetworkTotals{ReceiveBytes: sum(n, 6*mib), TransmitBytes: sum(n, 1*mib), ReceivePackets: sum(n, 6990),
			TransmitPackets: sum(n, 1165), ReceiveMulticast: known(7)}}
}

// processes makes a different one the busiest every ten snapshots.
func processes(n int) []collector.Process {
	var list []collector.Process
	for i, p := range []struct{ name, user, state string }{
		{"systemd", "root", "sleeping"}, {"postgres", "postgres", "waiting"}, {"postgres", "postgres", "sleeping"},
		{"nginx", "www-data", "sleeping"}, {"nginx", "www-data", "running"}, {"fivewire", "fivewire", "running"},
		{"dockerd", "root", "sleeping"}, {"containerd", "root", "sleeping"}, {"java", "1001", "sleeping"},
		{"node", "app", "running"}, {"redis-server", "redis", "sleeping"}, {"sshd", "root", "sleeping"},
		{"tmux: server", "ann", "sleeping"}, {"(sd-pam)", "ann", "sleeping"}, {"<img src=x>", "ann", "stopped"},
		{"\"a\" & 'b'", "ann", "sleeping"}, {"数据 ➜ \uFFFD", "ann", "sleeping"}, {"kworker/0:1-eve", "root", "idle"},
		{"defunct", "app", "zombie"}, {"a.very.long.na", "app", "sleeping"},
	} {
		memory := uint64(400-19*i) * mib
		if p.state == "idle" || p.state == "zombie" {
			memory = 0
		}
		cpu := wave(n+3*i, 60, 0, 0.06*float64(i%7))
		if i == n/10%12 {
			cpu = 1.25
		}
		list = append(list, collector.Process{PID: int32(1 + 97*i), Name: p.name, User: p.user, State: p.state,
			CPU: known(hundredths(cpu)), Memory: memory, Threads: int32(1 + i%5),
			Started: Start().UnixMilli() - int64(90000-1000*i)*1000, Parent: int32(min(i, 1)), Command: command(p.name),
			Service: service(p.name), ReadRate: known(wave(n+i, 30, 0, float64(i%3)*mib)), WriteRate: known(wave(n+i, 45, 0, float64(i%2)*mib))})
	}
	slices.SortStableFunc(list, func(a, b collector.Process) int {
		x, _ := a.CPU.Get()
		y, _ := b.CPU.Get()
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(b.Memory, a.Memory))
	})
	return list
}
