package dashboard

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fivewire/fivewire/assets"
)

// The request comes back as it came, but for what is secret.
func TestPath(t *testing.T) {
	s := open(t, Config{Lab: true}, "/a/monitor")
	_, body, _ := s.get("api/v1/path?x=%31", "Cookie", "a=b", "Authorization", "Bearer abc", "X-Api-Key", "abc", "X-Csrf-Token", "abc",
		"Via", "1.1 <proxy>", "X-Forwarded-For", "192.0.2.1, 192.0.2.2")
	var got struct {
		Now                          int64
		Peer, Method, Path, Protocol string
		Head                         []headField
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Peer != "127.0.0.1" || got.Method != "GET" || got.Path != "/a/monitor/api/v1/path" || got.Protocol != "HTTP/1.1" || time.Since(time.UnixMilli(got.Now)).Abs() > time.Minute {
		t.Errorf("got %s", body)
	}
	values := map[string]string{}
	for _, f := range got.Head {
		values[f.Name] = f.Value
	}
	for name, want := range map[string]string{
		"Cookie": "***", "Authorization": "****** ***", "X-Api-Key": "***", "X-Csrf-Token": "***",
		"Via": "1.1 <proxy>", "X-Forwarded-For": "192.0.2.1, 192.0.2.2", "Host": s.addr,
	} {
		if values[name] != want {
			t.Errorf("%s: got %q, want %q", name, values[name], want)
		}
	}
	if strings.Contains(body, "abc") || strings.Contains(body, "a=b") {
		t.Errorf("a secret is told: %s", body)
	}
}

// The first byte comes at once, the rest when it was asked for, and at the end of the dashboard at the latest.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := open(t, Config{Lab: true}, "")
	ask := func(silent string) *bufio.Reader {
		conn := s.dial()
		io.WriteString(conn, "GET /api/v1/path?silent="+silent+" HTTP/1.1\r\nHost: "+s.addr+"\r\nConnection: close\r\n\r\n")
		r := bufio.NewReader(conn)
		resp, err := http.ReadResponse(r, nil)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %v, %v", silent, resp, err)
		}
		body := bufio.NewReader(resp.Body)
		if b, err := body.ReadByte(); b != '\n' || err != nil {
			t.Fatalf("%s: the first byte is %q, %v", silent, b, err)
		}
		return body
	}
	for _, tt := range []struct {
		silent string
		until  func()
		least  time.Duration
	}{
		{"300ms", func() {}, 300 * time.Millisecond},
		{"2m", func() { go s.end() }, 0},
	} {
		began := time.Now() // before it is asked for: a busy machine may be late in reading the first byte
		body := ask(tt.silent)
		tt.until()
		rest, err := io.ReadAll(body)
		if took := time.Since(began); err != nil || !json.Valid(rest) || took < tt.least || took > 10*time.Second {
			t.Errorf("%s: after %v %q, %v", tt.silent, took, rest, err)
		}
	}
	if n := s.quiet.Load(); n != 0 {
		t.Errorf("%d answers are still silent", n)
	}
}

func TestPathRefuses(t *testing.T) {
	s := open(t, Config{Lab: true}, "")
	for _, silent := range []string{"-1s", "121s", "soon", "9999999999h"} {
		if status, body, _ := s.get("api/v1/path?silent=" + silent); status != 400 || !strings.Contains(body, `"parameter":"silent"`) || !strings.Contains(body, "0s to 2m0s") {
			t.Errorf("%s: got %d %s", silent, status, body)
		}
	}
	s.quiet.Add(mostQuiet)
	if status, body, header := s.get("api/v1/path?silent=1ms"); status != 503 || header.Get("Retry-After") == "" {
		t.Errorf("too many: got %d %s", status, body)
	}
	s.quiet.Add(-mostQuiet)
	if status, _, _ := s.get("api/v1/path?silent=1ms"); status != 200 {
		t.Errorf("room again: got %d", status)
	}
	s = open(t, Config{}, "")
	for _, url := range []string{"path", "code/sse", "load"} {
		if status, body, _ := s.get("api/v1/" + url); status != 404 || !strings.Contains(body, "--lab on") {
			t.Errorf("%s without the lab: got %d %s", url, status, body)
		}
	}
}

// The browser's file is the one that is served, and what it imports is there too.
func TestCode(t *testing.T) {
	type source struct {
		Path, Text string
		Line       int
	}
	var got struct {
		Technique string
		Go        source
		JS        *source
		More      []source
	}
	code := func(s *site, technique string) {
		t.Helper()
		got.JS, got.More = nil, nil
		status, body, _ := s.get("api/v1/code/" + technique)
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("%s: %d %s, %v", technique, status, body, err)
		}
	}
	s := open(t, Config{Lab: true, Assets: assets.FS}, "")
	for _, technique := range techniqueNames() {
		code(s, technique)
		want, err := assets.FS.ReadFile("js/transport/" + technique + ".js")
		if err != nil {
			t.Fatal(err)
		}
		if got.JS == nil || got.JS.Text != string(want) || got.JS.Path != "assets/js/transport/"+technique+".js" || got.Go.Line < 2 {
			t.Fatalf("%s: got %+v", technique, got)
		}
		lines := strings.Split(got.JS.Text, "\n")
		if at := strings.Join(lines[got.JS.Line-1:min(got.JS.Line+6, len(lines))], "\n"); got.JS.Line < 2 || !strings.Contains(at, "export async function connect(") {
			t.Errorf("%s: line %d is %q", technique, got.JS.Line, lines[got.JS.Line-1])
		}
		if n := strings.Count(got.JS.Text, `from "./`); len(got.More) < n || !strings.Contains(got.More[len(got.More)-1].Path, "assets/js/transport/") {
			t.Errorf("%s: %d files more, want at least its %d imports", technique, len(got.More), n)
		}
	}
	if status, body, _ := s.get("api/v1/code/pigeon"); status != 400 || !strings.Contains(body, `"parameter":"technique"`) {
		t.Errorf("a pigeon: got %d %s", status, body)
	}
	code(open(t, Config{Lab: true}, ""), "sse")
	if got.JS != nil || got.Go.Text == "" {
		t.Errorf("without assets: got %+v", got.JS)
	}
	code(open(t, Config{Lab: true, Assets: fstest.MapFS{"js/transport/sse.js": {Data: []byte("edited")}}}, ""), "sse")
	if got.JS == nil || got.JS.Text != "edited" || got.JS.Line != 1 {
		t.Errorf("edited: got %+v", got.JS)
	}
}
