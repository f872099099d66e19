package collector

import (
	"math"
	"strings"
	"testing"
	"time"
)

// In a container that is given the host's files, what uname(2) says of the name is the container's.
func TestHostElsewhere(t *testing.T) {
	host := aHost.with("etc/hostname", "# static\n\nmachine-7\n").with("proc/sys/kernel/osrelease", "6.1.0-test\n")
	r := host.write(t)
	got := read(t, hostSource(r)).Host
	if got.Hostname != "machine-7" || got.Kernel != "6.1.0-test" || got.KernelName != "Linux" || got.KernelVersion == "" || got.Machine == "" {
		t.Errorf("got %+v", got)
	}
	if d := time.Since(got.Booted) - 3600500*time.Millisecond; d < 0 || d > time.Minute {
		t.Errorf("booted %s", got.Booted)
	}
	source := uptimeSource(r)
	if got := read(t, source).Uptime; got != Known(3600.5) {
		t.Errorf("uptime %v", got)
	}
	for _, bad := range []string{"", "\n", "-1 2\n", "nan\n", "36"} {
		tree{"proc/uptime": bad}.over(t, r)
		if part, err := source.Read(t.Context()); part != nil || err == nil {
			t.Errorf("%q: %v, %v", bad, part, err)
		}
	}
	tree{"proc/uptime": "18446744073709551615.00 1\n", "etc/hostname": "\x1b[1mevil" + strings.Repeat("x", 1000)}.over(t, r)
	got = read(t, hostSource(r)).Host
	checkText(t, got.Hostname)
	if got.Booted.Year() < 1900 {
		t.Errorf("booted %s", got.Booted)
	}
}

// When the clock of the host is set, a boot is at another time; here it is the uptime that is another.
func TestHostBootedMoves(t *testing.T) {
	r := aHost.write(t)
	source := hostSource(r)
	first := read(t, source).Host.Booted
	tree{"proc/uptime": "3000.50 1\n"}.over(t, r)
	if d := read(t, source).Host.Booted.Sub(first); d < 10*time.Minute || d > 11*time.Minute {
		t.Errorf("it moved by %s, want ten minutes", d)
	}
}

func TestProcessors(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		n          int
		model      string
	}{
		{"PC", "processor\t: 0\nmodel name\t: Test  CPU\n\nprocessor\t: 2\nmodel name\t: Other\n", 2, "Test  CPU"},
		{"64-bit ARM", "processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", 1, "ARM Neoverse-N1"},
		{"unknown ARM", "processor\t: 0\nCPU implementer\t: 0x99\nCPU part\t: 0xd0c\n", 1, ""},
		{"PowerPC", "processor\t: 0\ncpu\t\t: POWER9\nclock\t\t: 3425.000000MHz\n", 1, "POWER9"},
		{"RISC-V", "processor\t: 0\nuarch\t\t: sifive,u74-mc\n", 1, "sifive,u74-mc"},
		{"empty", "", 0, ""},
		{"torn", "processor\t: \nmodel name\t: x\n:\n", 0, ""},
	} {
		if n, model := parseProcessors([]byte(tt.file)); n != tt.n || model != tt.model {
			t.Errorf("%s: %d, %q", tt.name, n, model)
		}
	}
}

func TestParseHostname(t *testing.T) {
	for in, want := range map[string]string{"a\n": "a", "  a.b \n": "a.b", "# x\n\nb\nc\n": "b", "": "", "#\n": ""} {
		if got := parseHostname([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzHost(f *testing.F) {
	f.Add([]byte("# static\nmachine\n"))
	f.Add([]byte("3600.50 7000.00\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkText(t, parseHostname(b))
		if seconds, ok := parseUptime(b); ok && (seconds < 0 || math.IsNaN(seconds) || math.IsInf(seconds, 0)) {
			t.Errorf("uptime %g", seconds)
		}
	})
}

func TestUptimeAllocations(t *testing.T) {
	holdToAllocations(t, uptimeSource(hostRoots()), 1)
	holdToAllocations(t, uptimeSource(aHost.write(t)), 1)
}

func BenchmarkUptime(b *testing.B) { benchmarkReads(b, uptimeSource(hostRoots())) }

func BenchmarkHost(b *testing.B) { benchmarkReads(b, hostSource(hostRoots())) }
