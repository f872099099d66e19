package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/alert"
	"github.com/fivewire/fivewire/dashboard/internal/text"
	"github.com/fivewire/fivewire/dashboard/load"
)

// Top shows a dashboard in this terminal.
type Top struct {
	URL       string `arg:"" optional:"" default:"http://127.0.0.1:8055/" help:"The dashboard's address, or unix:/path of its socket (default ${default})."`
	Technique string `default:"sse" enum:"polling,longpolling,streaming,sse,websocket" placeholder:"NAME" help:"How messages come: polling, longpolling, streaming, sse or websocket (default ${default})."`
	Once      bool   `help:"Print one page, and end."`
	KeyFile   string `placeholder:"FILE" help:"A file with the dashboard's key; FIVEWIRE_KEY may have it instead."`
}

// Help is shown by --help.
func (*Top) Help() string {
	return `Keys: 1 to 5 switch the technique, and no message is lost; q ends it. Where standard output is no terminal there is a page
of plain text for each message, and so there is where TERM is dumb. NO_COLOR takes the colours away, and a locale that is
not UTF-8 (LC_ALL, LC_CTYPE, LANG) everything but ASCII.

Examples:
  fivewire top
  fivewire top --technique websocket https://monitor.example/
  fivewire top --once unix:/run/fivewire.sock`
}

// Validate refuses before anything is asked.
func (t *Top) Validate() error { return validAddress(t.URL) }

// Run shows pictures until somebody ends it.
func (t *Top) Run() error {
	r, err := dial(t.URL, t.KeyFile)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := int(os.Stdout.Fd())
	able := term.IsTerminal(out) && canDraw(runtime.GOOS, os.Getenv)
	m := monitor{remote: r, technique: t.Technique, once: t.Once, out: os.Stdout, color: able && os.Getenv("NO_COLOR") == "",
		live: able && !t.Once, ascii: !speaksUTF8(os.Getenv), size: func() (cols, rows int) {
			cols, rows, err := term.GetSize(out)
			if err != nil || cols <= 0 {
				return text.UsualCols, text.UsualRows
			}
			return cols, rows
		}}
	if in := int(os.Stdin.Fd()); m.live && term.IsTerminal(in) {
		before, err := term.MakeRaw(in)
		if err != nil {
			return fmt.Errorf("the terminal: %w", err)
		}
		defer term.Restore(in, before)
		m.keys = keysOf(os.Stdin)
	}
	if m.live {
		const other, hidden = "\x1b[?1049h", "\x1b[?25l" // a screen of our own, without a cursor
		io.WriteString(os.Stdout, other+hidden+text.Clear)
		defer io.WriteString(os.Stdout, "\x1b[?25h\x1b[?1049l")
	}
	return m.run(ctx)
}

// canDraw tells whether a terminal takes anything but lines. Windows has no TERM.
func canDraw(system string, getenv func(string) string) bool {
	kind := getenv("TERM")
	return kind != "dumb" && (kind != "" || system == "windows")
}

// speaksUTF8 tells whether the locale does; where there is none it may.
func speaksUTF8(getenv func(string) string) bool {
	locale := strings.ToUpper(cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")))
	return locale == "" || strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8")
}

// keysOf reads keys until there are no more. The goroutine ends with the program.
func keysOf(in io.Reader) <-chan byte {
	keys := make(chan byte)
	go func() {
		b := make([]byte, 1)
		for {
			if n, err := in.Read(b); err != nil || n == 0 {
				return
			}
			keys <- b[0]
		}
	}()
	return keys
}

// A monitor shows one dashboard.
type monitor struct {
	remote    *remote
	technique string
	once      bool
	out       io.Writer
	color     bool
	live      bool // one picture over the other, or page after page
	ascii     bool
	size      func() (cols, rows int)
	keys      <-chan byte // nil for none

	view     text.View
	messages int
	missed   uint64
	gaps     int
	lost     string    // why there is no connection; "" while there is
	again    time.Time // when it is tried next
	footer   string    // of the last picture
	cursor   string
	drawn    [2]int // the size of the last picture
}

// errQuit is why a monitor ends that was asked to.
var errQuit = errors.New("quit")

// resizeEvery is how often it is looked whether the terminal has another size.
const resizeEvery = 250 * time.Millisecond

func (m *monitor) run(ctx context.Context) error {
	host := new(collector.Host)
	if err := m.remote.ask(ctx, http.MethodGet, "api/v1/host", nil, host); err != nil {
		return err
	}
	m.view.Host = host
	firing := make(chan []string, 1)
	tick := time.NewTicker(resizeEvery)
	defer tick.Stop()
	for {
		err := m.follow(ctx, firing, tick.C)
		switch {
		case errors.Is(err, errQuit), ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// follow shows the messages of one technique until another is wanted (nil) or it is over. What the one before had not
// handed over yet comes again: it goes on behind the last message that was shown.
func (m *monitor) follow(ctx context.Context, firing chan []string, tick <-chan time.Time) error {
	ctx, stop := context.WithCancel(ctx)
	messages, lost, ended := make(chan load.Message), make(chan loss), make(chan error, 1)
	client := load.Client{URL: m.remote.base, Technique: m.technique, HTTP: m.remote.client, Header: m.remote.header,
		Lost: func(why error, pause time.Duration) {
			select {
			case lost <- loss{reason(why), time.Now().Add(pause)}:
			case <-ctx.Done():
			}
		}}
	go func() {
		_, err := client.Follow(ctx, m.cursor, func(message load.Message) error {
			message.Raw = bytes.Clone(message.Raw)
			select {
			case messages <- message:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		ended <- err
	}()
	m.askAlerts(ctx, firing)
	finish := func(err error) error {
		stop()
		<-ended
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return finish(ctx.Err())
		case err := <-ended:
			stop()
			return err
		case message := <-messages:
			if err := m.take(ctx, message, firing); err != nil {
				return finish(err)
			}
		case l := <-lost:
			m.lost, m.again = l.why, l.again
			m.draw()
		case m.view.Firing = <-firing:
			m.draw()
		case key := <-m.keys:
			switch wanted := int(key) - '1'; {
			case key == 'q' || key == 3: // Ctrl-C, which a raw terminal hands over
				return finish(errQuit)
			case wanted >= 0 && wanted < len(load.Techniques()) && load.Techniques()[wanted] != m.technique:
				m.technique = load.Techniques()[wanted]
				return finish(nil)
			}
		case <-tick:
			if cols, rows := m.size(); m.live && (m.drawn != [2]int{cols, rows} || m.status() != m.footer) {
				m.draw()
			}
		}
	}
}

// take shows a message.
func (m *monitor) take(ctx context.Context, message load.Message, firing chan []string) error {
	var read struct{ Data collector.Snapshot }
	if err := json.Unmarshal(message.Raw, &read); err != nil {
		return fmt.Errorf("what comes is no snapshot: %w", err)
	}
	m.cursor, m.lost = message.ID, ""
	m.messages++
	m.missed += message.Missed
	if message.Gap {
		m.gaps++
	}
	read.Data.At = time.UnixMilli(message.At)
	m.view.Snapshot = &read.Data
	if slices.ContainsFunc(read.Data.Marks, func(mark collector.Mark) bool { return mark.Kind == collector.MarkAlert }) {
		m.askAlerts(ctx, firing)
	}
	if !m.live {
		cols, _ := m.size()
		b := text.Page(nil, m.view, text.Screen{Cols: cols, Color: m.color, ASCII: m.ascii})
		if m.messages > 1 {
			b = append([]byte{'\n'}, b...)
		}
		if _, err := m.out.Write(b); err != nil || m.once {
			return errors.Join(err, errQuit)
		}
		return nil
	}
	m.draw()
	return nil
}

// askAlerts asks what fires, and hands that over.
func (m *monitor) askAlerts(ctx context.Context, firing chan []string) {
	go func() {
		var answer struct{ Rules []alert.State }
		if m.remote.ask(ctx, http.MethodGet, "api/v1/alerts", nil, &answer) != nil {
			return
		}
		select {
		case firing <- alert.Sentences(answer.Rules):
		case <-ctx.Done():
		}
	}()
}

// A loss is a connection that is none any more.
type loss struct {
	why   string
	again time.Time
}

// reason is why there is no connection, what happened first: an address is long, and known to who has typed it.
func reason(err error) string {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	var dialed *net.OpError
	if !errors.As(err, &dialed) || dialed.Addr == nil {
		return err.Error()
	}
	what := dialed.Err
	var call *os.SyscallError
	if errors.As(what, &call) {
		what = call.Err
	}
	return fmt.Sprintf("%v (%s)", what, dialed.Addr)
}

// status is the line below a picture.
func (m *monitor) status() string {
	if m.lost != "" {
		return fmt.Sprintf("no connection, again in %.0f s: %s", math.Ceil(max(time.Until(m.again).Seconds(), 0)), m.lost)
	}
	gaps := ""
	if m.gaps == 1 {
		gaps = ", 1 gap"
	} else if m.gaps > 1 {
		gaps = fmt.Sprintf(", %d gaps", m.gaps)
	}
	return fmt.Sprintf("%s, %d messages, %d missed%s; 1 to 5: another technique, q: quit", m.technique, m.messages, m.missed, gaps)
}

// draw shows a picture.
func (m *monitor) draw() {
	if !m.live {
		return
	}
	cols, rows := m.size()
	m.drawn = [2]int{cols, rows}
	m.footer = m.status()
	m.view.Footer = m.footer
	m.out.Write(text.Picture(nil, m.view, text.Screen{Cols: cols, Rows: rows, Color: m.color, ASCII: m.ascii}))
}
