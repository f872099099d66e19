package collector

import (
	"strings"
	"unicode/utf8"
)

// identity is which process is meant. name is part of it, as far as details go: after exec there are others.
type identity struct {
	pid   int32
	birth int64
	name  string
}

func (p *task) identity() identity { return identity{p.pid, p.birth, p.name} }

// details is what is read of a process seldom, and of few.
type details struct {
	command, user, service, container string
	brief                             string // the command, cut for a snapshot

	parent                int32  // where it takes long to find
	name                  string // of the process, as of then
	commandRead, userRead int    // the ticks they were read in; 0 is never
	commandSum, groupSum  uint64 // of the texts they were made from
	uid                   uint32
	silent                bool // the command line did not answer: it is the one before, or none
}

// dues is which of its details to read.
type dues struct {
	tick          int
	first         bool // all of them, and none was read before
	command, user bool
}

// longestBrief bounds a command line in a snapshot, in bytes: it goes to every viewer each second. Processes.Table has
// all of it.
const longestBrief = 120

// cutMark stands where something was cut off.
const cutMark = "…"

// setCommand takes a command line that is fit to be shown, and whether it is the beginning of a longer one.
func (d *details) setCommand(command string, cut bool) {
	if cut && !strings.HasSuffix(command, cutMark) {
		command += cutMark
	}
	d.command, d.brief = command, command
	if len(command) <= longestBrief {
		return
	}
	end := longestBrief - len(cutMark)
	for !utf8.RuneStart(command[end]) {
		end--
	}
	d.brief = command[:end] + cutMark
}

func (d dues) any() bool { return d.command || d.user }

func (d *details) due(tick int, name string) dues {
	first := d.commandRead == 0 || d.name != name
	commandReads := commandReads
	if d.silent {
		commandReads = silentReads
	}
	return dues{
		tick:    tick,
		first:   first,
		command: first || tick-d.commandRead >= commandReads,
		user:    first || tick-d.userRead >= userReads,
	}
}

func (d *details) addTo(p *Process) {
	p.Command, p.User, p.Service, p.Container = d.command, d.user, d.service, d.container
	if p.Parent == 0 {
		p.Parent = d.parent
	}
}

// process is what is shown of a task on a tick.
func (p *task) process(tick int) Process {
	out := Process{
		PID:     p.pid,
		Parent:  p.parent,
		Name:    p.name,
		State:   p.state,
		CPU:     p.rate,
		Memory:  p.memory,
		Threads: p.threads,
		Started: p.started,
	}
	if p.inherited.rate >= 1e-6 { // less is not written
		out.ChildrenCPU = Known(p.inherited.rate)
	}
	if p.traffic.tick == tick {
		out.ReadRate, out.WriteRate = p.traffic.readRate, p.traffic.writeRate
	}
	p.details.addTo(&out)
	return out
}
