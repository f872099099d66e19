package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fivewire/fivewire/dashboard/load"
)

// Behind each proxy, as README says to set it up, under a sub-path and with what it buffers by default: all five carry each
// message within a second, and not all of them 200 ms late, the login works, and its cookie is for the sub-path.
func TestBehindProxies(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a dashboard and a proxy for each")
	}
	for _, tt := range []struct {
		name   string
		config func(dir string, port int, upstream string) string
		run    func(program, file string) []string
	}{
		{"nginx", func(dir string, port int, upstream string) string {
			location := "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;" +
				"proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Prefix /monitor;"
			return nginxConfig(dir, port, upstream+"/", "/monitor/", "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }", "", location)
		}, func(program, file string) []string { return []string{program, "-c", file, "-p", filepath.Dir(file)} }},
		{"haproxy", func(_ string, port int, upstream string) string {
			return strings.NewReplacer("\tdefault_backend back", "\tuse_backend back if { path /monitor } || { path_beg /monitor/ }",
				"\nbackend back\n", "\nbackend back\n\toption http-no-delay\n\thttp-request redirect code 308 location /monitor/ if { path /monitor }\n"+
					"\thttp-request set-header X-Forwarded-Prefix /monitor\n\thttp-request replace-path ^/monitor/(.*) /\\1\n").Replace(haproxyConfig(port, upstream, ""))
		}, func(program, file string) []string { return []string{program, "-db", "-f", file} }},
		{"apache2", func(dir string, port int, upstream string) string {
			var b strings.Builder
			for _, module := range []string{"mpm_event", "authz_core", "alias", "proxy", "proxy_http", "headers", "deflate", "filter"} {
				fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", module, module)
			}
			if os.Geteuid() == 0 {
				b.WriteString("User www-data\nGroup www-data\n")
			}
			fmt.Fprintf(&b, "ServerName 127.0.0.1\nTimeout 3\nListen 127.0.0.1:%[2]d\nPidFile %[1]s/pid\nErrorLog %[1]s/error\nDefaultRuntimeDir %[1]s\n"+
				"RedirectMatch 308 ^/monitor$ /monitor/\nProxyPass /monitor/ http://%[3]s/ upgrade=websocket flushpackets=on\n"+
				"RequestHeader set X-Forwarded-Prefix /monitor\nRequestHeader set X-Forwarded-Proto expr=%%{REQUEST_SCHEME}\n", dir, port, upstream)
			return b.String()
		}, func(program, file string) []string { return []string{program, "-f", file, "-DFOREGROUND"} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			program := needProgram(t, tt.name)
			port := freePort(t)
			public := fmt.Sprintf("http://127.0.0.1:%d/monitor/", port)
			listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
			s := start(t, "--interval", "500ms", "--listen", listen, "--public-url", public, "--trust-proxy", "loopback")
			address, key, found := strings.Cut(s.url, "#k=")
			if !found || address != public {
				t.Fatalf("printed %s, want %s#k=…", s.url, public)
			}
			dir := t.TempDir()
			proxy(t, port, tt.config(dir, port, listen), func(file string) []string { return tt.run(program, file) })
			// Without its last slash the page's own links would lead elsewhere; and what only begins alike is not ours.
			client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			for path, want := range map[string]bool{"monitor": true, "monitorhealthz": false, "healthz": false} {
				resp, err := client.Get(strings.TrimSuffix(public, "monitor/") + path)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				location := resp.Header.Get("Location")
				if moved := resp.StatusCode/100 == 3 && (location == public || location == "/monitor/"); moved != want || resp.StatusCode == http.StatusOK {
					t.Errorf("/%s: got %s, %q", path, resp.Status, location)
				}
			}
			for origin, want := range map[string]int{strings.TrimSuffix(public, "/monitor/"): 401, fmt.Sprintf("https://127.0.0.1:%d", port): 403, "http://" + listen: 403, "http://127.0.0.1": 403} {
				req, err := http.NewRequest(http.MethodGet, public+"api/v1/config", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Origin", origin)
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("a page of %s: got %s, want %d", origin, resp.Status, want)
				}
			}
			resp, err := http.Get(public + "api/v1/config")
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Fatalf("who comes through the proxy without a key is told %s", resp.Status)
			}
			resp, err = http.Post(public+"api/v1/login", "application/json", strings.NewReader(`{"key":"`+key+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			cookie := resp.Header.Get("Set-Cookie")
			if resp.StatusCode != 200 || !strings.Contains(cookie, "path=/monitor/") {
				t.Fatalf("logging in: %s, %q", resp.Status, cookie)
			}
			name, _, _ := strings.Cut(cookie, ";")
			for _, technique := range techniques {
				c := &load.Client{URL: public, Technique: technique, Interval: 100 * time.Millisecond, Header: http.Header{"Cookie": {name}, "Origin": {strings.TrimSuffix(public, "/monitor/")}}}
				var ages []time.Duration
				n := 0
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				err := c.Watch(ctx, "", func(m load.Message) error {
					if n++; n > 1 { // the first has been waiting
						ages = append(ages, time.Since(time.UnixMilli(m.At)))
					}
					if n == 5 {
						return io.EOF
					}
					return nil
				})
				cancel()
				slices.Sort(ages) // a proxy that collects delays all of them, a busy machine one or the other
				if !errors.Is(err, io.EOF) || ages[0] > 150*time.Millisecond || ages[len(ages)/2] > time.Second {
					t.Errorf("%s: after %d messages, of ages %v: %v", technique, n, ages, err)
				}
			}
			if t.Failed() && tt.name == "apache2" {
				text, _ := os.ReadFile(filepath.Join(dir, "error"))
				t.Logf("%s", text)
			}
		})
	}
}
