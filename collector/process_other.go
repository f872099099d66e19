//go:build !linux && (!darwin || cgo)

package collector

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v3/process"
)

// processReader asks gopsutil. It makes its own process.Process: gopsutil's constructors look each process up first.
// States and disk traffic are not told, or not what is meant here.
type processReader struct{}

func newProcessReader(roots) processReader { return processReader{} }

func (processReader) read(ctx context.Context, t *processTable) error {
	clock := time.Now().UnixMilli()
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		return errors.New("none found")
	}
	slices.Sort(pids)
	t.list(pids)
	t.complete(clock)
	for i, p := range t.tasks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !t.due(p) {
			continue
		}
		t.now = t.clock()
		s, ok := readSighting(ctx, p.pid)
		if !ok {
			p.hide() // gone, or not for us to see
			continue
		}
		p, _ = t.see(i, s)
		if p.name == "" { // Windows looks through all processes for it
			if name, err := (&process.Process{Pid: p.pid}).NameWithContext(ctx); err == nil {
				p.name = clean(name)
			}
		}
	}
	return nil
}

func readSighting(ctx context.Context, pid int32) (s sighting, ok bool) {
	p := &process.Process{Pid: pid}
	started, err := p.CreateTimeWithContext(ctx)
	if err != nil {
		return s, false
	}
	times, err := p.TimesWithContext(ctx)
	if err != nil {
		return s, false
	}
	memory, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return s, false
	}
	s = sighting{birth: started, started: started, memory: memory.RSS}
	if cpu, ok := Known(times.User + times.System).Get(); ok {
		s.cpu = cpu
	}
	if runtime.GOOS == "windows" { // looks through all processes for these
		return s, true
	}
	if n, err := p.NumThreadsWithContext(ctx); err == nil {
		s.threads = n
	}
	if parent, err := p.PpidWithContext(ctx); err == nil {
		s.parent = parent
	}
	return s, true
}

// detailReader asks gopsutil likewise.
type detailReader struct{}

func newDetailReader(roots) detailReader { return detailReader{} }

func (detailReader) read(ctx context.Context, who identity, d *details, due dues) (there bool) {
	p := &process.Process{Pid: who.pid}
	if due.first {
		*d = details{}
		if runtime.GOOS == "windows" {
			d.parent, _ = p.PpidWithContext(ctx)
		}
	}
	d.name = who.name
	if due.command {
		d.commandRead = due.tick
		d.setCommand("", false)
		if line, err := p.CmdlineWithContext(ctx); err == nil {
			d.setCommand(redact([]byte(line)), len(line) >= longestCommand)
		}
	}
	if due.user {
		d.userRead, d.user = due.tick, ""
		if name, err := p.UsernameWithContext(ctx); err == nil {
			d.user = clean(name)
		}
	}
	started, err := p.CreateTimeWithContext(ctx)
	return err == nil && started == who.birth
}
