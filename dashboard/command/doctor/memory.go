package doctor

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// least memory in which a thousand viewers on TLS, the worst case, have room beside the program.
const least = 128 << 20

// unlimited: version 1 says so by a number that no machine has.
const unlimited = 1 << 60

// memory: what may it take before it is killed? The narrowest of the limits of its control group and those above it.
func memory(h *Host) Finding {
	lines, _ := h.proc("self", "cgroup")
	limit := uint64(0)
	for line := range strings.Lines(lines) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, found := strings.Cut(rest, ":")
		tree, file := "", "memory.max" // of version 2, which names no controllers
		if contains(strings.Split(controllers, ","), "memory") {
			tree, file = "memory", "memory.limit_in_bytes"
		} else if !found || controllers != "" {
			continue
		}
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			value, err := h.sys("fs", "cgroup", tree, dir, file)
			n, wrong := strconv.ParseUint(value, 10, 64)
			if err == nil && wrong == nil && n < unlimited && (limit == 0 || n < limit) {
				limit = n
			}
			if dir == "/" {
				break
			}
		}
	}
	switch {
	case limit == 0:
		return ok("no control group limits its memory")
	case limit < least:
		return warn(fmt.Sprintf("it is killed when it takes more than %d MB", limit>>20), "it needs some 30 MB, and with a thousand viewers up to 128")
	}
	return ok(fmt.Sprintf("it may take %d MB", limit>>20))
}
