package deflate

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The lines that a client is to show: three frames, a line for this viewer alone, and two more. The server sends one when
// the client has shown the one before, so a client that waits for more bytes is found out.
type script struct {
	frames [][]byte
	own    int // the frame before which the viewer gets a line of its own
}

func newScript(t *testing.T) script {
	var s script
	for _, frame := range snapshots(t, 5) {
		_, data, _ := strings.Cut(string(frame), "data: ")
		s.frames = append(s.frames, []byte(strings.TrimSuffix(data, "\n")))
	}
	s.own = 3
	return s
}

// lines is what is to be seen.
func (s script) lines() (lines []string) {
	for i, frame := range s.frames {
		if i == s.own {
			lines = append(lines, "for you alone")
		}
		lines = append(lines, strings.TrimSpace(string(frame)))
	}
	return lines
}

// a lockstep lets the server go on when the client has shown a line.
type lockstep chan struct{}

func (l lockstep) wait(r *http.Request) bool {
	select {
	case <-l:
		return true
	case <-r.Context().Done():
		return false
	}
}

// watch starts a client and expects lines on its standard output, then its end with status 0.
func watch(t *testing.T, step lockstep, lines []string, name string, args ...string) {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED, NOT PROVEN: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		cmd.Wait()
	}()
	shown := bufio.NewReader(out)
	for i, want := range lines {
		line, err := shown.ReadString('\n')
		if err != nil {
			t.Fatalf("line %d was not shown: %v\n%s", i, err, &problems)
		}
		if strings.TrimSuffix(line, "\n") != want {
			t.Fatalf("line %d is %.100q, want %.100q", i, line, want)
		}
		step <- struct{}{}
	}
	rest, _ := io.ReadAll(shown)
	if err := cmd.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("at the end: %.100q, %v\n%s", rest, err, &problems)
	}
}

func has(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT PROVEN: %s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// TestGzipClients: programs of others show every line at once and accept the end.
func TestGzipClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	const python = `
import http.client, sys, zlib
c = http.client.HTTPConnection(sys.argv[1])
c.request("GET", "/", headers={"Accept-Encoding": "gzip"})
r, z = c.getresponse(), zlib.decompressobj(31)
while part := r.read1():
    sys.stdout.buffer.write(z.decompress(part))
    sys.stdout.buffer.flush()
assert z.eof and not z.unused_data and not z.unconsumed_tail, "no whole gzip file"
`
	const node = `
const answer = await fetch("http://" + process.argv[1]);
for await (const text of answer.body.pipeThrough(new TextDecoderStream())) process.stdout.write(text);
`
	for _, client := range []struct {
		name string
		args func(address string) []string
	}{
		{"curl", func(a string) []string { return []string{"--compressed", "-sSN", "http://" + a} }},
		{"python3", func(a string) []string { return []string{"-c", python, a} }},
		{"node", func(a string) []string { return []string{"--input-type=module", "-e", node, a} }},
	} {
		t.Run(client.name, func(t *testing.T) {
			if client.name != "curl" && testing.Short() {
				t.Skip("the same by a program that takes long to start")
			}
			s, step := newScript(t), make(lockstep)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
					t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Type", "application/x-ndjson")
				w.Header().Set("Content-Encoding", "gzip")
				io.WriteString(w, GzipHeader)
				var chain Chain
				var stream Stream
				send := func(part []byte) bool {
					w.Write(part)
					w.(http.Flusher).Flush()
					return step.wait(r)
				}
				for i, frame := range s.frames {
					if i == s.own && !send(stream.AddPlain(nil, []byte("for you alone\n"))) {
						return
					}
					if !send(stream.Add(chain.Next(frame))) {
						return
					}
				}
				w.Write(stream.AppendEnd(nil))
			}))
			defer server.Close()
			watch(t, step, s.lines(), client.name, client.args(server.Listener.Addr().String())...)
		})
	}
}

// TestWebSocketClients: the same on a WebSocket; what is for one viewer alone is a frame without RSV1 between the others.
func TestWebSocketClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another program")
	}
	const python = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect("ws://" + sys.argv[1]) as socket:
        async for message in socket:
            print(message.rstrip("\n"), flush=True)
        assert socket.close_code == 1000, socket.close_code
asyncio.run(main())
`
	has(t, "python3", "-c", "import websockets")
	for _, takeover := range []bool{true, false} {
		t.Run(fmt.Sprintf("takeover=%t", takeover), func(t *testing.T) {
			s, step := newScript(t), make(lockstep)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				extension := "permessage-deflate; client_no_context_takeover"
				if !takeover {
					extension += "; server_no_context_takeover"
				}
				conn, buffered, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				if !strings.Contains(r.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate") {
					t.Errorf("Sec-WebSocket-Extensions is %q", r.Header.Get("Sec-WebSocket-Extensions"))
				}
				accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
				fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: %s\r\n\r\n",
					base64.StdEncoding.EncodeToString(accept[:]), extension)
				chain := Chain{Messages: true}
				var stream Stream
				send := func(first byte, payload []byte) bool {
					head := []byte{first, byte(len(payload))}
					if len(payload) > 125 {
						head = binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(len(payload)))
					}
					conn.Write(append(head, payload...))
					select {
					case <-step:
						return true
					case <-time.After(time.Minute): // a hijacked request's context outlives its connection
						return false
					}
				}
				for i, frame := range s.frames {
					if i == s.own && !send(0x81, []byte("for you alone")) {
						return
					}
					b := chain.Next(frame)
					part := b.Key()
					if takeover {
						part = stream.Add(b)
					}
					if i > 0 && takeover && &part[0] != &b.Context()[0] {
						t.Errorf("frame %d was sent as key", i)
					}
					if !send(0xc1, part) {
						return
					}
				}
				conn.Write([]byte{0x88, 2, 0x03, 0xe8})
				io.CopyN(io.Discard, buffered, 8) // the client's close frame
			}))
			defer server.Close()
			watch(t, step, s.lines(), "python3", "-c", python, server.Listener.Addr().String())
		})
	}
}
