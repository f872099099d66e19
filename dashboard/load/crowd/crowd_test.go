package crowd

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"github.com/fivewire/fivewire/dashboard/load/wire"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Of the dashboard's server: one for the process, and one that ends within its next ten seconds.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// A begun is closed when the first line on how it goes is written: all are in.
type begun chan struct{}

func (s begun) Write(b []byte) (int, error) {
	select {
	case <-s:
	default:
		close(s)
	}
	return len(b), nil
}

// both runs a test on both engines; side by side where it begins with t.Parallel.
func both(t *testing.T, test func(t *testing.T, base Config)) {
	for _, engine := range []string{"native", "portable"} {
		t.Run(engine, func(t *testing.T) {
			test(t, Config{Viewers: 1, Duration: 20 * time.Second, Technique: "sse", portable: engine == "portable"})
		})
	}
}

func must(t *testing.T, config Config) *Report {
	t.Helper()
	r, err := Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func check[T comparable](t *testing.T, name string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

func message(seq int, more string) string {
	return fmt.Sprintf(`{"id":"abc-%d","at":%d%s,"data":{"x":%q}}`, seq, time.Now().UnixMilli(), more, strings.Repeat("y", 300))
}

func event(seq int, more string) string {
	return fmt.Sprintf("id: abc-%d\ndata: %s\n\n", seq, message(seq, more))
}

const sseHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"

// A hole is missed, a repetition is a duplicate, and what the server admits is a gap.
func TestCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		measuring := make(begun)
		config.Progress = measuring
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			ask()
			io.WriteString(conn, sseHead+event(5, ""))
			<-measuring
			io.WriteString(conn, event(6, "")+event(9, "")+event(9, "")+event(8, ""))
			io.WriteString(conn, event(20, `,"gap":true`)+"data: no id\n\n")
			ask()
		})
		config.Viewers = 3
		config.enough = func(c *crowd) bool { return c.tally.messages == 3*5 && time.Since(c.start) > 2*settle }
		r := must(t, config)
		check(t, "connected", r.Connected, 3)
		check(t, "held", r.Held, 3)
		check(t, "messages", r.Messages, 3*5)
		check(t, "missed", r.Missed, 3*(2+10))
		check(t, "duplicates", r.Duplicates, 3*2)
		check(t, "numbered", r.Numbered, 3*4)
		var b bytes.Buffer
		if r.Table(&b); !strings.Contains(b.String(), "\nmissed         36 (12 of the messages have an id <epoch>-<seq>)\n") {
			t.Errorf("got %s", b.String())
		}
		check(t, "gaps", r.Gaps, 3)
		check(t, "errors", len(r.Errors), 0)
		if r.Age == nil || r.Age.N != 9 || r.Age.Max > 5000 {
			t.Errorf("age %+v, want nine: the first message of each viewer is not live", r.Age)
		}
		if r.Spread == nil || r.Spread.N != 3 {
			t.Errorf("spread %+v, want that of three messages", r.Spread)
		}
	})
}

// Of messages without a number, and of a server that was asked to leave messages out, nobody can say what is missed. It is not
// told as none, nor as many.
func TestMissesThatCannotBeTold(t *testing.T) {
	for _, c := range []struct{ name, query, says, missed, duplicates string }{
		{"no number", "", "data: one\n\ndata: two\n\n", "unknown: no message has an id <epoch>-<seq>", "unknown: no message has an id <epoch>-<seq>"},
		{"another's number", "", "id: 17\ndata: one\n\nid: 19\ndata: two\n\n", "unknown: no message has an id <epoch>-<seq>", "unknown: no message has an id <epoch>-<seq>"},
		{"thinned", "?every=2s", event(1, "") + event(3, ""), "unknown: the server was asked to leave messages out", "0"},
		{"all", "", event(1, "") + event(3, ""), "1", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, config Config) {
				t.Parallel()
				_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
					ask()
					io.WriteString(conn, sseHead+c.says)
					ask()
				})
				var how bytes.Buffer
				config.URL, config.Progress = config.URL+c.query, &how
				config.enough = func(c *crowd) bool { return c.tally.messages == 2 }
				r := must(t, config)
				var b bytes.Buffer
				if r.Table(&b); !strings.Contains(b.String(), "\nmissed         "+c.missed+"\n") || !strings.Contains(b.String(), "\nduplicates     "+c.duplicates+"\n") {
					t.Errorf("want missed %s, duplicates %s: got %s", c.missed, c.duplicates, b.String())
				}
				if got := strings.Contains(how.String(), "missed"); got != (c.missed == "1") {
					t.Errorf("how it goes: %s", how.String())
				}
			})
		})
	}
}

// What the server ends, cuts or refuses is counted by its name, and the viewer comes back with its cursor.
func TestErrors(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range []struct {
		name, technique, says string
		want                  string
		reset                 bool
	}{
		{"refusal", "sse", "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", "refused: answer 503 (hint: the server has no room for more: its ulimit -n, --max-connections or --max-viewers)", false},
		{"moved", "sse", "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n", "refused: answer 308, to \"https://other/\" (hint: that address)", false},
		{"no key", "sse", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "refused: answer 401 (hint: the key in FIVEWIRE_KEY, and an address that ends with a slash; what is behind # is not used)", false},
		{"a page", "streaming", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", `refused: not the content type of streaming: "text/html"`, false},
		{"not SSE", "sse", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\ndata: x\n\n", `refused: not the content type of sse: "text/plain"`, false},
		{"events for lines", "streaming", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: x\n\n", `refused: not the content type of streaming: "text/event-stream; charset=utf-8"`, false},
		{"events for an answer", "polling", "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\n\r\ndata: x\n\n", `refused: not the content type of polling: "Text/Event-Stream"`, false},
		{"parts for lines", "streaming", "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n--x\r\n", `refused: not the content type of streaming: "multipart/x-mixed-replace; boundary=x"`, false},
		{"compressed", "sse", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", `refused: content encoding "gzip", which is not read here (hint: no Accept-Encoding)`, false},

		{"not HTTP", "sse", "SSH-2.0-OpenSSH\r\n\r\n", "refused: malformed: not this technique's format: status line \"SSH-2.0-OpenSSH\\r\"", false},
		{"end of file", "sse", sseHead + event(1, ""), "ended by the server", false},
		{"end of chunks", "sse", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n0\r\n\r\n", "ended by the server", false},
		{"half a chunk", "sse", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\nff\r\nid", "cut off", false},
		{"half a head", "sse", "HTTP/1.1 200 OK\r\nCont", "refused: cut off", false},
		{"half an answer", "longpolling", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"mess", "cut off", false},
		{"nothing", "websocket", "", "refused: cut off", false},
		{"reset", "sse", sseHead, "connection reset by peer", true},
		{"no upgrade", "websocket", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "refused: answer 200", false},
		{"wrong key", "websocket", "HTTP/1.1 101 X\r\nSec-WebSocket-Accept: no\r\n\r\n", "refused: a wrong Sec-WebSocket-Accept", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, config Config) {
				t.Parallel()
				ended := make(chan struct{})
				_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
					// Connection 0 only looked whether somebody is here; 1 gets the line; others wait.
					if n != 1 {
						if ask() != "" {
							ask()
						}
						return
					}
					defer close(ended)
					ask()
					io.WriteString(conn, c.says)
					if c.reset {
						time.Sleep(50 * time.Millisecond)
						conn.(*net.TCPConn).SetLinger(0)
					}
				})
				config.Technique = c.technique
				config.enough = func(c *crowd) bool { return len(c.tally.errors) > 0 }
				r, err := Run(t.Context(), config)
				if r == nil {
					t.Fatal(err)
				}
				<-ended
				if r.Errors[c.want] != 1 || len(r.Errors) != 1 {
					t.Errorf("errors %+v, want one %q", r.Errors, c.want)
				}
				want := int64(0)
				if strings.HasPrefix(c.want, "refused") {
					want = 1
				}
				check(t, "refused", r.Refused, want)
			})
		})
	}
}

// A viewer that cuts itself says where it was, in its technique's way, and misses nothing.
func TestResume(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	bodies := map[string]func(from int) string{
		"sse": func(from int) string { return sseHead + event(from, "") + event(from+1, "") },
		"streaming": func(from int) string {
			return "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n" + message(from, "") + "\n" + message(from+1, "") + "\n{\"id\":\"abc-99"
		},
	}
	for technique, says := range bodies {
		t.Run(technique, func(t *testing.T) {
			both(t, func(t *testing.T, config Config) {
				t.Parallel()
				var s *script
				s, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
					if ask() == "" {
						return
					}
					io.WriteString(conn, says(2*n+1))
					ask()
				})
				config.Technique, config.CutEvery = technique, 100*time.Millisecond
				config.enough = func(c *crowd) bool { return c.tally.cuts > 2 && c.tally.messages > 4 }
				config.Header = []string{"X-Test: yes"}
				r := must(t, config)
				if r.Cuts < 2 || r.Reconnects < 2 || r.Missed+r.Duplicates != 0 || len(r.Errors) != 0 {
					t.Errorf("%+v", r)
				}
				asked := s.questions()
				want := map[string]string{"sse": "Last-Event-Id: abc-4", "streaming": "after=abc-4 "}[technique]
				if !strings.Contains(strings.ReplaceAll(asked[1], "\n", " "), want) || !strings.Contains(asked[1], "X-Test: yes") {
					t.Errorf("the second question is %q, want %q in it", asked[1], want)
				}
			})
		})
	}
}

// A poll's viewer asks again with what it was told, ours by cursor and others by validators; 304, 408 and 204 are no news.
func TestLongPolling(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		var s *script
		s, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			for i := 0; ask() != ""; i++ {
				time.Sleep(20 * time.Millisecond)
				switch i {
				case 0:
					body := message(7, "")
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nEtag: 0\r\nLast-Modified: then\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				case 1:
					time.Sleep(150 * time.Millisecond)
					io.WriteString(conn, "HTTP/1.1 304 Not Modified\r\n\r\n")
				case 2:
					time.Sleep(150 * time.Millisecond)
					io.WriteString(conn, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 3\r\n\r\nbye")
				case 3:
					body := message(9, "")
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nEtag: 1\r\nLast-Modified: now\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body)
					return
				}
			}
		})
		config.URL += "sub/channel"
		config.Technique = "longpolling"
		config.enough = func(*crowd) bool { return len(s.questions()) >= 5 }
		r := must(t, config)
		check(t, "messages", r.Messages, 2)
		check(t, "missed", r.Missed, 1)
		check(t, "errors", len(r.Errors), 0)
		asked := s.questions()
		if len(asked) < 5 || strings.Contains(asked[0], "If-") ||
			!strings.Contains(asked[1], "If-Modified-Since: then\r\nIf-None-Match: 0") || !strings.Contains(asked[4], "If-Modified-Since: now\r\nIf-None-Match: 1") ||
			!strings.HasPrefix(asked[4], "GET /sub/channel\n") {
			t.Errorf("asked %q", asked)
		}
	})
}

// A server that holds nothing is not asked as fast as it answers.
func TestHasty(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		var s *script
		s, config.URL = serve(t, always("HTTP/1.1 204 No Content\r\n\r\n"))
		config.Technique, config.Pause = "longpolling", time.Hour
		config.enough = func(c *crowd) bool { return c.viewers[0].phase == idle }
		must(t, config)
		if n := len(s.questions()); n > 50 {
			t.Errorf("%d questions", n)
		}
	})
}

// A page that answers at once is no long poll: that is said, and it is not asked as fast as it answers. A stream without lines
// is no NDJSON.
func TestNoEndpoint(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		var s *script
		s, config.URL = serve(t, always("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"))
		config.Technique, config.Pause = "longpolling", time.Hour
		config.enough = func(c *crowd) bool { return c.viewers[0].phase == idle }
		r := must(t, config)
		check(t, "errors", r.Errors["answers come at once and carry no cursor: not a long poll"], 1)
		check(t, "questions", len(s.questions()), 2)

		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			if ask() != "" {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n"+strings.Repeat("x", 150_000))
				ask()
			}
		})
		config.Technique = "streaming"
		config.enough = func(c *crowd) bool { return c.tally.in > 150_000 }
		r = must(t, config)
		check(t, "errors", r.Errors["more than 64 kB and no end of a line: not NDJSON"], 1)

		_, config.URL = serve(t, always("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"))
		config.enough = func(c *crowd) bool { return c.tally.connected > 0 && c.viewers[0].parser.(*wire.Lines).Begun() == 5 }
		r = must(t, config)
		check(t, "errors of one without LF", r.Errors["no end of a line has come (hint: a message of streaming is a line)"], 1)
	})
}

// Pings are answered, masked, and a close has its code told.
func TestWebSocket(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		pong := make(chan string, 1)
		_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
			head := ask()
			if n != 1 || head == "" {
				ask()
				return
			}
			_, key, _ := strings.Cut(head, "Sec-Websocket-Key: ")
			key, _, _ = strings.Cut(key, "\r")
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n\r\n\x89\x04ping", acceptOf(key))
			b := make([]byte, 10)
			io.ReadFull(conn, b)
			for i := range 4 {
				b[6+i] ^= b[2+i]
			}
			pong <- string(b[:2]) + string(b[6:])
			text := message(1, "")
			conn.Write(append([]byte{0x81, 126, byte(len(text) >> 8), byte(len(text))}, text...))
			io.WriteString(conn, "\x88\x02\x03\xe9")
			ask()
		})
		config.Technique = "websocket"
		config.enough = func(c *crowd) bool { return len(c.tally.errors) > 0 }
		r := must(t, config)
		check(t, "pong", <-pong, "\x8a\x84ping")
		check(t, "messages", r.Messages, 1)
		check(t, "close 1001", r.Errors["closed by the server: 1001"], 1)
	})
}

// What was agreed on with the help of a header of the user's own is told, and not taken for bad frames.
func TestExtension(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			_, key, _ := strings.Cut(ask(), "Sec-Websocket-Key: ")
			key, _, _ = strings.Cut(key, "\r")
			fmt.Fprintf(conn, "HTTP/1.1 101 X\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n\xc1\x01x", acceptOf(key))
			ask()
		})
		config.Technique, config.Header = "websocket", []string{"Sec-WebSocket-Extensions: permessage-deflate"}
		_, err := Run(t.Context(), config)
		if want := `nobody could connect: refused: extension "permessage-deflate", which is not read here (hint: no Sec-WebSocket-Extensions)`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

// Who is connected and never answered was not let in, whatever the reason, and does not count as connected meanwhile either.
func TestNotAnswered(t *testing.T) {
	for _, c := range []struct{ name, says, want string }{
		{"closed at once", "", "refused: cut off"},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Ty", "refused: cut off"},
		{"no HTTP", "SSH-2.0-x\r\n\r\n", "refused: malformed: not this technique's format: status line \"SSH-2.0-x\\r\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, config Config) {
				t.Parallel()
				_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
					ask()
					io.WriteString(conn, c.says)
				})
				config.Viewers = 5
				r, err := Run(t.Context(), config)
				if err == nil || err.Error() != "nobody could connect: "+c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if r == nil || r.Outside != 5 || r.Refused < 5 || r.Errors[c.want] != r.Refused {
					t.Errorf("got %+v, want that all five were refused", r)
				}
			})
		})
	}
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		asked := make(chan bool, 1)
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			if ask() != "" {
				asked <- true
				ask()
			}
		})
		var how bytes.Buffer
		config.Progress, config.Objects = &how, true
		config.enough = func(*crowd) bool { return len(asked) == 1 }
		Run(t.Context(), config)
		var last Progress
		if err := json.Unmarshal(how.Bytes(), &last); err != nil || last.Held != 0 {
			t.Errorf("%v: %s", err, how.String())
		}
	})
}

// Nobody there is an error at once; nobody let in is one with a report.
func TestNobody(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + ln.Addr().String()
	ln.Close()
	if r, err := Run(t.Context(), Config{URL: url, Technique: "sse", Viewers: 1, Duration: time.Minute}); r != nil || err == nil || !strings.Contains(err.Error(), "hint") {
		t.Errorf("%v, %v", r, err)
	}
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			ask()
			io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		})
		config.Duration, config.Viewers = time.Minute, 20
		r, err := Run(t.Context(), config)
		if err == nil || err.Error() != "nobody could connect: refused: answer 404" || r == nil || r.Refused < 20 {
			t.Fatalf("%v, %+v", err, r)
		}
		r.Refused, r.Reconnects = 41, 21 // who is refused comes back, and is refused again
		var b bytes.Buffer
		if r.Table(&b); !strings.Contains(b.String(), "20 (41 attempts)\n") || !strings.Contains(b.String(), "21 attempts\n") {
			t.Errorf("got %s", b.String())
		}
	})
}

// What a viewer costs is by those that got in, however many were wanted; in the table as in the object.
func TestMemoryIsByViewer(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
			if ask() == "" {
				return
			}
			if n%4 != 0 {
				io.WriteString(conn, "HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")
				return
			}
			io.WriteString(conn, sseHead+event(1, ""))
			ask()
		})
		config.Viewers = 40
		config.enough = func(c *crowd) bool { return c.untold == 0 && c.held == 10 }
		r := must(t, config)
		p := r.Client
		if p.MemoryHeld == 0 {
			t.Skip("memory is not known here")
		}
		check(t, "held", r.Held, 10)
		check(t, "memory per viewer", p.MemoryPerViewer, (p.MemoryHeld-p.MemoryBefore)/10)
		var b bytes.Buffer
		if err := r.Table(&b); err != nil || !strings.Contains(b.String(), ", "+size(p.MemoryPerViewer)+" a viewer") {
			t.Errorf("%v: %s", err, b.String())
		}
	})
}

// What is kept of each viewer is a part of what it costs, though all of it is made before the first connects.
func TestMemoryIsAllOfAViewer(t *testing.T) {
	const viewers = 200_000
	_, url := serve(t, func(_ int, _ net.Conn, ask func() string) { ask() })
	debug.FreeOSMemory()
	r, err := Run(t.Context(), Config{URL: url, Technique: "sse", Viewers: viewers, Rate: 1, Duration: time.Minute, enough: func(*crowd) bool { return true }})
	if r == nil {
		t.Fatal(err)
	}
	if r.Client.MemoryHeld == 0 {
		t.Skip("memory is not known here")
	}
	if grown, each := r.Client.MemoryHeld-r.Client.MemoryBefore, int64(unsafe.Sizeof(viewer{})); grown < viewers*each*3/4 {
		t.Errorf("%d bytes more than before, want %d viewers of %d bytes", grown, viewers, each)
	}
}

// The end of the context ends a run early, with its report.
func TestEarly(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			ask()
			io.WriteString(conn, sseHead+event(1, ""))
			ask()
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		config.Duration, config.Viewers = time.Minute, 10
		config.enough = func(c *crowd) bool {
			if c.tally.messages == 10 {
				cancel()
			}
			return false
		}
		r, err := Run(ctx, config)
		if err != nil || r.Messages != 10 || r.Held != 10 {
			t.Errorf("%v, %+v", err, r)
		}
		var b bytes.Buffer
		if err := r.JSON(&b); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("%v: %s", err, b.String())
		}
		b.Reset()
		if err := r.Table(&b); err != nil || !strings.Contains(b.String(), "connected") {
			t.Errorf("%v: %s", err, b.String())
		}
	})
}

// A slow viewer does not read; that the server cuts it is noticed on Linux, and no error.
func TestSlow(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
			if ask() == "" {
				return
			}
			io.WriteString(conn, sseHead+event(1, ""))
			if n == 1 {
				return
			}
			ask()
		})
		config.Viewers, config.Slow, config.Rate = 3, 2, 20
		want := Slow{Held: 1, Cut: 1}
		if native() == nil {
			want = Slow{Held: 2}
		}
		config.enough = func(c *crowd) bool {
			return c.tally.slowHeld == want.Held && c.tally.slowCut == want.Cut && c.tally.messages == 1
		}
		r := must(t, config)
		check(t, "slow", *r.Slow, want)
		check(t, "messages", r.Messages, 1)
		check(t, "errors", len(r.Errors), 0)
	})
}

// A run that ends while viewers still come has measured nothing, and says so: no CPU of a moment, and nobody held that was
// not answered.
func TestEndsWhileConnecting(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
			if ask() == "" {
				return
			}
			if n == 1 {
				io.WriteString(conn, sseHead+event(1, "")+event(2, ""))
			}
			ask()
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		config.Viewers, config.Rate, config.Duration = 3, 1, time.Minute
		config.enough = func(c *crowd) bool {
			if c.tally.messages == 2 && c.held == 2 {
				cancel()
			}
			return false
		}
		r, err := Run(ctx, config)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "connected", r.Connected, 1)
		check(t, "held", r.Held, 1)
		check(t, "seconds", r.Seconds, 0)
		check(t, "cores", r.Client.Cores, 0)
		check(t, "CPU", r.Client.CPUMicroseconds, 0)
		r.Client.MemoryHeld = 1 // where it is not known, too
		var b bytes.Buffer
		if r.Table(&b); !strings.Contains(b.String(), "CPU unknown") {
			t.Errorf("got %s", b.String())
		}
		if strings.Count(b.String(), "unknown: nothing was measured yet") != 2 {
			t.Errorf("got %s", b.String())
		}
	})
}

// What is older than the connection has no age; a server that is late, or whose clock is behind, is seen by that.
func TestBehind(t *testing.T) {
	both(t, func(t *testing.T, config Config) {
		t.Parallel()
		measuring := make(begun)
		config.Progress = measuring
		_, config.URL = serve(t, func(_ int, conn net.Conn, ask func() string) {
			if ask() == "" {
				return
			}
			io.WriteString(conn, sseHead+event(1, ""))
			<-measuring
			for seq := range 5 {
				fmt.Fprintf(conn, "data: {\"id\":\"abc-%d\",\"at\":%d,\"data\":{}}\n\n", 2+seq, time.Now().UnixMilli()-60_000)
			}
			ask()
		})
		config.Viewers = 2
		config.enough = func(c *crowd) bool { return c.tally.messages == 12 }
		r := must(t, config)
		check(t, "replayed", r.Replayed, 10)
		var b bytes.Buffer
		r.Table(&b)
		if want := "unknown: 10 messages are older than the connection, by their own time of 60."; r.Age != nil || strings.Count(b.String(), want) != 2 {
			t.Errorf("got %s, want %q", b.String(), want)
		}
	})
}

// Nobody is called when all is over, not even who is due: a poll that has no connection any more would ask its next question.
func TestNotDueAtTheEnd(t *testing.T) {
	c, err := newCrowd(Config{URL: "http://127.0.0.1:1/", Technique: "polling", Viewers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c.gather()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := &ports{c: c}
	for range 100 { // of two reasons to go on one is taken by chance
		c.due[0] = 1
		if p.sleep(ctx, &c.viewers[0]) {
			t.Fatal("who is due at the end is called")
		}
	}
}

// What this machine has no more of is not the server's refusal.
func TestOwnLimits(t *testing.T) {
	for kind, want := range map[string]int64{noDescriptors: 0, noPorts: 0, "connection refused": 1} {
		c, err := newCrowd(Config{URL: "http://127.0.0.1:1/", Technique: "sse", Viewers: 1})
		if err != nil {
			t.Fatal(err)
		}
		c.gather()
		v := &c.viewers[0]
		check(t, kind, v.tick(), connect)
		v.down(kind)
		check(t, kind, c.tally.refused, want)
		check(t, kind, c.outside(), want)
		check(t, kind, len(c.tally.errors), 1)
	}
	check(t, "EMFILE", reason(&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}), noDescriptors)
}

// A connection that is there is not refused, however long nothing comes.
func TestWhy(t *testing.T) {
	silent := &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)}
	check(t, "a connection that times out", why(silent), syscall.ETIMEDOUT.Error())
	check(t, "one that takes nothing", why(&net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}), os.ErrDeadlineExceeded.Error())
	check(t, "none", unconnected(&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}), "no connection in 10s")
	own := &tls.CertificateVerificationError{Err: errors.New("signed by unknown authority")}
	check(t, "a certificate of one's own", unconnected(own), own.Error()+" (hint: SSL_CERT_FILE=cert.pem has a certificate of your own believed)")
	check(t, "none in the kernel's time", unconnected(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ETIMEDOUT)}), "no connection in 10s")
}

// An answer may end with its connection (RFC 9112 §6.3), as those of HTTP/1.0 do. Who polls such a server is not cut off,
// and waits from one connection to the next as others do on one.
func TestAnswersThatClose(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, head := range map[string]string{"until-close": "HTTP/1.0 200 OK\r\n\r\n", "counted": ""} {
		for _, technique := range []string{"polling", "longpolling"} {
			t.Run(name+"-"+technique, func(t *testing.T) {
				both(t, func(t *testing.T, config Config) {
					t.Parallel()
					measuring := make(begun)
					config.Progress = measuring
					_, config.URL = serve(t, func(n int, conn net.Conn, ask func() string) {
						if ask() == "" {
							return // it only looked whether somebody is here
						}
						if n > 1 {
							<-measuring
							time.Sleep(10 * time.Millisecond) // it is published while they wait
						}
						body := message(n, "")
						time.Sleep(5 * time.Millisecond) // and reaches them later
						head := head
						if head == "" {
							head = fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(body))
						}
						io.WriteString(conn, head+body[:100])
						io.WriteString(conn, body[100:])
					})
					config.URL += "sub/x"
					config.Technique, config.Pause = technique, 10*time.Millisecond
					config.enough = func(c *crowd) bool { return c.tally.messages >= 20 }
					r := must(t, config)
					check(t, "errors", len(r.Errors), 0)
					check(t, "missed", r.Missed, 0)
					if r.Messages < 20 || r.Reconnects < r.Messages-1 {
						t.Errorf("%d messages by %d attempts after the first, want 20", r.Messages, r.Reconnects)
					}
					if r.Age == nil || r.Replayed > 0 {
						t.Errorf("age %+v, %d replayed: each message came to somebody who waited for it", r.Age, r.Replayed)
					}
				})
			})
		}
	}
}
