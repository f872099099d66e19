package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// A page whose origin is allowed has a panel, live, as high as it needs, and cannot read it; a page of another origin has
// none. Every panel that is said to be there is, without a cookie, by a link's token, until that is taken back.
func TestEmbeddedPanels(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	var inside string
	hostPage := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<!doctype html><title>host</title><link rel="icon" href="data:,">` + inside))
	})
	host, foreign := httptest.NewServer(hostPage), httptest.NewServer(hostPage)
	defer host.Close()
	defer foreign.Close()
	around := strings.Replace(host.URL, "127.0.0.1", "localhost", 1) // of another site too: no cookie of ours goes there

	s := start(t, "--interval", "200ms", "--auth", "key", "--embed-from", "'self' "+around)
	address, key, _ := strings.Cut(s.url, "#k=")
	ask := func(method, path, bearer, body string, into any) int {
		t.Helper()
		req, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		json.NewDecoder(resp.Body).Decode(into)
		return resp.StatusCode
	}
	var link struct{ URL string }
	if status := ask("POST", "api/v1/share", key, `{"for":"1h"}`, &link); status != http.StatusCreated {
		t.Fatalf("a link: %d", status)
	}
	_, token, _ := strings.Cut(link.URL, "#s=")
	var missing struct{ Allowed []string }
	if status := ask("GET", "embed/nothing", "", "", &missing); status != http.StatusNotFound || len(missing.Allowed) < 10 {
		t.Fatalf("a panel that is none: %d %v", status, missing.Allowed)
	}
	inside = `<script type="module" src="` + address + `js/element.js"></script>` +
		`<fivewire-panel src="` + address + `" panel="cpu" theme="dark" token="` + token + `"></fivewire-panel>` +
		`<script>document.addEventListener("load", ({ target }) => target.tagName === "IFRAME" && (document.title = "loaded"), true)</script>`
	const height = `document.querySelector("iframe")?.style.blockSize`

	p := newPage(t)
	p.open(around)
	p.waits("the frame has the height of its panel", `(parseFloat(`+height+`) || 240) !== 240`)
	if evaluate[bool](p, `Boolean(document.querySelector("iframe").contentDocument)`) {
		t.Error("the page around can read the panel")
	}

	p.expect("frame-ancestors", "postMessage", "ERR_", "401", "404")
	p.open(foreign.URL)
	p.waits("the frame is done", `document.title === "loaded"`)
	if got := evaluate[string](p, height); got != "240px" {
		t.Errorf("a page of another origin has a panel of %s", got)
	}

	p.open(address + "healthz")                          // a page of ours, with no policy in the way
	for some := range slices.Chunk(missing.Allowed, 5) { // all twenty at once are twenty pages to draw
		names, _ := json.Marshal(some)
		evaluate[bool](p, `(document.body.replaceChildren(...`+string(names)+`.map((name) => {
			const frame = document.createElement("iframe");
			frame.src = "embed/" + name + "#s=`+token+`";
			return frame;
		})), true)`)
		p.waits("all panels are live", `[...document.querySelectorAll("iframe")].every((frame) => {
			const page = frame.contentDocument;
			return page?.documentElement?.dataset.phase === "live" && Number(page.documentElement.dataset.messages) > 1
				&& page.querySelector("#main").childElementCount > 0 && /\d/.test(page.querySelector("#foot").textContent);
		})`)
		if got := evaluate[string](p, `[...document.querySelectorAll("iframe")].filter((frame) => frame.contentDocument.cookie || ["sse", "websocket"].includes(frame.contentDocument.documentElement.dataset.technique)).map((frame) => frame.src).join(" ")`); got != "" {
			t.Errorf("by a token, and not so: %s", got)
		}
	}
	if status := ask("GET", "api/v1/config", token, "", &struct{}{}); status != http.StatusOK {
		t.Errorf("the token shown by a program: %d", status)
	}
	ask("DELETE", "api/v1/share", key, "", &struct{}{})
	if status := ask("GET", "api/v1/config", token, "", &struct{}{}); status != http.StatusUnauthorized {
		t.Errorf("the token, taken back: %d", status)
	}
	p.waits("somebody is told", `!document.querySelector("iframe").contentDocument.querySelector("#note").hidden`)
}
