package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/problem"
)

const (
	// tableHolds is for how long one reading of all processes serves everybody who asks.
	tableHolds = time.Second
	// tableTimeout bounds a reading. On a host with a hundred thousand processes some have no details then.
	tableTimeout  = 3 * time.Second
	mostProcesses = 10_000 // in one answer
)

// A processTable is the last reading of all processes, shared by those who ask while it is made and within a second
// after.
type processTable struct {
	mu   sync.Mutex // not held while anything is read
	last *tableReading
}

// A tableReading is what one reading found, or its error: once done is closed, and then for ever.
type tableReading struct {
	began time.Time
	done  chan struct{}
	at    time.Time
	rows  []collector.Process
	err   error
}

// read returns the processes, most CPU first, which nobody may change, and when they were read. A reading that hangs
// keeps one goroutine, and nobody for longer than tableTimeout.
func (t *processTable) read(table func(context.Context) ([]collector.Process, error)) ([]collector.Process, time.Time, error) {
	reading := t.reading(table)
	select { // what is done counts, however late
	case <-reading.done:
		return reading.rows, reading.at, reading.err
	default:
	}
	timer := time.NewTimer(time.Until(reading.began.Add(tableTimeout)))
	defer timer.Stop()
	select {
	case <-reading.done:
		return reading.rows, reading.at, reading.err
	case <-timer.C:
		return nil, time.Time{}, context.DeadlineExceeded
	}
}

// reading is the one under way, or the last one if it still serves, or a new one.
func (t *processTable) reading(table func(context.Context) ([]collector.Process, error)) *tableReading {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil {
		select {
		case <-t.last.done:
			if time.Since(t.last.at) < tableHolds {
				return t.last
			}
		default:
			return t.last
		}
	}
	t.last = &tableReading{began: time.Now(), done: make(chan struct{})}
	go t.last.make(table)
	return t.last
}

func (r *tableReading) make(table func(context.Context) ([]collector.Process, error)) {
	defer close(r.done)
	defer func() {
		if v := recover(); v != nil { // it must cost an answer, not the dashboard
			r.rows, r.at, r.err = nil, time.Now(), fmt.Errorf("panic: %v", v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), tableTimeout)
	defer cancel()
	r.rows, r.err = table(ctx)
	r.at = time.Now()
}

// A processRow is a process in an answer. Depth is its place in the tree: below its parent, 0 for those that have none
// in the answer.
type processRow struct {
	collector.Process
	Depth *int `json:"depth,omitempty"`
}

// cores is what a process uses with its children that have ended.
func cores(p collector.Process) float64 {
	own, _ := p.CPU.Get()
	of, _ := p.ChildrenCPU.Get()
	return own + of
}

// processOrders are the ways to sort, each the greatest or the first first.
func processOrders() map[string]func(a, b collector.Process) int {
	by := func(number func(collector.Process) collector.Number) func(a, b collector.Process) int {
		return func(a, b collector.Process) int {
			x, _ := number(a).Get()
			y, _ := number(b).Get()
			return cmp.Compare(y, x)
		}
	}
	return map[string]func(a, b collector.Process) int{
		"cpu":     func(a, b collector.Process) int { return cmp.Compare(cores(b), cores(a)) },
		"memory":  func(a, b collector.Process) int { return cmp.Compare(b.Memory, a.Memory) },
		"read":    by(func(p collector.Process) collector.Number { return p.ReadRate }),
		"write":   by(func(p collector.Process) collector.Number { return p.WriteRate }),
		"threads": func(a, b collector.Process) int { return cmp.Compare(b.Threads, a.Threads) },
		"name":    func(a, b collector.Process) int { return cmp.Compare(a.Name, b.Name) },
		"user":    func(a, b collector.Process) int { return cmp.Compare(a.User, b.User) },
		"started": func(a, b collector.Process) int { return cmp.Compare(b.Started, a.Started) },
		"pid":     func(a, b collector.Process) int { return cmp.Compare(a.PID, b.PID) },
	}
}

// getProcesses is every process there is now, flat or as a tree, or one of them. To ask for all has the collector look at
// all of them for a while; what a snapshot lists costs less, and so does one.
func (d *Dashboard) getProcesses(c *fiber.Ctx) error {
	orders := processOrders()
	sort := c.Query("sort", "cpu")
	compare, ok := orders[sort]
	if !ok {
		allowed := make([]string, 0, len(orders))
		for name := range orders {
			allowed = append(allowed, name)
		}
		slices.Sort(allowed)
		return problem.Bad("sort", strconv.QuoteToASCII(sort[:min(len(sort), 64)])+" is no order", allowed...).Send(c)
	}
	limit, p := queryInt(c, "limit", mostProcesses, fmt.Sprintf("a number of processes, 1 to %d", mostProcesses))
	if p != nil {
		return p.Send(c)
	}
	if limit < 1 || limit > mostProcesses {
		return problem.Bad("limit", strconv.FormatInt(limit, 10)+" processes", fmt.Sprintf("1 to %d", mostProcesses)).Send(c)
	}
	tree := c.Query("tree", "false")
	if tree != "true" && tree != "false" {
		return problem.Bad("tree", strconv.QuoteToASCII(tree[:min(len(tree), 64)])+" is not a truth value", "true", "false").Send(c)
	}
	if args := c.Context().QueryArgs(); args.Has("at") {
		return d.getProcessesAt(c)
	} else if args.Has("pid") {
		return d.getProcess(c)
	}
	last := d.shown.Load()
	if last == nil || last.snapshot.Processes == nil || last.snapshot.Processes.Table == nil {
		return noProcesses(c)
	}
	rows, at, err := d.table.read(last.snapshot.Processes.Table)
	if err != nil {
		d.log.Warn("the process table cannot be read", "error", err)
		detail := "the process table cannot be read now"
		if errors.Is(err, context.DeadlineExceeded) {
			detail = "to read all processes took too long"
		}
		return problem.New(fiber.StatusServiceUnavailable, detail).Send(c)
	}
	sorted := slices.Clone(rows)
	if d.visitor(c).redacted() {
		sorted = withoutPeople(rows)
	}
	slices.SortStableFunc(sorted, compare)
	var answer []processRow
	if tree == "true" {
		answer = asTree(sorted)
	} else {
		answer = make([]processRow, len(sorted))
		for i := range sorted {
			answer[i].Process = sorted[i]
		}
	}
	return sendJSON(c, map[string]any{
		"at":        at.UnixMilli(),
		"total":     len(rows),
		"processes": answer[:min(int(limit), len(answer))],
	})
}

// getProcessesAt is the table of a moment that has passed, as the history has it.
func (d *Dashboard) getProcessesAt(c *fiber.Ctx) error {
	at, p := queryInt(c, "at", 0, "Unix milliseconds")
	if p != nil {
		return p.Send(c)
	}
	for _, other := range []string{"pid", "tree", "sort", "limit"} {
		if c.Context().QueryArgs().Has(other) {
			return problem.Bad(other, "the table of a moment that has passed is as it is", "nothing: leave it out, or leave at out").Send(c)
		}
	}
	moment, found := d.history.Processes(time.UnixMilli(at))
	if !found {
		missing := problem.New(fiber.StatusNotFound, "no process table of that moment is kept")
		missing.Parameter = "at"
		return missing.Send(c)
	}
	if d.visitor(c).redacted() {
		moment.Processes = slices.Clone(moment.Processes)
		for i := range moment.Processes {
			moment.Processes[i].User = ""
		}
	}
	return sendJSON(c, map[string]any{"at": moment.At.UnixMilli(), "processes": moment.Processes})
}

func noProcesses(c *fiber.Ctx) error {
	c.Set(fiber.HeaderRetryAfter, "1")
	return problem.New(fiber.StatusServiceUnavailable, "processes have not been read yet, or whoever publishes does not read them").Send(c)
}

// getProcess is one process, as it is in the list of all.
func (d *Dashboard) getProcess(c *fiber.Ctx) error {
	text := c.Query("pid")
	pid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || pid < 1 {
		return problem.Bad("pid", strconv.QuoteToASCII(text[:min(len(text), 64)])+" is not the number of a process", fmt.Sprintf("1 to %d", math.MaxInt32)).Send(c)
	}
	last := d.shown.Load()
	if last == nil || last.snapshot.Processes == nil || last.snapshot.Processes.One == nil {
		return noProcesses(c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), tableTimeout)
	defer cancel()
	p, found, err := readOne(ctx, last.snapshot.Processes, int32(pid))
	if err != nil {
		d.log.Warn("a process cannot be read", "error", err)
		return problem.New(fiber.StatusServiceUnavailable, "the process cannot be read now").Send(c)
	}
	if !found {
		missing := problem.New(fiber.StatusNotFound, fmt.Sprintf("there is no process %d, or no longer", pid))
		missing.Parameter = "pid"
		return missing.Send(c)
	}
	if d.visitor(c).redacted() {
		p = withoutPeople([]collector.Process{p})[0]
	}
	return sendJSON(c, map[string]any{
		"at":        time.Now().UnixMilli(),
		"total":     last.snapshot.Processes.Total,
		"processes": []processRow{{Process: p}},
	})
}

func readOne(ctx context.Context, from *collector.Processes, pid int32) (p collector.Process, found bool, err error) {
	defer func() {
		if v := recover(); v != nil { // likewise
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return from.One(ctx, pid)
}

// asTree puts every process behind its parent, siblings in the order they come in. What claims to be its own ancestor,
// because a number was used again while the table was read, stands at the top.
func asTree(list []collector.Process) []processRow {
	byPID := make(map[int32]int, len(list))
	for i, p := range list {
		byPID[p.PID] = i
	}
	children := make(map[int][]int, len(list))
	var roots []int
	for i, p := range list {
		if parent, ok := byPID[p.Parent]; ok && parent != i {
			children[parent] = append(children[parent], i)
		} else {
			roots = append(roots, i)
		}
	}
	rows := make([]processRow, 0, len(list))
	placed := make([]bool, len(list))
	// Not by recursion: a chain of processes may be as long as there are processes.
	type place struct{ index, depth int }
	walk := func(root int) {
		stack := []place{{root, 0}}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if placed[at.index] {
				continue
			}
			placed[at.index] = true
			rows = append(rows, processRow{Process: list[at.index], Depth: &at.depth})
			below := children[at.index]
			for i := len(below) - 1; i >= 0; i-- {
				stack = append(stack, place{below[i], at.depth + 1})
			}
		}
	}
	for _, root := range roots {
		walk(root)
	}
	for i := range list { // those in a ring
		if !placed[i] {
			walk(i)
		}
	}
	return rows
}
