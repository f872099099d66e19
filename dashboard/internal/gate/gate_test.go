package gate

import (
	"net"
	"testing"
)

func TestFramed(t *testing.T) {
	for header, want := range map[string]bool{
		"Host: x\r\nContent-Length: 5\r\n\r\n":             true,
		"Host: x\r\nX-Transfer-Encoding: chunked\r\n\r\n":  true,
		"Host: x\r\nX: Transfer-Encoding: chunked\r\n\r\n": true,
		"":                                      true,
		"Transfer-Encoding: chunked\r\n\r\n":    false,
		"Host: x\r\ntransfer-ENCODING:\r\n\r\n": false,
		"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n": false,
		"Host: x\nTransfer-Encoding : chunked\n\n":                 false,
		"X: a\r\n Content-Length: 5\r\n\r\n":                       false,
		"X: a\r\n\tb\r\n\r\n":                                      false,
	} {
		if got := Framed([]byte(header)); got != want {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
}

func TestHosts(t *testing.T) {
	loopback := Listening(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8055})
	socket := Listening(&net.UnixAddr{Name: "/run/x", Net: "unix"})
	open := Listening(&net.TCPAddr{IP: net.IPv4zero, Port: 8055})
	open.name = "mon"
	tests := []struct {
		line           string
		loopback, open bool
	}{
		{"127.0.0.1:8055", true, true},
		{"127.0.0.1", true, true},
		{"127.8.9.1:80", true, true},
		{"localhost:9000", true, true},
		{"LOCALHOST", true, true},
		{"lane1.localhost:8055", true, true},
		{"[::1]:8055", true, true},
		{"[::1]", true, true},
		{"[::ffff:127.0.0.1]:8055", true, true},
		{"192.168.1.7:8055", false, true},
		{"[fe80::1]:8055", false, true},
		{"mon:8055", false, true},
		{"mon.local", false, true},
		{"evil.example", false, false},
		{"evil.example:8055", false, false},
		{"localhost.evil.example", false, false},
		{"127.0.0.1.nip.io", false, false},
		{"127.1", false, false},
		{"2130706433", false, false},
		{"0.0.0.0:8055", false, false},
		{"[::]:8055", false, false},
		{"[fe80::1%eth0]:8055", false, false},
		{"", false, false},
		{":8055", false, false},
		{"127.0.0.1:", false, false},
		{"127.0.0.1:80x", false, false},
		{"a/../b @localhost", false, false},
		{"::1", false, false},
		{"[::1", false, false},
		{"[127.0.0.1]", false, false},
		{"localhost, evil.example", false, false},
		{"localhost\x00", false, false},
	}
	for _, test := range tests {
		if got := loopback.Allow(test.line); got != test.loopback {
			t.Errorf("loopback: %q: got %v", test.line, got)
		}
		if got := socket.Allow(test.line); got != test.loopback {
			t.Errorf("socket: %q: got %v", test.line, got)
		}
		if got := open.Allow(test.line); got != test.open {
			t.Errorf("open: %q: got %v", test.line, got)
		}
	}
}

func TestPort(t *testing.T) {
	for line, want := range map[string]int{
		"mon.example": 80, "mon.example:8055": 8055, "[::1]": 80, "[::1]:443": 443, "": -1, "mon.example:": -1, "mon.example:x": -1, "::1": -1,
	} {
		if got := Port(line); got != want {
			t.Errorf("%q: got %d, want %d", line, got, want)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	const host = "127.0.0.1:8055"
	tests := []struct {
		origin, site string
		want         bool
	}{
		{"", "", true},
		{"", "none", true},
		{"http://127.0.0.1:8055", "same-origin", true},
		{"https://127.0.0.1:8055", "", true},
		{"https://mon.example", "same-origin", true}, // a proxy has rewritten Host
		{"https://mon.example", "", false},
		{"http://127.0.0.1:9999", "same-site", false},
		{"http://127.0.0.1:9999", "", false},
		{"http://127.0.0.1", "", false},
		{"http://localhost:8055", "", false},
		{"http://evil.example", "cross-site", false},
		{"", "cross-site", false},
		{"", "same-site", false},
		{"null", "", false},
		{"file://", "", false},
		{"http://127.0.0.1:8055.evil.example", "", false},
		{"ws://127.0.0.1:8055", "", false},
		{"http://", "", false},
	}
	for _, test := range tests {
		if got := SameOrigin(test.origin, test.site, host); got != test.want {
			t.Errorf("Origin %q, Sec-Fetch-Site %q: got %v", test.origin, test.site, got)
		}
	}
}

func FuzzHosts(f *testing.F) {
	f.Add("[::1]:80")
	f.Add("a:b:c")
	f.Fuzz(func(t *testing.T, line string) {
		if (Hosts{}).Allow(line) && !(Hosts{anyAddress: true}).Allow(line) {
			t.Errorf("%q is allowed on loopback only", line)
		}
	})
}

func TestSameOriginBehind(t *testing.T) {
	const host = "127.0.0.1:8055"
	for _, test := range []struct {
		origin, site, forwarded string
		want                    bool
	}{
		{"http://127.0.0.1:8055", "", "", true},
		{"https://mon.example", "", "mon.example", true},
		{"https://mon.example:444", "", "mon.example:444", true},
		{"https://mon.example", "", "", false},
		{"https://mon.example", "", "other.example", false},
		{"https://mon.example", "", "mon.example, other.example", false},
		{"https://mon.example", "cross-site", "mon.example", false},
		{"https://mon.example", "same-site", "mon.example", false},
		{"null", "", "null", false},
		{"https://", "", "", false},
	} {
		if got := SameOriginBehind(test.origin, test.site, host, test.forwarded); got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
	}
}

func TestProven(t *testing.T) {
	const host = "127.0.0.1:8055"
	tests := []struct {
		origin, referer, site string
		want                  bool
	}{
		{"", "", "same-origin", true},
		{"http://evil.example", "", "same-origin", true}, // the browser has compared
		{"", "", "", false},
		{"", "", "none", false},
		{"", "http://127.0.0.1:8055/", "same-site", false},
		{"http://127.0.0.1:8055", "", "cross-site", false},
		{"http://127.0.0.1:8055", "", "", true},
		{"http://127.0.0.1:8056", "http://127.0.0.1:8055/", "", false},
		{"null", "http://127.0.0.1:8055/", "", false},
		{"", "http://127.0.0.1:8055", "", true},
		{"", "https://127.0.0.1:8055/monitor/?x=1#y", "", true},
		{"", "http://127.0.0.1:8055?x", "", true},
		{"", "http://evil.example/?http://127.0.0.1:8055/", "", false},
		{"", "http://evil.example#@127.0.0.1:8055/", "", false},
		{"", "http://evil.example@127.0.0.1:8055/", "", false},
		{"", "http://127.0.0.1:8055.evil.example/", "", false},
		{"", "//127.0.0.1:8055/", "", false},
		{"", "127.0.0.1:8055", "", false},
		{"", "ftp://127.0.0.1:8055/", "", false},
		{"", "://127.0.0.1:8055/", "", false},
	}
	for _, test := range tests {
		page, said := Proven(test.origin, test.referer, test.site)
		if got := said && (page == "" || SameOrigin(page, "", host)); got != test.want {
			t.Errorf("%+v: got %v of %q", test, got, page)
		}
	}
	if page, _ := Proven("", "http://", ""); SameOrigin(page, "", "") {
		t.Error("nothing is the same as nothing")
	}
}

func TestPlain(t *testing.T) {
	for _, test := range []struct {
		public, origin string
		tls, want      bool
	}{
		{"", "http://127.0.0.1:8055", true, true},
		{"", "HTTP://127.0.0.1:8055", true, true},
		{"", "https://127.0.0.1:8055", true, false},
		{"", "http://127.0.0.1:8055", false, false},
		{"", "", true, false},
		{"", "null", true, false},
		{"https://mon.example", "http://mon.example", false, true},
		{"https://mon.example", "http://MON.example", false, true},
		{"https://mon.example", "https://mon.example", false, false},
		{"https://mon.example", "http://127.0.0.1:8055", false, false}, // who is on this machine
		{"http://mon.example", "http://mon.example", false, false},
		{"http://mon.example", "http://mon.example", true, false}, // a proxy speaks TLS to us alone
		{"", "http://", false, false},
	} {
		if got := Plain(test.public, test.origin, test.tls); got != test.want {
			t.Errorf("public %q, Origin %q, TLS %v: got %v", test.public, test.origin, test.tls, got)
		}
	}
}
