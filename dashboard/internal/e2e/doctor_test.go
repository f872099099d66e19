package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needProgram skips where a proxy is not installed: loudly, and never on CI.
func needProgram(t *testing.T, name string) string {
	t.Helper()
	file, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed (hint: apt-get install %s)", name, name)
	}
	if err != nil {
		shout("*** NOTHING IS TESTED BEHIND " + name + ": it is not installed (hint: apt-get install " + name + ")")
		t.Skip(err)
	}
	return file
}

// freePort is one that nobody listens on. Somebody may come before who gets it: then it does not start, and says so.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// proxy runs a proxy with a configuration until the function that it returns is called, or the test ends.
func proxy(t *testing.T, port int, config string, command func(file string) []string) (stop func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "proxy.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	args := command(file)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr, cmd.Stdout = t.Output(), t.Output()
	cmd.SysProcAttr = tied(syscall.SIGTERM) // nginx ends its own children then
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cmd.Process.Signal(os.Interrupt) // nginx and HAProxy end at once
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				cmd.Process.Kill()
				<-ended
			}
		}
	}
	t.Cleanup(stop)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
			return stop
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v\n%s", args[0], err, config)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("%s does not listen", args[0])
	return stop
}

// nginx's configuration, with what stands in its http, server and location.
func nginxConfig(dir string, port int, upstream, path, http, server, location string) string {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	return fmt.Sprintf(`daemon off; %[8]s pid %[1]s/pid; error_log stderr error; worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	gzip on; gzip_types application/json application/x-ndjson text/event-stream;
	%[5]s
	server {
		listen 127.0.0.1:%[2]d;
		%[6]s
		location %[4]s {
			proxy_pass http://%[3]s;
			%[7]s
		}
	}
}
`, dir, port, upstream, path, http, server, location, user)
}

func haproxyConfig(port int, upstream, defaults string) string {
	return fmt.Sprintf(`defaults
	mode http
	option forwardfor
	timeout connect 5s
	timeout client 3s
	timeout server 3s
	timeout tunnel 3s
	%[3]s
frontend front
	bind 127.0.0.1:%[1]d
	default_backend back
backend back
	compression algo gzip
	compression type application/json application/x-ndjson text/event-stream
	server one %[2]s
`, port, upstream, defaults)
}

// A finding of the doctor: its sentence, and the lines for each place.
type diagnosis struct {
	Status, Idle, Facts string
	Verdicts            map[string]string
	Cures               map[string]string
}

// examine has the doctor of a page look at its way.
func (p *page) examine(url string) diagnosis {
	p.t.Helper()
	p.open(url + "?technique=polling#lab")
	p.waits("the doctor is there", `!!document.querySelector('[data-testid="doctor-start"]')`)
	p.set("doctor-wait", "10")
	p.click("doctor-start")
	for range 90 { // three looks at each, at worst
		time.Sleep(time.Second)
		if evaluate[bool](p, `!document.querySelector('[data-testid="doctor-start"]').disabled`) {
			break
		}
	}
	p.waits("the doctor is done", `!document.querySelector('[data-testid="doctor-start"]').disabled`)
	found := evaluate[diagnosis](p, `(() => {
		const text = (name) => document.querySelector('[data-testid="doctor-' + name + '"]').textContent;
		const rows = [...document.querySelectorAll('[data-testid="doctor-table"] tbody tr')];
		return {
			Status: text("status"), Idle: text("idle"), Facts: text("facts"),
			Verdicts: Object.fromEntries(rows.map((row) => [row.dataset.technique, [...row.children].slice(1).map((cell) => cell.dataset.verdict ?? cell.textContent).join(" ")])),
		};
	})()`)
	found.Cures = p.cures()
	return found
}

// cures are the lines that the doctor prints, by where they go.
func (p *page) cures() map[string]string {
	p.t.Helper()
	return evaluate[map[string]string](p, `Object.fromEntries([...document.querySelectorAll('[data-testid="doctor-cures"] pre')]
		.map((pre) => [(pre.dataset.remove === "true" ? "remove " : "") + pre.dataset.where, pre.textContent]))`)
}

// What the doctor says when there is nothing to say, and what a console says while it looks.
const allWell = "All five come through as they were sent. Nothing to do."

var failures = []string{"WebSocket connection", "ERR_", "502", "504", "400", "426", "Failed to load"}

// Behind real proxies the doctor finds what they do, and nothing else; and the very lines that it prints cure it. Each of these
// waits most of the time.

func TestDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	s := start(t, "--interval", "400ms", "--auth", "off")
	s.ready()
	p := newPage(t)
	got := p.examine(s.url)
	if got.Status != allWell || len(got.Cures) != 0 || !strings.Contains(got.Facts, "nobody shows") || !strings.Contains(got.Idle, "lived for 10") {
		t.Errorf("got %+v", got)
	}
}

// As it is installed, with gzip for what is asked for.
func TestDoctorNginxAsItIs(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	behindNginx(t, "", "upgrade compressed", "")
}

// What an administrator may have set for all.
func TestDoctorNginxAgainstUs(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	behindNginx(t, "proxy_ignore_headers X-Accel-Buffering; proxy_read_timeout 3s;", "upgrade buffered compressed idle", "streaming sse")
}

// behindNginx has the doctor look through nginx with what stands in its server, and again with what it said.
func behindNginx(t *testing.T, server, found, buffered string) {
	t.Helper()
	needBrowser(t)
	nginx := needProgram(t, "nginx")
	s := start(t, "--interval", "400ms", "--auth", "off", "--lab", "on", "--trust-proxy", "loopback", "--base-path", "/a/monitor")
	s.ready()
	upstream, _, _ := strings.Cut(s.address(), "/")
	port, dir := freePort(t), t.TempDir()
	run := func(http, location string) func() {
		return proxy(t, port, nginxConfig(dir, port, upstream, "/a/monitor/", http, server, location), func(file string) []string {
			return []string{nginx, "-p", dir, "-c", file, "-e", "stderr"}
		})
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/a/monitor/", port)
	stop := run("", "")
	p := newPage(t)
	p.expect(failures...)
	got := p.examine(url)
	t.Logf("%+v", got)
	p.found(got.Status, found)
	for technique := range strings.FieldsSeq(buffered) {
		if !strings.HasPrefix(got.Verdicts[technique], "buffered") && !strings.HasPrefix(got.Verdicts[technique], "silent") {
			t.Errorf("%s: got %q, want buffered", technique, got.Verdicts[technique])
		}
	}
	if !strings.Contains(got.Facts, "nginx") {
		t.Errorf("between: got %q, want nginx", got.Facts)
	}
	if got.Cures["nginx_http"] == "" || strings.Contains(got.Cures["nginx_location"], "read_timeout") != strings.Contains(found, "idle") {
		t.Errorf("the cures are %q", got.Cures)
	}
	stop()
	run(got.Cures["nginx_http"], got.Cures["nginx_location"])
	if got := p.examine(url); got.Status != allWell || len(got.Cures) != 0 {
		t.Errorf("cured: got %+v", got)
	}
}

func TestDoctorHAProxy(t *testing.T) {
	t.Parallel()
	exhaustive(t)
	needBrowser(t)
	haproxy := needProgram(t, "haproxy")
	s := start(t, "--interval", "400ms", "--auth", "off")
	s.ready()
	port := freePort(t)
	run := func(add, remove string) func() {
		config := haproxyConfig(port, s.address(), add)
		for line := range strings.Lines(remove) {
			config = regexp.MustCompile(`(?m)^\t`+regexp.QuoteMeta(strings.TrimSpace(line))+`.*\n`).ReplaceAllString(config, "")
		}
		return proxy(t, port, config, func(file string) []string {
			return []string{haproxy, "-db", "-f", file}
		})
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/", port)
	stop := run("", "")
	p := newPage(t)
	p.expect(failures...)
	got := p.examine(url)
	t.Logf("%+v", got)
	p.found(got.Status, "compressed idle")
	if !strings.Contains(got.Facts, "X-Forwarded-For") || !strings.Contains(got.Facts, "does not give a name") {
		t.Errorf("between: got %q, want somebody without a name", got.Facts)
	}
	p.set("doctor-proxy", "haproxy")
	cures := p.cures()
	stop()
	run(cures["haproxy_defaults"], cures["remove haproxy_backend"])
	if got := p.examine(url); got.Status != allWell || len(got.Cures) != 0 {
		t.Errorf("cured by %q: got %+v", cures, got)
	}
}

// found checks the sentences: those of the findings, in their order, and no others.
func (p *page) found(status, want string) {
	p.t.Helper()
	sentences := map[string]string{
		"upgrade": "handshake does not come through.", "buffered": "held back on the way.", "compressed": "compressed on the way", "idle": "cut before the next heartbeat",
	}
	for name, sentence := range sentences {
		if strings.Contains(status, sentence) != strings.Contains(want, name) {
			p.t.Errorf("found: got %q, want %s", status, want)
		}
	}
}

// The judgement, by what was seen: at and received of each message, from the moment of asking.
func TestDiagnosis(t *testing.T) {
	p := modules(t)
	for _, tt := range []struct{ name, seen, want string }{
		{"fine", `observe("sse", [[900, 1010], [2000, 2005], [3000, 3004], [4000, 4010]])`, "fine"},
		{"late", `observe("sse", [[900, 1010], [2000, 2605], [3000, 3604], [4000, 4410]])`, "buffered"},
		{"first-late", `observe("streaming", [[900, 4100], [4200, 4210]])`, "buffered"},
		{"clumped", `observe("streaming", [[900, 3900], [2000, 3900], [3000, 3901]])`, "buffered"},
		{"nothing", `observe("streaming", [])`, "silent"},
		{"refused", `observe("websocket", [], { status: 0, whole: false })`, "refused"},
		{"no-head", `observe("sse", [], { status: 0 })`, "silent"},
		{"gateway", `observe("sse", [], { status: 502 })`, "refused"},
		{"all-is-late", `observe("longpolling", [[900, 2900], [2000, 3605], [3000, 4604]], { trip: 900 })`, "fine"},
		{"later-than-all", `observe("longpolling", [[900, 2900], [2000, 3605], [3000, 4604]], { trip: 400 })`, "buffered"},
		{"poll-is-old", `observe("polling", [[100, 1010], [1000, 1999], [2000, 2999], [3000, 3999]])`, "fine"},
		{"found-nothing", `findings([result("sse", "fine"), result("websocket", "fine")], { silence: 10000, cut: false }, 25000)`, ""},
		{"found-upgrade", `findings([result("sse", "fine"), result("websocket", "refused")], null, 25000)`, "upgrade"},
		{"found-a-wall", `findings([result("sse", "refused"), result("websocket", "refused")], null, 25000)`, ""},
		{"found-compressed", `findings([result("polling", "fine", "br")], { silence: 60000, cut: true }, 25000)`, "compressed"},
		{"found-idle", `findings([result("polling", "fine")], { silence: 20000, cut: true }, 25000)`, "idle"},
		{"nobody", `names({ protocol: "HTTP/1.1", head: [{ name: "Host", value: "a:1" }] }, [])`, ""},
		{"nginx-by-server", `names({ protocol: "HTTP/1.0", head: [{ name: "Host", value: "b:2" }] }, [{ name: "server", value: "nginx/1.22.1" }])`, "nginx"},
		{"somebody-by-host", `names({ protocol: "HTTP/1.1", head: [{ name: "Host", value: "b:2" }] }, [])`, "unknown"},
		{"caddy-by-via", `names({ protocol: "HTTP/1.1", head: [{ name: "Host", value: "a:1" }, { name: "Via", value: "1.1 Caddy" }] }, [])`, "caddy"},
		{"traefik-by-field", `names({ protocol: "HTTP/1.1", head: [{ name: "Host", value: "a:1" }, { name: "X-Forwarded-Server", value: "pod-1" }] }, [])`, "traefik"},
		{"two", `names({ protocol: "HTTP/1.1", head: [{ name: "Host", value: "a:1" }, { name: "Via", value: "1.1 varnish" }] }, [{ name: "server", value: "nginx" }])`, "varnish nginx"},
		{"cure-only-what-is-needed", `cures("nginx", ["idle"]).flatMap(({ lines }) => lines).join("|")`, "proxy_read_timeout 1h;"},
		{"cure-in-one-place", `cures("nginx", ["buffered", "compressed"]).map(({ where, lines }) => where + ": " + lines.join("|")).join(" / ")`, "nginx_location: proxy_buffering off;|gzip off;"},
		{"no-cure", `proxies.flatMap((proxy) => cures(proxy, [])).length`, "0"},
		{"cures-for-all", `proxies.flatMap((proxy) => ["upgrade", "buffered", "compressed", "idle"].filter((finding) => cures(proxy, [finding]).length === 0)).join()`, ""},
	} {
		got := evaluate[string](p, `(async () => {
			const { judge, findings, proxies: between } = await import(base + "lab/diagnosis.js");
			const { cures, proxies } = await import(base + "lab/cures.js");
			const observe = (technique, messages, more) => judge({ technique, asked: 1000, ended: 4500, whole: true, status: 200, encoding: "", trip: 0,
				messages: messages.map(([at, received]) => ({ at, received })), ...more }, 1000, 0).verdict;
			const result = (technique, verdict, encoding = "") => ({ technique, verdict, encoding, first: 0, age: 0, status: 200 });
			const names = (arrived, answer) => between(arrived, answer, "a:1").proxies.join(" ");
			const out = `+tt.seen+`;
			return Array.isArray(out) ? out.join(" ") : String(out);
		})()`)
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
