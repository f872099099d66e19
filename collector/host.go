package collector

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
)

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

// hostSource reads facts that hardly change, one call each: host.Info would run lsb_release.
func hostSource(r roots) Source {
	var hardware Host // what cannot change while the host is up, read once: /proc/cpuinfo takes long on a big machine
	return Source{Name: "host", Every: time.Minute, Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		if hardware.Booted.IsZero() {
			h, err := readHardware(ctx)
			if err != nil {
				return nil, fmt.Errorf("read host: %w", err)
			}
			hardware = h
		}
		part := hardware
		if err := readNames(ctx, r, &part); err != nil {
			return nil, fmt.Errorf("read host: %w", err)
		}
		return PartFunc(func(s *Snapshot) { s.Host = &part }), nil
	}}
}

// readHardware leaves out what a system does not tell, a processor's model on some.
func readHardware(ctx context.Context) (Host, error) {
	booted, err := bootTime(ctx)
	if err != nil {
		return Host{}, err
	}
	h := Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Booted: booted}
	if n, err := cpu.CountsWithContext(ctx, true); err == nil && n > 0 {
		h.CPUs = n // NumCPU counts those this process may use
	}
	if info, err := cpu.InfoWithContext(ctx); err == nil && len(info) > 0 {
		h.CPUModel = clean(strings.Join(strings.Fields(info[0].ModelName), " "))
	}
	return h, nil
}

func readNames(ctx context.Context, r roots, h *Host) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	kernel, err := host.KernelVersionWithContext(ctx)
	if err != nil {
		return err
	}
	h.Hostname, h.Kernel = clean(name), clean(kernel)
	h.Platform = h.OS + " " + h.Kernel
	for _, file := range []string{r.ofEtc("os-release"), r.ofRoot("usr", "lib", "os-release")} {
		if b, err := os.ReadFile(file); err == nil { // os-release(5): the first of these that is there
			h.Platform = platformOf(string(b))
			break
		}
	}
	return nil
}

// platformOf reads os-release(5): lines of NAME=value, the value quoted as for a shell.
func platformOf(osRelease string) string {
	values := map[string]string{"NAME": "Linux"} // the default the manual gives
	for line := range strings.Lines(osRelease) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		values[name] = unquote(value)
	}
	if pretty := values["PRETTY_NAME"]; pretty != "" {
		return clean(pretty)
	}
	return clean(strings.TrimSpace(values["NAME"] + " " + values["VERSION"]))
}

// unquote takes off a shell's quotes: between single ones everything stands for itself, elsewhere \ makes the next
// character do so.
func unquote(s string) string {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// uptimeSource is apart from hostSource because it moves on every tick. It asks the kernel, so setting the clock does
// not change it.
func uptimeSource(r roots) Source {
	return Source{Name: "uptime", Read: func(ctx context.Context) (Part, error) {
		ctx = r.gopsutil(ctx)
		seconds, err := host.UptimeWithContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("read uptime: %w", err)
		}
		return PartFunc(func(s *Snapshot) { s.Uptime = Known(float64(seconds)) }), nil
	}}
}
