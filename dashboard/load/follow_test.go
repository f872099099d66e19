package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// atOnce is a backoff without a pause, for tests on a real clock.
func atOnce() *backoff { return &backoff{random: func(time.Duration) time.Duration { return 0 }} }

// A server that breaks off after every message: all of them arrive, once, in order.
func TestFollow(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts(), limit: 1, end: cut}).serve(t)
		var lost []error
		c.Lost = func(why error, pause time.Duration) { lost = append(lost, why) }
		var got []string
		tally, err := c.follow(t.Context(), "", func(m Message) error {
			if got = append(got, string(m.Raw)); len(got) == len(texts()) {
				return errEnough
			}
			return nil
		}, atOnce())
		if err != errEnough || !slices.Equal(got, texts()) {
			t.Errorf("got %v and %d messages, want each once", err, len(got))
		}
		want := Tally{Messages: 5, Reconnects: 4, Gaps: 1}
		if strings.HasSuffix(c.Technique, "polling") {
			want.Reconnects = 0 // the fake cuts a poll only when it has nothing to answer
		}
		if tally != want || len(lost) != int(want.Reconnects) {
			t.Errorf("got %+v and %d times lost, want %+v", tally, len(lost), want)
		}
		for _, err := range lost {
			if !errors.Is(err, ErrCut) {
				t.Errorf("lost by %v, want ErrCut", err)
			}
		}
	})
}

// A script is a network in which the answers are known beforehand: one per connection, then refusal. now is when each
// was asked, since the beginning.
type script struct {
	answers []func(r *http.Request) (*http.Response, error)
	asked   []time.Duration
	after   []string
	start   time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	s.asked = append(s.asked, time.Since(s.start))
	s.after = append(s.after, r.URL.Query().Get("after"))
	if i := len(s.asked) - 1; i < len(s.answers) {
		return s.answers[i](r)
	}
	return status(403, "")(r)
}

// status answers with an error.
func status(code int, retryAfter string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Header: http.Header{"Retry-After": {retryAfter}}, Body: http.NoBody}, nil
	}
}

// says answers with a stream that says this, holds for a while and then ends in good order.
func says(hold time.Duration, stream string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		wait := waiting(func() { time.Sleep(hold) })
		return &http.Response{StatusCode: 200, ProtoMajor: 1, TransferEncoding: []string{"chunked"}, ContentLength: -1,
			Header: http.Header{"Content-Type": {"text/event-stream"}},
			Body:   io.NopCloser(io.MultiReader(strings.NewReader(stream), wait))}, nil
	}
}

type waiting func()

func (f waiting) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

func message(id string) string { return fmt.Sprintf("id: %s\ndata: {\"id\":%[1]q}\n\n", id) }

func gap(id string) string { return fmt.Sprintf("id: %s\ndata: {\"id\":%[1]q,\"gap\":true}\n\n", id) }

// When a follower comes again, second by second, if its die always shows the window.
func TestFollowPauses(t *testing.T) {
	refused := func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }
	tests := []struct {
		name    string
		answers []func(*http.Request) (*http.Response, error)
		want    []float64
	}{
		{name: "nobody there", answers: slices.Repeat([]func(*http.Request) (*http.Response, error){refused}, 8),
			want: []float64{0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5}},
		{name: "retry after", answers: []func(*http.Request) (*http.Response, error){status(503, "5"), status(503, ""), status(429, "60")},
			want: []float64{0, 5.5, 6.5, 68.5}},
		{name: "retry of the stream outlives it", answers: []func(*http.Request) (*http.Response, error){says(0, "retry: 3000\n\n"), refused, status(503, "1")},
			want: []float64{0, 3.5, 7.5, 12.5}},
		{name: "health", answers: []func(*http.Request) (*http.Response, error){refused, refused, says(10*time.Second, message("k-1")), refused},
			want: []float64{0, 0.5, 1.5, 12, 13}},
		{name: "a heartbeat is a sign of life", answers: []func(*http.Request) (*http.Response, error){refused, refused, says(10*time.Second, ":\n"), refused},
			want: []float64{0, 0.5, 1.5, 12, 13}},
		{name: "too short", answers: []func(*http.Request) (*http.Response, error){refused, refused, says(0, message("k-1")), refused},
			want: []float64{0, 0.5, 1.5, 3.5, 7.5}},
		{name: "not long", answers: []func(*http.Request) (*http.Response, error){refused, refused, says(time.Second, message("k-1")), refused},
			want: []float64{0, 0.5, 1.5, 3.5, 5.5}},
		{name: "accepted but silent", answers: []func(*http.Request) (*http.Response, error){refused, refused, says(time.Hour, ""), refused},
			want: []float64{0, 0.5, 1.5, 3603.5, 3607.5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: tt.answers}
				c := &Client{URL: "http://box.example", Technique: "sse", HTTP: &http.Client{Transport: s}}
				var pauses time.Duration
				c.Lost = func(_ error, pause time.Duration) { pauses += pause }
				tally, err := c.follow(t.Context(), "", func(Message) error { return nil }, &backoff{random: atMost})
				var final *StatusError
				if !errors.As(err, &final) || final.Status != 403 || int(tally.Reconnects) != len(tt.answers) {
					t.Errorf("got %v after %d reconnects, want 403 after %d", err, tally.Reconnects, len(tt.answers))
				}
				var got []float64
				for _, d := range s.asked {
					got = append(got, d.Seconds())
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("asked at %v s, want %v s", got, tt.want)
				}
			})
		})
	}
}

// What is counted, and what each sees.
func TestFollowCounts(t *testing.T) {
	tests := []struct {
		name, after string
		every       time.Duration
		streams     []string // one per connection
		want        string   // what each saw: id, and +n for n missed
		resumed     []string // the cursor of each connection
		tally       Tally
	}{
		{name: "in order", streams: []string{message("k-1") + message("k-2")}, want: "k-1 k-2", tally: Tally{Messages: 2}},
		{name: "starts anywhere", streams: []string{message("k-7")}, want: "k-7", tally: Tally{Messages: 1}},
		{name: "resumes", after: "k-1", streams: []string{message("k-2"), message("k-3"), ":\n", message("k-4")}, want: "k-2 k-3 k-4",
			resumed: []string{"k-1", "k-2", "k-3", "k-3"}, tally: Tally{Messages: 3}},
		{name: "missed", after: "k-1", streams: []string{message("k-3") + message("k-7")}, want: "k-3+1 k-7+3", tally: Tally{Messages: 2, Missed: 4}},
		{name: "missed over a cut", streams: []string{message("k-3"), message("k-5")}, want: "k-3 k-5+1", tally: Tally{Messages: 2, Missed: 1}},
		{name: "twice", after: "k-1", streams: []string{message("k-1") + message("k-2") + message("k-2"), message("k-1") + message("k-3")}, want: "k-2 k-3",
			tally: Tally{Messages: 2, Duplicates: 3}},
		{name: "gap", after: "k-1", streams: []string{gap("k-9")}, want: "k-9+7", tally: Tally{Messages: 1, Missed: 7, Gaps: 1}},
		{name: "another epoch", after: "k-9", streams: []string{gap("m-2"), message("m-3")}, want: "m-2 m-3", tally: Tally{Messages: 2, Gaps: 1}},
		{name: "back to a lower number", after: "k-9", streams: []string{gap("k-2") + message("k-3")}, want: "k-2 k-3", tally: Tally{Messages: 2, Gaps: 1}},
		{name: "thinned", every: time.Second, streams: []string{message("k-1") + message("k-4") + message("k-4")}, want: "k-1 k-4",
			tally: Tally{Messages: 2, Duplicates: 1}},
		{name: "other ids", streams: []string{message("b") + message("a") + message("a"), message("c")}, want: "b a a c",
			resumed: []string{"", "a"}, tally: Tally{Messages: 4}},
		{name: "no ids", after: "k-1", streams: []string{"data: hello\n\n", "data: hello\n\n"}, want: " ", resumed: []string{"k-1", "k-1"}, tally: Tally{Messages: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{}
				for _, stream := range tt.streams {
					s.answers = append(s.answers, says(0, stream))
				}
				c := &Client{URL: "http://box.example", Technique: "sse", Every: tt.every, HTTP: &http.Client{Transport: s}}
				var got []string
				tally, _ := c.Follow(t.Context(), tt.after, func(m Message) error {
					text := m.ID
					if m.Missed > 0 {
						text += fmt.Sprintf("+%d", m.Missed)
					}
					got = append(got, text)
					return nil
				})
				if strings.Join(got, " ") != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if tt.resumed != nil && !slices.Equal(s.after[:len(tt.streams)], tt.resumed) {
					t.Errorf("asked after %q, want %q", s.after, tt.resumed)
				}
				tt.tally.Reconnects = uint64(len(tt.streams))
				if tally != tt.tally {
					t.Errorf("got %+v, want %+v", tally, tt.tally)
				}
			})
		})
	}
}

// The five ways out of Follow, apart from a Client that cannot work.
func TestFollowEnds(t *testing.T) {
	gone := errors.New("viewer gone")
	for _, code := range []int{204, 400, 401, 403, 410} {
		c := &Client{URL: "http://box.example", Technique: "sse", HTTP: &http.Client{Transport: roundTrip(status(code, ""))}}
		var got *StatusError
		if _, err := c.Follow(t.Context(), "", nil); !errors.As(err, &got) || got.Status != code {
			t.Errorf("%d: got %v", code, err)
		}
	}
	synctest.Test(t, func(t *testing.T) { // during a pause of half an hour
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(gone) })
		c := &Client{URL: "http://box.example", Technique: "sse", HTTP: &http.Client{Transport: roundTrip(status(503, "1800"))}}
		start := time.Now()
		if _, err := c.Follow(ctx, "", nil); err != gone || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want the cause at once", err, time.Since(start))
		}
	})
	s := httptest.NewServer(&fake{messages: texts(), end: hold})
	defer s.Close()
	defer s.CloseClientConnections()
	each(t, func(t *testing.T, c *Client) { // on a connection
		c.URL = s.URL
		ctx, cancel := context.WithCancelCause(t.Context())
		tally, err := c.Follow(ctx, "k3f9a1-4", func(Message) error {
			cancel(gone)
			return nil
		})
		if err != gone || tally.Messages != 1 {
			t.Errorf("got %v and %+v", err, tally)
		}
	})
}

// Follow passes on what the caller wants to hear itself.
func TestFollowHooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		c := &Client{URL: "http://box.example", Technique: "sse",
			HTTP:  &http.Client{Transport: &script{answers: []func(*http.Request) (*http.Response, error){says(0, ":\nretry: 50\n\n")}}},
			Beat:  func() { heard = append(heard, "beat") },
			Retry: func(d time.Duration) { heard = append(heard, d.String()) },
			Lost:  func(err error, _ time.Duration) { heard = append(heard, err.Error()) },
		}
		c.Follow(t.Context(), "", nil)
		if want := []string{"beat", "50ms", ErrEnded.Error()}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}
