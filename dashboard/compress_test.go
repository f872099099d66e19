package dashboard

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

// A viewer that offers to take it gets the same bytes compressed, each message as soon as it is there, and in a fraction
// of the bytes.
func TestCompressed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		bulk := strings.Repeat("the same from tick to tick. ", 100)
		publish := func() {
			s.n++
			s.Publish(collector.Snapshot{At: time.UnixMilli(1763638612000 + int64(s.n)), Sources: []collector.SourceState{{Name: "bulk", Error: bulk}}})
		}
		publish()
		conn, r := s.ask(technique, "")
		body := s.inflated(technique, r)
		for n := 1; n <= 5; n++ {
			text := body()
			if want := fmt.Sprintf(`"id":"%s"`, s.cursor(n)); !strings.Contains(text, want) || !strings.Contains(text, bulk) {
				t.Fatalf("message %d: got %.200s", n, text)
			}
			publish()
			if technique == "polling" || technique == "longpolling" {
				conn.Close()
				conn, r = s.ask(technique, s.cursor(n))
				body = s.inflated(technique, r)
			}
		}
		conn.Close()
		eventually(t, "it is accounted for", func() bool { return s.transports.Viewers.Totals()[technique].Messages >= 5 })
		if sent := s.transports.Viewers.Totals()[technique].Out; sent > 6*int64(len(bulk))/2 {
			t.Errorf("%d bytes were sent for 5 messages of %d", sent, len(bulk))
		}
	})
}

// With compress=off nothing is, whatever the head offers.
func TestNotCompressed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := open(t, Config{}, "")
		s.publish(1)
		_, r := s.ask(technique, "&compress=off")
		if !strings.Contains(string(readUntil(t, r, `"uptime":1}}`)), `"id":`) {
			t.Error("no message in clear")
		}
		status, body, _ := s.get("api/v1/" + technique + "?compress=maybe")
		if status != 400 || !strings.Contains(body, `"parameter":"compress"`) {
			t.Errorf("got %d %s", status, body)
		}
	})
}

// ask opens a connection that offers what browsers offer.
func (s *site) ask(technique, more string) (net.Conn, *bufio.Reader) {
	s.t.Helper()
	conn := s.dial()
	if !strings.HasPrefix(more, "&") {
		more = "&after=" + more
	}
	fmt.Fprintf(conn, "GET /api/v1/%s?wait=5s%s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip, deflate, br\r\n", technique, more, s.addr)
	if technique == "websocket" {
		io.WriteString(conn, handshake+"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")
	}
	io.WriteString(conn, "\r\n")
	return conn, bufio.NewReader(conn)
}

// inflated reads a response's head and returns what reads the next message.
func (s *site) inflated(technique string, r *bufio.Reader) func() string {
	s.t.Helper()
	if technique == "websocket" {
		head := readUntil(s.t, r, "\r\n\r\n")
		if !bytes.Contains(head, []byte("permessage-deflate; client_no_context_takeover")) {
			s.t.Fatalf("got %s", head)
		}
		return func() string { return s.frame(r) }
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.Header.Get("Content-Encoding") != "gzip" {
		s.t.Fatalf("got %v", resp.Header)
	}
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if technique == "polling" || technique == "longpolling" {
		return func() string {
			text, err := io.ReadAll(z)
			if err != nil {
				s.t.Fatal(err)
			}
			return string(text)
		}
	}
	lines := bufio.NewReader(z)
	return func() string {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				s.t.Fatal(err)
			}
			if strings.Contains(line, `"id":`) {
				return line
			}
		}
	}
}

// frame reads one compressed text frame, passing over pings.
func (s *site) frame(r *bufio.Reader) string {
	s.t.Helper()
	for {
		first, payload, err := readFrame(r)
		if err != nil {
			s.t.Fatal(err)
		}
		if first == 0x89 {
			continue
		}
		if first != 0xc1 {
			s.t.Fatalf("frame begins with %x", first)
		}
		text, err := inflate(payload, &s.window)
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
}

// readFrame reads a frame of less than 64 KiB; first is its first byte.
func readFrame(r io.Reader) (first byte, payload []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return 0, nil, err
	}
	n := int(head[1])
	if n == 126 {
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return 0, nil, err
		}
		n = int(head[2])<<8 | int(head[3])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}

// inflate unpacks a message that has window before it, and moves window on.
func inflate(payload []byte, window *[]byte) ([]byte, error) {
	z := flate.NewReaderDict(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")), *window)
	text, err := io.ReadAll(z)
	*window = append(*window, text...)
	if most := 32 << 10; len(*window) > most {
		*window = (*window)[len(*window)-most:]
	}
	return text, err
}

func readUntil(t testing.TB, r *bufio.Reader, end string) []byte {
	t.Helper()
	var b []byte
	for !bytes.HasSuffix(b, []byte(end)) {
		c, err := r.ReadByte()
		if err != nil {
			t.Fatalf("%v after %q", err, b)
		}
		b = append(b, c)
	}
	return b
}
