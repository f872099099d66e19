package command

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/fivewire/fivewire/dashboard/internal/resident"
)

// LimitMemory has the garbage collector work harder before the control group's limit is reached, where the kernel would
// kill the program: from nine tenths of it on, for what the kernel keeps for connections counts as well. What GOMEMLIMIT
// says stays.
func LimitMemory(log *slog.Logger) { limitMemory(log, os.ReadFile) }

func limitMemory(log *slog.Logger, read func(name string) ([]byte, error)) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit, ok := resident.Limit(read); ok {
		log.Debug("memory is limited by the control group", "bytes", limit)
		debug.SetMemoryLimit(limit / 10 * 9)
	}
}
