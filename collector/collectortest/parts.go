package collectortest

import "github.com/fivewire/fivewire/collector"

// sum is a counter since boot that has gone up by so much a second.
func sum(n int, perSecond uint64) uint64 { return (93784 + uint64(n)) * perSecond }

func counter(n int, perSecond uint64) collector.Number { return known(float64(sum(n, perSecond))) }

// cpuSeconds is far from the sum of what was spent; it only goes up.
func cpuSeconds(n int, spent [8]float64) collector.CPUSeconds {
	up := float64(93784 + n)
	return collector.CPUSeconds{User: up / 4, Nice: up / 256, System: up / 16, Idle: up / 2, IOWait: up / 64,
		SoftIRQ: up / 128, Steal: spent[7] + up/512}
}

// verdict is worse for ten snapshots of every forty.
func verdict(n int) *collector.Verdict {
	at := Start().UnixMilli() + int64(n)*1000
	if n/10%4 != 2 {
		return &collector.Verdict{State: "healthy", Text: "healthy", Since: at - int64(n%40)*1000}
	}
	return &collector.Verdict{State: "bad", Resource: "io", Text: "I/O-bound for 42 s: postgres (pid 98), 38 % full pressure",
		Since: at - 42_000, PID: 98, Parts: &collector.VerdictParts{Head: "I/O-bound", Seconds: 42, Phrases: []collector.Phrase{
			{Key: "culprit", Name: "postgres", PID: 98}, {Key: "full_pressure", Figures: collector.Figures{"share": 0.38}}}}}
}

func scopes() *collector.Scopes {
	host := collector.ScopeHost
	return &collector.Scopes{CPU: host, Memory: host, Pressure: host, Disks: host, Filesystems: collector.ScopeContainer,
		Networks: host, Sockets: host, Processes: host, Units: host, Users: host, Uptime: host}
}

func frequency(n int) *collector.Frequency {
	f := &collector.Frequency{Max: known(3.5e9), Governor: "schedutil"}
	total := 0.0
	for i := range 4 {
		now := hundredths(wave(n+5*i, 40, 0.8, 3.4)) * 1e9
		total += now
		f.Cores = append(f.Cores, collector.CoreFrequency{Name: "cpu" + string(rune('0'+i)), Now: known(now), Min: known(8e8), Max: known(3.5e9)})
	}
	f.Mean = known(total / 4)
	return f
}

func pressure(n int) *collector.Pressure {
	io := wave(n, 40, 0, 0.4)
	return &collector.Pressure{
		CPU:    stall(n, wave(n, 60, 0, 0.2), 0),
		Memory: stall(n, wave(n, 80, 0, 0.05), wave(n, 80, 0, 0.02)),
		IO:     stall(n, io, io*0.75),
	}
}

func stall(n int, some, full float64) *collector.Stall {
	return &collector.Stall{Some: known(some), Some10: known(some / 2), Some60: known(some / 4), Some300: known(some / 8),
		Full: known(full), Full10: known(full / 2), Full60: known(full / 4), Full300: known(full / 8),
		SomeSeconds: counter(n, 1), FullSeconds: known(float64(n) / 2)}
}

func paging(n int) *collector.Paging {
	return &collector.Paging{SwapIn: known(0), SwapOut: known(wave(n, 50, 0, 2*mib)), In: known(wave(n, 30, 0, 60*mib)),
		Out: known(wave(n, 45, 1*mib, 25*mib)), Faults: known(wave(n, 20, 100, 4000)), MajorFaults: known(wave(n, 50, 0, 12)),
		OOMKills: known(float64(n / 30)), Kernel: collector.Table{
			Names:  []string{"pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault", "pgmajfault", "oom_kill"},
			Values: []uint64{sum(n, 30000), sum(n, 12000), 17, sum(n, 100), sum(n, 2000), sum(n, 6), uint64(n / 30)}}}
}

// meminfo is what the kernel would say of the same memory.
func meminfo(used, swapped uint64) collector.Table {
	return collector.Table{
		Names: []string{"MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active(anon)", "SwapTotal",
			"SwapFree", "Dirty", "Shmem", "Slab", "SReclaimable", "SUnreclaim", "PageTables", "HardwareCorrupted", "HugePages_Total"},
		Values: []uint64{16 * gib, 2 * gib, 16*gib - used, 256 * mib, 14*gib - 566*mib - used, 0, 1 * gib, 2 * gib, 2*gib - swapped,
			3 * mib, 128 * mib, 450 * mib, 310 * mib, 140 * mib, 41 * mib, 0, 0},
	}
}

func sockets(n int) *collector.Sockets {
	return &collector.Sockets{Used: known(301), UDP: known(6), TCP: collector.TCPStates{Established: known(float64(30 + n%7)),
		SynSent: known(0), SynReceived: known(0), FinWait: known(2), TimeWait: known(float64(n % 40)), CloseWait: known(1),
		LastAck: known(0), Listen: known(14), Closing: known(0), Orphans: known(0)},
		Opened: known(0.5), Accepted: known(wave(n, 30, 0, 25)), Failed: known(0), Resets: known(wave(n, 60, 0, 2)),
		SegmentsIn: known(wave(n, 40, 30, 9000)), SegmentsOut: known(wave(n, 25, 30, 7000)), Retransmits: known(wave(n, 70, 0, 20)),
		ListenOverflows: known(0), ListenDrops: known(0), UDPDrops: known(0), Conntrack: known(120), ConntrackLimit: known(262144),
		Netstat: collector.Table{
			Names:  []string{"Tcp_ActiveOpens", "Tcp_PassiveOpens", "Tcp_CurrEstab", "Tcp_InSegs", "Tcp_OutSegs", "Tcp_RetransSegs", "TcpExt_ListenOverflows"},
			Values: []uint64{sum(n, 1), sum(n, 12), uint64(31 + n%7), sum(n, 4500), sum(n, 3500), sum(n, 10), 0}},
		Sockstat: collector.Table{Names: []string{"sockets_used", "TCP_inuse", "TCP_tw", "UDP_inuse"}, Values: []uint64{301, 44, uint64(n % 40), 6}}}
}

func sensors(n int) []collector.Sensor {
	return []collector.Sensor{
		{ID: "platform-coretemp.0/temp1", Chip: "coretemp", Label: "Package id 0", Kind: "temperature", Value: known(hundredths(wave(n, 60, 38, 81))),
			High: known(80), Critical: known(100), Device: "platform_coretemp_0", Input: "temp1"},
		{ID: "0000:01:00.0/temp1", Chip: "nvme", Label: "Composite <1>", Kind: "temperature", Value: known(36.85), High: known(84.85),
			Critical: known(94.85), Device: "nvme_nvme0", Input: "temp1"},
		{ID: "platform-nct6775.656/fan2", Chip: "nct6775", Label: "fan2", Kind: "fan", Value: known(wave(n, 60, 700, 1400)),
			Device: "platform_nct6775_656", Input: "fan2"},
	}
}

func gpus(n int) []collector.GPU {
	return []collector.GPU{{ID: "GPU-00000000-0000-0000-0000-000000000001", Name: "Test GPU", Busy: known(wave(n, 35, 0, 0.9)),
		MemoryUsed: known(3 * gib), MemoryTotal: known(8 * gib), Temperature: known(61), Power: known(wave(n, 35, 20, 160)),
		PowerLimit: known(180), Fan: known(0.4)}}
}

func units(n int) *collector.Units {
	unit := func(name string, cpu float64, memory uint64, tasks int) collector.Unit {
		return collector.Unit{Name: name, CPU: known(hundredths(cpu)), Memory: known(float64(memory)), Tasks: known(float64(tasks)),
			ReadRate: known(0), WriteRate: known(cpu * mib), OOMKills: known(0)}
	}
	return &collector.Units{Total: 42, Top: []collector.Unit{
		unit("postgresql.service", wave(n, 60, 0.4, 1.5), 1400*mib, 22), unit("docker.service", 0.05, 380*mib, 31),
		unit("user@1000.service", 0.01, 210*mib, 9), unit("ssh.service", 0, 12*mib, 1)}}
}

func container(n int) *collector.Cgroup {
	return &collector.Cgroup{Name: "fivewire.service", Path: "/system.slice/fivewire.service", Version: "v2", CPULimit: known(2),
		CPU: known(wave(n, 60, 0.001, 0.3)), Throttled: known(wave(n, 60, 0, 0.1)), ThrottledTime: known(0), CPUs: known(4),
		MemoryLimit: known(64 * mib), MemoryHigh: known(48 * mib), MemoryPressed: known(0.25), WorkingSet: known(16 * mib), Memory: known(19 * mib), Anonymous: known(12 * mib),
		File: known(4 * mib), Shared: known(0), SlabReclaimable: known(1 * mib), Peak: known(24 * mib), Swap: known(0),
		HighEvents: known(0), LimitEvents: known(0), OOMKills: known(0), Tasks: known(9), TasksLimit: known(100),
		ReadRate: known(0), WriteRate: known(0), Pressure: pressure(n)}
}

func neighbours(n int) []collector.Cgroup {
	return []collector.Cgroup{{Name: "0f3a9c0d1e2f", Path: "/", Version: "v2", PID: 776, CPULimit: known(1), CPU: known(wave(n, 30, 0.1, 0.99)),
		Throttled: known(wave(n, 30, 0, 0.8)), MemoryLimit: known(512 * mib), WorkingSet: known(wave(n, 60, 200, 505) * mib),
		MemoryPressed: known(wave(n, 60, 200, 505) / 512),
		OOMKills:      known(float64(n / 50)), Tasks: known(18)}}
}

// command gives one process a secret that has been blotted out.
func command(name string) string {
	switch name {
	case "kworker/0:1-eve", "defunct":
		return ""
	case "node":
		return "node server.js --password=••• --port 3000"
	}
	return "/usr/bin/" + name
}

func service(name string) string {
	switch name {
	case "postgres":
		return "postgresql.service"
	case "sshd":
		return "ssh.service"
	}
	return ""
}
