package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/load"
)

const secretKey = "planted-secret-key-planted-secret-key"

// guardedBy makes a site that asks who one is.
func guardedBy(t *testing.T, config AccessConfig, more ...func(*Config)) *site {
	t.Helper()
	if config.Name == "" {
		config.Name = t.Name()
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	access, err := NewAccess(config)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Access: access}
	for _, m := range more {
		m(&c)
	}
	s := open(t, c, "")
	s.publish(1)
	return s
}

// A caller keeps cookies, as a browser does.
type browser struct {
	*site
	client *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &browser{s, &http.Client{Jar: jar, Transport: transport}}
}

func (b *browser) do(method, path, body string, header ...string) (int, string, http.Header) {
	b.t.Helper()
	if body != "" {
		header = append([]string{"Content-Type", "application/json"}, header...)
	}
	return ask(b.t, b.client, method, b.url+path, body, header...)
}

// cookie is the header line of the browser's cookie.
func (b *browser) cookie() string {
	u, _ := url.Parse(b.url)
	for _, c := range b.client.Jar.Cookies(u) {
		return c.Name + "=" + c.Value
	}
	return ""
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	b := s.browser()
	if status, body, header := b.do("GET", "api/v1/config", ""); status != 401 || header.Get("WWW-Authenticate") == "" || !strings.Contains(body, "log in") {
		t.Errorf("without a key: %d %s", status, body)
	}
	if status, body, _ := b.do("GET", "", "", "Accept", "text/html"); status != 200 {
		t.Errorf("the page itself: %d %s", status, body)
	}
	if status, body, _ := b.do("GET", "api/v1/login", ""); status != 200 || !strings.Contains(body, `"role":"anybody"`) {
		t.Errorf("who am I: %d %s", status, body)
	}
	if status, _, _ := b.do("POST", "api/v1/login", `{"key":"wrong"}`); status != 401 || b.cookie() != "" {
		t.Errorf("a wrong key: %d, %q", status, b.cookie())
	}
	status, body, header := b.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
	cookie := header.Get("Set-Cookie")
	if status != 200 || !strings.Contains(body, `"role":"operator"`) {
		t.Fatalf("the key: %d %s", status, body)
	}
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "path=/", "fivewire-"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "ecure") || strings.Contains(cookie, secretKey) {
		t.Errorf("the cookie is %q", cookie)
	}
	if status, body, _ := b.do("GET", "api/v1/config", ""); status != 200 {
		t.Errorf("with the cookie: %d %s", status, body)
	}
	if status, _, _ := s.get("api/v1/config", "Authorization", "Bearer "+secretKey); status != 200 {
		t.Errorf("with the key as bearer: %d", status)
	}
	line := b.cookie()
	if status, _, _ := b.do("DELETE", "api/v1/login", ""); status != 204 {
		t.Errorf("logging out: %d", status)
	}
	if b.cookie() != "" {
		t.Error("the cookie is still there")
	}
	if status, _, _ := s.get("api/v1/config", "Cookie", line); status != 401 {
		t.Errorf("the cookie of who has logged out: %d", status)
	}
	for _, bad := range []string{`{}`, `{"key":"a","user":"b"}`, `{"user":"","password":"x"}`, `{"key":"a","more":1}`, `[]`, `{"key":1}`} {
		if status, body, _ := b.do("POST", "api/v1/login", bad); status != 400 || !strings.Contains(body, `\"password\":`) || !strings.Contains(body, `\"share\":`) {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
	if status, _, _ := b.do("GET", "api/v1/openapi.json", ""); status != 200 {
		t.Errorf("what says how to log in: %d", status)
	}
	if status, _ := s.post("api/v1/login", "text/plain", `{"key":"`+secretKey+`"}`); status != 415 {
		t.Errorf("a form of another origin: %d", status)
	}
	if status, _, _ := b.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`, "Origin", "http://evil.example"); status != 403 {
		t.Errorf("a page of another origin: %d", status)
	}
}

// Every technique is open to who has the cookie, or the key, and ends for who has not any more.
func TestHeldConnectionsEndWithTheirPass(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, technique string) {
		s := guardedBy(t, AccessConfig{Required: true, Key: secretKey}, func(c *Config) { c.Hold = time.Hour })
		b := s.browser()
		b.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
		refused := s.client(technique).Watch(t.Context(), "", func(load.Message) error { return nil })
		var status *load.StatusError
		if !errors.As(refused, &status) || status.Status != 401 {
			t.Fatalf("without a cookie: %v", refused)
		}
		c := s.client(technique)
		c.Header = http.Header{"Cookie": {b.cookie()}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		n := 0
		err := c.Watch(ctx, "", func(load.Message) error {
			if n++; n == 3 {
				if status, _, _ := b.do("DELETE", "api/v1/login", ""); status != 204 {
					t.Errorf("logging out: %d", status)
				}
			}
			s.publish(1)
			return nil
		})
		if err == nil || ctx.Err() != nil || n > 5 {
			t.Errorf("after %d messages: %v", n, err)
		}
		if err := c.Watch(ctx, "", func(load.Message) error { return nil }); !errors.As(err, &status) || status.Status != 401 {
			t.Errorf("who comes again: %v", err)
		}
		eventually(t, "nothing is held", func() bool { return len(s.transports.Viewers.List()) == 0 })
	})
}

// A pass ends by itself, and so does what is held for it.
func TestShareEnds(t *testing.T) {
	t.Parallel()
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	op := s.browser()
	op.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
	guest := s.browser()
	made := func(lasts string) (url, id string) {
		t.Helper()
		status, body, _ := op.do("POST", "api/v1/share", `{"for":"`+lasts+`"}`)
		var s struct{ URL, ID string }
		if err := json.Unmarshal([]byte(body), &s); err != nil || status != 201 {
			t.Fatalf("%d %s", status, body)
		}
		return s.URL, s.ID
	}
	link, id := made("1h")
	address, token, ok := strings.Cut(link, "#s=")
	if !ok || address != s.url {
		t.Fatalf("got %s", link)
	}
	if status, body, _ := guest.do("POST", "api/v1/login", `{"share":"`+token+`"}`); status != 200 || !strings.Contains(body, `"role":"viewer"`) || !strings.Contains(body, `"redacted":true`) {
		t.Fatalf("%d %s", status, body)
	}
	for path, want := range map[string]int{"api/v1/config": 200, "api/v1/polling": 200, "api/v1/share": 403, "metrics": 403} {
		if status, body, _ := guest.do("GET", path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _, _ := guest.do("POST", "api/v1/share", `{"for":"1h"}`); status != 403 {
		t.Errorf("a guest hands out links: %d", status)
	}
	if status, body, _ := op.do("GET", "api/v1/share", ""); status != 200 || !strings.Contains(body, id) || strings.Contains(body, token) {
		t.Errorf("listed: %d %s", status, body)
	}
	held := make(chan error, 1)
	c := s.client("sse")
	c.Header = http.Header{"Cookie": {guest.cookie()}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() { held <- c.Watch(ctx, "", func(load.Message) error { return nil }) }()
	eventually(t, "the guest watches", func() bool { return len(s.guests.Load().transports.Viewers.List()) == 1 })
	if status, _, _ := op.do("DELETE", "api/v1/share/"+id, ""); status != 204 {
		t.Errorf("taking it back: %d", status)
	}
	if err := <-held; err == nil || ctx.Err() != nil {
		t.Errorf("the guest ends with %v", err)
	}
	eventually(t, "the guest's end is listed", func() bool {
		_, body, _ := op.do("GET", "api/v1/viewers", "")
		return strings.Contains(body, `"sse":{"closed":1}`)
	})
	if status, _, _ := guest.do("GET", "api/v1/config", ""); status != 401 {
		t.Errorf("the guest comes again: %d", status)
	}
	if status, _, _ := guest.do("POST", "api/v1/login", `{"share":"`+token+`"}`); status != 401 {
		t.Errorf("a link that was taken back: %d", status)
	}
	if status, _, _ := op.do("DELETE", "api/v1/share/"+id, ""); status != 404 {
		t.Errorf("taking it back twice: %d", status)
	}
	for _, bad := range []string{`{}`, `{"for":"soon"}`, `{"for":"0s"}`, `{"for":"721h"}`, `{"for":"-1h"}`} {
		if status, body, _ := op.do("POST", "api/v1/share", bad); status != 400 {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}

// Without ceremony is who comes from this machine: not who comes through a proxy that nobody vouches for.
func TestLocal(t *testing.T) {
	s := guardedBy(t, AccessConfig{})
	if status, _, _ := s.get("api/v1/config"); status != 200 {
		t.Errorf("from this machine: %d", status)
	}
	for _, line := range []string{
		"X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded-Anything", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP",
		"X-Forwarded", "X-Scheme", "X-Original-URL", "CDN-Loop",
	} {
		if status, body, _ := s.get("api/v1/config", line, "127.0.0.1"); status != 401 || !strings.Contains(body, "proxy") {
			t.Errorf("with %s: %d %s", line, status, body)
		}
	}
}

// Who shows what opens nothing any more is told that, and nothing of proxies.
func TestEndedBearer(t *testing.T) {
	s := guardedBy(t, AccessConfig{})
	status, body := s.post("api/v1/share", "application/json", `{"for":"1h"}`)
	_, token, found := strings.Cut(body, "#s=")
	token, _, _ = strings.Cut(token, `"`)
	if status != 201 || !found {
		t.Fatalf("got %d %s", status, body)
	}
	if status, _, _ := s.get("api/v1/config", "Authorization", "Bearer "+token); status != 200 {
		t.Errorf("by the link: %d", status)
	}
	if !s.Dashboard.config.Access.guard.Unshare("") {
		t.Error("nothing was taken back")
	}
	if status, body, _ := s.get("api/v1/config", "Authorization", "Bearer "+token); status != 401 || !strings.Contains(body, "that has ended") || strings.Contains(body, "proxy") {
		t.Errorf("by the link, taken back: %d %s", status, body)
	}
	if status, body, _ := s.get("api/v1/config", "Authorization", "Bearer x"); status != 401 || strings.Contains(body, "proxy") {
		t.Errorf("by what is no link: %d %s", status, body)
	}
}

func TestTrustedProxy(t *testing.T) {
	t.Parallel()
	s := guardedBy(t, AccessConfig{TrustProxies: []string{"loopback"}, Key: secretKey})
	if status, _, _ := s.get("api/v1/config"); status != 200 {
		t.Errorf("from this machine: %d", status)
	}
	if status, _, _ := s.get("api/v1/config", "X-Forwarded-For", "127.0.0.1"); status != 401 {
		t.Errorf("who says that it is this machine: %d", status)
	}
	b := s.browser()
	status, _, header := b.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`, "X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "https", "X-Forwarded-Prefix", "/mon")
	if cookie := header.Get("Set-Cookie"); status != 200 || !strings.Contains(cookie, "secure") && !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "path=/mon/") {
		t.Errorf("by https, below a prefix: %d %s", status, header)
	}
}

// Where it is known what browsers call us, that is the one origin of what a proxy passes on, with whatever Host.
func TestPublicOrigin(t *testing.T) {
	t.Parallel()
	const far, near = "https://mon.example:19443", "http://127.0.0.1:19443"
	for _, tt := range []struct {
		public, host, origin, field string
		want                        int
	}{
		{far, "mon.example", "https://mon.example:19443", "X-Forwarded-For", 200},
		{far, "mon.example", "https://mon.example", "X-Forwarded-For", 403},
		{far, "mon.example", "http://mon.example", "X-Forwarded-For", 403},
		{far, "mon.example:80", "http://mon.example:80", "X-Forwarded-For", 403},
		{far, "mon.example", "https://mon.example", "", 403}, // a proxy that says nothing of itself
		{far, "127.0.0.1:8055", "http://127.0.0.1:8055", "Via", 403},
		{far, "127.0.0.1:8055", "http://127.0.0.1:8055", "", 200}, // who is on this machine
		{far, "also.example", "https://also.example", "X-Forwarded-For", 200},
		{far, "also.example", "https://also.example:8443", "X-Forwarded-For", 403},
		{near, "127.0.0.1:19443", "http://127.0.0.1:19443", "X-Forwarded-For", 200},
		{near, "127.0.0.1:19443", "https://127.0.0.1:19443", "X-Forwarded-For", 403},
		{near, "127.0.0.1:8055", "http://127.0.0.1:8055", "X-Forwarded-For", 403},
		{near, "127.0.0.1:8055", "http://127.0.0.1:8055", "", 200},
	} {
		s := guardedBy(t, AccessConfig{Key: secretKey, PublicURL: tt.public + "/monitor/", AllowHosts: []string{"also.example"}, TrustProxies: []string{"loopback"}})
		header := []string{"Host", tt.host, "Origin", tt.origin, "Authorization", "Bearer " + secretKey}
		if tt.field != "" {
			header = append(header, tt.field, "192.0.2.1")
		}
		if status, body, _ := s.get("api/v1/config", header...); status != tt.want {
			t.Errorf("%s: Host %s, Origin %s, %s: %d %s", tt.public, tt.host, tt.origin, tt.field, status, body)
		}
		if tt.host == "also.example" {
			continue // for this name a browser's own judgement will do
		}
		if status, _, _ := s.get("api/v1/config", append(header, "Sec-Fetch-Site", "same-origin")...); status != tt.want {
			t.Errorf("%s: Host %s, Origin %s, %s, a browser that has compared: %d", tt.public, tt.host, tt.origin, tt.field, status)
		}
	}
}

// What a proxy that nobody vouches for says the page's host is makes no origin ours; nor where it is known what browsers say.
func TestForwardedHost(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config *AccessConfig
		want   int
	}{
		"trusted":           {&AccessConfig{TrustProxies: []string{"loopback"}, Key: secretKey}, 200},
		"not trusted":       {&AccessConfig{TrustProxies: []string{"192.0.2.1"}, Key: secretKey}, 403},
		"nobody is asked":   {&AccessConfig{Open: true}, 403},
		"beside public URL": {&AccessConfig{TrustProxies: []string{"loopback"}, PublicURL: "https://other.example/", Key: secretKey}, 403},
		"without access":    {nil, 403},
	} {
		var s *site
		if tt.config == nil {
			s = open(t, Config{}, "")
			s.publish(1)
		} else {
			s = guardedBy(t, *tt.config)
		}
		status, body, _ := s.get("api/v1/config", "Authorization", "Bearer "+secretKey, "X-Forwarded-Host", "mon.example", "Origin", "https://mon.example")
		if status != tt.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// What a request for a script says in Referer is judged as any Origin is: by the public URL and the way that it came.
func TestProvenBehindAProxy(t *testing.T) {
	t.Parallel()
	public := &AccessConfig{TrustProxies: []string{"loopback"}, PublicURL: "https://mon.example/", Key: secretKey}
	trusted := &AccessConfig{TrustProxies: []string{"loopback"}, Key: secretKey}
	for _, tt := range []struct {
		name               string
		config             *AccessConfig
		referer, forwarded string
		want               int
	}{
		{"the public URL", public, "https://mon.example/", "mon.example", 200},
		{"its host by http", public, "http://mon.example/", "mon.example", 403},
		{"what the proxy calls us", public, "http://HOST/", "mon.example", 403},
		{"another", public, "https://evil.example/", "mon.example", 403},
		{"a proxy that is believed", trusted, "https://mon.example/", "mon.example", 200},
		{"what that does not say", trusted, "https://other.example/", "mon.example", 403},
		{"one that is not", &AccessConfig{Open: true}, "https://mon.example/", "mon.example", 403},
		{"straight", &AccessConfig{Open: true}, "http://HOST/", "", 200},
	} {
		s := guardedBy(t, *tt.config, func(c *Config) { c.Lab = true })
		header := []string{"Authorization", "Bearer " + secretKey, "Referer", strings.Replace(tt.referer, "HOST", s.addr, 1)}
		if tt.forwarded != "" {
			header = append(header, "X-Forwarded-Host", tt.forwarded)
		}
		if status, body, _ := s.get("api/v1/polling?as=jsonp", header...); status != tt.want {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
	}
}

// A change of the key's file ends everybody's session; a broken one changes nothing.
func TestKeyFileChanges(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	s := guardedBy(t, AccessConfig{Required: true, KeyFile: file})
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.do("POST", "api/v1/login", fmt.Sprintf(`{"key":%q}`, strings.TrimSpace(string(key))))
	os.WriteFile(file, []byte("short"), 0o600)
	if err := s.config.Access.Reload(); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a broken file: %v", err)
	}
	if status, _, _ := b.do("GET", "api/v1/config", ""); status != 200 {
		t.Errorf("after a broken file: %d", status)
	}
	os.WriteFile(file, []byte(secretKey), 0o600)
	if err := s.config.Access.Reload(); err != nil {
		t.Error(err)
	}
	if status, _, _ := b.do("GET", "api/v1/config", ""); status != 401 {
		t.Errorf("after another key: %d", status)
	}
}

func TestPasswordsSlowed(t *testing.T) {
	if testing.Short() {
		t.Skip("a password costs a twelfth of a second, on purpose")
	}
	t.Parallel()
	line, err := PasswordLine("ann", "presenter", []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users")
	os.WriteFile(file, []byte(line+"\n"), 0o600)
	s := guardedBy(t, AccessConfig{Required: true, UsersFile: file}, func(c *Config) { c.Lab = true })
	b := s.browser()
	if status, body, _ := b.do("GET", "metrics", ""); status != 401 || !strings.Contains(body, "api/v1/login") || strings.Contains(body, "Bearer") {
		t.Errorf("there is no key to be sent: %d %s", status, body)
	}
	if status, body, _ := b.do("POST", "api/v1/login", `{"user":"ann","password":"correct horse"}`); status != 200 || !strings.Contains(body, "presenter") {
		t.Fatalf("%d %s", status, body)
	}
	if status, body, _ := b.do("POST", "api/v1/faults", `{"clear":true}`); status != 200 {
		t.Errorf("a presenter breaks things: %d %s", status, body)
	}
	if status, _, _ := b.do("GET", "api/v1/share", ""); status != 403 {
		t.Errorf("a presenter hands out links: %d", status)
	}
	last, wait := 0, ""
	guesses := 0
	for ; guesses < 50 && last != 429; guesses++ { // seven, or more if they take long: one is forgiven every 12 s
		status, _, header := b.do("POST", "api/v1/login", `{"user":"ann","password":"guess"}`)
		last, wait = status, header.Get("Retry-After")
	}
	if last != 429 || wait == "" || guesses < 6 {
		t.Errorf("after %d guesses: %d, Retry-After %q", guesses, last, wait)
	}
	if status, _, _ := b.do("GET", "api/v1/config", ""); status != 200 {
		t.Errorf("who is in is thrown out by guesses: %d", status)
	}
}

// Who came by a link is told of the lab what is true for links: nothing is broken there, whatever the others break, and
// what is not shown is refused for that, and not because the lab were off.
func TestLabByALink(t *testing.T) {
	for _, lab := range []bool{true, false} {
		s := guardedBy(t, AccessConfig{Required: true, Key: secretKey}, func(c *Config) {
			c.Lab, c.Load = lab, []string{"true"}
		})
		op, guest := s.browser(), s.browser()
		op.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
		link, _, err := s.Dashboard.config.Access.guard.Share(time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if status, body, _ := guest.do("POST", "api/v1/login", `{"share":"`+link+`"}`); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		if lab {
			for _, fault := range []string{`{"fault":{"delay":"1ms"}}`, `{"viewer":"else","fault":{"delay":"1ms"}}`} {
				if status, body, _ := op.do("POST", "api/v1/faults", fault); status != 200 {
					t.Fatalf("%d %s", status, body)
				}
			}
		}
		same := []string{"Sec-Fetch-Site", "same-origin"}
		for _, test := range []struct {
			who                *browser
			name, method, path string
			body               string
			inLab, off         string
		}{
			{guest, "a guest", "GET", "api/v1/config", "", `"guest":true`, `"guest":true`},
			{op, "an operator", "GET", "api/v1/config", "", `"guest":false`, `"guest":false`},
			{guest, "a guest", "GET", "api/v1/faults?viewer=me", "", `{"all":{"connections":0,"down":0,"up":0},"faults":[],"inside":{"me":{"connections":0,"down":0,"up":0}},"over":[]}`, "--lab on"},
			{op, "an operator", "GET", "api/v1/faults", "", `"viewer":"#`, "--lab on"},
			{guest, "a guest", "GET", "api/v1/load", "", "a link does not show this", "--lab on"},
			{op, "an operator", "GET", "api/v1/load", "", `"most":`, "--lab on"},
			{guest, "a guest", "GET", "api/v1/wire?viewer=me&exchanges=1", "", "not shown by a link", "not shown by a link"},
			{op, "an operator", "GET", "api/v1/wire?viewer=me&exchanges=1", "", `"exchanges":[]`, "--lab on"},
			{guest, "a guest", "POST", "api/v1/viewers/me", `{"echo":"word"}`, "by a link", "--lab on"},
			{op, "an operator", "POST", "api/v1/viewers/me", `{"echo":"word","ping":1}`, `"pong":1`, "--lab on"},
			{guest, "a guest", "GET", "api/v1/polling?as=jsonp", "", "by a link", "--lab on"},
			{op, "an operator", "GET", "api/v1/polling?as=jsonp", "", "fivewireJSONP(", "--lab on"},
		} {
			want := test.off
			if lab {
				want = test.inLab
			}
			if _, body, _ := test.who.do(test.method, test.path, test.body, same...); !strings.Contains(body, want) {
				t.Errorf("lab %v, %s asks %s %s: got %s, want %s", lab, test.name, test.method, test.path, body, want)
			}
		}
	}
}

// A panel in somebody's page shows its link's token with each question, and goes on doing so after a restart. That is no
// try to get in: others who log in from there are listened to.
func TestTokenOfAnotherProcess(t *testing.T) {
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	before := auth.New(auth.Secrets{Key: secretKey}, func() {})
	link, _, err := before.Share(time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	for range 20 {
		for _, path := range []string{"api/v1/login", "api/v1/config", "api/v1/streaming"} {
			want := 401
			if path == "api/v1/login" { // which says who one is: nobody
				want = 200
			}
			if status, body, _ := b.do("GET", path, "", "Authorization", "Bearer "+link); status != want {
				t.Fatalf("%s: %d %s", path, status, body)
			}
		}
	}
	if wrong, slowed := s.config.Access.guard.Tries(); wrong+slowed > 0 {
		t.Errorf("%d tries were wrong, %d slowed", wrong, slowed)
	}
	if status, body, _ := b.do("POST", "api/v1/login", `{"share":"`+link+`"}`); status != 401 {
		t.Errorf("it opens: %d %s", status, body)
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey, PublicURL: "https://mon.example/monitor/"})
	for _, tt := range []struct {
		host, origin string
		want         int
	}{
		{"mon.example", "https://mon.example", 200},
		{"mon.example", "", 200},
		{"mon.example:443", "https://mon.example", 200},
		{"127.0.0.1", "https://mon.example", 200},
		{"mon.example", "https://mon.example:8443", 403},
		{"mon.example", "http://mon.example", 403},
		{"127.0.0.1", "http://127.0.0.1", 200},
		{"mon.example", "https://mon.example.evil.example", 403},
		{"mon.example.evil.example", "", 421},
		{"mon.example", "null", 403},
	} {
		header := []string{"Host", tt.host, "Authorization", "Bearer " + secretKey}
		if tt.origin != "" {
			header = append(header, "Origin", tt.origin)
		}
		if status, body, _ := s.get("api/v1/config", header...); status != tt.want {
			t.Errorf("Host %s, Origin %s: %d %s", tt.host, tt.origin, status, body)
		}
	}
	if got := s.config.Access.Opens("http://127.0.0.1:1/"); got != "https://mon.example/monitor/#k="+secretKey {
		t.Errorf("it opens with %s", got)
	}
}

func TestBadAccess(t *testing.T) {
	for want, config := range map[string]AccessConfig{
		"--trust-proxy": {TrustProxies: []string{"everybody"}},
		"--public-url":  {PublicURL: "mon.example"},
		"frame":         {FrameAncestors: " "},
		"'self'":        {FrameAncestors: "https://a.example; script-src *"},
		"host's name":   {AllowHosts: []string{"a b"}},
		"key":           {Key: "short"},
		"users":         {UsersFile: "/nowhere/at/all"},
	} {
		if _, err := NewAccess(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

// A proxy has requests of many share a connection: an operator's comes on one that was parked for a guest, and may break things
// like any other.
func TestLabBehindAGuest(t *testing.T) {
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey}, func(c *Config) { c.Lab = true })
	link, _, err := s.Dashboard.config.Access.guard.Share(time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	op, guest := s.browser(), s.browser()
	op.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
	guest.do("POST", "api/v1/login", `{"share":"`+link+`"}`)
	conn := s.dial()
	in := bufio.NewReader(conn)
	say := func(b *browser, line, more, body string) (int, string) {
		t.Helper()
		fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n%s\r\n%s", line, s.addr, b.cookie(), more, body)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if status, text := say(guest, "GET /api/v1/polling", "", ""); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	cursor := fmt.Sprint(s.guests.Load().hub.Epoch(), "-", 1)
	for _, technique := range []string{"polling", "longpolling"} {
		for range 4 { // one after the other: by then it is parked
			if status, text := say(guest, "GET /api/v1/"+technique+"?viewer=g&wait=10ms&after="+cursor, "", ""); status != 204 {
				t.Fatalf("%d %s", status, text)
			}
		}
		if status, text := say(op, "GET /api/v1/faults", "", ""); status != 200 {
			t.Errorf("behind a guest that does %s: %d %s", technique, status, text)
		}
		fault := `{"fault":{"delay":"1ms"}}`
		more := fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(fault))
		if status, text := say(op, "POST /api/v1/faults", more, fault); status != 200 {
			t.Errorf("behind a guest that does %s: %d %s", technique, status, text)
		}
		// Whose requests come there next are nobody's of those.
		if status, text := say(guest, "GET /api/v1/"+technique+"?viewer=g&wait=10ms&after="+cursor, "", ""); status != 204 {
			t.Errorf("a guest behind an operator: %d %s", status, text)
		}
	}
}

// Guests get neither command lines nor names of users, on any technique or question.
func TestRedacted(t *testing.T) {
	const name, planted, user, place = "worker", "planted-command", "planted-user", "planted-place"
	rows := []collector.Process{{PID: 7, Name: name, Command: planted, User: user}}
	processes := &collector.Processes{
		Total: 1, Top: rows,
		Table: func(context.Context) ([]collector.Process, error) { return rows, nil },
		One:   func(context.Context, int32) (collector.Process, bool, error) { return rows[0], true, nil },
	}
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	snapshot := collector.Snapshot{At: time.Now(), Processes: processes, Users: []collector.User{{Name: user}},
		Sources: []collector.SourceState{{Name: "filesystems", Error: "filesystem /srv/" + place + ": no answer for 5s"}}}
	s.Publish(snapshot)
	op := s.browser()
	op.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
	_, body, _ := op.do("POST", "api/v1/share", `{"for":"1h"}`)
	_, token, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(body), `"}`), "#s=")
	guest := s.browser()
	if status, body, _ := guest.do("POST", "api/v1/login", `{"share":"`+token+`"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	questions := []string{
		"api/v1/polling", "api/v1/longpolling", "api/v1/processes", "api/v1/processes?pid=7", "api/v1/processes?tree=true", "api/v1/history", "api/v1/host",
		"api/v1/viewers", "api/v1/config", "metrics", fmt.Sprintf("api/v1/processes?at=%d", snapshot.At.UnixMilli()),
	}
	for _, path := range questions {
		_, all, _ := op.do("GET", path, "")
		status, body, _ := guest.do("GET", path, "")
		if strings.Contains(body, planted) || strings.Contains(body, user) || strings.Contains(body, place) {
			t.Errorf("%s tells a guest %s", path, body)
		}
		if strings.Contains(all, name) != strings.Contains(body, name) || status >= 500 && status != 503 {
			t.Errorf("%s: %d %s, and to an operator %s", path, status, body, all)
		}
	}
	for _, path := range []string{"metrics", "api/v1/viewers"} {
		if status, _, _ := guest.do("GET", path, ""); status != 403 {
			t.Errorf("%s is shown to a guest: %d", path, status)
		}
	}
	if status, _, _ := guest.do("GET", "api/v1/wire?viewer=other&exchanges=1", ""); status != 404 {
		t.Errorf("a guest has exchanges recorded: %d", status)
	}
	for _, technique := range load.Techniques() {
		c := s.client(technique)
		c.Header = http.Header{"Cookie": {guest.cookie()}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		n := 0
		err := c.Watch(ctx, "", func(m load.Message) error {
			if text := string(m.Raw); strings.Contains(text, planted) || strings.Contains(text, user) || strings.Contains(text, place) || !strings.Contains(text, name) {
				t.Errorf("%s tells a guest %s", technique, text)
			}
			if n++; n == 3 {
				return io.EOF
			}
			s.Publish(snapshot)
			return nil
		})
		if cancel(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: after %d messages: %v", technique, n, err)
		}
	}
}

// Of a source that fails a guest is told why, and not where.
func TestRedactedSources(t *testing.T) {
	const hidden = "a link does not show why"
	tests := []struct{ source, text, want string }{
		{"filesystems", "filesystem /srv/x: no answer for 1m5s", "no answer for 1m5s"},
		{"filesystems", "filesystem /srv/x: not asked, too many others do not answer", "not asked, too many others do not answer"},
		{"filesystems", "filesystem /srv/a: b: permission denied; filesystem /srv/c: no answer for 5s; and 2 more", "no answer for 5s"},
		{"cpu", `/proc/stat has a line "x"`, hidden},
		{"failed_units", "reach the system bus: dial unix /run/x/bus: connect: connection refused", "connection refused"},
		{"failed_units", "reach the system bus: dial tcp 10.0.0.7:80", hidden},
		{"failed_units", "lookup db.example", hidden},
		{"failed_units", "reach the system bus: fileserver", hidden},
		{"history", "history is in memory only: mkdir the directory: not a directory", "history is in memory only: not a directory"},
		{"history", "history is in memory only: open: read-only file system", "history is in memory only: read-only file system"},
		{"history", "history is written, and its file grows: read /x/y", "history is written, and its file grows: " + hidden},
		{"cpu", "", hidden},
	}
	for _, test := range tests {
		shown := []collector.SourceState{{Name: test.source, Error: test.text}}
		if got := redacted(collector.Snapshot{Sources: shown}).Sources[0].Error; got != test.want || shown[0].Error != test.text {
			t.Errorf("of %q a guest is told %q, want %q", test.text, got, test.want)
		}
	}
	missing := collector.SourceState{Name: "pressure", Error: "the kernel does not count pressure (boot Linux 4.20 or newer with psi=1)", Missing: true}
	if got := redacted(collector.Snapshot{Sources: []collector.SourceState{missing}}).Sources[0]; got != missing {
		t.Errorf("of what is missing a guest is told %+v", got)
	}
}

// Who says too much at once is told when to go on.
func TestCommandsSlowed(t *testing.T) {
	s := open(t, Config{}, "")
	s.commands.Pause = time.Second // in 20 ms a busy machine says no more than one
	status, wait := 0, ""
	b := s.browser()
	for range commandsAtOnce + 100 {
		code, _, header := b.do("POST", "api/v1/viewers/me", `{"ping":1}`)
		if status, wait = code, header.Get("Retry-After"); status != 200 {
			break
		}
	}
	if status != 429 || wait != "1" {
		t.Errorf("got %d, Retry-After %q", status, wait)
	}
	if status, _, _ := s.get("api/v1/config"); status != 200 {
		t.Errorf("who asks is told %d", status)
	}
}

// A proxy on this machine that says nothing of itself, but passes on what a browser calls us, is not this machine's user.
func TestSilentProxy(t *testing.T) {
	for name, config := range map[string]AccessConfig{
		"public URL":  {PublicURL: "https://mon.example/", Key: secretKey},
		"trusted":     {TrustProxies: []string{"loopback"}, AllowHosts: []string{"mon.example"}, Key: secretKey},
		"named":       {AllowHosts: []string{"mon.example"}, Key: secretKey},
		"by a socket": {TrustProxies: []string{"unix"}, AllowHosts: []string{"mon.example"}, Key: secretKey},
	} {
		s := guardedBy(t, config)
		b := s.browser()
		ask := func(host string) int {
			req, err := http.NewRequest("GET", b.url+"api/v1/config", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			resp, err := b.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode
		}
		if got := ask("mon.example"); got != 401 {
			t.Errorf("%s: through the proxy: %d", name, got)
		}
		for _, host := range []string{"localhost", "127.0.0.1:8055", "[::1]"} {
			if got := ask(host); got != 200 {
				t.Errorf("%s: from here, as %s: %d", name, host, got)
			}
		}
	}
}

// What goes to guests is sent as well, and in the figures for Prometheus.
func TestSentToGuests(t *testing.T) {
	s := guardedBy(t, AccessConfig{Required: true, Key: secretKey})
	s.redact()
	token, _, err := s.config.Access.guard.Share(time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	guest := s.browser()
	if status, body, _ := guest.do("POST", "api/v1/login", `{"share":"`+token+`"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	before := s.sent()
	_, body, _ := guest.do("GET", "api/v1/polling", "")
	eventually(t, "the poll is counted", func() bool { return s.sent() >= before+int64(len(body)) })
	for _, series := range []string{
		`fivewire_messages_delivered_total 1`, `fivewire_wire_messages_total{transport="polling"} 1`,
		`fivewire_wire_requests_total{transport="polling"} 1`, `fivewire_messages_published_total 1`,
	} {
		eventually(t, "metrics have "+series, func() bool {
			_, page, _ := s.get("metrics", "Authorization", "Bearer "+secretKey)
			return strings.Contains(page, "\n"+series+"\n")
		})
	}
}

// A name that is answered to makes a key, for it is how a proxy's browsers come; whom nobody asks needs none.
func TestNameMakesKey(t *testing.T) {
	for _, tt := range []struct {
		config AccessConfig
		made   bool
	}{
		{AccessConfig{}, false},
		{AccessConfig{AllowHosts: []string{"mon.example"}}, true},
		{AccessConfig{AllowHosts: []string{"mon.example"}, Open: true}, false},
	} {
		access, err := NewAccess(tt.config)
		if err != nil {
			t.Fatal(err)
		}
		if opens := access.Opens("http://127.0.0.1:1/"); (access.MadeKey() != "") != tt.made || strings.Contains(opens, "#k=") != tt.made {
			t.Errorf("%+v: a key is made: %v, it opens with %s", tt.config, access.MadeKey() != "", opens)
		}
	}
}

// A file of users that others can write is none; one that they can read is told of.
func TestUsersOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what Go says of modes there is made up")
	}
	file := filepath.Join(t.TempDir(), "users")
	writeFile(t, file, "# nobody yet\n")
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o644: true} {
		var log journal
		os.Chmod(file, mode)
		if _, err := NewAccess(AccessConfig{UsersFile: file, Logger: slog.New(slog.NewTextHandler(&log, nil))}); err != nil || strings.Contains(log.String(), "others can read") != want {
			t.Errorf("%o: %v, %q", mode, err, log.String())
		}
	}
	os.Chmod(file, 0o666)
	if _, err := NewAccess(AccessConfig{UsersFile: file}); err == nil || !strings.Contains(err.Error(), "can be written by others") {
		t.Errorf("one that others can write: %v", err)
	}
}

// A file without names lets nobody in, and says so: at the start, and when it has become one.
func TestNobodyCanLogIn(t *testing.T) {
	line, err := PasswordLine("ann", "viewer", []byte("planted-password"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users")
	writeFile(t, file, "# nobody yet\n")
	var log journal
	said := func() int { return strings.Count(log.String(), "nobody can log in") }
	config := AccessConfig{Required: true, UsersFile: file, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	access, err := NewAccess(config)
	if err != nil || said() != 1 {
		t.Fatalf("at the start: %v, %q", err, log.String())
	}
	for i, content := range []string{line, ""} {
		writeFile(t, file, content)
		if err := access.Reload(); err != nil || said() != 1+i {
			t.Errorf("with %q: %v, %q", content, err, log.String())
		}
	}
	for _, local := range []AccessConfig{{UsersFile: file}, {UsersFile: file, Required: true, Open: true}} {
		local.Logger = config.Logger
		if _, err := NewAccess(local); err != nil || said() != 2 {
			t.Errorf("where nobody has to: %v, %q", err, log.String())
		}
	}
}
