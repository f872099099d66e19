package command

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// installed are the files that install prints, as they are used: tests read them as systemd, Docker and Kubernetes would.
//
//go:embed install
var installed embed.FS

// An Install is `fivewire install`.
type Install struct {
	Under string `arg:"" default:"systemd" enum:"systemd,compose,kubernetes" help:"systemd, compose or kubernetes (default ${default})."`
	As    string `default:"" enum:",node,sidecar,plain" placeholder:"node|sidecar|plain" help:"Kubernetes: on each node and of all of it, beside an app and of that, or by itself (default node)."`
}

// Help is shown by --help.
func (*Install) Help() string {
	return `Prints the files that run fivewire as a service or in a container, and the commands that put them in their places. It
changes nothing itself: read what it prints, change what should be different, and run it.

Examples:
  fivewire install                            read it
  fivewire install | sudo sh                  do it
  fivewire install compose > compose.yaml
  fivewire install kubernetes --as sidecar    an example of a pod`
}

// Validate refuses what would be ignored.
func (i *Install) Validate() error {
	if i.As != "" && i.Under != "kubernetes" {
		return fmt.Errorf("--as %s is for kubernetes: systemd has one way, and compose all three, as profiles", i.As)
	}
	return nil
}

// Run prints.
func (i *Install) Run() error {
	own, err := os.Executable()
	if err != nil {
		own = "fivewire"
	}
	return i.write(os.Stdout, own)
}

func (i *Install) write(w io.Writer, own string) error {
	switch i.Under {
	case "compose":
		return printFile(w, "compose.yaml")
	case "kubernetes":
		return printFile(w, "kubernetes-"+cmp.Or(i.As, "node")+".yaml")
	}
	return script(w, own)
}

func printFile(w io.Writer, name string) error {
	content, err := installed.ReadFile("install/" + name)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// script is for a shell: every file as it will stand, and what is run.
func script(w io.Writer, own string) error {
	var failed error
	print := func(format string, args ...any) {
		_, err := fmt.Fprintf(w, format, args...)
		failed = errors.Join(failed, err)
	}
	print(`# Read this, then run it as root: fivewire install | sudo sh
# To undo it: systemctl disable --now fivewire.service fivewire.socket, and remove the files; what it has kept is in
# /var/lib/private/fivewire.
set -e
[ %[1]s -ef /usr/local/bin/fivewire ] || install -m 0755 %[1]s /usr/local/bin/fivewire
`, quoted(own))
	for _, f := range []struct{ name, dir, unless string }{
		{"fivewire.yaml", "/etc", "[ -e /etc/fivewire.yaml ] || "}, // it is the owner's
		{"fivewire.socket", "/etc/systemd/system", ""},
		{"fivewire.service", "/etc/systemd/system", ""},
	} {
		print("\n%scat > %s/%s <<'END-OF-FILE'\n", f.unless, f.dir, f.name)
		failed = errors.Join(failed, printFile(w, f.name))
		print("END-OF-FILE\n")
	}
	print(`
systemctl daemon-reload
systemctl enable fivewire.socket fivewire.service
systemctl start fivewire.socket
systemctl restart fivewire.service
systemctl --no-pager --lines=0 status fivewire.service
`)
	return failed
}

// quoted is a word for a shell.
func quoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
