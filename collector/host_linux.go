package collector

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readHardware leaves out what a system does not tell, a processor's model on some.
func readHardware(_ context.Context, r roots) Host {
	h := Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	cpuinfo := kernelFile{path: r.ofProc("cpuinfo")}
	if b, err := cpuinfo.read(); err == nil {
		n, model := parseProcessors(b)
		if n > 0 {
			h.CPUs = n // NumCPU counts those this process may use
		}
		h.CPUModel = clean(strings.Join(strings.Fields(model), " "))
	}
	return h
}

// readBooted is by the clock of now: it changes when that is set.
func readBooted(ctx context.Context, uptime func(context.Context) (float64, error)) (time.Time, error) {
	up, err := uptime(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return time.Now().Add(-time.Duration(min(up, longestUptime) * float64(time.Second))).Round(0), nil
}

// readNames: the kernel is one for the host and its containers, but the name in uname(2) and below /proc/sys is the
// container's own. The host's is in its /etc/hostname.
func readNames(_ context.Context, r roots, h *Host) error {
	var uname unix.Utsname
	if err := unix.Uname(&uname); err != nil {
		return err
	}
	h.KernelName = clean(unix.ByteSliceToString(uname.Sysname[:]))
	h.KernelVersion = clean(unix.ByteSliceToString(uname.Version[:]))
	h.Machine = clean(unix.ByteSliceToString(uname.Machine[:]))
	h.Domain = clean(unix.ByteSliceToString(uname.Domainname[:]))
	h.Kernel = clean(unix.ByteSliceToString(uname.Release[:]))
	if b, err := readShort(r.ofProc("sys", "kernel", "osrelease")); err == nil && len(bytes.TrimSpace(b)) > 0 {
		h.Kernel = clean(string(bytes.TrimSpace(b)))
	}
	h.Hostname = clean(unix.ByteSliceToString(uname.Nodename[:]))
	if r.isElsewhere() {
		b, err := readShort(r.ofEtc("hostname"))
		if isShort(err) {
			return err
		}
		if err == nil && parseHostname(b) != "" {
			h.Hostname = parseHostname(b)
		}
	}
	return nil
}

// parseHostname reads hostname(5): the first line that is no comment.
func parseHostname(b []byte) string {
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return clean(string(line))
		}
	}
	return ""
}

// longestUptime is a hundred years, in seconds.
const longestUptime = 100 * 365 * 24 * 60 * 60

// newUptimeReader asks the clock, which costs nothing, or the file of a host that is elsewhere.
func newUptimeReader(r roots) func(context.Context) (float64, error) {
	if !r.isElsewhere() {
		return func(context.Context) (float64, error) {
			up, err := bootClock()
			return up.Seconds(), err
		}
	}
	file := kernelFile{path: r.ofProc("uptime")}
	return func(context.Context) (float64, error) {
		b, err := file.read()
		if err != nil {
			return 0, err
		}
		seconds, ok := parseUptime(b)
		if !ok {
			return 0, errors.New(file.path + " has none")
		}
		return seconds, nil
	}
}

// parseUptime reads /proc/uptime (proc_uptime(5)).
func parseUptime(b []byte) (seconds float64, ok bool) {
	if !isWhole(b) {
		return 0, false
	}
	word, _ := cutWord(b)
	return parseDecimal(word)
}

// A cpuInfo is one processor's part of /proc/cpuinfo, as far as it is of use. What it says differs from architecture to
// architecture.
type cpuInfo struct {
	number      uint64
	model       []byte // "model name", or what comes nearest
	megahertz   []byte
	implementer []byte // of 64-bit ARM, which has no model
	part        []byte
}

// eachProcessor calls yield for one processor after the other, as long as it returns true.
func eachProcessor(b []byte, yield func(cpuInfo) bool) {
	var info cpuInfo
	begun := false
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		key, value = bytes.TrimSpace(key), bytes.TrimSpace(value)
		switch string(key) {
		case "processor":
			number, ok := parseUint(value)
			if !ok {
				continue
			}
			if begun && !yield(info) {
				return
			}
			info, begun = cpuInfo{number: number}, true
		case "model name":
			info.model = value
		case "cpu", "cpu model", "uarch": // PowerPC, MIPS, RISC-V
			if len(info.model) == 0 {
				info.model = value
			}
		case "cpu MHz", "CPU MHz", "clock":
			info.megahertz = bytes.TrimSuffix(value, []byte("MHz"))
		case "CPU implementer":
			info.implementer = value
		case "CPU part":
			info.part = value
		}
	}
	if begun {
		yield(info)
	}
}

// parseProcessors returns how many there are, and the model of the first.
func parseProcessors(b []byte) (n int, model string) {
	eachProcessor(b, func(info cpuInfo) bool {
		if n == 0 {
			if model = string(info.model); model == "" {
				model = armModel(string(info.implementer), string(info.part))
			}
		}
		n++
		return n < mostCores
	})
	return n, model
}

// armModel names the processors of 64-bit ARM servers and boards (MIDR_EL1; the kernel's asm/cputype.h).
func armModel(implementer, part string) string {
	switch implementer + " " + part {
	case "0x41 0xd03":
		return "ARM Cortex-A53"
	case "0x41 0xd05":
		return "ARM Cortex-A55"
	case "0x41 0xd07":
		return "ARM Cortex-A57"
	case "0x41 0xd08":
		return "ARM Cortex-A72"
	case "0x41 0xd0b":
		return "ARM Cortex-A76"
	case "0x41 0xd0c":
		return "ARM Neoverse-N1"
	case "0x41 0xd40":
		return "ARM Neoverse-V1"
	case "0x41 0xd49":
		return "ARM Neoverse-N2"
	case "0x41 0xd4f":
		return "ARM Neoverse-V2"
	}
	return ""
}
