package command

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mark goes to the server with its key, over TCP and over a socket, below a sub-path or not.
func TestMark(t *testing.T) {
	var got string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = strings.Join([]string{r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(body)}, " ")
		w.WriteHeader(http.StatusCreated)
	})
	tcp := httptest.NewServer(handler)
	defer tcp.Close()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	unix := &httptest.Server{Listener: ln, Config: &http.Server{Handler: handler}}
	unix.Start()
	defer unix.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ url, keyFile, env, want string }{
		{tcp.URL, "", "", `POST /api/v1/marks application/json  {"text":"a \u003c b"}`},
		{tcp.URL + "/monitor/", "", "from-outside", `POST /monitor/api/v1/marks application/json Bearer from-outside {"text":"a \u003c b"}`},
		{tcp.URL + "/?range=1h&theme=dark&every=5s&tenant=x", "", "", `POST /api/v1/marks?tenant=x application/json  {"text":"a \u003c b"}`}, // as a browser has it
		{"unix:" + path, key, "from-outside", `POST /api/v1/marks application/json Bearer from-a-file {"text":"a \u003c b"}`},
	} {
		t.Setenv("FIVEWIRE_KEY", tt.env)
		m := Mark{Text: "a < b", URL: tt.url, KeyFile: tt.keyFile}
		if err := m.Run(); err != nil || got != tt.want {
			t.Errorf("%s: got %v, %s, want %s", tt.url, err, got, tt.want)
		}
	}
}

func TestMarkRefused(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/no/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"detail":"not for you\u001b[2J"}`)
	})
	mux.HandleFunc("/away/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/odd/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	s := httptest.NewServer(mux)
	defer s.Close()
	for _, tt := range []struct{ url, want string }{
		{s.URL + "/no/", `the server answers 403: "not for you\x1b[2J" (hint: --key-file FILE, or FIVEWIRE_KEY)`},
		{s.URL + "/away/", "the server answers 307 Temporary Redirect"},
		{s.URL + "/odd/", "the server answers 418 I'm a teapot"},
		{"127.0.0.1:8055", "is not a dashboard's address"},
		{s.URL + "/#k=secret", "does not belong on a command line"},
		{"http://127.0.0.1:1/", "is a dashboard there?"},
	} {
		m := Mark{Text: "a", URL: tt.url}
		if err := m.Run(); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %s", tt.url, err, tt.want)
		}
	}
	m := Mark{Text: "a", URL: s.URL, KeyFile: filepath.Join(t.TempDir(), "none")}
	if err := m.Run(); err == nil || !strings.HasPrefix(err.Error(), "--key-file: ") {
		t.Errorf("without the file: %v", err)
	}
}

// A second argument is refused with where it belongs.
func TestMarkSurplus(t *testing.T) {
	for _, args := range [][]string{{"mark", "http://127.0.0.1:8055/", "deploy v2"}, {"mark", "deploy", "v2"}} {
		var cli struct {
			testCommands
			Mark Mark `cmd:""`
		}
		parser, err := newParser(&cli, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(parser, new(configFile), args); err == nil || !strings.Contains(err.Error(), "unexpected argument "+args[2]+": ") || !strings.Contains(err.Error(), "--url") {
			t.Errorf("%q: got %v", args, err)
		}
	}
}
