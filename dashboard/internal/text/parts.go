package text

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fivewire/fivewire/collector"
)

// narrow is a screen, in columns, on which not everything has a place: what says most goes before what says least.
const narrow = 60

// mostRows is how many a sentence may take.
const mostRows = 3

// mostFailing is how many sources are told of.
const mostFailing = 3

// head is who it is, how it is, what fires, and what is not as it should be with the figures themselves.
func (p *painter) head(v *View) {
	s := v.Snapshot
	now := utc(s.At)
	name := "this host"
	var facts []string
	if h := v.Host; h != nil {
		name = cmp.Or(h.Hostname, name)
		facts = append(facts, cmp.Or(h.Platform, h.OS), h.Kernel)
		if h.CPUs > 0 {
			facts = append(facts, strconv.Itoa(h.CPUs)+" cores")
		}
	}
	if up, ok := s.Uptime.Get(); ok {
		facts = append(facts, "up "+span(up))
	}
	p.row().left(bold, name, max(p.screen.Cols-len(now)-1, 10)).right(dim, now, p.screen.Cols-p.width)
	p.row().put(dim, strings.Join(slices.DeleteFunc(facts, func(s string) bool { return strings.TrimSpace(s) == "" }), ", "))
	if s.Verdict != nil {
		st := map[string]style{"healthy": good, "busy": warn, "bad": bad}[s.Verdict.State]
		p.say(st, s.Verdict.Text, mostRows)
	}
	for _, text := range v.Firing {
		p.say(bad, "! "+text, mostRows)
	}
	p.failing(s.Sources)
}

// failing are the sources whose figures are old or not there, and where history is not kept as it was asked for.
func (p *painter) failing(list []collector.SourceState) {
	n := 0
	for i := range list {
		if list[i].Missing || list[i].Partial {
			continue
		}
		if n++; n > mostFailing {
			continue
		}
		text := list[i].Error
		if !strings.HasPrefix(text, list[i].Name+" ") { // it is a sentence by itself
			text = list[i].Name + ": " + text
		}
		p.say(warn, "! "+text, mostRows)
	}
	if n > mostFailing {
		p.say(warn, "! and "+strconv.Itoa(n-mostFailing)+" more", mostRows)
	}
}

// use is a line for each resource: how much of it is in use, how much of the time something waited for it, and the rest.
func (p *painter) use(s *collector.Snapshot) {
	p.row()
	bar := min(max(p.screen.Cols-60, 10), 40)
	p.row().left(plain, "", 9).left(dim, "in use", bar+9).left(dim, "waited", 9)
	line := func(name string, used collector.Number, waited *collector.Stall, rest ...string) {
		ratio, known := used.Get()
		stalled := ""
		if waited != nil {
			stalled = percent(waited.Some)
			if _, ok := waited.Some.Get(); !ok {
				stalled = percent(waited.Some10)
			}
		}
		p.row().left(plain, name, 9).bar(ratio, known, bar).right(plain, percent(used), 8).right(plain, stalled, 8).
			put(plain, "  ").put(plain, strings.Join(slices.DeleteFunc(rest, func(s string) bool { return s == "" }), ", "))
	}
	var pressure collector.Pressure
	if s.Pressure != nil {
		pressure = *s.Pressure
	}
	if c := s.CPU; c != nil {
		line("cpu", c.Busy, pressure.CPU, loads(s.Load), labelled("iowait ", percent, c.IOWait, 0.005), labelled("steal ", percent, c.Steal, 0.005))
	}
	if m := s.Memory; m != nil && m.Total > 0 {
		of := size(float64(m.Used)) + " of " + size(float64(m.Total))
		swap := ""
		if s.Swap != nil && s.Swap.Used > 0 {
			swap = "swap " + size(float64(s.Swap.Used))
		}
		line("memory", collector.Known(float64(m.Used)/float64(m.Total)), pressure.Memory, of, swap)
	}
	if len(s.Disks) > 0 {
		var busiest *collector.Disk
		var reads, writes []collector.Number
		for i := range s.Disks {
			d := &s.Disks[i]
			if !d.Counted {
				continue
			}
			reads, writes = append(reads, d.ReadRate), append(writes, d.WriteRate)
			if busiest == nil || more(d.Busy, busiest.Busy) {
				busiest = d
			}
		}
		used, name := collector.Number{}, ""
		if busiest != nil {
			used, name = busiest.Busy, busiest.Name
		}
		line("disks", used, pressure.IO, "read "+rate(sum(reads...)), "write "+rate(sum(writes...)), name)
	}
	if len(s.Networks) > 0 {
		p.network(s.Networks, line)
	}
}

func (p *painter) network(networks []collector.Network, line func(string, collector.Number, *collector.Stall, ...string)) {
	var in, out, drops []collector.Number
	used := collector.Number{}
	for i := range networks {
		n := &networks[i]
		if n.Virtual {
			continue
		}
		in, out = append(in, n.ReceiveRate), append(out, n.TransmitRate)
		drops = append(drops, n.ReceiveDrops, n.TransmitDrops, n.ReceiveErrors, n.TransmitErrors)
		speed, known := n.Speed.Get()
		for _, way := range []collector.Number{n.ReceiveRate, n.TransmitRate} {
			if v, ok := way.Get(); ok && known && speed > 0 && more(collector.Known(v/speed), used) {
				used = collector.Known(v / speed)
			}
		}
	}
	lost := ""
	if v, ok := sum(drops...).Get(); ok && v > 0 {
		lost = decimal(v) + "/s lost"
	}
	line("network", used, nil, "in "+rate(sum(in...)), "out "+rate(sum(out...)), lost)
}

// more tells whether a is known and greater than b, or b unknown.
func more(a, b collector.Number) bool {
	v, ok := a.Get()
	w, also := b.Get()
	return ok && (!also || v > w)
}

func loads(l *collector.Load) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("load %.2f %.2f %.2f", l.One, l.Five, l.Fifteen)
}

// labelled is a number with a word before it, if it is at least so much.
func labelled(word string, write func(collector.Number) string, n collector.Number, least float64) string {
	if v, ok := n.Get(); !ok || v < least {
		return ""
	}
	return word + write(n)
}

// filesystems are n of them: when that is not all, the fullest.
func (p *painter) filesystems(list []collector.Filesystem, n int) {
	if n == 0 {
		return
	}
	if n < len(list) {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b collector.Filesystem) int {
			v, _ := a.UsedRatio.Get()
			w, _ := b.UsedRatio.Get()
			return cmp.Compare(w, v)
		})
		list = list[:n]
	}
	gauge := 10
	if p.screen.Cols < narrow {
		gauge = 0
	}
	name := max(p.screen.Cols-gauge-40, 10)
	p.row()
	p.row().left(dim, "filesystem", name).left(dim, " in use", gauge+9).right(dim, "free", 10).right(dim, "size", 10).put(plain, "  ")
	for i := range list {
		f := &list[i]
		ratio, known := f.UsedRatio.Get()
		note := ""
		switch {
		case f.Stale:
			note = "no answer"
		case f.ReadOnly:
			note = "read-only"
		case f.InodesTotal > 0 && float64(f.InodesUsed) >= 0.9*float64(f.InodesTotal):
			note = "inodes!"
		}
		p.row().left(plain, f.Mount, name).put(plain, " ").bar(ratio, known, gauge).right(plain, percent(f.UsedRatio), 8).
			right(plain, size(float64(f.Available)), 10).right(plain, size(float64(f.Total)), 10).put(warn, " "+note)
	}
}

// processes are n of them, as the snapshot has them: most CPU first.
func (p *painter) processes(processes *collector.Processes, n int) {
	if processes == nil || n == 0 {
		return
	}
	p.row()
	tight := p.screen.Cols < narrow
	p.row().right(dim, "pid", 7)
	if !tight {
		p.put(plain, " ").left(dim, "user", 9)
	}
	p.right(dim, "cpu", 8).right(dim, "memory", 10)
	if !tight {
		p.right(dim, "disk", 12)
	}
	of := fmt.Sprintf("of %d processes", processes.Total)
	if processes.Total == 1 { // fivewire itself, alone in its container
		of = "of 1 process"
	}
	p.put(plain, "  ").put(dim, of)
	for i := range processes.Top[:n] {
		q := &processes.Top[i]
		command := q.Command
		if command == "" && q.User != "" { // as ps shows what has no command line; who sees neither sees names
			command = "[" + q.Name + "]"
		}
		command = cmp.Or(command, q.Name)
		cpu := sum(q.CPU, q.ChildrenCPU)
		st := plain
		if v, _ := cpu.Get(); v >= 0.5 {
			st = bold
		}
		traffic := sum(q.ReadRate, q.WriteRate)
		p.row().right(plain, strconv.Itoa(int(q.PID)), 7)
		if !tight {
			p.put(plain, " ").left(plain, q.User, 9)
		}
		p.right(st, percent(cpu), 8).right(plain, size(float64(q.Memory)), 10)
		if !tight {
			p.right(plain, rate(traffic), 12)
		}
		p.put(plain, "  ").put(st, command)
	}
}
