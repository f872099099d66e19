package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"sync"
	"testing"
)

// A proxy takes the first question for a connection that lasts, and forgets it: no answer, no end. The page asks again in time,
// and the question that is forgotten is in nobody's way.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	s := start(t, "--interval", "100ms")
	s.ready()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host // the page's own origin
	}}
	asked := make(chan string, len(techniques))
	var first sync.Map
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		technique := path.Base(r.URL.Path)
		if r.URL.Query().Has("viewer") {
			if _, again := first.LoadOrStore(technique, true); !again {
				asked <- technique
				<-r.Context().Done()
				return
			}
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	t.Cleanup(proxy.CloseClientConnections)
	for _, technique := range []string{"streaming", "sse", "websocket"} {
		t.Run(technique, func(t *testing.T) {
			p := newPage(t)
			p.expect("404", "WebSocket is closed before the connection is established") // a page without an icon
			p.open(proxy.URL + "/healthz")
			evaluate[bool](p, `(async () => {
				const { Viewer } = await import(new URL("js/viewer.js", location.href).href);
				globalThis.messages = 0;
				const viewer = new Viewer({ base: new URL("api/v1/", location.href), technique: `+quote(technique)+` });
				viewer.listen({ onMessage: () => messages++, onExchange() {}, onState() {} });
				viewer.start();
				return true;
			})()`)
			if got := <-asked; got != technique {
				t.Fatalf("%s was asked for", got)
			}
			// Half a minute later, by the page's clock.
			evaluate[bool](p, `(() => {
				const real = performance.now.bind(performance);
				performance.now = () => real() + 30_000;
				return true;
			})()`)
			p.waits("messages come", `messages > 0`)
		})
	}
}
