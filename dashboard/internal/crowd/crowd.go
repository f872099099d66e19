// Package crowd connects a crowd of viewers to this very server, and says what they cost it.
//
// # What is promised
//
// The viewers are in a process of their own, `fivewire load` of the same program: its CPU and memory are not the
// server's. There is one crowd at a time. It ends when its time is over, when Stop or Close is called, and when this
// process ends in whatever way: its standard input is a pipe that then breaks. It is always waited for, and after
// a grace killed, so that nothing of it is left.
//
// What it costs the server is measured and not modelled: the server's own counters, as they are handed to Observe (CPU
// time from getrusage(2), resident memory, goroutines, descriptors, bytes as the meter counts them), in a window of at
// least two seconds before the crowd, which Start waits for, and in one that begins when all are in. A difference is
// what the crowd has brought, as long as nothing else changes meanwhile. What earlier crowds have left in the heap is
// given back before (Config.Prepare), so that each is measured as the first one was.
//
// What the viewers saw they tell themselves, once a second.
package crowd

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Most is how many viewers a crowd may have; Shortest and Longest how long it may be there.
const (
	Most     = 5000
	Shortest = time.Second
	Longest  = 10 * time.Minute
)

// ShortestCut is how often a viewer may cut itself, at most.
const ShortestCut = 200 * time.Millisecond

const (
	rate   = 1000            // connects a second
	grace  = 2 * time.Second // from being asked to end to being killed
	lull   = 3 * time.Second // after a crowd, until what served it has ended too
	pause  = time.Second     // after Prepare, until what is in use after all is back
	recent = 5 * time.Second // what "now" is an average over
	// baseline is how long the server is looked at without a crowd, and at least two snapshots.
	baseline = 1900 * time.Millisecond
)

// Errors of Start.
var (
	ErrBusy    = errors.New("there is a crowd already, and one at a time can be measured")
	ErrClosed  = errors.New("the dashboard is closed")
	ErrNowhere = errors.New("the dashboard is not served at an address that another process could connect to")
)

// Config says what runs the viewers.
type Config struct {
	// Command is the program that is `fivewire load`, with the arguments that make it so.
	Command []string
	// Environment is the child's; nil for none: what configures this program must not configure it. It is how the child is
	// told what others must not read, as they can a command line.
	Environment func() []string
	// Prepare is called before the server is looked at without a crowd: to give back to the system what is not in
	// use. nil for nothing.
	Prepare func()
	Logger  *slog.Logger
}

// An Order is what kind of crowd is wanted. The caller has checked the technique and the numbers.
type Order struct {
	Technique string
	Viewers   int
	Duration  time.Duration // from when all are in; what connecting takes is added, and is bounded too
	Pause     time.Duration // polling: between an answer and the next question
	CutEvery  time.Duration // each viewer cuts itself so often, and resumes; 0 for never
	Origin    string        // of the page that they say they are of; "" for none, as programs do
}

// arguments are those of `fivewire load` behind the URL.
func (o Order) arguments() []string {
	args := []string{"--technique", o.Technique, "--viewers", strconv.Itoa(o.Viewers), "--rate", strconv.Itoa(rate),
		"--duration", o.Duration.String(), "--pause", o.Pause.String(), "--attended"}
	if o.CutEvery > 0 {
		args = append(args, "--cut-every", o.CutEvery.String())
	}
	if o.Origin != "" {
		args = append(args, "--header", "Origin: "+o.Origin)
	}
	return args
}

// A Crowd is none, one, or the last one. New makes it; all methods may be called from any goroutine.
type Crowd struct {
	config Config
	runs   sync.WaitGroup

	mu      sync.Mutex
	url     string // of the dashboard, with a slash behind it; "" until it is served
	closed  bool
	past    []Sample  // of the last seconds, oldest first
	quiet   time.Time // when the last crowd will have left nothing
	current *run      // the one that runs, or the last one
}

// A run is one crowd. What is below began changes, under Crowd.mu.
type run struct {
	order Order
	stop  chan struct{} // closed when it is asked to end
	over  chan struct{} // closed when it has ended
	began time.Time

	stopped  bool
	ended    bool
	phase    string
	measured chan struct{} // closed when before is there
	empty    window        // without the crowd
	before   *Cost
	steady   window // from when all were in
	progress Progress
	err      error
}

// New makes a crowd that has not been served yet.
func New(config Config) *Crowd { return &Crowd{config: config} }

// Serve says where the dashboard is: its base URL, with a slash behind it.
func (c *Crowd) Serve(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url = url
}

// Observe takes what the server costs at this moment. It is called at each snapshot. What has used no processor time
// since the one before is the same reading again, of a collector that ticks more often than it reads its own cost: it says
// nothing of this moment, and is left out.
func (c *Crowd) Observe(s Sample) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.past); n > 0 && c.past[n-1].CPU == s.CPU {
		return
	}
	for len(c.past) > 2 && s.At.Sub(c.past[1].At) > recent {
		c.past = c.past[1:]
	}
	c.past = append(c.past, s)
	switch r := c.current; {
	case r == nil || r.stopped || r.ended:
	case r.phase == phaseBefore:
		r.empty.add(s)
		if r.before = r.empty.cost(); r.empty.elapsed() >= baseline {
			r.phase = phaseConnecting
			close(r.measured)
		}
	case r.phase == phaseMeasuring:
		r.steady.add(s)
	}
}

// Start begins a crowd. What becomes of it State tells.
func (c *Crowd) Start(order Order) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.url == "":
		return ErrNowhere
	case c.current != nil && !c.current.ended:
		return ErrBusy
	}
	r := &run{
		order: order, began: time.Now(), phase: phaseWaiting,
		stop: make(chan struct{}), over: make(chan struct{}), measured: make(chan struct{}),
	}
	c.current = r
	c.runs.Go(func() { c.run(r, c.url, c.quiet) })
	return nil
}

// run is a crowd from its beginning to its end.
func (c *Crowd) run(r *run, url string, quiet time.Time) {
	err := c.connect(r, url, quiet)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && !r.stopped {
		r.err = err
		c.config.Logger.Warn("a crowd ended badly", "error", err)
	}
	r.ended, r.phase, c.quiet = true, phaseEnded, time.Now().Add(lull)
	close(r.over)
}

// connect looks at the server without viewers, has them connected, and sees them out.
func (c *Crowd) connect(r *run, url string, quiet time.Time) error {
	timer := time.NewTimer(time.Until(quiet))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.stop:
		return nil
	}
	if c.config.Prepare != nil {
		c.config.Prepare()
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-r.stop:
			return nil
		}
	}
	c.turn(r, phaseBefore)
	select {
	case <-r.measured:
	case <-r.stop:
		return nil
	}
	command := append(append(slices.Clone(c.config.Command), url), r.order.arguments()...)
	environment := []string{}
	if c.config.Environment != nil {
		environment = append(environment, c.config.Environment()...)
	}
	child, err := startChild(command, environment, func(line []byte) { c.told(r, line) })
	if err != nil {
		return err
	}
	// One whose viewers are never all in has its time too.
	timer.Reset(r.order.Duration + time.Duration(r.order.Viewers)*time.Second/rate + 45*time.Second)
	select {
	case <-child.done:
	case <-r.stop:
	case <-timer.C:
	}
	child.stop(grace)
	return child.err
}

// turn begins a phase.
func (c *Crowd) turn(r *run, phase string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.phase = phase
}

// told takes a line that the child has written.
func (c *Crowd) told(r *run, line []byte) {
	p, ok := parseProgress(line)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.progress, r.phase = p, p.Phase
}

// Stop ends the crowd, if there is one, and returns when its process has gone.
func (c *Crowd) Stop() {
	c.mu.Lock()
	r := c.current
	if r == nil || r.ended {
		c.mu.Unlock()
		return
	}
	if !r.stopped {
		r.stopped = true
		close(r.stop)
	}
	c.mu.Unlock()
	<-r.over
}

// Close ends the crowd, and there will be none any more. It is safe to call twice.
func (c *Crowd) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.Stop()
	c.runs.Wait()
}
