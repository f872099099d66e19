// Package load is the Go client of the five techniques: what a browser page does with a dashboard, without the browser.
//
// # What is promised
//
// A Client is one viewer on one technique. Watch calls each once for every message, in the order in which the server
// sent them, from the goroutine that called Watch, with the very bytes that were sent: they are the same on all five.
// Watch returns why it stopped: the end of the context (its cause), an error of each (as it is), or one of the errors
// below, which errors.Is and errors.As tell apart.
//
//	ErrEnded       the server said that it is over: end of a chunked body, a WebSocket close of 1000, 1001, 1012 or
//	               without a code, or 503 to a poll after others of the same Watch were answered
//	ErrCut         the connection broke off, or nothing came for longer than was agreed
//	ErrFormat      what came is not what this technique sends; ErrTooLong: a message of more than 16 MiB
//	*StatusError   the server refused, with the problem it told
//	*CloseError    the server closed a WebSocket; it is ErrEnded too if the code says so
//
// Anything else is an error of the network before there was a connection, as net/http tells it.
//
// Follow watches for ever: it reconnects after a pause, resumes behind the last message, drops duplicates and counts
// what was missed.
//
// # Limits
//
// A message has at most 16 MiB; no peer can make a client hold more than that and a buffer. An answer to a poll may
// hold any number of messages: they are handed on while it is being read. A connection whose peer has vanished is
// noticed by TCP's keep-alive within 30 s. No goroutine of this package stays behind Watch.
package load

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// maxMessage is the most bytes one message may have: a line, an event's data, a WebSocket message, one element of a
// poll's answer.
const maxMessage = 16 << 20

// A technique is one of the five files of this package.
type technique struct {
	name  string
	watch func(*watch, context.Context, string) error
}

func table() []technique {
	return []technique{
		{"polling", (*watch).polling},
		{"longpolling", (*watch).longpolling},
		{"streaming", (*watch).streaming},
		{"sse", (*watch).sse},
		{"websocket", (*watch).websocket},
	}
}

// Techniques returns the five names in the order of their age.
func Techniques() []string {
	var names []string
	for _, t := range table() {
		names = append(names, t.name)
	}
	return names
}

// A Client is one viewer on one technique. URL and Technique are needed, the rest may be left zero. Its fields are
// read only, so that several Watch may run on one Client at a time; the functions are called from each one's goroutine.
type Client struct {
	// URL is the dashboard's base: "http://127.0.0.1:8055/", with a sub-path if it has one. Its fragment is not sent.
	URL string
	// Technique is one of Techniques.
	Technique string
	// Viewer names this viewer to the server's meter and faults.
	Viewer string
	// Every is the least time between two messages; 0 is all of them.
	Every time.Duration
	// Interval is polling's pause from the end of one answer to the next question; 0 is 1 s.
	Interval time.Duration
	// Wait is the hold that a long poll asks for; 0 leaves it to the server.
	Wait time.Duration
	// HTTP is used instead of connections of this Watch's own. Its Timeout must be 0: it would end the held techniques.
	// The WebSocket takes its cookies, and proxy, dialing and TLS from its Transport if that is an *http.Transport.
	// Without it each Watch has its own HTTP/1.1 connection, as a page has, and asks for no compression.
	HTTP *http.Client
	// Header goes with each request, before what the technique itself sets. Authorization belongs here.
	Header http.Header

	// Beat is called at each heartbeat: an empty line of NDJSON, a comment of SSE, a WebSocket ping, a poll's answer
	// without messages.
	Beat func()
	// Retry is called when an SSE server says how long to wait before reconnecting.
	Retry func(time.Duration)
	// Lost is called by Follow before each pause: why there is no connection, and how long the pause will be.
	Lost func(why error, pause time.Duration)
}

// Watch connects once and calls each for every message after the cursor, which is the id of the last one the caller
// has, or "". Polling and long polling connect once per exchange, each with the cursor of the answer before.
//
// Two things end it from inside: the context, and an error of each. It returns why it ended, never nil.
func (c *Client) Watch(ctx context.Context, after string, each func(Message) error) error {
	w, err := c.newWatch(each)
	if err != nil {
		return err
	}
	defer w.close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return w.technique.watch(w, ctx, after)
}

// newWatch is where a Client that cannot work is found out, before anything is sent.
func (c *Client) newWatch(each func(Message) error) (*watch, error) {
	all := table()
	i := slices.IndexFunc(all, func(t technique) bool { return t.name == c.Technique })
	if i < 0 {
		return nil, fmt.Errorf("technique %q: want one of %q", c.Technique, Techniques())
	}
	base, err := parseBase(c.URL)
	if err != nil {
		return nil, err
	}
	w := &watch{Client: c, technique: all[i], base: base, each: each, http: c.HTTP, max: maxMessage}
	if w.http == nil {
		own := newTransport()
		w.http, w.close = &http.Client{Transport: own}, own.CloseIdleConnections
	} else {
		w.close = func() {}
	}
	return w, nil
}

// deliver is the one way to each, so that nothing is handed on after the context has ended.
func (w *watch) deliver(ctx context.Context, m Message) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return w.each(m)
}

func (c *Client) beat() {
	if c.Beat != nil {
		c.Beat()
	}
}

// pause waits, and returns the context's cause if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
