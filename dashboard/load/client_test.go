package load

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts(), end: hold}).serve(t)
		got, err := collect(t, c, "", len(texts()))
		if err != errEnough {
			t.Fatalf("got %v, want the error of each itself", err)
		}
		check(t, got, texts())
		for i, m := range got {
			if want := fmt.Sprintf("k3f9a1-%d", i+1); m.ID != want || m.At != 1763638612345+int64(i)*1000 || m.Gap != (i == 2) {
				t.Errorf("got %s at %d gap %t, want %s", m.ID, m.At, m.Gap, want)
			}
		}
	})
}

func TestResume(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts(), end: hold}).serve(t)
		got, _ := collect(t, c, "k3f9a1-2", 3)
		check(t, got, texts()[2:])
	})
}

func TestHeartbeat(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts()[:1], beats: 2, end: clean}).serve(t)
		c.Wait = 10 * time.Millisecond // how long an answer without news may be shorter than its hold
		beats := 0
		c.Beat = func() { beats++ }
		got, _ := collect(t, c, "", 0)
		check(t, got, texts()[:1])
		if beats != 2 {
			t.Errorf("got %d heartbeats, want 2", beats)
		}
	})
}

func TestEnd(t *testing.T) {
	for end, want := range map[ending]error{clean: ErrEnded, cut: ErrCut} {
		t.Run(string(end), func(t *testing.T) {
			each(t, func(t *testing.T, c *Client) {
				c.URL = (&fake{messages: texts(), end: end}).serve(t)
				got, err := collect(t, c, "", 0)
				check(t, got, texts()) // and nothing of the message that was cut
				for _, e := range []error{ErrEnded, ErrCut, ErrFormat, ErrTooLong} {
					if errors.Is(err, e) != (e == want) {
						t.Errorf("got %v, want %v alone", err, want)
					}
				}
			})
		})
	}
}

func TestTooLong(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts(), end: long}).serve(t)
		for most, want := range map[int]int{tooMuch - 1: len(texts()), len(texts()[4]): len(texts()), len(texts()[4]) - 1: len(texts()) - 1} {
			n := 0
			w, err := c.newWatch(func(Message) error {
				n++
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if w.max != 16<<20 {
				t.Errorf("got a limit of %d", w.max)
			}
			w.max = most
			if err := w.technique.watch(w, t.Context(), ""); !errors.Is(err, ErrTooLong) || n != want {
				t.Errorf("limit %d: got %v after %d messages, want ErrTooLong after %d", most, err, n, want)
			}
			w.close()
		}
	})
}

// A technique's own kind of nonsense; of the streams it is a body that ends, in good order, inside a message.
func TestWrong(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{end: wrong}).serve(t)
		want := ErrFormat
		if c.Technique == "streaming" || c.Technique == "sse" {
			want = ErrCut
		}
		if got, err := collect(t, c, "", 0); !errors.Is(err, want) || len(got) > 0 {
			t.Errorf("got %v after %d messages, want %v", err, len(got), want)
		}
	})
}

func TestRefused(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"type":"/problems/cursor","title":"bad parameter","detail":"not a cursor","parameter":"after","allowed":["<epoch>-<seq>"],"status":"wrong type"}`)
	}))
	defer s.Close()
	each(t, func(t *testing.T, c *Client) {
		c.URL = s.URL
		_, err := collect(t, c, "nonsense", 0)
		var got *StatusError
		if !errors.As(err, &got) || errors.Is(err, ErrEnded) {
			t.Fatalf("got %v, want a StatusError", err)
		}
		p := got.Problem
		if got.Status != 400 || got.RetryAfter != 7*time.Second || p.Type != "/problems/cursor" || p.Title != "bad parameter" ||
			p.Detail != "not a cursor" || p.Parameter != "after" || !slices.Equal(p.Allowed, []string{"<epoch>-<seq>"}) {
			t.Errorf("got %+v", got)
		}
	})
}

// A server that is shut down refuses a question it would have answered before; one that is asked for the first time
// has ended nothing.
func TestUnavailableAtFirst(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }))
		defer s.Close()
		c.URL = s.URL
		_, err := collect(t, c, "", 0)
		var status *StatusError
		if !errors.As(err, &status) || status.Status != 503 || errors.Is(err, ErrEnded) {
			t.Errorf("got %v, want StatusError 503 and not ErrEnded", err)
		}
	})
}

func TestOtherContent(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>please log in\n\n")
	}))
	defer s.Close()
	each(t, func(t *testing.T, c *Client) {
		c.URL = s.URL
		_, err := collect(t, c, "", 0)
		var status *StatusError
		if !errors.Is(err, ErrFormat) && !(c.Technique == "websocket" && errors.As(err, &status) && status.Status == 200) {
			t.Errorf("got %v, want ErrFormat", err)
		}
	})
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	each(t, func(t *testing.T, c *Client) {
		c.URL = "http://" + l.Addr().String()
		_, err := collect(t, c, "", 0)
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "dial" || errors.Is(err, ErrCut) {
			t.Errorf("got %v, want the dial's error and not ErrCut", err)
		}
	})
}

// A server that hangs up instead of answering.
func TestHangUp(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer s.Close()
	each(t, func(t *testing.T, c *Client) {
		c.URL = s.URL
		if _, err := collect(t, c, "", 0); !errors.Is(err, ErrCut) {
			t.Errorf("got %v, want ErrCut", err)
		}
	})
}

func TestCannotWork(t *testing.T) {
	for _, c := range []Client{
		{URL: "http://127.0.0.1:1"},
		{URL: "http://127.0.0.1:1", Technique: "carrier pigeon"},
		{URL: "127.0.0.1:8055", Technique: "sse"},
		{URL: "ftp://127.0.0.1", Technique: "sse"},
		{URL: "http://", Technique: "sse"},
		{URL: "http://[::1", Technique: "sse"},
	} {
		if err := c.Watch(t.Context(), "", nil); err == nil || strings.Contains(err.Error(), "dial") {
			t.Errorf("%q %q: got %v, want an error before anything is sent", c.URL, c.Technique, err)
		}
		if _, err := c.Follow(t.Context(), "", nil); err == nil {
			t.Errorf("%q %q: Follow went on", c.URL, c.Technique)
		}
	}
}

// One Client may be many viewers at once.
func TestTogether(t *testing.T) {
	each(t, func(t *testing.T, c *Client) {
		c.URL = (&fake{messages: texts(), end: hold}).serve(t)
		done := make(chan error)
		for range 10 {
			go func() {
				n := 0
				done <- c.Watch(t.Context(), "", func(Message) error {
					if n++; n == len(texts()) {
						return errEnough
					}
					return nil
				})
			}()
		}
		for range 10 {
			if err := <-done; err != errEnough {
				t.Errorf("got %v", err)
			}
		}
	})
}
