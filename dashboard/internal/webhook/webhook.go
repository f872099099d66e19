// Package webhook tells somebody elsewhere of alerts, by HTTP.
//
// # What is promised
//
// Send never waits. Notices go out one after the other, in their order, from a goroutine of the Sender's own. What
// answers 2xx has been told. What is refused for good (any other 3xx or 4xx) is dropped at once; what cannot be reached,
// does not answer within ten seconds, or answers 408, 429 or 5xx is tried again: after one second, and twice as long each
// time up to five minutes, half of it at random, and never sooner than Retry-After says. After an hour a notice is
// dropped; so is the oldest of more than 64 that wait. Each that is dropped is told to the log, by its rule and subject.
// What waits when Run ends is in Waiting, for whoever keeps it across restarts and gives it to the next Sender.
//
// # What leaves the host
//
// What a Notice has, and nothing else: no list of processes, no addresses. A redirect is followed on the same scheme,
// host and port only, and where it leaves the method and the body as they are (307, 308). The address of the receiver is a secret, since whoever has it can write there: neither an error nor
// a log line has more of it than its host.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	timeout     = 10 * time.Second
	firstPause  = time.Second
	longest     = 5 * time.Minute
	giveUp      = time.Hour
	mostWaiting = 64
	mostAnswer  = 4 << 10
	complain    = 10 * time.Minute // how often the log is told
)

// A Notice is what is told of one alert.
type Notice struct {
	Host      string  // the machine's name
	Rule      string  // "filesystem-full"
	Subject   string  // "/home"; "" where there is one only
	Text      string  // what is wrong
	Value     float64 // with Unit
	Threshold float64
	Unit      string // "ratio", "bytes/s", "seconds" or "count"
	Verdict   string // what all of the host comes to, in a sentence
	Link      string // to the page at that moment; "" where nobody knows its address
	Began     time.Time
	Ended     time.Time // zero while it lasts
}

// A Config is where to, and how.
type Config struct {
	URL    string
	Format string            // one of Formats, or "auto"
	Client http.RoundTripper // default a transport of its own
	Logger *slog.Logger
	// Waiting is what another Sender had not told, the oldest first. Each is tried at least once.
	Waiting []Waiting
	// Changed, if there is one, is called when Waiting has changed. It must not wait, nor ask the Sender.
	Changed func()
}

// A Waiting is a notice that nobody has been told of yet.
type Waiting struct {
	Notice
	Since time.Time // when it was to be sent
}

// A Sender sends to one receiver. New makes one.
type Sender struct {
	url       *url.URL
	format    format
	client    *http.Client
	transport *http.Transport
	log       *slog.Logger
	wake      chan struct{}
	changed   func()

	mu        sync.Mutex
	waiting   []waiting
	last      uint64 // number of a notice
	state     State
	complains time.Time
}

type waiting struct {
	number uint64
	Waiting
}

// A State is how it goes.
type State struct {
	Host    string `json:"host"` // the receiver's, of its address
	Format  string `json:"format"`
	Sent    int    `json:"sent"`
	Dropped int    `json:"dropped"` // refused for good, too old, or too many
	Waiting int    `json:"waiting"`
	Error   string `json:"error,omitempty"` // of the last attempt; "" when it was taken
}

// Check says what is wrong with an address, without telling it.
func Check(address, form string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("the address for alerts is not http://… or https://…")
	}
	if form != "" && form != auto && !slices.Contains(Formats(), form) {
		return fmt.Errorf("%q is no format: want auto, %s", form, strings.Join(Formats(), ", "))
	}
	return nil
}

// New makes a Sender. Run has to be called for it.
func New(c Config) (*Sender, error) {
	if err := Check(c.URL, c.Format); err != nil {
		return nil, err
	}
	u, _ := url.Parse(c.URL)
	s := &Sender{url: u, format: formatFor(u, c.Format), log: c.Logger, wake: make(chan struct{}, 1), changed: c.Changed}
	s.state.Host, s.state.Format = u.Host, s.format.name
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.changed == nil {
		s.changed = func() {}
	}
	for _, w := range c.Waiting {
		s.add(w)
	}
	if c.Client == nil {
		s.transport = http.DefaultTransport.(*http.Transport).Clone()
		s.transport.MaxIdleConnsPerHost = 1
		s.transport.IdleConnTimeout = time.Minute
		c.Client = s.transport
	}
	s.client = &http.Client{Transport: c.Client, Timeout: timeout, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		first := before[0].URL
		// After 301, 302 and 303 it would be a GET without the notice (RFC 9110 section 15.4), whose 200 says nothing.
		if len(before) > 3 || next.Method != before[0].Method || next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return s, nil
}

// Send has a notice sent when it is its turn.
func (s *Sender) Send(n Notice) {
	s.mu.Lock()
	s.add(Waiting{n, time.Now()})
	s.mu.Unlock()
	s.changed()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// add puts a notice behind the others. mu is held.
func (s *Sender) add(w Waiting) {
	s.last++
	if s.waiting = append(s.waiting, waiting{s.last, w}); len(s.waiting) > mostWaiting {
		s.drop(s.waiting[0].Notice, fmt.Errorf("more than %d wait", mostWaiting))
		s.waiting = slices.Delete(s.waiting, 0, 1)
	}
}

// Waiting is what nobody has been told of yet, the oldest first.
func (s *Sender) Waiting() []Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Waiting, 0, len(s.waiting))
	for _, w := range s.waiting {
		w.Value, w.Threshold = finite(w.Value), finite(w.Threshold) // it can be written as JSON
		list = append(list, w.Waiting)
	}
	return list
}

// State tells how it goes.
func (s *Sender) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	state.Waiting = len(s.waiting)
	return state
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	if s.transport != nil {
		defer s.transport.CloseIdleConnections()
	}
	pause := firstPause
	for {
		var now waiting
		s.mu.Lock()
		some := len(s.waiting) > 0
		if some {
			now = s.waiting[0]
		}
		s.mu.Unlock()
		if !some {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		again, least, err := s.attempt(ctx, now.Notice)
		if ctx.Err() != nil {
			return
		}
		if again && time.Since(now.Since) >= giveUp {
			again, err = false, fmt.Errorf("given up after %v: %w", giveUp, err)
		}
		s.report(now, again, err)
		if !again {
			pause = firstPause
			continue
		}
		timer := time.NewTimer(max(pause/2+rand.N(pause/2+1), least))
		pause = min(2*pause, longest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// report notes how an attempt went, and drops a notice that is done with.
func (s *Sender) report(now waiting, again bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Error = ""
	if err == nil {
		s.state.Sent++
	} else {
		s.state.Error = err.Error()
		if at := time.Now(); again && at.Sub(s.complains) >= complain {
			s.complains = at
			s.log.Warn("an alert could not be told, and is tried again", "receiver", s.url.Host, "error", err)
		}
	}
	if again {
		return
	}
	if len(s.waiting) > 0 && s.waiting[0].number == now.number { // it may have been pushed out meanwhile
		s.waiting = slices.Delete(s.waiting, 0, 1)
		s.changed()
		if err != nil {
			s.drop(now.Notice, err)
		}
	}
}

// drop counts a notice that nobody has been told of, and says so. mu is held.
func (s *Sender) drop(n Notice, why error) {
	s.state.Dropped++
	s.log.Warn("nobody was told of an alert", "receiver", s.url.Host, "rule", n.Rule, "subject", n.Subject, "over", !n.Ended.IsZero(), "error", why)
}

// attempt sends a notice once. again says that it is worth another attempt, and least after how long.
func (s *Sender) attempt(ctx context.Context, n Notice) (again bool, least time.Duration, err error) {
	body, header := s.format.write(n)
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		return false, 0, errors.New("the address cannot be asked")
	}
	q.Header = header
	q.Header.Set("User-Agent", "fivewire")
	answer, err := s.client.Do(q)
	if err != nil {
		var asked *url.Error
		if errors.As(err, &asked) { // its own text has the address
			err = asked.Err
		}
		return true, 0, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, mostAnswer)) // so that the connection can be used again
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return false, 0, nil
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return true, retryAfter(answer.Header.Get("Retry-After"), time.Now()), fmt.Errorf("it answers %d", code)
	default:
		return false, 0, fmt.Errorf("it refuses with %d", code)
	}
}

// retryAfter reads RFC 9110's field (section 10.2.3), at most as long as a notice lives.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, giveUp)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), giveUp)
	}
	return 0
}
