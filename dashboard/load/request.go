package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/address"
)

const (
	// patience is how long an answer may take beyond the hold that was asked for.
	patience = 10 * time.Second
	// headPatience is the same for the head of an answer that never ends. Some servers send it with the first thing
	// they have to say, and that may be the first heartbeat, after 15 s.
	headPatience = 15*time.Second + patience
)

// A watch is one call of Watch: the client's settings and what the five techniques share.
type watch struct {
	*Client
	technique technique
	base      *url.URL
	each      func(Message) error
	http      *http.Client
	max       int // maxMessage; less in tests
	close     func()
	answered  bool // polling, long polling: one question at least was answered
	more      bool // the last answer was full, and there is more
}

// newTransport is one viewer's own. Keep-alive finds a vanished peer after 15 s + 3 × 5 s, at no cost to the server's
// figures: probes carry no bytes.
func newTransport() *http.Transport {
	dialer := net.Dialer{Timeout: patience, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: patience,
		DisableCompression:  true,
		ReadBufferSize:      2048, // half of what is usual: there may be thousands of viewers
		WriteBufferSize:     1024,
	}
}

func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("url %q: want http://host:port/ or https://…", base.Redacted())
	}
	base.Fragment, base.RawFragment = "", ""
	return base, nil
}

// request is the question all five ask: the technique's URL with the parameters they share and more of its own, in
// pairs, and the caller's header.
func (w *watch) request(ctx context.Context, after, accept string, more ...string) (*http.Request, error) {
	u := w.base.JoinPath("api/v1", w.Technique)
	query := address.Query(w.base, address.OfTechniques()...)
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("after", after)
	set("viewer", w.Viewer)
	if w.Every > 0 {
		set("every", w.Every.String())
	}
	for pair := range slices.Chunk(more, 2) {
		set(pair[0], pair[1])
	}
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	for name, values := range w.Header {
		r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	if len(r.Header["User-Agent"]) == 0 {
		r.Header.Set("User-Agent", "fivewire") // the same length on all five, so that their costs compare
	}
	return r, nil
}

// An exchange is one question and its answer, as far as it has come.
type exchange struct {
	*http.Response
	ctx    context.Context // the caller's
	inner  context.Context // the request's own, which the clock ends too
	cancel context.CancelCauseFunc
	clock  *time.Timer // cancels when the answer is silent for too long
}

// send asks and waits for the head of the answer, at most for limit. Only the statuses in want are an answer. The
// clock runs on: whoever reads a body that may take its time stops it.
func (w *watch) send(r *http.Request, limit time.Duration, want ...int) (*exchange, error) {
	x := &exchange{ctx: r.Context()}
	x.inner, x.cancel = context.WithCancelCause(x.ctx)
	x.clock = time.AfterFunc(limit, func() { x.cancel(errSilent) })
	response, err := w.http.Do(r.WithContext(x.inner))
	if err != nil {
		x.clock.Stop()
		if context.Cause(x.inner) == errSilent {
			err = fmt.Errorf("%w: %w", ErrCut, errSilent)
		}
		x.cancel(nil)
		return nil, lost(x.ctx, err)
	}
	x.Response = response
	if !slices.Contains(want, x.StatusCode) {
		defer x.Close()
		err := newStatusError(response)
		if over(x.ctx) != nil {
			return nil, over(x.ctx)
		}
		return nil, err
	}
	return x, nil
}

// Close lets go of the connection, or gives it back if the answer was read to its end.
func (x *exchange) Close() {
	x.clock.Stop()
	x.Body.Close()
	x.cancel(nil)
}

// is checks the answer's media type, so that a proxy's login page is not taken for messages.
func (x *exchange) is(want ...string) error {
	got := x.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(got)
	if err != nil || !slices.Contains(want, strings.ToLower(media)) {
		return fmt.Errorf("%w: content type %q, want %q", ErrFormat, got, want[0])
	}
	return nil
}

// ended says why the body gave no more: err is what reading it returned.
func (x *exchange) ended(err error) error {
	switch {
	case over(x.ctx) != nil:
		return over(x.ctx)
	case context.Cause(x.inner) == errSilent:
		return fmt.Errorf("%w: %w", ErrCut, errSilent)
	case errors.Is(err, ErrTooLong), errors.Is(err, ErrFormat):
		return err
	case err == io.EOF && x.framed():
		return ErrEnded
	case err == io.EOF:
		return fmt.Errorf("%w: the end is not marked", ErrCut)
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}

// framed says whether the end of this body can be told from a cut. It cannot if the end of the connection is all that
// marks it (RFC 9112 §6.3, rule 8): that is what a proxy's HTTP/1.0 answer looks like.
func (x *exchange) framed() bool {
	return x.ProtoMajor > 1 || x.ContentLength >= 0 || len(x.TransferEncoding) > 0
}
