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
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An ending is what a fake does after its messages and heartbeats.
type ending string

const (
	hold  ending = "hold"  // says nothing more
	clean ending = "clean" // ends as a server does that is shut down
	cut   ending = "cut"   // breaks off in the middle of a message
	long  ending = "long"  // sends a message of tooMuch bytes
	wrong ending = "wrong" // sends something of another kind
)

// A fake is a dashboard with a fixed list of messages: the small true server that the client is tested against. It
// answers polls with two messages at most, and sends the held ones in pieces that are not the messages.
type fake struct {
	messages []string
	beats    int
	end      ending
	limit    int // messages on one held connection or one answer; 0: all, and two

	polls    atomic.Int64 // answered after the last message
	requests chan *http.Request
}

// texts are messages with everything that framing could stumble over: UTF-8, escapes, a gap, nothing at all.
func texts() []string {
	return []string{
		`{"id":"k3f9a1-1","at":1763638612345,"data":{"cpu":0.5}}`,
		`{"id":"k3f9a1-2","at":1763638613345,"data":{"host":"größe 服务器 🖥","text":"a\nb\r\u0000: data: \"x\""}}`,
		`{"id":"k3f9a1-3","at":1763638614345,"gap":true,"data":{"list":[1,2,{"id":"no"}]}}`,
		`{"id":"k3f9a1-4","at":1763638615345,"data":null}`,
		`{"id":"k3f9a1-5","at":1763638616345,"data":{"long":"` + strings.Repeat("x", 70_000) + `"}}`,
	}
}

func (f *fake) serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.requests != nil {
		f.requests <- r
	}
	after := r.URL.Query().Get("after")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		after = id
	}
	rest := f.messages[slices.IndexFunc(f.messages, func(m string) bool { return after != "" && parseMessage([]byte(m)).ID == after })+1:]
	switch technique := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; technique {
	case "polling", "longpolling":
		f.poll(w, r, technique == "longpolling", after, rest)
	case "streaming":
		w.Header().Set("Content-Type", "application/x-ndjson")
		f.stream(w, r, rest, func(m string) string { return m + "\n" }, "\n")
	case "sse":
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		f.stream(w, r, rest, func(m string) string {
			return fmt.Sprintf("id: %s\ndata: %s\n\n", parseMessage([]byte(m)).ID, m)
		}, ": heartbeat\n")
	case "websocket":
		f.websocket(w, r, rest)
	default:
		http.NotFound(w, r)
	}
}

func (f *fake) some(rest []string, most int) []string {
	if f.limit > 0 {
		most = f.limit
	}
	return rest[:min(most, len(rest))]
}

func (f *fake) poll(w http.ResponseWriter, r *http.Request, held bool, after string, rest []string) {
	w.Header().Set("Content-Type", "application/json")
	if rest = f.some(rest, 2); len(rest) > 0 {
		fmt.Fprintf(w, `{"messages":[%s],"cursor":%q}`, strings.Join(rest, ","), parseMessage([]byte(rest[len(rest)-1])).ID)
		return
	}
	if f.polls.Add(1) <= int64(f.beats) || f.end == hold && !held {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	switch f.end {
	case hold:
		<-r.Context().Done()
	case clean:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	case cut:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"messages":[{"id":"k3f9a1-9","at":1,"da`)
		panic(http.ErrAbortHandler)
	case long:
		fmt.Fprintf(w, `{"messages":["%s"]}`, tooLong())
	case wrong:
		io.WriteString(w, `{"messages":[{"id":]}`)
	}
}

func (f *fake) stream(w http.ResponseWriter, r *http.Request, rest []string, frame func(string) string, beat string) {
	say := func(s string) {
		io.WriteString(w, s)
		w.(http.Flusher).Flush()
	}
	for _, m := range f.some(rest, len(rest)) {
		s := frame(m)
		say(s[:len(s)/2])
		say(s[len(s)/2:])
	}
	say(strings.Repeat(beat, f.beats))
	switch f.end {
	case hold:
		<-r.Context().Done()
	case cut:
		s := frame(texts()[0])
		say(s[:len(s)-3])
		panic(http.ErrAbortHandler)
	case long:
		say(frame(tooLong()))
	case wrong:
		say(strings.TrimRight(frame(texts()[0]), "\n")) // and the body ends, in the middle of it
	}
}

func (f *fake) websocket(w http.ResponseWriter, r *http.Request, rest []string) {
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	for _, m := range f.some(rest, len(rest)) {
		ws.WriteMessage(websocket.TextMessage, []byte(m))
	}
	for range f.beats {
		ws.WriteControl(websocket.PingMessage, []byte("beat"), time.Now().Add(time.Second))
	}
	switch f.end {
	case clean:
		say := websocket.FormatCloseMessage(websocket.CloseServiceRestart, "restart")
		ws.WriteControl(websocket.CloseMessage, say, time.Now().Add(time.Second))
	case cut:
		ws.NetConn().Write([]byte("\x81\x64{\"id\":")) // a frame of 100 bytes, of which 6 come
		return
	case long:
		ws.WriteMessage(websocket.TextMessage, []byte(tooLong()))
	case wrong:
		ws.WriteMessage(websocket.BinaryMessage, []byte("{}"))
	}
	ws.NextReader() // until the client goes
}

const tooMuch = 200_000

func tooLong() string { return strings.Repeat("x", tooMuch) }

// each runs a test on all five techniques, with a client of one that polls without pauses.
func each(t *testing.T, f func(t *testing.T, c *Client)) {
	for _, name := range Techniques() {
		t.Run(name, func(t *testing.T) { f(t, &Client{Technique: name, Interval: time.Millisecond}) })
	}
}

// errEnough is how a test ends a Watch.
var errEnough = errors.New("enough")

// collect watches until there are n messages, or until Watch ends by itself.
func collect(t *testing.T, c *Client, after string, n int) (messages []Message, err error) {
	t.Helper()
	err = c.Watch(t.Context(), after, func(m Message) error {
		m.Raw = bytes.Clone(m.Raw)
		if messages = append(messages, m); len(messages) == n {
			return errEnough
		}
		return nil
	})
	return messages, err
}

// check compares the bytes of messages with those that were sent.
func check(t *testing.T, got []Message, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d messages, want %d", len(got), len(want))
	}
	for i := range got {
		if string(got[i].Raw) != want[i] {
			t.Errorf("message %d:\n got %.120s\nwant %.120s", i, got[i].Raw, want[i])
		}
	}
}
