package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/fivewire/fivewire/dashboard"
)

// keyVariable has the key where there is no file with it. It is no flag: every user can read a command line.
const keyVariable = "FIVEWIRE_KEY"

// givenKey is the key in the environment, "" for none.
func givenKey() string { return strings.TrimSpace(os.Getenv(keyVariable)) }

// validateAccess refuses what needs no file to be refused.
func (s *Serve) validateAccess(ctx *kong.Context) error {
	if _, there := os.LookupEnv(keyVariable + "_FILE"); givenKey() != "" && s.KeyFile != "" && (there || onCommandLine(ctx, "key-file")) {
		return fmt.Errorf("--key-file and %s both say a key: want one of them", keyVariable)
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if s.MaxConnections < 0 {
		return fmt.Errorf("--max-connections %d is less than none: want a number, 0 for as many as there may be", s.MaxConnections)
	}
	if s.MaxViewers < 0 {
		return fmt.Errorf("--max-viewers %d is less than none: want a number, 0 for as many as there are connections", s.MaxViewers)
	}
	if s.MaxPerAddress < 0 {
		return fmt.Errorf("--max-connections-per-address %d is less than none: want a number, 0 for as many as there are", s.MaxPerAddress)
	}
	return dashboard.AccessConfig{PublicURL: s.PublicURL, AllowHosts: s.AllowHost, TrustProxies: s.TrustProxy, FrameAncestors: s.FrameAncestors, EmbedFrom: s.EmbedFrom}.Validate()
}

// Access is what NewAccess makes of the flags for a listener.
func (s *Serve) Access(addr net.Addr, base string, log *slog.Logger) (*dashboard.Access, error) {
	key, file := givenKey(), s.KeyFile
	os.Unsetenv(keyVariable) // for the programs that this one starts
	if key != "" {
		file = "" // that of the configuration file: the environment goes before it
	}
	for _, text := range s.open(addr, key != "" || file != "" || s.UsersFile != "") {
		log.Warn(text)
	}
	return dashboard.NewAccess(dashboard.AccessConfig{
		Open: s.Auth == "off", Required: s.Auth == "key" || !dashboard.OnlyHere(addr), Key: key, KeyFile: file, UsersFile: s.UsersFile, PublicURL: s.PublicURL,
		AllowHosts: s.AllowHost, TrustProxies: s.TrustProxy, FrameAncestors: s.FrameAncestors, EmbedFrom: s.EmbedFrom, TLS: s.TLSCert != "", Name: addr.String() + base, Logger: log,
	})
}

// open is what there is to be warned of where nobody is asked; secrets tells whether there is something to be asked for.
func (s *Serve) open(addr net.Addr, secrets bool) (warnings []string) {
	if s.Auth != "off" {
		return nil
	}
	if !dashboard.OnlyHere(addr) {
		warnings = append(warnings, "whoever reaches this address may look, and change what can be changed: --auth off asks nobody (hint: leave it out)")
	}
	if secrets {
		warnings = append(warnings, "the key and the users are asked of nobody: --auth off goes before them (hint: leave it out)")
	}
	return warnings
}

// Address is what is printed of where the dashboard is. A key that was made at this start is behind it, for it can be read
// nowhere else; a Unix socket's name, which no browser opens, is followed by a line with it. One in a file is on a terminal
// alone: whatever else takes standard output, such as a journal, keeps it, and others may read that. One of the environment
// never is: who has set it knows it.
func (s *Serve) Address(access *dashboard.Access, address string, terminal bool) string {
	opens, made := access.Opens(address), access.MadeKey()
	switch socket := strings.HasPrefix(opens, "unix:"); {
	case socket && made != "":
		return opens + "\nfivewire: the key is " + made
	case socket || made != "" || access.KeyFile() != "" && terminal:
		return opens
	}
	opens, _, _ = strings.Cut(opens, "#")
	return opens
}

// OnTerminal tells whether somebody reads standard output as it comes.
func OnTerminal() bool { return term.IsTerminal(int(os.Stdout.Fd())) }

// HasLab tells whether there is a lab: by itself where the dashboard is for this machine alone, and a browser finds it.
func (s *Serve) HasLab(addr net.Addr, access *dashboard.Access) bool {
	_, tcp := addr.(*net.TCPAddr)
	return s.Lab == "on" || s.Lab == "auto" && tcp && dashboard.OnlyHere(addr) && !access.Remote()
}

// TLS is what NewTLS makes of the flags; nil for plain HTTP.
func (s *Serve) TLS(log *slog.Logger) (*dashboard.TLS, error) {
	if s.TLSCert == "" {
		return nil, nil
	}
	return dashboard.NewTLS(s.TLSCert, s.TLSKey, log)
}

// Password prints a line for the file of users.
type Password struct {
	Name string `arg:"" help:"Who it is for."`
	Role string `default:"viewer" enum:"viewer,presenter,operator" placeholder:"ROLE" help:"viewer, presenter or operator (default ${default})."`
}

// Help is what --help says beside the list.
func (Password) Help() string {
	return `The password is the first line of standard input. What is printed has its bcrypt hash, and goes into --users-file, which
others must not be able to write:

  (umask 077; fivewire password --role operator ann >> users)`
}

// Run asks for the password and prints the line.
func (p *Password) Run() error {
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprint(os.Stderr, "password (it is shown as you type): ")
	}
	line, err := p.line(os.Stdin)
	if err != nil {
		return err
	}
	fmt.Println(line)
	return nil
}

func (p *Password) line(in io.Reader) (string, error) {
	text, err := bufio.NewReader(io.LimitReader(in, 1<<10)).ReadString('\n') // and not to the end: a terminal has none
	if err != nil && err != io.EOF {
		return "", err
	}
	password := strings.TrimRight(text, "\r\n")
	if password == "" {
		return "", errors.New("there is no password on standard input")
	}
	return dashboard.PasswordLine(p.Name, p.Role, []byte(password))
}
