package dashboard

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// upgraded is a WebSocket after its handshake, for those who do not keep to the protocol.
type upgraded struct {
	net.Conn
	read *bufio.Reader
}

func (s *site) upgrade(viewer string) *upgraded {
	s.t.Helper()
	conn := s.dial()
	fmt.Fprintf(conn, "GET /api/v1/websocket?viewer=%s HTTP/1.1\r\nHost: %s\r\n%s\r\n", viewer, s.addr, handshake)
	u := &upgraded{conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(u.read, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("no handshake: %v, %v", resp, err)
	}
	return u
}

// frame reads one of the server's.
func (u *upgraded) frame() (op byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err = io.ReadFull(u.read, head); err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	if size == 126 {
		long := make([]byte, 2)
		if _, err = io.ReadFull(u.read, long); err != nil {
			return 0, nil, err
		}
		size = int(binary.BigEndian.Uint16(long))
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(u.read, payload)
	return head[0], payload, err
}

// closing reads until the close frame and returns its code, and what came before it; 0 where the end comes without one.
// Nothing may follow it.
func (u *upgraded) closing(t *testing.T) (code int, said string) {
	t.Helper()
	for {
		op, payload, err := u.frame()
		if err != nil {
			return 0, said
		}
		switch op {
		case 0x88:
			if rest, err := io.ReadAll(u.read); err == nil && len(rest) > 0 {
				t.Errorf("%q follows the close frame", rest)
			}
			return int(binary.BigEndian.Uint16(payload)), said
		case 0x81, 0x89, 0x8A:
			said += string(payload)
		default:
			t.Errorf("got a frame %#x", op)
		}
	}
}

// says is a viewer's frame, masked with zeros.
func says(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return string(append(b, 0, 0, 0, 0)) + payload
}

// Whoever breaks the protocol is told which rule, and is gone; nothing of it stays, and a viewer beside it gets all.
func TestWebSocketAttacks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const text, more, ping, closing = 0x81, 0x80, 0x89, 0x88
	attacks := []attack{
		{"unmasked", "\x81\x02{}", 1002, ""},
		{"reserved-bit", says(0x91, "{}"), 1002, ""},
		{"compressed-without-leave", says(0xC1, "{}"), 1002, ""},
		{"reserved-opcode", says(0x83, "{}"), 1002, ""},
		{"reserved-control-opcode", says(0x8B, ""), 1002, ""},
		{"continuation-of-nothing", says(more, "{}"), 1002, ""},
		{"message-inside-a-message", says(0x01, "{") + says(text, "}"), 1002, ""},
		{"fragmented-ping", says(0x09, "x"), 1002, ""},
		{"ping-too-long", says(ping, strings.Repeat("x", 126)), 1002, ""},
		{"length-not-the-shortest", "\x81\xFE\x00\x02\x00\x00\x00\x00{}", 1002, ""},
		{"length-with-top-bit", "\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x00", 1002, ""},
		{"half-a-close-code", says(closing, "\x03"), 1002, ""},
		{"close-code-of-nobody", says(closing, "\x03\xED"), 1002, ""},
		{"not-utf8", says(text, "\xFF\xFE"), 1007, ""},
		{"not-utf8-in-a-fragment", says(0x01, "{\xFF"), 1007, ""},
		{"half-a-character-at-the-end", says(0x01, "\xE2\x82") + says(more, ""), 1007, ""},
		{"close-reason-not-utf8", says(closing, "\x03\xE8\xFF"), 1007, ""},
		{"announces-a-gigabyte", "\x81\xFF\x00\x00\x00\x00\x40\x00\x00\x00", 1009, ""},
		{"too-long", says(text, strings.Repeat("x", 4097)), 1009, ""},
		{"too-long-in-fragments", says(0x01, strings.Repeat("x", 4000)) + strings.Repeat(says(0x00, "xxxxxxxxxx"), 10), 1009, ""},
		{"ping-flood", strings.Repeat(says(ping, ""), 1000), 1008, ""},
		{"command-flood", strings.Repeat(says(text, `{"ping":1}`), 1000), 1008, `{"pong":1,`},
		{"byte-flood", says(0x01, "") + strings.Repeat(says(0x00, ""), 60_000), 1008, ""},
		{"bad-after-good", says(text, `{"ping":7}`) + "\x81\x02{}", 1002, `{"pong":7,`},
		{"fragmented-command-and-goodbye", says(0x01, `{"ping"`) + says(ping, "now") + says(more, `:8}`) + says(closing, "\x03\xE8"), 1000, `{"pong":8,`},
		{"goodbye-without-a-code", says(closing, "") + says(text, `{"ping":1}`), -1, ""},
	}
	for _, held := range []string{"best", byEpoll, byGoroutine} {
		t.Run(held, func(t *testing.T) {
			if held != "best" && testing.Short() {
				t.Skip("the same in another way")
			}
			attacked(t, attacks)
		})
	}
}

// Whoever stops in the middle is cut, and nothing of it stays, however connections are held: all at once, for all wait.
func TestWebSocketSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const heartbeat, patience = 400 * time.Millisecond, 700 * time.Millisecond
	ways := map[string]*site{
		"best":      open(t, Config{Heartbeat: heartbeat, WriteTimeout: patience}, ""),
		byEpoll:     open(t, Config{Heartbeat: heartbeat, WriteTimeout: patience, noRing: true}, ""),
		byGoroutine: open(t, Config{Heartbeat: heartbeat, WriteTimeout: patience, portable: true}, ""),
	}
	bystanders := make(chan []string, len(ways))
	for _, s := range ways {
		s.publish(1)
		go func() { bystanders <- s.watch(s.client("sse"), s.cursor(1), 1) }()
		eventually(t, "the bystander is held", func() bool {
			held := s.transports.Viewers.List()
			return len(held) == 1 && held[0].Way != "" // what holds it runs by now, and is nothing that stays of an attack
		})
	}
	others := append(ofFasthttp(), goleak.IgnoreCurrent(),
		goleak.IgnoreTopFunction("github.com/valyala/fasthttp.(*workerPool).workerFunc")) // waits a while for another connection
	t.Run("each", func(t *testing.T) {
		for held, s := range ways {
			for _, attack := range []attack{
				{"half-a-frame-then-silence", says(0x81, `{"ping":7}`)[:9], 0, ""},
				{"half-a-header-then-silence", "\x81", 0, ""},
			} {
				t.Run(held+"/"+attack.name, func(t *testing.T) {
					t.Parallel()
					attack.on(t, s)
				})
			}
		}
	})
	for held, s := range ways {
		eventually(t, held+": the bystander alone is left", func() bool { return s.hub.Stats().Subscriptions == 1 && len(s.transports.Viewers.List()) == 1 })
		s.publish(1)
		equal(t, <-bystanders, "2")
	}
	if err := goleak.Find(others...); err != nil {
		t.Error(err)
	}
}

// An attack is what somebody says who has a WebSocket, and how that ends.
type attack struct {
	name, bytes string
	code        int    // -1 is a goodbye without one, and 0 a cut without a word
	said        string // before, if anything in particular
}

// on attacks a site, and leaves.
func (a attack) on(t *testing.T, s *site) {
	u := s.upgrade(a.name)
	defer u.Close()
	go io.WriteString(u, a.bytes) // what is answered in the middle of it must not be lost
	if a.code == -1 {
		for op := byte(0); op != 0x88; {
			var err error
			var payload []byte
			if op, payload, err = u.frame(); err != nil || op == 0x88 && len(payload) > 0 {
				t.Fatalf("got %q, %v", payload, err)
			}
		}
	} else if code, said := u.closing(t); code != a.code || !strings.Contains(said, a.said) {
		t.Errorf("got %d after %.200q, want %d", code, said, a.code)
	}
}

// attacked has a site attacked, beside a viewer that is not to notice.
func attacked(t *testing.T, attacks []attack) {
	s := open(t, Config{Heartbeat: time.Minute}, "") // a machine that is slow to attack is not silent
	s.publish(1)
	bystander := make(chan []string, 1)
	go func() { bystander <- s.watch(s.client("sse"), s.cursor(1), len(attacks)) }()
	eventually(t, "the bystander is held", func() bool {
		held := s.transports.Viewers.List()
		return len(held) == 1 && held[0].Way != ""
	})
	goroutines := runtime.NumGoroutine()
	var want []string
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			attack.on(t, s)
			eventually(t, "it is gone", func() bool { return s.hub.Stats().Subscriptions == 1 && len(s.transports.Viewers.List()) == 1 })
		})
		s.publish(1)
		want = append(want, fmt.Sprint(s.n))
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	equal(t, <-bystander, strings.Join(want, " "))
}
