package gate

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestWay(t *testing.T) {
	trusted, err := ParseProxies([]string{"10.0.0.0/8", "loopback", " 192.0.2.9 ", "unix"})
	if err != nil {
		t.Fatal(err)
	}
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	for name, tt := range map[string]struct {
		proxies Proxies
		peer    net.Addr
		head    map[string]string
		client  string // "" for none
		want    Way    // but for Client
	}{
		"from-here":               {Proxies{}, local, nil, "127.0.0.1", Way{Local: true}},
		"from-here-mapped":        {Proxies{}, &net.TCPAddr{IP: net.ParseIP("::ffff:127.0.0.1")}, nil, "127.0.0.1", Way{Local: true}},
		"by-a-socket":             {Proxies{}, &net.UnixAddr{Name: "x"}, nil, "", Way{Local: true}},
		"from-afar":               {Proxies{}, &net.TCPAddr{IP: net.IPv4(198, 51, 100, 1)}, nil, "198.51.100.1", Way{}},
		"a-proxy-of-nobody":       {Proxies{}, local, map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}, "127.0.0.1", Way{}},
		"a-proxy-on-a-socket":     {Proxies{}, &net.UnixAddr{Name: "x"}, map[string]string{"Via": "1.1 x"}, "", Way{}},
		"trusted":                 {trusted, local, map[string]string{"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "HTTPS", "X-Forwarded-Prefix": "/Mon/"}, "198.51.100.1", Way{TLS: true, Prefix: "/Mon"}},
		"host-of-trusted":         {trusted, local, map[string]string{"X-Forwarded-Host": "mon.example"}, "", Way{Host: "mon.example"}},
		"host-of-nobody":          {Proxies{}, local, map[string]string{"X-Forwarded-Host": "mon.example"}, "127.0.0.1", Way{}},
		"trusted-socket":          {trusted, &net.UnixAddr{Name: "x"}, map[string]string{"X-Forwarded-For": "198.51.100.1"}, "198.51.100.1", Way{}},
		"trusted-says-nothing":    {trusted, local, nil, "127.0.0.1", Way{Local: true}},
		"says-it-is-here":         {trusted, local, map[string]string{"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", Way{}},
		"made-up-before":          {trusted, local, map[string]string{"X-Forwarded-For": "127.0.0.1, 198.51.100.1"}, "198.51.100.1", Way{}},
		"through-two":             {trusted, local, map[string]string{"X-Forwarded-For": "203.0.113.5, 198.51.100.1, 10.1.2.3"}, "198.51.100.1", Way{}},
		"with-ports":              {trusted, local, map[string]string{"X-Forwarded-For": "[2001:db8::1]:80"}, "2001:db8::1", Way{}},
		"no-address":              {trusted, local, map[string]string{"X-Forwarded-For": "198.51.100.1, unknown"}, "", Way{}},
		"none-of-them":            {trusted, local, map[string]string{"Via": "1.1 x"}, "", Way{}},
		"prefix-is-markup":        {trusted, local, map[string]string{"X-Forwarded-Prefix": "/a;Domain=evil"}, "", Way{}},
		"prefix-climbs":           {trusted, local, map[string]string{"X-Forwarded-Prefix": "/a/../b"}, "", Way{}},
		"prefix-is-a-host":        {trusted, local, map[string]string{"X-Forwarded-Prefix": "//evil.example"}, "", Way{}},
		"proto-of-the-nearest":    {trusted, local, map[string]string{"X-Forwarded-Proto": "https, http"}, "", Way{}},
		"untrusted-not-here":      {trusted, &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7)}, map[string]string{"X-Forwarded-For": "10.0.0.1"}, "198.51.100.7", Way{}},
		"one-address-and-no-more": {trusted, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 9)}, map[string]string{"X-Forwarded-For": "203.0.113.5"}, "203.0.113.5", Way{}},
	} {
		forwarded := false
		for field := range tt.head {
			forwarded = forwarded || Forwards(field)
		}
		got := tt.proxies.Way(tt.peer, forwarded, func(field string) string { return tt.head[field] })
		client := ""
		if got.Client.IsValid() {
			client = got.Client.String()
		}
		tt.want.Forwarded = forwarded
		if got.Client = (netip.Addr{}); client != tt.client || got != tt.want {
			t.Errorf("%s: got %s, %+v, want %s, %+v", name, client, got, tt.client, tt.want)
		}
	}
	for _, bad := range []string{"", "everybody", "10.0.0.0/33", "10.0.0", "*", "loopback,unix"} {
		if _, err := ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is taken for a network", bad)
		}
	}
}

func TestForwards(t *testing.T) {
	for _, field := range []string{"Forwarded", "VIA", "X-Forwarded-For", "x-forwarded-whatever", "X-Real-IP", "CF-Connecting-IP", "cf-ray", "True-Client-IP", "X-Forwarded", "X-Scheme", "X-Original-URL", "CDN-Loop"} {
		if !Forwards(field) {
			t.Errorf("%s is no proxy's", field)
		}
	}
	for _, field := range []string{"Host", "Origin", "X-Requested-With", "Cookie", "Accept", ""} {
		if Forwards(field) {
			t.Errorf("%s is a proxy's", field)
		}
	}
}

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"https://mon.example": true, "https://mon.example/": true, "http://mon.example:8080/a/b/": true, "https://[2001:db8::1]:8443/m": true,
		"": false, "mon.example": false, "ftp://mon.example/": false, "https://": false, "https://u:p@mon.example/": false, "https://mon.example/?a": false,
		"https://mon.example/#a": false, "https://mon.example/a b": false, "https://mon.example/a%2fb": false, "https://mon.example/../x": false, "https://mon.example/a;b": false, "https://mon.example:x/": false,
	} {
		if _, err := ParsePublic(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	hosts := Listening(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}).And("Mon.example:443", "other.example")
	for host, want := range map[string]bool{"mon.example": true, "MON.example:8443": true, "other.example": true, "localhost": true, "evil.example": false, "xmon.example": false, "mon.example.evil.example": false, "192.0.2.1": false} {
		if hosts.Allow(host) != want {
			t.Errorf("Host %s: %v", host, !want)
		}
	}
}

// Whatever is given as the public URL: one that is taken is of a host that is answered to then, and can stand in a header, a
// list and a log.
func FuzzParsePublic(f *testing.F) {
	for _, seed := range []string{"https://mon.example/", "http://[2001:db8::1]:8443/m", "http://[fe80::1%25eth0]/", "https://a%ff/", "https://a\"b/", "https://mon.example/a%2fb", "//a", "http:a", "https://a:65536/", "https://\u00e4/\u00e4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParsePublic(text)
		if err != nil {
			if u != nil {
				t.Errorf("%q: %v and %v", text, u, err)
			}
			return
		}
		odd := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(",;/?#@\\", r) }
		if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.ContainsFunc(u.Host, odd) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q: %+v", text, u)
		}
		if path := strings.TrimRight(u.Path, "/"); path != "" && !PathForm(path) {
			t.Errorf("%q: the path is %q", text, path)
		}
		if !(Hosts{}).And(u.Host).Allow(u.Host) {
			t.Errorf("%q: %q is not answered to", text, u.Host)
		}
	})
}

func TestAncestors(t *testing.T) {
	for list, want := range map[string]bool{
		"'self'": true, "'none'": true, "https://a.example": true, "'self' https://a.example http://b.example:8080": true,
		"": false, "'none' 'self'": false, "*": false, "https://*": false, "a.example": false, "https://a.example; script-src *": false, "https://a.example/path": false, "https://a.example,b": false, "'unsafe-inline'": false, "https://ä": false, "data:": false,
	} {
		if err := CheckAncestors(list); (err == nil) != want {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// Whatever a proxy sends, nothing but a path of plain segments and an address comes of it.
func FuzzWay(f *testing.F) {
	p, err := ParseProxies([]string{"loopback"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("127.0.0.1, ::1", "https", "/a")
	f.Fuzz(func(t *testing.T, client, proto, prefix string) {
		w := p.Way(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, true, func(field string) string {
			return map[string]string{"X-Forwarded-For": client, "X-Forwarded-Proto": proto, "X-Forwarded-Prefix": prefix}[field]
		})
		if w.Local || strings.ContainsAny(w.Prefix, " ;,\r\n\"<>%\\?#") || w.Prefix != "" && (!strings.HasPrefix(w.Prefix, "/") || strings.HasPrefix(w.Prefix, "//")) || w.Client.Zone() != "" {
			t.Errorf("%q %q %q: %+v", client, proto, prefix, w)
		}
	})
}
