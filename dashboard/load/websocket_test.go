package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

// socket serves one WebSocket with f, and tells what it read last.
func socket(t *testing.T, f func(ws *websocket.Conn)) (c *Client, last <-chan error) {
	read := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		f(ws)
		for {
			if _, _, err = ws.NextReader(); err != nil {
				read <- err
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return &Client{URL: s.URL, Technique: "websocket"}, read
}

func TestCloseCodes(t *testing.T) {
	tests := []struct {
		code  int
		frame string
		ended bool
	}{
		{1000, "\x03\xe8", true}, {1001, "\x03\xe9bye", true}, {1012, "\x03\xf4restart", true}, {1005, "", true},
		{1008, "\x03\xf0too fast", false}, {1011, "\x03\xf3", false}, {1013, "\x03\xf5overload", false}, {4000, "\x0f\xa0", false},
	}
	for _, tt := range tests {
		c, _ := socket(t, func(ws *websocket.Conn) {
			ws.WriteControl(websocket.CloseMessage, []byte(tt.frame), time.Now().Add(time.Second))
		})
		_, err := collect(t, c, "", 0)
		var got *CloseError
		if !errors.As(err, &got) || got.Code != tt.code || errors.Is(err, ErrEnded) != tt.ended || errors.Is(err, ErrCut) {
			t.Errorf("got %v, want %d", err, tt.code)
		} else if len(tt.frame) > 2 && got.Reason != tt.frame[2:] {
			t.Errorf("got reason %q, want %q", got.Reason, tt.frame[2:])
		}
	}
}

// What the server is told when the viewer goes, whatever the reason.
func TestGoodbye(t *testing.T) {
	message := func(kind int, text string) func(*websocket.Conn) {
		return func(ws *websocket.Conn) { ws.WriteMessage(kind, []byte(text)) }
	}
	tests := []struct {
		name string
		say  func(*websocket.Conn)
		each error
		want int
	}{
		{name: "context", say: message(websocket.TextMessage, "{}"), want: 1000},
		{name: "each", say: message(websocket.TextMessage, "{}"), each: errEnough, want: 1000},
		{name: "binary", say: message(websocket.BinaryMessage, "{}"), want: 1003},
		{name: "no UTF-8", say: message(websocket.TextMessage, "\xff"), want: 1007},
		{name: "too long", say: message(websocket.TextMessage, strings.Repeat("x", maxMessage+1)), want: 1009},
		{name: "bad frame", say: func(ws *websocket.Conn) { ws.NetConn().Write([]byte{0xf1, 0}) }, want: 1002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == 1009 && testing.Short() {
				t.Skip("sends megabytes")
			}
			c, last := socket(t, tt.say)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := c.Watch(ctx, "", func(Message) error {
				if tt.each == nil {
					time.AfterFunc(10*time.Millisecond, cancel)
				}
				return tt.each
			})
			if tt.want > 1000 && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLong) {
				t.Errorf("got %v", err)
			}
			// A message that was not read to its end makes the kernel reset the connection, and the goodbye may be lost.
			if got := <-last; !websocket.IsCloseError(got, tt.want) && tt.want != 1009 {
				t.Errorf("the server got %v, want %d", got, tt.want)
			}
		})
	}
}

// A ping is answered with what it carried.
func TestPong(t *testing.T) {
	pong := make(chan string, 1)
	c, _ := socket(t, func(ws *websocket.Conn) {
		ws.SetPongHandler(func(data string) error {
			pong <- data
			return nil
		})
		ws.WriteControl(websocket.PingMessage, []byte("42"), time.Now().Add(time.Second))
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Watch(ctx, "", nil) }()
	if got := <-pong; got != "42" {
		t.Errorf("got %q, want what the ping carried", got)
	}
	cancel()
	<-done
}

// A message in several frames is one message, a heartbeat between them is one too, and the limit counts all together.
func TestFragments(t *testing.T) {
	beats := 0
	c, _ := socket(t, func(ws *websocket.Conn) {
		ws.NetConn().Write([]byte("\x01\x03{\"a" + "\x89\x00" + "\x80\x04\":1}"))
	})
	c.Beat = func() { beats++ }
	got, _ := collect(t, c, "", 1)
	check(t, got, []string{`{"a":1}`})
	if beats != 1 {
		t.Errorf("got %d heartbeats, want 1", beats)
	}
}

// Handshakes that are none.
func TestHandshake(t *testing.T) {
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		check  func(error) bool
	}{
		{name: "proxy that forgets Upgrade", answer: func(w http.ResponseWriter) { w.WriteHeader(426) },
			check: func(err error) bool { var s *StatusError; return errors.As(err, &s) && s.Status == 426 }},
		{name: "moved", answer: func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(302) },
			check: func(err error) bool { var s *StatusError; return errors.As(err, &s) && s.Status == 302 }},
		{name: "wrong accept", answer: raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"),
			check: func(err error) bool { return errors.Is(err, ErrFormat) }},
		{name: "half a head", answer: raw("HTTP/1.1 101 Swi"), check: func(err error) bool { return errors.Is(err, ErrCut) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tt.answer(w) }))
			defer s.Close()
			if err := (&Client{URL: s.URL, Technique: "websocket"}).Watch(t.Context(), "", nil); !tt.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// raw answers with these bytes and hangs up.
func raw(answer string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, answer)
	}
}
