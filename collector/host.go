package collector

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Host is what a machine is, as opposed to what it does.
type Host struct {
	Hostname string    `json:"hostname"`
	OS       string    `json:"os"`       // linux, darwin, windows, …: Go's GOOS
	Platform string    `json:"platform"` // the distribution as it names itself, "Debian GNU/Linux 12 (bookworm)"
	Kernel   string    `json:"kernel"`   // release, "6.1.0-18-amd64"
	Arch     string    `json:"arch"`     // Go's GOARCH
	CPUModel string    `json:"cpu_model"`
	CPUs     int       `json:"cpus"`   // logical
	Booted   time.Time `json:"booted"` // by the clock as it is set now: when that is set, this moves
	// What else uname(2) tells, for /metrics; empty on other systems than Linux.
	KernelName    string `json:"-"` // "Linux"
	KernelVersion string `json:"-"` // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"
	Machine       string `json:"-"` // "x86_64"
	Domain        string `json:"-"` // of NIS, "(none)" mostly
	Clock         *Clock `json:"-"` // for /metrics too; nil where nobody tells
}

// hostSource reads facts that hardly change.
func hostSource(r roots) Source {
	var hardware Host // what cannot change while the host is up, read once: /proc/cpuinfo takes long on a big machine
	uptime := newUptimeReader(r)
	return Source{Name: "host", Every: time.Minute, Read: func(ctx context.Context) (Part, error) {
		booted, err := readBooted(ctx, uptime)
		if err != nil {
			return nil, fmt.Errorf("read host: %w", err)
		}
		if hardware.OS == "" {
			hardware = readHardware(ctx, r)
		}
		hardware.Booted = bootOf(hardware.Booted, booted)
		part := hardware
		if err := readNames(ctx, r, &part); err != nil {
			return nil, fmt.Errorf("read host: %w", err)
		}
		platform, err := readPlatform(r, &part)
		if err != nil {
			return nil, fmt.Errorf("read host: %w", err)
		}
		part.Platform = platform
		part.Clock = readTimex()
		return PartFunc(func(s *Snapshot) { s.Host = &part }), nil
	}}
}

// readPlatform fails when there is something to read, and no descriptor to read it with.
func readPlatform(r roots, h *Host) (string, error) {
	files := []string{r.ofEtc("os-release")} // os-release(5): the first that is there
	if filepath.Clean(r.root) != "/" || filepath.Clean(r.etc) == "/etc" {
		files = append(files, r.ofRoot("usr", "lib", "os-release")) // the same system's, and not our container's
	}
	for _, file := range files {
		b, err := readShort(file)
		if err == nil {
			return platformOf(string(b)), nil
		}
		if isShort(err) {
			return "", err
		}
	}
	return clean(h.OS + " " + h.Kernel), nil
}

// readShort reads a file that somebody has written by hand, but not more of it than that may be.
func readShort(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
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
	read := newUptimeReader(r)
	return Source{Name: "uptime", Read: func(ctx context.Context) (Part, error) {
		seconds, err := read(ctx)
		if err != nil {
			return nil, fmt.Errorf("read uptime: %w", err)
		}
		return uptimePart(Known(seconds)), nil
	}}
}

type uptimePart Number

func (p uptimePart) AddTo(s *Snapshot) { s.Uptime = Number(p) }
