package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// The head of a frame, bit by bit, and nothing while there is not all of it.
func TestFrameHead(t *testing.T) {
	p := modules(t)
	for _, test := range []struct{ name, bytes, want string }{
		{"text", "[0x81, 5]", "fin=1 rsv=000 opcode=0001 mask=0 length=0000101 | text 5 2"},
		{"ping", "[0x89, 0]", "fin=1 rsv=000 opcode=1001 mask=0 length=0000000 | ping 0 2"},
		{"deflated-126", "[0xc1, 126, 1, 44]", "fin=1 rsv=100 opcode=0001 mask=0 length=1111110 extended=00000001 00101100 | text 300 4"},
		{"127", "[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]", "fin=1 rsv=000 opcode=0010 mask=0 length=1111111 extended=00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000 | binary 65536 10"},
		{"masked-fragment", "[0x01, 0x83, 1, 2, 3, 255]", "fin=0 rsv=000 opcode=0001 mask=1 length=0000011 key=00000001 00000010 00000011 11111111 | text 3 6"},
		{"half", "[0x81, 126, 1]", "null"},
		{"nothing", "[]", "null"},
	} {
		got := evaluate[string](p, `(async () => {
			const { frameHead, opcodes } = await import(base + "lab/frames.js");
			const h = frameHead(Uint8Array.from(`+test.bytes+`));
			return h === null ? "null" : h.fields.map(({ name, bits }) => name + "=" + bits).join(" ") + " | " + opcodes[h.opcode] + " " + h.length + " " + h.size;
		})()`)
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestBytesAsText(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const { bytesOf, hex, visible } = await import(base + "lab/bytes.js");
		const marked = (bytes) => visible(bytes)?.map(({ text, escape }) => (escape ? "<" + text + ">" : text)).join("") ?? "no text";
		return [marked(bytesOf({ text: "a\\n\r\n\u0000\u007fž" })), hex(bytesOf({ base64: btoa("0123456789abcdef\xff") }), 16), hex(new Uint8Array(0)), marked(bytesOf({})), marked(Uint8Array.of(0xff, 0xfe))];
	})()`)
	want := []string{`a\n<\r\n\x00\x7f>ž`,
		"0010  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n0020  ff                                               ·", "", "", "no text"}
	if quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An arrow that is chosen while an answer is under way is looked for in the next one: that answer may be older than the arrow.
func TestInspectorLooksInTheRightAnswer(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Inspector }, { load }] = await Promise.all(["lab/inspector.js", "words/words.js"].map((name) => import(base + name)));
		await load("inspector", "lab");
		const root = document.createElement("div"), listeners = {}, asked = [], out = [];
		const lane = { key: "sse", technique: "sse", variant: "", page: true, viewer: { id: "v" } };
		const get = (name, query) => new Promise((resolve) => asked.push({ many: query.exchanges, resolve }));
		new Inspector(root, { lanes: [lane], lane: () => lane, on: (type, listener) => (listeners[type] = listener), clock: { server: (at) => at }, config: {}, api: { get } });
		const answer = async (...numbers) => {
			const { many, resolve } = asked.shift();
			resolve({ recording: { since: 0 }, exchanges: numbers.map((n) => ({ n, at: 10_000 * n, technique: "sse", messages: ["e-" + n], parts: [] })) });
			await new Promise((done) => setTimeout(done));
			out.push([many, root.querySelector('[data-testid="inspector-exchange"]').value || "none", root.querySelector('[role="status"]').textContent].join(" ").slice(0, 20));
		};
		listeners.select({ lane, exchange: { at: 70_000, seq: 7 } });
		await answer(5, 6);
		await answer(6, 7, 8);
		listeners.select({ lane, exchange: { at: 90_000, seq: 9 } });
		listeners.select({ lane, exchange: { at: 80_000, seq: 8 } });
		await answer(7, 8, 9);
		await answer(7, 8, 9);
		return [...out, asked.length].map(String);
	})()`)
	if want := []string{"4 none The server re", "64 7 As the server r", "64 7 As the server r", "64 8 As the server r", "0"}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What the server has recorded of each technique and variant is taken apart into what it is, to the byte.
func TestDissect(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	p := newPage(t)
	p.expect("404")
	p.open(s.url + "healthz")
	evaluate[bool](p, `(globalThis.base = `+quote(s.url+"js/")+`, true)`)
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	const gzip, deflate = "Accept-Encoding: gzip\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	for _, test := range []struct{ name, path, head, want string }{
		{"polling", "polling?", "", "in.request out.status(200) out.envelope out.message out.envelope"},
		{"polling-gzip", "polling?", gzip, "in.request out.status(200) out.gzip_body"},
		{"polling-jsonp", "polling?as=jsonp&", "Sec-Fetch-Site: same-origin\r\n", "in.request out.status(200) out.envelope out.message out.envelope"},
		{"longpolling", "longpolling?", "", "in.request out.status(200) out.envelope out.message out.envelope"},
		{"streaming", "streaming?", "", "in.request out.status(200) / out.chunk out.message out.behind out.chunk_end"},
		{"streaming-gzip", "streaming?", gzip, "in.request out.status(200) out.chunk out.gzip_header out.chunk_end / out.chunk out.deflated out.chunk_end"},
		{"streaming-iframe", "streaming?as=iframe&", "", "in.request out.status(200) out.chunk out.iframe_document*10 out.chunk_end / out.chunk out.iframe_block out.message out.behind out.chunk_end"},
		{"streaming-multipart", "streaming?as=multipart&", "", "in.request out.status(200) out.chunk out.multipart_boundary out.chunk_end / out.chunk out.multipart_field*2 out.multipart_empty out.message out.behind out.multipart_boundary out.chunk_end"},
		{"sse", "sse?", "", "in.request out.status(200) out.chunk out.sse_retry out.sse_end out.chunk_end / out.chunk out.sse_id out.sse_data out.message out.behind out.sse_end out.chunk_end"},
		{"sse-gzip", "sse?", gzip, "in.request out.status(200) out.chunk out.gzip_header out.chunk_end out.chunk out.stored out.sse_retry out.sse_end out.stored_end out.chunk_end / out.chunk out.deflated out.chunk_end"},
		{"websocket", "websocket?", upgrade, "in.request out.status(101) / out.frame_text out.message / in.frame_text in.message / out.frame_text out.message"},
		{"websocket-cbor", "websocket?", upgrade + "Sec-WebSocket-Protocol: fivewire.cbor\r\n", "in.request out.status(101) / out.frame_binary out.cbor"},
		{"websocket-deflate", "websocket?", upgrade + deflate, "in.request out.status(101) / out.frame_text out.deflated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ask := s.url + "api/v1/wire?exchanges=8&viewer=" + test.name
			body(t, ask)
			conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprintf(conn, "GET /api/v1/%sviewer=%s HTTP/1.1\r\nHost: %s\r\nCookie: a=b\r\n%s\r\n", test.path, test.name, conn.RemoteAddr(), test.head)
			if test.name == "websocket" {
				conn.Write([]byte("\x81\x8a\x00\x00\x00\x00{\"ping\":1}"))
			}
			go io.Copy(io.Discard, conn)
			// In words: what each exchange is made of, one after the other, repeated ones counted; heads are their first line.
			script := `(async () => {
				const { dissect } = await import(base + "lab/dissect.js");
				const { bytesOf } = await import(base + "lab/bytes.js");
				const { exchanges } = await (await fetch(` + quote(ask) + `)).json();
				return exchanges.map((exchange) => {
					const pieces = dissect(exchange);
					const list = [];
					for (const { dir, what, field, fill } of pieces) {
						if (field !== undefined || what === "head_end") continue;
						const name = dir + "." + what + (what === "status" ? "(" + fill.status + ")" : "");
						if (list.at(-1)?.name === name) list.at(-1).n++;
						else list.push({ name, n: 1 });
					}
					for (const dir of ["in", "out"]) {
						const is = pieces.filter((piece) => piece.dir === dir).flatMap(({ bytes }) => [...bytes]);
						const was = exchange.parts.filter((part) => part.dir === dir).flatMap((part) => [...bytesOf(part)]);
						if (String(is) !== String(was)) return "other bytes " + dir;
						for (const kind of ["head", "framing", "payload"]) {
							const sum = (list, size) => list.reduce((sum, one) => (one.dir === dir && one.kind === kind ? sum + one[size] : sum), 0);
							if (sum(pieces, "size") !== sum(exchange.parts, "bytes")) return "other sizes " + dir + kind;
						}
					}
					return list.map(({ name, n }) => name + (n > 1 ? "*" + n : "")).join(" ");
				}).join(" / ");
			})()`
			var got string
			eventually(t, "there are exchanges", func() bool {
				got = evaluate[string](p, script)
				return strings.Count(got, " / ") >= max(strings.Count(test.want, " / "), 1) || strings.Contains(test.path, "polling") && got != ""
			})
			for want := range strings.SplitSeq(test.want, " / ") {
				if !strings.Contains(" / "+got+" / ", " / "+want+" / ") {
					t.Errorf("got %q, want %q in it", got, want)
				}
			}
		})
	}
}

// Whatever the bytes are, and wherever they are cut, there are as many as there were, each once.
func TestDissectAnything(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const { dissect } = await import(base + "lab/dissect.js");
		let seed = 7;
		const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
		const likely = ["\r\n", "\n", "data: x\n", "id: 1", "5\r\nabcde\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "Host: x\r\n", "\u0081\u0003abc", "\u0081~\u0000", "\u0089\u0080", "\u001f\u008b\u0008", "\u0000\u0002\u0000\u00fd\u00ff12", "--fivewire--", "<!--"];
		for (let run = 0; run < 5000; run++) {
			const technique = ["polling", "longpolling", "streaming", "sse", "websocket"][random(5)];
			const variant = ["", "iframe", "multipart"][random(3)];
			const parts = [];
			for (let n = random(6); n > 0; n--) {
				let text = "";
				for (let m = random(5); m > 0; m--) text += random(3) ? likely[random(likely.length)] : String.fromCharCode(random(256));
				const missing = random(4) === 0 ? random(9) : 0;
				const part = { dir: random(3) ? "out" : "in", kind: ["head", "framing", "payload"][random(3)], bytes: text.length + missing, base64: btoa(text) };
				parts.push(missing ? { ...part, cut: true } : part);
			}
			const sums = (list, size) => ["in", "out"].flatMap((dir) => ["head", "framing", "payload"].map((kind) =>
				list.reduce((sum, one) => (one.dir === dir && one.kind === kind ? sum + one[size] : sum), 0))).join();
			try {
				const pieces = dissect({ n: 1, technique, variant, at: 0, parts });
				if (sums(pieces, "size") !== sums(parts, "bytes")) return "sizes of " + JSON.stringify({ technique, variant, parts }) + ": " + sums(pieces, "size");
				if (pieces.some(({ bytes, size }) => bytes.length > size || size === 0)) return "a piece of " + JSON.stringify({ technique, variant, parts });
			} catch (error) {
				return error + " of " + JSON.stringify({ technique, variant, parts });
			}
		}
		return "";
	})()`)
	if got != "" {
		t.Error(got)
	}
}

// The panel shows the newest exchange of a lane, follows, stops at one that is chosen here or in the lanes, and speaks both
// languages; by keyboard.
func labInspector(t *testing.T, _ *server, p *page) {
	p.waits("the inspector is there", `document.querySelector("#lab-inspector .inspector-box") !== null`)
	evaluate[bool](p, `(document.querySelector("#lab-inspector").scrollIntoView(), true)`)
	shown := `document.querySelector("[data-testid=inspector-bytes]").innerText`
	p.waits("a message is taken apart", shown+`.includes("The message, the same bytes by whichever technique.") || `+shown+`.includes("Compressed (deflate)")`)
	p.waits("it has a chunk", shown+`.includes("Chunk size: ")`)

	choose := func(testid, value string) {
		evaluate[bool](p, `((list) => { list.value = `+value+`; list.dispatchEvent(new Event("change", { bubbles: true })); return true; })(document.querySelector("[data-testid=`+testid+`]"))`)
	}
	choose("inspector-lane", `"websocket"`)
	p.waits("a frame's head is taken apart", shown+`.includes("FIN: the last frame of its message") && `+shown+`.includes("MASK is not set")`)
	choose("inspector-lane", `"polling"`)
	p.waits("a request's head is explained", shown+`.includes("Request line: ") && `+shown+`.includes("Which browser it is")`)
	p.waits("an answer's head is explained", shown+`.includes("200: here it is.") || `+shown+`.includes("204: nothing new.")`)

	// An exchange that is chosen stays.
	p.waits("there are some to choose from", `document.querySelector("[data-testid=inspector-exchange]").options.length > 1`)
	choose("inspector-exchange", `document.querySelector("[data-testid=inspector-exchange]").options[1].value`)
	before := evaluate[string](p, shown)
	if evaluate[string](p, `document.querySelector("[data-testid=inspector-newest]").getAttribute("aria-pressed")`) != "false" {
		t.Error("it follows although one was chosen")
	}
	counted := p.state().Messages
	p.until("messages come", func(s state) bool { return s.Messages > counted+15 })
	if after := evaluate[string](p, shown); after != before {
		t.Errorf("it went on from %.200q to %.200q", before, after)
	}
	evaluate[bool](p, `(document.querySelector("[data-testid=inspector-hex]").focus(), true)`)
	p.press(" ")
	p.waits("bytes are hexadecimal", shown+`.includes("0000  47 45 54 20 2f")`)
	evaluate[bool](p, `(document.querySelector("[data-testid=inspector-newest]").focus(), true)`)
	p.press(" ")
	p.waits("it follows again", shown+` !== `+quote(before))

	// An arrow of a lane.
	evaluate[bool](p, `(document.querySelector("[data-testid=inspector-lane]").value = "sse", true)`)
	choose("inspector-lane", `"sse"`)
	p.waits("another lane is recorded", shown+`.includes("Chunk size: ")`)

	p.press("i")
	p.speaks("zh-Hans")
	p.waits("it speaks Chinese", shown+`.includes("分块长度")`)
	if untold := evaluate[string](p, `document.querySelector("#lab-inspector").innerText.match(/inspector\.\w+/)?.[0] ?? ""`); untold != "" {
		t.Errorf("there are no words for %s", untold)
	}
	p.press("i")
	p.speaks("en")
}

// Where all is compressed, the inspector says which lane can be read, and goes there.
func TestInspectorOfWhatIsCompressed(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Inspector }, { load }] = await Promise.all(["lab/inspector.js", "words/words.js"].map((name) => import(base + name)));
		await load("inspector", "lab");
		const part = (more) => ({ dir: "out", kind: "payload", bytes: 3, ...more });
		const exchange = (technique, part) => ({ n: 1, technique, at: 0, messages: ["e-1"], parts: [part] });
		const answers = { sse: exchange("sse", part({ base64: btoa("abc") })), "sse.plain": exchange("sse", part({ text: "abc" })) };
		const make = (key, variant) => ({ key, technique: "sse", variant, viewer: { id: key } });
		const listeners = {}, root = document.createElement("div");
		const lab = { lanes: [make("sse", "")], lane: (key) => lab.lanes.find((lane) => lane.key === key), on: (type, listener) => (listeners[type] = listener), clock: {}, config: {},
			api: { get: async (_, { viewer }) => ({ exchanges: [answers[viewer]], recording: { since: 0 } }) },
			add: (key) => {
				lab.lanes = [...lab.lanes, make(key, "plain")];
				listeners.lanes();
				return lab.lanes[1];
			} };
		new Inspector(root, lab);
		const see = async () => {
			await new Promise((done) => setTimeout(done, 20));
			const hint = root.querySelector('[data-testid="inspector-packed"]');
			return root.querySelector('[data-testid="inspector-lane"]').value + ": " + (hint.hidden ? "" : hint.firstChild.textContent);
		};
		const out = [await see()];
		root.querySelector('[data-testid="inspector-plain"]').click();
		return [...out, await see()];
	})()`)
	if want := []string{"sse: It is compressed: lines and messages cannot be told apart here. To read them, add the lane SSE, not compressed.", "sse.plain: "}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An arrow that the server has recorded is told with its bytes on the socket, a question with those that asked.
func TestInspectorTellsArrows(t *testing.T) {
	p := modules(t)
	got := evaluate[[]string](p, `(async () => {
		const [{ Inspector }, { Lanes }, { Lane }, { load }] = await Promise.all(["lab/inspector.js", "lab/lanes.js", "lab/lane.js", "words/words.js"].map((name) => import(base + name)));
		await load("inspector", "lab", "lanes");
		const exchange = { n: 1, technique: "polling", at: 0, messages: ["e-7"], parts: [{ dir: "in", kind: "head", bytes: 345 }, { dir: "out", kind: "head", bytes: 200 }, { dir: "out", kind: "payload", bytes: 12 }] };
		const clock = { error: NaN, offset: 0, observe() {}, server: (now) => now };
		let inspector;
		const lab = { lanes: [], lane: () => undefined, on() {}, tell() {}, clock, config: { interval: 1000, techniques: [] }, frame: { every() {}, draw() {} }, slots: { addEventListener() {} }, base: new URL(base),
			panel: () => inspector, api: { get: async () => ({ exchanges: [exchange], recording: { since: 0 } }) } };
		const lane = new Lane({ key: "polling", technique: "polling", variant: "" }, lab);
		lab.lanes.push(lane);
		inspector = new Inspector(document.createElement("div"), lab);
		await new Promise((done) => setTimeout(done, 20));
		const now = performance.now();
		for (const [kind, seq] of [["request"], ["messages", 7], ["request"], ["messages", 8]]) {
			lane.exchanges.add(0, { at: now - 1, dir: "up", kind, messages: seq ? 1 : 0, payload: seq ? 30 : 0 });
			if (seq) lane.exchanges.note({ seq, at: now - 2 });
		}
		const root = document.createElement("div"), out = [];
		new Lanes(root, lab);
		const window = root.querySelector(".lane-window");
		const press = () => window.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
		for (let i = 0; i < 4; i++) {
			press();
			out.unshift(root.querySelector(".lane-tip").textContent.match(/(\d+ B) on the server/)?.[1] ?? "");
		}
		return out;
	})()`)
	if want := []string{"345 B", "212 B", "", ""}; quote(got) != quote(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
