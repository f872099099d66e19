package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// processes: does /proc hide those of other users? (proc(5), hidepid)
func processes(h *Host) Finding {
	table, err := h.proc("self", "mountinfo")
	if err != nil {
		return warn("/proc tells nothing of its mounts: "+cause(err), "is /proc mounted?")
	}
	for line := range strings.Lines(table) {
		before, after, _ := strings.Cut(line, " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(kind) < 3 || kind[0] != "proc" || place[4] != "/proc" {
			continue
		}
		for _, option := range strings.Split(kind[2], ",") {
			value, found := strings.CutPrefix(option, "hidepid=")
			if found && value != "0" && value != "off" && !h.Root {
				return warn("/proc hides other users' processes ("+option+")", "run it in the group that the gid= option of /proc names (SupplementaryGroups= in the unit)")
			}
		}
	}
	return ok("other users' processes are seen")
}

// processIO: may it read what other users' processes do with disks? That takes what a debugger needs (ptrace(2)).
func processIO(h *Host) Finding {
	_, err := os.ReadFile(filepath.Join(h.Proc, "1", "io"))
	switch {
	case err == nil:
		return ok("the disk traffic of all processes is seen")
	case errors.Is(err, fs.ErrPermission):
		return warn("the disk traffic of other users' processes is not seen", "it takes CAP_SYS_PTRACE, which also opens their memory: AmbientCapabilities= and CapabilityBoundingSet=CAP_SYS_PTRACE, if that is worth it")
	}
	return warn("the disk traffic of processes is not told: "+cause(err), "a kernel with CONFIG_TASK_IO_ACCOUNTING tells it")
}
