package command

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/fivewire/fivewire/dashboard"
	"github.com/fivewire/fivewire/dashboard/command/doctor"
)

// A Doctor is `fivewire doctor`.
type Doctor struct {
	Serve `embed:""`
	JSON  bool `name:"json" help:"The findings as JSON."`
}

// Help is shown by --help.
func (*Doctor) Help() string {
	return `Looks at this host as a dashboard with the same flags, variables and configuration file would find it, and says what it
would not see, what would be in its way, and what to do about it: a line for each check, ok, warn or fail, and a hint. It
exits 1 when something fails. Run it as the user, and in the container, that the dashboard runs as.

Examples:
  fivewire doctor
  fivewire doctor --config /etc/fivewire.yaml --data-dir /var/lib/fivewire
  fivewire doctor --json`
}

// Run examines and prints.
func (d *Doctor) Run() error {
	host := doctor.This(d.Listen, d.DataDir)
	host.Well = func() error {
		_, err := (&Health{Serve: d.Serve, Wait: 2 * time.Second}).ask()
		return err
	}
	d.files(host)
	findings := doctor.Examine(host)
	if d.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"findings": findings}); err != nil {
			return err
		}
	} else {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, f := range findings {
			fmt.Fprintf(table, "%s\t%s\t%s\n", f.State, f.Check, f.Text)
			if f.Hint != "" {
				fmt.Fprintf(table, "\t\t  hint: %s\n", f.Hint)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	failed := 0
	for _, f := range findings {
		if f.State == doctor.Fail {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed (hint: the lines that begin with fail say what to do)", failed, len(findings))
	}
	return nil
}

// files tells a doctor what reads the files that the flags name, as the dashboard would. It makes none.
func (d *Doctor) files(host *doctor.Host) {
	quiet := slog.New(slog.DiscardHandler)
	check := func(config dashboard.AccessConfig) func() error {
		return func() error {
			config.Logger = quiet
			_, err := dashboard.NewAccess(config)
			return err
		}
	}
	switch key := givenKey(); {
	case key != "":
		host.Key = check(dashboard.AccessConfig{Key: key})
	case d.KeyFile != "":
		host.KeyFile = d.KeyFile
		host.Key = func() error {
			if _, err := os.Stat(d.KeyFile); err != nil {
				return err // and the file is not made
			}
			return check(dashboard.AccessConfig{KeyFile: d.KeyFile})()
		}
	}
	if d.UsersFile != "" {
		host.UsersFile = d.UsersFile
		host.Users = check(dashboard.AccessConfig{UsersFile: d.UsersFile})
	}
	if d.TLSCert != "" {
		host.TLSKey = d.TLSKey
		host.TLS = func() (until time.Time, err error) {
			secure, err := dashboard.NewTLS(d.TLSCert, d.TLSKey, quiet)
			if err != nil {
				return until, err
			}
			return secure.Until(), nil
		}
	}
}
