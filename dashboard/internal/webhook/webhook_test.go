package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replies answers one request after the other as it is told, the last one for ever.
type replies struct {
	mu    sync.Mutex
	steps []func(*http.Request) (*http.Response, error)
	asked []string // the body of each
	at    []time.Time
}

func (r *replies) RoundTrip(q *http.Request) (*http.Response, error) {
	var body []byte
	if q.Body != nil {
		body, _ = io.ReadAll(q.Body)
	}
	r.mu.Lock()
	r.asked, r.at = append(r.asked, string(body)), append(r.at, time.Now())
	step := r.steps[min(len(r.asked), len(r.steps))-1]
	r.mu.Unlock()
	return step(q)
}

func answer(status int, header ...string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: http.NoBody}, nil
	}
}

func hang(q *http.Request) (*http.Response, error) {
	<-q.Context().Done()
	return nil, q.Context().Err()
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

const secret = "https://receiver.example/services/T0PSECRET"

// in runs a sender in a bubble.
func in(t *testing.T, r *replies, test func(s *Sender, log *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s, err := New(Config{URL: secret, Client: r, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go s.Run(ctx)
		test(s, &log)
		cancel()
		synctest.Wait()
		if strings.Contains(log.String(), "T0PSECRET") || strings.Contains(s.State().Error, "T0PSECRET") {
			t.Errorf("the address is told: %s %s", log.String(), s.State().Error)
		}
	})
}

func notice(n int) Notice {
	return Notice{Host: "web-1", Rule: "filesystem-full", Subject: fmt.Sprint("/", n), Text: "full", Began: time.UnixMilli(1000)}
}

func TestSentInOrder(t *testing.T) {
	r := &replies{steps: []func(*http.Request) (*http.Response, error){answer(204)}}
	in(t, r, func(s *Sender, log *bytes.Buffer) {
		for n := range 5 {
			s.Send(notice(n))
		}
		synctest.Wait()
		for n, body := range r.asked {
			if !strings.Contains(body, fmt.Sprintf(`"subject":"/%d"`, n)) {
				t.Errorf("notice %d: %s", n, body)
			}
		}
		if got := s.State(); got != (State{Host: "receiver.example", Format: "json", Sent: 5}) || log.Len() > 0 {
			t.Errorf("got %+v, log %s", got, log)
		}
	})
}

func TestTriedAgain(t *testing.T) {
	r := &replies{steps: []func(*http.Request) (*http.Response, error){down, hang, answer(500), answer(503, "Retry-After", "90"), answer(429), answer(200)}}
	in(t, r, func(s *Sender, log *bytes.Buffer) {
		start := time.Now()
		s.Send(notice(0))
		s.Send(notice(1))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(r.asked) != 7 || r.asked[0] != r.asked[5] || r.asked[6] == r.asked[5] {
			t.Fatalf("%d attempts: %q", len(r.asked), r.asked)
		}
		for i, most := range []time.Duration{0, time.Second, 2*time.Second + timeout, 4 * time.Second, 90 * time.Second, 16 * time.Second} {
			pause := r.at[i].Sub(start)
			start = r.at[i]
			if least := most / 2; i > 0 && (pause < min(least, 90*time.Second) || pause > most) || i == 4 && pause != 90*time.Second {
				t.Errorf("attempt %d after %v, want %v to %v", i, pause, least, most)
			}
		}
		if got := s.State(); got.Sent != 2 || got.Dropped != 0 || got.Error != "" {
			t.Errorf("got %+v", got)
		}
		if strings.Count(log.String(), "could not be told") != 1 {
			t.Errorf("the log is %s", log)
		}
	})
}

func TestGivenUp(t *testing.T) {
	r := &replies{steps: []func(*http.Request) (*http.Response, error){down}}
	in(t, r, func(s *Sender, log *bytes.Buffer) {
		for n := range mostWaiting + 10 {
			s.Send(notice(n))
		}
		synctest.Wait()
		if got := s.State(); got.Dropped != 10 || got.Waiting != mostWaiting {
			t.Errorf("got %+v", got)
		}
		time.Sleep(giveUp + 2*longest)
		synctest.Wait()
		if got := s.State(); got.Waiting >= mostWaiting || got.Sent != 0 || !strings.Contains(got.Error, "connection refused") {
			t.Errorf("got %+v", got)
		}
		if lost := strings.Count(log.String(), "nobody was told of an alert"); lost != s.State().Dropped || lost <= 10 {
			t.Errorf("%d are lost, and the log has %d", s.State().Dropped, lost)
		}
		if n := len(r.asked); n < 10 || n > 120 {
			t.Errorf("%d attempts in an hour", n)
		}
	})
}

func TestRefusedForGood(t *testing.T) {
	for _, status := range []int{302, 400, 403, 404, 410} {
		r := &replies{steps: []func(*http.Request) (*http.Response, error){answer(status), answer(200)}}
		in(t, r, func(s *Sender, log *bytes.Buffer) {
			s.Send(notice(0))
			s.Send(notice(1))
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := s.State(); got.Dropped != 1 || got.Sent != 1 || len(r.asked) != 2 {
				t.Errorf("%d: got %+v after %d attempts", status, got, len(r.asked))
			}
			if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `rule=filesystem-full subject=/0 over=false error="it refuses with `) {
				t.Errorf("%d: the log is %s", status, text)
			}
		})
	}
}

// A real receiver: it is down at first, hangs up, redirects, answers without end.
func TestReceiver(t *testing.T) {
	host := "127.0.0.1"
	if runtime.GOOS == "linux" {
		host = "127.0.0.2" // not where other tests' connections are from: nobody is given the port while it is down
	}
	ln, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close() // down
	s, err := New(Config{URL: "http://" + addr + "/hook?token=T0PSECRET", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()
	s.Send(notice(0))
	for s.State().Error == "" {
		time.Sleep(time.Millisecond)
	}

	got := make(chan string, 10)
	n := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got <- "elsewhere" }))
	defer elsewhere.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/hook", func(w http.ResponseWriter, q *http.Request) {
		n++
		switch n {
		case 1:
			http.Redirect(w, q, "/moved?"+q.URL.RawQuery, http.StatusTemporaryRedirect)
		case 2:
			http.Redirect(w, q, elsewhere.URL, http.StatusTemporaryRedirect)
		default:
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, strings.Repeat("x", 100<<10))
			got <- "endless"
		}
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		var v map[string]any
		json.Unmarshal(body, &v)
		got <- fmt.Sprint(q.URL.Query().Get("token"), " ", v["title"])
		w.WriteHeader(http.StatusNoContent)
	})
	if ln, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	receiver := &httptest.Server{Listener: ln, Config: &http.Server{Handler: mux}}
	receiver.Start()
	defer receiver.Close()
	if text := <-got; text != "T0PSECRET web-1: filesystem-full /0" {
		t.Errorf("got %s", text)
	}
	s.Send(notice(1)) // it is sent elsewhere, and does not go there
	s.Send(notice(2))
	if text := <-got; text != "endless" {
		t.Errorf("got %s", text)
	}
	for s.State().Sent < 2 {
		time.Sleep(time.Millisecond)
	}
	if state := s.State(); state.Dropped != 1 {
		t.Errorf("got %+v", state)
	}
}

// A redirect that turns the notice into a GET is no way to tell somebody, whatever its end answers.
func TestRedirectedToGet(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther} {
		r := &replies{steps: []func(*http.Request) (*http.Response, error){answer(status, "Location", "/login"), answer(200)}}
		in(t, r, func(s *Sender, _ *bytes.Buffer) {
			s.Send(notice(0))
			synctest.Wait()
			if got := s.State(); got.Sent != 0 || got.Dropped != 1 || len(r.asked) != 1 {
				t.Errorf("%d: got %+v after %d requests", status, got, len(r.asked))
			}
		})
	}
}

// What is no number is sent once like any other.
func TestNotANumber(t *testing.T) {
	r := &replies{steps: []func(*http.Request) (*http.Response, error){answer(204), answer(204), down}}
	in(t, r, func(s *Sender, _ *bytes.Buffer) {
		n := notice(0)
		n.Value = math.NaN()
		s.Send(n)
		synctest.Wait()
		if got := s.State(); got.Sent != 1 || got.Waiting != 0 || len(r.asked) != 1 {
			t.Errorf("got %+v after %d requests", got, len(r.asked))
		}
	})
}

func TestFormats(t *testing.T) {
	n := Notice{Host: "wéb\n1", Rule: "filesystem-full", Subject: "/<!channel>", Text: "a & b", Verdict: "healthy", Link: "https://m.example/#at=1",
		Value: 0.97, Threshold: 0.95, Unit: "ratio", Began: time.UnixMilli(1000)}
	over := n
	over.Ended = time.UnixMilli(91_000)
	for _, tt := range []struct {
		url, format string
		notice      Notice
		want        []string
	}{
		{"https://hooks.slack.com/services/x", "", n, []string{`"text":":rotating_light: *`, `\u0026lt;!channel\u0026gt;`, `https://m.example/`}},
		{"https://hooks.slack.com/services/x", "auto", over, []string{`:white_check_mark:`, `is over after 1m30s`}},
		{"https://slack.example/x", "auto", n, []string{`:rotating_light:`}},
		{"https://ntfy.sh/topic", "", n, []string{"a & b\nhealthy", "Title: w?b?1: filesystem-full /<!channel>", "Priority: high", "Click: https://m.example/#at=1"}},
		{"https://ntfy.example/topic", "", over, []string{"Priority: default"}},
		{"https://hooks.slack.com/x", "json", n, []string{`"state":"firing"`, `"began":1000`, `"value":0.97`}},
		{"https://anything.example/", "auto", over, []string{`"state":"resolved"`, `"ended":91000`, `"verdict":"healthy"`}},
	} {
		r := &replies{steps: []func(*http.Request) (*http.Response, error){func(q *http.Request) (*http.Response, error) {
			var b bytes.Buffer
			q.Header.Write(&b)
			for _, want := range tt.want {
				if body, _ := q.GetBody(); body != nil {
					text, _ := io.ReadAll(body)
					if got := b.String() + string(text); !strings.Contains(got, want) {
						t.Errorf("%s %s: got %s, want %s", tt.url, tt.format, got, want)
					}
				}
			}
			return answer(204)(q)
		}}}
		s, err := New(Config{URL: tt.url, Format: tt.format, Client: r})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.attempt(t.Context(), tt.notice); err != nil {
			t.Errorf("%s: %v", tt.url, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, bad := range []string{"", "hooks.example/T0PSECRET", "ftp://a/T0PSECRET", "http:///T0PSECRET", "http://a\x00/T0PSECRET"} {
		if err := Check(bad, ""); err == nil || strings.Contains(err.Error(), "T0PSECRET") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := Check("http://a/", "xml"); err == nil || !strings.Contains(err.Error(), "slack") {
		t.Errorf("got %v", err)
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Fri, 31 Dec 1999 23:59:59 GMT")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, text string) {
		if d := retryAfter(text, time.UnixMilli(0)); d < 0 || d > giveUp {
			t.Errorf("%q: %v", text, d)
		}
	})
}

// Whatever the host calls its things, what is sent is whole: JSON, and fields of a head.
func FuzzFormats(f *testing.F) {
	f.Add("web-1", "/<b>", "text\r\nX: y", 1.5)
	f.Fuzz(func(t *testing.T, host, subject, text string, value float64) {
		n := Notice{Host: host, Rule: "too-hot", Subject: subject, Text: text, Verdict: text, Value: value, Began: time.UnixMilli(1)}
		for _, form := range formats() {
			body, header := form.write(n)
			if strings.HasPrefix(header.Get("Content-Type"), "application/json") && !json.Valid(body) {
				t.Errorf("%s: %q", form.name, body)
			}
			for name, values := range header {
				if strings.ContainsAny(values[0], "\r\n\x00") {
					t.Errorf("%s: %s: %q", form.name, name, values[0])
				}
			}
		}
	})
}
