package dashboard

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
)

var update = flag.Bool("update", false, "write the golden files anew")

// act is one line of a transcript's play: the viewer says something, messages are published, or the server ends.
type act struct {
	say     string // sent by the viewer, after the answer so far has come
	publish int
	end     bool
	// wait is what the answer must contain, at its end, before the play goes on.
	wait string
	// beat is a heartbeat, all of it, that is waited for. They come by the clock, and more of them on a busy machine: one is noted
	// here, and none elsewhere.
	beat string
}

// Every byte of a short visit on each technique, both ways: what a packet capture would show. What differs from run to
// run (epoch, date, retry time) is replaced by its name.
func TestTranscripts(t *testing.T) {
	get := func(path string, more ...string) string {
		return "GET /api/v1/" + path + " HTTP/1.1\r\nHost: HOST\r\n" + strings.Join(append(more, ""), "\r\n") + "\r\n"
	}
	plays := map[string][]act{
		"polling": {
			{publish: 2},
			{say: get("polling"), wait: `"}`},
			{publish: 2},
			{say: get("polling?after=EPOCH-2"), wait: `"}`},
			{say: get("polling?after=EPOCH-4"), wait: "\r\n\r\n"},
			{say: get("polling?after=nonsense"), wait: "}\n"},
		},
		"longpolling": {
			{publish: 1},
			{say: get("longpolling"), wait: `"}`},
			{say: get("longpolling?after=EPOCH-1")},
			{publish: 1, wait: `"}`},
			{say: get("longpolling?after=EPOCH-2&wait=10ms"), wait: "\r\n\r\n"},
			{say: get("longpolling?after=other-9"), wait: `"}`},
			{say: get("longpolling?after=EPOCH-2")},
			{end: true, wait: "}\n"},
		},
		"streaming": {
			{publish: 1},
			{say: get("streaming"), wait: "}\n\r\n"},
			{publish: 2, wait: `-3","at":1763638615000,"data":{"interval":null,"uptime":3}}` + "\n\r\n"},
			{beat: "1\r\n\n\r\n"},
			{end: true, wait: "0\r\n\r\n"},
		},
		"sse": {
			{publish: 2},
			{say: get("sse?after=EPOCH-1", "Last-Event-ID: EPOCH-1"), wait: "}\n\n\r\n"},
			{publish: 1, wait: `-3","at":1763638615000,"data":{"interval":null,"uptime":3}}` + "\n\n\r\n"},
			{beat: "d\r\n: heartbeat\n\n\r\n"},
			{end: true, wait: "0\r\n\r\n"},
		},
		"websocket": {
			{publish: 1},
			{say: get("websocket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), wait: "}}"},
			{publish: 1, wait: "}}"},
			// A masked text frame: {"ping":1} under the mask 0.
			{say: "\x81\x8a\x00\x00\x00\x00" + `{"ping":1}`, wait: "}"},
			{beat: "\x89\x00"}, // a ping
			{end: true, wait: "ask again"},
		},
	}
	each(t, func(t *testing.T, technique string) { transcribe(t, technique, plays[technique]) })
}

// transcribe plays, and compares what was said with the golden file of that name.
func transcribe(t *testing.T, name string, play []act) {
	s := open(t, Config{Lab: true, Hold: time.Minute}, "") // what is held is, until a message comes
	conn := s.dial()
	normal := strings.NewReplacer(s.hub.Epoch(), "EPOCH", s.addr, "HOST")
	concrete := strings.NewReplacer("EPOCH", s.hub.Epoch(), "HOST", s.addr)
	changing := []struct {
		is     *regexp.Regexp
		called string
	}{
		{regexp.MustCompile(`Date: [^\r]*`), "Date: DATE"},
		{regexp.MustCompile(`retry: \d+`), "retry: MS"},
		{regexp.MustCompile(`[0-9a-f]+\r\nretry`), "LENGTH\r\nretry"},
		{regexp.MustCompile(`nonce([-=]"?)[A-Z2-7]{26}`), "nonce${1}NONCE"},
		{regexp.MustCompile(`[0-9a-f]+\r\n(<script type="application/json">{"retry":)\d+`), "LENGTH\r\n${1}MS"},
		{regexp.MustCompile(`"pong":1,"at":\d+`), `"pong":1,"at":MS`},
		{regexp.MustCompile(`Retry-After: \d`), "Retry-After: S"},
	}

	var script strings.Builder
	note := func(arrow, text string) {
		for line := range strings.Lines(text) {
			quoted := strconv.QuoteToASCII(line)
			fmt.Fprintf(&script, "%s %s\n", arrow, strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`))
		}
	}
	silent := func(answer []byte) string {
		text := string(answer)
		for _, a := range play {
			if a.beat != "" {
				text = strings.ReplaceAll(text, a.beat, "")
			}
		}
		return text
	}
	for _, a := range play {
		if a.say != "" && a.wait == "" { // to be held, and the answer before may have come before its end was noted
			eventually(t, "nothing is held yet", func() bool { return s.hub.Stats().Subscriptions == 0 })
		}
		if a.say != "" {
			if _, err := conn.Write([]byte(concrete.Replace(a.say))); err != nil {
				t.Fatal(err)
			}
			note(">", a.say)
			if a.wait == "" { // held: nothing may come
				eventually(t, "the request is held", func() bool { return s.hub.Stats().Subscriptions == 1 })
			}
		}
		s.publish(a.publish)
		if a.end {
			go s.end()
		}
		var answer []byte
		for buf := make([]byte, 4096); !strings.HasSuffix(silent(answer), a.wait) || !bytes.HasSuffix(answer, []byte(a.beat)); {
			n, err := conn.Read(buf)
			answer = append(answer, buf[:n]...)
			if err != nil {
				t.Fatalf("%v, waiting for %q after %q", err, a.wait+a.beat, answer)
			}
		}
		text := normal.Replace(silent(answer) + a.beat)
		for _, c := range changing {
			text = c.is.ReplaceAllString(text, c.called)
		}
		note("<", text)
	}

	golden := filepath.Join("testdata", "transcript", name+".golden")
	if *update {
		if err := os.WriteFile(golden, []byte(script.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if script.String() != string(want) {
		t.Errorf("the transcript has changed (-update writes it anew):\n%s", script.String())
	}
}

// The transcripts hold a snapshot by its JSON: this is what publish shows.
func TestPublishedSnapshot(t *testing.T) {
	s := open(t, Config{}, "")
	s.Publish(collector.Snapshot{At: time.UnixMilli(7), Uptime: collector.Known(1.23456)})
	_, body, _ := s.get("api/v1/polling")
	if want := `{"messages":[{"id":"` + s.cursor(1) + `","at":7,"data":{"interval":null,"uptime":1.2346}}],"cursor":"` + s.cursor(1) + `"}`; body != want {
		t.Errorf("got %s, want %s", body, want)
	}
}
