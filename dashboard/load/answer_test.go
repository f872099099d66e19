package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestReadAnswer(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		cursor   string
		err      error
	}{
		{name: "plain", in: `{"messages":[{"a":1},{"b":2}],"cursor":"k-2"}`, want: []string{`{"a":1}`, `{"b":2}`}, cursor: "k-2"},
		{name: "none", in: `{"messages":[],"cursor":"k-2"}`, cursor: "k-2"},
		{name: "null", in: `{"messages":null,"cursor":"k-2"}`, cursor: "k-2"},
		{name: "nothing known", in: `{}`},
		{name: "cursor first, more fields", in: `{"cursor":"k-2","extra":{"messages":[1]},"messages":[{}]}`, want: []string{"{}"}, cursor: "k-2"},
		{name: "bytes as they are", in: "{\"messages\":[ {\"a\" : 1.0e0,\n\t\"ß\":\"\\u00df\"} , null ]}\n",
			want: []string{"{\"a\" : 1.0e0,\n\t\"ß\":\"\\u00df\"}", "null"}},
		{name: "cut in a message", in: `{"messages":[{"a":1},{"b"`, want: []string{`{"a":1}`}, err: io.ErrUnexpectedEOF},
		{name: "cut between", in: `{"messages":[{"a":1}`, want: []string{`{"a":1}`}, err: io.ErrUnexpectedEOF},
		{name: "cut after", in: `{"messages":[]`, err: io.ErrUnexpectedEOF},
		{name: "cut in a key", in: `{"mess`, err: io.ErrUnexpectedEOF},
		{name: "cut before a value", in: `{"messages":`, err: io.ErrUnexpectedEOF},
		{name: "empty", in: ``, err: io.ErrUnexpectedEOF},
		{name: "no object", in: `[1]`, err: ErrFormat},
		{name: "only null", in: `null`, err: ErrFormat},
		{name: "no list", in: `{"messages":{}}`, err: ErrFormat},
		{name: "no text", in: `{"cursor":7}`, err: ErrFormat},
		{name: "no JSON", in: `{"messages":[{]}`, err: ErrFormat},
		{name: "more behind", in: `{} {}`, err: ErrFormat},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
				var got []string
				cursor, _, err := readAnswer(r, maxMessage, func(raw []byte) error {
					got = append(got, string(raw))
					return nil
				})
				if !slices.Equal(got, tt.want) || cursor != tt.cursor || !errors.Is(err, tt.err) {
					t.Errorf("got %q, cursor %q and %v, want %q, %q and %v", got, cursor, err, tt.want, tt.cursor, tt.err)
				}
			}
		})
	}
}

// The limit is each message's: a backlog may be larger, and what is no message is bounded all the same.
func TestAnswerLimit(t *testing.T) {
	const limit = 1 << 20
	big := `"` + strings.Repeat("x", limit/4) + `"`
	n := 0
	_, _, err := readAnswer(strings.NewReader(`{"messages":[`+strings.Repeat(big+",", 6)+`0]}`), limit, func(raw []byte) error {
		n++
		return nil
	})
	if n != 7 || err != nil {
		t.Errorf("got %d messages and %v, want 7, together more than one may be", n, err)
	}
	for _, more := range []int{-2, -1, 0, 1} {
		one := `"` + strings.Repeat("x", limit+more) + `"`
		_, _, err := readAnswer(strings.NewReader(`{"messages":[0,`+one+`]}`), limit, func([]byte) error { return nil })
		if len(one) > limit && err != ErrTooLong || len(one) <= limit && err != nil {
			t.Errorf("a message of %d: got %v", len(one), err)
		}
	}
	for _, endless := range []string{`{"messages":[`, `{"more":"`, `{`} {
		r := io.MultiReader(strings.NewReader(endless), strings.NewReader(strings.Repeat(" ", 2*limit)))
		if _, _, err := readAnswer(r, limit, nil); err != ErrTooLong {
			t.Errorf("%s and spaces: got %v, want %v", endless, err, ErrTooLong)
		}
	}
}

// What a poller asks with, answer by answer.
func TestCursor(t *testing.T) {
	for _, name := range []string{"polling", "longpolling"} {
		t.Run(name, func(t *testing.T) {
			answers := []string{
				`{"messages":[{"id":"k-4"}],"cursor":"k-9"}`, // thinned: the cursor is ahead of the last message
				``,
				`{"messages":[],"cursor":"k-10"}`,
				`{"messages":[{"id":"k-11"},{"id":"k-12"}]}`,
			}
			var asked []string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.URL.Query().Get("after"))
				switch i := len(asked) - 1; {
				case i == len(answers):
					w.WriteHeader(http.StatusServiceUnavailable)
				case answers[i] == "":
					w.WriteHeader(http.StatusNoContent)
				default:
					w.Header().Set("Content-Type", "application/json")
					io.WriteString(w, answers[i])
				}
			}))
			defer s.Close()
			c := &Client{URL: s.URL, Technique: name, Interval: time.Millisecond, Wait: time.Millisecond}
			got, err := collect(t, c, "k-3", 0)
			if !errors.Is(err, ErrEnded) || len(got) != 3 {
				t.Errorf("got %v after %d messages", err, len(got))
			}
			if want := []string{"k-3", "k-9", "k-9", "k-10", "k-12"}; !slices.Equal(asked, want) {
				t.Errorf("asked after %q, want %q", asked, want)
			}
		})
	}
}

// When a poller asks. Answers take 300 ms here; a long poll is held for 2 s, or not at all by a server that cannot.
func TestPace(t *testing.T) {
	const answer = `{"messages":[{"id":"k-%d"}],"cursor":"k-%d"}`
	tests := []struct {
		name   string
		client Client
		takes  time.Duration
		status int
		same   bool
		want   time.Duration // from question to question
	}{
		{name: "polling", client: Client{Technique: "polling"}, takes: 300 * time.Millisecond, want: 1300 * time.Millisecond},
		{name: "interval", client: Client{Technique: "polling", Interval: 5 * time.Second}, takes: 300 * time.Millisecond, want: 5300 * time.Millisecond},
		{name: "nothing new", client: Client{Technique: "polling"}, takes: 0, status: 204, want: time.Second},
		{name: "longpolling", client: Client{Technique: "longpolling"}, takes: 300 * time.Millisecond, want: 300 * time.Millisecond},
		{name: "held", client: Client{Technique: "longpolling"}, takes: 2 * time.Second, status: 204, want: 2 * time.Second},
		{name: "not held", client: Client{Technique: "longpolling"}, takes: 0, status: 204, want: time.Second},
		{name: "not held for long", client: Client{Technique: "longpolling", Wait: 200 * time.Millisecond}, takes: 0, status: 204, want: 200 * time.Millisecond},
		{name: "always the same", client: Client{Technique: "longpolling"}, takes: 0, same: true, want: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked []time.Time
				c := tt.client
				c.URL = "http://box.example"
				c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					asked = append(asked, time.Now())
					if len(asked) > 10 {
						return nil, errEnough
					}
					time.Sleep(tt.takes)
					n := len(asked)
					if tt.same {
						n = 1
					}
					return &http.Response{StatusCode: max(tt.status, 200), Header: http.Header{"Content-Type": {"application/json"}},
						Body: io.NopCloser(bytes.NewReader(fmt.Appendf(nil, answer, n, n)))}, nil
				})}
				after := ""
				if tt.same {
					after = "k-1"
				}
				if err := c.Watch(t.Context(), after, func(Message) error { return nil }); !errors.Is(err, errEnough) {
					t.Fatal(err)
				}
				for i := range 10 {
					if got := asked[i+1].Sub(asked[i]); got != tt.want {
						t.Fatalf("question %d after %v, want %v", i+2, got, tt.want)
					}
				}
			})
		})
	}
}
