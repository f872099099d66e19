package command

import (
	"io/fs"
	"log/slog"
	"math"
	"runtime/debug"
	"testing"
)

// The control group's limit is the collector's, less a tenth; what GOMEMLIMIT says stays, and where there is no limit there
// is none.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	const limit = 300 << 20
	group := func(text string) func(string) ([]byte, error) {
		return func(name string) ([]byte, error) {
			switch name {
			case "/proc/self/cgroup":
				return []byte("0::/a\n"), nil
			case "/sys/fs/cgroup/a/memory.max":
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		}
	}
	for _, tt := range []struct {
		said, group string
		want        int64
	}{
		{"", "314572800\n", limit / 10 * 9},
		{"", "max\n", math.MaxInt64},
		{"1GiB", "314572800\n", math.MaxInt64}, // Go has read the variable by itself, at the start
	} {
		t.Setenv("GOMEMLIMIT", tt.said)
		debug.SetMemoryLimit(math.MaxInt64)
		limitMemory(slog.New(slog.NewTextHandler(t.Output(), nil)), group(tt.group))
		if got := debug.SetMemoryLimit(-1); got != tt.want {
			t.Errorf("GOMEMLIMIT=%s, memory.max %q: got %d, want %d", tt.said, tt.group, got, tt.want)
		}
	}
}
