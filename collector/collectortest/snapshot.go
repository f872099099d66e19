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

// Snapshot is number n of a busy little server, n = 0, 1, 2, …: 4 cores, 2 disks, 3 filesystems, 3 interfaces and 20
// of its 187 processes. Nothing in it is shared with another one.
func Snapshot(n int) collector.Snapshot {
	cores := make([]collector.Core, 4)
	var all [8]float64
	for i := range cores {
		spent := cpuSpent(n, i)
		for j, v := range spent {
			all[j] += v / float64(len(cores))
		}
		cores[i] = collector.Core{Name: "cpu" + string(rune('0'+i)), CPUTimes: cpuTimes(spent)}
	}
	used := step(n, 5*gib, 6*gib, 9*gib, 7*gib)
	swapped := step(n, 0, 64*mib, 512*mib)
	return collector.Snapshot{
		At:       Start().Add(time.Duration(n) * time.Second),
		Host:     host(),
		Interval: collector.Known(1),
		Uptime:   collector.Known(float64(93784 + n)),
		CPU:      &collector.CPU{CPUTimes: cpuTimes(all), Cores: cores},
		Load:     &collector.Load{One: hundredths(wave(n, 60, 0.4, 3.6)), Five: hundredths(wave(n, 300, 0.8, 2.4)), Fifteen: 1.5},
		Memory: &collector.Memory{Total: 16 * gib, Available: 16*gib - used, Used: used, Free: 2 * gib, Buffers: 256 * mib,
			Cached: 14*gib - 256*mib - used, Shared: 128 * mib},
		Swap: &collector.Swap{Total: 2 * gib, Used: swapped, Free: 2*gib - swapped},
		Disks: []collector.Disk{
			disk("nvme0n1", wave(n, 30, 0, 60*mib), wave(n, 45, 1*mib, 25*mib)),
			disk("sda", 0, wave(n, 20, 0, 4*mib)),
		},
		Filesystems: []collector.Filesystem{
			filesystem("/", "/dev/nvme0n1p2", "ext4", 100*gib, 42*gib+uint64(n)*mib, false),
			filesystem("/boot/efi", "/dev/nvme0n1p1", "vfat", 512*mib, 6*mib, true),
			filesystem("/srv/photos & films", "/dev/sda1", "xfs", 4096*gib, 3950*gib, false),
		},
		Networks: []collector.Network{
			network("lo", true, wave(n, 10, 0, 64<<10), wave(n, 10, 0, 64<<10)),
			network("eth0", false, wave(n, 40, 20<<10, 12*mib), wave(n, 25, 10<<10, 3*mib)),
			network("docker0", true, wave(n, 40, 0, 1*mib), wave(n, 25, 0, 1*mib)),
		},
		Processes: &collector.Processes{Total: 187, Top: processes(n)},
		Self: &collector.Self{CPU: collector.Known(wave(n, 60, 0.001, 0.004)), Memory: 14 * mib, Goroutines: 23,
			Descriptors: collector.Known(float64(18 + n%3))},
	}
}

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
	known := collector.Known
	return collector.CPUTimes{
		Busy: known(1 - spent[3] - spent[4]), User: known(spent[0]), Nice: known(spent[1]), System: known(spent[2]),
		Idle: known(spent[3]), IOWait: known(spent[4]), IRQ: known(spent[5]), SoftIRQ: known(spent[6]), Steal: known(spent[7]),
	}
}

func host() *collector.Host {
	return &collector.Host{Hostname: "test-host", OS: "linux", Platform: "Debian GNU/Linux 12 (bookworm)",
		Kernel: "6.1.0-18-amd64", Arch: "amd64", CPUModel: "Test CPU @ 2.50GHz", CPUs: 4, Booted: Start().Add(-93784 * time.Second)}
}

func disk(name string, read, write float64) collector.Disk {
	const request = 16 << 10
	known := collector.Known
	return collector.Disk{Name: name, ReadRate: known(read), WriteRate: known(write), Reads: known(read / request),
		Writes: known(write / request), Busy: known(min((read+write)/(100*mib), 1))}
}

// filesystem keeps a twentieth for root, as ext4 does.
func filesystem(mount, device, fstype string, total, used uint64, readOnly bool) collector.Filesystem {
	available := total - min(used+total/20, total)
	return collector.Filesystem{Mount: mount, Device: device, Type: fstype, Total: total, Used: used, Available: available,
		UsedRatio: collector.Known(float64(used) / float64(used+available)), InodesTotal: total / (16 << 10),
		InodesUsed: used / (64 << 10), ReadOnly: readOnly}
}

func network(name string, virtual bool, receive, transmit float64) collector.Network {
	known := collector.Known
	return collector.Network{Name: name, Virtual: virtual, ReceiveRate: known(receive), TransmitRate: known(transmit),
		ReceivePackets: known(receive / 900), TransmitPackets: known(transmit / 900), ReceiveErrors: known(0),
		TransmitErrors: known(0), ReceiveDrops: known(0), TransmitDrops: known(0)}
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
			CPU: collector.Known(hundredths(cpu)), Memory: memory, Threads: int32(1 + i%5),
			Started: Start().UnixMilli() - int64(90000-1000*i)*1000})
	}
	slices.SortStableFunc(list, func(a, b collector.Process) int {
		x, _ := a.CPU.Get()
		y, _ := b.CPU.Get()
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(b.Memory, a.Memory))
	})
	return list
}
