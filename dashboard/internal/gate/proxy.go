package gate

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Proxies are who is believed about where a request came from. The zero Proxies are nobody.
type Proxies struct {
	nets   []netip.Prefix
	socket bool
}

// ParseProxies reads networks and addresses, "loopback", and "unix" for who comes by a Unix socket.
func ParseProxies(list []string) (Proxies, error) {
	var p Proxies
	for _, text := range list {
		switch text = strings.TrimSpace(text); text {
		case "loopback":
			p.nets = append(p.nets, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
			continue
		case "unix":
			p.socket = true
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return Proxies{}, fmt.Errorf("%q is no address, no network such as 10.0.0.0/8, and neither loopback nor unix", text)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		p.nets = append(p.nets, prefix.Masked())
	}
	return p, nil
}

// Any tells whether anybody is believed.
func (p Proxies) Any() bool { return p.socket || len(p.nets) > 0 }

// Trusts tells whether who is at the other end of the connection is believed.
func (p Proxies) Trusts(peer net.Addr) bool {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return p.socket
	}
	return p.has(tcp.AddrPort().Addr())
}

func (p Proxies) has(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, n := range p.nets {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// A Way is how a request came here, as far as it is known.
type Way struct {
	Client    netip.Addr // not valid for who came by a socket
	Local     bool       // it came from this machine: by loopback or a socket, and through nobody
	Forwarded bool       // it came through somebody, who says so
	TLS       bool       // the browser's part of the way was encrypted, says a proxy that is believed
	Prefix    string     // what a proxy that is believed has cut off the path; "" or "/monitor"
	Host      string     // what a proxy that is believed says that the browser called us; "" where none does
}

// forwarding are the fields that proxies add. Who sends one is no browser on this machine, or wants to be taken for
// somebody else. All that begin with X-Forwarded- and CF- are such as well.
var forwarding = []string{"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "fastly-client-ip", "fly-client-ip", "x-original-forwarded-for", "x-proxyuser-ip", "client-ip", "x-envoy-external-address",
	"x-forwarded", "forwarded-for", "x-scheme", "x-original-url", "x-rewrite-url", "x-original-host", "cdn-loop"}

// Forwards tells whether a field is one that proxies add.
func Forwards(name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "x-forwarded-") || strings.HasPrefix(name, "cf-") {
		return true
	}
	for _, f := range forwarding {
		if name == f {
			return true
		}
	}
	return false
}

// Way reads how a request came. peer is the other end of the connection; forwarded tells whether any of its fields
// Forwards; field is the value of one, its lines joined with commas, "" when absent.
//
// Of X-Forwarded-For the last address counts that is no proxy's we believe: those before it were written by whoever was
// there.
func (p Proxies) Way(peer net.Addr, forwarded bool, field func(name string) string) Way {
	w := Way{Forwarded: forwarded}
	tcp, ok := peer.(*net.TCPAddr)
	if ok {
		w.Client = tcp.AddrPort().Addr().Unmap()
	}
	w.Local = !forwarded && (!ok || tcp.IP.IsLoopback())
	if !forwarded || !p.Trusts(peer) {
		return w
	}
	w.Client = netip.Addr{}
	chain := strings.Split(field("X-Forwarded-For"), ",")
	for i := len(chain) - 1; i >= 0; i-- {
		addr, ok := forwardedAddr(chain[i])
		if !ok {
			break // who wrote that is not to be believed about what is before it
		}
		if w.Client = addr; !p.has(addr) {
			break
		}
	}
	w.TLS = strings.EqualFold(last(field("X-Forwarded-Proto")), "https")
	if prefix := strings.TrimRight(last(field("X-Forwarded-Prefix")), "/"); PathForm(prefix) {
		w.Prefix = prefix
	}
	w.Host = field("X-Forwarded-Host")
	return w
}

// forwardedAddr is an address of X-Forwarded-For, which some write with a port.
func forwardedAddr(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if addr, err := netip.ParseAddrPort(text); err == nil {
		return addr.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

// last is the last of a list: what the nearest proxy said.
func last(list string) string {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		list = list[i+1:]
	}
	return strings.TrimSpace(list)
}

// PathForm tells whether a path is of plain segments, such as /monitor: it can stand in a cookie and a URL as it is.
func PathForm(path string) bool {
	if path == "" || path[0] != '/' || len(path) > 256 {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if strings.Trim(segment, ".") == "" {
			return false
		}
		for _, c := range []byte(segment) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._~-", c) >= 0) {
				return false
			}
		}
	}
	return true
}

// ParsePublic reads the URL that browsers have to say: http or https, a host, and a path of plain segments.
func ParsePublic(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("%q is not a URL such as https://mon.example/monitor/", text)
	}
	host, ok := hostname(u.Host)
	if path := strings.TrimRight(u.Path, "/"); !ok || strings.ContainsAny(host, " ,;") || path != "" && !PathForm(path) || u.RawPath != "" {
		return nil, fmt.Errorf("%q is not a URL such as https://mon.example/monitor/", text)
	}
	return u, nil
}

// HostForm tells whether a name is a host's, without a port.
func HostForm(name string) bool {
	host, ok := hostname(name)
	return ok && host == strings.ToLower(name) && !strings.ContainsAny(host, " \t,;/@?#%")
}

// CheckAncestors judges what --frame-ancestors says: 'none', 'self', or origins, apart by blanks (CSP 3, section 6.4.2).
func CheckAncestors(list string) error {
	sources := strings.Fields(list)
	for _, source := range sources {
		scheme, host, ok := strings.Cut(source, "://")
		switch {
		case source == "'self'", source == "'none'" && len(sources) == 1:
		case source == "self", source == "none":
			return fmt.Errorf("%s is a word with quotes of its own: want '%s', in a YAML file \"'%s'\"", source, source, source)
		case ok && (scheme == "http" || scheme == "https") && host != "" && !strings.ContainsAny(host, ";,/*'\"?#@") && isASCII(host):
		default:
			return fmt.Errorf("%q is neither 'self' nor 'none' alone, nor an origin such as https://portal.example", source)
		}
	}
	if len(sources) == 0 {
		return fmt.Errorf("who may have the page in a frame: want 'none', 'self' or origins")
	}
	return nil
}

func isASCII(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
