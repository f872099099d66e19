package command

import (
	"cmp"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/gate"
)

// Where to ask follows from what would be started.
func TestHealthTarget(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8055":    " http://127.0.0.1:8055/m/healthz",
		"[::1]:8055":        " http://[::1]:8055/m/healthz",
		"0.0.0.0:80":        " http://127.0.0.1:80/m/healthz",
		":80":               " http://127.0.0.1:80/m/healthz",
		"[::]:80":           " http://[::1]:80/m/healthz",
		"localhost:80":      " http://localhost:80/m/healthz",
		"mon.example:80":    " http://mon.example:80/m/healthz",
		"[fe80::1%eth0]:80": " http://[fe80::1%25eth0]:80/m/healthz",
		"unix:/run/fw.sock": "unix:/run/fw.sock http://localhost/m/healthz",
	} {
		h := Health{Serve: Serve{Listen: listen, BasePath: "/m/"}}
		socket, r, err := h.request(t.Context())
		if err != nil || socket+" "+r.URL.String() != want {
			t.Fatalf("%s: got %q %v, %v, want %q", listen, socket, r, err, want)
		}
		if !(gate.Hosts{}).Allow(r.Host) {
			t.Errorf("%s: a dashboard does not answer to %q", listen, r.Host)
		}
		if strings.Contains(listen, "%") && r.URL.Host != listen {
			t.Errorf("%s: goes to %q", listen, r.URL.Host)
		}
	}
	if _, url, _ := (&Health{Serve: Serve{Listen: "[::1]:443", TLSCert: "c"}}).target(); url != "https://[::1]:443/healthz" {
		t.Errorf("with TLS: got %q", url)
	}
	if _, _, err := (&Health{Serve: Serve{Listen: "127.0.0.1:0"}}).target(); err == nil {
		t.Error("port 0 is somewhere")
	}
	for address, want := range map[string]string{
		"http://h/m":                        " http://h/m/readyz",
		"https://u:p@h/m/":                  " https://u:p@h/m/readyz",
		"http://h:8055/?range=1h&theme=a#x": " http://h:8055/readyz#x",
		"unix:/run/fw.sock":                 "unix:/run/fw.sock http://localhost/readyz",
	} {
		for _, h := range []Health{{URL: address, Ready: true}, {Address: address, URL: "http://elsewhere/", Ready: true}} {
			if socket, r, err := h.request(t.Context()); err != nil || socket+" "+r.URL.String() != want || r.Host != r.URL.Host {
				t.Errorf("%s: got %q %v, %v", address, socket, r, err)
			}
		}
	}
}

// What it answers is what is so, over TCP and a socket: well, ill, silent, not there, gone elsewhere.
func TestHealth(t *testing.T) {
	release := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !(gate.Hosts{}).Allow(r.Host) {
			http.Error(w, r.Host, http.StatusMisdirectedRequest)
			return
		}
		switch r.URL.Path {
		case "/healthz":
		case "/elsewhere/healthz":
			http.Redirect(w, r, "/healthz", http.StatusFound)
		case "/silent/healthz":
			<-release
		default:
			http.Error(w, "no snapshot yet", http.StatusServiceUnavailable)
		}
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	defer close(release)
	file := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", file)
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(ln, handler)
	defer ln.Close()

	for name, c := range map[string]struct {
		health Health
		err    string // "" is well
	}{
		"well":      {Health{URL: server.URL}, ""},
		"told so":   {Health{Address: server.URL}, ""},
		"by socket": {Health{Address: "unix:" + file}, ""},
		"socket":    {Health{Serve: Serve{Listen: "unix:" + file}}, ""},
		"not ready": {Health{URL: server.URL + "/", Ready: true}, `answers 503: "no snapshot yet"`},
		"elsewhere": {Health{URL: server.URL + "/elsewhere"}, "answers 302"},
		"silent":    {Health{URL: server.URL + "/silent", Wait: 100 * time.Millisecond}, "within 100ms"},
		"nobody":    {Health{Serve: Serve{Listen: "unix:" + file + "2"}}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			c.health.Wait = cmp.Or(c.health.Wait, time.Minute)
			if err := c.health.Run(); (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}
