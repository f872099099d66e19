package crowd

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/fivewire/fivewire/dashboard/load/address"
	"github.com/fivewire/fivewire/dashboard/load/wire"
)

// A target is where the viewers go, and how they ask.
type target struct {
	technique string
	url       string
	ours      bool // it understands after=
	thinned   bool // it leaves out messages, as it was asked to
	keyed     bool // it is shown a key
	tls       bool
	host      string // of the Host line, and of the certificate
	address   string // host:port
	addr      netip.AddrPort
	path      string // and query
	lines     string // the header that does not change, with the request's end
	key       string // of the WebSocket handshake
	accept    string // what it must be answered with
}

// newTarget reads the URL. One that ends with a slash is a dashboard's base, under a sub-path or not, as fivewire
// prints it; any other is the very URL to ask.
func newTarget(config *Config) (*target, error) {
	u, err := url.Parse(config.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w: want http://host:port/, https://, ws:// or wss://", err)
	}
	t := &target{technique: config.Technique}
	switch u.Scheme {
	case "http", "ws":
	case "https", "wss":
		t.tls = true
	default:
		return nil, fmt.Errorf("url %q: want http://host:port/, https://, ws:// or wss://", u.Redacted())
	}
	if u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("url %q has no host: want http://host:port/", u.Redacted())
	}
	if wire.New(t.technique) == nil {
		return nil, fmt.Errorf("technique %q: want polling, longpolling, streaming, sse or websocket", t.technique)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	bearer := ""
	if strings.HasSuffix(u.Path, "/") && !config.Raw {
		if u = u.JoinPath("api/v1", t.technique); u.RawQuery != "" {
			u.RawQuery = address.Query(u, address.OfTechniques()...).Encode()
		}
		bearer = config.Key
	}
	t.ours = strings.HasSuffix(u.Path, "/api/v1/"+t.technique)
	if config.Every > 0 {
		if !t.ours {
			return nil, fmt.Errorf("--every is a parameter of fivewire's: put what that server knows into the URL")
		}
		query := u.Query()
		query.Set("every", config.Every.String())
		u.RawQuery = query.Encode()
	}
	every, err := time.ParseDuration(u.Query().Get("every"))
	t.thinned = t.ours && err == nil && every > 0
	u.Fragment, u.RawFragment = "", "" // it may be a key, and goes nowhere
	t.url, t.path, t.host = u.Redacted(), u.RequestURI(), u.Host
	t.address = u.Host
	if u.Port() == "" {
		t.address = net.JoinHostPort(u.Hostname(), map[bool]string{false: "80", true: "443"}[t.tls])
	}
	t.keyed = bearer != ""
	return t, t.header(config.Header, u.User, bearer)
}

// hint is what helps against an answer that lets nobody in; "" for nothing.
func (t *target) hint(h *wire.Head) string {
	switch {
	case h.Status == http.StatusUnauthorized && t.ours && !t.keyed:
		return " (hint: the key in FIVEWIRE_KEY, and an address that ends with a slash; what is behind # is not used)"
	case h.Status == http.StatusUnauthorized && t.ours:
		return " (hint: the key in FIVEWIRE_KEY is another)"
	case h.Status == http.StatusServiceUnavailable && t.ours:
		return " (hint: the server has no room for more: its ulimit -n, --max-connections or --max-viewers)"
	case h.Status == http.StatusBadRequest && t.ours && strings.Contains(t.path, "?"):
		return " (hint: curl with that URL says which parameter it is, and what is allowed)"
	case h.Status >= 300 && h.Status < 400 && len(h.Location) > 0:
		return fmt.Sprintf(", to %.200q (hint: that address)", h.Location)
	}
	return ""
}

// header makes the lines that each request has.
func (t *target) header(more []string, user *url.Userinfo, bearer string) error {
	var b strings.Builder
	set := http.Header{}
	for _, line := range more {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.Trim(name, tokenBytes) != "" || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("--header %.40q: want \"Name: value\"", line)
		}
		set.Add(name, strings.TrimSpace(value))
	}
	lines := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			if set.Get(pairs[i]) == "" {
				b.WriteString(pairs[i] + ": " + pairs[i+1] + "\r\n")
			}
		}
	}
	lines("Host", t.host, "User-Agent", "fivewire")
	switch t.technique {
	case "sse":
		lines("Accept", "text/event-stream")
	case "streaming":
		lines("Accept", "application/x-ndjson")
	case "polling", "longpolling":
		lines("Accept", "application/json")
	case "websocket":
		t.key = nonce()
		t.accept = acceptOf(t.key)
		lines("Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", t.key)
	}
	if bearer != "" {
		if strings.ContainsFunc(bearer, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("FIVEWIRE_KEY is no key: it has a blank or a control character in it")
		}
		lines("Authorization", "Bearer "+bearer)
	} else if password, ok := user.Password(); ok || user.Username() != "" {
		lines("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	for name, values := range set {
		for _, value := range values {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	t.lines = b.String()
	return nil
}

// acceptOf is what a WebSocket key must be answered with (RFC 6455 §4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const tokenBytes = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" // RFC 9110 §5.6.2

// A place is where a viewer is in the stream: what it says when it asks for what follows.
type place struct {
	id             string
	etag, modified string // what a foreign poll answered with, to be sent back (RFC 9110 §13.1)
}

// request appends a question to b.
func (t *target) request(b []byte, p place) []byte {
	b = append(append(b, "GET "...), t.path...)
	if p.id != "" && t.ours && t.technique != "sse" {
		separator := byte('?')
		if strings.IndexByte(t.path, '?') >= 0 {
			separator = '&'
		}
		b = append(append(append(b, separator), "after="...), p.id...)
	}
	b = append(append(b, " HTTP/1.1\r\n"...), t.lines...)
	field := func(name, value string) {
		if value != "" {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	switch t.technique {
	case "sse":
		field("Last-Event-ID", p.id)
	case "polling", "longpolling":
		if !t.ours {
			field("If-None-Match", p.etag)
			field("If-Modified-Since", p.modified)
		}
	}
	return append(b, "\r\n"...)
}
