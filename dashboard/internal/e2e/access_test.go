package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The line that is printed opens the page, and the key is in no address afterwards. Who has none is asked; who logs out is
// asked again; who has a link looks, without command lines, until it is taken back.
func TestWhoMayLook(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	file := filepath.Join(t.TempDir(), "key")
	s := start(t, "--interval", "200ms", "--auth", "key", "--key-file", file, "--lab", "on")
	address := s.url
	text, err := os.ReadFile(file)
	key := strings.TrimSpace(string(text))
	if err != nil || key == "" || strings.Contains(address, "#") { // which no terminal reads
		t.Fatalf("printed %s, the file has %q, %v", address, text, err)
	}
	answer := func(method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var made struct{ URL string }
		json.NewDecoder(resp.Body).Decode(&made)
		return resp.StatusCode, made.URL
	}
	eventually(t, "there is something to see", func() bool { status, _ := answer("GET", "readyz", ""); return status == 200 })

	p := newPage(t)
	p.expect("401", "503", "ERR_INCOMPLETE_CHUNKED", "WebSocket connection")
	p.open(address + "?technique=sse")
	p.waits("it is there", `document.querySelector("#access").open`)
	p.enter("wrong", func() { p.click("access-enter") })
	p.waits("it is there", `document.querySelector('[data-testid="access-error"]').textContent !== ""`)
	evaluate[bool](p, `(document.querySelector("[name=user]").value = "remembered", true)`) // as browsers do
	p.enter(key, func() { p.press(kb.Enter) })
	p.live("sse")
	p.click("access-open")
	p.waits("it is there", `document.querySelector("#access").open && document.querySelector('[data-testid="access-role"]').textContent !== ""`)
	evaluate[bool](p, `fetch("api/v1/login", { method: "DELETE" }).then((answer) => answer.status === 204)`)
	p.open("about:blank")
	p.open(address + "?technique=sse")
	p.waits("it is there", `Boolean(document.querySelector("#access")?.open) && !document.querySelector("#access-form").hidden`)

	p.open("about:blank")
	p.open(address + "?technique=websocket#k=" + key)
	p.live("websocket")
	if at := evaluate[string](p, `location.href`); strings.Contains(at, key) || strings.Contains(at, "#k") {
		t.Errorf("the key is in the address: %s", at)
	}
	if shown := evaluate[string](p, `document.documentElement.outerHTML + JSON.stringify({ ...localStorage }) + document.cookie`); strings.Contains(shown, key) {
		t.Error("the key is on the page, or where scripts find it")
	}

	status, link := answer("POST", "api/v1/share", `{"for":"1h"}`)
	if status != http.StatusCreated || !strings.HasPrefix(link, address+"#s=") {
		t.Fatalf("a link: %d %s", status, link)
	}
	p.open("about:blank")
	p.open(strings.Replace(link, "#s=", "?technique=longpolling#s=", 1))
	p.live("longpolling")
	p.waits("it is there", `document.querySelectorAll("#processes tbody tr").length > 0`)
	if commands := evaluate[string](p, `[...document.querySelectorAll("#processes .command")].map((cell) => cell.textContent.trim()).join("")`); strings.Trim(commands, "—") != "" {
		t.Errorf("who came by a link sees command lines: %q", commands)
	}
	evaluate[bool](p, `(location.hash = "#lab", true)`) // which asks for nothing that would be refused: the console would say so
	p.waits("the lab knows what is broken", `(document.querySelector('[data-testid="faults-status"]')?.textContent ?? "") !== ""`)
	p.waits("it says what a link does not show", `["inspector", "crowd"].every((id) => document.querySelector('[data-testid="' + id + '"]').textContent.includes("A link does not show this"))`)
	if status, _ := answer("DELETE", "api/v1/share", ""); status != http.StatusNoContent {
		t.Errorf("taking it back: %d", status)
	}
	p.waits("it is there", `document.querySelector("#access").open && !document.querySelector("#access-form").hidden`)
}

// A link for somebody else opens what the page shows, at the server's public address; what stands behind it is the token alone.
// How long links are good for is told by the page's clock.
func TestShareLink(t *testing.T) {
	p := modules(t)
	got := evaluate[string](p, `(async () => {
		const page = new DOMParser().parseFromString(await (await fetch(base + "../index.html")).text(), "text/html");
		document.body.replaceChildren(document.createElement("button"), page.querySelector("dialog#access"));
		document.querySelector("button").id = "access-open";
		const { Access } = await import(base + "panel/access.js");
		const api = { login: async () => ({ role: "operator", asked: true }), post: async () => ({ url: "https://public.example/mon/#s=token" }), get: async () => ({ shares: [{ id: "ab12", until: Date.UTC(2050, 10, 28, 15, 4, 5) }] }) };
		const [{ load }, { useZone }] = await Promise.all([import(base + "words/words.js"), import(base + "zone.js")]);
		await load("access");
		useZone("utc");
		let address = "http://127.0.0.1:8055/?from=2026-11-28T03:12:07Z&to=2026-11-28T03:13:07Z&sort=-memory#lab";
		await new Access(api, () => address).enter();
		const link = document.querySelector("#share-link"), told = [];
		const make = async () => {
			link.value = "";
			document.querySelector("#share-make").click();
			while (!link.value) await new Promise((done) => setTimeout(done));
			told.push(link.value);
		};
		await make();
		address = "http://127.0.0.1:8055/";
		await make();
		while (!document.querySelector("#share-list span")) await new Promise((done) => setTimeout(done));
		return told.join(" ") + " " + document.querySelector("#share-list span").textContent;
	})()`)
	if want := "https://public.example/mon/?from=2026-11-28T03:12:07Z&to=2026-11-28T03:13:07Z&sort=-memory#s=token https://public.example/mon/#s=token link ab12, until Nov 28, 2050 15:04"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// enter writes a key into the form and sends it, by the key of the same name or by the button.
func (p *page) enter(key string, send func()) {
	p.t.Helper()
	evaluate[bool](p, `(document.querySelector("[name=key]").value = "`+key+`", document.querySelector("[name=key]").focus(), true)`)
	send()
}

// Who comes when as many watch as may is told so, and polls; when one leaves, the other techniques are there by themselves.
func TestNoPlaceLeft(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "200ms", "--max-viewers", "1")
	s.ready()
	first := newPage(t)
	first.open(s.url + "?technique=sse")
	first.live("sse")
	p := newPage(t)
	p.expect("503")
	p.open(s.url + "?technique=sse")
	p.says("state", "no place left; polling needs none")
	panel := newPage(t)
	panel.expect("503")
	panel.open(s.url + "embed/cpu?technique=sse")
	panel.waits("a panel by itself says so too", `document.querySelector("#note").textContent === "no place left; polling needs none"`)
	p.choose("polling")
	p.live("polling")
	panel.open("about:blank")
	p.choose("sse")
	p.says("state", "no place left; polling needs none")
	first.open("about:blank")
	p.live("sse")
}

// A server that asked nobody comes back and asks for a key: pages that are open ask for it.
func TestRestartsWithAKey(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "200ms", "--auth", "off")
	s.ready()
	address := s.address()
	p := newPage(t)
	p.expect("401", "503", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "404")
	p.open(s.url + "?technique=sse")
	p.live("sse")
	s.stop(syscall.SIGTERM)
	file := filepath.Join(t.TempDir(), "key")
	start(t, "--interval", "200ms", "--listen", address, "--auth", "key", "--key-file", file)
	p.waits("the page asks for a key", `document.querySelector("#access").open`)
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p.enter(strings.TrimSpace(string(key)), func() { p.press(kb.Enter) })
	p.waits("it is loaded anew, and let in", `document.documentElement?.dataset.state === "open"`)
	p.live("sse")
}
