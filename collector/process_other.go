//go:build !linux && (!darwin || cgo)

package collector

import (
	"context"
	"errors"
	"runtime"

	"github.com/shirou/gopsutil/v3/process"
)

// processReader asks gopsutil. It makes its own process.Process: gopsutil's constructors look each process up first.
type processReader struct{ roots roots }

func (processReader) read(ctx context.Context, table *processTable) error {
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		return errors.New("none found")
	}
	table.total = len(pids)
	for _, pid := range pids {
		p := &process.Process{Pid: pid}
		started, err := p.CreateTimeWithContext(ctx)
		if err != nil {
			continue // gone, or not for us to see
		}
		times, err := p.TimesWithContext(ctx)
		if err != nil {
			continue
		}
		memory, err := p.MemoryInfoWithContext(ctx)
		if err != nil {
			continue
		}
		t := table.task(pid, started)
		t.cpu, t.memory = times.User+times.System, memory.RSS
		if t.name == "" { // Windows looks through all processes for it
			name, err := p.NameWithContext(ctx)
			if err == nil {
				t.name = clean(name)
			}
		}
		if runtime.GOOS != "windows" { // likewise
			if n, err := p.NumThreadsWithContext(ctx); err == nil {
				t.threads = n
			}
		}
	}
	return nil
}

func (processReader) user(ctx context.Context, pid int32) string {
	name, err := (&process.Process{Pid: pid}).UsernameWithContext(ctx)
	if err != nil {
		return ""
	}
	return clean(name)
}
