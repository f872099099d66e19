package dashboard

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// refused asks as a variant does, with other header lines, and wants a problem.
func (s *site) refused(v variant, parameters, lines string, status int) string {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	v.head = strings.ReplaceAll(v.head, "Sec-Fetch-Site: same-origin\r\n", "")
	io.WriteString(conn, v.asks(s, parameters)+lines+"\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%s with %s %q: got %s %v", v.name, parameters, lines, resp.Status, resp.Header)
		return ""
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	return string(text)
}

func TestVariantsRefuse(t *testing.T) {
	s := open(t, Config{Lab: true}, "")
	s.publish(1)
	for _, v := range variants() {
		for _, lines := range []string{"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"} {
			s.refused(v, "", lines, 403)
		}
		s.refused(v, "after=nonsense", "Sec-Fetch-Site: same-origin\r\n", 400)
	}
	for path, allowed := range map[string]string{
		"streaming?as=smoke":                        `"allowed":["iframe","multipart","nothing: leave it out"]`,
		"streaming?as=jsonp":                        `"allowed":["iframe","multipart","nothing: leave it out"]`,
		"polling?as=Jsonp":                          `"allowed":["jsonp","nothing: leave it out"]`,
		"longpolling?as=iframe":                     `"allowed":["jsonp","nothing: leave it out"]`,
		"sse?as=%3Cscript%3E":                       `"allowed":["nothing: leave it out"]`,
		"websocket?as=cbor":                         `"allowed":["nothing: leave it out"]`,
		"streaming?as=" + strings.Repeat("x", 5000): `"parameter":"as"`,
	} {
		if status, text, _ := s.get("api/v1/" + path); status != 400 || !strings.Contains(text, `"parameter":"as"`) || !strings.Contains(text, allowed) || len(text) > 500 {
			t.Errorf("%.40s: got %d %s", path, status, text)
		}
	}
}

// JSONP needs the lab, a proof of its origin, and the name that it has.
func TestJSONPIsTame(t *testing.T) {
	t.Parallel()
	off, on := open(t, Config{}, ""), open(t, Config{Lab: true}, "")
	for _, s := range []*site{off, on} {
		s.publish(1)
	}
	for _, v := range variants() {
		if !v.polls() {
			continue
		}
		if text := off.refused(v, "", "Sec-Fetch-Site: same-origin\r\n", 403); !strings.Contains(text, "--lab on") {
			t.Errorf("got %s", text)
		}
		for _, lines := range []string{
			"", "Sec-Fetch-Site: none\r\n", "Sec-Fetch-Site: cross-site\r\nReferer: http://" + on.addr + "/\r\n",
			"Referer: http://evil.example/\r\n", "Referer: http://evil.example/?http://" + on.addr + "/\r\n", "Referer: /\r\n",
		} {
			on.refused(v, "", lines, 403)
		}
		if text := on.refused(v, "callback=alert", "Sec-Fetch-Site: same-origin\r\n", 400); !strings.Contains(text, `"parameter":"callback"`) {
			t.Errorf("got %s", text)
		}
		v.head = "Referer: http://" + on.addr + "/page?x#y\r\n"
		equal(t, on.view(v, "", "", "").sequence(1), "1")
		status, text, _ := on.get("api/v1/"+v.technique+"?as=jsonp&wait=1ms&after="+on.cursor(1), "Sec-Fetch-Site", "same-origin")
		if want := `/**/fivewireJSONP({"messages":[],"cursor":"` + on.cursor(1) + `"});`; status != 200 || text != want {
			t.Errorf("nothing new: got %d %s, want %s", status, text, want)
		}
	}
	if _, text, _ := on.get("api/v1/config"); !strings.Contains(text, `"lab":true`) {
		t.Errorf("got %s", text)
	}
}

// Each response has a nonce of its own; all else is the same for everybody.
func TestNonces(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(1)
	var texts, used [2]string
	for i := range texts {
		conn, r := s.ask("streaming", "&as=iframe&compress=off")
		text := string(readUntil(t, r, "<hr>\n"))
		conn.Close()
		nonces := regexp.MustCompile(`nonce[-=]"?([A-Z2-7]{26})`).FindAllStringSubmatch(text, -1)
		if len(nonces) != 2 || nonces[0][1] != nonces[1][1] {
			t.Fatalf("got %v", nonces)
		}
		used[i] = nonces[0][1]
		texts[i] = regexp.MustCompile(`Date: .*`).ReplaceAllString(strings.ReplaceAll(text, used[i], ""), "")
	}
	if used[0] == used[1] {
		t.Errorf("the nonce is %s both times", used[0])
	}
	if texts[0] != texts[1] {
		t.Errorf("got %s and %s", texts[0], texts[1])
	}
}

// The answer names the viewer's first choice of those there are, and nothing that was not offered.
func TestSubprotocols(t *testing.T) {
	s := open(t, Config{}, "")
	s.publish(1)
	for offer, want := range map[string]string{
		"":                             "",
		"zebra":                        "",
		"FIVEWIRE.CBOR":                "",
		"fivewire.json":                "fivewire.json",
		"fivewire.json, fivewire.cbor": "fivewire.json",
		"x,fivewire.cbor,":             "fivewire.cbor",
	} {
		line := ""
		if offer != "" {
			line = "Sec-WebSocket-Protocol: " + offer + "\r\n"
		}
		first := byte(0x81)
		if want == "fivewire.cbor" {
			first = 0x82
		}
		w := s.view(variant{technique: "websocket", head: handshake + line, open: func(resp *http.Response, r *bufio.Reader) func() (heard, error) {
			got, named := resp.Header["Sec-Websocket-Protocol"]
			if named != (want != "") || named && (len(got) != 1 || got[0] != want) {
				t.Errorf("%q is answered %q", offer, got)
			}
			is, _, err := readFrame(r)
			if err != nil || is != first {
				t.Errorf("%q: a frame that begins with %x, %v", offer, is, err)
			}
			return nil
		}}, "", "", "")
		w.conn.Close()
	}
}

// Commands are JSON in text frames, and so are their answers, beside messages in CBOR.
func TestCommandsBesideCBOR(t *testing.T) {
	s := open(t, Config{Heartbeat: time.Minute}, "")
	s.publish(1)
	w := s.view(variants()[4], s.cursor(1), "", "Sec-WebSocket-Extensions: permessage-deflate\r\n")
	io.WriteString(w.conn, "\x81\x8a\x00\x00\x00\x00"+`{"ping":1}`)
	if h, err := w.hear(); err != nil || !strings.HasPrefix(h.text, `{"pong":1,`) {
		t.Errorf("got %+v, %v", h, err)
	}
	s.publish(2)
	equal(t, w.sequence(2), "2 3")
}

// Every byte of a short visit, as TestTranscripts has those of the five.
func TestVariantTranscripts(t *testing.T) {
	get := func(path string, more ...string) string {
		return "GET /api/v1/" + path + " HTTP/1.1\r\nHost: HOST\r\n" + strings.Join(append(more, ""), "\r\n") + "\r\n"
	}
	const third = `-3","at":1763638615000,"data":{"interval":null,"uptime":3}}`
	const ours = "Sec-Fetch-Site: same-origin"
	for name, play := range map[string][]act{
		"streaming-iframe": {
			{publish: 1},
			{say: get("streaming?as=iframe"), wait: "<hr>\n\r\n"},
			{publish: 2, wait: third + "</script><hr>\n\r\n"},
			{beat: "13\r\n<!-- heartbeat -->\n\r\n"},
			{end: true, wait: "0\r\n\r\n"},
		},
		"streaming-multipart": {
			{publish: 1},
			{say: get("streaming?as=multipart"), wait: "}\r\n--fivewire\r\n\r\n"},
			{publish: 2, wait: third + "\r\n--fivewire\r\n\r\n"},
			{beat: "43\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n\r\n--fivewire\r\n\r\n"},
			{end: true, wait: "0\r\n\r\n"},
		},
		"polling-jsonp": {
			{publish: 2},
			{say: get("polling?as=jsonp", ours), wait: ");"},
			{publish: 2},
			{say: get("polling?as=jsonp&after=EPOCH-2", ours), wait: ");"},
			{say: get("polling?as=jsonp&after=EPOCH-4", ours), wait: ");"},
			{say: get("polling?as=jsonp&after=EPOCH-4", "Sec-Fetch-Site: cross-site"), wait: "}\n"},
		},
		"longpolling-jsonp": {
			{publish: 1},
			{say: get("longpolling?as=jsonp", ours), wait: ");"},
			{say: get("longpolling?as=jsonp&after=EPOCH-1", ours)},
			{publish: 1, wait: ");"},
			{say: get("longpolling?as=jsonp&after=EPOCH-2&wait=10ms", ours), wait: ");"},
			{say: get("longpolling?as=jsonp&after=EPOCH-2", ours)},
			{end: true, wait: "}\n"},
		},
		"websocket-cbor": {
			{publish: 1},
			{say: get("websocket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: fivewire.cbor, fivewire.json"), wait: "uptime\x01"},
			{publish: 1, wait: "uptime\x02"},
			{say: "\x81\x8a\x00\x00\x00\x00" + `{"ping":1}`, wait: "}"},
			{beat: "\x89\x00"}, // a ping
			{end: true, wait: "ask again"},
		},
	} {
		t.Run(name, func(t *testing.T) { transcribe(t, name, play) })
	}
}
