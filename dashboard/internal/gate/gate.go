// Package gate says from where a request may come. It judges bytes as they arrived, never a framework's reading of
// them.
//
// # What is promised
//
// Host: a dashboard that listens on loopback answers to loopback addresses and localhost only, so that a name in the
// DNS that an attacker points at 127.0.0.1 (DNS rebinding) finds nobody at home. One that listens beyond answers to
// every IP address and to the machine's own name: an address in the Host line cannot be rebound. Other names have to be
// given.
//
// Origin: a page that is not ours reads nothing. Browsers send Origin with every WebSocket handshake, every
// cross-origin fetch and every POST; it has to be ours to the letter, but for an s that a proxy may have taken from https:
// see Plain for where that is known. On secure origins and localhost they also send
// Sec-Fetch-Site, which no page can set, and which says same-origin behind a proxy too that has rewritten Host: then
// that decides. Programs send neither, and pass.
//
// Behind a proxy that writes its own Host, and without Sec-Fetch-Site, which WebSocket handshakes lack, X-Forwarded-Host
// may say what the page's host is, where the proxy is believed: see Way.
//
// Framed: where a request ends, all servers on its way must agree on; else what one takes for its body is a request to
// the next (request smuggling).
//
// What a page of another origin could run, and not only read, asks for more: there has to be proof. See Proven.
package gate

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Hosts is the set of Host lines that are answered.
type Hosts struct {
	anyAddress bool
	name       string
	more       []string
}

// And is the set with more names in it, without ports.
func (h Hosts) And(names ...string) Hosts {
	h.more = slices.Clone(h.more)
	for _, name := range names {
		if host, ok := hostname(name); ok {
			h.more = append(h.more, host)
		}
	}
	return h
}

// Listening is the set for a dashboard that listens there.
func Listening(addr net.Addr) Hosts {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return Hosts{}
	}
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return Hosts{anyAddress: true, name: strings.ToLower(name)}
}

// Allow judges the value of a Host line. The port is not compared: a tunnel or a container may have changed it.
func (h Hosts) Allow(line string) bool {
	host, ok := hostname(line)
	if !ok {
		return false
	}
	if slices.Contains(h.more, host) {
		return true
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == "" && !addr.IsUnspecified() && (h.anyAddress || addr.Unmap().IsLoopback())
	}
	// RFC 6761 section 6.3: no resolver may send localhost, or a name below it, anywhere else.
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return h.name != "" && (host == h.name || host == h.name+".local")
}

// hostname is the part before the port, without the brackets of an IPv6 address, lower-case.
func hostname(line string) (string, bool) {
	host := line
	if i := strings.LastIndexByte(line, ':'); i >= 0 && !strings.HasSuffix(line, "]") {
		host = line[:i]
		port := line[i+1:]
		if port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return "", false
		}
	}
	if bracketed := strings.HasPrefix(host, "["); bracketed != strings.Contains(host, ":") || bracketed != strings.HasSuffix(host, "]") {
		return "", false
	} else if bracketed {
		host = host[1 : len(host)-1]
	}
	return strings.ToLower(host), host != ""
}

// Port is that of a Host line; 80, which browsers leave out, where it has none, and -1 where it is no Host line.
func Port(line string) int {
	if _, ok := hostname(line); !ok {
		return -1
	}
	i := strings.LastIndexByte(line, ':')
	if i < 0 || strings.HasSuffix(line, "]") {
		return 80
	}
	port, err := strconv.Atoi(line[i+1:])
	if err != nil {
		return -1
	}
	return port
}

// Framed judges the header lines of a request as they arrived, before anybody has made one of several, or left one out.
// Its length is Content-Length's or there is no body: no Transfer-Encoding of any kind, beside a Content-Length or
// alone; and no line that goes on in the next, which some would read as one of its own (RFC 9112 sections 5.2 and 6.1).
func Framed(header []byte) bool {
	for line := range bytes.Lines(header) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		if line[0] == ' ' || line[0] == '\t' || bytes.EqualFold(bytes.TrimSpace(name), []byte("Transfer-Encoding")) {
			return false
		}
	}
	return true
}

// SameOrigin judges the three lines that say which page a request came from; each is "" when absent. host is the
// value of the Host line.
func SameOrigin(origin, site, host string) bool {
	switch site {
	case "same-origin": // the browser itself has compared, before a proxy rewrote Host
		return true
	case "", "none":
	default:
		return false
	}
	if origin == "" {
		return true
	}
	scheme, authority, ok := strings.Cut(origin, "://")
	// A proxy may have taken the s of https away; the rest has to be ours to the letter, port included.
	return ok && (scheme == "http" || scheme == "https") && authority != "" && strings.EqualFold(authority, host)
}

// SameOriginBehind is SameOrigin where a proxy may have written another Host; forwarded is what one that is believed says
// in X-Forwarded-Host, "" when absent. A list of several is none.
func SameOriginBehind(origin, site, host, forwarded string) bool {
	return SameOrigin(origin, site, host) || forwarded != "" && SameOrigin(origin, site, forwarded)
}

// SameOriginAs is for who knows what browsers call this dashboard: public, such as https://mon.example, is right too.
func SameOriginAs(public, origin string) bool {
	return public != "" && strings.EqualFold(origin, public)
}

// Plain tells whether a page came by http where browsers come by https alone: anybody on its way could have written it.
// That is so of every origin but public where TLS is spoken here, and of the host of public, such as https://mon.example,
// where it is not.
func Plain(public, origin string, tls bool) bool {
	scheme, authority, _ := strings.Cut(origin, "://")
	host, secure := strings.CutPrefix(public, "https://")
	return strings.EqualFold(scheme, "http") && (tls && !SameOriginAs(public, origin) || secure && strings.EqualFold(authority, host))
}

// Proven is for what takes proof: silence is none. A script element asks without an Origin, so of old browsers, and of all
// on plain HTTP beyond loopback, Referer is what is left: a page can keep it to itself, and then it is refused, but
// not make it say somebody else's origin. Nor is a person who types the URL (Sec-Fetch-Site: none) a page. Where the browser
// has not compared, page is the origin that is to be judged as any Origin is.
func Proven(origin, referer, site string) (page string, said bool) {
	switch {
	case site != "":
		return "", site == "same-origin"
	case origin != "":
		return origin, true
	}
	scheme, rest, _ := strings.Cut(referer, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest, referer != ""
}
