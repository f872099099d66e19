package load

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// stream serves these bytes as an event stream.
func stream(t *testing.T, text string) *Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return &Client{URL: s.URL, Technique: "sse"}
}

// Both ways of the cursor, and the caller's own choice.
func TestLastEventID(t *testing.T) {
	tests := []struct {
		after       string
		header      http.Header
		query, want string
	}{
		{},
		{after: "k-1", query: "k-1", want: "k-1"},
		{after: "k-1", header: http.Header{"Last-Event-Id": {"k-2"}}, query: "k-1", want: "k-2"},
		{after: "k-1", header: http.Header{"Last-Event-ID": nil}, query: "k-1"},
	}
	for _, tt := range tests {
		f := &fake{end: clean, requests: make(chan *http.Request, 1)}
		c := &Client{URL: f.serve(t), Technique: "sse", Header: tt.header}
		collect(t, c, tt.after, 0)
		r := <-f.requests
		if query, got := r.URL.Query().Get("after"), r.Header.Get("Last-Event-ID"); query != tt.query || got != tt.want {
			t.Errorf("after %q with %v: got %q in the URL and %q in the header, want %q and %q", tt.after, tt.header, query, got, tt.query, tt.want)
		}
	}
}

// The id is the event's; where it has none, the one inside the message.
func TestEventID(t *testing.T) {
	c := stream(t, "data: {\"id\":\"k-1\"}\n\nid: k-2\ndata: {\"id\":\"x\"}\n\nevent: other\ndata: no\n\nevent: message\ndata: a\ndata: b\n\n")
	var got []string
	c.Watch(t.Context(), "", func(m Message) error {
		got = append(got, fmt.Sprintf("%s %s", m.ID, m.Raw))
		return nil
	})
	if want := []string{`k-1 {"id":"k-1"}`, `k-2 {"id":"x"}`, "k-2 a\nb"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRetry(t *testing.T) {
	c := stream(t, "retry: 2500\n: hi\n\n")
	var got time.Duration
	c.Retry = func(d time.Duration) { got = d }
	collect(t, c, "", 0)
	if got != 2500*time.Millisecond {
		t.Errorf("got %v, want 2.5s", got)
	}
}
