package load

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// The same question on all five: path, parameters, header.
func TestRequest(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		f := &fake{messages: texts(), end: hold, requests: make(chan *http.Request, 10)}
		c.URL = f.serve(t) + "/monitor/?tenant=a%26b&range=1h&technique=sse#k=SECRET"
		c.URL = strings.Replace(c.URL, "http://", "http://anna:pass@", 1)
		c.Viewer, c.Every, c.Wait = "v 1&", 1500*time.Millisecond, 25*time.Second
		c.Header = http.Header{"x-more": {"yes"}, "Host": {"box.example"}}
		collect(t, c, "k3f9a1-1", 1)
		r := <-f.requests
		want := "/monitor/api/v1/" + c.Technique
		if r.URL.Path != want {
			t.Errorf("got path %s, want %s", r.URL.Path, want)
		}
		query := url.Values{"tenant": {"a&b"}, "after": {"k3f9a1-1"}, "viewer": {"v 1&"}, "every": {"1.5s"}}
		if c.Technique == "longpolling" {
			query.Set("wait", "25s")
		}
		if r.URL.RawQuery != query.Encode() {
			t.Errorf("got query %s, want %s", r.URL.RawQuery, query.Encode())
		}
		name, password, _ := r.BasicAuth()
		if name != "anna" || password != "pass" || r.Header.Get("X-More") != "yes" || r.Host != "box.example" ||
			r.UserAgent() != "fivewire" {
			t.Errorf("got host %s, header %v", r.Host, r.Header)
		}
		accept := map[string]string{"polling": "application/json", "longpolling": "application/json",
			"streaming": "application/x-ndjson", "sse": "text/event-stream"}[c.Technique]
		if r.Header.Get("Accept") != accept {
			t.Errorf("got Accept %q, want %q", r.Header.Get("Accept"), accept)
		}
	})
}

func TestBearer(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		f := &fake{messages: texts(), end: hold, requests: make(chan *http.Request, 10)}
		c.URL = strings.Replace(f.serve(t), "http://", "http://anna:pass@", 1)
		c.Header = http.Header{"Authorization": {"Bearer KEY"}}
		collect(t, c, "", 1)
		if got := (<-f.requests).Header.Get("Authorization"); got != "Bearer KEY" {
			t.Errorf("got %q", got)
		}
	})
}

// All five take the caller's certificates, from one http.Client, also after net/http has put HTTP/2 into it.
func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(&fake{messages: texts(), end: hold})
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	defer s.CloseClientConnections()
	each(t, func(t *testing.T, c *Client) {
		c.URL, c.HTTP = s.URL, s.Client()
		got, err := collect(t, c, "", 5)
		if err != errEnough {
			t.Fatal(err)
		}
		check(t, got, texts())
	})
	each(t, func(t *testing.T, c *Client) {
		c.URL = s.URL // and without them there is no connection, which is not the same as a cut one
		if _, err := collect(t, c, "", 1); err == nil || errors.Is(err, ErrCut) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v, want an error about the certificate", err)
		}
	})
}

// The dialer of the caller's Transport is used by all five, which is how tests and unix sockets come in.
func TestDialer(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		address := strings.TrimPrefix((&fake{messages: texts(), end: hold}).serve(t), "http://")
		var dials atomic.Int64
		transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		}}
		defer transport.CloseIdleConnections()
		c.URL, c.HTTP = "http://box.example/", &http.Client{Transport: transport}
		got, _ := collect(t, c, "", 5)
		check(t, got, texts())
		if dials.Load() != 1 {
			t.Errorf("got %d connections, want 1: polls keep theirs", dials.Load())
		}
	})
}

// A roundTrip stands for a network, so that time can be made to fly.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// stalled sends the beginning of a body and then nothing, until the request is cancelled.
type stalled struct {
	io.Reader
	ctx context.Context
}

func (s *stalled) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); err == nil {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, context.Cause(s.ctx)
}

func (s *stalled) Close() error { return nil }

// Nothing that was to be answered is waited for without end; what is held may be silent for ever.
func TestPatience(t *testing.T) {
	tests := []struct {
		name, technique, head string
		wait, want            time.Duration
	}{
		{name: "no head", technique: "polling", want: 10 * time.Second},
		{name: "no head", technique: "longpolling", want: 35 * time.Second},
		{name: "no head", technique: "longpolling", wait: time.Minute, want: 70 * time.Second},
		{name: "no head", technique: "streaming", want: 25 * time.Second},
		{name: "no head", technique: "sse", want: 25 * time.Second},
		{name: "half an answer", technique: "polling", head: `{"messages":[`, want: 10 * time.Second},
		{name: "after a message", technique: "longpolling", head: `{"messages":[{},`, want: 15 * time.Second},
		{name: "silent", technique: "streaming", head: "\n", want: time.Hour},
		{name: "silent", technique: "sse", head: ":\n", want: time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.technique+"/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				media := map[string]string{"polling": "application/json", "longpolling": "application/json",
					"streaming": "application/x-ndjson", "sse": "text/event-stream"}[tt.technique]
				c := &Client{URL: "http://box.example", Technique: tt.technique, Wait: tt.wait}
				c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if tt.head == "" {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {media}}, ContentLength: -1,
						Body: &stalled{strings.NewReader(tt.head), r.Context()}}, nil
				})}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				err := c.Watch(ctx, "", func(Message) error {
					time.Sleep(5 * time.Second) // counts for the caller, not for the server
					return nil
				})
				if got := time.Since(start); got != tt.want {
					t.Errorf("ended after %v, want %v", got, tt.want)
				}
				want := error(ErrCut)
				if tt.want == time.Hour {
					want = context.DeadlineExceeded
				}
				if !errors.Is(err, want) || errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want %v", err, want)
				}
			})
		})
	}
}

// An answer of HTTP/1.0 ends with the connection, which a cut does too.
func TestUnmarkedEnd(t *testing.T) {
	for _, tt := range []struct{ technique, media string }{
		{"streaming", "application/x-ndjson"}, {"sse", "text/event-stream"},
	} {
		c := &Client{URL: "http://box.example", Technique: tt.technique}
		c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ProtoMajor: 1, ContentLength: -1, Header: http.Header{"Content-Type": {tt.media}},
				Body: io.NopCloser(strings.NewReader("data:\n\n"))}, nil
		})}
		got, err := collect(t, c, "", 0)
		if !errors.Is(err, ErrCut) || len(got) != 1 {
			t.Errorf("%s: got %v after %d messages, want ErrCut after 1", tt.technique, err, len(got))
		}
	}
}
