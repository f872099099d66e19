package doctor

import (
	"fmt"
	"strings"
)

// cgroup: can services and containers be told apart? Version 2 has one tree with all there is to read.
func cgroup(h *Host) Finding {
	if controllers, err := h.sys("fs", "cgroup", "cgroup.controllers"); err == nil {
		for _, needed := range []string{"cpu", "memory"} {
			if !contains(strings.Fields(controllers), needed) {
				return warn(fmt.Sprintf("control groups (version 2) do not count %s", needed), "the kernel's command line or a container's owner has it off: cgroup_enable=memory, cgroup_no_v1=all")
			}
		}
		return ok("control groups are of version 2")
	}
	if _, err := h.sys("fs", "cgroup", "memory", "memory.limit_in_bytes"); err == nil {
		return warn("control groups are of version 1: pressure of services and containers is not told", "boot with systemd.unified_cgroup_hierarchy=1")
	}
	return warn("no control groups are seen: neither services nor containers", "is /sys/fs/cgroup mounted? HOST_SYS names the host's")
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}
