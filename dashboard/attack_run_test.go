package dashboard

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fivewire/fivewire/collector"
	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/load"
)

// A journal is a log that can be read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// raw sends bytes and returns the status and the head of the answer, and at most so much of its body; 0 where there was none.
func (s *site) raw(request string) (status int, head, body string) {
	s.t.Helper()
	conn := s.dial()
	defer conn.Close()
	go io.WriteString(conn, request)
	r := bufio.NewReader(conn)
	var b strings.Builder
	for {
		line, err := r.ReadString('\n')
		b.WriteString(line)
		if err != nil || strings.TrimSpace(line) == "" {
			break
		}
	}
	head = b.String()
	fmt.Sscanf(head, "HTTP/1.1 %d", &status)
	if length := regexp.MustCompile(`(?i)content-length: (\d+)`).FindStringSubmatch(head); length != nil && status != 304 {
		n := 0
		fmt.Sscan(length[1], &n)
		text := make([]byte, min(n, 4096))
		n, _ = io.ReadFull(r, text)
		body = string(text[:n])
	}
	return status, head, body
}

// Every URL with everything that should not get through: it is refused as documented, the server lives, and a viewer beside
// it gets all. What is secret is in no answer, no log and no link afterwards.
func TestAttackRun(t *testing.T) {
	t.Parallel()
	var log journal
	line, err := PasswordLine("ann", "viewer", []byte("planted-password"))
	if err != nil {
		t.Fatal(err)
	}
	users := t.TempDir() + "/users"
	writeFile(t, users, line)
	access, err := NewAccess(AccessConfig{Required: true, Key: secretKey, UsersFile: users, Name: t.Name(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Access: access, Lab: true, Heartbeat: time.Second, Hold: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	ln, url, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := New(config)
	d.commands.AtOnce = 1 << 20 // what is too often has a test of its own
	s := serveOn(t, d, ln, url, "")
	s.publish(1)
	op, guest, ended := s.browser(), s.browser(), s.browser()
	op.do("POST", "api/v1/login", `{"key":"`+secretKey+`"}`)
	link := func(b *browser) (token, id string) {
		t.Helper()
		_, body, _ := op.do("POST", "api/v1/share", `{"for":"1h"}`)
		var made struct{ ID, URL string }
		if err := json.Unmarshal([]byte(body), &made); err != nil {
			t.Fatal(err)
		}
		_, token, _ = strings.Cut(made.URL, "#s=")
		if status, body, _ := b.do("POST", "api/v1/login", `{"share":"`+token+`"}`); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return token, made.ID
	}
	guestToken, _ := link(guest)
	endedToken, id := link(ended)
	endedCookie := ended.cookie()
	op.do("DELETE", "api/v1/share/"+id, "")

	bystander := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // a thousand requests, beside other tests
	defer cancel()
	before := s.n
	var seen []string
	go func() {
		c := s.client("sse")
		c.Header = http.Header{"Authorization": {"Bearer " + secretKey}}
		bystander <- c.Watch(ctx, s.cursor(before), func(m load.Message) error {
			if seen = append(seen, m.ID); strings.Contains(string(m.Raw), `"uptime":9999`) {
				return io.EOF
			}
			return nil
		})
	}()
	eventually(t, "the bystander is there", func() bool { return s.hub.Stats().Subscriptions == 1 })

	own := "Authorization: Bearer " + secretKey + "\r\n"
	random := rand.New(rand.NewPCG(5, 8))
	for i, r := range s.routes() {
		if testing.Short() && i%5 != 0 {
			continue
		}
		path := strings.NewReplacer(":id", "me", ":technique", "sse", "*", "x").Replace(r.path)
		methods := []string{r.method}
		if r.method == "ALL" {
			methods = []string{"GET", "POST", "DELETE"}
		}
		guestToken, _ = link(guest) // the route before may have taken it back
		writes := r.method != "GET" && r.method != "ALL"
		data := strings.HasPrefix(path, "/api") || path == "/watch" || path == "/metrics" || path == "/" // which without Accept is text
		ask := func(method, target, host, head, body string) (int, string, string) {
			t.Helper()
			if strings.Contains(head, "chunked") {
				body = "0\r\n\r\n"
			} else if body != "" {
				head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
			}
			return s.raw(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + head + "Connection: close\r\n\r\n" + body)
		}
		closed := r.role > auth.Anybody
		for _, method := range methods {
			for name, attack := range map[string]struct {
				target, host, head, body string
				want                     []int // nil for anything that is no 2xx and no 5xx
			}{
				"no-token":        {path, s.addr, "", "", wantIf(closed, 401)},
				"wrong-token":     {path, s.addr, "Authorization: Bearer wrong-wrong-wrong-wrong\r\n", "", wantIf(closed, 401, 429)},
				"empty-token":     {path, s.addr, "Authorization: Bearer \r\nCookie: " + access.cookie + "=\r\n", "", wantIf(closed, 401)},
				"two-tokens":      {path, s.addr, own + own, "", wantIf(closed, 401)},
				"basic":           {path, s.addr, "Authorization: Basic " + secretKey + "\r\n", "", wantIf(closed, 401)},
				"in-the-url":      {path + "?k=" + secretKey + "&key=" + secretKey + "&token=" + secretKey, s.addr, "", "", wantIf(closed, 401)},
				"ended-link":      {path, s.addr, "Cookie: " + endedCookie + "\r\n", "", wantIf(closed, 401)},
				"link-as-session": {path, s.addr, "Cookie: " + access.cookie + "=" + guestToken + "\r\n", "", wantIf(closed, 401)},
				"wrong-role":      {path, s.addr, "Cookie: " + guest.cookie() + "\r\n", "", wantIf(r.role > auth.Viewer, 403)},
				"foreign-origin":  {path, s.addr, own + "Origin: http://evil.example\r\n", "", wantIf(data, 403)},
				"null-origin":     {path, s.addr, own + "Origin: null\r\n", "", wantIf(data, 403)},
				"other-port":      {path, s.addr, own + "Origin: http://127.0.0.1:1\r\n", "", wantIf(data, 403)},
				"cross-site":      {path, s.addr, own + "Sec-Fetch-Site: cross-site\r\n", "", wantIf(data, 403)},
				"foreign-host":    {path, "evil.example", own, "", []int{421}},
				"rebound":         {path, "127.0.0.1.nip.io", own, "", []int{421}},
				"two-hosts":       {path, s.addr + "\r\nHost: evil.example", own, "", []int{400, 421}},
				"long-head":       {path, s.addr, own + "X: " + strings.Repeat("x", 20_000) + "\r\n", "", []int{431}},
				"many-fields":     {path, s.addr, own + strings.Repeat("X: y\r\n", 5_000), "", []int{431}},
				"long-url":        {path + "?" + strings.Repeat("x", 20_000), s.addr, own, "", []int{414, 431}},
				"long-body":       {path, s.addr, own + "Content-Length: 99999999\r\n", "", []int{413}},
				"traversal":       {path + "/../../../../../../etc/passwd", s.addr, own, "", nil},
				"encoded-dots":    {path + "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", s.addr, own, "", nil},
				"nul":             {path + "%00.js", s.addr, own, "", nil},
				"header-nul":      {path, s.addr, "X: a\x00b\r\n", "", []int{400, 401}},
				"chunked":         {path, s.addr, own + "Transfer-Encoding: chunked\r\n", "", []int{400}},
				"bare-lf":         {path, s.addr, "X: a\nY: b\r\n", "", nil},
				"folded":          {path, s.addr, own + "X: a\r\n b\r\n", "", []int{400}},
			} {
				if name == "long-body" && !writes { // that waits for it, for as long as a request may take to arrive
					continue
				}
				status, head, body := ask(method, attack.target, attack.host, attack.head, attack.body)
				if attack.want != nil && !slices.Contains(attack.want, status) || status >= 500 && status != 503 {
					t.Errorf("%s %s, %s: got %d %s, want %v", method, path, name, status, body, attack.want)
				}
				if strings.Contains(head+body, "evil") || strings.Contains(body, "root:") || strings.Contains(head+body, secretKey) {
					t.Errorf("%s %s, %s: the answer repeats what was sent, or tells what nobody may know: %s%s", method, path, name, head, body)
				}
			}
			// What gets through has to be understood, or refused: never a fault.
			for name, query := range map[string]string{
				"crlf":         "viewer=a%0d%0aSet-Cookie:+evil=1&after=%0d%0a%0d%0a&sort=%0aX:1",
				"utf8":         "viewer=%ff%fe&after=%c0%af&series=%ed%a0%80&technique=%ff&at=%ff&pid=%ff",
				"numbers":      "from=-1&to=99999999999999999999&points=1e9&limit=-5&pid=0&exchanges=-1&wait=-1s&every=9999h",
				"twice":        "viewer=a&viewer=b&after=1&after=2",
				"random-bytes": randomQuery(random),
			} {
				body := ""
				if writes {
					body = string(randomBytes(random, 200))
				}
				status, head, answer := ask(method, path+"?"+query, s.addr, own, body)
				if status >= 500 && status != 503 || status == 0 || strings.Contains(strings.ToLower(head), "evil") {
					t.Errorf("%s %s, %s: got %d %s%s", method, path, name, status, head, answer)
				}
			}
		}
		s.publish(1)
	}
	// A method that nobody knows passes by no gate.
	for name, attack := range map[string]struct {
		host, head string
		want       int
	}{
		"foreign-host": {"evil.example", own, 421},
		"chunked":      {s.addr, own + "Transfer-Encoding: chunked\r\n", 400},
		"own":          {s.addr, own, 400},
	} {
		for _, method := range []string{"BREW", "get", "PROPFIND"} {
			end := "\r\n"
			if name == "chunked" {
				end += "0\r\n\r\n"
			}
			status, head, body := s.raw(method + " /api/v1/config HTTP/1.1\r\nHost: " + attack.host + "\r\n" + attack.head + "Connection: close\r\n" + end)
			if status != attack.want || !strings.Contains(head, "application/problem+json") {
				t.Errorf("%s, %s: got %d %s%s", method, name, status, head, body)
			}
		}
	}
	for range 200 { // no requests at all
		s.raw(string(randomBytes(random, 300)) + "\r\n\r\n")
	}

	s.Publish(collector.Snapshot{At: time.Now(), Uptime: collector.Known(9999)})
	s.n++
	if err := <-bystander; err != io.EOF || len(seen) != s.n-before {
		t.Errorf("the bystander saw %d of %d messages and ended with %v", len(seen), s.n-before, err)
	}
	if status, _, _ := s.get("healthz"); status != 200 {
		t.Errorf("afterwards the server answers %d", status)
	}
	secrets := map[string]string{
		"the key": secretKey, "a guest's token": guestToken, "an ended token": endedToken, "a session": strings.SplitN(guest.cookie(), "=", 2)[1],
		"a password": "planted-password", "a hash": strings.SplitN(line, ":", 3)[2],
	}
	for _, r := range s.routes() {
		if r.method != "GET" || r.path == "/watch" || strings.ContainsAny(r.path, ":*") || slices.Contains(load.Techniques(), r.path[strings.LastIndexByte(r.path, '/')+1:]) {
			continue
		}
		_, body, header := op.do("GET", r.path[1:], "")
		for what, secret := range secrets {
			if strings.Contains(body, secret) || strings.Contains(fmt.Sprint(header), secret) {
				t.Errorf("%s tells %s", r.path, what)
			}
		}
	}
	for what, secret := range secrets {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %s", what)
		}
	}
	for line := range strings.Lines(log.String()) {
		if !strings.HasPrefix(line, "time=") || strings.Contains(line, "\x1b") || strings.Contains(line, "panic") {
			t.Errorf("the log has %q", line)
		}
	}
}

// wantIf is what an answer has to be where something holds.
func wantIf(holds bool, statuses ...int) []int {
	if !holds {
		return nil
	}
	return statuses
}

func randomBytes(r *rand.Rand, most int) []byte {
	b := make([]byte, 1+r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomQuery(r *rand.Rand) string {
	var b strings.Builder
	for _, name := range []string{"viewer", "after", "wait", "every", "as", "series", "pid", "at", "silent"} {
		fmt.Fprintf(&b, "%s=", name)
		for _, c := range randomBytes(r, 12) {
			fmt.Fprintf(&b, "%%%02x", c)
		}
		b.WriteByte('&')
	}
	return strings.TrimSuffix(b.String(), "&")
}

// writeFile writes a file that only this user may read.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
