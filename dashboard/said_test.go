package dashboard

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a command costs that comes by a request of its own is on its viewer's account, to the byte, and on no technique's.
func TestCommandsAreMetered(t *testing.T) {
	s := open(t, Config{}, "")
	s.get("api/v1/polling?viewer=talks") // who is not known has nothing to set
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	in, out := 0, 0
	for _, command := range []string{`{"set":{"every":"300ms"}}`, `{"ping":1}`, `{"kill":1}`} {
		request := "POST /api/v1/viewers/talks HTTP/1.1\r\nHost: " + s.addr + "\r\nContent-Type: application/json\r\nContent-Length: " +
			strconv.Itoa(len(command)) + "\r\n\r\n" + command
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		var answer bytes.Buffer
		resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(answers, &answer)), nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		in, out = in+len(request), out+answer.Len()
	}
	type figures struct {
		Requests, Messages int
		Bytes              struct{ In, Out struct{ Total int } }
	}
	var got struct {
		Transports map[string]figures
		Commands   figures
	}
	for range 100 {
		_, text, _ := s.get("api/v1/wire?viewer=talks")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.Commands.Bytes.Out.Total == out {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if f := got.Commands; f.Requests != 3 || f.Messages != 0 || f.Bytes.In.Total != in || f.Bytes.Out.Total != out || len(got.Transports) != 1 || got.Transports["polling"].Requests != 1 {
		t.Errorf("got %+v, want 3 requests, %d bytes in and %d out, and a poll of one request", got, in, out)
	}
	if _, text, _ := s.get("api/v1/wire?viewer=silent"); strings.Contains(text, "commands") {
		t.Errorf("of a viewer that has said nothing: %s", text)
	}
}
