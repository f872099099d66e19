package crowd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A process is somebody's whose cost is read from /proc.
type process struct{ dir string }

func openProcesses(pids []int) ([]process, error) {
	var all []process
	for _, pid := range pids {
		p := process{dir: "/proc/" + strconv.Itoa(pid)}
		if p.memory() == 0 {
			return nil, fmt.Errorf("--pid %d: there is no such process, or its memory may not be read by this user", pid)
		}
		all = append(all, p)
	}
	return all, nil
}

// cpu is what its threads have run for, to the nanosecond (schedstat's first field). Of threads that have ended nothing
// is known.
func (p process) cpu() time.Duration {
	files, _ := filepath.Glob(p.dir + "/task/*/schedstat")
	sum := int64(0)
	for _, file := range files {
		text, _ := os.ReadFile(file)
		first, _, _ := bytes.Cut(text, []byte{' '})
		ns, _ := strconv.ParseInt(string(first), 10, 64)
		sum += ns
	}
	return time.Duration(sum)
}

// memory is what is resident, in bytes; 0 is unknown.
func (p process) memory() int64 {
	text, _ := os.ReadFile(p.dir + "/smaps_rollup")
	_, text, _ = bytes.Cut(text, []byte("\nRss:"))
	fields := bytes.Fields(text[:min(len(text), 40)])
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kib << 10
}

// ownProcess is this program.
func ownProcess() *process { return &process{dir: "/proc/self"} }
