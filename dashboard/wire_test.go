package dashboard

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/meter"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
)

// A visit is one viewer on one connection, by one technique in one of its forms.
type visit struct{ name, technique, query, head string }

const (
	offersGzip    = "Accept-Encoding: gzip\r\n"
	ofOurs        = "Sec-Fetch-Site: same-origin\r\n"
	offersDeflate = "Sec-WebSocket-Extensions: permessage-deflate"
)

func visits() []visit {
	return []visit{
		{"polling", "polling", "", ""},
		{"polling-gzip", "polling", "", offersGzip},
		{"polling-jsonp", "polling", "&as=jsonp", ofOurs},
		{"longpolling", "longpolling", "", ""},
		{"longpolling-gzip", "longpolling", "", offersGzip},
		{"longpolling-jsonp", "longpolling", "&as=jsonp", ofOurs},
		{"streaming", "streaming", "", ""},
		{"streaming-gzip", "streaming", "", offersGzip},
		{"streaming-iframe", "streaming", "&as=iframe", ""},
		{"streaming-multipart", "streaming", "&as=multipart", ""},
		{"sse", "sse", "", ""},
		{"sse-gzip", "sse", "", offersGzip},
		{"websocket", "websocket", "", handshake},
		{"websocket-cbor", "websocket", "", handshake + "Sec-WebSocket-Protocol: fivewire.cbor\r\n"},
		{"websocket-deflate", "websocket", "", handshake + offersDeflate + "\r\n"},
		{"websocket-deflate-alone", "websocket", "", handshake + offersDeflate + "; server_no_context_takeover\r\n"},
	}
}

// eachVisit runs a test on all forms, and on those that hold connections in both ways of holding them.
func eachVisit(t *testing.T, test func(t *testing.T, v visit)) {
	for _, v := range visits() {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			test(t, v)
		})
		if !strings.Contains(v.technique, "polling") && !testing.Short() {
			t.Run(v.name+byGoroutine, func(t *testing.T) {
				t.Parallel()
				test(t, v)
			})
		}
	}
}

// A tape is a client's connection with every byte that has passed.
type tape struct {
	net.Conn
	below     *tape // of what TLS has made of it; nil without
	mu        sync.Mutex
	out, came []byte
}

func (c *tape) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out, b[:n]...)
	return n, err
}

func (c *tape) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.came = append(c.came, b[:n]...)
	return n, err
}

func (c *tape) passed() (out, came []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.out), bytes.Clone(c.came)
}

// pay pays a visit as a viewer of its name: 4 messages, and what else the technique has to say. The connection stays open. each, if
// not nil, is called when a request of a poll has been answered.
func (s *site) pay(v visit, each func(c *tape)) *tape {
	s.t.Helper()
	c := &tape{Conn: s.dial()}
	if s.trust != nil {
		c = &tape{Conn: tls.Client(c, &tls.Config{RootCAs: s.trust, ServerName: "127.0.0.1"}), below: c}
	}
	s.t.Cleanup(func() { c.Close() })
	wait := "200ms"
	ask := func(after string) {
		// In one write: a client that sends its head in pieces has it in as many packets.
		io.WriteString(c, fmt.Sprintf("GET /api/v1/%s?viewer=%s&k=secret%s&wait=%s&after=%s HTTP/1.1\r\nHost: %s\r\nCookie: session=secret\r\n%s\r\n",
			v.technique, v.name, v.query, wait, after, s.addr, v.head))
	}
	if s.n == 0 {
		s.publish(1)
	}
	from := s.n - 1
	if strings.Contains(v.technique, "polling") {
		r := bufio.NewReader(c)
		for n := range 7 { // the first with a message that is there, the last two with nothing
			held := s.hub.Stats().Subscriptions
			if wait = "9s"; n >= 5 { // until something is published; and those that wait for nothing
				wait = "200ms"
			}
			ask(s.cursor(from))
			if n > 0 && n < 5 && v.technique == "longpolling" {
				eventually(s.t, "the poll is held", func() bool { return s.hub.Stats().Subscriptions > held })
				s.publish(1)
			}
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				s.t.Fatalf("request %d: %v", n, err)
			}
			io.Copy(io.Discard, resp.Body)
			if from = s.n; n < 4 && v.technique == "polling" {
				s.publish(1)
			}
			eventually(s.t, "the request is accounted for", func() bool { return s.figures(v).Bytes.Out.Total == int64(len(c.came)) })
			if each != nil {
				each(c)
			}
		}
		return c
	}
	ask(s.cursor(from))
	go io.Copy(io.Discard, c)
	for n := range 4 {
		eventually(s.t, "the message is accounted for", func() bool { return s.figures(v).Messages == int64(n+1) })
		if n < 3 {
			s.publish(1)
		}
	}
	if v.technique == "websocket" {
		for _, cut := range []int{0, 3, 9} { // a command whole, and in pieces
			frame := "\x81\x8a\x01\x02\x03\x04"
			for i, b := range []byte(`{"ping":1}`) {
				frame += string([]byte{b ^ byte(i%4+1)})
			}
			_, before := c.passed()
			if cut > 0 {
				io.WriteString(c, frame[:cut])
				in := s.figures(v).Bytes.In.Total
				eventually(s.t, "half a frame has come", func() bool { return s.figures(v).Bytes.In.Total >= in })
			}
			io.WriteString(c, frame[cut:])
			eventually(s.t, "the command is answered", func() bool {
				_, came := c.passed()
				return strings.Count(string(came), "pong") > strings.Count(string(before), "pong")
			})
		}
	}
	out := s.figures(v).Bytes.Out.Total
	eventually(s.t, "there is a heartbeat", func() bool { return s.figures(v).Bytes.Out.Total > out })
	return c
}

func (s *site) figures(v visit) meter.Figures {
	return s.transports.Viewers.Wire(v.name)[v.technique]
}

// left waits until the server has seen that the connection is closed.
func (s *site) left(v visit, c *tape) {
	s.t.Helper()
	c.Close()
	eventually(s.t, "nothing is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
}

type wireBody struct {
	Transports map[string]json.RawMessage
	Recording  *transport.Recording
	Exchanges  []struct {
		N         int
		Technique string
		Variant   string
		At, Began int64
		Messages  []string
		Parts     []struct {
			Dir, Kind     string
			Bytes         int64
			Text, Base64  *string
			Cut, Redacted bool
		}
	}
}

func (s *site) wire(viewer, query string) (w wireBody) {
	s.t.Helper()
	status, body, _ := s.get("api/v1/wire?viewer=" + viewer + query)
	if err := json.Unmarshal([]byte(body), &w); err != nil || status != 200 {
		s.t.Fatalf("%d %s: %v", status, body, err)
	}
	return w
}

// The parts of what is recorded are every byte that passed, in order, and add up to the counters; but for what is blotted
// out.
func TestExchanges(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	eachVisit(t, func(t *testing.T, v visit) {
		s := open(t, Config{Lab: true}, "")
		if w := s.wire(v.name, "&exchanges=64"); len(w.Exchanges) != 0 || w.Recording == nil || w.Recording.Until-w.Recording.Since < 59_000 {
			t.Fatalf("before anything: got %+v", w)
		}
		c := s.pay(v, nil)
		s.left(v, c)

		f := s.figures(v)
		w := s.wire(v.name, "&exchanges=64")
		sums := map[string]int64{}
		seen := map[string]string{}
		messages := 0
		for i, e := range w.Exchanges {
			if messages += len(e.Messages); e.N != i+1 || e.Technique != v.technique || e.At < 1e12 {
				t.Errorf("exchange %d: got %+v", i+1, e)
			}
			_, variant, _ := strings.Cut(v.name, "-")
			if variant = strings.TrimSuffix(variant, "-alone"); variant == "gzip" || variant == "deflate" {
				variant = "" // that is negotiated, and not chosen
			}
			if e.Variant != variant {
				t.Errorf("exchange %d: variant %q, want %q", i+1, e.Variant, variant)
			}
			for _, p := range e.Parts {
				sums[p.Dir+" "+p.Kind] += p.Bytes
				text := p.Text
				if p.Base64 != nil {
					b, err := base64.StdEncoding.DecodeString(*p.Base64)
					if err != nil {
						t.Fatal(err)
					}
					decoded := string(b)
					text = &decoded
				}
				if text == nil || int64(len(*text)) != p.Bytes || p.Cut || p.Redacted != (p.Dir == "in" && p.Kind == "head") {
					t.Fatalf("exchange %d: got part %+v", i+1, p)
				}
				seen[p.Dir] += *text
			}
		}
		in, out := f.Bytes.In, f.Bytes.Out
		for kind, want := range map[string]int64{
			"in head": in.Head, "in framing": in.Framing, "in payload": in.Payload,
			"out head": out.Head, "out framing": out.Framing, "out payload": out.Payload,
		} {
			if sums[kind] != want {
				t.Errorf("%s: the parts are %d bytes, the counters say %d", kind, sums[kind], want)
			}
		}
		sent, came := c.passed()
		sent = bytes.ReplaceAll(sent, []byte("k=secret"), []byte("k=******"))
		sent = bytes.ReplaceAll(sent, []byte("session=secret"), []byte("**************"))
		if seen["in"] != string(sent) {
			t.Errorf("in: got %q, want %q", seen["in"], sent)
		}
		if !strings.HasPrefix(seen["out"], string(came)) || int64(len(seen["out"])) != out.Total { // it may have left before the last came
			t.Errorf("out: got %q, want %q", seen["out"], came)
		}
		want := 4
		if strings.Contains(v.technique, "polling") {
			want = 5
		}
		if messages != want || f.Messages != int64(want) {
			t.Errorf("%d messages are named and %d counted, want %d", messages, f.Messages, want)
		}
	})
}

func TestWireRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config      Config
		query, want string
		status      int
	}{
		"lab-off":    {Config{}, "viewer=me&exchanges=5", "--lab on", 404},
		"too-many":   {Config{Lab: true}, "viewer=me&exchanges=65", `"parameter":"exchanges"`, 400},
		"no-number":  {Config{Lab: true}, "viewer=me&exchanges=some", `"parameter":"exchanges"`, 400},
		"no-viewer":  {Config{Lab: true}, "exchanges=5", `"parameter":"viewer"`, 400},
		"technique":  {Config{Lab: true}, "viewer=me&exchanges=5&technique=ip", `"parameter":"technique"`, 400},
		"figures":    {Config{}, "viewer=me", `"transports":{}`, 200},
		"since":      {Config{}, "viewer=me", `{"viewer":"me","since":1`, 200},
		"none-of-it": {Config{}, "viewer=me&exchanges=0", `"transports":{}`, 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, test.config, "")
			if status, body, _ := s.get("api/v1/wire?" + test.query); status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("got %d %s, want %d %s", status, body, test.status, test.want)
			}
		})
	}
}

// What waits in the kernel for a viewer that does not read is told while it waits, from outside of who writes to it.
func TestUnsent(t *testing.T) {
	each(t, func(t *testing.T, technique string) {
		if strings.Contains(technique, "polling") {
			return // they hold nothing that could fill
		}
		s := open(t, Config{Lab: true}, "")
		bulk := strings.Repeat("x", 50_000)
		publish := func() {
			s.n++
			s.Publish(collector.Snapshot{At: time.UnixMilli(1763638612000 + int64(s.n)), Sources: []collector.SourceState{{Name: "bulk", Error: bulk}}})
		}
		publish()
		conn, r := s.ask(technique, "&compress=off&viewer=me")
		readUntil(t, r, `"id":`)
		v := visit{name: "me", technique: technique}
		if s.figures(v).Kernel == nil {
			t.Skip("this kernel does not tell")
		}
		eventually(t, "something is unsent", func() bool {
			publish()
			return s.figures(v).Unsent > 10_000
		})
		conn.Close()
		eventually(t, "it is gone", func() bool { return len(s.transports.Viewers.List()) == 0 })
		if f := s.figures(v); f.Unsent != 0 || f.Packets.Out < 5 {
			t.Errorf("after the end: got %+v", *f.Kernel)
		}
	})
}

// On a Unix socket there are no packets, and that is said.
func TestNoPackets(t *testing.T) {
	file := t.TempDir() + "/s"
	ln, _, err := Listen("unix:" + file)
	if err != nil {
		t.Skip(err)
	}
	s := serveOn(t, New(Config{}), ln, "", "")
	s.publish(1)
	conn, err := net.Dial("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /api/v1/sse?viewer=me HTTP/1.1\r\nHost: localhost\r\n\r\n")
	readUntil(t, bufio.NewReader(conn), `"id":`)
	f := s.figures(visit{name: "me", technique: "sse"})
	if b, _ := json.Marshal(f); f.Kernel != nil || !strings.Contains(string(b), `"tcp":"not available here"`) || strings.Contains(string(b), "packets") {
		t.Errorf("got %s", b)
	}
}

// Ten askers beside viewers that come, are written to and go: nothing waits for nothing.
func TestWireWhileBusy(t *testing.T) {
	s := open(t, Config{Lab: true}, "")
	s.publish(1)
	var work sync.WaitGroup
	for n := range 8 {
		technique := []string{"sse", "websocket", "longpolling", "streaming"}[n%4]
		work.Go(func() {
			for range 10 {
				conn, r := s.ask(technique, "&viewer=me&compress=off")
				readUntil(t, r, `"id":`)
				conn.Close()
			}
		})
		work.Go(func() {
			for range 20 {
				s.wire("me", "&exchanges=5")
				s.Publish(collector.Snapshot{Uptime: collector.Known(1)})
			}
		})
	}
	work.Wait()
}
