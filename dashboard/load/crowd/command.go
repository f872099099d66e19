package crowd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/term"
)

// defaultRate is that of --rate's tag. kong's own xor takes a default for a flag that was given.
const defaultRate = 1000

// A Command is `fivewire load` as kong reads it.
type Command struct {
	URL       string        `arg:"" name:"url" help:"A dashboard's address, which ends with a slash, or the URL of any other server, which is used as it is."`
	Technique string        `default:"sse" placeholder:"NAME" help:"polling, longpolling, streaming, sse or websocket (default ${default})."`
	Viewers   int           `short:"n" default:"1000" placeholder:"N" help:"How many viewers (default ${default})."`
	Rate      float64       `default:"1000" placeholder:"N" help:"Connects a second (default ${default})."`
	Ramp      time.Duration `placeholder:"DURATION" allowed:"0s to 24h" help:"Spread the connects over this instead."`
	Duration  time.Duration `default:"30s" placeholder:"DURATION" allowed:"100ms to 24h" help:"How long to measure, from when all are in (default ${default})."`
	CutEvery  time.Duration `placeholder:"DURATION" allowed:"100ms or more" help:"Each viewer cuts itself so often, and resumes: nothing may be missed."`
	Slow      int           `placeholder:"K" help:"K of the viewers never read after connecting."`
	Every     time.Duration `placeholder:"DURATION" allowed:"0s to 1m" help:"Ask a dashboard to thin messages to one in this time."`
	Pause     time.Duration `default:"1s" placeholder:"DURATION" allowed:"10ms to 1h" help:"Polling: from an answer to the next question (default ${default})."`
	Header    []string      `short:"H" sep:"none" placeholder:"LINE" help:"A header line for each request, \"Name: value\"; may be repeated."`
	Raw       bool          `help:"Use the URL as it is although it ends with a slash."`
	PID       []int         `name:"pid" placeholder:"PID" help:"Measure this process too: CPU a message, memory (Linux); may be repeated."`
	JSON      bool          `name:"json" help:"The report as JSON."`
	Attended  bool          `help:"For a program that starts this one: how it goes as an object a second on standard error, and the end when standard input ends."`
}

// Help is shown by --help.
func (*Command) Help() string {
	return `Connects viewers to a server, ours or another's, and tells what they saw: messages, misses, duplicates, ages, the time
from the first viewer to the last, bytes, reconnects, errors; overdue are messages that a viewer had not at the end and
others had had for 2 s, gaps those that the server says it has lost. The report goes to standard output, how it goes to
standard error. Ctrl-C ends early, with the report. It exits 0, or 1 when nobody could connect.

Messages are events of SSE, lines of NDJSON, WebSocket messages, or whole answers to a poll. What is missed and how old
a message is can be told if it begins like fivewire's, {"id":"<epoch>-<seq>","at":<Unix ms>, or if SSE's id is
<epoch>-<seq>.

Examples:
  fivewire load http://127.0.0.1:8055/                            a thousand on SSE
  fivewire load http://127.0.0.1:8055/ --technique websocket -n 10000 --ramp 20s
  fivewire load http://127.0.0.1:8055/ --cut-every 5s             do they get what they missed?
  fivewire load http://127.0.0.1:8055/ --slow 10                  do the others notice?
  fivewire load http://127.0.0.1:8080/sub/channel --technique longpolling     Nchan
  fivewire load ws://127.0.0.1:8000/stream --technique websocket  any other`
}

// Validate refuses before anything is opened.
func (l *Command) Validate() error {
	switch {
	case l.Viewers < 1 || l.Viewers > 1_000_000:
		return fmt.Errorf("--viewers %d is outside 1 to 1000000", l.Viewers)
	case !(l.Rate >= 0.1 && l.Rate <= 1_000_000):
		return fmt.Errorf("--rate %v is outside 0.1 to 1000000 a second", l.Rate)
	case l.Ramp < 0 || l.Ramp > 24*time.Hour:
		return fmt.Errorf("--ramp %v is outside 0s to 24h", l.Ramp)
	case l.Ramp > 0 && l.Rate != defaultRate:
		return errors.New("--rate and --ramp can't be used together: say how many a second, or within what time")
	case l.Duration < 100*time.Millisecond || l.Duration > 24*time.Hour:
		return fmt.Errorf("--duration %v is outside 100ms to 24h", l.Duration)
	case l.CutEvery != 0 && l.CutEvery < 100*time.Millisecond:
		return fmt.Errorf("--cut-every %v: want 100ms or more, or 0s for never", l.CutEvery)
	case l.Slow < 0 || l.Slow > l.Viewers:
		return fmt.Errorf("--slow %d is outside 0 to the number of viewers, %d", l.Slow, l.Viewers)
	case l.Every < 0 || l.Every > time.Minute:
		return fmt.Errorf("--every %v is outside 0s to 1m", l.Every)
	case l.Pause < 10*time.Millisecond || l.Pause > time.Hour:
		return fmt.Errorf("--pause %v is outside 10ms to 1h", l.Pause)
	case slices.ContainsFunc(l.PID, func(pid int) bool { return pid < 1 }):
		return fmt.Errorf("--pid %v: want the number of a process", l.PID)
	}
	config := l.config()
	_, err := newTarget(&config)
	return err
}

func (l *Command) config() Config {
	return Config{
		URL: l.URL, Raw: l.Raw, Technique: l.Technique, Viewers: l.Viewers, Rate: l.Rate, Ramp: l.Ramp, Duration: l.Duration,
		CutEvery: l.CutEvery, Slow: l.Slow, Every: l.Every, Pause: l.Pause, Header: l.Header, PIDs: l.PID,
	}
}

// Run is the command.
func (l *Command) Run() error {
	config := l.config()
	config.Key = os.Getenv("FIVEWIRE_KEY")
	config.Progress = os.Stderr
	if info, err := os.Stderr.Stat(); err == nil && !l.Attended {
		config.Live = info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}
	config.Cols = func() int {
		cols, _, _ := term.GetSize(int(os.Stderr.Fd()))
		return cols
	}
	config.Objects = l.Attended
	if most := descriptors(); most > 0 && l.Viewers > most-spare {
		fmt.Fprintf(os.Stderr, "fivewire: %d viewers are more than the %d descriptors that this process may have (hint: ulimit -n)\n", l.Viewers, most)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends us without a report
	if l.Attended {
		// Whoever started us has gone, or wants the end: a pipe ends on every system, and however its writer did.
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	report, err := Run(ctx, config)
	if report != nil {
		write := report.Table
		if l.JSON {
			write = report.JSON
		}
		err = errors.Join(err, write(os.Stdout))
	}
	return err
}

// spare descriptors are for what is no viewer, those that are reserved among them.
const spare = 20
