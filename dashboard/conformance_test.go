package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// These tests hold the five techniques to one contract, with the Go client, over real connections.

// errEnough ends a Watch that has seen what it came for.
var errEnough = errors.New("enough")

// watch returns the sequence numbers of n messages, with a word before a gap's.
func (s *site) watch(c *load.Client, after string, n int) []string {
	s.t.Helper()
	return s.watching(c, after, n, func() {})
}

// watching is watch, and does something when the first message has come and the next is waited for.
func (s *site) watching(c *load.Client, after string, n int, then func()) []string {
	s.t.Helper()
	var doing sync.WaitGroup
	defer doing.Wait()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	var got []string
	err := c.Watch(ctx, after, func(m load.Message) error {
		seq := m.ID[strings.LastIndexByte(m.ID, '-')+1:]
		if m.Gap {
			seq = "gap:" + seq
		}
		if got = append(got, seq); len(got) == n {
			return errEnough
		}
		if len(got) == 1 {
			doing.Go(func() {
				time.Sleep(50 * time.Millisecond)
				then()
			})
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		s.t.Errorf("%s after %q: %v, having got %v", c.Technique, after, err, got)
	}
	return got
}

func equal(t *testing.T, got []string, want string) {
	t.Helper()
	if g := strings.Join(got, " "); g != want {
		t.Errorf("got %q, want %q", g, want)
	}
}

func TestOrder(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(3)
		equal(t, s.watching(s.client(technique), "", 5, func() { s.publish(4) }), "3 4 5 6 7")
	})
}

func TestFirstMessageIsWaitedFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		go func() {
			time.Sleep(50 * time.Millisecond)
			s.publish(1)
		}()
		equal(t, s.watch(s.client(technique), "", 1), "1")
	})
}

func TestResume(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{Backlog: 10 * time.Second}, "")
		s.publish(20)
		c := s.client(technique)
		equal(t, s.watch(c, s.cursor(17), 3), "18 19 20")
		equal(t, s.watch(c, s.cursor(10), 10), "11 12 13 14 15 16 17 18 19 20")
		equal(t, s.watch(c, s.cursor(5), 1), "gap:20")
		equal(t, s.watch(c, s.cursor(21), 1), "gap:20")
		equal(t, s.watch(c, "other1-19", 1), "gap:20")
		go func() {
			time.Sleep(50 * time.Millisecond)
			s.publish(2)
		}()
		equal(t, s.watch(c, s.cursor(20), 2), "21 22")
	})
}

func TestLastEventIDWinsOverAfter(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(5)
	c := s.client("sse")
	c.Header = map[string][]string{"Last-Event-Id": {s.cursor(4)}}
	equal(t, s.watch(c, s.cursor(1), 1), "5")
	c.Header = map[string][]string{"Last-Event-Id": {"nonsense"}}
	var refused *load.StatusError
	if err := c.Watch(t.Context(), "", nil); !errors.As(err, &refused) || refused.Problem.Parameter != "Last-Event-ID" {
		t.Errorf("got %v", err)
	}
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(1)
		for _, test := range [][2]string{
			{"after", "nonsense"}, {"after", "k3f9a1-1%0d%0a"}, {"every", "soon"}, {"viewer", "a+b"}, {"wait", "1y"},
		} {
			status, body, header := s.get("api/v1/" + technique + "?" + test[0] + "=" + test[1])
			if status != 400 || !strings.Contains(body, `"parameter":"`+test[0]+`"`) || !strings.Contains(body, `"allowed":[`) ||
				header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s=%s: got %d %s", test[0], test[1], status, body)
			}
		}
	})
}

func TestEvery(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(9)
		c := s.client(technique)
		c.Every = 3 * time.Second
		equal(t, s.watch(c, s.cursor(1), 2), "4 7")
	})
}

func TestHeartbeat(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		t.Parallel() // it waits most of the time
		s := open(t, Config{}, "")
		s.publish(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := s.client(technique)
		beats := 0
		c.Beat = func() {
			if beats++; beats == 2 {
				cancel()
			}
		}
		err := c.Watch(ctx, s.cursor(1), func(m load.Message) error { return fmt.Errorf("unexpected message %s", m.ID) })
		if !errors.Is(err, context.Canceled) || beats < 2 {
			t.Errorf("%d heartbeats, ended with %v", beats, err)
		}
	})
}

func TestSameBytesOnAllFive(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(3)
	texts := map[string]string{}
	each(t, func(t *testing.T, technique string) {
		err := s.client(technique).Watch(t.Context(), s.cursor(2), func(m load.Message) error {
			texts[technique] = string(m.Raw)
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		if texts[technique] != texts["polling"] || !strings.HasPrefix(texts[technique], `{"id":"`+s.cursor(3)+`","at":1763638615000,"data":{`) {
			t.Errorf("got %s, want %s", texts[technique], texts["polling"])
		}
	})
}

// A viewer that leaves is noticed at once, not at the next write: nothing is published here.
func TestVanishingViewer(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{Heartbeat: time.Minute, Hold: time.Minute}, "")
		s.publish(1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.client(technique).Watch(ctx, s.cursor(1), func(load.Message) error { return nil }) }()
		if technique != "polling" { // a poll holds nothing between its requests
			eventually(t, "the viewer is subscribed", func() bool { return s.hub.Stats().Subscriptions == 1 })
		}
		cancel()
		<-done
		eventually(t, "its subscription is gone", func() bool { return s.hub.Stats().Subscriptions == 0 })
		eventually(t, "nobody is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
	})
}

// A stream that flows lives on, however long: the time to write is each message's, not the stream's.
func TestStreamOutlivesWriteTimeout(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			t.Parallel()
			s := open(t, Config{WriteTimeout: 100 * time.Millisecond, Heartbeat: time.Minute}, "")
			s.publish(1)
			equal(t, s.watching(s.client(technique), "", 11, func() {
				for range 10 {
					time.Sleep(40 * time.Millisecond)
					s.publish(1)
				}
			}), "1 2 3 4 5 6 7 8 9 10 11")
		})
	}
}

// A poll's answer is bounded; what does not fit comes with the next, at once.
func TestFullAnswers(t *testing.T) {
	for _, technique := range []string{"polling", "longpolling"} {
		t.Run(technique, func(t *testing.T) {
			s := open(t, Config{Backlog: 3 * time.Hour}, "")
			const n = 6000 // of some 100 bytes
			s.publish(n)
			_, body, _ := s.get("api/v1/" + technique + "?after=" + s.cursor(0))
			if len(body) > 300<<10 || !strings.HasSuffix(body, `,"more":true}`) {
				t.Errorf("got %d bytes that end in %q", len(body), body[max(0, len(body)-40):])
			}
			c := s.client(technique)
			c.Interval = time.Minute
			for i, seq := range s.watch(c, s.cursor(0), n) {
				if seq != strconv.Itoa(i+1) {
					t.Fatalf("message %d is %s", i+1, seq)
				}
			}
		})
	}
}

// Viewers that do not stop talking are told like the others, and hold nobody up.
func TestCloseWhileViewersTalk(t *testing.T) {
	s := open(t, Config{Heartbeat: time.Minute}, "")
	s.publish(1)
	for range 20 {
		conn := s.upgrade("talks")
		go io.Copy(io.Discard, conn)
		go func() {
			for range 180 { // as many pings as are let through at once
				if _, err := io.WriteString(conn, "\x89\x80\x00\x00\x00\x00"); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
	}
	eventually(t, "all are there", func() bool { return s.hub.Stats().Subscriptions == 20 })
	took := stopwatch()
	err := s.Close()
	if d := took(); err != nil || d > time.Second {
		t.Errorf("got %v after %v", err, d)
	}
}

// A flood inside one message that never ends is noticed by its bytes.
func TestEndlessMessage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("sends megabytes")
	}
	s := open(t, Config{Heartbeat: 50 * time.Millisecond}, "")
	conn := s.upgrade("talks")
	go io.Copy(io.Discard, conn)
	io.WriteString(conn, "\x01\x80\x00\x00\x00\x00") // a text message begins
	more := strings.Repeat("\x00\x80\x00\x00\x00\x00", 1000)
	var err error
	for err == nil {
		_, err = io.WriteString(conn, more)
	}
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		t.Error("it is never cut")
	}
	eventually(t, "it is gone", func() bool { return s.hub.Stats().Subscriptions == 0 })
}

// All five are told when the server goes down, each in its own words, and quickly.
func TestClose(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{Heartbeat: time.Minute, Hold: time.Minute}, "")
		s.publish(1)
		var retry time.Duration
		c := s.client(technique)
		c.Retry = func(d time.Duration) { retry = d }
		done := make(chan error, 1)
		go func() { done <- c.Watch(t.Context(), s.cursor(1), func(load.Message) error { return nil }) }()
		if technique == "polling" {
			time.Sleep(50 * time.Millisecond)
		} else {
			eventually(t, "the viewer is subscribed", func() bool { return s.hub.Stats().Subscriptions == 1 })
		}
		took := stopwatch()
		if err := s.end(); err != nil {
			t.Errorf("serve: %v", err)
		}
		if d := took(); d > 3*time.Second {
			t.Errorf("the end took %v", d)
		}
		err := <-done
		var refused *load.StatusError
		var closed *load.CloseError
		switch technique {
		case "polling": // nobody is told who is not there: the next poll finds the door closed
			if errors.Is(err, load.ErrEnded) || err == nil {
				t.Errorf("got %v", err)
			}
		case "longpolling":
			if !errors.As(err, &refused) || refused.Status != 503 || refused.RetryAfter < time.Second {
				t.Errorf("got %v", err)
			}
		case "streaming":
			if !errors.Is(err, load.ErrEnded) {
				t.Errorf("got %v", err)
			}
		case "sse":
			if !errors.Is(err, load.ErrEnded) || retry < 500*time.Millisecond || retry > 3*time.Second {
				t.Errorf("got %v, retry %v", err, retry)
			}
		case "websocket":
			if !errors.As(err, &closed) || closed.Code != 1001 {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(1)
		for _, header := range [][]string{
			{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:1"}, {"Sec-Fetch-Site", "cross-site"},
		} {
			c := s.client(technique)
			c.Header = map[string][]string{header[0]: {header[1]}}
			var refused *load.StatusError
			if err := c.Watch(t.Context(), "", nil); !errors.As(err, &refused) || refused.Status != 403 {
				t.Errorf("%v: got %v", header, err)
			}
		}
		if status, _, _ := s.get("api/v1/"+technique, "Host", "evil.example"); status != 421 {
			t.Errorf("foreign Host: got %d", status)
		}
		c := s.client(technique)
		c.Header = map[string][]string{"Origin": {"http://" + s.addr}}
		equal(t, s.watch(c, "", 1), "1")
	})
}

// Two hundred times from one technique to another with the last cursor, in any order, while messages come: each is
// seen once.
func TestHopping(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Backlog: time.Hour}, "") // messages a second apart: who is held up for a moment has missed hundreds
	s.publish(1)
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				s.publish(1)
			}
		}
	})
	r := rand.New(rand.NewPCG(5, 5))
	cursor, want := "", 0
	hops := 200
	if testing.Short() {
		hops = 30
	}
	for hop := range hops {
		c := s.client(load.Techniques()[r.IntN(5)])
		left := 1 + r.IntN(4)
		err := c.Watch(t.Context(), cursor, func(m load.Message) error {
			seq, err := strconv.Atoi(m.ID[strings.LastIndexByte(m.ID, '-')+1:])
			if want == 0 {
				want = seq
			}
			if err != nil || seq != want || m.Gap {
				t.Errorf("hop %d on %s after %s: got %s, want %d", hop, c.Technique, cursor, m.ID, want)
			}
			cursor, want = m.ID, seq+1
			if left--; left == 0 {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			t.Fatalf("hop %d on %s: %v", hop, c.Technique, err)
		}
		if t.Failed() {
			break
		}
	}
	close(stop)
	publishing.Wait()
	eventually(t, "nobody is subscribed", func() bool { return s.hub.Stats().Subscriptions == 0 })
}

// What the meter says adds up, and agrees with what came.
func TestWire(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(5)
		c := s.client(technique)
		c.Viewer = "meter-test"
		payload := 0
		err := c.Watch(t.Context(), s.cursor(2), func(m load.Message) error {
			payload += len(m.Raw)
			if strings.HasSuffix(m.ID, "-5") {
				return errEnough
			}
			return nil
		})
		if !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		eventually(t, "the exchange is settled", func() bool {
			f := s.transports.Viewers.Wire("meter-test")[technique]
			return f.Messages == 3 && int(f.Bytes.Out.Payload) == payload && f.Bytes.Out.Head > 0
		})
		f := s.transports.Viewers.Wire("meter-test")[technique]
		for name, b := range map[string]struct{ total, sum int64 }{
			"in":  {f.Bytes.In.Total, f.Bytes.In.Head + f.Bytes.In.Framing + f.Bytes.In.Payload},
			"out": {f.Bytes.Out.Total, f.Bytes.Out.Head + f.Bytes.Out.Framing + f.Bytes.Out.Payload},
		} {
			if b.total != b.sum {
				t.Errorf("%s: total %d, parts %d", name, b.total, b.sum)
			}
		}
		if f.Requests != 1 || f.Connections != 1 || f.Measured != "socket" || f.Bytes.In.Head < 50 {
			t.Errorf("got %+v", f)
		}
	})
}

// A viewer that does not read is cut; the others do not notice.
func TestSlowViewer(t *testing.T) {
	if testing.Short() {
		t.Skip("sends megabytes to somebody who does not read them")
	}
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			s := open(t, Config{WriteTimeout: 200 * time.Millisecond, Heartbeat: 2 * time.Second}, "")
			s.publish(1)
			conn := s.dial()
			conn.(*net.TCPConn).SetReadBuffer(4096)
			fmt.Fprintf(conn, "GET /api/v1/%s?viewer=slow HTTP/1.1\r\nHost: %s\r\n%s\r\n", technique, s.addr, handshake)
			eventually(t, "the slow viewer is there", func() bool { return s.hub.Stats().Subscriptions == 1 })

			// The quick one is never further behind than a batch, so whatever it misses is the slow one's fault.
			const batch, batches = 40, 120
			got := make(chan int, batch)
			watched := make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				watched <- s.client(technique).Watch(ctx, s.cursor(1), func(m load.Message) error {
					seq, err := strconv.Atoi(m.ID[strings.LastIndexByte(m.ID, '-')+1:])
					got <- seq
					return err
				})
			}()
			eventually(t, "both are there", func() bool { return s.hub.Stats().Subscriptions == 2 })
			for want := 2; want < batch*batches; {
				s.publish(batch)
				for range batch {
					select {
					case seq := <-got:
						if seq != want {
							t.Fatalf("the quick viewer got %d, want %d", seq, want)
						}
					case err := <-watched:
						t.Fatalf("the quick viewer ended before %d with %v; ends: %v", want, err, s.transports.Viewers.Ended())
					case <-time.After(time.Minute):
						t.Fatalf("the quick viewer waits for %d; ends: %v", want, s.transports.Viewers.Ended())
					}
					want++
				}
			}
			cancel()
			<-watched
			eventually(t, "the slow viewer is cut", func() bool { return s.hub.Stats().Subscriptions == 0 })
		})
	}
}
