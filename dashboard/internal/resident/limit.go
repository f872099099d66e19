package resident

import (
	"math"
	"path"
	"strconv"
	"strings"
)

// Limit is the least of the memory limits of this process's control group and of those above it, in bytes; not ok where
// there is none. read is os.ReadFile, for tests another.
//
// Of version 2 (cgroup-v2.rst, memory.max) and version 1 (memory.limit_in_bytes), mounted where everybody mounts them.
func Limit(read func(name string) ([]byte, error)) (limit int64, ok bool) {
	groups, err := read("/proc/self/cgroup") // cgroups(7)
	if err != nil {
		return 0, false
	}
	limit = math.MaxInt64
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		root, file := "", ""
		switch {
		case parts[0] == "0" && parts[1] == "":
			root, file = "/sys/fs/cgroup", "memory.max"
		case strings.Contains(","+parts[1]+",", ",memory,"):
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		// In a container what stands there may be the path outside: then the root is the container's own group.
		for at := path.Clean("/" + parts[2]); ; at = path.Dir(at) {
			if text, err := read(path.Join(root, at, file)); err == nil {
				if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
					limit = min(limit, n)
				}
			}
			if at == "/" {
				break
			}
		}
	}
	return limit, limit < 1<<60 // version 1 says "none" by a number that is nearly the greatest
}
