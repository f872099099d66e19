package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	return countIO(h.Proc, os.ReadFile)
}

// countIO asks each process: root without all capabilities may read some.
func countIO(proc string, read func(file string) ([]byte, error)) Finding {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return warn("processes are not told: "+cause(err), "is /proc mounted?")
	}
	err = fs.ErrNotExist
	seen, refused := 0, 0
	for _, entry := range entries {
		if _, notPID := strconv.ParseUint(entry.Name(), 10, 32); notPID != nil {
			continue
		}
		switch _, failed := read(filepath.Join(proc, entry.Name(), "io")); {
		case failed == nil:
			seen++
		case errors.Is(failed, fs.ErrPermission):
			refused++
		case !errors.Is(failed, fs.ErrNotExist) && !errors.Is(failed, syscall.ESRCH): // it has not just ended
			err = failed
		}
	}
	switch {
	case refused > 0:
		return warn(fmt.Sprintf("the disk traffic of processes is seen of %d, and of %d not", seen, refused), "those of other users take CAP_SYS_PTRACE, which also opens their memory: AmbientCapabilities= and CapabilityBoundingSet=CAP_SYS_PTRACE, if that is worth it")
	case seen > 0:
		return ok("the disk traffic of all processes is seen")
	}
	return warn("the disk traffic of processes is not told: "+cause(err), "a kernel with CONFIG_TASK_IO_ACCOUNTING tells it")
}
