package dashboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
	"github.com/fivewire/fivewire/dashboard/internal/gate"
)

// AccessConfig says who may look at a dashboard, and from where.
type AccessConfig struct {
	// Open asks nobody: whoever reaches the dashboard is an operator.
	Open bool
	// Required asks for a key or a password from everybody. Without it, who comes from this machine, by loopback or a
	// Unix socket and through no proxy, is an operator without ceremony; everybody else needs one.
	Required bool
	// Key opens the dashboard to an operator. With KeyFile it is read from there, and the file is made, with a new key, if
	// it is not there. Without either and without users a key is made where one is needed: where it is Required, or
	// somebody comes through a proxy or by another name.
	Key, KeyFile string
	// UsersFile has names with a role and a password each: lines that PasswordLine makes.
	UsersFile string
	// PublicURL is what browsers call the dashboard, behind a proxy: its host is answered to, its origin is ours, and
	// links lead there, of those who are told of alerts too. "" for nothing.
	PublicURL string
	// AllowHosts are more names to answer to. Who says one is not taken for this machine: a proxy here passes on what a
	// browser calls us.
	AllowHosts []string
	// TrustProxies are networks, addresses, "loopback" and "unix": who is there is believed what it forwards.
	TrustProxies []string
	// FrameAncestors are the origins of pages that may have this one in a frame, as in a Content-Security-Policy. Default
	// "'self'".
	FrameAncestors string
	// EmbedFrom are those of pages that may have single panels in a frame, which change nothing. Default FrameAncestors.
	EmbedFrom string
	// TLS says that the listener speaks it.
	TLS bool
	// Name tells this dashboard from others on the same host, whose cookies come here as well: browsers keep cookies by
	// host, and not by port. An address with its port will do.
	Name string
	// Logger is told of what changes. Default slog.Default().
	Logger *slog.Logger
}

// An Access is who may, made by NewAccess. One is for one Dashboard.
type Access struct {
	config  AccessConfig
	log     *slog.Logger
	key     string // as it was at the start
	made    bool   // by us, then, and kept nowhere
	guard   *auth.Guard
	proxies gate.Proxies
	public  *url.URL // nil for none
	cookie  string
	ended   func()
	told    time.Time // when the log was told of wrong tries
	wrong   uint64    // how many there had been
}

// NewAccess reads the files and checks the rest.
func NewAccess(config AccessConfig) (*Access, error) {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	if config.FrameAncestors == "" {
		config.FrameAncestors = "'self'"
	}
	if config.EmbedFrom == "" {
		config.EmbedFrom = config.FrameAncestors
	}
	sum := sha256.Sum256([]byte(config.Name))
	a := &Access{config: config, log: config.Logger, cookie: "fivewire-" + hex.EncodeToString(sum[:4]), ended: func() {}}
	var err error
	if a.proxies, a.public, err = config.parse(); err != nil {
		return nil, err
	}
	if config.Key == "" && config.KeyFile == "" && config.UsersFile == "" && a.asks() && a.Remote() {
		a.config.Key, a.made = auth.NewKey(), true
	}
	secrets, err := a.secrets(auth.ReadOrMakeKey)
	if err != nil {
		return nil, err
	}
	a.key = secrets.Key
	a.guard = auth.New(secrets, func() { a.ended() })
	a.tellShut()
	return a, nil
}

// Validate judges what can be judged before any file is read. Its errors name the flag of fivewire that says it.
func (config AccessConfig) Validate() error {
	_, _, err := config.parse()
	return err
}

func (config AccessConfig) parse() (proxies gate.Proxies, public *url.URL, err error) {
	if proxies, err = gate.ParseProxies(config.TrustProxies); err != nil {
		return proxies, nil, fmt.Errorf("--trust-proxy: %w", err)
	}
	if config.PublicURL != "" {
		if public, err = gate.ParsePublic(config.PublicURL); err != nil {
			return proxies, nil, fmt.Errorf("--public-url: %w", err)
		}
	}
	for _, host := range config.AllowHosts {
		if !gate.HostForm(host) {
			return proxies, nil, fmt.Errorf("--allow-host: %q is not a host's name such as mon.example, without scheme and port", host)
		}
	}
	if config.FrameAncestors != "" {
		if err = gate.CheckAncestors(config.FrameAncestors); err != nil {
			return proxies, nil, fmt.Errorf("--frame-ancestors: %w", err)
		}
	}
	if config.EmbedFrom != "" {
		if err = gate.CheckAncestors(config.EmbedFrom); err != nil {
			return proxies, nil, fmt.Errorf("--embed-from: %w", err)
		}
	}
	return proxies, public, nil
}

// mostUsers bounds the file of users, in bytes.
const mostUsers = 1 << 20

// secrets are what is in the files, or was given.
func (a *Access) secrets(readKey func(string) (string, error)) (s auth.Secrets, err error) {
	if s.Key = a.config.Key; a.config.KeyFile != "" {
		if s.Key, err = readKey(a.config.KeyFile); err != nil {
			return s, fmt.Errorf("key: %w", err)
		}
	} else if s.Key != "" {
		if err := auth.CheckKey(s.Key); err != nil {
			return s, fmt.Errorf("key: %w", err)
		}
	}
	if a.config.UsersFile != "" {
		text, readable, err := auth.ReadFile(a.config.UsersFile, mostUsers)
		if err != nil {
			return s, fmt.Errorf("users: %w", err)
		}
		if readable {
			a.log.Warn("others can read the file of users, and guess at their passwords (hint: chmod 600)", "file", a.config.UsersFile)
		}
		s.Users, err = auth.ParseUsers(text)
		if err != nil {
			return s, fmt.Errorf("users: %s: %w", a.config.UsersFile, err)
		}
	}
	return s, nil
}

// Opens is the URL that opens the dashboard: the public one if there is one, else address, with the key behind it as the
// fragment if one is needed, or may be. A fragment never reaches a server, a log or a Referer. No browser opens a Unix
// socket, so its name has none: see MadeKey.
func (a *Access) Opens(address string) string {
	if page := a.page(); page != "" {
		address = page
	}
	if a.key == "" || !a.asks() || !a.Remote() || strings.HasPrefix(address, "unix:") {
		return address
	}
	return address + "#k=" + a.key
}

// MadeKey is the key where NewAccess made it, and it is in no file: whoever shall have it has to be told. "" for none.
func (a *Access) MadeKey() string {
	if !a.made {
		return ""
	}
	return a.key
}

// KeyFile is the file that the key is read from; "" where it is in none.
func (a *Access) KeyFile() string { return a.config.KeyFile }

// Remote tells whether the dashboard is for others than this machine, whether they are asked or not.
func (a *Access) Remote() bool {
	return a.config.Required || a.public != nil || a.proxies.Any() || len(a.config.AllowHosts) > 0
}

// asks tells whether anybody is asked who he is.
func (a *Access) asks() bool { return a != nil && !a.config.Open }

// Reload reads the files of the key and the users again. If they have changed, everybody has to log in again: who is
// connected is told goodbye. With an error all is as it was.
func (a *Access) Reload() error {
	secrets, err := a.secrets(auth.ReadKey)
	if err != nil {
		return err
	}
	if a.guard.Replace(secrets) {
		a.log.Info("the key or the users have changed: everybody has to log in again")
		a.tellShut()
	}
	return nil
}

// tellShut logs that nobody can log in, where somebody has to: there is a file of users, and no name in it.
func (a *Access) tellShut() {
	if key, password := a.guard.Ways(); a.asks() && a.Remote() && !key && !password {
		a.log.Warn("nobody can log in: there is no name in the file of users, and no key (hint: fivewire password NAME >> FILE, or --key-file)", "file", a.config.UsersFile)
	}
}

// Watch reloads the files when they change, and whenever there is something in now, until ctx ends.
func (a *Access) Watch(ctx context.Context, now <-chan os.Signal) {
	watchFiles(ctx, now, []string{a.config.KeyFile, a.config.UsersFile}, func() {
		if err := a.Reload(); err != nil {
			a.log.Warn("what opens the dashboard stays as it was", "error", err)
		}
	})
}

// hosts are the names that are answered to, where those of the listener are not enough.
func (a *Access) hosts(h gate.Hosts) gate.Hosts {
	if a == nil {
		return h
	}
	h = h.And(a.config.AllowHosts...)
	if a.public != nil {
		h = h.And(a.public.Host)
	}
	return h
}

// origin is that of the public URL; "" for none.
func (a *Access) origin() string {
	if a == nil || a.public == nil {
		return ""
	}
	return a.public.Scheme + "://" + a.public.Host
}

// alsoAt tells whether browsers may have come by host, and not by the public URL that there is: straight to us, by an
// address of ours, or by a name that was given. What a proxy passes on of a name says neither its port nor its scheme for
// certain, so what is forwarded, or called as the public URL is, makes no other origin ours.
func (a *Access) alsoAt(host string, way gate.Way) bool {
	if (gate.Hosts{}).Allow(host) { // loopback: the public URL may be there too, at another port
		return !way.Forwarded
	}
	return !gate.Hosts{}.And(a.public.Host).Allow(host) && (!way.Forwarded || gate.Hosts{}.And(a.config.AllowHosts...).Allow(host))
}

// page is where browsers find the page by its public URL; "" for none.
func (a *Access) page() string {
	if a == nil || a.public == nil {
		return ""
	}
	return a.origin() + strings.TrimRight(a.public.Path, "/") + "/"
}

// A visitor is who asks: by a pass, from this machine, or nobody in particular.
type visitor struct {
	role auth.Role
	pass *auth.Pass // nil for who needs none, and for nobody
	way  gate.Way
	err  error // why what was shown does not open; nil where nothing was
}

// redacted tells whether command lines and names of users are not for this visitor.
func (v visitor) redacted() bool { return v.pass != nil && v.pass.Redacted }

// visit says who asks by what a request says of it. Whoever shows something is who that says; a cookie that has ended is
// as good as none.
func (a *Access) visit(way gate.Way, bearer, cookie string) visitor {
	v := visitor{role: auth.Anybody, way: way}
	switch {
	case a.config.Open:
		v.role = auth.Operator
		return v
	case bearer != "":
		if v.pass, v.err = a.guard.Known(bearer); v.err != nil {
			v.pass, v.err = a.guard.Linked(bearer)
		}
		if errors.Is(v.err, auth.ErrWrong) {
			v.pass, v.err = a.guard.Key(bearer, auth.Client(way.Client))
		}
		if v.err != nil {
			v.pass = nil
			return v
		}
	case cookie != "":
		v.pass, v.err = a.guard.Known(cookie)
	}
	switch {
	case v.err == nil && v.pass != nil:
		v.role = v.pass.Role
	case way.Local && !a.config.Required:
		v.role, v.pass, v.err = auth.Operator, nil, nil
	default:
		v.pass = nil
	}
	return v
}

// tell logs that tries were wrong, once a minute at most.
func (a *Access) tell(from netip.Addr, now time.Time) {
	wrong, slowed := a.guard.Tries()
	if wrong == a.wrong || now.Sub(a.told) < time.Minute {
		return
	}
	a.log.Warn("somebody tried to get in and could not", "tries", wrong-a.wrong, "slowed_since_start", slowed, "last_from", from.String())
	a.told, a.wrong = now, wrong
}

// PasswordLine is a line for a file of users. role is viewer, presenter or operator.
func PasswordLine(name, role string, password []byte) (string, error) {
	r, err := auth.ParseRole(role)
	if err != nil {
		return "", err
	}
	return auth.Line(name, r, password)
}

// OnlyHere tells whether an address can be reached from this machine alone.
func OnlyHere(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// ancestors are who may have the page in a frame.
func (a *Access) ancestors() string {
	if a == nil {
		return "'self'"
	}
	return a.config.FrameAncestors
}

// embedders are who may have a panel in a frame.
func (a *Access) embedders() string {
	if a == nil {
		return "'self'"
	}
	return a.config.EmbedFrom
}

// proxy tells whether an address is that of a proxy that is trusted: behind it all are one address.
func (a *Access) proxy(addr netip.Addr) bool {
	return a != nil && a.proxies.Trusts(net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
}

// tries counts those to get in that were wrong, and that were not looked at; asks is false where there are none.
func (d *Dashboard) tries() (asks bool, wrong, slowed uint64) {
	if a := d.config.Access; a.asks() {
		wrong, slowed = a.guard.Tries()
		return true, wrong, slowed
	}
	return false, 0, 0
}
