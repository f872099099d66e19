package dashboard

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/fivewire/fivewire/assets"
	"github.com/fivewire/fivewire/dashboard/internal/transport"
	"github.com/fivewire/fivewire/dashboard/load"
)

// A parameter that there is not is refused with the one that was meant and those that there are, by every URL of the API.
func TestUnknownParameters(t *testing.T) {
	s := open(t, Config{Lab: true}, "/monitor")
	s.publish(1)
	for _, r := range s.routes() {
		if r.method == "ALL" || strings.Contains(r.takes, anyParameter) {
			continue
		}
		path := strings.NewReplacer(":technique", "sse", ":id", "me").Replace(r.path) + "?nonsense=1"
		status, body, _ := ask(t, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, r.method, s.url+path[1:], "")
		if status != 400 || !strings.Contains(body, `"parameter":"nonsense"`) || !strings.Contains(body, `"allowed":["`) {
			t.Errorf("%s %s: got %d %s", r.method, path, status, body)
		}
	}
	for query, want := range map[string]string{
		"api/v1/history?range=1h":          `"detail":"there is no parameter \"range\" here","parameter":"range","allowed":["series","at","from","to","points","only"]`,
		"api/v1/history?serie=cpu.busy":    `here: want series, or none"`,
		"api/v1/polling?aftr=x":            `here: want after, or none"`,
		"api/v1/polling?After=x":           `here: want after, or none"`,
		"api/v1/longpolling?waite=1s":      `here: want wait, or none"`,
		"api/v1/streaming?evry=1s":         `here: want every, or none"`,
		"api/v1/sse?veiwer=x":              `here: want viewer, or none"`,
		"api/v1/websocket?compres=off":     `here: want compress, or none"`,
		"api/v1/streaming?as=iframe&id=1":  `"allowed":["after","every","viewer","wait","compress","as"]`,
		"api/v1/polling?as=jsonp&callbk=f": `"parameter":"callbk"`,
		"api/v1/config?verbose":            `"allowed":["nothing: leave it out"]`,
		"api/v1/host?%22%0a%e2%80%a8=1":    `no parameter \"\\\"\\n\\u2028\" here`,
		"watch?col=80":                     `here: want cols, or none"`,
		"api/v1/marks?amp;to=1":            `"parameter":"amp;to"`,
	} {
		if status, body, _ := s.get(query, "Sec-Fetch-Site", "same-origin"); status != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: got %d %s, want %s", query, status, body, want)
		}
	}
	if status, body, _ := s.get("api/v1/config?" + strings.Repeat("x", 5000)); status != 400 || len(body) > 500 {
		t.Errorf("a long name: got %d, %d bytes", status, len(body))
	}
}

// What clients, gateways and monitors put behind an address by themselves is no mistake, and the page's address is its own.
func TestParametersOfOthers(t *testing.T) {
	s := open(t, Config{Lab: true, Assets: assets.FS}, "")
	s.publish(1)
	for _, path := range []string{
		"healthz?x=1&x=2", "readyz?verbose=true", "metrics?collect[]=cpu&format=prometheus", "?range=1h&utm_source=x", "?range=1h&range=2h", "embed/cpu?range=1h&panel=2",
		"js/main.js?v=3", "api/v1/path?anything=1", "api/v1/config?_=1732838400", "api/v1/config?1732838400", "api/v1/config?0.73&_dc=1", "api/v1/config?", "api/v1/config?&",
		"api/v1/polling?lastEventId=x&key=a&token=b&apikey=c&access_token=d&k=e&s=f&utm_source=g&fbclid=h&msclkid=i&_=1&_=2", "api/v1/polling?as=jsonp&_=1",
	} {
		if status, body, _ := s.get(path, "Accept", "text/html", "Sec-Fetch-Site", "same-origin"); status != 200 {
			t.Errorf("%s: got %d %.200s", path, status, body)
		}
	}
	for _, technique := range load.Techniques() {
		conn, answer := s.ask(technique, "&_=1&key=a")
		if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") && !strings.Contains(line, " 101 ") {
			t.Errorf("%s: got %q, %v", technique, line, err)
		}
		conn.Close()
	}
}

// The description lists for each URL the parameters that are read there, and no others.
func TestOpenAPIParameters(t *testing.T) {
	s := open(t, Config{}, "")
	type parameter struct {
		Ref      string `json:"$ref"`
		Name, In string
	}
	var described struct {
		Paths      map[string]map[string]struct{ Parameters []parameter }
		Components struct{ Parameters map[string]parameter }
	}
	if err := json.Unmarshal(openapi, &described); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.routes() {
		takes := parametersOf(r.takes)
		if takes.others && len(takes.names) == 0 { // whoever reads it does not stand here
			continue
		}
		path := strings.NewReplacer(":technique", "{technique}", ":id", "{id}").Replace(r.path)
		var names []string
		for _, p := range described.Paths[path][strings.ToLower(r.method)].Parameters {
			if p.Ref != "" {
				p = described.Components.Parameters[p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]]
			}
			if p.In == "query" {
				names = append(names, p.Name)
			}
		}
		slices.Sort(names)
		equal(t, names, strings.Join(slices.Sorted(slices.Values(takes.names)), " "))
		if len(takes.names) > 64 {
			t.Errorf("%s: a query has a bit for each", path)
		}
	}
}

// To look at the query costs a poll nothing: there may be thousands a second.
func TestParametersCostNothing(t *testing.T) {
	app := fiber.New()
	defer app.Shutdown()
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI("/api/v1/polling?after=k3f9a1-1042&every=1s&viewer=me&_=1732838400")
	c := app.AcquireCtx(&ctx)
	defer app.ReleaseCtx(c)
	takes := parametersOf(transport.Parameters)
	if n := testing.AllocsPerRun(100, func() {
		if p := takes.check(c); p != nil {
			t.Fatal(p)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParameters(b *testing.B) {
	app := fiber.New()
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI("/api/v1/polling?after=k3f9a1-1042&every=1s&viewer=me&compress=off")
	c := app.AcquireCtx(&ctx)
	takes := parametersOf(transport.Parameters)
	b.ReportAllocs()
	for b.Loop() {
		if p := takes.check(c); p != nil {
			b.Fatal(p)
		}
	}
}
