//go:build !linux

package collector

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
)

// readHardware leaves out what a system does not tell, a processor's model on some. Of gopsutil one call each:
// host.Info would run programs.
func readHardware(ctx context.Context, _ roots) Host {
	h := Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	if n, err := cpu.CountsWithContext(ctx, true); err == nil && n > 0 {
		h.CPUs = n // NumCPU counts those this process may use
	}
	if info, err := cpu.InfoWithContext(ctx); err == nil && len(info) > 0 {
		h.CPUModel = clean(strings.Join(strings.Fields(info[0].ModelName), " "))
	}
	return h
}

func readBooted(ctx context.Context, _ func(context.Context) (float64, error)) (time.Time, error) {
	return bootTime(ctx)
}

func readNames(ctx context.Context, _ roots, h *Host) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	kernel, err := host.KernelVersionWithContext(ctx)
	if err != nil {
		return err
	}
	h.Hostname, h.Kernel = clean(name), clean(kernel)
	return nil
}

func readTimex() *Clock { return nil }

func newUptimeReader(roots) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		seconds, err := host.UptimeWithContext(ctx)
		return float64(seconds), err
	}
}
