package command

import (
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Serve is what the dashboard can be told. main embeds it, and adds Run.
type Serve struct {
	Listen   string        `default:"127.0.0.1:8055" placeholder:"ADDRESS" help:"host:port, [::1]:port or unix:/path; port 0 picks a free one (default ${default})."`
	Interval time.Duration `default:"1s" allowed:"100ms to 1m" help:"Time between two snapshots, 100ms to 1m (default ${default})."`
	BasePath string        `placeholder:"/PATH" help:"Serve under a sub-path, such as /monitor."`
	Lab      string        `default:"auto" enum:"auto,on,off" placeholder:"auto|on|off" help:"What is there to be shown and not to be used, such as JSONP and faults; auto: on for loopback, off elsewhere and where others come, by --auth key, --public-url, --trust-proxy or --allow-host (default ${default})."`
	DataDir  string        `placeholder:"DIR" help:"Keep history there, across restarts; without it, as much as fits into 8 MiB of memory."`
	History  Days          `default:"30d" help:"How far back history goes, 1h to 366d (default ${default}): seconds for an hour, tens of them for a day, then minutes."`
	Assets   string        `placeholder:"DIR" help:"Serve the browser's files from DIR, read anew at each request."`
	Config   string        `placeholder:"FILE" help:"Read flags that are given neither here nor in the environment from a YAML file; SIGHUP reads it again."`
	LogLevel string        `default:"info" enum:"debug,info,warn,error" reload:"" placeholder:"LEVEL" help:"What is logged, and what is worse: debug, info, warn or error (default ${default})."`

	// Who is told of alerts, and of which: alerts.go.
	AlertURL     string   `secret:"" placeholder:"URL" help:"Tell this address of alerts. Who has it can write there: rather say it by --alert-url-file, or FIVEWIRE_ALERT_URL."`
	AlertURLFile string   `placeholder:"FILE" help:"A file with that address."`
	AlertFormat  string   `default:"auto" enum:"auto,json,slack,ntfy" placeholder:"FORMAT" help:"What the address takes: json, slack or ntfy; auto: by its host's name (default ${default})."`
	AlertOff     []string `placeholder:"RULE" help:"Rules that nobody wants, separated by commas; README lists them."`

	// Who may look, and from where: access.go.
	Auth           string   `default:"auto" enum:"auto,key,off" placeholder:"auto|key|off" help:"auto: this machine without ceremony, a key for everybody else; key: a key for all; off: whoever reaches the address may look (default ${default})."`
	KeyFile        string   `placeholder:"FILE" help:"The key is in FILE, which is made if it is not there; FIVEWIRE_KEY may have it instead. Without either a new one is made at each start."`
	UsersFile      string   `placeholder:"FILE" help:"Names with a role and a password each, as \"fivewire password\" prints them."`
	PublicURL      string   `name:"public-url" placeholder:"URL" help:"What browsers call the dashboard, behind a proxy: https://mon.example/monitor/."`
	AllowHost      []string `placeholder:"NAME" help:"Answer to this name too, and ask who comes by it for a key; may be repeated."`
	TrustProxy     []string `placeholder:"NET" help:"Believe what a proxy there forwards (X-Forwarded-For, -Proto, -Prefix): a network, an address, loopback or unix; may be repeated."`
	TLSCert        string   `name:"tls-cert" placeholder:"FILE" help:"Speak TLS, with this certificate (PEM) and those that signed it behind it; read anew when it changes."`
	TLSKey         string   `name:"tls-key" placeholder:"FILE" help:"Its key."`
	MaxConnections int      `placeholder:"N" help:"How many connections there may be; without it, and at most, as many as there are descriptors, less a reserve, and so with 0."`
	MaxPerAddress  int      `name:"max-connections-per-address" default:"1000" placeholder:"N" help:"How many of them one address may have, but for loopback and trusted proxies; 0 for as many as there are (default ${default})."`
	MaxViewers     int      `placeholder:"N" help:"How many may hold a connection at a time, or a long poll; others are told 503 and can poll. Without it, or with 0, as many as there are connections."`
	FrameAncestors string   `default:"'self'" placeholder:"ORIGINS" help:"Whose pages may have this one in a frame: 'none', 'self' or origins, apart by blanks (default ${default})."`
	EmbedFrom      string   `placeholder:"ORIGINS" help:"Whose pages may have single panels in a frame, see embed/cpu; default: those of --frame-ancestors."`
}

// Validate refuses before anything is opened.
func (s *Serve) Validate(ctx *kong.Context) error {
	if s.Interval < 100*time.Millisecond || s.Interval > time.Minute {
		return fmt.Errorf("--interval %v is outside 100ms to 1m", s.Interval)
	}
	if s.BasePath != "" && !regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?$`).MatchString(s.BasePath) {
		return fmt.Errorf("--base-path %q is not a path such as /monitor", s.BasePath)
	}
	if err := s.validateAlerts(); err != nil {
		return err
	}
	if err := s.validateAccess(ctx); err != nil {
		return err
	}
	if path, isSocket := strings.CutPrefix(s.Listen, "unix:/"); isSocket {
		if most := len(syscall.RawSockaddrUnix{}.Path) - 1; 1+len(path) > most {
			return fmt.Errorf("--listen: a socket's path is at most %d bytes, this one has %d: %s", most, 1+len(path), s.Listen)
		}
		return nil
	}
	_, port, err := net.SplitHostPort(s.Listen)
	if _, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil {
		return fmt.Errorf("--listen %q is not host:port, [::1]:port or unix:/path", s.Listen)
	}
	return nil
}

// Level is what is logged.
func (s *Serve) Level() slog.Level {
	return map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError}[s.LogLevel] // info is zero
}
