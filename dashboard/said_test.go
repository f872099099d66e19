package dashboard

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a command costs that comes by a request of its own is on its viewer's account, to the byte, and on no technique's.
func TestCommandsAreMetered(t *testing.T) {
	s := open(t, Config{}, "")
	s.get("api/v1/polling?viewer=talks") // who is not known has nothing to set
	conn := s.dial()
	answers := bufio.NewReader(conn)
	in, said, out := 0, 0, 0
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
		in, said, out = in+len(request), said+len(command), out+answer.Len()
	}
	type figures struct {
		Requests, Messages int
		Bytes              struct {
			In, Out struct{ Total, Head, Payload int }
		}
	}
	var got struct {
		Transports map[string]figures
		Commands   figures
	}
	for range 3000 {
		_, text, _ := s.get("api/v1/wire?viewer=talks")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		if got.Commands.Bytes.Out.Total == out {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if f := got.Commands; f.Requests != 3 || f.Messages != 0 || f.Bytes.In.Total != in || f.Bytes.In.Payload != said || f.Bytes.In.Head != in-said || f.Bytes.Out.Total != out || len(got.Transports) != 1 || got.Transports["polling"].Requests != 1 {
		t.Errorf("got %+v, want 3 requests, %d bytes in, %d of them said, and %d out, and a poll of one request", got, in, said, out)
	}
	if _, text, _ := s.get("api/v1/wire?viewer=silent"); strings.Contains(text, "commands") {
		t.Errorf("of a viewer that has said nothing: %s", text)
	}
}

// A command sets what it names and nothing else, and what is said last counts: a command on what is held and on questions
// that say nothing, a question's own every on that question; whether a poll is parked or goes through a handler.
func TestLastWordCounts(t *testing.T) {
	for _, technique := range []string{"polling", "longpolling"} {
		for _, held := range []string{"", byGoroutine} {
			t.Run(technique+held, func(t *testing.T) {
				s := open(t, Config{Hold: time.Minute}, "")
				s.publish(1)
				asks := s.asker(technique)
				set := func(what string) {
					t.Helper()
					if status, text := s.post("api/v1/viewers/thin", "application/json", `{"set":`+what+`}`); status != 204 {
						t.Errorf("%s: got %d %s", what, status, text)
					}
				}
				const own = "viewer=thin&wait=0s&every=3s"
				for range 3 { // the first goes through a handler, and a poll is parked with the second
					equal(t, asks(own, 1), "")
				}
				set(`{"conflate":false}`)
				s.publish(3)
				equal(t, asks(own, 1), "4")
				set(`{"every":"0s"}`)
				s.publish(3)
				equal(t, asks(own, 4), "7")
				others := s.asker(technique)
				for range 3 {
					equal(t, others("viewer=thin&wait=0s", 4), "5 6 7")
				}
				set(`{"conflate":true}`)
				equal(t, others("viewer=thin&wait=0s", 4), "7")
				equal(t, asks(own, 4), "7")
				if technique == "polling" {
					return
				}
				set(`{"every":"1m","conflate":false}`)
				// An answer is there before its question is over, and a command on what is held must not come before the next one.
				eventually(t, "no question is open", func() bool { return s.hub.Stats().Subscriptions == 0 })
				go func() {
					eventually(t, "it waits", func() bool { return s.hub.Stats().Subscriptions == 1 })
					set(`{"every":"0s"}`)
					s.publish(1)
				}()
				equal(t, asks("viewer=thin&wait=20s&every=3s", 7), "8")
			})
		}
	}
}

// asker is a connection on which one poll is asked after another; what it returns tells which messages came.
func (s *site) asker(technique string) func(query string, after int) []string {
	s.t.Helper()
	conn := s.dial()
	in := bufio.NewReader(conn)
	return func(query string, after int) (seqs []string) {
		s.t.Helper()
		fmt.Fprintf(conn, "GET /api/v1/%s?%s&after=%s HTTP/1.1\r\nHost: %s\r\n\r\n", technique, query, s.cursor(after), s.addr)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 && resp.StatusCode != 204 {
			s.t.Fatalf("got %d %s, %v", resp.StatusCode, text, err)
		}
		for _, id := range regexp.MustCompile(`"id":"[a-z0-9]+-(\d+)"`).FindAllStringSubmatch(string(text), -1) {
			seqs = append(seqs, id[1])
		}
		return seqs
	}
}
