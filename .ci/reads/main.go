//go:build linux

// Command reads is what a collector on Linux cannot do without, and nothing else: once a second it reads each file that the
// numbers of the host are in, kept open, and asks a share of all processes for their clocks, as fivewire does while nobody
// looks; of those that have run it reads the two files that their numbers are in. It understands nothing of it, keeps nothing and says nothing.
//
// .ci/cost runs it beside fivewire and node_exporter: its CPU a second is the kernel's and the wake-up's share of theirs, on
// that machine.
package main

import (
	"log"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const share = 6 // of so many processes one is asked each second: fivewire asks about a hundred of those that rest

func main() {
	paths := []string{
		"/proc/loadavg", "/proc/stat", "/proc/meminfo", "/proc/vmstat", "/proc/diskstats",
		"/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io",
		"/proc/self/net/dev", "/proc/self/net/snmp", "/proc/self/net/snmp6", "/proc/self/net/netstat",
		"/proc/self/net/sockstat", "/proc/self/net/sockstat6", "/proc/self/statm", "/proc/sys/net/netfilter/nf_conntrack_count",
	}
	var files []int
	for _, path := range paths {
		if fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
			files = append(files, fd)
		}
	}
	if len(files) == 0 {
		log.Fatal("reads: no /proc here")
	}
	buffer := make([]byte, 64<<10)
	var usage unix.Rusage
	var used unix.Timespec
	pids, before := processes(), make(map[int32]int64)
	for n := 0; ; n++ {
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
		if n%60 == 0 {
			pids = processes()
		}
		for _, fd := range files {
			unix.Pread(fd, buffer, 0)
		}
		unix.Getrusage(unix.RUSAGE_SELF, &usage)
		for i := n % share; i < len(pids); i += share {
			pid := pids[i]
			if unix.ClockGettime(^pid<<3|2, &used) != nil || before[pid] == used.Nano() { // clock_getcpuclockid(3)
				continue
			}
			before[pid] = used.Nano()
			for _, name := range [...]string{"/stat", "/io"} {
				if fd, err := unix.Open("/proc/"+strconv.Itoa(int(pid))+name, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
					unix.Read(fd, buffer)
					unix.Close(fd)
				}
			}
		}
	}
}

func processes() (pids []int32) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.ParseInt(e.Name(), 10, 32); err == nil {
			pids = append(pids, int32(pid))
		}
	}
	return pids
}
