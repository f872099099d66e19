package e2e

import (
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// favicon is what a browser asks for beside a page that names none.
const favicon = "404 (Not Found)"

// collect is a script that keeps in window.got what a variant hands to a page.
const collect = `
	window.got = {IDs: [], Ages: [], Last: "", Ends: 0};
	window.take = (m) => { got.IDs.push(m.id); got.Ages.push(Date.now() - m.at); };`

type collected struct {
	IDs  []string
	Ages []float64 // how old each message was, in ms
	Last string    // what was told that is no message
	Ends int       // how often an end or a failure was noticed
}

// collected waits for something that was collected.
func (p *page) collected(what string, true func(collected) bool) collected {
	p.t.Helper()
	var got collected
	p.until(what, func(state) bool {
		got = evaluate[collected](p, `got`)
		return true(got)
	})
	return got
}

// consecutive wants ids that follow each other, and a young one among them: what is handed over with the next message is
// older than an interval, always, and on a busy machine others are too.
func (got collected) consecutive(t *testing.T, interval time.Duration) {
	t.Helper()
	young := 0
	for i, id := range got.IDs {
		if i > 0 && sequence(t, id) != sequence(t, got.IDs[i-1])+1 {
			t.Errorf("%s comes behind %s", id, got.IDs[i-1])
		}
		if got.Ages[i] < float64(interval.Milliseconds()) {
			young++
		}
	}
	t.Logf("ages in ms: %.0f", got.Ages)
	if young == 0 {
		t.Errorf("none of %d messages came within %v", len(got.Ages), interval)
	}
}

func sequence(t *testing.T, id string) int {
	t.Helper()
	_, text, _ := strings.Cut(id, "-")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The frame hands over each message when it comes, without padding, and does not grow; its end is told, and the page's own
// policy lets it be.
func TestForeverIframe(t *testing.T) {
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "200ms")
	s.ready()
	p := newPage(t)
	p.expect("net::ERR") // of the page itself, when the server has ended
	p.open(s.url + "?technique=polling")
	evaluate[bool](p, collect+`
		window.fivewireIframe = (text) => { const m = JSON.parse(text); if (m.id) take(m); else got.Last = text; };
		const frame = document.createElement("iframe");
		frame.src = "api/v1/streaming?as=iframe&viewer=frame";
		frame.addEventListener("load", () => got.Ends++);
		document.body.append(frame), true`)
	got := p.collected("messages come", func(got collected) bool { return len(got.IDs) >= 20 })
	got.consecutive(t, 200*time.Millisecond)
	if got.Ends != 0 {
		t.Error("the document has ended")
	}
	nodes := evaluate[int](p, `(() => {
		let n = 0;
		for (const walk = frame.contentDocument.createNodeIterator(frame.contentDocument); walk.nextNode();) n++;
		return n;
	})()`)
	if nodes > 15 {
		t.Errorf("%d nodes after 20 messages", nodes)
	}
	s.stop(syscall.SIGTERM)
	p.collected("the end is told", func(got collected) bool { return got.Ends == 1 && strings.HasPrefix(got.Last, `{"retry":`) })
}

// A script that gets into the frame's document does not run: it has not this response's nonce.
func TestForeverIframeRunsOneScript(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t)
	s.ready()
	p := newPage(t)
	p.expect("Content Security Policy", favicon)
	p.open(s.url + "healthz") // a plain page, without Trusted Types in the way of the attempt
	got := evaluate[string](p, `new Promise((done) => {
		window.ran = "nothing";
		window.fivewireIframe = () => {
			const inside = frame.contentDocument, script = inside.createElement("script");
			script.textContent = "parent.ran = 'the script'";
			inside.body.append(script);
			inside.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\"parent.ran = 'the attribute'\">");
			setTimeout(() => done(ran), 200);
		};
		const frame = document.createElement("iframe");
		frame.src = "api/v1/streaming?as=iframe";
		document.body.append(frame);
	})`)
	if got != "nothing" {
		t.Errorf("%s ran", got)
	}
}

// A page of another origin gets neither the frame nor the script. Both pages are of this machine, so the browser calls
// them of one site: nearer than that no foreign page comes.
func TestVariantsFromElsewhere(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s, other := start(t), start(t)
	s.ready()
	p := newPage(t)
	p.expect("403", "problem+json", "frame-ancestors", "net::ERR", favicon)
	p.open(other.url + "healthz")
	got := evaluate[string](p, `new Promise((done) => {
		let said = "";
		window.fivewireIframe = window.fivewireJSONP = (m) => { said += "leaked " + JSON.stringify(m).slice(0, 99); };
		const frame = document.createElement("iframe"), script = document.createElement("script");
		const ends = (how) => () => { // and what it may have leaked comes within a second
			said += how;
			setTimeout(() => done(said), 1000);
		};
		frame.src = `+quote(s.url+"api/v1/streaming?as=iframe")+`;
		script.src = `+quote(s.url+"api/v1/polling?as=jsonp")+`;
		script.onload = ends("loaded ");
		script.onerror = ends("refused ");
		document.body.append(frame, script);
	})`)
	if got != "refused " {
		t.Errorf("got %q", got)
	}
}

// Script elements poll, one after the other. On the dashboard's own page they cannot: its policy lets no string become a
// script's address (Trusted Types). So this is a page of the same origin without a policy.
func TestJSONP(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "200ms")
	s.ready()
	for _, technique := range []string{"polling", "longpolling"} {
		t.Run(technique, func(t *testing.T) {
			p := newPage(t)
			p.expect(favicon)
			p.open(s.url + "healthz")
			evaluate[bool](p, collect+`
				let cursor = "", script;
				const ask = () => {
					script?.remove();
					script = document.createElement("script");
					script.src = "api/v1/`+technique+`?as=jsonp&after=" + cursor;
					script.onerror = () => got.Ends++;
					document.body.append(script);
				};
				window.fivewireJSONP = (answer) => {
					answer.messages.forEach(take);
					cursor = answer.cursor;
					setTimeout(ask, 20);
				};
				ask(), true`)
			got := p.collected("messages come", func(got collected) bool { return len(got.IDs) >= 10 })
			got.consecutive(t, 200*time.Millisecond)
			if got.Ends > 0 {
				t.Errorf("%d requests failed", got.Ends)
			}
		})
	}
	t.Run("import", func(t *testing.T) { // what the dashboard's own page can do: a module is a script too
		p := newPage(t)
		p.open(s.url)
		got := evaluate[string](p, `new Promise((done, failed) => {
			window.fivewireJSONP = ({cursor}) => done(cursor);
			import(new URL("api/v1/polling?as=jsonp", location)).catch(failed);
		})`)
		if sequence(t, got) < 1 {
			t.Errorf("got %q", got)
		}
	})
	t.Run("off", func(t *testing.T) {
		off := start(t, "--lab", "off")
		off.ready()
		p := newPage(t)
		p.expect("403", "problem+json", favicon)
		p.open(off.url + "healthz")
		got := evaluate[string](p, `new Promise((done) => {
			window.fivewireJSONP = () => done("answered");
			const script = document.createElement("script");
			script.onerror = () => done("refused");
			script.src = "api/v1/polling?as=jsonp";
			document.body.append(script);
		})`)
		if got != "refused" {
			t.Errorf("got %s", got)
		}
	})
}

// In Chromium fetch hands over the parts as they come, each with the boundary behind it. Only pictures replace each other
// by themselves; a frame shows none of it.
func TestMultipartInBrowser(t *testing.T) { // by itself: it judges how old messages are
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "200ms")
	s.ready()
	p := newPage(t)
	p.open(s.url)
	evaluate[bool](p, collect+`
		(async () => {
			const response = await fetch("api/v1/streaming?as=multipart");
			const boundary = "--" + /boundary=(.*)/.exec(response.headers.get("Content-Type"))[1] + "\r\n";
			let text = "";
			for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
				const parts = (text + piece).split(boundary);
				text = parts.pop();
				for (const part of parts) {
					const body = part.slice(part.indexOf("\r\n\r\n") + 4).trim();
					if (body) take(JSON.parse(body));
				}
			}
		})(), true`)
	got := p.collected("messages come", func(got collected) bool { return len(got.IDs) >= 10 })
	got.consecutive(t, 200*time.Millisecond)
}

// curl and Go's own reader have a part before the next one is there: no other comes in this test.
func TestMultipartAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "--interval", "1m")
	s.ready()
	url := s.url + "api/v1/streaming?as=multipart"
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	began := time.Now()
	part, err := multipart.NewReader(resp.Body, "fivewire").NextPart()
	if err != nil {
		t.Fatal(err)
	}
	var message struct{ ID string }
	if text, err := io.ReadAll(part); err != nil || json.Unmarshal(text, &message) != nil || message.ID == "" || time.Since(began) > 5*time.Second {
		t.Errorf("got %.100q…, %v after %v", text, err, time.Since(began))
	}
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("no curl here")
	}
	out, err := exec.CommandContext(t.Context(), curl, "-sN", "--compressed", "--max-time", "1", url).Output()
	if text := string(out); !strings.HasPrefix(text, "--fivewire\r\nContent-Type: application/json\r\nContent-Length: ") ||
		!strings.Contains(text, `{"id":"`+message.ID+`"`) || !strings.HasSuffix(text, "}\r\n--fivewire\r\n") {
		t.Errorf("got %v, %.100q…", err, text)
	}
}

// A browser agrees on the subprotocol and gets bytes.
func TestCBORInBrowser(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "200ms")
	s.ready()
	p := newPage(t)
	p.open(s.url)
	got := evaluate[string](p, `new Promise((done, failed) => {
		const socket = new WebSocket(new URL("api/v1/websocket", location.href.replace("http", "ws")), ["fivewire.cbor", "fivewire.json"]);
		socket.binaryType = "arraybuffer";
		let n = 0;
		socket.onerror = failed;
		socket.onmessage = ({data}) => {
			// A map of three pairs, and its first key: the text "id" (RFC 8949).
			const begin = [...new Uint8Array(data, 0, 4)].map((b) => b.toString(16)).join(" ");
			if (++n === 3) {
				socket.close();
				done([socket.protocol, socket.extensions.split(";")[0], begin].join(", "));
			}
		};
	})`)
	if want := "fivewire.cbor, permessage-deflate, a3 62 69 64"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
