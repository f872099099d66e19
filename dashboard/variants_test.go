package dashboard

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/fanout"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// These tests hold the variants to the contract of the five, with clients that know nothing but the bytes.

// A variant is how a technique is asked for another form, and what reads that.
type variant struct {
	name, technique, query, head string
	// open reads what comes after the head of a response, or of a handshake.
	open func(resp *http.Response, r *bufio.Reader) (next func() (heard, error))
}

// heard is one thing that a viewer was told: a message, a heartbeat, or a last word.
type heard struct {
	message map[string]any
	text    string // as it came, where that is text
	beat    bool
	last    string
}

func variants() []variant {
	cbor := handshake + "Sec-WebSocket-Protocol: zebra, fivewire.cbor\r\nSec-WebSocket-Protocol: fivewire.json\r\n"
	const ours = "Sec-Fetch-Site: same-origin\r\n"
	return []variant{
		{"streaming-iframe", "streaming", "as=iframe", "", readIframe},
		{"streaming-multipart", "streaming", "as=multipart", "", readMultipart},
		{"polling-jsonp", "polling", "as=jsonp", ours, readJSONP},
		{"longpolling-jsonp", "longpolling", "as=jsonp", ours, readJSONP},
		{"websocket-cbor", "websocket", "", cbor, readCBOR},
	}
}

// eachVariant runs a test on all of them, and on those that hold connections in the other ways of holding them.
func eachVariant(t *testing.T, test func(t *testing.T, v variant)) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) { test(t, v) })
		if v.polls() || testing.Short() {
			continue
		}
		t.Run(v.name+byEpoll, func(t *testing.T) { test(t, v) })
		t.Run(v.name+byGoroutine, func(t *testing.T) { test(t, v) })
	}
}

func (v variant) polls() bool { return strings.HasSuffix(v.technique, "polling") }

// asks is a request, without the empty line at its end.
func (v variant) asks(s *site, parameters string) string {
	return fmt.Sprintf("GET /api/v1/%s?%s&%s HTTP/1.1\r\nHost: %s\r\n%s", v.technique, v.query, parameters, s.addr, v.head)
}

// A viewing is a viewer of a variant.
type viewing struct {
	site    *site
	variant variant
	conn    net.Conn
	more    string // parameters and header lines
	lines   string
	cursor  string
	next    func() (heard, error)
	seen    []heard
}

// view begins to watch. more is further parameters, lines further header lines.
func (s *site) view(v variant, after, more, lines string) *viewing {
	s.t.Helper()
	w := &viewing{site: s, variant: v, more: more, lines: lines, cursor: after}
	w.connect()
	return w
}

func (w *viewing) connect() {
	w.site.t.Helper()
	w.conn = w.site.dial()
	io.WriteString(w.conn, w.variant.asks(w.site, "after="+w.cursor+"&"+w.more)+w.lines+"\r\n")
	r := bufio.NewReader(w.conn)
	resp, err := http.ReadResponse(r, &http.Request{Method: "GET"})
	if err != nil {
		w.site.t.Error(err)
		w.next = func() (heard, error) { return heard{}, err }
		return
	}
	w.next = w.variant.open(resp, r)
}

// hear is the next thing that is told. Of a technique that asks, it asks again.
func (w *viewing) hear() (heard, error) {
	for {
		h, err := w.next()
		if err == nil {
			if id, ok := h.message["id"].(string); ok {
				w.cursor = id
			}
			w.seen = append(w.seen, h)
			return h, nil
		}
		if !errors.Is(err, errAskAgain) {
			return h, err
		}
		w.conn.Close()
		w.connect()
	}
}

// errAskAgain is the end of an answer.
var errAskAgain = errors.New("ask again")

// sequence is the sequence numbers of the next n messages, a gap as a minus.
func (w *viewing) sequence(n int) (got []string) {
	w.site.t.Helper()
	for len(got) < n {
		h, err := w.hear()
		if err != nil {
			w.site.t.Errorf("%v, having got %v", err, got)
			return got
		}
		if h.message == nil {
			continue
		}
		id := h.message["id"].(string)
		seq := id[strings.LastIndexByte(id, '-')+1:]
		if h.message["gap"] == true {
			seq = "gap:" + seq
		}
		got = append(got, seq)
	}
	return got
}

func TestVariantsOrder(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		s := open(t, Config{Lab: true}, "")
		s.publish(3)
		w := s.view(v, "", "", "")
		equal(t, w.sequence(1), "3")
		go func() {
			time.Sleep(50 * time.Millisecond)
			s.publish(4)
		}()
		equal(t, w.sequence(4), "4 5 6 7")
	})
}

func TestVariantsResume(t *testing.T) {
	t.Parallel()
	eachVariant(t, func(t *testing.T, v variant) {
		s := open(t, Config{Lab: true, Backlog: 10 * time.Second}, "")
		s.publish(20)
		equal(t, s.view(v, s.cursor(17), "", "").sequence(3), "18 19 20")
		equal(t, s.view(v, s.cursor(10), "", "").sequence(10), "11 12 13 14 15 16 17 18 19 20")
		equal(t, s.view(v, s.cursor(5), "", "").sequence(1), "gap:20")
		equal(t, s.view(v, s.cursor(21), "", "").sequence(1), "gap:20")
		equal(t, s.view(v, "other1-19", "", "").sequence(1), "gap:20")
		equal(t, s.view(v, s.cursor(10), "every=3s", "").sequence(3), "13 16 19")
		go func() {
			time.Sleep(50 * time.Millisecond)
			s.publish(2)
		}()
		equal(t, s.view(v, s.cursor(20), "", "").sequence(2), "21 22")
	})
}

func TestVariantsHeartbeat(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	eachVariant(t, func(t *testing.T, v variant) {
		t.Parallel() // it waits most of the time
		s := open(t, Config{Lab: true}, "")
		s.publish(1)
		w := s.view(v, s.cursor(1), "", "")
		for range 3 {
			if h, err := w.hear(); err != nil || !h.beat {
				t.Fatalf("got %+v, %v", h, err)
			}
		}
		s.publish(1)
		equal(t, w.sequence(1), "2")
	})
}

// All are told when the server goes down, in words of their own.
func TestVariantsClose(t *testing.T) {
	words := map[string]string{
		"streaming-iframe": `^{"retry":\d{3,4}}$`, "streaming-multipart": `^--$`, "longpolling-jsonp": `"status":503`, "websocket-cbor": `^1001$`,
	}
	eachVariant(t, func(t *testing.T, v variant) {
		want, told := words[strings.TrimSuffix(strings.TrimPrefix(t.Name(), "TestVariantsClose/"), byGoroutine)]
		if !told {
			return // nobody is told who is not there
		}
		s := open(t, Config{Lab: true, Heartbeat: time.Minute, Hold: time.Minute}, "")
		s.publish(1)
		go func() {
			eventually(t, "the viewer is there", func() bool { return s.hub.Stats().Subscriptions == 1 })
			s.end()
		}()
		w := s.view(v, s.cursor(1), "", "")
		h, err := w.hear()
		if h.beat { // multipart's last part is empty
			h, err = w.hear()
		}
		if !regexp.MustCompile(want).MatchString(h.last) || err != nil && !errors.Is(err, errEnd) {
			t.Errorf("got %+v, %v", h, err)
		}
	})
}

// What is told is the message, whatever its strings hold, plain and compressed.
func TestVariantsTellTheSame(t *testing.T) {
	t.Parallel()
	bulk := "</script><!-- <script> \u2028\u2029 \" \\ \x00 ü 漢 🙂 --fivewire\r\n--fivewire-- " + strings.Repeat("the same from tick to tick. ", 100)
	eachVariant(t, func(t *testing.T, v variant) {
		for name, offer := range map[string]string{
			"plain": "", "compressed": "Accept-Encoding: gzip\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
			"alone": "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n",
		} {
			if testing.Short() && name != "compressed" {
				continue
			}
			s := open(t, Config{Lab: true}, "")
			w := (*viewing)(nil)
			for n := range 4 {
				s.n++
				s.Publish(collector.Snapshot{At: time.UnixMilli(1763638612000 + int64(s.n)), Uptime: collector.Known(float64(n) + 0.1),
					Sources: []collector.SourceState{{Name: "bulk", Error: bulk}}})
				if w == nil {
					w = s.view(v, "", "", offer)
				}
				w.sequence(1)
			}
			_, text, _ := s.get("api/v1/polling?after=" + s.cursor(0))
			var want struct{ Messages []map[string]any }
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			var got []map[string]any
			for _, h := range w.seen {
				if h.message != nil {
					got = append(got, h.message)
				}
			}
			if !reflect.DeepEqual(got, want.Messages) {
				t.Errorf("%s: got %.300v, want %.300v", name, got, want.Messages)
			}
			w.conn.Close()
			total := func() meter.Totals { return s.transports.Viewers.Totals()[v.technique] }
			packed := name == "compressed" || name == "alone" && v.technique == "websocket"
			eventually(t, "it is accounted for", func() bool { return total().Messages >= 4 && (packed || total().Out > 4*int64(len(bulk))) })
			if sent := total().Out; packed && sent > 2*int64(len(bulk)) {
				t.Errorf("%s: %d bytes for 4 messages of %d", name, sent, len(bulk))
			}
		}
	})
}

// They are counted under their technique, and listed with their variant.
func TestVariantsAreListed(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		s := open(t, Config{Lab: true, Hold: time.Minute}, "")
		s.publish(1)
		conn := s.dial()
		io.WriteString(conn, v.asks(s, "viewer=me&after="+s.cursor(1))+"\r\n")
		if v.technique != "polling" { // which holds nothing
			eventually(t, "it is listed", func() bool { return len(s.transports.Viewers.List()) == 1 })
			_, name, _ := strings.Cut(v.name, "-")
			if held := s.transports.Viewers.List()[0]; held.Viewer != transport.Short("me") || held.Technique != v.technique || held.Variant != name {
				t.Errorf("got %+v", held)
			}
			_, list, _ := s.get("api/v1/viewers")
			if !strings.Contains(list, `"technique":"`+v.technique+`","variant":"`+name+`",`) {
				t.Errorf("got %s", list)
			}
		}
		eventually(t, "it is counted", func() bool { return s.transports.Viewers.Wire("me")[v.technique].Requests > 0 })
	})
}

// A viewer that does not read is cut.
func TestVariantsSlowViewer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	eachVariant(t, func(t *testing.T, v variant) {
		if v.polls() {
			return // it has its answer, or has not asked
		}
		t.Parallel() // it waits most of the time
		s := open(t, Config{WriteTimeout: time.Second, Heartbeat: time.Minute}, "")
		conn := s.dial()
		conn.(*net.TCPConn).SetReadBuffer(4096)
		io.WriteString(conn, v.asks(s, "")+"\r\n")
		eventually(t, "the slow viewer is there", func() bool { return s.hub.Stats().Subscriptions == 1 })
		eventually(t, "it is cut", func() bool {
			s.publish(20)
			return s.hub.Stats().Subscriptions == 0
		})
		eventually(t, "the reason is noted", func() bool { return len(s.transports.Viewers.Ended()[v.technique]) > 0 })
		if got := s.transports.Viewers.Ended()[v.technique]; !maps.Equal(got, map[fanout.Reason]uint64{fanout.Slow: 1}) {
			t.Errorf("ended for %v, want slow, once", got)
		}
	})
}

func TestVariantsVanishingViewer(t *testing.T) {
	eachVariant(t, func(t *testing.T, v variant) {
		s := open(t, Config{Lab: true, Heartbeat: time.Minute, Hold: time.Minute}, "")
		s.publish(1)
		conn := s.dial()
		io.WriteString(conn, v.asks(s, "after="+s.cursor(1))+"\r\n")
		if v.technique != "polling" {
			eventually(t, "it is there", func() bool { return s.hub.Stats().Subscriptions == 1 })
		}
		conn.Close()
		eventually(t, "it is gone", func() bool { return s.hub.Stats().Subscriptions == 0 && len(s.transports.Viewers.List()) == 0 })
	})
}
