package dashboard

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Requests that are sent before the answer to the one before, whole or in halves, are answered each in its turn: by the
// server, and on a connection that is parked.
func TestPipelined(t *testing.T) {
	for _, technique := range []string{"polling", "longpolling"} {
		for _, held := range []string{"", byEpoll, byGoroutine} {
			t.Run(technique+held, func(t *testing.T) {
				s := open(t, Config{Hold: time.Minute}, "")
				s.publish(3)
				conn := s.dial()
				in := bufio.NewReader(conn)
				request := func(after int) string {
					return "GET /api/v1/" + technique + "?viewer=me&after=" + s.cursor(after) + " HTTP/1.1\r\nHost: " + s.addr + "\r\n\r\n"
				}
				answered := func(after int) {
					t.Helper()
					resp, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					text, err := io.ReadAll(resp.Body)
					resp.Body.Close()
					if want := `{"messages":[{"id":"` + s.cursor(after+1) + `",`; err != nil || !strings.HasPrefix(string(text), want) {
						t.Fatalf("after %d: got %d %s, %v", after, resp.StatusCode, text, err)
					}
				}
				for range 4 { // one after the other: by then it is parked
					io.WriteString(conn, request(2))
					answered(2)
				}
				for range 3 {
					io.WriteString(conn, request(0)+request(1)+request(2))
					for after := range 3 {
						answered(after)
					}
					last := request(2)
					io.WriteString(conn, request(1)+last[:20])
					answered(1)
					io.WriteString(conn, last[20:])
					answered(2)
				}
				if technique == "polling" {
					return
				}
				// The second comes while the first is held.
				io.WriteString(conn, request(3))
				eventually(t, "it waits", func() bool { return s.hub.Stats().Subscriptions == 1 })
				last := request(0)
				io.WriteString(conn, last[:30])
				io.WriteString(conn, last[30:])
				s.publish(1)
				answered(3)
				answered(0)
			})
		}
	}
}
