//go:build !linux

package collector

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v3/host"
)

// bootTime is the wall time at which the host booted.
func bootTime(ctx context.Context) (time.Time, error) {
	seconds, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(seconds), 0), nil
}
