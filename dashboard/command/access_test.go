package command

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard"
)

// Who types a password at a terminal ends it with Enter, and the terminal stays open.
func TestPasswordEndsWithItsLine(t *testing.T) {
	for typed, want := range map[string]string{"a long word\n": "ann:viewer:", "a long word\r\nmore": "ann:viewer:", "a long word": "ann:viewer:", "\n": "", "short\n": ""} {
		in, hand := io.Pipe()
		go func() {
			io.WriteString(hand, typed)
			if !strings.Contains(typed, "\n") {
				hand.Close()
			}
		}()
		line, err := (&Password{Name: "ann", Role: "viewer"}).line(in)
		in.Close()
		if (err == nil) != (want != "") || !strings.HasPrefix(line, want) {
			t.Errorf("%q: got %q, %v", typed, line, err)
		}
	}
}

// Browsers keep cookies by host and not by port: two dashboards on one machine have one each all the same, and who logs out
// of one stays in the other.
func TestTwoOnOneHost(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	key := strings.Repeat("key-", 8)
	ask := func(method, url, body string) (status int, cookie string) {
		t.Helper()
		request, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		for _, c := range answer.Cookies() {
			cookie = c.Name
		}
		return answer.StatusCode, cookie
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	access := func(addr net.Addr, base string) *dashboard.Access {
		t.Setenv(keyVariable, key)
		s := Serve{Auth: "key"}
		a, err := s.Access(addr, base, log)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	var urls, names []string
	for range 2 {
		ln, url, err := dashboard.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d := dashboard.New(dashboard.Config{Access: access(ln.Addr(), ""), Logger: log})
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Serve(ctx, ln, "") }()
		defer func() {
			end()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		status, name := ask("POST", url+"/api/v1/login", `{"key":"`+key+`"}`)
		if status != http.StatusOK {
			t.Fatalf("the key: %d", status)
		}
		urls, names = append(urls, url), append(names, name)
	}
	for i, url := range urls {
		if status, _ := ask("GET", url+"/api/v1/config", ""); status != http.StatusOK {
			t.Errorf("who is in both, at %d: %d", i, status)
		}
	}
	ask("DELETE", urls[1]+"/api/v1/login", "")
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		if status, _ := ask("GET", urls[i]+"/api/v1/config", ""); status != want {
			t.Errorf("who has left the second, at %d: %d, want %d", i, status, want)
		}
	}
	if names[0] == "" || names[0] == names[1] {
		t.Errorf("their cookies are called %q", names)
	}
}

// A key in a file is shown on a terminal alone, and one of the environment nowhere; one that was made at the start has
// nowhere else to be read.
func TestAddress(t *testing.T) {
	const address = "http://192.0.2.7:8055/"
	file := filepath.Join(t.TempDir(), "key")
	for _, tt := range []struct {
		file, variable string
		terminal       bool
		told           bool
	}{
		{file, "", true, true},
		{file, "", false, false},
		{"", "", true, true},
		{"", "", false, true},
		{"", strings.Repeat("key-", 8), true, false},
		{"", strings.Repeat("key-", 8), false, false},
		{file, strings.Repeat("key-", 8), true, false}, // which does not count then
	} {
		t.Setenv(keyVariable, tt.variable)
		s := Serve{KeyFile: tt.file, Auth: "key"}
		access, err := s.Access(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8055}, "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		got, key, told := strings.Cut(s.Address(access, address, tt.terminal), "#k=")
		if got != address || told != tt.told || told && len(key) < 20 || tt.variable != "" && key == tt.variable {
			t.Errorf("%+v: got %s, and a key of %d letters", tt, got, len(key))
		}
	}
}

// A key that was made is told on a socket as well, on a line of its own; where browsers have a URL, it is behind that.
func TestAddressOfSocket(t *testing.T) {
	t.Setenv(keyVariable, "")
	const address = "unix:/run/fivewire#1.sock"
	for _, tt := range []struct {
		serve Serve
		told  string // what the key is behind
	}{
		{Serve{Auth: "key"}, address + "\nfivewire: the key is "},
		{Serve{Auth: "auto", TrustProxy: []string{"unix"}}, address + "\nfivewire: the key is "},
		{Serve{Auth: "key", PublicURL: "https://mon.example/"}, "https://mon.example/#k="},
		{Serve{Auth: "key", KeyFile: filepath.Join(t.TempDir(), "key")}, ""},
		{Serve{Auth: "auto"}, ""},
	} {
		access, err := tt.serve.Access(&net.UnixAddr{Name: "/run/fivewire#1.sock", Net: "unix"}, "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		want := address
		if tt.told != "" {
			want = tt.told + access.MadeKey()
		}
		if got := tt.serve.Address(access, address, true); got != want || tt.told != "" && access.MadeKey() == "" {
			t.Errorf("%+v: printed %q, want %q", tt.serve, got, want)
		}
	}
}

// Who asks nobody on an address that others reach, or has a key that nobody is asked for, is told so.
func TestOpenIsSaid(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	for _, tt := range []struct {
		serve    Serve
		variable string
		ip       net.IP
		want     []string
	}{
		{Serve{Auth: "off"}, "", net.IPv4zero, []string{"whoever reaches"}},
		{Serve{Auth: "off"}, "", net.IPv4(127, 0, 0, 1), nil},
		{Serve{Auth: "off", KeyFile: key}, "", net.IPv4(127, 0, 0, 1), []string{"asked of nobody"}},
		{Serve{Auth: "off"}, strings.Repeat("key-", 8), net.IPv4zero, []string{"whoever reaches", "asked of nobody"}},
		{Serve{Auth: "auto", KeyFile: key}, "", net.IPv4zero, nil},
	} {
		t.Setenv(keyVariable, tt.variable)
		var log strings.Builder
		if _, err := tt.serve.Access(&net.TCPAddr{IP: tt.ip, Port: 8055}, "", slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		if strings.Count(log.String(), "level=WARN") != len(tt.want) {
			t.Errorf("%+v: got %s", tt.serve, log.String())
		}
		for _, want := range tt.want {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%+v: no %q in %s", tt.serve, want, log.String())
			}
		}
	}
}

// The lab is there by itself for this machine alone: not where others come, by the address or by what is in front.
func TestLabByItself(t *testing.T) {
	t.Setenv(keyVariable, "")
	loopback, everywhere := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8055}, &net.TCPAddr{IP: net.IPv4zero, Port: 8055}
	for _, tt := range []struct {
		addr  net.Addr
		serve Serve
		want  bool
	}{
		{loopback, Serve{Auth: "auto", Lab: "auto"}, true},
		{loopback, Serve{Auth: "off", Lab: "auto"}, true},
		{loopback, Serve{Auth: "auto", Lab: "off"}, false},
		{loopback, Serve{Auth: "auto", Lab: "auto", PublicURL: "https://mon.example/"}, false},
		{loopback, Serve{Auth: "off", Lab: "auto", PublicURL: "https://mon.example/"}, false},
		{loopback, Serve{Auth: "auto", Lab: "auto", TrustProxy: []string{"loopback"}}, false},
		{loopback, Serve{Auth: "auto", Lab: "auto", AllowHost: []string{"mon.example"}}, false},
		{loopback, Serve{Auth: "auto", Lab: "on", PublicURL: "https://mon.example/"}, true},
		{loopback, Serve{Auth: "key", Lab: "auto"}, false},
		{everywhere, Serve{Auth: "off", Lab: "auto"}, false},
		{everywhere, Serve{Auth: "auto", Lab: "on"}, true},
		{&net.UnixAddr{Name: "/run/fivewire.sock", Net: "unix"}, Serve{Auth: "auto", Lab: "auto"}, false},
	} {
		access, err := tt.serve.Access(tt.addr, "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.serve.HasLab(tt.addr, access); got != tt.want {
			t.Errorf("%v, %+v: got %v", tt.addr, tt.serve, got)
		}
	}
}
